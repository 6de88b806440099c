"""The figure of manipulated prediction errors: risky choices without and with, beside the paper's and the rats'."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from prefrontal.errors import counted
from prefrontal.figures.parts import (
    grid,
    letter,
    names_below,
    page,
    published_by,
    published_mark,
    seed_column,
    seeds_of,
)
from prefrontal.figures.style import PALETTE, save_figure, style
from prefrontal.runs.results import read_results

CONTROL, STIMULATED, RATS = "#888888", "#0072B2", "#009E73"
NAMES = {
    "block_risky_reward": "Block risky reward",
    "block_safe_reward": "Block safe reward",
    "block_risky_loss": "Block risky loss",
}


def draw(folder: Path, title: str) -> list[Path]:
    """Draw the figure of a test from its files, as `prefrontal.figures` says.

    Arguments:
        UserError: when a file is missing or cannot be read.
    """
    results = read_results(folder, ("seeds", "odds", "risky_percent", "published_percent"))
    return save_figure(optogenetics_figure(results, title), folder / "figure")


def optogenetics_figure(results: Mapping[str, Any], title: str) -> Figure:
    """One panel a manipulation.

    Arguments:
        results: as in `results.json` of wang2018-optogenetics.
        title: the figure's title.
    """
    with style():
        beside = results["published_percent"] is not None
        source = f"{results['published_source']}; rats: Stopper et al. (2014), there Figure 7a"
        caption = (
            f"{seeds_of(results)}, {counted(results['test_episodes'], 'test episode')} each, weights frozen. Bars: "
            f"mean over seeds, 95 % interval, a dot a seed.{published_by(results, source)}"
        )
        figure, used = page(7.2, 3.4, title, caption)
        places = grid(figure, 1, 3, bottom=0.65, top=used + 0.35, wspace=0.22)
        for number, name in enumerate(NAMES):
            ax = figure.add_subplot(places[number])
            manipulation(results, name, ax)
            letter(ax, "abc"[number], -0.13)
            if number == 0:
                ax.set_ylabel("Risky choices, %")
        handles = [
            Line2D([], [], marker="s", linestyle="", color=CONTROL),
            Line2D([], [], marker="s", linestyle="", color=STIMULATED),
            Line2D([], [], color=PALETTE["published"], linewidth=2),
            Line2D([], [], marker="D", linestyle="", color=RATS, markersize=4),
        ]
        names = ["control", "manipulated", "published network", "rats"]
        shown = slice(None if beside else 2)
        figure.legend(handles[shown], names[shown], loc="lower center", ncols=4, bbox_to_anchor=(0.5, 0.0))
    return figure


def manipulation(results: Mapping[str, Any], name: str, ax: Axes) -> None:
    """Risky choices at each of the odds, control beside `name`."""
    published = results["published_percent"] and results["published_percent"][name]
    odds = results["odds"]
    for group, chance in enumerate(odds):
        row = {0.125: 0, 0.5: 1}.get(chance)
        for side, (condition, color) in enumerate((("control", CONTROL), (name, STIMULATED))):
            x = group + 0.4 * side - 0.2
            seed_column(ax, x, results["risky_percent"][condition][group], color, width=0.34)
            if row is not None and published:
                published_mark(ax, x, published["network"][row][side], width=0.34)
                # At the bar's edge, where it hides no seed.
                looks = {"markersize": 4.5, "markeredgecolor": "white", "markeredgewidth": 0.4}
                ax.plot(x + 0.17, published["rats"][row][side], "D", color=RATS, zorder=5, **looks)
    names_below(ax, [f"odds {chance:g}" for chance in odds])
    ax.set_ylim(0, 104)
    ax.spines["left"].set_bounds(0, 100)
    ax.set_yticks(np.linspace(0, 100, 5))
    ax.set_title(NAMES[name], fontsize=9)
