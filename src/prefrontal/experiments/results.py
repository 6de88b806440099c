"""The files that an experiment's analysis leaves behind, and its verdicts."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from prefrontal.analysis.statistics import mean_interval
from prefrontal.errors import UserError
from prefrontal.experiments.base import Published
from prefrontal.files import write_text
from prefrontal.provenance import parse_json, to_json
from prefrontal.runs import RunFolder

RESULTS, LEARNING = "results.json", "learning.csv"
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


def holds(name: str, measured: float | int, passed: bool, published: float | int | None = None) -> dict[str, Any]:
    """The verdict on a claim that is no matter of nearness; `name` says what is claimed."""
    return {"name": name, "published": published, "measured": measured, "tolerance": None, "passed": bool(passed)}


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


def write_results(folder: Path, results: Mapping[str, Any]) -> dict[str, Any]:
    """Write `results.json` into `folder`, with null for what could not be measured; return what is written."""
    plain = _without_nan(dict(results))
    write_text(folder / RESULTS, to_json(plain))
    return plain


def read_results(folder: Path, needed: Sequence[str] = ()) -> dict[str, Any]:
    """The `results.json` of an evaluated run.

    Arguments:
        folder: where it lies.
        needed: entries that it must hold.

    Raises:
        UserError: when there is none, or it cannot be read or lacks an entry.
    """
    path = folder / RESULTS
    try:
        results = parse_json(path.read_text(encoding="utf-8"))
        missing = set(needed) - set(results if isinstance(results, dict) else {})
    except FileNotFoundError as error:
        raise UserError(f"`{path}` must be there, got a run not evaluated yet. Evaluate it first.") from error
    except (OSError, ValueError) as error:
        raise UserError(f"`{path}` must be readable JSON, got {error}. Evaluate the run again.") from error
    if missing or not isinstance(results, dict):
        entries = ", ".join(sorted(missing)) or "entries by name"
        raise UserError(f"`{path}` must hold {entries}, got other contents. Evaluate the run again.")
    return results


def write_learning(folder: Path, runs: Mapping[str, RunFolder], seeds: Sequence[int]) -> None:
    """Write `learning.csv` into `folder`: how reward rose in training, a row a block of episodes.

    Arguments:
        folder: where to.
        runs: by variant.
        seeds: of each.

    Raises:
        UserError: when a seed is not trained to its end, or its metrics are damaged.
    """
    parts = []
    for variant, run in runs.items():
        for seed in seeds:
            curve = run.seed(seed).learning_curve()
            parts.append(pd.DataFrame({"variant": variant, "seed": seed, **curve._asdict()}))
    write_text(folder / LEARNING, pd.concat(parts).to_csv(index=False, float_format="%.6g"))


def read_learning(folder: Path) -> pd.DataFrame:
    """How reward rose in training: columns variant, seed, episode, reward (mean over the episodes since the last row).

    Raises:
        UserError: when `learning.csv` is missing or cannot be read.
    """
    path = folder / LEARNING
    try:
        columns = ["variant", "seed", "episode", "reward"]
        return pd.read_csv(path, keep_default_na=False, dtype={"variant": str}, usecols=columns)
    except FileNotFoundError as error:
        raise UserError(f"`{path}` must be there, got a run not evaluated yet. Evaluate it first.") from error
    except (OSError, ValueError, KeyError) as error:
        raise UserError(f"`{path}` must be a table of rewards, got {error}. Evaluate the run again.") from error


def _without_nan(value: Any) -> Any:
    """JSON has no NaN: what could not be measured becomes null."""
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(item) for item in value]
    return None if isinstance(value, float) and np.isnan(value) else value
