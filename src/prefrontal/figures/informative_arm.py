"""The figure of the informative arm: pulls, regret, and reward in training."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from prefrontal.errors import counted
from prefrontal.figures.bandits import curves_by_trial, framed, panel, pulls_by_trial
from prefrontal.figures.panels import learning_curves, training_curves
from prefrontal.figures.parts import seeds_of
from prefrontal.figures.style import save_figure
from prefrontal.runs.results import read_results


def draw(folder: Path, title: str) -> list[Path]:
    """Draw the figure of a test from its files, as `prefrontal.figures` says.

    Arguments:
        UserError: when a file is missing or cannot be read.
    """
    results = read_results(folder, ("seeds", "pulls", "regret", "reward_per_episode"))
    caption = (
        f"{seeds_of(results)}, {counted(results['test_episodes'], 'test episode')} each, weights frozen (a, b). "
        "Optimal: asks once, then takes the target. Search: one arm after the other."
    )
    figure = framed(title, caption, 7.2, 3.1)
    pulls_by_trial({kind: np.array(shares) for kind, shares in results["pulls"].items()}, _place(figure, "a", 0.6, 1.3))
    regret = {name: np.atleast_2d(rows) for name, rows in results["regret"].items()}
    curves_by_trial(regret, _place(figure, "b", 2.45, 0.9))
    curves = training_curves(folder, results, ideal="optimal")
    learning_curves(curves, _place(figure, "c", 4.95, 1.15))
    return save_figure(figure, folder / "figure")


def _place(figure: Figure, letter: str, left: float, width: float) -> Axes:
    return panel(figure, letter, left, 0.95, width, 2.05)
