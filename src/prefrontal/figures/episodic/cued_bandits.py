"""The figure of cued bandits: what they earn, by how often each was met."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from prefrontal.errors import counted
from prefrontal.figures.bandits import framed, panel
from prefrontal.figures.episodic.lines import COLOR, LEGEND, bounds_across, lines_by_exposure, training
from prefrontal.figures.parts import seeds_of
from prefrontal.figures.style import PALETTE, save_figure, style
from prefrontal.runs.results import read_results


def draw(folder: Path, title: str) -> list[Path]:
    """Draw the figure of a test on cued bandits from its files, as `prefrontal.figures` says."""
    results = read_results(folder, ("seeds", "test_epochs", "bounds", "by_exposure", "by_pull"))
    bounds = results["bounds"]
    caption = (
        f"{seeds_of(results)} (thin), {counted(results['test_epochs'], 'test epoch')} each, weights frozen. Known, "
        "blind: one who knows the best arm, who pulls any. Best without memory: an optimal learner that starts every "
        "episode anew. c: running means in training."
    )
    figure = framed(title, caption, 7.2, 2.85)
    ax = panel(figure, "a", 0.6, 0.5, 1.7, 2.0)
    with style():
        lines_by_exposure({name: part["per_seed"] for name, part in results["by_exposure"].items()}, ax)
        bounds_across(ax, {"known": bounds["known"], "blind": bounds["blind"]})
        if bounds["best_without_memory"] is not None:
            ax.axhline(bounds["best_without_memory"], color=PALETTE["bayes_optimal"], linewidth=1.0, linestyle="--")
            ax.plot([], [], color=PALETTE["bayes_optimal"], linestyle="--", label="best without memory")
        ax.set_ylabel("Reward per pull")
        ax.legend(**LEGEND, fontsize=6.5, ncols=1, labelspacing=0.2)
        ax.set_xlabel("How often it was met")
    _by_pull(results, panel(figure, "b", 3.0, 0.5, 1.7, 2.0))
    training(folder, results, panel(figure, "c", 5.4, 0.5, 1.6, 2.0))
    return save_figure(figure, folder / "figure")


def _by_pull(results: Mapping[str, Any], ax: Axes) -> None:
    with style():
        pull = np.arange(1, len(next(iter(results["by_pull"].values()))["first"]) + 1)
        for name, part in results["by_pull"].items():
            for when, looks in (("first", (0, (3, 1.5))), ("last", "-")):
                ax.plot(pull, np.array(part[when], float), color=COLOR[name], linestyle=looks, linewidth=1.5)
        if results.get("best_by_pull"):
            ax.plot(pull, results["best_by_pull"], color=PALETTE["bayes_optimal"], linestyle="--", linewidth=1.0)
        bounds_across(ax, {"known": results["bounds"]["known"], "blind": results["bounds"]["blind"]})
        ax.plot([], [], color="black", linestyle=(0, (3, 1.5)), label="first time met")
        ax.plot([], [], color="black", label="last time met")
        ax.legend(**LEGEND, fontsize=6.5, labelspacing=0.2)
        ax.set_ylim(0, 1)
        ax.set_xticks(pull[::3] if len(pull) > 8 else pull)
        ax.set_xlabel("Pull")
        ax.set_ylabel("Reward per pull")
