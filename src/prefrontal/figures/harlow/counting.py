"""The figure of harlow-counting."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from prefrontal.analysis.published import HARLOW_NETWORKS, POSITION_COUNTER
from prefrontal.errors import counted
from prefrontal.figures.harlow.sets import left_out, ordinal, ramp_by_trial
from prefrontal.figures.parts import grid, letter, names_below, page, seed_column, seeds_of
from prefrontal.figures.style import PALETTE, save_figure, style
from prefrontal.runs.results import COURSE, read_results, read_table

COLORS = {"balanced": PALETTE["unrewarded"], "independent": PALETTE["common"]}


def draw(folder: Path, title: str) -> list[Path]:
    """Draw the figure of a test from its files, as `prefrontal.figures` says.

    Arguments:
        UserError: when a file is missing or cannot be read.
    """
    results = read_results(folder, ("sides", "published_shape"))
    return save_figure(counting_figure(results, read_table(folder / COURSE), title), folder / "figure")


def counting_figure(results: Mapping[str, Any], course: pd.DataFrame, title: str) -> Figure:
    """The course of learning where sides are balanced and where not, and what counting explains of it.

    Arguments:
        results: as in `results.json` of harlow-counting.
        course: as in its `course.csv`.
        title: the figure's title.
    """
    caption = (
        f"{seeds_of(results)} each, {counted(results['test_episodes'], 'test episode')} a moment, weights frozen. a to "
        "c: six equal steps of performance; broken: the best that counting can do. d, f: McFadden's share, along "
        "training and at its highest (thin: a seed). e: fit to trials 2 to 6."
    )
    with style():
        figure, used = page(7.2, 5.5, title, caption)
        places = grid(figure, 2, 3, top=used + 0.35, left=0.6, bottom=0.5, wspace=0.58, hspace=0.85)
        axes = [figure.add_subplot(places[row, column]) for row in range(2) for column in range(3)]
        for ax, (sides, part) in zip(axes, results["sides"].items(), strict=False):
            rows = 100 * np.array(part["quantiles"]["by_trial"]["mean"], float)
            names = [*map(ordinal, range(1, len(rows))), "final"]
            ramp_by_trial(dict(zip(names, rows, strict=True)), ax, f"{sides} sides")
        comparable = results["published_shape"] is not None
        if comparable:
            ramp_by_trial(HARLOW_NETWORKS, axes[2], "networks of the paper")
        else:
            left_out(axes[2], "networks of the paper")
        for ax in axes[: 2 + comparable]:
            looks = {"color": PALETTE["unrewarded"], "linestyle": "--", "linewidth": 1}
            ax.plot(range(1, 7), POSITION_COUNTER, **looks)
        counting_along(course, axes[3])
        columns = {name: part["shape"]["counter_over_line"] for name, part in results["sides"].items()}
        _columns(columns, axes[4], "r²: counter's shape\nless a straight line")
        if comparable:
            of_paper = results["published_shape"]["counter_over_line"]
            axes[4].axhline(of_paper, color=PALETTE["published"], linewidth=1.5)
            beside = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points"}
            looks = {"color": PALETTE["published"], "fontsize": 6.5, "va": "bottom"}
            axes[4].annotate("paper", (0.01, of_paper), (0, 1), **beside, **looks)
        axes[4].axhline(0, color="black", linewidth=0.6)
        most = {name: part["most_counter"] for name, part in results["sides"].items()}
        _columns(most, axes[5], "Explained by counting,\nat most")
        for ax, name in zip(axes, "abcdef", strict=True):
            letter(ax, name, -0.24)
    return figure


def counting_along(course: pd.DataFrame, ax: Axes) -> None:
    """What counting explains of the choices, along training."""
    for sides, part in course.groupby("sides"):
        wide = part.pivot(index="episode", columns="seed", values="counter")
        color = COLORS[str(sides)]
        ax.plot(wide.index / 1000, wide, color=color, linewidth=0.4, alpha=0.4)
        ax.plot(wide.index / 1000, wide.mean(axis=1), color=color, linewidth=1.8, label=f"{sides} sides")
    ax.set_xlabel("Training episodes, thousands")
    ax.set_ylabel("Explained by counting")
    ax.set_xlim(0, course["episode"].to_numpy(np.float64).max() / 1000)
    known = course["counter"].dropna().to_numpy(np.float64)
    most = float(known.max(initial=0.0))
    ax.set_ylim(0, 1.05 * most if most > 0 else 1)
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), borderaxespad=0.1, labelspacing=0.2)


def _columns(parts: Mapping[str, Mapping[str, Any]], ax: Axes, label: str) -> None:
    for place, (name, part) in enumerate(parts.items()):
        seed_column(ax, place, part, COLORS[name])
    names_below(ax, list(parts))
    ax.set_ylabel(label)
    if not any(np.isfinite(np.array(part["per_seed"], float)).any() for part in parts.values()):
        ax.set_ylim(0, 1)
