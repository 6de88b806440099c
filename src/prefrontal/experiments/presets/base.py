"""What an experiment is: a published result, and every number that is needed to hold our own against it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Generic, TypeVar, final

from prefrontal.configs import AgentConfig, Recipe, RecurrentConfig, TaskConfig, TestConfig, TrainConfig, in_recipe
from prefrontal.configs.actor_critic import check_discounts
from prefrontal.configs.base import check_config, recorded
from prefrontal.runs.provenance import default_folder

Task = TypeVar("Task", bound=TaskConfig)


@dataclass(frozen=True)
class ExperimentConfig(Generic[Task]):
    """Every number of an experiment. A run folder belongs to its task, agent and training."""

    task: Task
    agent: AgentConfig = field(default_factory=RecurrentConfig)
    train: TrainConfig = field(default_factory=TrainConfig)
    test: TestConfig = field(default_factory=TestConfig)

    def __post_init__(self) -> None:
        check_config("task", self.task, TaskConfig)
        check_config("agent", self.agent, AgentConfig)
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


Variants = Mapping[str, ExperimentConfig[Any]]
"""What to train, by name: each is a run in a folder of that name. The run of the empty name is the folder itself."""


def one_set(config: ExperimentConfig[Any], criteria: Any) -> Variants:
    """One set of networks."""
    return {"": config}


@final
@dataclass(frozen=True)
class Experiment(Generic[Task]):
    """A published result: what to train, how to test it, and what it is held against. Presets are instances."""

    name: str
    title: str
    paper: str
    shows: str
    """The figure of the paper that it reproduces."""
    duration: str
    """How long `reproduce` takes on two cores."""
    study: str | type[Any]
    """How its trained agents are tested and drawn: a name in `prefrontal.experiments.studies.STUDIES`, or a `Study` of
    your own."""
    config: ExperimentConfig[Task]
    seeds: tuple[int, ...]
    published: Mapping[str, Published] = field(default_factory=dict)
    """By measure."""
    criteria: Any = None
    """What else its study has to know: see `prefrontal.experiments.presets.criteria`."""
    trains: Callable[[ExperimentConfig[Any], Any], Variants] = one_set
    """What to train, of a config and the criteria: see `variants`."""
    robust: "Callable[[Experiment[Task]], Experiment[Task]] | None" = None
    """What the robust recipe makes of it. None: the same, trained with that recipe's optimiser."""
    networks: str = ""
    """The experiment whose trained agents it studies; empty: it trains its own."""
    snapshot_every: int | None = None
    """Its analysis needs the weights of every so many training episodes. None: only the last."""
    draws: str = ""
    """What its figure shows, without saying what comes out: the heading."""
    note: str = ""
    """What stands below the table of its verdicts."""
    tests_agents: bool = True
    """Whether its analysis lets the agents play. False: it reads how training went, and no intervention can act."""
    is_published: bool = True
    """Whether its verdicts are on what a paper or program says of its task. False: the claims are our own."""

    def in_recipe(self, name: Recipe) -> "Experiment[Task]":
        """This experiment with networks trained in the recipe called `name`; "paper" is its own, as it stands.

        Raises:
            UserError: when there is no such recipe.
        """
        train = in_recipe(self.config.train, name)
        if name == "paper":
            return self
        return self.robust(self) if self.robust else replace(self, config=replace(self.config, train=train))

    def variants(self, config: ExperimentConfig[Task]) -> Variants:
        """What to train of `config`, by name."""
        return self.trains(config, self.criteria)

    def folder(self, config: ExperimentConfig[Task], out: Path | None = None) -> Path:
        """Where the run of `config` is kept: `out`, or runs/EXPERIMENT/HASH."""
        return out or default_folder(self.name, config.training)
