"""The figure of Harlow's task."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from prefrontal.analysis.published import HARLOW_MONKEYS, HARLOW_NETWORKS
from prefrontal.errors import counted
from prefrontal.figures.parts import grid, letter, page, seeds_of
from prefrontal.figures.style import PALETTE, save_figure, style
from prefrontal.runs.results import LEARNING, read_results, read_table

KINDS = {"trained": ("trained objects", "uncommon"), "held-out": ("new objects", "common")}
"""How the two tests are called and coloured."""


EN_DASH = "\N{EN DASH}"


def trial_columns(course: pd.DataFrame) -> list[str]:
    """The columns of correct choices by trial, in their order."""
    return [name for name in course if str(name).startswith("trial_")]


def draw(folder: Path, title: str) -> list[Path]:
    """Draw the figure of a test from its files, as `prefrontal.figures` says.

    Arguments:
        UserError: when a file is missing or cannot be read.
    """
    results = read_results(folder, ("accuracy", "explained", "seeds"))
    learning = read_table(folder / LEARNING) if (folder / LEARNING).exists() else None
    return save_figure(harlow_figure(results, learning, title), folder / "figure")


def harlow_figure(results: Mapping[str, Any], learning: pd.DataFrame | None, title: str) -> Figure:
    """Correct choices by trial, of monkeys, of the paper's networks and of ours; how ours came to it, and what they do.

    Arguments:
        results: as in `results.json` of an experiment on Harlow's task.
        learning: as in its `learning.csv`; None where nothing is known of the training.
        title: the figure's title.
    """
    comparable = results.get("comparable", True)
    known = "decoded from activity at the fixation" if results.get("good_object_known") else "trained and new objects"
    caption = (
        f"{seeds_of(results)}, {counted(results['test_episodes'], 'test episode')} with frozen weights (thin: a seed; "
        f"95 % intervals), c of new objects. e: each strategy alone, McFadden's share. f: {known}."
    )
    if comparable:
        caption += " Published: Harlow (1949); Wang et al. (2018), Figure 6."
    with style():
        figure, used = page(7.2, 5.1, title, caption)
        above = grid(figure, 1, 3, top=used + 0.35, left=0.6, bottom=2.7, wspace=0.42)
        below = grid(figure, 1, 3, top=used + 2.85, left=0.6, bottom=0.5, wspace=0.9, width_ratios=(1, 0.7, 1))
        axes = [figure.add_subplot(row[column]) for row in (above, below) for column in range(3)]
        if comparable:
            ramp_by_trial(HARLOW_MONKEYS, axes[0], "monkeys, by problem")
            ramp_by_trial(HARLOW_NETWORKS, axes[1], "networks of the paper")
        else:
            for ax, of in zip(axes, ("monkeys", "networks of the paper"), strict=False):
                left_out(ax, of)
        accuracy_by_trial(results, axes[2])
        if learning is not None:
            learning_curves(learning, axes[3])
        strategies_explained(results["explained"], axes[4])
        known_by_trial(results, axes[5])
        for ax, name, x in zip(axes, "abcdef", (-0.24, -0.24, -0.24, -0.27, -1.05, -0.29), strict=True):
            letter(ax, name, x)
    return figure


def left_out(ax: Axes, of: str) -> None:
    """An empty panel where there is nothing to compare with."""
    ax.set_axis_off()
    ax.text(0.5, 0.5, f"{of}:\nof another task", ha="center", va="center", color="dimgrey")


def ramp(num: int) -> list[Any]:
    """Colours from the first of `num` moments of learning to the last."""
    return list(matplotlib.colormaps["viridis_r"](np.linspace(0.12, 0.95, num)))


def ramp_by_trial(curves: Mapping[str, Any], ax: Axes, title: str) -> None:
    """Correct choices by trial, a line each, the later the darker; per cent."""
    for (name, drawn), color in zip(curves.items(), ramp(len(curves)), strict=True):
        values = np.asarray(drawn, float)
        ax.plot(
            range(1, len(values) + 1), values, color=color, marker="o", markersize=2.2, label=name.replace("-", EN_DASH)
        )
    trials(ax, max(len(np.asarray(drawn)) for drawn in curves.values()))
    ax.set_title(title, fontsize=8)
    close = {"handlelength": 0.7, "handletextpad": 0.3, "columnspacing": 0.6, "labelspacing": 0.25}
    below = (0.46, -0.38 * ax.figure.dpi / ax.get_window_extent().height)
    ax.legend(fontsize=6.2, loc="upper center", bbox_to_anchor=below, ncols=4, borderaxespad=0.0, **close)


def accuracy_by_trial(results: Mapping[str, Any], ax: Axes) -> None:
    """Correct choices by trial of our networks: along their training, where that is known, and at its end."""
    held_out = results["accuracy"]["held-out"]
    num_trials = len(held_out["mean"])
    found = results.get("quantiles")
    if found:
        rows = np.array(found["by_trial"]["mean"], float)
        names = [*map(ordinal, range(1, len(rows))), "final"]
        ramp_by_trial({name: 100 * row for name, row in zip(names, rows, strict=True)}, ax, "our networks")
    else:
        band(held_out, ax, PALETTE["common"], "our networks, final")
        ax.legend(loc="lower right")
        ax.set_title("our networks", fontsize=8)
    trials(ax, num_trials)


def learning_curves(learning: pd.DataFrame, ax: Axes) -> None:
    """Reward in training, a line a seed."""
    for _, part in learning.groupby("seed"):
        ax.plot(part["episode"] / 1000, part["reward"], color=PALETTE["ours"], linewidth=0.6, alpha=0.6)
    ax.set_xlabel("Training episodes, thousands")
    ax.set_ylabel("Reward per episode")
    ax.set_xlim(left=0)


def strategies_explained(explained: Mapping[str, Any], ax: Axes) -> None:
    """What each strategy alone explains of the choices."""
    names = sorted((name for name in explained if name != "chance"), key=lambda name: explained[name]["mean"] or 0.0)
    for place, name in enumerate(names):
        part = explained[name]
        ax.barh(place, part["mean"] or 0.0, 0.6, color=PALETTE["common"], alpha=0.45, linewidth=0)
        seeds = np.array(part["per_seed"], float)
        ax.plot(seeds, np.full(len(seeds), place), "o", color=PALETTE["common"], markersize=2.2)
    ax.set_yticks(range(len(names)), names, fontsize=6.5)
    ax.set_xlim(0, 1)
    ax.set_xlabel("Choices explained")


def known_by_trial(results: Mapping[str, Any], ax: Axes) -> None:
    """How well activity tells which object is good before each trial; else correct choices of trained and new ones."""
    known = results.get("good_object_known")
    if known:
        band(known, ax, PALETTE["bayes_optimal"], None)
        ax.set_ylabel("Good object told, %")
        trials(ax, len(known["mean"]), label=None)
        return
    for which, (label, color) in KINDS.items():
        band(results["accuracy"][which], ax, PALETTE[color], label)
    trials(ax, len(results["accuracy"]["held-out"]["mean"]))
    ax.legend(loc="lower right")


def band(part: Mapping[str, Any], ax: Axes, color: str, label: str | None) -> None:
    """Per cent by trial: the mean over seeds, its interval, and a thin line a seed."""
    mean = 100 * np.array(part["mean"], float)
    bounds: Float[np.ndarray, "trial 2"] = 100 * np.array(part["interval95"], float)
    place = np.arange(1, len(mean) + 1)
    ax.plot(place, 100 * np.array(part["per_seed"], float).T, color=color, linewidth=0.5, alpha=0.4)
    ax.fill_between(place, *bounds.T, color=color, alpha=0.2, linewidth=0)
    ax.plot(place, mean, color=color, linewidth=1.6, marker="o", markersize=2.5, label=label)


def trials(ax: Axes, num: int, label: str | None = "Correct, %") -> None:
    """The axes of what goes by trials, in per cent."""
    ax.axhline(50, color=PALETTE["chance"], linewidth=0.6, linestyle=(0, (4, 2)), zorder=0)
    ax.set_ylim(min(15, ax.get_ylim()[0]), 102)
    ax.set_xticks(range(1, num + 1))
    ax.set_xlabel("Trial")
    if label:
        ax.set_ylabel(label)


def ordinal(number: int) -> str:
    return {1: "1st", 2: "2nd", 3: "3rd"}.get(number, f"{number}th")
