"""Advantage actor-critic over many episodes: pure and compiled."""

from collections.abc import Callable
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int, Key, PRNGKeyArray, PyTree

from prefrontal.agents.base import AbstractAgent, AgentState
from prefrontal.learning.gradient import Heads, Unrolled
from prefrontal.learning.losses import LossTerms, actor_critic_loss, discounted_returns
from prefrontal.learning.lstm_gradient import fastest_gradient
from prefrontal.learning.optimiser import Hyperparameters, make_optimiser
from prefrontal.rollouts.episodes import Situation, Trajectory, begin, remembers_episodes
from prefrontal.rollouts.hoisting import depends_on_inputs
from prefrontal.tasks.base import AbstractTask, State


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
    """At the end of the last episode, for tasks whose problem outlasts an episode. Where an update is of several
    episodes, each has its own: leaves lead with the episode."""
    key: PRNGKeyArray
    """The seed's own; that of episode n is folded in from it, so that it never changes."""
    episode: Int[Array, ""]
    """Episodes trained."""
    memory: AgentState | None = None
    """What the agent starts the next episode in, where it remembers those before: see `AbstractAgent.restart`. Of
    several episodes an update, each has its own. None for agents whose episodes all start alike."""
    average: PyTree = None
    """The mean of the weights over the end of training, up to here; the weights themselves before that. None where
    they are not averaged."""

    @property
    def trained_agent(self) -> AbstractAgent:
        """The agent that the training is for: with averaged weights where they are averaged."""
        return self.agent if self.average is None else eqx.combine(self.average, self.agent)


def init_training(
    agent: AbstractAgent, task: AbstractTask, hyperparameters: Hyperparameters, key: PRNGKeyArray
) -> TrainState:
    """The state before the first episode; `agent` is the untrained agent."""
    task_key, key = jax.random.split(key)
    optimiser = make_optimiser(hyperparameters, hyperparameters.learning_rate)
    parameters = eqx.filter(agent, eqx.is_inexact_array)
    several = hyperparameters.episodes_per_update > 1
    return TrainState(
        agent=agent,
        optimiser=optimiser.init(parameters),
        task_state=jax.vmap(task.start)(jax.random.split(task_key, hyperparameters.episodes_per_update))
        if several
        else task.start(task_key),
        key=key,
        episode=jnp.zeros((), jnp.int32),
        memory=_first_memory(agent, hyperparameters.episodes_per_update),
        average=None if hyperparameters.average_last is None else parameters,
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
        num_episodes: how many, at most `capacity`; whole updates, where one is of several episodes. It is not compiled
            in: the last, shorter chunk of a training runs the same program.
        unroll: steps of one update; divides `task.num_steps`.
        capacity: length of the metrics; a multiple of the episodes of an update.

    Returns:
        The state after these episodes and their metrics, (capacity,), of which the first `num_episodes` are filled.
    """
    batch = hyperparameters.episodes_per_update
    arrays, static = eqx.partition(state, eqx.is_array)

    def body(number: Array, carried: tuple[PyTree, Metrics]) -> tuple[PyTree, Metrics]:
        arrays, metrics = carried
        state, new = _train_episodes(eqx.combine(arrays, static), task, hyperparameters, unroll)
        if batch == 1:
            metrics = jax.tree.map(lambda all_, one: all_.at[number].set(one), metrics, new)
        else:
            put = jax.lax.dynamic_update_slice_in_dim
            metrics = jax.tree.map(lambda all_, some: put(all_, some, number * batch, axis=0), metrics, new)
        return eqx.filter(state, eqx.is_array), metrics

    metrics = Metrics(*(jnp.zeros(capacity) for _ in Metrics._fields))
    arrays, metrics = jax.lax.fori_loop(0, num_episodes // batch, body, (arrays, metrics))
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


def _train_episodes(
    state: TrainState, task: AbstractTask, hyperparameters: Hyperparameters, unroll: int
) -> tuple[TrainState, Metrics]:
    """One episode, or the several that share each update: `task.num_steps / unroll` updates, which hand on the
    situation between them. Of several, arrays lead with the episode."""
    batch, num_updates = hyperparameters.episodes_per_update, task.num_steps // unroll
    each = jax.vmap if batch > 1 else _on_its_own
    progress = state.episode / hyperparameters.num_episodes
    learning_rate = _linear(hyperparameters.learning_rate, hyperparameters.final_learning_rate, progress)
    entropy_cost = _linear(hyperparameters.entropy_cost, hyperparameters.final_entropy_cost, progress)
    optimiser = make_optimiser(hyperparameters, learning_rate)
    ends_early = num_updates > 1 and _can_end_early(task, state.task_state)

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

        def play(situation: Situation, key: PRNGKeyArray) -> Unrolled:
            keys = jax.random.split(key, unroll)
            return fastest_gradient(
                agent, task, situation, keys, loss, starts=number == 0, time_shift=hyperparameters.time_shift
            )

        unrolled = each(play)(situation, key)
        trajectory, terms = unrolled.trajectory, unrolled.aux
        gradient = unrolled.gradient
        if batch > 1:
            gradient = jax.tree.map(lambda g: jnp.mean(g, axis=0), gradient)
        changes, moved = optimiser.update(gradient, optimiser_state)
        if ends_early:  # an update without an active step changes nothing, the optimiser's memory included
            counts = jnp.any(trajectory.active)
            changes = jax.tree.map(lambda change: jnp.where(counts, change, 0.0), changes)
            moved = jax.tree.map(lambda new, old: jnp.where(counts, new, old), moved, optimiser_state)
        summary = (
            jnp.sum(trajectory.reward, axis=-1),
            jnp.sum(trajectory.value, axis=-1, where=trajectory.active),
            jnp.sum(trajectory.active, axis=-1),
            terms,
            optax.tree.norm(gradient),
        )
        return (optax.apply_updates(parameters, changes), moved, unrolled.situation), summary

    def start(
        number: Int[Array, ""], task_state: State, memory: AgentState | None
    ) -> tuple[Situation, Key[Array, " update"]]:
        begin_key, updates_key = jax.random.split(jax.random.fold_in(state.key, number))
        situation = begin(state.agent, task, begin_key, task_state, memory)
        return situation, jax.random.split(updates_key, num_updates)

    numbers = state.episode + jnp.arange(batch) if batch > 1 else state.episode
    situation, keys = each(start)(numbers, state.task_state, state.memory)
    parameters, static = eqx.partition(state.agent, eqx.is_inexact_array)
    at = (jnp.swapaxes(keys, 0, 1) if batch > 1 else keys, jnp.arange(num_updates))
    carried, summary = jax.lax.scan(update, (parameters, state.optimiser, situation), at)
    parameters, optimiser_state, situation = carried
    reward, value, active, terms, gradient_norm = summary
    alike = lambda one: jnp.broadcast_to(one, reward.shape[1:])  # noqa: E731
    metrics = Metrics(
        reward=jnp.sum(reward, axis=0),
        value=jnp.sum(value, axis=0) / jnp.sum(active, axis=0),
        policy_loss=jnp.sum(terms.policy, axis=0),
        value_loss=jnp.sum(terms.value, axis=0),
        entropy=jnp.sum(terms.entropy, axis=0),
        gradient_norm=alike(jnp.mean(gradient_norm)),
        weight_norm=alike(optax.tree.norm(parameters)),
    )
    agent = eqx.combine(parameters, static)
    remembers = state.memory is not None
    state = TrainState(
        agent=agent,
        optimiser=optimiser_state,
        task_state=situation.task_state,
        key=state.key,
        episode=state.episode + batch,
        memory=each(agent.restart)(situation.agent_state, situation.inputs) if remembers else None,
        average=_averaged(state, parameters, hyperparameters),
    )
    return state, metrics


def _first_memory(agent: AbstractAgent, batch: int) -> AgentState | None:
    """What the first episode, or each of the first, starts in; None where the agent remembers none."""
    if not remembers_episodes(agent):
        return None
    state = agent.init()
    return jax.tree.map(lambda leaf: jnp.broadcast_to(leaf, (batch, *leaf.shape)), state) if batch > 1 else state


def _averaged(state: TrainState, parameters: PyTree, hyperparameters: Hyperparameters) -> PyTree:
    """The mean of the weights over the end of training, once `parameters` are added to it."""
    if hyperparameters.average_last is None:
        return None
    batch = hyperparameters.episodes_per_update
    first = hyperparameters.num_episodes * (1 - hyperparameters.average_last)
    already = jnp.maximum((state.episode + batch - first) / batch, 1.0)
    return jax.tree.map(lambda mean, new: mean + (new - mean) / already, state.average, parameters)


def _can_end_early(task: AbstractTask, task_state: State) -> bool:
    """Whether an episode may end before its last step: known before anything runs, so that others pay nothing."""
    return any(depends_on_inputs(jax.make_jaxpr(task.is_active)(task_state)))


def _on_its_own(function: Callable) -> Callable:
    return function


def _linear(start: Array, end: Array, progress: Array) -> Array:
    return start + (end - start) * progress
