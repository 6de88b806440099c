"""What an experiment is: a published result, and all that is needed to hold our own against it."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from prefrontal.configs import RecurrentConfig, TestConfig, TrainConfig, TwoStepConfig
from prefrontal.provenance import default_folder


@dataclass(frozen=True)
class ExperimentConfig:
    """Every number of an experiment. A run folder belongs to its task, agent and training."""

    task: TwoStepConfig = field(default_factory=TwoStepConfig)
    agent: RecurrentConfig = field(default_factory=RecurrentConfig)
    train: TrainConfig = field(default_factory=TrainConfig)
    test: TestConfig = field(default_factory=TestConfig)

    def __post_init__(self) -> None:
        self.train.unroll_for(self.task.num_steps)

    @property
    def training(self) -> dict[str, Any]:
        """What a trained network depends on, as plain values."""
        return {"task": asdict(self.task), "agent": asdict(self.agent), "train": asdict(self.train)}


@dataclass(frozen=True)
class Published:
    """A number read in a paper, and how near ours has to come."""

    name: str
    value: float
    tolerance: float
    source: str


@dataclass(frozen=True)
class Experiment(ABC):
    """A published result. Presets are instances; each kind of task has its own analysis and figure."""

    name: str
    title: str
    paper: str
    shows: str
    """The figure of the paper that it reproduces."""
    duration: str
    """How long `reproduce` takes on two cores."""
    config: ExperimentConfig
    seeds: tuple[int, ...]
    published: Mapping[str, Published]
    """By measure."""

    def folder(self, config: ExperimentConfig, out: Path | None = None) -> Path:
        """Where the run of `config` is kept: `out`, or runs/EXPERIMENT/HASH."""
        return out or default_folder(self.name, config.training)

    @abstractmethod
    def analyse(self, agents: Mapping[int, Any], config: ExperimentConfig, folder: Path) -> dict[str, Any]:
        """Test trained agents (by seed), write `results.json` and the trial table into `folder`, return the results."""

    @abstractmethod
    def draw(self, folder: Path) -> list[Path]:
        """Draw the figures from the files in `folder`; return the files drawn."""
