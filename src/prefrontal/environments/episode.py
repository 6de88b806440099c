"""An episode of a task, played from outside, step by step: what is kept of it, and what whoever plays is shown."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Key, PRNGKeyArray

from prefrontal.tasks.base import AbstractTask, Event, State

OBSERVATION, PREVIOUS_REWARD, PREVIOUS_ACTION = "observation", "previous_reward", "previous_action"
"""Names of what is shown where it does not fit into one row."""


class Episode(eqx.Module):
    """Where an episode stands between two steps."""

    state: State
    """The task's."""
    previous_action: Float[Array, "*axes action"]
    """The last action, one-hot; all zero before the first."""
    previous_reward: Float[Array, "*axes"]
    """What it paid; zero before the first."""
    step: Int[Array, "*axes"]
    """Steps taken."""


class Step(eqx.Module):
    """What a step brought."""

    reward: Float[Array, "*axes"]
    over: Bool[Array, "*axes"]
    """Whether the episode ended with it."""
    event: Event
    """The task's record of the step."""


def begin(task: AbstractTask, key: PRNGKeyArray, previous: State | None = None) -> Episode:
    """The start of an episode.

    Arguments:
        task: the task.
        key: random key of the problem.
        previous: the task's state at the end of the episode before. None: there was none.
    """
    return Episode(
        state=task.start(key, previous),
        previous_action=jnp.zeros(task.num_actions),
        previous_reward=jnp.zeros(()),
        step=jnp.int32(0),
    )


def advance(task: AbstractTask, episode: Episode, action: Int[Array, ""], key: PRNGKeyArray) -> tuple[Episode, Step]:
    """Take `action`.

    Arguments:
        task: the task.
        episode: where it stands; not over.
        action: 0 to A - 1.
        key: random key of the step.
    """
    state, reward, event = task.step(episode.state, action, key)
    step = episode.step + 1
    over = (step >= task.num_steps) | ~task.is_active(state)
    after = Episode(
        state=state,
        previous_action=jax.nn.one_hot(action, task.num_actions),
        previous_reward=reward,
        step=step,
    )
    return after, Step(reward=reward, over=over, event=event)


def draws(task: AbstractTask, key: PRNGKeyArray) -> tuple[PRNGKeyArray, Key[Array, " time"]]:
    """The keys that an episode of `key` draws from: that of its problem, and one a step. They are those that
    `prefrontal.rollout` hands to the task, so that the same actions bring the same there and here.

    Arguments:
        task: the task.
        key: random key of the episode.
    """
    begin_key, steps_key = jax.random.split(key)
    steps = jax.random.split(steps_key, task.num_steps)
    return begin_key, jax.vmap(lambda step: jax.random.split(step)[1])(steps)


def is_row(task: AbstractTask) -> bool:
    """Whether what the task shows is a row of numbers, so that the past can stand beside it in the same row."""
    return len(task.observation_shape) == 1 and jnp.dtype(task.observation_type) == jnp.float32


def shown(task: AbstractTask, episode: Episode, *, past: bool) -> Any:
    """What whoever plays sees now.

    Arguments:
        task: the task.
        episode: where it stands.
        past: whether the last reward and action are shown, too.

    Returns:
        The observation. With the past: one row, [observation, last reward, last action (one-hot)], as
        `prefrontal.RecurrentAgent` has it; of a task that shows pictures, the three by name.
    """
    observation = task.observe(episode.state)
    if not past:
        return observation
    if is_row(task):
        return jnp.concatenate([observation, episode.previous_reward[None], episode.previous_action])
    return {
        OBSERVATION: observation,
        PREVIOUS_ACTION: episode.previous_action,
        PREVIOUS_REWARD: episode.previous_reward[None],
    }
