"""What an experiment is: a published result, and every number that is needed to hold our own against it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar, final

from prefrontal.configs import AgentConfig, Recipe, RecurrentConfig, TaskConfig, TestConfig, TrainConfig, in_recipe
from prefrontal.configs.actor_critic import check_discounts
from prefrontal.configs.base import check_config, recorded, short_repr
from prefrontal.runs.provenance import default_folder

if TYPE_CHECKING:  # presets are data, which start no JAX
    from prefrontal.tasks.base import AbstractTask

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

    def __repr__(self) -> str:
        return "\n".join(["ExperimentConfig", *_parts(self)])

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
    """A published result, or an experiment of your own: what to train, how to test it, and what it is held against.

    `find_experiment` gives the package's, `own_experiment` makes the usual one of your own.

    Example:
        >>> experiment = pf.find_experiment("wang2018-two-step")
        >>> isinstance(experiment, pf.Experiment), experiment.task.num_actions
        (True, 3)
    """

    name: str
    study: str | type[Any]
    """How its trained agents are tested and drawn: a name in `prefrontal.experiments.studies.STUDIES`, or a `Study` of
    your own."""
    config: ExperimentConfig[Task]
    seeds: tuple[int, ...]
    title: str = ""
    paper: str = ""
    shows: str = ""
    """The figure of the paper that it reproduces."""
    duration: str = ""
    """How long `reproduce` takes on two cores."""
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
    least_moments: int = 1
    """Its analysis needs the weights of so many moments of a training, the first and the last among them."""
    draws: str = ""
    """What its figure shows, without saying what comes out: the heading."""
    note: str = ""
    """What stands below the table of its verdicts."""
    tests_agents: bool = True
    """Whether its analysis lets the agents play. False: it reads how training went, and no intervention can act."""
    is_published: bool = True
    """Whether its verdicts are on what a paper or program says of its task. False: the claims are our own."""

    def __repr__(self) -> str:
        from prefrontal.runs.inventory import ranges  # which imports more than the reading of presets may take

        source = ", ".join(part for part in (self.paper, self.shows) if part)
        about = [f"  {heading:<6} {text}" for heading, text in (("about", self.title), ("paper", source)) if text]
        seeds = ranges(self.seeds)
        return "\n".join([f"Experiment {self.name}", *about, *_parts(self.config), f"  seeds  {seeds}"])

    @property
    def task(self) -> "AbstractTask":
        """The task that it is played on, with the experiment's own numbers: for `evaluate`, `rollout` and others."""
        return self.config.task.make()

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


def _parts(config: ExperimentConfig[Any]) -> list[str]:
    """The parts of a config, a line each: of each, the numbers that are not at their default."""
    return [f"  {part:<6} {short_repr(getattr(config, part))}" for part in ("task", "agent", "train", "test")]
