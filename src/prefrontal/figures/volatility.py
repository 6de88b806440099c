"""The figure of the volatility task: learning rates along the tests, and the volatility held in activity."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

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

HALVES = {"stable-first": ("stable_1", "volatile_1"), "volatile-first": ("volatile_2", "stable_2")}
COLOR = {"stable-first": "#0072B2", "volatile-first": "#E69F00"}
DARK = {"stable-first": "#0072B2", "volatile-first": "#A06A00"}
"""The same, for words."""
COLUMNS = {"stable_1": "stable", "volatile_1": "volatile", "volatile_2": "volatile", "stable_2": "stable"}
"""The halves of both tests, in their order."""


def draw(folder: Path, title: str) -> list[Path]:
    """Draw the figure of a test from its files, as `prefrontal.figures` says.

    Arguments:
        UserError: when a file is missing or cannot be read.
    """
    results = read_results(folder, ("seeds", "learning_rate", "by_window", "decoded_volatility", "coding_share"))
    return save_figure(volatility_figure(results, title), folder / "figure")


def volatility_figure(results: Mapping[str, Any], title: str) -> Figure:
    """Learning rates along both tests and by half; the volatility decoded; the share of units that code it.

    Arguments:
        results: as in `results.json` of wang2018-volatility.
        title: the figure's title.
    """
    with style():
        caption = (
            f"{seeds_of(results)}, {counted(results['test_episodes'], 'test episode')}, weights frozen. a, b: fitted "
            "to windows of 10 trials; a line a seed. c, e: mean over seeds, 95 % interval, a dot a seed. d: mean."
            + published_by(results, "Wang et al. (2018), Figure 3")
        )
        figure, used = page(7.2, 5.4, title, caption)
        rows = grid(figure, 2, 6, top=used + 0.4, left=0.65, right=0.15, wspace=2.4, hspace=0.55)
        first, second = figure.add_subplot(rows[0, :3]), figure.add_subplot(rows[0, 3:])
        third, fourth, fifth = (figure.add_subplot(rows[1, 2 * n : 2 * n + 2]) for n in range(3))
        for ax, order in ((first, "stable-first"), (second, "volatile-first")):
            learning_rates(results, order, ax)
        top = max(first.get_ylim()[1], second.get_ylim()[1])
        for ax in (first, second):
            ax.set_ylim(0, top)
        half_means(results["learning_rate"], third)
        decoded_volatility(results["decoded_volatility"], fourth)
        coding_shares(results["coding_share"], fifth)
        for ax, name, x in zip(
            (first, second, third, fourth, fifth), "abcde", (-0.17, -0.17, -0.36, -0.36, -0.36), strict=True
        ):
            letter(ax, name, x)
    return figure


def learning_rates(results: Mapping[str, Any], order: str, ax: Axes) -> None:
    """The learning rate in each window of one test, and what was published for its halves."""
    part, num_trials = results["by_window"][order], results["config"]["task"]["num_trials"]
    seeds = np.array(part["per_seed"], float)
    middle = np.arange(seeds.shape[1]) + (num_trials - seeds.shape[1]) / 2
    ax.plot(middle, seeds.T, color=PALETTE["ours"], linewidth=0.5, alpha=0.3)
    ax.plot(middle, seeds.mean(axis=0), color=PALETTE["ours"], linewidth=1.8, label="mean of seeds")
    ax.plot(middle, part["ideal"], color=PALETTE["bayes_optimal"], linewidth=1.0, label="ideal observer")
    half = num_trials / 2
    for number, name in enumerate(HALVES[order]):
        value = results["learning_rate"][name]["published"]
        if value is None:
            continue
        ends = [number * half, (number + 1) * half]
        label = "published, mean" if number == 0 else None
        ax.plot(ends, [value, value], color=PALETTE["published"], linewidth=1.4, linestyle=(0, (4, 2)), label=label)
    ax.axvline(half, color="dimgrey", linewidth=0.8, linestyle=":")
    ax.set_xlim(0, num_trials)
    ax.set_title(f"{order.replace('-', ' ')}", fontsize=8, pad=3)
    ax.set_xlabel("Trial (middle of the window)")
    ax.set_ylabel("Learning rate")
    ax.legend(loc="upper left" if order == "stable-first" else "upper right", fontsize=6.5, borderaxespad=0.1)


def half_means(rates: Mapping[str, Any], ax: Axes) -> None:
    """Mean learning rate of each half."""
    for place, name in enumerate(COLUMNS):
        order = "stable-first" if name.endswith("1") else "volatile-first"
        seed_column(ax, place, rates[name], COLOR[order])
        published_mark(ax, place, rates[name]["published"])
    names_below(ax, list(COLUMNS.values()), fontsize=6.5)
    for middle, order in ((0.5, "stable-first"), (2.5, "volatile-first")):
        ax.text(
            middle, -0.15, order.replace("-", " "), transform=ax.get_xaxis_transform(), ha="center", va="top",
            color=DARK[order], fontsize=7.5,
        )  # fmt: skip
    ax.set_ylim(bottom=0)
    ax.set_ylabel("Learning rate")
    if any(part["published"] is not None for part in rates.values()):
        ax.plot([], [], color=PALETTE["published"], linewidth=2, label="published")
        ax.legend(loc="lower center", bbox_to_anchor=(0.5, 0.98))


def decoded_volatility(decoded: Mapping[str, Any], ax: Axes) -> None:
    """The volatility that an ideal observer infers, and what is read of it out of activity, trial by trial."""
    for order, part in decoded["by_trial"].items():
        ax.plot(part["inferred"], color=COLOR[order], linewidth=1.0, linestyle=(0, (3, 1.5)))
        ax.plot(part["decoded"], color=COLOR[order], linewidth=1.4)
    r2 = decoded["r2"]["mean"]
    told = "decoded" if r2 is None else f"decoded, r² {r2:.2f}"
    for label, looks in ((told, "-"), ("ideal observer", (0, (3, 1.5)))):
        ax.plot([], [], color="black", linestyle=looks, label=label)
    for order, color in COLOR.items():
        ax.plot([], [], color=color, linewidth=1.4, label=order.replace("-", " "))
    ax.set_xlabel("Trial")
    ax.set_ylabel("Probability of\na volatile world")
    ax.legend(
        loc="lower center",
        bbox_to_anchor=(0.4, 0.98),
        ncols=2,
        fontsize=6.5,
        columnspacing=0.8,
        handlelength=1.4,
        labelspacing=0.2,
    )


def coding_shares(shares: Mapping[str, Any], ax: Axes) -> None:
    """The share of units that code volatility, and of those that the same test finds to code what nothing tells: the
    volatility of another time of the episode."""
    for place, name in enumerate(("volatility", "shifted")):
        part = shares[name]
        seed_column(ax, place, part, PALETTE["ours"] if name == "volatility" else PALETTE["chance"])
        published_mark(ax, place, part["published"])
    names_below(ax, ["volatility\nof now", "of another\ntime (chance)"])
    ax.set_ylim(bottom=0)
    ax.set_ylabel("Share of units that code it")
