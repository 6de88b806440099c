"""The recurrent actor-critic as a drawing: what goes in, what comes out, and the two loops that learn."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from prefrontal.errors import counted
from prefrontal.figures.style import PALETTE, style

FAST, SLOW = PALETTE["common"], PALETTE["unrewarded"]
"""The colours of learning in the activity and of learning in the weights."""


def architecture_figure(
    observation_size: int, num_actions: int, hidden_size: int, *, time_input: bool = False
) -> Figure:
    """The network of `RecurrentAgent`, in its loop with the task.

    Arguments:
        observation_size: entries of an observation.
        num_actions: actions to choose from.
        hidden_size: LSTM units.
        time_input: whether the step number is an input.
    """
    with style():
        figure = Figure(figsize=(7.2, 2.9))
        FigureCanvasAgg(figure)
        ax = figure.add_axes((0, 0, 1, 1))
        ax.set(xlim=(0, 7.2), ylim=(0.2, 2.95))
        ax.set_axis_off()
        inputs = [f"observation ({observation_size})", f"previous action ({num_actions})", "previous reward (1)"]
        inputs += ["step of the episode (1)"] * time_input
        lstm = _box(ax, 3.4, 1.65, f"LSTM\n{counted(hidden_size, 'unit')}", PALETTE["ours"], size=10.0)
        policy = _box(ax, 5.15, 2.05, f"policy\n{num_actions} actions", PALETTE["ours"])
        value = _box(ax, 5.15, 1.15, "value\nreward to come", PALETTE["ours"])
        task = _box(ax, 6.65, 2.05, "task", PALETTE["chance"])
        for name, y in zip(inputs, np.linspace(2.15, 1.15, len(inputs)), strict=True):
            _arrow(ax, _box(ax, 1.15, y, name, PALETTE["chance"]), lstm, PALETTE["chance"])
        for start, end in ((lstm, policy), (lstm, value), (policy, task)):
            _arrow(ax, start, end, PALETTE["ours"])
        ax.text(6.02, 2.12, "action", ha="center", va="bottom", fontsize=7.5)
        _around(ax, [(6.65, 2.2), (6.65, 2.8), (0.12, 2.8), (0.12, 1.65), (0.3, 1.65)])
        ax.text(0.2, 2.72, "what the network sees at the next step", va="top", fontsize=7.5)
        ax.annotate("", (3.15, 1.97), (3.65, 1.97), arrowprops=_line(FAST, "arc3,rad=1.3"))
        ax.text(3.4, 2.36, "fast: activity, from step to step", ha="center", color=FAST, fontsize=7.5)
        ax.annotate("", (3.4, 1.32), (3.4, 0.72), arrowprops=_line(SLOW, "arc3"))
        slow = "slow: weights, changed by reward prediction errors,\nover many episodes, in training only"
        ax.text(3.4, 0.66, slow, ha="center", va="top", color=SLOW, fontsize=7.5)
    return figure


def _box(ax: Axes, x: float, y: float, name: str, color: str, *, size: float = 8.5) -> Text:
    box = {"boxstyle": "round,pad=0.45", "facecolor": "white", "edgecolor": color}
    return ax.text(x, y, name, ha="center", va="center", fontsize=size, bbox=box, zorder=3)


def _arrow(ax: Axes, start: Text, end: Text, color: str) -> None:
    looks = {**_line(color, "arc3"), "patchA": start.get_bbox_patch(), "patchB": end.get_bbox_patch()}
    ax.annotate("", end.get_position(), start.get_position(), arrowprops=looks)


def _line(color: str, path: str) -> dict[str, Any]:
    return {"arrowstyle": "-|>", "color": color, "linewidth": 1.2, "connectionstyle": path, "shrinkA": 0, "shrinkB": 1}


def _around(ax: Axes, corners: list[tuple[float, float]]) -> None:
    """An arrow that goes round corners."""
    x, y = zip(*corners[:-1], strict=True)
    ax.plot(x, y, color=PALETTE["chance"], linewidth=1.2, solid_joinstyle="round")
    ax.annotate("", corners[-1], corners[-2], arrowprops=_line(PALETTE["chance"], "arc3"))
