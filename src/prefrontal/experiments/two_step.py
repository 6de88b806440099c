"""Experiments on the two-step task."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prefrontal.configs import TwoStepConfig
from prefrontal.experiments.base import Agents, Experiment, ExperimentConfig, Published

if TYPE_CHECKING:
    from rich.console import Console

    from prefrontal.experiments.subjects import Subjects
    from prefrontal.learning.jobs import Watch

# Modules that start JAX or read pandas are imported where they are used: `prefrontal list` needs neither.


@dataclass(frozen=True)
class TwoStepExperiment(Experiment[TwoStepConfig]):
    """A network on the two-step task, judged by its stay probabilities and its reward."""

    learned_reward: float
    """A seed has learned when its mean reward per test episode is at least this."""
    published_first: Mapping[str, Published] = field(default_factory=dict, kw_only=True)
    """Stay probabilities after the first trial of an episode only, by measure. Empty: they are not looked at."""

    def variants(self, config: ExperimentConfig[TwoStepConfig]) -> Mapping[str, ExperimentConfig[TwoStepConfig]]:
        return {"": config}

    def measure(
        self, agents: Agents, config: ExperimentConfig[TwoStepConfig], folder: Path, subjects: "Subjects"
    ) -> dict[str, Any]:
        from prefrontal.experiments import two_step_course, two_step_results

        results = two_step_results.measure(self, agents[""], config, folder)
        if subjects.run is not None and subjects.intervention is None:
            two_step_course.write_course(config, subjects.run, list(agents[""]), folder)
        return results

    def draw(self, folder: Path) -> list[Path]:
        from prefrontal.experiments import two_step_course, two_step_figure

        return [*two_step_figure.draw(self, folder), *two_step_course.draw(self, folder)]

    def watch(self, config: ExperimentConfig[TwoStepConfig]) -> "Watch":
        """What to make of every snapshot while training: it is tested, and its stay probabilities are drawn."""
        from prefrontal.experiments import two_step_course

        return two_step_course.watch(self, config)

    def report(self, results: Mapping[str, Any], console: "Console") -> None:
        from prefrontal.reports.tables import print_stay_report

        print_stay_report(results, console)

    def compared(self, results: Mapping[str, Any]) -> Mapping[str, float | None]:
        from prefrontal.reports.tables import stay_summary

        return stay_summary(results)


def published_stays(
    values: Sequence[float], tolerances: Sequence[float], source: str, *, first: bool = False
) -> dict[str, Published]:
    """Published stay probabilities by measure, in the order of `analysis.behaviour.CONDITIONS`.

    Arguments:
        values: after common and uncommon transitions, rewarded; then the same unrewarded.
        tolerances: how near ours has to come to each.
        source: where they are from.
        first: whether they are of the first trial of an episode only.
    """
    kinds = ("common_rewarded", "uncommon_rewarded", "common_unrewarded", "uncommon_unrewarded")
    prefix = "stay, first, " if first else "stay, "
    return {
        kind: Published(prefix + kind.replace("_", " "), value, tolerance, source)
        for kind, value, tolerance in zip(kinds, values, tolerances, strict=True)
    }
