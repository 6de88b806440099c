"""The figure of the matching task: choice ratios on reward ratios, reward and choice history, what units code."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from prefrontal.analysis.published import MATCHING_SLOPES
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

COLOR = {"trained": "#0072B2", "held-out": "#E69F00"}
NAMES = {
    "choice": "last\nchoice",
    "reward": "last\nreward",
    "choice_x_reward": "choice \N{MULTIPLICATION SIGN}\nreward",
    "value": "value",
}


def draw(folder: Path, title: str) -> list[Path]:
    """Draw the figure of a test from its files, as `prefrontal.figures` says.

    Arguments:
        UserError: when a file is missing or cannot be read.
    """
    results = read_results(folder, ("seeds", "matching", "lag_regression", "unit_coding"))
    return save_figure(matching_figure(results, title), folder / "figure")


def matching_figure(results: Mapping[str, Any], title: str) -> Figure:
    """Matching in the trained and in the held-out range; weights of past rewards and choices; unit coding.

    Arguments:
        results: as in `results.json` of wang2018-matching.
        title: the figure's title.
    """
    with style():
        caption = (
            f"{seeds_of(results)}, {counted(results['test_episodes'], 'test episode')} of each range, weights frozen. "
            "a: a dot an episode of one seed, a line a seed. b, c: a line a seed. "
            "d: mean over seeds, 95 % interval, a dot a seed." + published_by(results, "Wang et al. (2018), Figure 2")
        )
        figure, used = page(7.2, 5.4, title, caption)
        rows = grid(figure, 2, 2, top=used + 0.4, left=0.7, right=0.2, wspace=0.3, hspace=0.5)
        panels = [figure.add_subplot(rows[place]) for place in ((0, 0), (0, 1), (1, 0), (1, 1))]
        matching_slopes(results["matching"], panels[0], beside_published=results.get("comparable", True))
        history_weights(results["lag_regression"]["reward"], "Weight of a past reward\n(log odds)", panels[1])
        history_weights(results["lag_regression"]["choice"], "Weight of a past choice\n(log odds)", panels[2])
        coding_strength(results["unit_coding"], panels[3])
        for ax, name in zip(panels, "abcd", strict=True):
            letter(ax, name, -0.2)
    return figure


def matching_slopes(matched: Mapping[str, Any], ax: Axes, *, beside_published: bool = True) -> None:
    """Log choice ratio against log reward ratio, and the line of each seed; the legend names the published slopes."""
    every = [np.abs(row).max() for part in matched.values() for row in part["reward_ratio"] if row]
    reach = max(every, default=1.0)
    ends = np.array([-reach, reach])
    for which in MATCHING_SLOPES:
        part = matched[which]
        ax.plot(part["reward_ratio"][0], part["choice_ratio"][0], "o", color=COLOR[which], markersize=1.8, alpha=0.35)
        ax.lines[-1].set(markeredgewidth=0, rasterized=True)
        for x, y in zip(part["reward_ratio"], part["choice_ratio"], strict=True):
            if len(x) >= 3 and np.ptp(x) > 0:
                ax.plot(ends, np.polyval(np.polyfit(x, y, 1), ends), color=COLOR[which], linewidth=0.7, alpha=0.8)
        mean = part["slope"]["mean"]
        published = f" (published {MATCHING_SLOPES[which]:.2f})" if beside_published else ""
        told = "none" if mean is None else f"{mean:.2f}"
        ax.plot([], [], color=COLOR[which], label=f"{which}: slope {told}{published}")
    ax.plot(ends, ends, color="dimgrey", linewidth=0.8, linestyle=":", label="perfect matching")
    ax.set_ylim(-1.05 * reach, 1.05 * reach)
    ax.set_xlabel("Reward ratio, log2(right / left)")
    ax.set_ylabel("Choice ratio,\nlog2(right / left)")
    ax.legend(loc="upper left", fontsize=6.5, borderaxespad=0.0, handlelength=1.2)


def history_weights(part: Mapping[str, Any], label: str, ax: Axes) -> None:
    """Weights by lag: a line a seed, their mean thick, beside the published ones."""
    seeds = np.array(part["per_seed"], float)
    lags = np.arange(1, seeds.shape[1] + 1)
    ax.axhline(0, color="lightgrey", linewidth=0.8, zorder=0)
    ax.plot(lags, seeds.T, color=PALETTE["ours"], linewidth=0.6, alpha=0.35)
    ax.plot(lags, seeds.mean(axis=0), color=PALETTE["ours"], linewidth=1.8, marker="o", markersize=3, label="mean")
    looks = {"linestyle": (0, (4, 2)), "marker": "s", "markersize": 2.5}
    if part["published"] is not None:
        ax.plot(lags, part["published"], color=PALETTE["published"], label="published", **looks)
    ax.set_xticks([1, 5, 10, 15])
    ax.set_xlabel("Trials back")
    ax.set_ylabel(label)
    ax.legend(loc="best")


def coding_strength(coding: Mapping[str, Any], ax: Axes) -> None:
    """How strongly units code the last trial and the value, at the fixation."""
    for place, name in enumerate(NAMES):
        seed_column(ax, place, coding[name], PALETTE["ours"])
        published_mark(ax, place, coding[name]["published"])
    names_below(ax, list(NAMES.values()))
    ax.set_ylim(bottom=0)
    ax.set_ylabel("Mean |partial rank correlation|\nover units, at the fixation")
    if any(part["published"] is not None for part in coding.values()):
        ax.plot([], [], color=PALETTE["published"], linewidth=2, label="published")
        ax.legend(loc="upper center")
