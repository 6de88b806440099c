"""Agents tested on bandits: what they pulled and what it cost them."""

from dataclasses import dataclass

import jax
import numpy as np
from jaxtyping import Bool, Float, Int

from prefrontal.agents.base import AbstractAgent
from prefrontal.rollouts.evaluation import evaluate
from prefrontal.tasks.base import AbstractTask


@dataclass(frozen=True)
class Played:
    """Test episodes of one agent."""

    choice: Int[np.ndarray, "episode trial"]
    reward: Float[np.ndarray, "episode trial"]
    regret: Float[np.ndarray, "episode trial"]
    """Expected reward of the best arm less that of the arm pulled."""

    @property
    def total_regret(self) -> Float[np.ndarray, " episode"]:
        return self.regret.sum(axis=1)

    @property
    def is_suboptimal(self) -> Bool[np.ndarray, "episode trial"]:
        """Whether a better arm was there to pull."""
        return self.regret > 0


def play_test(agent: AbstractAgent, task: AbstractTask, seed: int, num_episodes: int) -> Played:
    """Let `agent` play; agents tested with the same `seed` meet the same problems."""
    trajectory = evaluate(agent, task, jax.random.key(seed), num_episodes=num_episodes)
    event = jax.tree.map(np.asarray, trajectory.event)
    return Played(
        choice=event.choice,
        reward=np.asarray(trajectory.reward),
        regret=event.best_reward.astype(float) - event.expected_reward,
    )
