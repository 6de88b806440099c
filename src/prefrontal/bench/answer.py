"""How long it takes until the seeds of an experiment have learned: what a user waits for."""

import time
from dataclasses import dataclass

import numpy as np

from prefrontal.analysis.learning_speed import passing_episodes
from prefrontal.experiments.presets.base import ExperimentConfig
from prefrontal.learning.training import train_agents

WINDOW = 100
"""A seed has learned when its mean reward over so many episodes of training passes the threshold."""


@dataclass(frozen=True)
class Answer:
    """How soon some seeds learned. Seconds are by the clock, with making the networks and compiling."""

    recipe: str
    """The recipe that they were trained in."""
    threshold: float
    """Mean reward of an episode."""
    num_episodes: int
    """Of training, for each seed."""
    episodes: tuple[float, ...]
    """When each seed passed the threshold, in training episodes; NaN where it did not."""
    seconds: float
    """That all of the training took."""

    @property
    def num_learned(self) -> int:
        return int(np.isfinite(self.episodes).sum())

    @property
    def told(self) -> str:
        """In a sentence or two."""
        num = len(self.episodes)
        start = f"In the {self.recipe} recipe, {self.num_learned} of {num} seeds earned {self.threshold:g} an episode"
        if not self.num_learned:
            return f"{start} within {self.num_episodes:,} episodes ({self.seconds:.1f} s)."
        last = np.nanmax(self.episodes)
        return (
            f"{start} within {last:,.0f} episodes: {self.seconds * last / self.num_episodes:.1f} s, of "
            f"{self.seconds:.1f} s for {self.num_episodes:,} episodes, compiling included."
        )


def time_to_learn(config: ExperimentConfig, recipe: str, threshold: float, num_seeds: int) -> Answer:
    """Train seeds 0, 1, ... in memory, and see when each has learned.

    Arguments:
        config: its numbers.
        recipe: what to call how they are trained.
        threshold: mean reward of an episode that a network earns that has learned.
        num_seeds: how many.

    Example:
        >>> from prefrontal.bench.answer import time_to_learn
        >>> config = pf.find_experiment("wang2018-two-step").in_recipe("robust").config
        >>> time_to_learn(config, "robust", 66.0, num_seeds=8).num_learned
        8
    """
    started = time.perf_counter()
    trained = train_agents(config.task.make(), config.agent, config.train, seeds=range(num_seeds))
    seconds = time.perf_counter() - started
    rewards = trained.metrics["reward"]
    window = min(WINDOW, rewards.shape[1])
    running = np.stack([np.convolve(row, np.full(window, 1 / window), "valid") for row in rewards])
    at = np.arange(window, rewards.shape[1] + 1)
    episodes = tuple(float(episode) for episode in passing_episodes(at, running, threshold))
    return Answer(recipe, threshold, rewards.shape[1], episodes, seconds)
