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

from prefrontal.errors import counted
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
        f"The best {counted(len(results['chosen'][arms[0]]), 'network')} of each training, by the first half of "
        f"{counted(results['test_episodes'], 'test episode')} with frozen weights; shown: the second. c: the "
        "darker, the more regret in its column; bold: the least."
        + (" Published: Wang et al. (2018), Figure 1." if comparable else "")
    )
    figure = framed(title, caption, 7.2, 6.65)
    shown = [arms[0], arms[min(1, len(arms) - 1)]]
    panels = [panel(figure, letter, left, 5.0, 1.7, 1.45) for letter, left in (("a", 0.65), ("b", 4.15))]
    for ax, on in zip(panels, shown, strict=True):
        _title(ax, f"{on} arms")
        curves_by_trial(_curves(results["curves"][on], on), ax, top=_highest(results["curves"], shown))
    rows = [f"networks trained on {name}" for name in arms] + algorithms
    regret = np.array(
        [
            [results[kind][row][column]["mean"] for column in arms]
            for kind, names in (("regret", arms), ("baselines", algorithms))
            for row in names
        ]
    )
    regret_table(regret, rows, arms, panel(figure, "c", 1.95, 2.8, 2.9, 1.45))
    if ON in arms:
        _title(ax := panel(figure, "d", 5.8, 2.8, 1.25, 1.45), "arms of .25 and .75")
        published_dots(*_figure_1(results, published, comparable), ax)
        last = arms[-1] if arms[-1] != ON else ON
        panels = [panel(figure, letter, left, 0.5, 1.7, 1.45) for letter, left in (("e", 0.65), ("f", 4.15))]
        for ax, on in zip(panels, (arms[0], last), strict=True):
            _title(ax, f"{on} arms")
            curves = _curves(results["suboptimal"][on], on)
            top = _highest(results["suboptimal"], (arms[0], last))
            curves_by_trial(curves, ax, "Share of sub-optimal pulls", top=top)
    return save_figure(figure, folder / "figure")


def _curves(curves: dict[str, Any], on: str) -> dict[str, np.ndarray]:
    """By agent, (network, trial). The agent that knows of dependent arms is left out where there are none."""
    left_out = ("structure-optimal",) if on == "independent" else ()
    return {name: np.atleast_2d(rows) for name, rows in curves.items() if name not in left_out}


def _highest(curves: Mapping[str, Any], shown: Sequence[str]) -> float:
    """The top of the axes that the distributions `shown` share."""
    return 1.05 * max(rows.max() for on in shown for rows in _curves(curves[on], on).values())


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
    curves: Mapping[str, Float[np.ndarray, "network trial"]],
    ax: Axes,
    label: str = "Cumulative regret",
    *,
    top: float | None = None,
) -> None:
    """One curve an agent over the trials of an episode, named at its end; of several networks each, and their mean.

    Arguments:
        curves: by the agent's name, a key of `COLORS`.
        ax: where to draw. Leave about 2.5 cm to its right.
        label: what is drawn.
        top: of the y-axis, where axes are shared. None: as these curves need.
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
        ax.set_xlim(1 if len(trials) <= 10 else 0, len(trials))
        ax.set_ylim(0, 1.05 * max(rows.max() for rows in curves.values()) if top is None else top)
        for (name, end), height in zip(ends.items(), apart(list(ends.values()), ax), strict=True):
            end_label(ax, height, f"{name} {end:.2f}", COLORS[name])
        ax.set_xlabel("Trial")
        ax.set_ylabel(label)
        ax.xaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))


def end_label(ax: Axes, height: float, text: str, color: str) -> None:
    """A text to the right of the axes, at `height` in data units, clear of a point at the edge."""
    axes = ax.get_yaxis_transform()
    ax.annotate(
        text, (1, height), (6, 0), xycoords=axes, textcoords="offset points", color=color, va="center", fontsize=7.5,
        annotation_clip=False,
    )  # fmt: skip


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
        below = (-0.1, -0.42 * ax.figure.dpi / ax.get_window_extent().height)
        ax.legend(loc="upper left", bbox_to_anchor=below, handlelength=1.2, labelspacing=0.2, borderaxespad=0.0)


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
        ax.imshow(shade, cmap="Greys", vmin=0, vmax=2.4, aspect="auto")  # never so dark that a number is not read
        for (row, column), value in np.ndenumerate(regret):
            best = value == regret[:, column].min()
            weight = "bold" if best else "normal"
            ax.text(column, row, f"{value:.2f}", ha="center", va="center", fontsize=7, weight=weight)
        ax.set_xticks(range(len(columns)), columns, fontsize=6.5)
        ax.set_yticks(range(len(rows)), rows)
        ax.tick_params(length=0)
        ax.spines[:].set_visible(False)
        ax.set_xlabel("Tested on")


def published_dots(measured: Mapping[str, Sequence[float]], published: Mapping[str, float], ax: Axes) -> None:
    """Regret of each agent, a row each, beside the published one: a dot a network, their mean as a line.

    Arguments:
        measured: by agent.
        published: by agent, those of the same names that have one.
        ax: where to draw.
    """
    with style():
        for place, (name, values) in enumerate(measured.items()):
            beside = place + np.linspace(-0.15, 0.15, len(values)) if len(values) > 1 else [place]
            ax.plot([np.mean(values)] * 2, [place - 0.25, place + 0.25], color=PALETTE["ours"], linewidth=1.6)
            ax.plot(values, beside, "o", color=PALETTE["ours"], markersize=3, label="ours" if not place else None)
            label = "published" if not place else None
            if name in published:
                ax.plot(published[name], place, "D", color=PALETTE["published"], markersize=4, label=label, zorder=1)
        ax.set_yticks(range(len(measured)), [name.replace("-trained", "-\ntrained") for name in measured], fontsize=7)
        ax.tick_params(axis="y", length=0)
        ax.set_ylim(len(measured) - 0.5, -0.5)
        ax.set_xlim(left=0)
        ax.set_xlabel("Regret after 100 trials")
        ax.xaxis.set_major_locator(MaxNLocator(4, integer=True))
        ax.legend(loc="lower left", borderaxespad=0.1, handletextpad=0.2, labelspacing=0.2)


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


def apart(heights: Sequence[float], ax: Axes) -> list[float]:
    """`heights`, moved up as little as lets one line of text stand at each."""
    bottom, top = ax.get_ylim()
    gap = 9.5 * (top - bottom) / (ax.get_window_extent().height * 72 / ax.figure.dpi)
    moved = np.array(heights, float)
    order = np.argsort(moved)
    for below, above in pairwise(order):
        moved[above] = max(moved[above], moved[below] + gap)
    return [float(height) for height in moved]
