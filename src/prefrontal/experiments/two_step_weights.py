"""What the choices of trained two-step networks rest on: weights of past trials, held against those of the paper."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prefrontal.analysis.published import NETWORKS
from prefrontal.configs import TwoStepConfig
from prefrontal.experiments.base import Agents, Experiment, ExperimentConfig

if TYPE_CHECKING:
    from rich.console import Console

    from prefrontal.experiments.subjects import Subjects

# Modules that start JAX or read pandas are imported where they are used: `prefrontal list` needs neither.


@dataclass(frozen=True)
class TwoStepWeights(Experiment[TwoStepConfig]):
    """Networks on the two-step task, judged by the regression of their choices on the kinds of past trials."""

    least_model_based: float
    """Every network is to have at least this model-based index."""
    most_model_free: float
    """And no more than this model-free index, either way."""

    def variants(self, config: ExperimentConfig[TwoStepConfig]) -> Mapping[str, ExperimentConfig[TwoStepConfig]]:
        return {"": config}

    def measure(
        self, agents: Agents, config: ExperimentConfig[TwoStepConfig], folder: Path, subjects: "Subjects"
    ) -> dict[str, Any]:
        from prefrontal.experiments import two_step_weights_results

        return two_step_weights_results.measure(self, agents[""], config, folder)

    def draw(self, folder: Path) -> list[Path]:
        from prefrontal.experiments import two_step_weights_results

        return two_step_weights_results.draw(self, folder)

    def report(self, results: Mapping[str, Any], console: "Console") -> None:
        from prefrontal.reports.tables import print_verdicts

        note = (
            "Weights: log odds. Verdict: whether as near to the published mean as two means of so many networks of our "
            f"scatter are in 95 of 100 cases (±). Published: {NETWORKS.source}."
        )
        print_verdicts(results, console, note=note)

    def compared(self, results: Mapping[str, Any]) -> Mapping[str, float | None]:
        return {name: part["mean"] for name, part in results["indices"].items()}
