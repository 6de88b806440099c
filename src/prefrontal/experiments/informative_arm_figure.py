"""Draw a tested run on the informative arm from its files."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from prefrontal.experiments.results import heading, read_learning, read_results
from prefrontal.figures.bandits import curves_by_trial, framed, panel, pulls_by_trial
from prefrontal.figures.panels import LearningCurves, learning_curves
from prefrontal.figures.style import save_figure

if TYPE_CHECKING:
    from prefrontal.experiments.informative_arm import InformativeArmExperiment


def draw(experiment: "InformativeArmExperiment", folder: Path) -> list[Path]:
    """See `Experiment.draw`."""
    results = read_results(folder, ("seeds", "pulls", "regret", "reward_per_episode"))
    learning = read_learning(folder).pivot(index="seed", columns="episode", values="reward").loc[results["seeds"]]
    reward = results["reward_per_episode"]
    caption = (
        f"{len(results['seeds'])} seeds, {results['test_episodes']:,} test episodes each, weights frozen (a, b). "
        "Optimal: asks once, then takes the target; search: tries one arm after the other."
    )
    figure = framed(heading(experiment, results), caption, 7.2, 3.15)
    pulls_by_trial({kind: np.array(shares) for kind, shares in results["pulls"].items()}, _place(figure, "a", 0.6, 1.3))
    regret = {name: np.atleast_2d(rows) for name, rows in results["regret"].items()}
    curves_by_trial(regret, _place(figure, "b", 2.4, 0.9))
    curves = LearningCurves(
        episodes=learning.columns.to_numpy(),
        reward=learning.to_numpy(),
        chance=reward["chance"],
        bayes_optimal=reward["optimal"],
        oracle=reward["oracle"],
    )
    learning_curves(curves, _place(figure, "c", 4.9, 1.2))
    return save_figure(figure, folder / "figure")


def _place(figure: Figure, letter: str, left: float, width: float) -> Axes:
    return panel(figure, letter, left, 0.85, width, 2.1)
