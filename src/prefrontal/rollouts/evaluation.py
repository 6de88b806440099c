"""Test sessions with frozen weights."""

import equinox as eqx
import jax
from jaxtyping import PRNGKeyArray

from prefrontal.agents.base import AbstractAgent
from prefrontal.agents.interventions import IntervenedAgent
from prefrontal.errors import check_count
from prefrontal.rollouts.episodes import Trajectory, rollout
from prefrontal.tasks.base import AbstractTask


def evaluate(agent: AbstractAgent, task: AbstractTask, key: "PRNGKeyArray", *, num_episodes: int) -> Trajectory:
    """Let `agent` play `num_episodes` episodes of `task`, each from its initial state; nothing is learned.

    Compiled once for all agents of one shape: test many seeds by calling it for each. With one key, an agent and the
    same agent with something done to it (see `prefrontal.agents.interventions`) meet the same random numbers.

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


@eqx.filter_jit
def _evaluate(agent: AbstractAgent, task: AbstractTask, key: PRNGKeyArray, *, num_episodes: int) -> Trajectory:
    def episode(key: PRNGKeyArray) -> Trajectory:
        if isinstance(agent, IntervenedAgent):
            return rollout(agent.with_key(jax.random.fold_in(key, 1)), task, key)
        return rollout(agent, task, key)

    return jax.vmap(episode)(jax.random.split(key, num_episodes))
