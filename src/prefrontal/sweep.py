"""Many settings at once: `--sweep train.discount .8 .9 .95` trains one run a value, side by side."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from prefrontal.experiments import Experiment
from prefrontal.files import write_text
from prefrontal.options import Setting
from prefrontal.provenance import config_hash
from prefrontal.workflow import evaluate_run, train_runs


def train_sweep(experiment: Experiment, points: Sequence[Setting], seeds: Sequence[int], root: Path) -> list[Path]:
    """Train every setting, side by side where they differ in numbers only; return their folders, in `root`."""
    folders = [root / experiment.folder(point.config).name for point in points]
    return train_runs(experiment, [point.config for point in points], seeds, folders)


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
        One row a setting: its values, the experiment's summary and the run's folder; and the file it is written to,
        `sweep-HASH.csv` in `root`.
    """
    folders = train_sweep(experiment, points, seeds, root)
    rows = []
    for point, folder in zip(points, folders, strict=True):
        _, results = evaluate_run(experiment, point.config, seeds, folder)
        rows.append({**point.values, **experiment.summary(results), "run": str(folder)})
    table = pd.DataFrame(rows)
    name = config_hash(experiment.name, {"settings": [dict(point.values) for point in points], "seeds": list(seeds)})
    path = root / f"sweep-{name}.csv"
    write_text(path, table.to_csv(index=False))
    return table, path
