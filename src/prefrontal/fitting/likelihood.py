"""How probable recorded choices are under a cognitive model: the one likelihood that every fit uses."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from prefrontal.agents.two_step import AbstractTwoStepModel, Trial
from prefrontal.fitting.choices import Choices


def session_log_likelihood(model: AbstractTwoStepModel, session: Choices) -> Float[Array, ""]:
    """log P(choices of one session) = Σ_t [log P(a_t | trials before t) + log P(a2_t | s_t, trials before t)].

    The model starts from its initial beliefs and learns from the recorded choices as if they had been its own; it
    passes over trials that do not count. Where the second stage has no options, its choices have probability 1.

    Arguments:
        model: the model.
        session: leaves (trial,).
    """

    def step(beliefs: Any, at: Choices) -> tuple[Any, Float[Array, ""]]:
        trial = Trial(choice=at.choice, state=at.state, second_choice=at.second_choice, reward=at.reward)
        first = _log_probability(model.choose(beliefs)[0], at.choice)
        second = _log_probability(model.choose_second(beliefs, at.state), at.second_choice)
        learned = model.learn(beliefs, trial)
        beliefs = jax.tree.map(lambda new, old: jnp.where(at.counts, new, old), learned, beliefs)
        return beliefs, jnp.where(at.counts, first + second, 0.0)

    # Rewards are kept in single precision; beliefs are in whatever precision the caller computes in.
    session = eqx.tree_at(lambda one: one.reward, session, session.reward.astype(jnp.zeros(()).dtype))
    # Backwards, a step is computed again: that takes a third of the time that storing and loading all of it does.
    return jnp.sum(jax.lax.scan(jax.checkpoint(step), model.init(), session)[1])


def subject_log_likelihood(model: AbstractTwoStepModel, sessions: Choices) -> Float[Array, ""]:
    """The same of all sessions of a subject, leaves (session, trial)."""
    return jnp.sum(jax.vmap(session_log_likelihood, (None, 0))(model, sessions))


def _log_probability(logits: Float[Array, " option"], taken: Any) -> Float[Array, ""]:
    # A product with the one-hot choice: looking an element up is slower, forwards and even more so backwards.
    return jnp.sum(jax.nn.log_softmax(logits) * jax.nn.one_hot(taken, logits.shape[0]))
