"""Networks tested on Harlow's task, and which strategies they follow."""

from dataclasses import replace
from typing import Any

import jax
import numpy as np
import pandas as pd

from prefrontal.agents.base import AbstractAgent
from prefrontal.agents.strategies import tolerance_of
from prefrontal.analysis.harlow import LearningSets, fit_strategies
from prefrontal.configs import HarlowConfig
from prefrontal.experiments.presets.base import ExperimentConfig
from prefrontal.experiments.studies.verdicts import SHARE, over_seeds
from prefrontal.rollouts.episodes import Trajectory
from prefrontal.rollouts.evaluation import evaluate


def tasks(config: ExperimentConfig[Any]) -> list[tuple[str, Any]]:
    """What is played in a test: the task as it is trained, and with objects that nobody has trained on, all new."""
    held_out = replace(config.task, objects="held-out", num_objects=None)
    return [("trained", config.task), ("held-out", held_out)]


def play(agent: AbstractAgent, task: Any, config: ExperimentConfig[Any]) -> Trajectory:
    """Test episodes; the same problems for every network."""
    return evaluate(agent, task.make(), jax.random.key(config.test.seed), num_episodes=config.test.num_episodes)


def strategies(sets: LearningSets, task: Any) -> pd.DataFrame:
    """`fit_strategies`, or its heading alone where nothing was chosen."""
    if sets.missed.all():
        return pd.DataFrame(columns=["strategy", "lapse", "log_likelihood", "num_choices", "explained", "bic"])
    noisy = isinstance(task, HarlowConfig)
    return fit_strategies(sets, tolerance=tolerance_of(task) if noisy else 1e-6)


def by_trial(sets: list[LearningSets]) -> dict[str, Any]:
    """Correct choices by trial: "per_seed" [seed][trial], "mean" and "interval95" by trial."""
    per_seed = np.array([one.accuracy for one in sets])
    over = [over_seeds(column, SHARE) for column in per_seed.T]
    return {
        "per_seed": per_seed.tolist(),
        "mean": [part["mean"] for part in over],
        "interval95": [part["interval95"] for part in over],
    }


def best_strategies(fits: pd.DataFrame) -> dict[str, str]:
    """The strategy that explains each seed best, by BIC."""
    best = fits.loc[fits.groupby("seed")["bic"].idxmin()] if len(fits) else fits
    return dict(zip(best["seed"].astype(str), best["strategy"], strict=True))
