"""Test sessions with frozen weights."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import PartitionSpec
from jaxtyping import Array, Bool, Float, Key, PRNGKeyArray, PyTree

from prefrontal import devices
from prefrontal.agents.base import AbstractAgent
from prefrontal.agents.interventions import IntervenedAgent
from prefrontal.errors import check_count
from prefrontal.rollouts.episodes import Trajectory, rollout
from prefrontal.tasks.base import AbstractTask, Event


def evaluate(agent: AbstractAgent, task: AbstractTask, key: "PRNGKeyArray", *, num_episodes: int) -> Trajectory:
    """Let `agent` play `num_episodes` episodes of `task`, each from its initial state; nothing is learned.

    Compiled once for all agents of one shape: test many seeds by calling it for each, or by `evaluate_each`. With one
    key, an agent and the same agent with something done to it (see `prefrontal.agents.interventions`) meet the same
    random numbers.

    Arguments:
        agent: the agent.
        task: the task.
        key: random key; each episode draws from its own part.
        num_episodes: episodes, B.

    Returns:
        The trajectories; leaves lead with episode and time, (B, T).

    Raises:
        UserError: when agent and task do not fit each other.

    Example:
        >>> played = pf.evaluate(agent, task, jax.random.key(0), num_episodes=2)
        >>> played.reward.sum(axis=1).shape
        (2,)
    """
    check_count("num_episodes", num_episodes)
    return _evaluate(agent, task, key, num_episodes=num_episodes)


def evaluate_each(
    agents: Sequence[AbstractAgent], task: AbstractTask, keys: Sequence["PRNGKeyArray"], *, num_episodes: int
) -> Iterator[Trajectory]:
    """`evaluate` for each of `agents`, as many at once as there are devices: on a CPU, one a core.

    While one is looked at, the next play already.

    Arguments:
        agents: the agents. Those that are alike but for their numbers play side by side.
        task: the task.
        keys: a random key for each.
        num_episodes: episodes of each, B.

    Yields:
        The trajectories of one agent after the other; leaves are NumPy arrays, (B, T).

    Raises:
        UserError: when an agent and the task do not fit each other.

    Example:
        >>> from prefrontal.rollouts.evaluation import evaluate_each
        >>> keys = jax.random.split(jax.random.key(0), 2)
        >>> [played.reward.shape for played in evaluate_each([agent, agent], task, keys, num_episodes=3)]
        [(3, 10), (3, 10)]
    """
    yield from _play_each(agents, task, keys, num_episodes, _whole)


def outcomes_of_each(
    agents: Sequence[AbstractAgent], task: AbstractTask, keys: Sequence["PRNGKeyArray"], *, num_episodes: int
) -> Iterator[tuple[Event, Float[np.ndarray, "episode time"]]]:
    """The events and the rewards of `evaluate_each`: the rest, activity above all, is not kept, which saves time.

    Arguments:
        agents: the agents.
        task: the task.
        keys: a random key for each.
        num_episodes: episodes of each, B.

    Yields:
        The task's record of each step, and the rewards; leaves are NumPy arrays, (B, T).

    Raises:
        UserError: when an agent and the task do not fit each other.

    Example:
        >>> from prefrontal.rollouts.evaluation import outcomes_of_each
        >>> [reward.shape for _, reward in outcomes_of_each([agent], task, [jax.random.key(0)], num_episodes=3)]
        [(3, 10)]
    """
    yield from _play_each(agents, task, keys, num_episodes, _outcome)


def _whole(trajectory: Trajectory) -> Trajectory:
    return trajectory


def _outcome(trajectory: Trajectory) -> tuple[Event, Array]:
    return trajectory.event, trajectory.reward


def _play_each(
    agents: Sequence[AbstractAgent],
    task: AbstractTask,
    keys: Sequence[PRNGKeyArray],
    num_episodes: int,
    wanted: Callable[[Trajectory], Any],
) -> Iterator[Any]:
    """What is `wanted` of the trajectories of each agent."""
    check_count("num_episodes", num_episodes)
    layout = devices.Layout(num_devices=jax.local_device_count(), lanes=1)
    playing: Iterable[Any] = ()
    first = 0
    for end in range(1, len(agents) + 1):
        is_full = end - first == layout.size
        if end < len(agents) and not is_full and devices.signature(agents[first]) == devices.signature(agents[end]):
            continue
        lanes = [(agent, task, key) for agent, key in zip(agents[first:end], keys[first:end], strict=True)]
        busy = devices.spread(np.arange(layout.size) < len(lanes), layout)
        spread = devices.spread(devices.stack(lanes, lanes=layout.size), layout)
        played = _evaluate_each(spread, busy, layout, num_episodes, wanted)
        yield from playing
        playing = _apart(played, end - first)
        first = end
    yield from playing


@eqx.filter_jit
def _evaluate(agent: AbstractAgent, task: AbstractTask, key: PRNGKeyArray, *, num_episodes: int) -> Trajectory:
    def episode(key: PRNGKeyArray) -> Trajectory:
        if isinstance(agent, IntervenedAgent):
            return rollout(agent.with_key(jax.random.fold_in(key, 1)), task, key)
        return rollout(agent, task, key)

    return jax.vmap(episode)(jax.random.split(key, num_episodes))


@eqx.filter_jit
def _evaluate_each(
    lanes: tuple[AbstractAgent, AbstractTask, Key[Array, " lane"]],
    busy: Bool[Array, " lane"],
    layout: devices.Layout,
    num_episodes: int,
    wanted: Callable[[Trajectory], Any],
) -> PyTree:
    """The session of each lane on a device of its own. Those that are not busy rest, and give zeros."""
    arrays, static = eqx.partition(lanes, eqx.is_array)

    def play(arrays: PyTree) -> PyTree:
        agent, task, key = eqx.combine(arrays, static)
        return wanted(_evaluate(agent, task, key, num_episodes=num_episodes))

    def idle(arrays: PyTree) -> PyTree:
        return jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), jax.eval_shape(play, arrays))

    def one_device(arrays: PyTree, busy: Bool[Array, "1"]) -> PyTree:
        played = jax.lax.cond(busy[0], play, idle, jax.tree.map(lambda leaf: leaf[0], arrays))
        return jax.tree.map(lambda leaf: leaf[None], played)

    by_lane = PartitionSpec("lane")
    on_devices = jax.shard_map(
        one_device, mesh=devices.mesh(layout), in_specs=(by_lane, by_lane), out_specs=by_lane, check_vma=False
    )
    return on_devices(arrays, busy)


def _apart(played: PyTree, num: int) -> Iterator[Any]:
    """The first `num` lanes, each on its own, once it is played; nothing is copied."""
    for lane in range(num):
        yield jax.tree.map(lambda leaf, lane=lane: np.asarray(leaf.addressable_shards[lane].data)[0], played)
