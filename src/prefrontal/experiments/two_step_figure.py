"""Draw a tested run from its files."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prefrontal.experiments.results import heading, read_learning, read_results
from prefrontal.figures.panels import LearningCurves, two_step_figure
from prefrontal.figures.style import save_figure

if TYPE_CHECKING:
    from prefrontal.experiments.two_step import TwoStepExperiment


def draw(experiment: "TwoStepExperiment", folder: Path) -> list[Path]:
    """See `Experiment.draw`."""
    results = read_results(folder, ("seeds", "stay_probability", "reward_per_episode"))
    curves = None if "weights" in results else _curves(folder, results)
    figure = two_step_figure(results, curves, heading(experiment, results), source=results["published_source"] or "")
    return save_figure(figure, folder / "figure")


def _curves(folder: Path, results: Mapping[str, Any]) -> LearningCurves:
    learning = read_learning(folder).pivot(index="seed", columns="episode", values="reward").loc[results["seeds"]]
    reference = results["reward_per_episode"]
    return LearningCurves(
        episodes=learning.columns.to_numpy(),
        reward=learning.to_numpy(),
        **{name: reference[name] for name in ("chance", "bayes_optimal", "oracle")},
    )
