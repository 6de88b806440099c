"""The figure of the two-step task's prediction errors, and of belief in activity."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from prefrontal.analysis.least_squares import residuals
from prefrontal.errors import counted
from prefrontal.figures.parts import grid, letter, names_below, page, seed_column, seeds_of
from prefrontal.figures.rewards import count_episodes
from prefrontal.figures.style import PALETTE, save_figure, style
from prefrontal.runs.results import read_results, read_table

KINDS = {"second stage": "#117733", "outcome": "#882255"}
"""When an error arises, and its colour."""
DECODED = {
    "trained": ("trained", "#222222"),
    "untrained": ("un-\ntrained", "#888888"),
    "untrained_shown": ("shown\nthe trained\none's\nsessions", "#BBBBBB"),
}


def draw(folder: Path, title: str) -> list[Path]:
    """Draw the figure of a test from its files, as `prefrontal.figures` says.

    Arguments:
        UserError: when a file is missing or cannot be read.
    """
    results = read_results(folder, ("seeds", "sweep", "belief", "model_based"))
    errors = read_table(folder / "errors.csv", "errors")
    return save_figure(prediction_error_figure(results, errors, title), folder / "figure")


def prediction_error_figure(results: Mapping[str, Any], errors: pd.DataFrame, title: str) -> Figure:
    """Network errors against those of both models; the sweep of the learning rate; belief in activity.

    Arguments:
        results: as in `results.json` of wang2018-two-step-rpe.
        errors: as in its `errors.csv`: columns seed, kind, network, model_based, model_free.
        title: the figure's title.
    """
    seed = results["seeds"][0]
    one = errors[errors["seed"] == seed]
    with style():
        caption = (
            f"{seeds_of(results)}, {counted(results['test_episodes'], 'test episode')} each, weights frozen. "
            f"a, b, d, e: seed {seed}. Bars: mean over seeds, 95 % interval, a dot a seed."
        )
        figure, used = page(7.2, 7.4, title, caption)
        rows = grid(figure, 3, 6, top=used + 0.42, left=0.75, right=0.6, bottom=0.65, wspace=1.75, hspace=0.66)
        top = [figure.add_subplot(rows[0, 2 * k : 2 * k + 2]) for k in range(3)]
        middle = [figure.add_subplot(rows[1, 2 * k : 2 * k + 2]) for k in range(3)]
        along = results["belief"]["over_training"] is not None
        bottom = [figure.add_subplot(rows[2, 3 * k : 3 * k + 3]) for k in range(2)] if along else []
        bottom = bottom or [figure.add_subplot(rows[2, :])]
        network = one["network"].to_numpy()
        rest = residuals(one["model_free"].to_numpy(), one["model_based"].to_numpy())
        _scatter(top[0], one["model_based"].to_numpy(), network, one["kind"].to_numpy())
        top[0].set_xlabel("Model-based error")
        top[0].set_title(f"r² = {results['model_based']['per_seed'][0]:.2f}", fontsize=8, pad=16)
        top[0].legend(
            loc="lower center", bbox_to_anchor=(0.5, 0.97), ncols=2, handletextpad=0.0, borderpad=0.2, markerscale=4,
            columnspacing=0.6, fontsize=7,
        )  # fmt: skip
        _scatter(top[1], rest, network, one["kind"].to_numpy())
        top[1].set_xlabel("Rest of model-free error")
        top[1].set_title(f"r² = {results['model_free_residual']['per_seed'][0]:.1g}", fontsize=8, pad=16)
        for ax in top[:2]:
            ax.set_ylabel("Network's error")
        learning_rate_sweep(results, top[2])
        plane = results["belief"]["planes"][0]
        _beliefs(middle[0], plane, figure)
        _outcomes(middle[1], plane)
        decoding_bars(results["belief"]["decoded"], middle[2])
        unit_shares(results["belief"]["unit_shares"], bottom[0])
        if along:
            over_training(results, bottom[1])
        for ax, name in zip([*top, *middle], "abcdef", strict=True):
            letter(ax, name, -0.34)
        for ax, name in zip(bottom, "gh", strict=False):
            letter(ax, name, -0.2 if along else -0.09)
    return figure


def learning_rate_sweep(results: Mapping[str, Any], ax: Axes) -> None:
    """What model-free errors account for, alone and beyond the model-based, against SARSA(0)'s learning rate."""
    sweep = results["sweep"]
    for name, color, label in (
        ("model_free_alone", "#D55E00", "model-free alone"),
        ("model_free_residual", "#0072B2", "beyond model-based"),
    ):
        for number, curve in enumerate(sweep[name]):
            first = label if number == 0 else None
            ax.plot(sweep["learning_rate"], np.maximum(curve, 1e-7), color=color, linewidth=0.8, alpha=0.7, label=first)
    fitted = np.mean(results["learning_rate"]["per_seed"])
    ax.axvline(fitted, color="dimgrey", linewidth=0.8, linestyle=":")
    ax.text(fitted, 2e-7, " fitted", fontsize=7, color="dimgrey")
    ax.axhline(0.01, color="black", linewidth=0.6, linestyle=(0, (5, 2)))
    ax.set_yscale("log")
    ax.set_ylim(1e-7, 3)
    ax.set_xlim(0, 1)
    ax.set_xlabel("Learning rate of SARSA(0)")
    ax.set_ylabel("r² with network's error")
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, 1.26), handlelength=1.2)


def decoding_bars(decoded: Mapping[str, Any], ax: Axes) -> None:
    """Belief read from all units (wide bars) and from the first two components (narrow)."""
    for x, (name, (_, color)) in enumerate(DECODED.items()):
        seed_column(ax, x - 0.17, decoded[name], color, width=0.4)
        seed_column(ax, x + 0.24, decoded[f"{name}_two_components"], color, width=0.22)
    ax.axhline(0, color="black", linewidth=0.8)
    ax.set_ylim(-0.1, 1.05)
    ax.set_ylabel("Belief decoded, r²")
    names_below(ax, [label for label, _ in DECODED.values()], fontsize=6.5)
    ax.set_title("all units (wide),\nfirst two components (narrow)", fontsize=7)


def unit_shares(shares: Mapping[str, Any], ax: Axes) -> None:
    """The share of units that code each variable."""
    for x, part in enumerate(shares.values()):
        seed_column(ax, x, part, PALETTE["ours"])
    names_below(ax, [name.replace(" ", "\n", 1).replace("of another", "of another\n") for name in shares], fontsize=7)
    ax.set_ylim(0, 1.05)
    ax.set_ylabel("Share of units that code it\n(p < .05, Bonferroni)")


def over_training(results: Mapping[str, Any], ax: Axes) -> None:
    """Belief decoded along a training whose weights were kept on the way, and reward beside it."""
    curve = results["belief"]["over_training"]
    reward = ax.twinx()
    reward.spines["right"].set_visible(True)
    for one, other in zip(curve["decoded"], curve["reward"], strict=True):
        ax.plot(curve["episode"], one, color=PALETTE["ours"], linewidth=0.7, alpha=0.6)
        reward.plot(curve["episode"], other, color=PALETTE["oracle"], linewidth=0.7, alpha=0.8)
    ax.set_ylim(-0.1, 1.05)
    floor, ceiling = curve.get("chance"), np.max(curve["reward"])
    if floor is not None and ceiling > 0.8 * floor:
        reward.set_ylim(bottom=0.8 * floor)  # at first, invalid responses cost far more
    ax.set_xlim(0, max(curve["episode"]))
    count_episodes(ax)
    ax.set_ylabel("Belief decoded, r² (black)")
    reward.set_ylabel("Reward per episode (blue)", color=PALETTE["oracle"])


def _scatter(ax: Axes, x: np.ndarray, y: np.ndarray, kind: np.ndarray) -> None:
    """One dot an error. Rasterised: a vector file of thousands of dots opens slowly."""
    for name, color in KINDS.items():
        here = kind == name
        looks = {"markersize": 1.2, "markeredgewidth": 0, "alpha": 0.35, "color": color, "rasterized": True}
        ax.plot(x[here], y[here], "o", label=name, **looks)
    ax.axhline(0, color="lightgrey", linewidth=0.6, zorder=0)
    ax.axvline(0, color="lightgrey", linewidth=0.6, zorder=0)


def _beliefs(ax: Axes, plane: Mapping[str, Any], figure: Figure) -> None:
    points, looks = np.array(plane["projected"]), {"cmap": "coolwarm", "linewidths": 0, "rasterized": True}
    drawn = ax.scatter(*points.T, c=plane["belief"], s=4, vmin=0, vmax=1, **looks)
    bar = figure.colorbar(drawn, ax=ax, fraction=0.06, pad=0.03, ticks=[0, 0.5, 1])
    bar.outline.set_visible(False)
    ax.set_title("belief: state 0 better", fontsize=8)
    _name_components(ax, plane)


def _outcomes(ax: Axes, plane: Mapping[str, Any]) -> None:
    points, reward = np.array(plane["projected"]), np.array(plane["last_reward"])
    for value, name in ((1, "rewarded"), (0, "unrewarded")):
        looks = {"markersize": 2, "markeredgewidth": 0, "alpha": 0.6, "color": PALETTE[name], "rasterized": True}
        ax.plot(*points[reward == value].T, "o", label=name, **looks)
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 0.97), ncols=2, handletextpad=0.1, columnspacing=0.6)
    _name_components(ax, plane)
    ax.set_ylabel("")  # that of the panel to its left, whose points these are
    ax.tick_params(labelleft=False)


def _name_components(ax: Axes, plane: Mapping[str, Any]) -> None:
    first, second = plane["variance_share"]
    ax.set_xlabel(f"Component 1 ({100 * first:.0f} %)")
    ax.set_ylabel(f"Component 2 ({100 * second:.0f} %)")
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(MaxNLocator(4, integer=True))
