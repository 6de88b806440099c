"""Test sessions with frozen weights."""

import equinox as eqx
import jax
from jaxtyping import PRNGKeyArray

from prefrontal.agents.base import AbstractAgent
from prefrontal.agents.interventions import IntervenedAgent, Intervention
from prefrontal.episodes import Trajectory, rollout
from prefrontal.tasks.base import AbstractTask


@eqx.filter_jit
def evaluate(
    agent: AbstractAgent,
    task: AbstractTask,
    key: PRNGKeyArray,
    *,
    num_episodes: int,
    intervention: Intervention | None = None,
) -> Trajectory:
    """Let `agent` play `num_episodes` episodes of `task`, each from its initial state; nothing is learned.

    Compiled once for all agents of one shape: test many seeds by calling it for each.

    Arguments:
        agent: the agent.
        task: the task.
        key: random key.
        num_episodes: episodes, B.
        intervention: what is done to the agent meanwhile (see `make_intervention`); None for nothing. The task and the
            agent's choices draw the same random numbers with it as without.

    Returns:
        The trajectories; leaves lead with episode and time, (B, T).
    """

    def episode(key: PRNGKeyArray) -> Trajectory:
        if intervention is None:
            return rollout(agent, task, key)
        return rollout(IntervenedAgent(agent, intervention, jax.random.fold_in(key, 1)), task, key)

    return jax.vmap(episode)(jax.random.split(key, num_episodes))
