"""Test sessions with frozen weights."""

import equinox as eqx
import jax
from jaxtyping import PRNGKeyArray

from prefrontal.agents.base import AbstractAgent
from prefrontal.episodes import Trajectory, rollout
from prefrontal.tasks.base import AbstractTask


@eqx.filter_jit
def evaluate(agent: AbstractAgent, task: AbstractTask, key: PRNGKeyArray, *, num_episodes: int) -> Trajectory:
    """Let `agent` play `num_episodes` episodes of `task`, each from its initial state; nothing is learned.

    Compiled once for all agents of one shape: test many seeds by calling it for each.

    Returns:
        The trajectories; leaves lead with episode and time, (B, T).
    """
    keys = jax.random.split(key, num_episodes)
    return jax.vmap(lambda key: rollout(agent, task, key))(keys)
