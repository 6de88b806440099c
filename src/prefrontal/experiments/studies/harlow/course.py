"""How Harlow's task is learned: the weights that networks had along their training, tested moment by moment."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from prefrontal.agents.base import AbstractAgent
from prefrontal.analysis.harlow import explained_together, learning_sets
from prefrontal.analysis.training_course import at_levels, change_points
from prefrontal.experiments.presets.base import ExperimentConfig
from prefrontal.experiments.studies.harlow.tested import play, strategies
from prefrontal.experiments.studies.verdicts import SHARE, over_seeds
from prefrontal.figures.harlow.sets import trial_columns
from prefrontal.learning.group import new_agent
from prefrontal.learning.trained import load_snapshots
from prefrontal.progress import each
from prefrontal.runs.files import write_text
from prefrontal.runs.folder import RunFolder
from prefrontal.runs.results import COURSE

COUNTER = "position counting"
NUM_QUANTILES = 6
"""Levels of performance between the two change points of a training, as in Wang et al. (2018), Figure 6c."""
LEAST_CHOICES = 500
"""A network that makes fewer choices in its test has no strategy yet."""


def write_course(
    agents: Mapping[int, AbstractAgent], config: ExperimentConfig[Any], run: RunFolder, folder: Path, what: str = ""
) -> pd.DataFrame | None:
    """Test the networks of a run with the weights of every moment that it kept, and write `course.csv`, a row each:
    seed; episode; performance, 50 for choices at random and 100 for all that can be known; correct choices by trial,
    a missed one not being correct; what position counting explains of the choices, alone ("counter") and beyond all
    else ("counter_only"); the best strategy.

    Where a run kept no weights, what came with it is copied; None where there is nothing. `what` networks they are is
    told as they are tested.
    """
    task = config.task.make()
    kept = {seed: dict(load_snapshots(run.seed(seed), task, config.agent)) for seed in _with_snapshots(run, agents)}
    if set(kept) != set(agents):
        course = run.path / COURSE
        if not course.exists():
            return None
        table = pd.read_csv(course)
        table = table.loc[table["seed"].isin(list(agents))].reset_index(drop=True)
    else:
        last = config.train.num_episodes
        moments = {
            (seed, episode): agent
            for seed, trained in agents.items()
            for episode, agent in {**kept[seed], 0: new_agent(config.agent, task, seed), last: trained}.items()
        }
        told = each(
            sorted(moments.items(), key=lambda item: item[0]), f"Testing along the training, {what}".rstrip(", ")
        )
        table = pd.DataFrame(
            [{"seed": seed, "episode": episode, **_moment(agent, config)} for (seed, episode), agent in told]
        )
    write_text(folder / COURSE, table.to_csv(index=False, float_format="%.5g"))
    return table


def quantiles(course: pd.DataFrame) -> dict[str, Any]:
    """Correct choices by trial at equal steps of performance between the change points of each seed's training, and at
    its end: "by_trial" with a list a quantile, "onset" and "rise" in episodes.

    Reference:
        Wang et al. (2018), Methods, Simulation 5 (the rule).
    """
    names = trial_columns(course)
    found, onset, rise = [], [], []
    for _, part in course.groupby("seed"):
        performance, accuracy = part["performance"].to_numpy(), part[names].to_numpy()
        points = change_points(part["episode"].to_numpy(), performance)
        found.append(np.vstack([at_levels(performance, accuracy, points.levels(NUM_QUANTILES)), accuracy[-1:]]))
        onset.append(points.onset)
        rise.append(points.rise)
    over = [[over_seeds(cell, SHARE) for cell in row] for row in np.moveaxis(np.array(found), 0, -1)]
    return {
        "by_trial": {
            "per_seed": np.array(found).tolist(),
            "mean": [[cell["mean"] for cell in row] for row in over],
            "interval95": [[cell["interval95"] for cell in row] for row in over],
        },
        "onset": onset,
        "rise": rise,
    }


def _with_snapshots(run: RunFolder, seeds: Sequence[int] | Mapping[int, Any]) -> list[int]:
    return [seed for seed in seeds if run.seed(seed).kept_episodes()]


def _moment(agent: AbstractAgent, config: ExperimentConfig[Any]) -> dict[str, Any]:
    """What a network does with the weights of one moment."""
    played = play(agent, config.task, config)
    sets = learning_sets(played, config.task.num_trials)
    accuracy = sets.accuracy
    measures: dict[str, Any] = {"performance": performance(accuracy)}
    measures |= {f"trial_{number}": share for number, share in enumerate(accuracy, start=1)}
    if (~sets.missed).sum() < LEAST_CHOICES:
        return measures | {"counter": np.nan, "counter_only": np.nan, "best": ""}
    fits = strategies(sets, config.task).set_index("strategy")
    return measures | {
        "counter": fits.loc[COUNTER, "explained"],
        "counter_only": explained_together(sets) - explained_together(sets, without=COUNTER),
        "best": fits["bic"].idxmin(),
    }


def performance(accuracy: np.ndarray) -> float:
    """Correct choices, 50 where all are at random and 100 where every trial but the first is won."""
    best = len(accuracy) - 0.5
    return 50 + 50 * (float(accuracy.sum()) - len(accuracy) / 2) / (best - len(accuracy) / 2)
