"""The figure of an experiment of one's own: how its networks learned, and what was measured of each."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from prefrontal.errors import counted
from prefrontal.figures.panels import WINDOWS
from prefrontal.figures.parts import grid, letter, page, seed_column, seeds_of
from prefrontal.figures.style import PALETTE, save_figure, style
from prefrontal.runs.results import read_learning, read_results

MOST_PANELS = 6
"""So many measures are drawn, the first."""


def draw(folder: Path, title: str) -> list[Path]:
    """Draw the figure of a test from its files, as `prefrontal.figures` says.

    Raises:
        UserError: when a file is missing or cannot be read.
    """
    results = read_results(folder, ("seeds", "measures", "test_episodes"))
    return save_figure(measured_figure(results, read_learning(folder), title), folder / "figure")


def measured_figure(results: Mapping[str, Any], learning: pd.DataFrame, title: str) -> Figure:
    """Learning curves, and a panel for each measure: its mean over seeds, the interval, and every seed.

    Arguments:
        results: as in `results.json` of an experiment of one's own.
        learning: as in its `learning.csv`.
        title: the figure's title.
    """
    measures = dict(list(results["measures"].items())[:MOST_PANELS])
    caption = (
        f"{seeds_of(results)}. a: reward in training, a running mean, a line a seed. Others: "
        f"{counted(results['test_episodes'], 'test episode')} with frozen weights; bars are means over "
        "seeds, lines their 95 % intervals, dots the seeds."
    )
    with style():
        figure, used = page(2.6 + 1.25 * len(measures), 2.9, title, caption)
        places = grid(
            figure, 1, 1 + len(measures), top=used + 0.3, left=0.6, wspace=0.75, width_ratios=[2, *[1] * len(measures)]
        )
        ax = figure.add_subplot(places[0])
        for _, curve in learning.groupby("seed"):
            running = curve["reward"].rolling(max(1, len(curve) // WINDOWS), center=True).mean()
            ax.plot(curve["episode"], running, color=PALETTE["ours"], alpha=0.6, linewidth=0.9)
        ax.set_xlabel("Training episode")
        ax.set_ylabel("Reward per episode")
        letter(ax, "a")
        for place, (name, part) in enumerate(measures.items(), start=1):
            ax = figure.add_subplot(places[place])
            seed_column(ax, 0, part, PALETTE["common"])
            ax.set_xlim(-0.6, 0.6)
            ax.set_xticks([])
            ax.set_ylabel(name, parse_math=False)
            letter(ax, "abcdefg"[place], -0.5)
    return figure
