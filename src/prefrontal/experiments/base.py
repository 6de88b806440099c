"""What an experiment is: a published result, and all that is needed to hold our own against it."""

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, runtime_checkable

from prefrontal.configs import Config, Recipe, RecurrentConfig, TaskConfig, TestConfig, TrainConfig, in_recipe
from prefrontal.configs.actor_critic import check_discounts
from prefrontal.configs.base import recorded
from prefrontal.runs.provenance import default_folder

if TYPE_CHECKING:
    from rich.console import Console

    from prefrontal.experiments.subjects import Subjects
    from prefrontal.learning.jobs import Watch

Task = TypeVar("Task", bound=TaskConfig)
Agents = Mapping[str, Mapping[int, Any]]
"""Trained agents, by variant and seed. See `Experiment.variants`."""


@dataclass(frozen=True)
class ExperimentConfig(Generic[Task]):
    """Every number of an experiment. A run folder belongs to its task, agent and training."""

    task: Task
    agent: Config = field(default_factory=RecurrentConfig)
    train: TrainConfig = field(default_factory=TrainConfig)
    test: TestConfig = field(default_factory=TestConfig)

    def __post_init__(self) -> None:
        self.train.unroll_for(self.task.num_steps)
        check_discounts(self.agent, self.train)

    @property
    def training(self) -> dict[str, Any]:
        """What a trained network depends on, as plain values."""
        return {"task": recorded(self.task), "agent": recorded(self.agent), "train": recorded(self.train)}


@dataclass(frozen=True)
class Published:
    """A number read in a paper, and how near ours has to come."""

    name: str
    value: float
    tolerance: float
    source: str


@dataclass(frozen=True)
class Experiment(ABC, Generic[Task]):
    """A published result. Presets are instances; each kind of task has its own analysis, figure and report."""

    name: str
    title: str
    paper: str
    shows: str
    """The figure of the paper that it reproduces."""
    duration: str
    """How long `reproduce` takes on two cores."""
    config: ExperimentConfig[Task]
    seeds: tuple[int, ...]
    published: Mapping[str, Published]
    """By measure."""
    networks: str = field(default="", kw_only=True)
    """The experiment whose trained agents it studies; empty: it trains its own."""
    snapshot_every: int | None = field(default=None, kw_only=True)
    """Its analysis needs the weights of every so many training episodes. None: only the last."""
    draws: str = field(default="", kw_only=True)
    """What its figure shows, without saying what comes out: the heading."""
    tests_agents: bool = field(default=True, kw_only=True)
    """Whether its analysis lets the agents play. False: it reads how training went, and no intervention can act."""
    is_published: bool = field(default=True, kw_only=True)
    """Whether its verdicts are on what a paper or program says of its task. False: the claims are our own."""

    def in_recipe(self, name: Recipe) -> "Experiment[Task]":
        """This experiment with networks trained in the recipe called `name`; "paper" is its own, as it stands.

        Raises:
            UserError: when there is no such recipe.
        """
        train = in_recipe(self.config.train, name)
        return self if name == "paper" else replace(self, config=replace(self.config, train=train))

    def folder(self, config: ExperimentConfig[Task], out: Path | None = None) -> Path:
        """Where the run of `config` is kept: `out`, or runs/EXPERIMENT/HASH."""
        return out or default_folder(self.name, config.training)

    @abstractmethod
    def variants(self, config: ExperimentConfig[Task]) -> Mapping[str, ExperimentConfig[Task]]:
        """What to train, by name, for experiments that compare: each variant is a run in a folder of that name.

        An experiment with one set of networks gives it the empty name: its run is the folder itself.
        """

    def kept(self, config: ExperimentConfig[Task], results: Mapping[str, Any]) -> tuple[str, ...]:
        """The variants whose networks are worth sending with the package, `results` being those of all."""
        return tuple(self.variants(config))

    def analyse(
        self, agents: Agents, config: ExperimentConfig[Task], folder: Path, subjects: "Subjects | None" = None
    ) -> dict[str, Any]:
        """Test trained agents, write what was found into `folder`, above all `results.json`, and return that.

        With other task options than the published ones, or under an intervention, nothing is published to hold it
        against: published values and verdicts are left out. See `results.record`.

        Arguments:
            agents: by variant and seed.
            config: the experiment's numbers.
            folder: where results go; `learning.csv`, the rewards in training, lies there already.
            subjects: where the agents come from, and what is done to them. None: unknown, and nothing.
        """
        from prefrontal.experiments.results import record, write_results
        from prefrontal.experiments.subjects import Subjects

        subjects = subjects or Subjects()
        return write_results(folder, record(self, config, self.measure(agents, config, folder, subjects), subjects))

    @abstractmethod
    def measure(
        self, agents: Agents, config: ExperimentConfig[Task], folder: Path, subjects: "Subjects"
    ) -> dict[str, Any]:
        """What `results.json` is to hold of a test; tables are written into `folder`. See `analyse`."""

    @abstractmethod
    def draw(self, folder: Path) -> list[Path]:
        """Draw the figures from the files that `analyse` left in `folder`; return the files drawn."""

    @abstractmethod
    def report(self, results: Mapping[str, Any], console: "Console") -> None:
        """Show on the terminal what was published and what was measured."""

    def summary(self, results: Mapping[str, Any]) -> dict[str, float]:
        """The measures to compare settings by, for the table of a sweep; NaN where one could not be measured."""
        return {name: math.nan if value is None else value for name, value in self.compared(results).items()}

    @abstractmethod
    def compared(self, results: Mapping[str, Any]) -> Mapping[str, float | None]:
        """The measures of `summary`, None where one could not be measured, as `results.json` has it."""


@runtime_checkable
class Watched(Protocol):
    """An experiment whose networks can be looked at while they train."""

    def watch(self, config: ExperimentConfig[Any]) -> "Watch":
        """What to make of every snapshot: see `prefrontal.learning.jobs.Watch`."""
        ...
