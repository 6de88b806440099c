"""Learning curves as a drawing within a page: where the pointer is, numbers are told. No script is needed for it."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 260, 56, 12, 14, 34
MOST_BLOCKS = 60
"""So many places can be pointed at."""


class Curves(NamedTuple):
    """What is drawn, in the drawing's own units."""

    lines: list[str]
    """Points of each seed's line."""
    mean: str
    """Points of their mean's line."""
    places: list[dict[str, float | str]]
    """What is told where: x and width of the place, y of the mean, the words."""
    ticks: list[dict[str, float | str]]
    """Marks of the upright axis."""
    episodes: list[dict[str, float | str]]
    """Marks of the other."""
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = TOP
    bottom: int = HEIGHT - BOTTOM


def learning_curves(episode: Float[np.ndarray, " block"], reward: Mapping[int, Float[np.ndarray, " block"]]) -> Curves:
    """Reward as training went, drawn.

    Arguments:
        episode: episodes trained at the end of each block of episodes.
        reward: by seed, the mean reward per episode of each block.
    """
    values = np.stack(list(reward.values())).astype(float)
    width = -(-values.shape[1] // MOST_BLOCKS)
    blocks = max(1, values.shape[1] // width)
    values = values[:, : blocks * width].reshape(len(values), blocks, -1).mean(axis=2)
    episode = np.asarray(episode, float)[: blocks * width].reshape(blocks, -1)[:, -1]
    low, high = float(values.min()), float(values.max())
    low, high = (low - 0.5, high + 0.5) if low == high else (low, high)
    step = _round_step((high - low) / 4)
    low, high = np.floor(low / step) * step, np.ceil(high / step) * step

    def across(x: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * x / episode[-1], 1)

    def up(y: float) -> float:
        return round(float(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (y - low) / (high - low)), 1)

    def line(row: np.ndarray) -> str:
        return " ".join(f"{across(x)},{up(y)}" for x, y in zip(episode, row, strict=True))

    mean = values.mean(axis=0)
    starts = np.concatenate([[0.0], episode[:-1]])
    places = [
        {
            "x": across(before),
            "width": round(across(now) - across(before), 1),
            "at": across(now),
            "y": up(row.mean()),
            "anchor": "end" if now > 0.6 * episode[-1] else "start",
            "words": f"episode {now:,.0f}: {row.mean():,.2f}"
            + (f" ({row.min():,.2f} to {row.max():,.2f})" if len(row) > 1 else ""),
        }
        for before, now, row in zip(starts, episode, values.T, strict=True)
    ]
    levels = np.arange(low, high + step / 2, step)
    digits = max(0, int(-np.floor(np.log10(step))))
    apart = _round_step(episode[-1] / 4)
    return Curves(
        lines=[line(row) for row in values],
        mean=line(mean),
        places=places,
        ticks=[{"y": up(level), "words": f"{level:,.{digits}f}"} for level in levels],
        episodes=[{"x": across(x), "words": f"{x:,.0f}"} for x in np.arange(0, episode[-1] + 1, apart)],
    )


def _round_step(least: float) -> float:
    """The first of 1, 2, 5, 10, 20, ... that is no smaller."""
    power = 10.0 ** np.floor(np.log10(least))
    return float(next(power * factor for factor in (1, 2, 5, 10) if power * factor >= least * (1 - 1e-9)))
