"""The figure of bandits, and panels that other figures of pulls and regret share."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from prefrontal.figures.parts import Above
from prefrontal.figures.style import PALETTE, save_figure, style
from prefrontal.runs.results import read_results

COLORS = {
    "networks": PALETTE["ours"],
    "Gittins": PALETTE["common"],
    "UCB": PALETTE["uncommon"],
    "Thompson": PALETTE["unrewarded"],
    "Rescorla-Wagner": PALETTE["common"],
    "ideal observer": PALETTE["bayes_optimal"],
    "Bayes-optimal": PALETTE["bayes_optimal"],
    "structure-optimal": PALETTE["rewarded"],
    "optimal": PALETTE["bayes_optimal"],
    "search": PALETTE["unrewarded"],
    "random": PALETTE["chance"],
}
"""What a colour means: whose pulls they are."""
PULLS = {
    "informative": ("informative arm", PALETTE["common"]),
    "target": ("target", PALETTE["bayes_optimal"]),
    "other": ("another arm", PALETTE["chance"]),
}


PUBLISHED_ALGORITHMS = {"Gittins": 1.16, "Thompson": 2.91, "UCB": 3.14}
"""Regret of each after 100 trials on arms of .25 and .75: Wang et al. (2018), Figure 1, read off the figure."""
ON = "medium"
"""The distribution that Figure 1 of Wang et al. (2018) tests on: arms of .25 and .75."""


def draw(folder: Path, title: str, *, arms: Sequence[str], published: Mapping[str, float]) -> list[Path]:
    """Draw the figure of a test from its files, as `prefrontal.figures` says.

    Arguments:
        arms: the distributions, in the order of the panels.
        published: regret of networks on the arms of `ON`, by the distribution that they were trained on.
    """
    results = read_results(folder, ("chosen", "regret", "baselines", "curves", "suboptimal"))
    arms = [name for name in arms if name in results["regret"]]
    comparable = results.get("comparable", True)
    algorithms = [name for name in COLORS if name in results["baselines"]]
    caption = (
        f"The best {len(results['chosen'][arms[0]])} networks trained on each distribution of arms, chosen in the "
        f"first half of {results['test_episodes']:,} test episodes with frozen weights, shown in the second. In c, "
        "bold: the least regret of a column."
        + (" Published values in d: Wang et al. (2018), Figure 1, arms of .25 and .75." if comparable else "")
    )
    figure = framed(title, caption, 7.2, 6.65)
    for letter, on, left in (("a", arms[0], 0.65), ("b", arms[min(1, len(arms) - 1)], 4.15)):
        _title(ax := panel(figure, letter, left, 5.0, 1.7, 1.45), f"{on} arms")
        curves_by_trial(_curves(results["curves"][on], on), ax)
    rows = [f"networks, {name}" for name in arms] + algorithms
    regret = np.array(
        [
            [results[kind][row][column]["mean"] for column in arms]
            for kind, names in (("regret", arms), ("baselines", algorithms))
            for row in names
        ]
    )
    regret_table(regret, rows, arms, panel(figure, "c", 1.4, 2.75, 3.1, 1.55))
    if ON in arms:
        _title(ax := panel(figure, "d", 5.15, 2.95, 1.95, 1.35), "arms of .25 and .75")
        published_dots(*_figure_1(results, published, comparable), ax)
        last = arms[-1] if arms[-1] != ON else ON
        for letter, on, left in (("e", arms[0], 0.65), ("f", last, 4.15)):
            _title(ax := panel(figure, letter, left, 0.5, 1.7, 1.45), f"{on} arms")
            curves_by_trial(_curves(results["suboptimal"][on], on), ax, "Share of sub-optimal pulls")
    return save_figure(figure, folder / "figure")


def _curves(curves: dict[str, Any], on: str) -> dict[str, np.ndarray]:
    """By agent, (network, trial). The agent that knows of dependent arms is left out where there are none."""
    left_out = ("structure-optimal",) if on == "independent" else ()
    return {name: np.atleast_2d(rows) for name, rows in curves.items() if name not in left_out}


def _figure_1(
    results: dict[str, Any], networks: Mapping[str, float], comparable: bool
) -> tuple[dict[str, list[float]], dict[str, float]]:
    """Measured and published regret on the arms of Figure 1."""
    measured = {f"{name}-trained": results["regret"][name][ON]["per_seed"] for name in networks}
    published = {f"{name}-trained": value for name, value in networks.items()}
    for name, value in PUBLISHED_ALGORITHMS.items():
        measured[name], published[name] = [results["baselines"][name][ON]["mean"]], value
    return measured, published if comparable else {}


def _title(ax: Any, text: str) -> None:
    ax.set_title(text, fontsize=8)


def curves_by_trial(
    curves: Mapping[str, Float[np.ndarray, "network trial"]], ax: Axes, label: str = "Cumulative regret"
) -> None:
    """One curve an agent over the trials of an episode, named at its end; of several networks each, and their mean.

    Arguments:
        curves: by the agent's name, a key of `COLORS`.
        ax: where to draw. Leave about 2.5 cm to its right.
        label: what is drawn.
    """
    with style():
        ends = {}
        trials = np.arange(1, next(iter(curves.values())).shape[1] + 1)
        for name, rows in curves.items():
            ours = name == "networks"
            looks: dict[str, Any] = {"color": COLORS[name], "clip_on": False}
            if len(trials) <= 10:
                looks |= {"marker": "o", "markersize": 3}
            if len(rows) > 1:
                for row in rows:
                    ax.plot(trials, row, color=COLORS[name], alpha=0.35, linewidth=0.6)
            mean = rows.mean(axis=0)
            ax.plot(trials, mean, **looks, linewidth=2.0 if ours else 1.2, zorder=4 if ours else 3, gid=name)
            ends[name] = mean[-1]
        top = max(ends.values())
        ax.set_xlim(1 if len(trials) <= 10 else 0, len(trials))
        ax.set_ylim(0, 1.05 * max(top, max(rows.max() for rows in curves.values())))
        for (name, end), height in zip(ends.items(), _apart(list(ends.values()), ax), strict=True):
            text = ax.text(1.03, height, f"{name} {end:.2f}", color=COLORS[name], va="center", fontsize=7.5)
            text.set_transform(ax.get_yaxis_transform())
        ax.set_xlabel("Trial")
        ax.set_ylabel(label)
        ax.xaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))


def pulls_by_trial(shares: Mapping[str, Float[np.ndarray, "seed trial"]], ax: Axes) -> None:
    """Share of episodes in which each kind of arm is pulled, by trial: a thin line a seed, their mean thick.

    Arguments:
        shares: by the kind of arm, the keys of `PULLS`.
        ax: where to draw.
    """
    with style():
        trials = np.arange(1, shares["target"].shape[1] + 1)
        for kind, (name, color) in PULLS.items():
            rows = shares[kind]
            for row in rows:
                ax.plot(trials, row, color=color, alpha=0.35, linewidth=0.6, clip_on=False)
            ax.plot(trials, rows.mean(axis=0), color=color, marker="o", markersize=3, label=name, clip_on=False)
        ax.set_ylim(0, 1)
        ax.set_xticks(trials)
        ax.set_xlabel("Trial")
        ax.set_ylabel("Share of episodes")
        below = (0.5, -0.19)
        ax.legend(loc="upper center", bbox_to_anchor=below, ncols=2, handlelength=1.2, columnspacing=1.0)


def regret_table(
    regret: Float[np.ndarray, "row column"], rows: Sequence[str], columns: Sequence[str], ax: Axes
) -> None:
    """Regret of each agent (rows) on each distribution of arms (columns), as numbers on a shade.

    Arguments:
        regret: the numbers.
        rows: agents, networks by what they were trained on.
        columns: distributions tested.
        ax: where to draw.
    """
    with style():
        # Shades are by column: distributions differ in how hard they are, and agents are compared within one.
        shade = (regret - regret.min(axis=0)) / np.maximum(np.ptp(regret, axis=0), 1e-9)
        ax.imshow(shade, cmap="Greys", vmin=0, vmax=1.6, aspect="auto")
        for (row, column), value in np.ndenumerate(regret):
            best = value == regret[:, column].min()
            color = "white" if shade[row, column] > 0.9 else "black"
            weight = "bold" if best else "normal"
            ax.text(column, row, f"{value:.2f}", ha="center", va="center", fontsize=7, color=color, weight=weight)
        ax.set_xticks(range(len(columns)), columns, fontsize=7)
        ax.set_yticks(range(len(rows)), rows)
        ax.tick_params(length=0)
        ax.spines[:].set_visible(False)
        ax.set_xlabel("tested on")


def published_dots(measured: Mapping[str, Sequence[float]], published: Mapping[str, float], ax: Axes) -> None:
    """Regret of each agent beside the published one: a dot a network, their mean as a line.

    Arguments:
        measured: by agent.
        published: by agent, those of the same names that have one.
        ax: where to draw.
    """
    with style():
        for place, (name, values) in enumerate(measured.items()):
            beside = place + np.linspace(-0.15, 0.15, len(values)) if len(values) > 1 else [place]
            ax.plot(beside, values, "o", color=PALETTE["ours"], markersize=3, label="ours" if not place else None)
            ax.plot([place - 0.22, place + 0.22], [np.mean(values)] * 2, color=PALETTE["ours"], linewidth=1.6)
            label = "published" if not place else None
            if name in published:
                ax.plot(place + 0.33, published[name], "D", color=PALETTE["published"], markersize=4, label=label)
        ax.set_xticks(range(len(measured)), list(measured), rotation=30, ha="right", rotation_mode="anchor", fontsize=7)
        ax.set_xlim(-0.5, len(measured) - 0.3)
        ax.set_ylim(0, 1.35 * ax.get_ylim()[1])
        ax.set_ylabel("Regret after 100 trials")
        ax.legend(loc="upper left")


def framed(title: str, caption: str, width: float, height: float) -> Figure:
    """A figure with a heading above `height` inches for panels."""
    with style():
        above = Above(width, title, caption)
        figure = Figure(figsize=(width, height + 0.2 + above.height))
        FigureCanvasAgg(figure)
        above.write(figure)
    return figure


def panel(figure: Figure, letter: str, left: float, bottom: float, width: float, height: float) -> Axes:
    """Axes in `figure` at a place in inches from its lower left corner, with a letter above their corner."""
    across, up = figure.get_size_inches()
    with style():
        ax = figure.add_axes((left / across, bottom / up, width / across, height / up))
        figure.text((left - 0.4) / across, (bottom + height + 0.1) / up, letter, fontsize=11, weight="bold")
    return ax


def _apart(heights: Sequence[float], ax: Axes) -> list[float]:
    """`heights`, moved up as little as lets one line of text stand at each."""
    bottom, top = ax.get_ylim()
    gap = 9.5 * (top - bottom) / (ax.get_window_extent().height * 72 / ax.figure.dpi)
    moved = np.array(heights, float)
    order = np.argsort(moved)
    for below, above in pairwise(order):
        moved[above] = max(moved[above], moved[below] + gap)
    return [float(height) for height in moved]
