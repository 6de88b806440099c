"""Advantage actor-critic over many episodes: pure and compiled."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int, PRNGKeyArray, PyTree

from prefrontal.agents.base import AbstractAgent
from prefrontal.configs.training import TrainConfig
from prefrontal.episodes import Situation, Trajectory, begin
from prefrontal.learning.gradient import Heads, unrolled_gradient
from prefrontal.learning.losses import LossTerms, actor_critic_loss, discounted_returns
from prefrontal.tasks.base import AbstractTask, State


class Hyperparameters(eqx.Module):
    """The numbers of a `TrainConfig`. Those that are arrays may differ between seeds trained side by side."""

    num_episodes: Float[Array, ""]
    learning_rate: Float[Array, ""]
    final_learning_rate: Float[Array, ""]
    discount: Float[Array, ""]
    value_cost: Float[Array, ""]
    entropy_cost: Float[Array, ""]
    final_entropy_cost: Float[Array, ""]
    rms_decay: Float[Array, ""]
    rms_epsilon: Float[Array, ""]
    rms_start: Float[Array, ""]
    """What RMSProp's mean square starts at."""
    max_gradient_norm: Float[Array, ""]
    log_epsilon: float = eqx.field(static=True)
    time_shift: int = eqx.field(static=True)

    def __init__(self, config: TrainConfig):
        decay, epsilon, start = {"rmsprop-tf1": (0.9, 1e-10, 1.0), "rmsprop-a3c": (0.99, 0.1, 0.0)}[config.optimiser]
        given = lambda value, default: jnp.float32(default if value is None else value)  # noqa: E731
        self.num_episodes = jnp.float32(config.num_episodes)
        self.learning_rate = jnp.float32(config.learning_rate)
        self.final_learning_rate = given(config.final_learning_rate, config.learning_rate)
        self.discount = jnp.float32(config.discount)
        self.value_cost = jnp.float32(config.value_cost)
        self.entropy_cost = jnp.float32(config.entropy_cost)
        self.final_entropy_cost = given(config.final_entropy_cost, config.entropy_cost)
        self.rms_decay = given(config.rms_decay, decay)
        self.rms_epsilon = given(config.rms_epsilon, epsilon)
        self.rms_start = jnp.float32(start)
        self.max_gradient_norm = given(config.max_gradient_norm, jnp.inf)
        self.log_epsilon = config.log_epsilon
        self.time_shift = config.time_shift


class Metrics(NamedTuple):
    """One value an episode. Losses and entropy are sums over the episode's steps, as in the loss."""

    reward: Float[Array, "*axes"]
    """Total reward."""
    value: Float[Array, "*axes"]
    """Mean value."""
    policy_loss: Float[Array, "*axes"]
    value_loss: Float[Array, "*axes"]
    entropy: Float[Array, "*axes"]
    gradient_norm: Float[Array, "*axes"]
    """Mean over the episode's updates, before clipping."""
    weight_norm: Float[Array, "*axes"]
    """After the episode's last update."""


class TrainState(eqx.Module):
    """All that training carries from one episode to the next."""

    agent: AbstractAgent
    optimiser: optax.OptState
    task_state: State
    """At the end of the last episode, for tasks whose problem outlasts an episode."""
    key: PRNGKeyArray
    """The seed's own; that of episode n is folded in from it, so that it never changes."""
    episode: Int[Array, ""]
    """Episodes trained."""


def make_optimiser(
    hyperparameters: Hyperparameters, learning_rate: Float[Array, ""] | float
) -> optax.GradientTransformation:
    """Clipping by the global norm, then RMSProp with epsilon under the root:

        m = decay m + (1 - decay) g^2,     w = w - learning_rate g / sqrt(m + epsilon)

    References:
        TensorFlow 1 `RMSPropOptimizer` (decay .9, m starts at one); Mnih et al. (2016), ICML, section 4 (A3C).
    """
    return optax.chain(
        optax.clip_by_global_norm(hyperparameters.max_gradient_norm),
        optax.scale_by_rms(
            decay=hyperparameters.rms_decay,
            eps=hyperparameters.rms_epsilon,
            initial_scale=hyperparameters.rms_start,
            eps_in_sqrt=True,
        ),
        optax.scale(-learning_rate),
    )


def init_training(
    agent: AbstractAgent, task: AbstractTask, hyperparameters: Hyperparameters, key: PRNGKeyArray
) -> TrainState:
    """The state before the first episode; `agent` is the untrained agent."""
    task_key, key = jax.random.split(key)
    optimiser = make_optimiser(hyperparameters, hyperparameters.learning_rate)
    return TrainState(
        agent=agent,
        optimiser=optimiser.init(eqx.filter(agent, eqx.is_inexact_array)),
        task_state=task.init(task_key),
        key=key,
        episode=jnp.zeros((), jnp.int32),
    )


def train(
    state: TrainState,
    task: AbstractTask,
    hyperparameters: Hyperparameters,
    num_episodes: Int[Array, ""] | int,
    *,
    unroll: int,
    capacity: int,
) -> tuple[TrainState, Metrics]:
    """Train for some episodes.

    Arguments:
        state: where to go on from.
        task: the task.
        hyperparameters: see `TrainConfig`.
        num_episodes: how many, at most `capacity`. It is not compiled in: the last, shorter chunk of a training runs
            the same program.
        unroll: steps of one update; divides `task.num_steps`.
        capacity: length of the metrics.

    Returns:
        The state after these episodes and their metrics, (capacity,), of which the first `num_episodes` are filled.
    """

    arrays, static = eqx.partition(state, eqx.is_array)

    def body(episode: Array, carried: tuple[PyTree, Metrics]) -> tuple[PyTree, Metrics]:
        arrays, metrics = carried
        state, new = _train_episode(eqx.combine(arrays, static), task, hyperparameters, unroll)
        metrics = jax.tree.map(lambda all_, one: all_.at[episode].set(one), metrics, new)
        return eqx.filter(state, eqx.is_array), metrics

    metrics = Metrics(*(jnp.zeros(capacity) for _ in Metrics._fields))
    arrays, metrics = jax.lax.fori_loop(0, num_episodes, body, (arrays, metrics))
    return eqx.combine(arrays, static), metrics


def sequence_loss(
    heads: Heads,
    trajectory: Trajectory,
    bootstrap: Float[Array, ""],
    hyperparameters: Hyperparameters,
    entropy_cost: Float[Array, ""],
) -> tuple[Float[Array, ""], LossTerms]:
    """The loss of one update: what was done is judged by the values at the time.

    Arguments:
        heads: logits and values to learn, (T, A) and (T,).
        trajectory: what was played, (T,).
        bootstrap: the value of where it ended; 0 at the end of an episode.
        hyperparameters: see `TrainConfig`.
        entropy_cost: weight of the entropy now.
    """
    returns = discounted_returns(trajectory.reward, hyperparameters.discount, bootstrap)
    return actor_critic_loss(
        *heads,
        trajectory.action,
        returns,
        trajectory.active,
        value_cost=hyperparameters.value_cost,
        entropy_cost=entropy_cost,
        baseline=trajectory.value,
        log_epsilon=hyperparameters.log_epsilon,
    )


def _train_episode(
    state: TrainState, task: AbstractTask, hyperparameters: Hyperparameters, unroll: int
) -> tuple[TrainState, Metrics]:
    """One episode: `task.num_steps / unroll` updates, which hand on the situation between them."""
    num_updates = task.num_steps // unroll
    progress = state.episode / hyperparameters.num_episodes
    learning_rate = _linear(hyperparameters.learning_rate, hyperparameters.final_learning_rate, progress)
    entropy_cost = _linear(hyperparameters.entropy_cost, hyperparameters.final_entropy_cost, progress)
    optimiser = make_optimiser(hyperparameters, learning_rate)
    begin_key, updates_key = jax.random.split(jax.random.fold_in(state.key, state.episode))

    def update(carried: tuple, at: tuple) -> tuple[tuple, tuple]:
        parameters, optimiser_state, situation = carried
        key, number = at
        agent = eqx.combine(parameters, static)

        def loss(heads: Heads, trajectory: Trajectory, end: Situation) -> tuple[Array, LossTerms]:
            if num_updates == 1:
                bootstrap = jnp.zeros(())
            else:
                ended = number == num_updates - 1
                bootstrap = jnp.where(ended, 0.0, agent(end.inputs, end.agent_state)[0].value)
                bootstrap = jnp.where(task.is_active(end.task_state), bootstrap, 0.0)
            return sequence_loss(heads, trajectory, bootstrap, hyperparameters, entropy_cost)

        keys = jax.random.split(key, unroll)
        unrolled = unrolled_gradient(
            agent, task, situation, keys, loss, starts=number == 0, time_shift=hyperparameters.time_shift
        )
        changes, optimiser_state = optimiser.update(unrolled.gradient, optimiser_state)
        parameters = optax.apply_updates(parameters, changes)
        trajectory, terms = unrolled.trajectory, unrolled.aux
        summary = (
            jnp.sum(trajectory.reward),
            jnp.sum(trajectory.value, where=trajectory.active),
            jnp.sum(trajectory.active),
            terms,
            optax.tree.norm(unrolled.gradient),
        )
        return (parameters, optimiser_state, unrolled.situation), summary

    situation = begin(state.agent, task, begin_key, state.task_state)
    parameters, static = eqx.partition(state.agent, eqx.is_inexact_array)
    at = (jax.random.split(updates_key, num_updates), jnp.arange(num_updates))
    carried, summary = jax.lax.scan(update, (parameters, state.optimiser, situation), at)
    parameters, optimiser_state, situation = carried
    reward, value, active, terms, gradient_norm = summary
    metrics = Metrics(
        reward=jnp.sum(reward),
        value=jnp.sum(value) / jnp.sum(active),
        policy_loss=jnp.sum(terms.policy),
        value_loss=jnp.sum(terms.value),
        entropy=jnp.sum(terms.entropy),
        gradient_norm=jnp.mean(gradient_norm),
        weight_norm=optax.tree.norm(parameters),
    )
    state = TrainState(
        agent=eqx.combine(parameters, static),
        optimiser=optimiser_state,
        task_state=situation.task_state,
        key=state.key,
        episode=state.episode + 1,
    )
    return state, metrics


def _linear(start: Array, end: Array, progress: Array) -> Array:
    return start + (end - start) * progress
