"""Experiments on the bandit whose last arm pays little and tells all."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prefrontal.configs import InformativeArmConfig
from prefrontal.experiments.base import Agents, Experiment, ExperimentConfig

if TYPE_CHECKING:
    from rich.console import Console

    from prefrontal.experiments.subjects import Subjects


@dataclass(frozen=True)
class InformativeArmExperiment(Experiment[InformativeArmConfig]):
    """A network that may pay for information, judged by whether it does and then uses it."""

    least_share: float
    """Share of episodes in which it must ask first, and of the later pulls that must be the target."""
    least_reward: float
    """Mean reward per episode that it must reach."""

    def variants(
        self, config: ExperimentConfig[InformativeArmConfig]
    ) -> Mapping[str, ExperimentConfig[InformativeArmConfig]]:
        return {"": config}

    def measure(
        self, agents: Agents, config: ExperimentConfig[InformativeArmConfig], folder: Path, subjects: "Subjects"
    ) -> dict[str, Any]:
        from prefrontal.experiments import informative_arm_results

        return informative_arm_results.measure(self, agents[""], config, folder)

    def draw(self, folder: Path) -> list[Path]:
        from prefrontal.experiments import informative_arm_figure

        return informative_arm_figure.draw(self, folder)

    def report(self, results: Mapping[str, Any], console: "Console") -> None:
        from prefrontal.reports.tables import print_verdicts

        reward = results["reward_per_episode"]
        note = (
            f"Means over seeds. The best that can be earned without knowing the target is {reward['optimal']:.4g}; "
            f"searching the arms earns {reward['search']:.4g}, random pulls {reward['chance']:.4g}."
        )
        print_verdicts(results, console, note=note)

    def compared(self, results: Mapping[str, Any]) -> Mapping[str, float | None]:
        reward = results["reward_per_episode"]
        low, high = reward["interval95"]
        return {"reward": reward["mean"], "reward_low": low, "reward_high": high}
