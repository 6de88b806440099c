"""The options of an experiment beside its numbers, and what all of them are where nothing is said."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Generic, TypeVar

import tyro

from prefrontal.configs import AgentConfig, Recipe, TaskConfig, TestConfig, TrainConfig
from prefrontal.experiments import Experiment, ExperimentConfig

Task = TypeVar("Task", bound=TaskConfig)
Agent = TypeVar("Agent", bound=AgentConfig)
Test = TypeVar("Test", bound=TestConfig)


@dataclass(frozen=True)
class Start:
    """What options of an experiment are where nothing is said of them."""

    experiment: Experiment
    """In its recipe."""
    config: ExperimentConfig
    """Its numbers."""
    recipe: Recipe = "paper"
    seeds: tuple[int, ...] | None = None
    """None: the experiment's."""
    out: Path | None = None
    """The folder of the run."""
    pretrained: bool = False
    """Whether `out` holds results of the networks that come with the package."""
    is_recorded: bool = False
    """Whether the numbers are those of a run or a file, not the preset's."""


@dataclass(frozen=True)
class Options(Generic[Task, Agent, Test]):
    """Options of an experiment. Defaults are the preset's."""

    seeds: tuple[int, ...]
    """Seeds, one network each."""
    out: Annotated[Path | None, tyro.conf.arg(metavar="FOLDER")]
    """Folder of the run. None: runs/EXPERIMENT/HASH OF ITS SETTINGS."""
    name: Annotated[str | None, tyro.conf.arg(metavar="NAME")]
    """The folder is runs/EXPERIMENT/NAME."""
    config_file: Annotated[Path | None, tyro.conf.arg(name="config", metavar="FILE")]
    """Settings to start from, JSON or TOML, such as the config.json of a run; other options count on top."""
    pretrained: bool
    """Take the networks that come with the package; nothing is trained."""
    weights: Path | None
    """Test the network in this file (weights.safetensors), as seed 0."""
    episodes: int | None
    """Test episodes of each network: the same as --test.num-episodes."""
    recipe: Recipe
    """How networks are trained, where no option of --train says otherwise: as the preset has it (paper), or by RMSProp
    with a longer memory and a learning rate that falls to 0 (robust; see docs/learning.md)."""
    snapshot_every: int | None
    """Keep the weights of every N episodes of training. None: as the experiment needs."""
    plot_every: int | None
    """Every N episodes of training, test the networks and draw what they do, as files and TensorBoard images."""
    at: Annotated[str, tyro.conf.arg(metavar="EPISODE|best|last")]
    """Test the weights of another moment of training, of those that were kept: after so many episodes, or where most
    was earned in the 100 episodes before (best)."""
    dry_run: bool
    """Say what would be trained, where and about how long it would take; train nothing."""
    full: bool
    """Measure many sizes, and the other experiments, too, which takes a quarter of an hour."""
    quiet: bool
    """Print nothing but warnings and what goes wrong."""
    task: Task
    agent: Agent
    train: TrainConfig
    test: Test

    @property
    def config(self) -> ExperimentConfig[Task]:
        test = self.test if self.episodes is None else replace(self.test, num_episodes=self.episodes)
        return ExperimentConfig(task=self.task, agent=self.agent, train=self.train, test=test)
