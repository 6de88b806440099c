"""The figure of Harlow's task with pairs met again: is the first choice right?"""

from pathlib import Path

import numpy as np

from prefrontal.errors import counted
from prefrontal.figures.bandits import framed, panel
from prefrontal.figures.episodic.lines import COLOR, LABEL, LEGEND, bounds_across, lines_by_exposure, training
from prefrontal.figures.parts import published_by, seeds_of
from prefrontal.figures.style import PALETTE, save_figure, style
from prefrontal.runs.results import read_results


def draw(folder: Path, title: str) -> list[Path]:
    """Draw the figure of a test on Harlow's task with pairs met again, as `prefrontal.figures` says."""
    results = read_results(folder, ("seeds", "test_epochs", "by_trial", "by_exposure", "verdicts"))
    caption = (
        f"{seeds_of(results)} (thin), {counted(results['test_epochs'], 'test epoch')} each, weights frozen. a: pairs "
        "met before, broken: for the first time. c: running means in training."
        + published_by(results, "AlKhamissi et al. (2021), diamonds")
    )
    figure = framed(title, caption, 7.2, 2.75)
    ax = panel(figure, "a", 0.6, 0.5, 1.7, 2.0)
    with style():
        for name, part in results["by_trial"].items():
            again, first = (np.array(part[when], float) for when in ("again", "first"))
            trial = np.arange(1, again.shape[1] + 1)
            ax.plot(trial, again.T, color=COLOR[name], linewidth=0.5, alpha=0.4)
            ax.plot(trial, again.mean(axis=0), color=COLOR[name], linewidth=1.8, label=LABEL[name])
            ax.plot(trial, first.mean(axis=0), color=COLOR[name], linewidth=1.2, linestyle=(0, (3, 1.5)))
            ax.set_xticks(trial)
        for verdict in results["verdicts"]:
            if verdict["tolerance"] is not None and verdict["published"] is not None:
                ax.plot(1, verdict["published"], "D", color=PALETTE["published"], markersize=4, zorder=5)
        bounds_across(ax, {"chance": 0.5})
        ax.set_ylim(0, 1.02)
        ax.set_xlabel("Trial")
        ax.set_ylabel("Accuracy")
        ax.legend(**LEGEND, fontsize=6.5, labelspacing=0.2)
    ax = panel(figure, "b", 3.0, 0.5, 1.7, 2.0)
    with style():
        lines_by_exposure(results["by_exposure"], ax)
        bounds_across(ax, {"chance": 0.5})
        ax.set_ylim(0, 1.02)
        ax.set_xlabel("How often the pair was met")
        ax.set_ylabel("Accuracy on trial 1")
    training(folder, results, panel(figure, "c", 5.35, 0.5, 1.65, 2.0))
    return save_figure(figure, folder / "figure")
