"""Experiments on the signals inside trained networks, and on what happens when they are perturbed."""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from prefrontal.configs import TaskConfig
from prefrontal.experiments.base import Agents, Experiment, ExperimentConfig

if TYPE_CHECKING:
    from rich.console import Console

    from prefrontal.experiments.subjects import Subjects

Task = TypeVar("Task", bound=TaskConfig)


@dataclass(frozen=True)
class SignalExperiment(Experiment[Task]):
    """One set of networks, with an analysis and a figure of its own and a table of verdicts."""

    stem: str
    """Its analysis is in the module STEM_results beside this one, its figure in STEM_figure. They start JAX or draw,
    and are imported when needed: `prefrontal list` needs neither."""
    note: str = ""
    """A line below the table of verdicts."""

    def variants(self, config: ExperimentConfig[Task]) -> Mapping[str, ExperimentConfig[Task]]:
        return {"": config}

    def measure(
        self, agents: Agents, config: ExperimentConfig[Task], folder: Path, subjects: "Subjects"
    ) -> dict[str, Any]:
        module = importlib.import_module(f"prefrontal.experiments.{self.stem}_results")
        return module.measure(self, agents[""], config, folder, subjects)

    def draw(self, folder: Path) -> list[Path]:
        module = importlib.import_module(f"prefrontal.experiments.{self.stem}_figure")
        return module.draw(self, folder)

    def report(self, results: Mapping[str, Any], console: "Console") -> None:
        from prefrontal.reports.tables import print_verdicts

        print_verdicts(results, console, note=self.note)

    def compared(self, results: Mapping[str, Any]) -> Mapping[str, float | None]:
        return {verdict["name"]: verdict["measured"] for verdict in results["verdicts"]}
