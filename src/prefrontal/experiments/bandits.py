"""Experiments on Bernoulli bandits: networks trained on each distribution of arms, tested on all."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from prefrontal.configs import BanditConfig, Recipe
from prefrontal.configs.bandits import Arms
from prefrontal.errors import check_choice
from prefrontal.experiments.base import Agents, Experiment, ExperimentConfig

if TYPE_CHECKING:
    from rich.console import Console

    from prefrontal.experiments.subjects import Subjects

DISTRIBUTIONS: tuple[Arms, ...] = ("independent", "uniform", "easy", "medium", "hard")
"""The distributions of arms of Wang et al. (2016), sections 3.1.1 and 3.1.2."""


ROBUST_SEEDS = tuple(range(8))


@dataclass(frozen=True)
class Setting:
    """What is tried for every distribution."""

    learning_rate: float
    discount: float


@dataclass(frozen=True)
class BanditExperiment(Experiment[BanditConfig]):
    """Networks of several settings on each distribution of arms; the best of each are tested on every distribution.

    The networks that earn most in the first half of the test episodes of their own distribution are chosen; what is
    reported of them is measured in the second half.
    """

    settings: Mapping[str, tuple[Setting, ...]]
    """What is tried, by distribution."""
    num_best: int
    """Networks chosen for each distribution."""

    robust: ExperimentConfig[BanditConfig]
    """What the robust recipe trains instead of `settings`: one setting, several seeds."""

    def in_recipe(self, name: Recipe) -> "BanditExperiment":
        check_choice("recipe", name, get_args(Recipe))
        if name == "paper":
            return self
        train = self.robust.train
        setting = Setting(learning_rate=train.learning_rate, discount=train.discount)
        return replace(self, config=self.robust, settings=dict.fromkeys(self.settings, (setting,)), seeds=ROBUST_SEEDS)

    def variants(self, config: ExperimentConfig[BanditConfig]) -> Mapping[str, ExperimentConfig[BanditConfig]]:
        return {
            f"{arms}-{number:02d}": replace(
                config,
                task=replace(config.task, arms=arms),
                train=replace(config.train, learning_rate=setting.learning_rate, discount=setting.discount),
            )
            for arms, settings in self.settings.items()
            for number, setting in enumerate(settings)
        }

    def kept(self, config: ExperimentConfig[BanditConfig], results: Mapping[str, Any]) -> tuple[str, ...]:
        return tuple(one["variant"] for chosen in results["chosen"].values() for one in chosen)

    def measure(
        self, agents: Agents, config: ExperimentConfig[BanditConfig], folder: Path, subjects: "Subjects"
    ) -> dict[str, Any]:
        from prefrontal.experiments import bandit_results

        return bandit_results.measure(self, agents, config, folder)

    def draw(self, folder: Path) -> list[Path]:
        from prefrontal.experiments import bandit_figure

        return bandit_figure.draw(self, folder)

    def report(self, results: Mapping[str, Any], console: "Console") -> None:
        from prefrontal.reports.tables import print_verdicts

        note = (
            "Regret: expected reward lost, summed over an episode. Measured: mean over the networks chosen on the "
            "first half of the test episodes, in the second half."
        )
        print_verdicts(results, console, note=note)

    def compared(self, results: Mapping[str, Any]) -> Mapping[str, float | None]:
        return {f"regret_{arms}": results["regret"][arms][arms]["mean"] for arms in results["regret"]}
