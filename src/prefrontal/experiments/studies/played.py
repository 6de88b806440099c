"""Agents tested on bandits: what they pulled and what it cost them."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from jaxtyping import Bool, Float, Int

from prefrontal.agents.base import AbstractAgent
from prefrontal.progress import each
from prefrontal.rollouts.evaluation import outcomes_of_each
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
    (played,) = play_tests([agent], task, seed, num_episodes)
    return played


def play_tests(
    agents: Collection[AbstractAgent], task: AbstractTask, seed: int, num_episodes: int, told: str = "Testing networks"
) -> list[Played]:
    """`play_test` of each of `agents`, side by side; `told` is what is said to be done."""
    keys = [jax.random.key(seed)] * len(agents)
    playing = outcomes_of_each(list(agents), task, keys, num_episodes=num_episodes)
    return [_played(*outcome) for _, outcome in zip(each(agents, told), playing, strict=True)]


def _played(event: Any, reward: np.ndarray) -> Played:
    return Played(choice=event.choice, reward=reward, regret=event.best_reward.astype(float) - event.expected_reward)
