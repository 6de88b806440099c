"""Many settings at once: `--sweep train.discount .8 .9 .95` trains one run a value, side by side."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import pandas as pd

from prefrontal.commands.settings import Setting
from prefrontal.experiments import Experiment
from prefrontal.experiments.places import check_results_folder
from prefrontal.experiments.studies import study_of
from prefrontal.experiments.workflow import evaluate_run, train_runs
from prefrontal.runs.files import write_text
from prefrontal.runs.provenance import config_hash


def train_sweep(experiment: Experiment, points: Sequence[Setting], seeds: Sequence[int], root: Path) -> list[Path]:
    """Train every setting, side by side where they differ in numbers only; return the folders of their networks.

    They are in `root`, but for networks of another experiment, which are in its own folder of runs.
    """
    return train_runs(experiment, [point.config for point in points], seeds, _folders(experiment, points, root))


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
        One row a setting: its values, the experiment's summary and the folder of its results; and the file it is
        written to, `sweep-HASH.csv` in `root`.

    Raises:
        UserError: before anything is trained when a folder for results holds other things.
    """
    folders = _folders(experiment, points, root)
    for point, folder in zip(points, folders, strict=True):
        check_results_folder(experiment, point.config, folder)
    train_sweep(experiment, points, seeds, root)
    rows = []
    for point, folder in zip(points, folders, strict=True):
        _, results = evaluate_run(experiment, point.config, seeds, folder)
        rows.append({**point.values, **study_of(experiment).summary(results), "run": str(folder)})
    table = pd.DataFrame(rows)
    settings = [{**point.config.training, "test": asdict(point.config.test)} for point in points]
    name = config_hash(experiment.name, {"settings": settings, "seeds": list(seeds)})
    path = root / f"sweep-{name}.csv"
    write_text(path, table.to_csv(index=False))
    return table, path


def _folders(experiment: Experiment, points: Sequence[Setting], root: Path) -> list[Path]:
    """Where the results of each setting go."""
    return [root / experiment.folder(point.config).name for point in points]
