"""How probable recorded choices are under a cognitive model: the one likelihood that every fit uses."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from prefrontal.agents.two_step import AbstractTwoStepModel, Trial
from prefrontal.fitting.choices import Choices


def session_log_likelihood(model: AbstractTwoStepModel, session: Choices) -> Float[Array, ""]:
    """log P(choices of one session) = Σ_t [log P(a_t | trials before t) + log P(a2_t | s_t, trials before t)].

    Arguments:
        model: the model.
        session: leaves (trial,).
    """
    return jnp.sum(trial_log_likelihoods(model, session))


def trial_log_likelihoods(model: AbstractTwoStepModel, session: Choices) -> Float[Array, " trial"]:
    """The terms of that sum, 0 at trials that do not count or are not scored.

    The model starts from its initial beliefs and learns from the recorded choices as if they had been its own; it
    passes over trials that do not count. Where the second stage has no options, its choices have probability 1.

    Arguments:
        model: the model.
        session: leaves (trial,).
    """

    def read(at: Choices, first: Float[Array, "2"], second: Float[Array, " option"]) -> Float[Array, ""]:
        taken = _log_probability(first, at.choice) + _log_probability(second, at.second_choice)
        return jnp.where(at.counts if at.scored is None else at.counts & at.scored, taken, 0.0)

    return _replayed(model, session, read)


def trial_log_probabilities(
    model: AbstractTwoStepModel, session: Choices
) -> tuple[Float[Array, "trial 2"], Float[Array, "trial option"]]:
    """The same of every option, taken or not, of the first stage and of the second-stage state reached.

    Arguments:
        model: the model.
        session: leaves (trial,).
    """
    first, second = _replayed(model, session, lambda _, first, second: (first, second))
    return jax.nn.log_softmax(first), jax.nn.log_softmax(second)


def _replayed(model: AbstractTwoStepModel, session: Choices, read: Callable[..., Any]) -> Any:
    """What `read` makes of each trial and of the logits of both stages in it."""

    def step(beliefs: Any, at: Choices) -> tuple[Any, Any]:
        trial = Trial(choice=at.choice, state=at.state, second_choice=at.second_choice, reward=at.reward)
        out = read(at, model.choose(beliefs)[0], model.choose_second(beliefs, at.state))
        learned = model.learn(beliefs, trial)
        return jax.tree.map(lambda new, old: jnp.where(at.counts, new, old), learned, beliefs), out

    # Rewards are kept in single precision; beliefs are in whatever precision the caller computes in.
    session = eqx.tree_at(lambda one: one.reward, session, session.reward.astype(jnp.zeros(()).dtype))
    # Backwards, a step is computed again: that takes a third of the time that storing and loading all of it does.
    return jax.lax.scan(jax.checkpoint(step), model.init(), session)[1]


def subject_log_likelihood(model: AbstractTwoStepModel, sessions: Choices) -> Float[Array, ""]:
    """The same of all sessions of a subject, leaves (session, trial)."""
    return jnp.sum(jax.vmap(session_log_likelihood, (None, 0))(model, sessions))


def _log_probability(logits: Float[Array, " option"], taken: Any) -> Float[Array, ""]:
    # A product with the one-hot choice: looking an element up is slower, forwards and even more so backwards.
    return jnp.sum(jax.nn.log_softmax(logits) * jax.nn.one_hot(taken, logits.shape[0]))
