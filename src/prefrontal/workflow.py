"""From an experiment and a config to files: train, then test."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from prefrontal import devices
from prefrontal.errors import UserError
from prefrontal.experiments.base import Experiment, ExperimentConfig
from prefrontal.runs import RunFolder
from prefrontal.session import Job, load_agents, train_jobs
from prefrontal.tasks import make_task


def train_run(experiment: Experiment, config: ExperimentConfig, seeds: Sequence[int], out: Path | None = None) -> Path:
    """Train what is missing of `seeds`; return the run's folder.

    Raises:
        Stopped: after Ctrl-C or SIGTERM, when everything is saved.
        UserError: see `train_jobs` and `RunFolder.open`.
    """
    (folder,) = train_runs(experiment, [config], seeds, [experiment.folder(config, out)])
    return folder


def train_runs(
    experiment: Experiment, configs: Sequence[ExperimentConfig], seeds: Sequence[int], folders: Sequence[Path]
) -> list[Path]:
    """`train_run` for several configs, each in its folder of `folders`.

    Those that differ in numbers only, not in shapes, train side by side in one compiled program.
    """
    devices.configure()
    jobs = []
    for config, folder in zip(configs, folders, strict=True):
        run = RunFolder.open(folder, experiment.name, config.training)
        task = make_task(config.task)
        jobs += [Job(run.seed(seed), task, config.agent, config.train) for seed in dict.fromkeys(seeds)]
    train_jobs(jobs)
    return list(folders)


def evaluate_run(
    experiment: Experiment, config: ExperimentConfig, seeds: Sequence[int], out: Path | None = None
) -> tuple[Path, dict[str, Any]]:
    """Test trained seeds; return the run's folder and the results written there.

    Raises:
        UserError: when a seed is not trained, or its weights do not fit.
    """
    devices.configure()
    folder = experiment.folder(config, out)
    if not folder.exists():
        raise UserError(f"`{folder}` must be a run to test, got none there. Train it first, with the same options.")
    run = RunFolder.open(folder, experiment.name, config.training)
    agents = load_agents(run, make_task(config.task), config.agent, seeds)
    return run.path, experiment.analyse(agents, config, run.path)
