"""From an experiment and a config to files: train, then test."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from prefrontal import devices
from prefrontal.experiments.base import Experiment, ExperimentConfig
from prefrontal.runs import RunFolder
from prefrontal.session import load_agents, train_seeds
from prefrontal.tasks import make_task


def train_run(experiment: Experiment, config: ExperimentConfig, seeds: Sequence[int], out: Path | None = None) -> Path:
    """Train what is missing of `seeds`; return the run's folder.

    Raises:
        Stopped: after Ctrl-C or SIGTERM, when everything is saved.
        UserError: see `train_seeds` and `RunFolder.open`.
    """
    devices.configure()
    run = RunFolder.open(experiment.folder(config, out), experiment.name, config.training)
    train_seeds(run, make_task(config.task), config.agent, config.train, seeds)
    return run.path


def evaluate_run(
    experiment: Experiment, config: ExperimentConfig, seeds: Sequence[int], out: Path | None = None
) -> tuple[Path, dict[str, Any]]:
    """Test trained seeds; return the run's folder and the results written there.

    Raises:
        UserError: when a seed is not trained, or its weights do not fit.
    """
    devices.configure()
    run = RunFolder.open(experiment.folder(config, out), experiment.name, config.training)
    agents = load_agents(run, make_task(config.task), config.agent, seeds)
    return run.path, experiment.analyse(agents, config, run.path)
