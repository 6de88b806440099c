"""A run as Python has it: its settings, its trained agents, how they learned, and what came of their test."""

import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from prefrontal import devices
from prefrontal.errors import UserError
from prefrontal.experiments.places import networks_of
from prefrontal.experiments.presets import find_experiment
from prefrontal.experiments.presets.base import Experiment, ExperimentConfig
from prefrontal.experiments.records import find_folder, read_folder
from prefrontal.learning.trained import load_agents
from prefrontal.learning.training import TrainedAgents
from prefrontal.runs.folder import RunFolder
from prefrontal.runs.inventory import look
from prefrontal.runs.moments import Moment
from prefrontal.runs.provenance import differences
from prefrontal.runs.results import RESULTS, read_results
from prefrontal.tasks.base import AbstractTask


@dataclass(frozen=True)
class Run:
    """A run that was trained. Made by `load_run`; agents are read when they are first asked for.

    Example:
        >>> from dataclasses import replace
        >>> experiment = pf.find_experiment("wang2018-two-step")
        >>> config = replace(experiment.config, train=pf.TrainConfig(num_episodes=20))
        >>> small = replace(config, task=pf.TwoStepConfig(num_trials=10), agent=pf.RecurrentConfig(hidden_size=2))
        >>> run = pf.load_run(pf.train_run(experiment, small, seeds=[0]))
        >>> isinstance(run, pf.Run), run.seeds, run.config.task.num_trials, run.results
        (True, (0,), 10, None)
    """

    path: Path
    """Its folder."""
    experiment: Experiment
    """The experiment, with its preset, in the recipe that it was trained in."""
    config: ExperimentConfig[Any]
    """Every number of it. Of an experiment that compares, those of the variant asked for."""
    seeds: tuple[int, ...]
    """Those trained to their end."""
    folder: RunFolder = field(repr=False)
    """What lies on the disk of its networks."""
    at: Moment = "last"
    """The moment of their training that agents are taken from."""

    def __repr__(self) -> str:
        moment = "" if self.at == "last" else f", at={self.at!r}"
        return f"Run({str(self.path)!r}, experiment={self.experiment.name!r}, seeds={self.seeds}{moment})"

    @property
    def task(self) -> AbstractTask:
        """The task that it was trained on."""
        return self.config.task.make()

    @cached_property
    def agents(self) -> TrainedAgents:
        """The trained agents in the order of their seeds, and what was measured in training, every episode.

        Raises:
            UserError: when weights are damaged, or those of the moment asked for were not kept.
        """
        devices.configure()
        agents = load_agents(self.folder, self.task, self.config.agent, self.seeds, self.at)
        metrics = [self.folder.seed(seed).load_metrics() for seed in self.seeds]
        by_name = {name: pd.DataFrame([one[name] for one in metrics]).to_numpy() for name in metrics[0]}
        return TrainedAgents(tuple(agents.values()), self.seeds, by_name)

    @cached_property
    def learning(self) -> pd.DataFrame:
        """How reward rose in training: columns seed, episode, reward (mean over the episodes since the last row)."""
        curves = {seed: self.folder.seed(seed).learning_curve()._asdict() for seed in self.seeds}
        return pd.concat([pd.DataFrame({"seed": seed, **curve}) for seed, curve in curves.items()], ignore_index=True)

    @property
    def results(self) -> dict[str, Any] | None:
        """What the `results.json` of its test holds; None where it is not tested."""
        return read_results(self.path) if (self.path / RESULTS).exists() else None


def load_run(
    path: str | os.PathLike[str],
    *,
    variant: str = "",
    at: Moment = "last",
    experiment: Experiment | None = None,
    config: ExperimentConfig | None = None,
) -> Run:
    """A run that was trained, by its folder.

    Arguments:
        path: the folder, as `prefrontal runs` lists it and `train_run` returns it.
        variant: which set of networks, for experiments that compare.
        at: the moment of training that agents are taken from, of those that were kept: episodes trained, "best" or
            "last".
        experiment: the experiment, where it is one of your own. None: the package's, of the name in the record.
        config: its numbers, where its task or agent are made by configs of your own. None: those of the record.

    Returns:
        The run: `agents`, `config`, `experiment`, `task`, `learning` (curves) and `results`.

    Raises:
        UserError: when there is no run, none of that variant, or no seed of it is trained to its end; or when `config`
            is not what it was trained with.

    Example:
        >>> from dataclasses import replace
        >>> experiment = pf.find_experiment("wang2018-two-step")
        >>> config = replace(experiment.config, train=pf.TrainConfig(num_episodes=20))
        >>> small = replace(config, task=pf.TwoStepConfig(num_trials=10), agent=pf.RecurrentConfig(hidden_size=2))
        >>> folder = pf.train_run(experiment, small, seeds=[0, 1])
        >>> run = pf.load_run(folder)
        >>> run.config == small, len(run.agents), run.learning["seed"].unique().tolist()
        (True, 2, [0, 1])
        >>> pf.evaluate(run.agents[1], run.task, jax.random.key(0), num_episodes=5).reward.shape
        (5, 30)
    """
    folder = find_folder(os.fspath(path)) or Path(path)
    if experiment is None and config is None:
        record = read_folder(folder)
        assert record.found is not None
        folder, experiment, config, source = record.found.path, record.experiment, record.config, record.source
        if source == "file":
            raise UserError(f"`path` must be the folder of a run, got {folder}, results of a file of weights.")
    else:
        experiment = experiment or find_experiment(look(folder).experiment)
        config, source = config or experiment.config, "run"
    variants = experiment.variants(config)
    if variant not in variants:
        raise UserError(f"`variant` must be one of {', '.join(map(repr, variants))}, got {variant!r}.")
    own, chosen = None if experiment.networks else folder, variants[variant]
    trainer, networks = networks_of(experiment, config, own, pretrained=source == "package")
    run = RunFolder.read(networks / variant)
    asked = {"experiment": trainer, "config": chosen.training}
    if differing := differences({"experiment": run.experiment, "config": run.config}, asked):
        raise UserError(f"`config` must be that of the run in `{run.path}`, got another: {differing}.")
    seeds = tuple(seed for seed in run.seeds() if run.seed(seed).status == "finished")
    if not seeds:
        raise UserError(
            f"`{run.path}` must hold a seed that is trained to its end, got none. Train it: prefrontal train {run.path}"
        )
    return Run(folder, experiment, chosen, seeds, run, at)
