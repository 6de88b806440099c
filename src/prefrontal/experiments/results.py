"""The files that an experiment's analysis leaves behind, and its verdicts."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from prefrontal.analysis.statistics import mean_interval
from prefrontal.configs.intervention import intervention_words
from prefrontal.errors import UserError
from prefrontal.experiments.base import Experiment, ExperimentConfig, Published
from prefrontal.experiments.subjects import Subjects
from prefrontal.runs.files import write_text
from prefrontal.runs.folder import RunFolder
from prefrontal.runs.provenance import jsonable, parse_json, to_json

RESULTS, LEARNING, INTERVENTION = "results.json", "learning.csv", "intervention.json"
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
    name: str, measured: float | int, passed: bool, published: float | int | None = None, *, of_task: bool = False
) -> dict[str, Any]:
    """The verdict on a claim that is no matter of nearness; `name` says what is claimed, and `of_task` whether it does
    so with a number that means nothing in a task with other options."""
    verdict = {"name": name, "published": published, "measured": measured, "tolerance": None, "passed": bool(passed)}
    return verdict | ({"of_task": True} if of_task else {})


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


def record(
    experiment: Experiment, config: ExperimentConfig, measured: Mapping[str, Any], subjects: Subjects
) -> dict[str, Any]:
    """What `results.json` is to hold: what was `measured`; whose networks they are and what was done to them;
    "changed", the options that are not the preset's; and "comparable", whether anything published is of such networks
    on such a task. If it is not, no published value and no verdict is left: see `withheld`.
    """
    changed = changed_options(experiment, config)
    other_task = experiment.is_published and any(word.startswith("--task.") for word in changed)
    comparable = not other_task and subjects.intervention is None
    results = {**measured, **subjects.entries, "changed": changed, "comparable": comparable}
    if not comparable:
        results = withheld(results)
    for verdict in results["verdicts"]:
        verdict.pop("of_task", None)
    return results


def changed_options(experiment: Experiment, config: ExperimentConfig) -> list[str]:
    """The options of task, agent and training that are not the preset's, as they are given: "--task.num-trials 20"."""
    changed = []
    for part, numbers in config.training.items():
        preset = experiment.config.training[part]
        for name in sorted(numbers.keys() | preset.keys()):
            if numbers.get(name) != preset.get(name):
                value = getattr(getattr(config, part), name)
                changed.append(f"--{part}.{name.replace('_', '-')} {value}")
    return changed


def withheld(results: Mapping[str, Any]) -> dict[str, Any]:
    """`results` without anything published and without verdicts: what was measured stays.

    Claims that compare with a number of the published task ("reward >= 66") are left out whole.
    """

    def without(value: Any) -> Any:
        if isinstance(value, dict):
            told = {name: None if name.startswith("published") else without(item) for name, item in value.items()}
            return told | {"passed": None} if "passed" in told else told
        return [without(item) for item in value] if isinstance(value, list | tuple) else value

    kept = [verdict for verdict in results["verdicts"] if not verdict.get("of_task")]
    return without({**results, "verdicts": kept})


def heading(experiment: Experiment, results: Mapping[str, Any]) -> str:
    """What stands above a figure: what was run, whatever came out of it."""
    changed = " ".join(results.get("changed", ()))
    told = f"{experiment.name}: {experiment.draws}" + (f", with {changed}" if changed else "")
    done = intervention_words(results.get("intervention"))
    return f"{told}. Tested with {done}" if done else told


def write_results(folder: Path, results: Mapping[str, Any]) -> dict[str, Any]:
    """Write `results.json` into `folder`, with null for what could not be measured; return what is written."""
    plain = jsonable(results)
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
        if not isinstance(results, dict) or not isinstance(results.get("config", {}), dict):
            raise ValueError("no results")
        missing = set(needed).difference(results)
        if (folder / INTERVENTION).exists():  # earlier versions told of it there alone
            results.setdefault("intervention", parse_json((folder / INTERVENTION).read_text(encoding="utf-8")))
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
