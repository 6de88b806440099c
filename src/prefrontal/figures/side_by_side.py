"""Stay probabilities of several agents, papers or programs, a panel each."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from prefrontal.figures.panels import OUTCOMES, TRANSITIONS
from prefrontal.figures.style import PALETTE, style

Behaviour = Mapping[str, Any] | pd.DataFrame
"""Stay probabilities by transition and outcome, "common_rewarded" and so on: one value, or one a seed or person."""


def side_by_side_figure(behaviours: Mapping[str, Behaviour], title: str = "") -> Figure:
    """The four stay probabilities of everyone in `behaviours`, each in a panel of the same scale.

    Arguments:
        behaviours: by whose they are; for instance what `stay_probability` returns.
        title: the figure's title.
    """
    with style():
        width, height = 0.65 + 1.65 * len(behaviours), 2.7 + 0.35 * bool(title)
        figure = Figure(figsize=(width, height))
        FigureCanvasAgg(figure)
        for number, (name, stay) in enumerate(behaviours.items()):
            ax = figure.add_axes(((0.55 + 1.65 * number) / width, 0.9 / height, 1.45 / width, 1.6 / height))
            stay_panel(stay, ax)
            ax.set_title(name, loc="left", fontsize=8, parse_math=False)
            if number == 0:
                ax.set_ylabel("Stay probability")
            else:
                ax.tick_params(labelleft=False)
        handles = [figure.axes[0].patches[index] for index in range(2)]
        labels = [f"{name} transition" for name in TRANSITIONS]
        figure.legend(handles, labels, loc="lower left", bbox_to_anchor=(0.4 / width, 0.02), ncols=2)
        if title:
            figure.text(0.1 / width, 1 - 0.08 / height, title, va="top", fontsize=10, weight="bold", parse_math=False)
    return figure


def stay_panel(stay: Behaviour, ax: Axes) -> None:
    """Bars of the means, and a dot for each seed or person where there are several.

    Arguments:
        stay: what to draw.
        ax: where to draw.
    """
    numbers = {}
    for group, outcome in enumerate(OUTCOMES):
        for transition, x in zip(TRANSITIONS, (group - 0.2, group + 0.2), strict=True):
            values = np.atleast_1d(np.asarray(stay[f"{transition}_{outcome}"], float))
            color, mean = PALETTE[transition], float(values.mean())
            numbers[x] = "none" if np.isnan(mean) else f"{mean:.2f}".removeprefix("0")
            ax.bar(x, mean, 0.36, color=color, alpha=0.6, gid=f"{transition}_{outcome}")
            if len(values) > 1:
                beside = x + np.linspace(-0.12, 0.12, len(values))
                ax.plot(beside, values, "o", color=color, markersize=3, markeredgecolor="white", markeredgewidth=0.3)
    ax.set_xlim(-0.5, 1.5)
    ax.set_ylim(0, 1.05)
    ax.spines["left"].set_bounds(0, 1)
    ax.set_yticks(np.linspace(0, 1, 6))
    ax.set_xticks(list(numbers), list(numbers.values()), minor=True, fontsize=7)  # below: no dot hides them
    ax.tick_params(axis="x", which="minor", length=0, pad=1)
    ax.set_xticks([0, 1], ["after reward", "after none"])
    ax.tick_params(axis="x", length=0, pad=12)
