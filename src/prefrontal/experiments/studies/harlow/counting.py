"""Is it counting? Networks on Harlow's task with balanced sides beside the same networks without, along training."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from prefrontal.analysis.harlow import learning_sets
from prefrontal.analysis.published import HARLOW_NETWORKS, POSITION_COUNTER
from prefrontal.configs import HarlowConfig
from prefrontal.errors import UserError
from prefrontal.experiments.presets.base import ExperimentConfig
from prefrontal.experiments.presets.criteria import HarlowCriteria
from prefrontal.experiments.presets.harlow import SIDES
from prefrontal.experiments.studies.base import Agents, Study
from prefrontal.experiments.studies.harlow.course import COUNTER, quantiles, write_course
from prefrontal.experiments.studies.harlow.tested import by_trial, play, tasks
from prefrontal.experiments.studies.subjects import Subjects
from prefrontal.experiments.studies.verdicts import ANY, NOT_NEGATIVE, SHARE, SIGNED, holds, over_seeds
from prefrontal.figures.harlow.counting import draw
from prefrontal.progress import each
from prefrontal.runs.files import write_text
from prefrontal.runs.results import COURSE

MIDDLE = slice(1, 5)
"""The quantiles of training in which a half-learned strategy shows: the second to the fifth."""


class HarlowCounting(Study[HarlowConfig, HarlowCriteria]):
    """What position counting explains of choices along training, and whether the course of learning has its shape."""

    def measure(
        self, agents: Agents, config: ExperimentConfig[HarlowConfig], folder: Path, subjects: Subjects
    ) -> dict[str, Any]:
        variants = self.experiment.variants(config)
        parts, results = [], {"test_episodes": config.test.num_episodes, "sides": {}}
        for sides in SIDES:
            course = None
            if sides in subjects.runs and subjects.intervention is None:
                course = write_course(agents[sides], variants[sides], subjects.runs[sides], folder, sides)
            if course is None:
                raise UserError(
                    "`agents` must be of a run that kept the weights along its training, without an intervention, got "
                    "others. Train it with this experiment's name: it keeps them."
                )
            parts.append(course.assign(sides=sides))
            held_out = dict(tasks(variants[sides]))["held-out"]
            final = [
                learning_sets(play(agent, held_out, config), config.task.num_trials)
                for agent in each(agents[sides].values(), f"Testing networks, {sides}")
            ]
            results["sides"][sides] = _of_course(course) | {"final": by_trial(final)}
        write_text(folder / COURSE, pd.concat(parts, ignore_index=True).to_csv(index=False, float_format="%.5g"))
        results["published_shape"] = shape(np.array(list(HARLOW_NETWORKS.values()))[MIDDLE] / 100)
        results["difference"] = differences(*(results["sides"][sides] for sides in SIDES))
        results["verdicts"] = self._verdicts(results)
        return results

    def _verdicts(self, results: Mapping[str, Any]) -> list[dict[str, Any]]:
        verdicts, least = [], self.criteria.least_second
        for sides in SIDES:
            second = np.array([row[1] for row in results["sides"][sides]["final"]["per_seed"]])
            learned = second >= least
            claim = f"{sides}: seeds with trial 2 ≥ {least:g}"
            verdicts.append(holds(claim, int(learned.sum()), bool(learned.all()), len(learned)))
        for name, claim in (
            ("most_counter", "counting explains more of choices, balanced less independent"),
            ("counter_over_line", "the counter's shape fits better, balanced less independent"),
        ):
            part = results["difference"][name]
            verdicts.append(
                holds(claim, part["mean"], (part["interval95"][0] or 0.0) > 0) | {"interval95": part["interval95"]}
            )
        return verdicts

    def figures(self, folder: Path, title: str) -> list[Path]:
        return draw(folder, title)

    def compared(self, results: Mapping[str, Any]) -> Mapping[str, float | None]:
        return {f"{sides}, most counting": results["sides"][sides]["most_counter"]["mean"] for sides in SIDES}


def _of_course(course: pd.DataFrame) -> dict[str, Any]:
    """What a table of moments tells of the networks whose they are."""
    found = quantiles(course)
    shapes = [shape(np.array(rows)[MIDDLE]) for rows in found["by_trial"]["per_seed"]]
    by_seed = course.groupby("seed")
    counts = course.assign(counts=course["best"] == COUNTER).groupby("seed")["counts"].mean()
    return {
        "quantiles": found,
        "most_counter": over_seeds(np.asarray(by_seed["counter"].max()), SHARE),
        "most_counter_only": over_seeds(np.asarray(by_seed["counter_only"].max()), SIGNED),
        "moments_best_explained_by_counting": over_seeds(np.asarray(counts), SHARE),
        "onset": over_seeds(found["onset"], NOT_NEGATIVE),
        "rise": over_seeds(found["rise"], NOT_NEGATIVE),
        "shape": {name: over_seeds([one[name] for one in shapes], ANY) for name in shapes[0]},
    }


def shape(accuracy: np.ndarray) -> dict[str, float]:
    """How much of the course over trials 2 to the last, (quantile, trial), is that of a position counter, and how much
    is a straight line: r², the mean over quantiles, NaN where a quantile is missing or does not vary. Of six trials."""
    by_counter = np.array(POSITION_COUNTER)[1 : accuracy.shape[1]]
    by_line = np.arange(1.0, accuracy.shape[1])
    r2 = {name: [] for name in ("counter", "line")}
    for row in accuracy[:, 1:]:
        for name, model in (("counter", by_counter), ("line", by_line)):
            varies = len(row) == len(model) and np.ptp(row) > 0
            r2[name].append(np.corrcoef(row, model)[0, 1] ** 2 if varies else np.nan)
    means = {name: float(np.nanmean(values)) if np.isfinite(values).any() else np.nan for name, values in r2.items()}
    return means | {"counter_over_line": means["counter"] - means["line"]}


def differences(balanced: Mapping[str, Any], independent: Mapping[str, Any]) -> dict[str, Any]:
    """What balanced sides change, with Welch's 95 % interval over seeds."""
    pairs = {
        "most_counter": [one["most_counter"]["per_seed"] for one in (balanced, independent)],
        "counter_over_line": [one["shape"]["counter_over_line"]["per_seed"] for one in (balanced, independent)],
        "onset": [one["onset"]["per_seed"] for one in (balanced, independent)],
        "rise": [one["rise"]["per_seed"] for one in (balanced, independent)],
    }
    return {name: difference(*values) for name, values in pairs.items()}


def difference(one: list[float], other: list[float]) -> dict[str, Any]:
    """The mean of `one` less that of `other`, and Welch's interval of it; NaNs are left out."""
    from scipy.stats import ttest_ind  # slow to import

    groups = [np.array(values, float)[np.isfinite(values)] for values in (one, other)]
    mean = float(groups[0].mean() - groups[1].mean()) if min(map(len, groups)) else float("nan")
    if min(map(len, groups)) < 2:
        return {"mean": mean, "interval95": [float("nan")] * 2}
    interval = ttest_ind(*groups, equal_var=False).confidence_interval()
    return {"mean": mean, "interval95": [float(interval.low), float(interval.high)]}
