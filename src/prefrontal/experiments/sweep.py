"""Many settings at once: `--sweep train.discount .8 .9 .95` trains one run a value, side by side."""

import itertools
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from prefrontal.analysis.statistics import mean_interval
from prefrontal.configs.values import replaced
from prefrontal.errors import UserError
from prefrontal.experiments import Experiment, ExperimentConfig
from prefrontal.experiments.places import as_asked, check_results_folder
from prefrontal.experiments.settings import Setting
from prefrontal.experiments.studies import study_of
from prefrontal.experiments.workflow import evaluate_run, train_runs
from prefrontal.figures.style import save_figure
from prefrontal.figures.sweep import sweep_figure
from prefrontal.reports.runs import Measure, of_seeds
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
        written to, `sweep-HASH.csv` in `root`; beside it, as .png, .svg and .pdf, lies its figure.

    Raises:
        UserError: before anything is trained when a folder for results holds other things.
    """
    rows, measured, changed = [], [], []
    for point, folder, results in _tested(experiment, points, seeds, root):
        rows.append({**point.values, **study_of(experiment).summary(results), "run": str(folder)})
        measured.append({name: (one.per_seed, _bounds(one)) for name, one in of_seeds(results).items()})
        changed.append(results["changed"])
    table = pd.DataFrame(rows)
    settings = [{**point.config.training, "test": asdict(point.config.test)} for point in points]
    name = config_hash(experiment.name, {"settings": settings, "seeds": list(seeds)})
    path = root / f"sweep-{name}.csv"
    write_text(path, table.to_csv(index=False))
    if all(measured):
        same = [words for words in changed[0] if all(words in of_point for of_point in changed)]
        title = f"{experiment.name}: {', '.join(points[0].values)} swept" + (f", with {' '.join(same)}" if same else "")
        save_figure(sweep_figure([point.values for point in points], measured, title), path.with_suffix(""))
    return table, path


def sweep(
    experiment: Experiment | str,
    settings: Mapping[str, Sequence[Any]],
    config: ExperimentConfig | None = None,
    seeds: Sequence[int] | None = None,
    out: str | os.PathLike[str] | None = None,
) -> pd.DataFrame:
    """Train and test an experiment in every combination of some settings, and tabulate what each seed did.

    Settings that differ in numbers only train in one compiled program; those that change a shape, such as the hidden
    size, in one for each. It is kept, gone on with and read again as `train_run` does.

    Arguments:
        experiment: the experiment, or its name.
        settings: values by option: {"train.discount": [.8, .9], "agent.hidden_size": [8, 32]}.
        config: its other numbers. None: its own.
        seeds: one network each in every setting. None: the experiment's.
        out: the folder of all runs. None: runs/EXPERIMENT.

    Returns:
        A row a setting and seed: a column an option, "seed", a column for everything that its test measures of each
        network alone, and "run", the folder.

    Raises:
        UserError: when there is no such option, or a value is not allowed; as `train_run` and `evaluate_run` do.

    Example:
        >>> experiment = pf.own_experiment(
        ...     "arms",
        ...     pf.ExperimentConfig(
        ...         task=pf.BanditConfig(num_trials=10),
        ...         agent=pf.RecurrentConfig(hidden_size=2),
        ...         train=pf.TrainConfig(num_episodes=20),
        ...         test=pf.TestConfig(num_episodes=5),
        ...     ),
        ...     lambda played: {"right at last": played.reward[:, -1].mean()},
        ... )
        >>> table = pf.sweep(experiment, {"train.discount": [0.5, 0.9]}, seeds=[0, 1])
        >>> table.columns.tolist()
        ['train.discount', 'seed', 'right at last', 'reward per episode', 'run']
        >>> len(table)
        4
    """
    experiment, config, seeds = as_asked(experiment, config, seeds)
    if not settings or not all(isinstance(values, Sequence) and len(values) for values in settings.values()):
        raise UserError('`settings` must hold values by option, got none. Write {"train.discount": [.8, .9]}.')
    combinations = [dict(zip(settings, values, strict=True)) for values in itertools.product(*settings.values())]
    points = [Setting(values, replaced(config, values)) for values in combinations]
    root = Path(out) if out is not None else experiment.folder(config).parent
    parts = []
    for point, folder, results in _tested(experiment, points, seeds, root):
        measures = {name.removeprefix("measures, "): one.per_seed for name, one in of_seeds(results).items()}
        whole = {name: values for name, values in measures.items() if len(values) == len(results["seeds"])}
        parts.append(pd.DataFrame({**point.values, "seed": results["seeds"], **whole, "run": str(folder)}))
    return pd.concat(parts, ignore_index=True)


def _tested(
    experiment: Experiment, points: Sequence[Setting], seeds: Sequence[int], root: Path
) -> Iterator[tuple[Setting, Path, dict[str, Any]]]:
    """Every setting, the folder of its results, and these."""
    folders = _folders(experiment, points, root)
    for point, folder in zip(points, folders, strict=True):
        check_results_folder(experiment, point.config, folder)
    train_sweep(experiment, points, seeds, root)
    for point, folder in zip(points, folders, strict=True):
        yield point, folder, evaluate_run(experiment, point.config, seeds, folder)[1]


def _bounds(measure: Measure) -> tuple[float, float] | None:
    """The interval of its mean, where there are several seeds."""
    found = mean_interval(measure.per_seed)
    return measure.interval95 or ((found.low, found.high) if math.isfinite(found.low) else None)


def _folders(experiment: Experiment, points: Sequence[Setting], root: Path) -> list[Path]:
    """Where the results of each setting go."""
    return [root / experiment.folder(point.config).name for point in points]
