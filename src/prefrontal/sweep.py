"""Many settings at once: `--sweep train.discount .8 .9 .95` trains one run a value, side by side."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from prefrontal.errors import UserError
from prefrontal.experiments import Experiment, ExperimentConfig
from prefrontal.files import write_text
from prefrontal.provenance import config_hash
from prefrontal.workflow import evaluate_run, train_runs


@dataclass(frozen=True)
class Setting:
    """One point of a sweep."""

    values: Mapping[str, str]
    """What was asked for, by option."""
    config: ExperimentConfig


def split_arguments(arguments: Sequence[str]) -> tuple[list[str], dict[str, list[str]]]:
    """Take the sweeps out of a command line: the other arguments, and the values by option.

    Raises:
        UserError: when a sweep has no option or fewer than two values, or an option is swept twice.
    """
    rest: list[str] = []
    sweeps: dict[str, list[str]] = {}
    remaining = list(arguments)
    while remaining:
        argument = remaining.pop(0)
        if argument != "--sweep":
            rest.append(argument)
            continue
        words = list(itertools.takewhile(lambda word: not word.startswith("--"), remaining))
        del remaining[: len(words)]
        if len(words) < 3:
            raise UserError(
                f"`--sweep` must be followed by an option and two or more values, got {' '.join(words) or 'nothing'}. "
                "Write it as in: --sweep train.discount .8 .9 .95"
            )
        option, *values = words
        if option in sweeps:
            raise UserError(f"`--sweep {option}` must be given once, got it twice. Put all its values in one.")
        sweeps[option] = values
    return rest, sweeps


def settings(sweeps: Mapping[str, Sequence[str]], parse: Callable[[list[str]], ExperimentConfig]) -> list[Setting]:
    """Every combination of the swept values; `parse` reads the options of one."""
    combinations = [dict(zip(sweeps, values, strict=True)) for values in itertools.product(*sweeps.values())]
    return [
        Setting(values, parse([word for option, value in values.items() for word in (f"--{option}", value)]))
        for values in combinations
    ]


def run_sweep(
    experiment: Experiment, points: Sequence[Setting], seeds: Sequence[int], root: Path
) -> tuple[pd.DataFrame, Path]:
    """Train and test every setting.

    Arguments:
        experiment: the experiment.
        points: the settings; those that differ in numbers only train in one compiled program.
        seeds: the seeds of each.
        root: the folder that the runs are kept in, one folder a setting.

    Returns:
        One row a setting: its values, the mean reward per episode with its 95 % interval over seeds, and the mean stay
        probabilities; and the file it is written to, `sweep-HASH.csv` in `root`.
    """
    folders = [root / experiment.folder(point.config).name for point in points]
    train_runs(experiment, [point.config for point in points], seeds, folders)
    rows = []
    for point, folder in zip(points, folders, strict=True):
        _, results = evaluate_run(experiment, point.config, seeds, folder)
        rows.append({**point.values, **_summary(results), "run": str(folder)})
    table = pd.DataFrame(rows)
    name = config_hash(experiment.name, {"settings": [dict(point.values) for point in points], "seeds": list(seeds)})
    path = root / f"sweep-{name}.csv"
    write_text(path, table.to_csv(index=False))
    return table, path


def _summary(results: Mapping[str, Any]) -> dict[str, float]:
    reward = results["reward_per_episode"]
    low, high = (np.nan if bound is None else bound for bound in reward["interval95"])
    stays = {f"stay_{name}": part["mean"] for name, part in results["stay_probability"].items()}
    return {"reward": reward["mean"], "reward_low": low, "reward_high": high, **stays}
