"""Test sessions of agents that remember the episodes before."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, PRNGKeyArray

from prefrontal.agents.base import AbstractAgent
from prefrontal.agents.interventions import IntervenedAgent
from prefrontal.errors import check_count
from prefrontal.rollouts.episodes import Situation, Trajectory, advance, begin
from prefrontal.tasks.base import AbstractTask


def evaluate_epochs(
    agent: AbstractAgent, task: AbstractTask, key: "PRNGKeyArray", *, num_epochs: int, num_episodes: int
) -> Trajectory:
    """Let `agent` play epochs of episodes that follow each other: what agent and task keep of an episode, they have in
    the next (see `AbstractAgent.restart` and `AbstractTask.init`). Every epoch starts from nothing; nothing is learned.

    With one key, an agent and the same agent with something done to it meet the same problems.

    Arguments:
        agent: the agent.
        task: the task.
        key: random key; each epoch draws from its own part.
        num_epochs: epochs, N.
        num_episodes: episodes in each, B.

    Returns:
        The trajectories; leaves lead with epoch, episode and time, (N, B, T).

    Raises:
        UserError: when agent and task do not fit each other.

    Example:
        >>> played = pf.evaluate_epochs(agent, task, jax.random.key(0), num_epochs=2, num_episodes=3)
        >>> played.reward.sum(axis=-1).shape
        (2, 3)
    """
    check_count("num_epochs", num_epochs)
    check_count("num_episodes", num_episodes)
    return _evaluate(agent, task, key, num_epochs=num_epochs, num_episodes=num_episodes)


@eqx.filter_jit
def _evaluate(
    agent: AbstractAgent, task: AbstractTask, key: PRNGKeyArray, *, num_epochs: int, num_episodes: int
) -> Trajectory:
    def epoch(key: PRNGKeyArray) -> Trajectory:
        begins_key, steps_key = jax.random.split(key)
        plays: AbstractAgent = agent
        if isinstance(agent, IntervenedAgent):
            plays = agent.with_key(jax.random.fold_in(key, 1))
        begins, steps = (jax.random.split(one, num_episodes) for one in (begins_key, steps_key))

        def episode(situation: Situation, at: tuple[Array, Array]) -> tuple[Situation, Trajectory]:
            steps_key, next_key = at
            keys = jax.random.split(steps_key, task.num_steps)
            end, trajectory, _ = advance(lambda inputs, state: (*plays(inputs, state), None), task, situation, keys)
            memory = plays.restart(end.agent_state, end.inputs)
            return begin(plays, task, next_key, end.task_state, memory), trajectory

        # The last episode begins one more, which nobody plays.
        following = jnp.roll(begins, -1)
        return jax.lax.scan(episode, begin(plays, task, begins[0]), (steps, following))[1]

    return jax.vmap(epoch)(jax.random.split(key, num_epochs))
