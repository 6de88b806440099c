"""Epochs of episodes, played by trained networks."""

from typing import Any

import jax
import numpy as np
from jaxtyping import Bool, Float, Int

from prefrontal.agents.base import AbstractAgent
from prefrontal.experiments.presets.base import ExperimentConfig
from prefrontal.rollouts.episodes import Trajectory
from prefrontal.rollouts.epochs import evaluate_epochs


def num_epochs(config: ExperimentConfig[Any]) -> int:
    """Test epochs: as many whole ones as there are test episodes for, and one at the least."""
    return max(1, config.test.num_episodes // config.task.epoch_episodes)


def play_epochs(agent: AbstractAgent, config: ExperimentConfig[Any]) -> Trajectory:
    """The test of one network, leaves (epoch, episode, time) of NumPy. All networks meet the same problems."""
    played = evaluate_epochs(
        agent,
        config.task.make(),
        jax.random.key(config.test.seed),
        num_epochs=num_epochs(config),
        num_episodes=config.task.epoch_episodes,
    )
    return jax.tree.map(np.asarray, played)


def by_exposure(
    values: Float[np.ndarray, "epoch episode trial"] | Bool[np.ndarray, "epoch episode trial"],
    exposure: Int[np.ndarray, "epoch episode"],
    num_exposures: int,
) -> Float[np.ndarray, "exposure trial"]:
    """The mean over the episodes in which a problem was met for the first time, for the second, and so on."""
    return np.stack([values[exposure == number].mean(axis=0) for number in range(1, num_exposures + 1)])
