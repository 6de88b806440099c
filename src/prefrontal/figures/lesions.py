"""The figure of a lesion sweep."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from prefrontal.errors import counted
from prefrontal.figures.parts import grid, letter, page, seeds_of
from prefrontal.figures.style import PALETTE, save_figure, style
from prefrontal.runs.results import read_results, read_table

STAY = {
    "common_rewarded": (PALETTE["common"], "-"),
    "uncommon_rewarded": (PALETTE["uncommon"], "-"),
    "common_unrewarded": (PALETTE["common"], (0, (3, 1.5))),
    "uncommon_unrewarded": (PALETTE["uncommon"], (0, (3, 1.5))),
}


def draw(folder: Path, title: str) -> list[Path]:
    """Draw the figure of a test from its files, as `prefrontal.figures` says.

    Arguments:
        UserError: when a file is missing or cannot be read.
    """
    results = read_results(folder, ("seeds", "shares", "by_share"))
    table = read_table(folder / "lesions.csv", "lesions")
    return save_figure(lesion_figure(results, table, title), folder / "figure")


def lesion_figure(results: Mapping[str, Any], table: pd.DataFrame, title: str) -> Figure:
    """Reward and stay probabilities against the share of units silenced, and the loss by single unit.

    Arguments:
        results: as in `results.json` of two-step-lesions.
        table: as in its `lesions.csv`.
        title: the figure's title.
    """
    with style():
        caption = (
            f"{seeds_of(results)}, {counted(results['test_episodes'], 'test episode')} a lesion. a, b: means over "
            "seeds of eight random lesions of each share, with 95 % intervals (thin: a seed). c: every unit of every "
            "seed, silenced alone."
        )
        figure, used = page(7.2, 3.6, title, caption)
        places = grid(figure, 1, 3, top=used + 0.3, bottom=0.8, left=0.65, wspace=0.42)
        panels = [figure.add_subplot(places[k]) for k in range(3)]
        reward_by_share(results, table, panels[0])
        stay_by_share(results, panels[1])
        loss_by_unit(table, panels[2])
        for ax, name in zip(panels, "abc", strict=True):
            letter(ax, name, -0.26)
    return figure


def reward_by_share(results: Mapping[str, Any], table: pd.DataFrame, ax: Axes) -> None:
    """Reward against the share of units silenced."""
    shares = np.array(results["shares"]) * 100
    seeds = np.array([part["per_seed"] for part in results["by_share"]["reward"]])
    ax.plot(shares, seeds, color=PALETTE["ours"], linewidth=0.6, alpha=0.4)
    _band(ax, shares, results["by_share"]["reward"], PALETTE["ours"], "-")
    chance = results["reward_per_episode"]["chance"]
    ax.axhline(chance, color=PALETTE["chance"], linestyle=(0, (5, 2)), linewidth=1)
    ax.text(100, chance, "chance", ha="right", va="bottom", fontsize=7, color=PALETTE["chance"])
    ax.set_xlabel("Units silenced, %")
    ax.set_ylabel("Reward per episode")


def stay_by_share(results: Mapping[str, Any], ax: Axes) -> None:
    """Stay probabilities against the share of units silenced."""
    shares = np.array(results["shares"]) * 100
    for name, (color, dashes) in STAY.items():
        _band(ax, shares, results["by_share"][name], color, dashes, name.replace("_", ", "))
    ax.set_ylim(0, 1.03)
    ax.set_xlabel("Units silenced, %")
    ax.set_ylabel("Stay probability")
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.22), ncols=2, handlelength=2.8, fontsize=6.5)


def loss_by_unit(table: pd.DataFrame, ax: Axes) -> None:
    """How much reward each unit's silence costs, units ranked within their network."""
    seed, unit, share, reward = (table[name].to_numpy() for name in ("seed", "unit", "share", "reward"))
    for number in np.unique(seed):
        intact = reward[(seed == number) & (unit < 0) & (share == 0)].mean()
        loss = np.sort(intact - reward[(seed == number) & (unit >= 0)])[::-1]
        looks = {"linewidth": 0.8, "alpha": 0.6, "marker": "o", "markersize": 1.5}
        ax.plot(range(1, len(loss) + 1), loss, color=PALETTE["ours"], **looks)
    ax.axhline(0, color="lightgrey", linewidth=0.6, zorder=0)
    ax.set_xlabel("Unit, by rank in its network")
    ax.set_ylabel("Reward lost without it")


def _band(ax: Axes, x: np.ndarray, parts: Any, color: str, dashes: Any, label: str | None = None) -> None:
    mean = [np.nan if part["mean"] is None else part["mean"] for part in parts]
    bounds = np.array([[np.nan if b is None else b for b in part["interval95"]] for part in parts])
    ax.fill_between(x, *bounds.T, color=color, alpha=0.15, linewidth=0)
    ax.plot(x, mean, color=color, linestyle=dashes, linewidth=1.6, marker="o", markersize=2.5, label=label)
