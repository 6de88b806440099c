"""Trained networks playing the test sessions of the two-step task."""

from collections.abc import Mapping
from typing import Any

import jax
import numpy as np
import pandas as pd

from prefrontal.agents.base import AbstractAgent
from prefrontal.analysis.behaviour import stay_probability
from prefrontal.configs import TwoStepConfig
from prefrontal.experiments.presets.base import ExperimentConfig
from prefrontal.progress import each
from prefrontal.rollouts.evaluation import evaluate, outcomes_of_each
from prefrontal.trials.table import trial_table


def play_sessions(
    agents: Mapping[int, AbstractAgent], config: ExperimentConfig[TwoStepConfig]
) -> tuple[pd.DataFrame, np.ndarray]:
    """Let `agents`, by seed, play their test episodes.

    Returns:
        The trial table, the seeds as subjects; and each seed's mean reward per episode, (seed,).
    """
    key = jax.random.key(config.test.seed)
    playing = outcomes_of_each(
        list(agents.values()),
        config.task.make(),
        [jax.random.fold_in(key, seed) for seed in agents],
        num_episodes=config.test.num_episodes,
    )
    outcomes = zip(each(agents, "Testing networks"), playing, strict=True)
    tested = [(event, reward.sum(axis=1)) for _, (event, reward) in outcomes]
    table = trial_table(_stack([event for event, _ in tested]), subjects=list(agents))
    return table, np.array([reward.mean() for _, reward in tested])


def behaviour(
    agent: AbstractAgent, config: ExperimentConfig[TwoStepConfig], seed: int
) -> tuple[np.ndarray, pd.DataFrame]:
    """What one agent does in the experiment's test: the reward of each episode, and its stay probabilities, one row."""
    event, reward = play_session(agent, config, config.test.num_episodes, seed)
    return reward, stay_probability(trial_table(_stack([event]), subjects=[seed]))


def play_session(
    agent: AbstractAgent, config: ExperimentConfig, num_episodes: int, seed: int
) -> tuple[Any, np.ndarray]:
    """One agent's test episodes: events, leaves (B, T), and total rewards, (B,)."""
    key = jax.random.fold_in(jax.random.key(config.test.seed), seed)
    trajectory = evaluate(agent, config.task.make(), key, num_episodes=num_episodes)
    return jax.tree.map(np.asarray, trajectory.event), np.asarray(trajectory.reward).sum(axis=1)


def _stack(events: list[Any]) -> Any:
    return jax.tree.map(lambda *leaves: np.stack(leaves), *events)
