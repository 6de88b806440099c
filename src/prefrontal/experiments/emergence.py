"""When, in the course of its training, does a network come to behave model-based?"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prefrontal.configs import TestConfig, TwoStepConfig
from prefrontal.experiments.base import Agents, Experiment, ExperimentConfig
from prefrontal.experiments.wang2018_two_step import WANG2018_TWO_STEP

if TYPE_CHECKING:
    from rich.console import Console

    from prefrontal.experiments.subjects import Subjects

# Modules that start JAX or read pandas are imported where they are used: `prefrontal list` needs neither.


@dataclass(frozen=True)
class Emergence(Experiment[TwoStepConfig]):
    """Networks on the two-step task, tested with the weights that they had along their training."""

    least_model_based: float
    """A network has become model-based when its model-based index is at least this."""

    def variants(self, config: ExperimentConfig[TwoStepConfig]) -> Mapping[str, ExperimentConfig[TwoStepConfig]]:
        return {"": config}

    def measure(
        self, agents: Agents, config: ExperimentConfig[TwoStepConfig], folder: Path, subjects: "Subjects"
    ) -> dict[str, Any]:
        from prefrontal.experiments import emergence_results

        return emergence_results.measure(self, agents[""], config, folder, subjects)

    def draw(self, folder: Path) -> list[Path]:
        from prefrontal.experiments import emergence_results

        return emergence_results.draw(self, folder)

    def report(self, results: Mapping[str, Any], console: "Console") -> None:
        from prefrontal.reports.tables import print_verdicts

        print_verdicts(
            results, console, note="Nothing of this is published; the claims are ours. Intervals: over seeds."
        )

    def compared(self, results: Mapping[str, Any]) -> Mapping[str, float | None]:
        return {name: part["mean"] for name, part in results["last"].items()}


EMERGENCE = Emergence(
    name="emergence",
    title="When model-based behaviour emerges in training",
    draws="strategies along the training of networks on the two-step task",
    is_published=False,
    paper="measured here, on wang2018-two-step",
    shows="indices and models over training",
    duration="10 minutes",
    config=ExperimentConfig(
        task=WANG2018_TWO_STEP.config.task,
        agent=WANG2018_TWO_STEP.config.agent,
        train=WANG2018_TWO_STEP.config.train,
        test=TestConfig(num_episodes=100),
    ),
    seeds=WANG2018_TWO_STEP.seeds,
    published={},
    snapshot_every=250,
    # Chance is 0; the published networks have 21.5 at the end of their training.
    least_model_based=10.0,
)
