"""Groups side by side: networks, people, animals and models."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from prefrontal.analysis.published import NETWORKS, RATS
from prefrontal.analysis.summary import NUM_LAGS, Behaviour, behaviour, printed
from prefrontal.configs.two_step import TRIAL_KINDS
from prefrontal.errors import UserError, counted
from prefrontal.figures.parts import Above, wrapped
from prefrontal.figures.style import PALETTE, save_figure, style
from prefrontal.runs.results import read_results
from prefrontal.trials.table import read_table

MOST_GROUPS = 6
"""Groups that fit on a page."""
MOST_DOTS = 40
"""Subjects of a group that are drawn one by one; of more, the interval only."""
INDEX_NAMES = {"model_based": "model-\nbased", "model_free": "model-\nfree", "perseveration": "perse-\nvera-\ntion"}
WIDTHS = {1: 3.9, 2: 5.2, 3: 7.2, 4: 7.2, 5: 8.2, 6: 8.2}
"""Inches of a figure, by the number of groups."""


def draw(folder: Path, title: str) -> list[Path]:
    """Draw the figure of a test from its files, as `prefrontal.figures` says.

    Arguments:
        UserError: when a file is missing or cannot be read.
    """
    results = read_results(folder, ("weights", "indices"))
    group = behaviour("networks, ours", read_table(folder / "trials.csv"), num_lags=NUM_LAGS)
    beside = [printed(NETWORKS), printed(RATS)] if results.get("comparable", True) else []
    figure = behaviour_figure([group, *beside], title, unit="seed")
    return save_figure(figure, folder / "figure")


def behaviour_figure(groups: Sequence[Behaviour], title: str = "", *, unit: str = "subject") -> Figure:
    """One column a group: stay probabilities, weights of the multi-back regression by lag, and its indices. The scale
    of a row is that of all groups.

    Arguments:
        groups: up to `MOST_GROUPS`.
        title: the figure's title. Without one: who stands side by side.
        unit: what one of a group is called: "subject", or "seed" of networks.

    Raises:
        UserError: when there is no group, or there are too many.
    """
    if not 1 <= len(groups) <= MOST_GROUPS:
        raise UserError(f"`groups` must be 1 to {MOST_GROUPS} to fit on a page, got {len(groups)}. Draw fewer at once.")
    sources = [f"{group.name}: {group.source}." for group in groups if group.source]
    title = title or f"Choices by earlier trials: {', '.join(group.name for group in groups)}"
    with style():
        handles = _handles(groups, unit)
        width = WIDTHS[len(groups)]
        ncols = min(len(handles), max(2, int(width / 1.75)))
        below = 0.18 * -(-len(handles) // ncols) + 0.15
        above = Above(width, title, " ".join(sources))
        height = 6.1 + above.height + below
        figure = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasAgg(figure)
        figure.get_layout_engine().set(rect=(0, below / height, 1, 1 - (above.height + below) / height))  # pyright: ignore
        axes = figure.subplots(3, len(groups), squeeze=False, sharey="row", height_ratios=(1, 1.15, 0.9))
        room = (width - 0.8) / len(groups)
        for column, group in zip(axes.T, groups, strict=True):
            stay_of_group(group, column[0])
            weights_by_lag(group, column[1])
            indices_of_group(group, column[2])
            if len(groups) > 4:
                column[2].tick_params(axis="x", labelsize=7)
            count = "published" if group.source else counted(group.num, unit)
            name = "\n".join(wrapped(group.name, room, 9.0))
            column[0].set_title(f"{name}\n({count})", pad=8, parse_math=False)
        for row, label in zip(
            axes, ("Stay probability", "Weight (log odds)", "Index (log odds,\nsum over lags)"), strict=True
        ):
            row[0].set_ylabel(label)
        above.write(figure)
        figure.legend(
            handles.values(), handles.keys(), loc="lower center", ncols=ncols, fontsize=7, columnspacing=1.2,
            borderaxespad=0.3,
        )  # fmt: skip
    return figure


def stay_of_group(group: Behaviour, ax: Axes) -> None:
    """Stay probability after each kind of trial: bars with the 95 % interval, and a dot a subject when few."""
    for place, kind in zip((-0.25, 0.25, 0.75, 1.25), TRIAL_KINDS, strict=True):
        row = group.stay.loc[kind]
        color = PALETTE[kind.split("_")[0]]
        ax.bar(place, row["mean"], 0.42, color=color, alpha=0.55, gid=f"stay-{kind}")
        _interval(ax, place, row)
        if group.stay_of_each is not None and group.num <= MOST_DOTS:
            values = group.stay_of_each[kind].to_numpy(np.float64)
            beside = np.linspace(-0.15, 0.15, len(values)) if len(values) > 1 else np.zeros(1)
            ax.plot(
                place + beside, values, "o", color=color, markersize=2.4, markeredgecolor="white", mew=0.3, zorder=3
            )
    ax.set_ylim(0, 1.03)
    ax.set_xlim(-0.6, 1.6)
    ax.set_yticks(np.linspace(0, 1, 6))
    ax.set_xticks([0, 1], ["after\nreward", "after\nno reward"])
    ax.tick_params(axis="x", length=0)


def weights_by_lag(group: Behaviour, ax: Axes) -> None:
    """Weights of the multi-back regression against lag, with their 95 % intervals over subjects: a line a kind of
    trial, as in Wang et al. (2018), Figure 5d and e."""
    for number, kind in enumerate(TRIAL_KINDS):
        rows = group.weights.loc[kind]
        transition, outcome = kind.split("_")
        lag = rows.index.to_numpy(np.float64) + 0.05 * (number - 1.5)
        color = PALETTE[transition]
        if rows[["low", "high"]].notna().all(axis=None):
            ax.vlines(lag, rows["low"], rows["high"], color=color, linewidth=1)
        ax.plot(lag, rows["mean"], color=color, gid=f"weights-{kind}", **_line(outcome, color))
    ax.axhline(0, color="black", linewidth=0.6, zorder=0)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.yaxis.set_major_locator(MaxNLocator(6))
    ax.set_xlabel("Trials ago")


def indices_of_group(group: Behaviour, ax: Axes) -> None:
    """Model-based, model-free and perseveration index, with their 95 % intervals, and a dot a subject when few."""
    for place, name in enumerate(INDEX_NAMES):
        row = group.indices.loc[name]
        if group.indices_of_each is not None and group.num <= MOST_DOTS:
            values = group.indices_of_each[name].to_numpy(np.float64)
            beside = np.linspace(-0.2, 0.2, len(values)) if len(values) > 1 else np.zeros(1)
            ax.plot(place + beside, values, "o", color=PALETTE["chance"], markersize=2.6, alpha=0.7, mew=0)
        _interval(ax, float(place), row)
        ax.plot([place], [row["mean"]], "D", color=PALETTE["ours"], markersize=4.5, gid=f"index-{name}", zorder=5)
    ax.axhline(0, color="black", linewidth=0.6, zorder=0)
    ax.yaxis.set_major_locator(MaxNLocator(5))
    ax.set_xlim(-0.5, 2.5)
    ax.set_xticks(range(3), list(INDEX_NAMES.values()))
    ax.tick_params(axis="x", length=0)


def _interval(ax: Axes, place: float, row) -> None:
    if np.isfinite(row["low"]) and np.isfinite(row["high"]):
        ax.vlines(place, row["low"], row["high"], color=PALETTE["ours"], linewidth=1.4, zorder=4)


def _line(outcome: str, color: str) -> dict:
    rewarded = outcome == "rewarded"
    return {
        "linestyle": "-" if rewarded else (0, (3, 1.5)),
        "marker": "o",
        "markersize": 3.6,
        "markerfacecolor": color if rewarded else "white",
    }


def _handles(groups: Sequence[Behaviour], unit: str) -> dict[str, Artist]:
    handles: dict[str, Artist] = {
        f"{transition} transition": Patch(color=PALETTE[transition], alpha=0.7) for transition in ("common", "uncommon")
    }
    for outcome in ("rewarded", "unrewarded"):
        handles[outcome] = Line2D([], [], color=PALETTE["ours"], **_line(outcome, PALETTE["ours"]))
    if any(np.isfinite(group.stay["low"]).any() for group in groups):
        handles["95 % interval of the mean"] = Line2D([], [], color=PALETTE["ours"], linewidth=1.4)
    if any(group.stay_of_each is not None and group.num <= MOST_DOTS for group in groups):
        handles[f"one {unit}"] = Line2D([], [], linestyle="", marker="o", color=PALETTE["chance"], markersize=3)
    return handles
