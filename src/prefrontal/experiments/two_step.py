"""Experiments on the two-step task."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prefrontal.experiments.base import Experiment, ExperimentConfig


@dataclass(frozen=True)
class TwoStepExperiment(Experiment):
    """A network on the two-step task, judged by its stay probabilities and its reward."""

    learned_reward: float
    """A seed has learned when its mean reward per test episode is at least this."""

    def analyse(self, agents: Mapping[int, Any], config: ExperimentConfig, folder: Path) -> dict[str, Any]:
        from prefrontal.experiments import two_step_results  # it starts JAX, which `prefrontal list` must not

        return two_step_results.analyse(self, agents, config, folder)

    def draw(self, folder: Path) -> list[Path]:
        from prefrontal.experiments import two_step_figure

        return two_step_figure.draw(self, folder)
