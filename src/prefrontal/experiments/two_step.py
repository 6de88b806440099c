"""Experiments on the two-step task."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prefrontal.configs import TwoStepConfig
from prefrontal.experiments.base import Agents, Experiment, ExperimentConfig

if TYPE_CHECKING:
    from rich.console import Console

# Modules that start JAX or read pandas are imported where they are used: `prefrontal list` needs neither.


@dataclass(frozen=True)
class TwoStepExperiment(Experiment[TwoStepConfig]):
    """A network on the two-step task, judged by its stay probabilities and its reward."""

    learned_reward: float
    """A seed has learned when its mean reward per test episode is at least this."""

    def variants(self, config: ExperimentConfig[TwoStepConfig]) -> Mapping[str, ExperimentConfig[TwoStepConfig]]:
        return {"": config}

    def analyse(self, agents: Agents, config: ExperimentConfig[TwoStepConfig], folder: Path) -> dict[str, Any]:
        from prefrontal.experiments import two_step_results

        return two_step_results.analyse(self, agents[""], config, folder)

    def draw(self, folder: Path) -> list[Path]:
        from prefrontal.experiments import two_step_figure

        return two_step_figure.draw(self, folder)

    def report(self, results: Mapping[str, Any], console: "Console") -> None:
        from prefrontal.report import print_stay_report

        print_stay_report(results, console)

    def summary(self, results: Mapping[str, Any]) -> dict[str, float]:
        from prefrontal.report import stay_summary

        return stay_summary(results)
