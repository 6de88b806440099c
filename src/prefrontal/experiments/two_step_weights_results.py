"""Test two-step networks, regress their choices on the kinds of past trials, and hold the weights against print."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from prefrontal.agents.base import AbstractAgent
from prefrontal.analysis.behaviour import CONDITIONS
from prefrontal.analysis.published import NETWORKS, RATS
from prefrontal.analysis.regression import indices, kind_weights
from prefrontal.analysis.summary import behaviour, printed
from prefrontal.configs import TwoStepConfig
from prefrontal.experiments.base import ExperimentConfig
from prefrontal.experiments.results import heading, holds, over_seeds, read_results
from prefrontal.experiments.two_step_results import play_sessions
from prefrontal.figures.behaviour import behaviour_figure
from prefrontal.figures.style import save_figure
from prefrontal.runs.provenance import versions
from prefrontal.trials.table import read_table, write_table

if TYPE_CHECKING:
    from prefrontal.experiments.two_step_weights import TwoStepWeights

NUM_LAGS = 5
"""As in the paper's figure."""


def measure(
    experiment: "TwoStepWeights",
    agents: Mapping[int, AbstractAgent],
    config: ExperimentConfig[TwoStepConfig],
    folder: Path,
) -> dict[str, Any]:
    """See `Experiment.measure`; `agents` by seed."""
    table, _ = play_sessions(agents, config)
    group = behaviour("networks", table, num_lags=NUM_LAGS)
    assert group.multi_back is not None
    weights, each = group.multi_back.weights, indices(group.multi_back.weights)
    results = {
        "experiment": experiment.name,
        "seeds": list(agents),
        "test_episodes": config.test.num_episodes,
        "weights": {name: over_seeds(weights[name]) for name in weights},
        "indices": {name: over_seeds(each[name]) for name in each},
        "separated": [seed for seed, fit in zip(agents, group.multi_back.fits, strict=True) if fit.verdict],
        "verdicts": _verdicts(experiment, weights, each),
        "config": {**config.training, "test": asdict(config.test)},
        "versions": versions(),
    }
    write_table(folder / "trials.csv", table)
    return results


def draw(experiment: "TwoStepWeights", folder: Path) -> list[Path]:
    """See `Experiment.draw`."""
    results = read_results(folder, ("weights", "indices"))
    group = behaviour("networks, ours", read_table(folder / "trials.csv"), num_lags=NUM_LAGS)
    beside = [printed(NETWORKS), printed(RATS)] if results.get("comparable", True) else []
    figure = behaviour_figure([group, *beside], heading(experiment, results))
    return save_figure(figure, folder / "figure")


def _verdicts(experiment: "TwoStepWeights", weights: pd.DataFrame, each: pd.DataFrame) -> list[dict[str, Any]]:
    paper = printed(NETWORKS)
    rows = []
    ours = kind_weights(weights)
    for kind in CONDITIONS:
        for lag in range(1, NUM_LAGS + 1):
            name = f"{kind.replace('_', ' ')}, {lag} back"
            rows.append(_compatible(name, ours[kind, lag].to_numpy(), paper.weights.loc[(kind, lag), "mean"]))
    for name in each:
        label = f"{str(name).replace('_', '-')} index"
        rows.append(_compatible(label, each[name].to_numpy(), paper.indices.loc[name, "mean"]))
    least, most = float(np.min(each["model_based"])), float(np.max(np.abs(each["model_free"])))
    above, below = experiment.least_model_based, experiment.most_model_free
    rows.append(holds(f"model-based index > {above:g} in every seed (least)", least, least > above))
    rows.append(holds(f"|model-free index| < {below:g} in every seed (most)", most, most < below))
    return rows


def _compatible(name: str, values: np.ndarray, published: float) -> dict[str, Any]:
    """Whether our mean is as near to the published one as two means of so many seeds of our scatter are in 95 of 100
    cases; the paper's own scatter is not known."""
    part = over_seeds(values)
    low, high = part["interval95"]
    tolerance = float(np.sqrt(2) * (high - low) / 2)
    return {
        "name": name,
        "published": float(published),
        "measured": part["mean"],
        "interval95": [low, high],
        "tolerance": round(tolerance, 2) if np.isfinite(tolerance) else None,
        "passed": bool(abs(part["mean"] - published) <= tolerance),
    }
