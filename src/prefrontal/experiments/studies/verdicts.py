"""What is said of a measure: over seeds, beside a published number, as a claim."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from prefrontal.analysis.statistics import mean_interval
from prefrontal.experiments.presets.base import Published

Range = tuple[float, float]
ANY: Range = (-np.inf, np.inf)
NOT_NEGATIVE: Range = (0.0, np.inf)
SHARE: Range = (0.0, 1.0)
"""Proportions, probabilities, learning rates, and squared correlations within a sample."""
AT_MOST_ONE: Range = (-np.inf, 1.0)
"""Explained variance out of sample."""
SIGNED: Range = (-1.0, 1.0)
"""Correlations, and differences of shares."""
PERCENT: Range = (0.0, 100.0)
PERCENT_POINTS: Range = (-100.0, 100.0)


def over_seeds(values: ArrayLike, within: Range = ANY) -> dict[str, Any]:
    """One value a seed, their mean and its 95 % interval, as `results.json` holds them.

    Arguments:
        values: (seed,).
        within: the range of the measure, such as `SHARE`, which the interval does not leave.
    """
    values = np.asarray(values, float)
    interval = mean_interval(values)
    return {
        "per_seed": values.tolist(),
        "mean": interval.mean,
        "interval95": [float(np.clip(bound, *within)) for bound in (interval.low, interval.high)],
    }


def near(number: Published, measured: float) -> dict[str, Any]:
    """The verdict on a published number: whether ours is within its tolerance."""
    return {
        "name": number.name,
        "published": number.value,
        "measured": measured,
        "tolerance": number.tolerance,
        "passed": bool(abs(measured - number.value) <= number.tolerance),
    }


def holds(
    name: str, measured: float | int, passed: bool, of: int | None = None, *, of_task: bool = False
) -> dict[str, Any]:
    """The verdict on a claim that is no matter of nearness.

    Arguments:
        name: what is claimed.
        measured: a number, or how many seeds do what is claimed.
        passed: whether it holds.
        of: how many seeds there are, where seeds are counted.
        of_task: whether the claim has a number in it that means nothing in a task with other options.
    """
    verdict = {"name": name, "published": None, "measured": measured, "tolerance": None, "passed": bool(passed)}
    return verdict | ({"of": of} if of is not None else {}) | ({"of_task": True} if of_task else {})


def on_average(
    name: str,
    per_seed: ArrayLike,
    passed: bool | None,
    published: float | None = None,
    within: Range = ANY,
) -> dict[str, Any]:
    """The verdict on a claim about the mean over seeds, with its interval (see `over_seeds`); `passed` is None for a
    measurement that claims nothing."""
    summary = over_seeds(per_seed, within)
    return {
        "name": name,
        "published": published,
        "measured": summary["mean"],
        "interval95": summary["interval95"],
        "tolerance": None,
        "passed": passed,
    }
