"""The figures of fits: estimates by subject, comparison of models, recovery of parameters and of models."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from prefrontal.agents.two_step import Parameter
from prefrontal.figures.style import PALETTE, style

COLUMNS = 4
"""Panels beside each other."""
MOST_DOTS = 40
"""With more subjects than that, estimates are shown as a histogram."""
DARK = 0.5
"""Share above which a cell is dark, and its number white."""


def estimates_figure(table: pd.DataFrame, labels: Mapping[str, str], spread: str, title: str) -> Figure:
    """Every subject's parameters: a dot a subject with its uncertainty, sorted, or a histogram where they are many.

    Arguments:
        table: a row a subject, a column a parameter.
        labels: what each parameter is called, by column.
        spread: what stands before the name of a parameter in the column of its uncertainty: "se_" or "sd_".
        title: the figure's title.
    """
    with style():
        figure, panels = _panels(len(labels), title)
        for number, ((name, label), ax) in enumerate(zip(labels.items(), panels, strict=True)):
            values = table[name].to_numpy(float)
            if len(values) > MOST_DOTS:
                ax.hist(values, bins=30, color=PALETTE["ours"], alpha=0.6)
                ax.axvline(float(np.median(values)), color=PALETTE["published"], linewidth=1.4)
                ax.set_ylabel("" if number % COLUMNS else "Subjects")
            else:
                order = np.argsort(values)
                bars = table[f"{spread}{name}"].to_numpy(float)[order]
                ax.errorbar(values[order], np.arange(len(values)), xerr=np.nan_to_num(bars), **_DOTS)
                ax.set_yticks([])
                ax.set_ylabel("" if number % COLUMNS else "Subjects, sorted")
            ax.set_xlabel(_lines(label))
            ax.xaxis.set_major_locator(MaxNLocator(4))
    return figure


def comparison_figure(bic: pd.DataFrame, title: str) -> Figure:
    """How models compare by BIC: (a) the sum over subjects above the best model's, (b) subjects that each fits best.

    Arguments:
        bic: a row a subject, a column a model.
        title: the figure's title.
    """
    names = [str(name) for name in bic]
    values = bic.to_numpy(float)
    above = values.sum(axis=0) - values.sum(axis=0).min()
    best = np.bincount(values.argmin(axis=1), minlength=len(names))
    with style():
        figure = Figure(figsize=(7.2, 1.3 + 0.28 * len(names)), layout="constrained")
        FigureCanvasAgg(figure)
        left, right = figure.subplots(1, 2, sharey=True)
        places = np.arange(len(names))[::-1]
        for ax, sizes, label in (
            (left, above, "Sum of BIC above the best model's"),
            (right, best, f"Subjects fitted best, of {len(bic):,}"),
        ):
            ax.barh(places, sizes, height=0.65, color=PALETTE["ours"], alpha=0.6)
            for place, value in zip(places, sizes, strict=True):
                ax.text(value, place, f" {value:,.0f}", va="center", fontsize=7.5)
            ax.set_xlabel(label)
            ax.set_yticks(places, names)
            ax.tick_params(axis="y", length=0)
            ax.set_xlim(0, 1.18 * max(float(sizes.max()), 1.0))
            ax.xaxis.set_major_locator(MaxNLocator(4))
        figure.suptitle(title, fontsize=9)
    return figure


def recovery_figure(subjects: pd.DataFrame, labels: Mapping[str, str], title: str) -> Figure:
    """Fitted against true parameters, a panel a parameter and a dot a subject.

    Arguments:
        subjects: columns parameter, true, estimate.
        labels: what each parameter is called, by name.
        title: the figure's title.
    """
    with style():
        figure, panels = _panels(len(labels), title)
        for (name, label), ax in zip(labels.items(), panels, strict=True):
            part = subjects.loc[(subjects["parameter"] == name).to_numpy()]
            true, estimate = (np.asarray(part[column], float) for column in ("true", "estimate"))
            both = np.concatenate([true, estimate])
            ends = [float(both.min()), float(both.max())]
            ax.plot(ends, ends, color=PALETTE["chance"], linewidth=0.8, linestyle=(0, (4, 2)), zorder=1)
            ax.plot(true, estimate, "o", color=PALETTE["ours"], markersize=2.6, alpha=0.6, markeredgewidth=0)
            varies = np.ptp(true) > 0 and np.ptp(estimate) > 0
            told = f"r = {np.corrcoef(true, estimate)[0, 1]:.2f}" if varies else "one true value"
            ax.set_title(f"{_lines(label)}\n{told}", fontsize=8)
            ax.set_xlabel("True")
            ax.set_ylabel("Fitted")
            for axis in (ax.xaxis, ax.yaxis):
                axis.set_major_locator(MaxNLocator(4))
    return figure


def confusion_figure(confusion: pd.DataFrame, title: str) -> Figure:
    """Share of simulated subjects, a row a simulated and a column a fitted model, given to each model."""
    names = [str(name) for name in confusion]
    size = len(names)
    with style():
        figure = Figure(figsize=(2.6 + 0.5 * size, 1.9 + 0.42 * size), layout="constrained")
        FigureCanvasAgg(figure)
        ax = figure.subplots()
        shares = np.asarray(confusion, float)
        ax.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
        for (row, column), share in np.ndenumerate(shares):
            color = "white" if share > DARK else "black"
            ax.text(column, row, f"{share:.2f}", ha="center", va="center", fontsize=7.5, color=color)
        ax.set_xticks(range(size), names, rotation=40, ha="right", rotation_mode="anchor")
        ax.set_yticks(range(size), names)
        ax.tick_params(length=0)
        ax.spines[:].set_visible(False)
        ax.set_xlabel("Fitted best")
        ax.set_ylabel("Simulated")
        ax.set_title(title, fontsize=9)
    return figure


def labels_of(parameters: Mapping[str, Parameter]) -> dict[str, str]:
    """What figures call each parameter: its words and its symbol."""
    words = {name: name.replace("_", " ") for name in parameters}
    return {
        name: words[name] if found.symbol == words[name] else f"{words[name]} {found.symbol}"
        for name, found in parameters.items()
    }


_DOTS: dict[str, Any] = {
    "linestyle": "", "marker": "o", "markersize": 3, "elinewidth": 0.8, "capsize": 0, "color": PALETTE["ours"],
}  # fmt: skip


def _lines(label: str) -> str:
    return "\n".join(textwrap.wrap(label, 20))


def _panels(num: int, title: str) -> tuple[Figure, Sequence[Axes]]:
    """A figure with `num` panels, in rows of `COLUMNS`."""
    columns = min(num, COLUMNS)
    rows = -(-num // columns)
    figure = Figure(figsize=(1.85 * columns + 0.4, 1.95 * rows + 0.4), layout="constrained")
    FigureCanvasAgg(figure)
    axes = list(figure.subplots(rows, columns, squeeze=False).flat)
    for ax in axes[num:]:
        ax.remove()
    figure.suptitle(title, fontsize=9)
    return figure, axes[:num]
