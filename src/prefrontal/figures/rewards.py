"""Axes of reward per episode, along a training: limits that hide nothing, what rewards are held against, episodes."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Real
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, MaxNLocator

from prefrontal.figures.style import MINUS, PALETTE

NEAR = 0.35
"""Rewards no further below chance than this share of what there is to learn are drawn on the scale of the others."""
BELOW = 1 / 3
"""What of the axis lies below chance where it is compressed, as a share of what lies above."""


def reward_axis(ax: Axes, reward: Real[np.ndarray, "..."], references: Mapping[str, float]) -> bool:
    """Limits of the y-axis within which every reward and every reference lies.

    Before networks respond as a task requires, they earn far less than chance. Where they come to chance, and what
    matters lies above it, rewards below chance share the lowest quarter of the axis, on a grey ground that says so.
    Where none comes to chance, the axis is plain.

    Arguments:
        ax: where to draw.
        reward: whatever is drawn; NaN where there is nothing.
        references: what it is held against, "chance" among them.

    Returns:
        Whether what is below chance is compressed.
    """
    known = np.array([*reward[np.isfinite(reward)], *references.values()], float)
    low, high, chance = float(known.min()), float(known.max()), references["chance"]
    to_learn = max(references.values()) - chance or 1.0
    margin = 0.05 * (high - low or 1.0)
    comes_to_chance = bool((reward >= chance - 0.05 * to_learn).any())
    if not comes_to_chance or low >= chance - NEAR * to_learn:
        ax.set_ylim(low - margin, high + margin)
        return False
    top = high + 0.05 * (high - chance)
    bottom = low - 0.1 * (chance - low)
    share = BELOW * (top - chance) / (chance - bottom)

    def onto(value: np.ndarray) -> np.ndarray:
        return np.where(value < chance, chance + (value - chance) * share, value)

    def back(value: np.ndarray) -> np.ndarray:
        return np.where(value < chance, chance + (value - chance) / share, value)

    ax.set_yscale("function", functions=(onto, back))
    ax.set_ylim(bottom, top)
    lowest = chance - (chance - low) / 3  # no tick is so near to those above that their numbers touch
    above = [tick for tick in _round_numbers(4, chance, top) if chance <= tick <= top]
    below = [tick for tick in _round_numbers(2, low, chance) if bottom <= tick < lowest]
    ax.yaxis.set_major_locator(FixedLocator([*below[:2], *above]))
    ax.axhspan(bottom, chance, color="0.94", linewidth=0, zorder=0, gid="compressed")
    ax.text(0.98, 0.03, "below chance: compressed", transform=ax.transAxes, ha="right", fontsize=6.5, color="dimgrey")
    return True


def _round_numbers(num: int, low: float, high: float) -> list[float]:
    return [float(tick) for tick in MaxNLocator(num, steps=[1, 2, 5, 10]).tick_values(low, high)]


def reference_lines(references: Mapping[str, float], ax: Axes) -> None:
    """A dashed line at each reward to hold ours against, by name, which stands to the right of the axes with its value.

    The scale and the limits of the y-axis must be set.
    """
    heights = _spread(ax, list(references.values()))
    for (name, reward), height in zip(references.items(), heights, strict=True):
        color = PALETTE.get(name.lower().replace("-", "_"), PALETTE["chance"])
        ax.axhline(reward, color=color, linewidth=1.2, linestyle=(0, (5, 2)), zorder=1, gid=name)
        number = f"{reward:.3g}".replace("-", MINUS)
        label = ax.text(1.02, height, f"{name} {number}", color=color, va="center", fontsize=7.5)
        label.set_transform(ax.get_yaxis_transform())


def _spread(ax: Axes, heights: Sequence[float]) -> list[float]:
    """`heights`, in data units, moved apart as little as lets one line of text stand at each."""
    gap = 9.0 * ax.figure.dpi / 72
    order = np.argsort(heights)
    moved = ax.transData.transform([(0.0, heights[place]) for place in order])
    for _ in range(100):
        short = gap - np.diff(moved[:, 1])
        if not (short > 1e-6 * gap).any():
            break
        push = np.maximum(short, 0) / 2
        moved[:-1, 1] -= push
        moved[1:, 1] += push
    spread = ax.transData.inverted().transform(moved)[:, 1]
    return [float(height) for height in spread[np.argsort(order)]]


def count_episodes(ax: Axes) -> None:
    """Training episodes along the x-axis: few ticks, thousands set apart."""
    ax.set_xlabel("Training episodes")
    ax.xaxis.set_major_locator(MaxNLocator(nbins=3, integer=True, steps=[1, 2, 5, 10]))
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
