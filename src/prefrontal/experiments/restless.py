"""Experiments on restless arms: two that walk at random, slowly in some episodes and fast in others."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prefrontal.configs import RestlessConfig
from prefrontal.experiments.base import Agents, Experiment, ExperimentConfig

if TYPE_CHECKING:
    from rich.console import Console

    from prefrontal.experiments.subjects import Subjects


@dataclass(frozen=True)
class RestlessExperiment(Experiment[RestlessConfig]):
    """Networks against algorithms that learn at one rate, and fits of their behaviour that ask for their own rate.

    Half of the test episodes are of each volatility.
    """

    block_episodes: int
    """Episodes of one volatility whose choices are fitted together."""

    def variants(self, config: ExperimentConfig[RestlessConfig]) -> Mapping[str, ExperimentConfig[RestlessConfig]]:
        return {"": config}

    def measure(
        self, agents: Agents, config: ExperimentConfig[RestlessConfig], folder: Path, subjects: "Subjects"
    ) -> dict[str, Any]:
        from prefrontal.experiments import restless_results

        return restless_results.measure(self, agents[""], config, folder)

    def draw(self, folder: Path) -> list[Path]:
        from prefrontal.experiments import restless_figure

        return restless_figure.draw(self, folder)

    def report(self, results: Mapping[str, Any], console: "Console") -> None:
        from prefrontal.reports.tables import print_verdicts

        tuned, rates = results["tuned"], results["learning_rate"]
        ideal = _told(results["baselines"]["ideal observer"]["both"])
        low, high = (_told(rates[volatility]["ideal"]) for volatility in ("low", "high"))
        fixed, rate, temperature = (
            _told(tuned[name]) for name in ("thompson_volatility", "learning_rate", "inverse_temperature")
        )
        note = (
            f"Regret of an episode, mean of both volatilities; the ideal observer's is {ideal}. Other episodes chose "
            f"Thompson's fixed volatility ({fixed}) and Rescorla-Wagner's rate ({rate}) and inverse temperature "
            f"({temperature}). Learning rates: fitted to blocks of {self.block_episodes} episodes; the ideal "
            f"observer's are {low} and {high}. BIC: mean over blocks. Control: Rescorla-Wagner with a rate of .5. "
            "Intervals are over seeds."
        )
        print_verdicts(results, console, note=note)

    def compared(self, results: Mapping[str, Any]) -> Mapping[str, float | None]:
        regret, baselines = results["regret"]["both"], {**results["baselines"]}
        low, high = regret["interval95"]
        ideal = baselines.pop("ideal observer")["both"]
        return {
            "regret": regret["mean"],
            "regret_low": low,
            "regret_high": high,
            "best algorithm": min(one["both"] for one in baselines.values()),
            "ideal observer": ideal,
            **{f"rate, {name}": results["learning_rate"][name]["mean"] for name in ("low", "high")},
        }


def _told(value: float | None) -> str:
    return "not known" if value is None else f"{value:.3g}"
