"""Test two-step networks, regress their choices on the kinds of past trials, and hold the weights against print."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from prefrontal.analysis.published import NETWORKS
from prefrontal.analysis.regression import indices, kind_weights
from prefrontal.analysis.summary import NUM_LAGS, behaviour, printed
from prefrontal.configs import TwoStepConfig
from prefrontal.configs.two_step import TRIAL_KINDS
from prefrontal.experiments.presets.base import ExperimentConfig
from prefrontal.experiments.presets.criteria import WeightCriteria
from prefrontal.experiments.studies.base import Agents, Study
from prefrontal.experiments.studies.subjects import Subjects
from prefrontal.experiments.studies.two_step_sessions import play_sessions
from prefrontal.experiments.studies.verdicts import holds, over_seeds
from prefrontal.figures.behaviour import draw
from prefrontal.trials.table import write_table


class TwoStepWeights(Study[TwoStepConfig, WeightCriteria]):
    """What choices rest on: weights of past trials, held against those of the paper."""

    def measure(
        self, agents: Agents, config: ExperimentConfig[TwoStepConfig], folder: Path, subjects: Subjects
    ) -> dict[str, Any]:
        networks = agents[""]
        table, _ = play_sessions(networks, config)
        group = behaviour("networks", table, num_lags=NUM_LAGS)
        assert group.multi_back is not None
        weights, each = group.multi_back.weights, indices(group.multi_back.weights)
        results = {
            "test_episodes": config.test.num_episodes,
            "weights": {name: over_seeds(weights[name]) for name in weights},
            "indices": {name: over_seeds(each[name]) for name in each},
            "separated": [seed for seed, fit in zip(networks, group.multi_back.fits, strict=True) if fit.verdict],
            "verdicts": _verdicts(self.criteria, weights, each),
        }
        write_table(folder / "trials.csv", table)
        return results

    def figures(self, folder: Path, title: str) -> list[Path]:
        return draw(folder, title)

    def note(self, results: Mapping[str, Any]) -> str:
        return (
            "Weights: log odds. Verdict: whether as near to the published mean as two means of so many networks of our "
            f"scatter are in 95 of 100 cases (±). Published: {NETWORKS.source}."
        )

    def compared(self, results: Mapping[str, Any]) -> Mapping[str, float | None]:
        return {name: part["mean"] for name, part in results["indices"].items()}


def _verdicts(criteria: WeightCriteria, weights: pd.DataFrame, each: pd.DataFrame) -> list[dict[str, Any]]:
    paper = printed(NETWORKS)
    rows = []
    ours = kind_weights(weights)
    for kind in TRIAL_KINDS:
        for lag in range(1, NUM_LAGS + 1):
            name = f"{kind.replace('_', ' ')}, {lag} back"
            rows.append(_compatible(name, ours[kind, lag].to_numpy(), paper.weights.loc[(kind, lag), "mean"]))
    for name in each:
        label = f"{str(name).replace('_', '-')} index"
        rows.append(_compatible(label, each[name].to_numpy(), paper.indices.loc[name, "mean"]))
    least, most = float(np.min(each["model_based"])), float(np.max(np.abs(each["model_free"])))
    above, below = criteria.least_model_based, criteria.most_model_free
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
