"""What the figures of networks with and without a memory share."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from prefrontal.figures.rewards import count_episodes
from prefrontal.figures.style import PALETTE, style
from prefrontal.runs.results import read_learning

COLOR = {"memory": PALETTE["unrewarded"], "no-memory": PALETTE["common"]}
LABEL = {"memory": "with memory", "no-memory": "without"}
LEGEND: dict[str, Any] = {"loc": "lower center", "bbox_to_anchor": (0.5, 1.0), "borderaxespad": 0.3}
"""A legend above the axes."""


def lines_by_exposure(per_seed: Mapping[str, Any], ax: Axes) -> None:
    """One line a seed and their mean, by how often a problem was met; a colour a variant.

    Arguments:
        per_seed: by variant, (seed, exposure).
        ax: where to draw.
    """
    for name, values in per_seed.items():
        seeds = np.array(values, float)
        number = np.arange(1, seeds.shape[1] + 1)
        ax.plot(number, seeds.T, color=COLOR[name], linewidth=0.5, alpha=0.4)
        ax.plot(number, seeds.mean(axis=0), color=COLOR[name], linewidth=1.8, label=LABEL[name])
        ax.set_xticks(number if len(number) < 8 else number[::3])
    ax.set_ylim(0, 1)


def bounds_across(ax: Axes, bounds: Mapping[str, float]) -> None:
    """Lines across, named at their right ends."""
    for name, value in bounds.items():
        ax.axhline(value, color=PALETTE["chance"], linewidth=0.8, linestyle=":")
        ax.text(0.99, value + 0.015, name, transform=ax.get_yaxis_transform(), ha="right", va="bottom", fontsize=6.5)


def training(folder: Path, results: Mapping[str, Any], ax: Axes) -> None:
    """Reward in training, a line a seed, a colour a variant."""
    with style():
        learning = read_learning(folder)
        learning = learning[learning["seed"].isin(results["seeds"])]
        for name, of_variant in learning.groupby("variant", sort=False):
            table = of_variant.pivot(index="episode", columns="seed", values="reward")
            smooth = table.rolling(max(1, len(table) // 25), min_periods=1).mean()
            ax.plot(smooth.index, smooth.to_numpy(), color=COLOR[str(name)], linewidth=0.6, alpha=0.7)
        ax.set_xlim(left=0)
        ax.set_ylabel("Reward per episode")
        count_episodes(ax)
