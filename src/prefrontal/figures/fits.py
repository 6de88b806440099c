"""The figures of fits: estimates by subject, comparison of models, recovery of parameters and of models."""

import textwrap
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from prefrontal.agents.two_step import Parameter
from prefrontal.figures.parts import Above, text_width
from prefrontal.figures.style import MINUS, PALETTE, style
from prefrontal.fitting.fit import BOUND
from prefrontal.fitting.model_selection import ModelSelection
from prefrontal.fitting.recovery import LEAST_CORRELATION

COLUMNS = 4
"""Panels beside each other."""
MOST_DOTS = 40
"""With more subjects than that, estimates are shown as a histogram."""
MOST_NAMES = 20
"""So many subjects or fewer are named."""
LONGEST_NAME = 14
"""Letters of a name that are shown."""
DARK = 0.65
"""Share above which a cell is dark, and its number white."""
CANNOT = {"color": PALETTE["unrewarded"], "marker": "D", "linestyle": "", "markersize": 3.5, "markerfacecolor": "white"}
"""How an estimate is marked that has no standard error, as at a bound."""


def estimates_figure(table: pd.DataFrame, intervals: pd.DataFrame, labels: Mapping[str, str], title: str) -> Figure:
    """Every subject's parameters, a row a subject, the same in every panel: sorted by the first parameter; or a
    histogram a parameter, where subjects are many.

    Arguments:
        table: a row a subject, a column a parameter, and "subject".
        intervals: as of `fit_intervals`.
        labels: what each parameter is called, by column.
        title: the figure's title.
    """
    few = len(table) <= MOST_DOTS
    caption = f"Subjects sorted by {next(iter(labels.values()))}; bars: 95 % intervals." if few else "Line: median."
    order = np.argsort(table[next(iter(labels))].to_numpy(float), kind="stable")
    names = [str(table["subject"].iloc[place])[:LONGEST_NAME] for place in order] if len(table) <= MOST_NAMES else []
    bounds = {name: [intervals[f"{end}_{name}"].to_numpy(float) for end in ("low", "high")] for name in labels}
    lacking = any(np.isnan(low).any() for low, _ in bounds.values())
    if few and lacking:
        caption += " Open: no interval, as at a bound."
    with style():
        left = max((text_width(name, 6.5) for name in names), default=0.1)
        figure, panels = _panels(len(labels), title, caption, tall=0.75 + 0.115 * len(names), left=left)
        for number, ((name, label), ax) in enumerate(zip(labels.items(), panels, strict=True)):
            values = table[name].to_numpy(float)
            ax.set_xlabel(_lines(label))
            ax.xaxis.set_major_locator(MaxNLocator(4))
            if not few:
                ax.hist(values, bins=30, color=PALETTE["ours"], alpha=0.6)
                ax.axvline(float(np.median(values)), color=PALETTE["published"], linewidth=1.4)
                ax.set_ylabel("" if number % COLUMNS else "Subjects")
                continue
            rows, (low, high) = np.arange(len(values)), (bound[order] for bound in bounds[name])
            known = np.isfinite(low)
            ax.hlines(rows[known], low[known], high[known], color=PALETTE["ours"], linewidth=0.8)
            ax.plot(values[order][known], rows[known], "o", color=PALETTE["ours"], markersize=3)
            ax.plot(values[order][~known], rows[~known], **CANNOT)
            ax.set_ylim(-0.6, len(values) - 0.4)
            ax.set_yticks(rows if names else [], names if names and not number % COLUMNS else [""] * len(names))
            ax.tick_params(axis="y", length=0, labelsize=6.5)
            for label_of in ax.get_yticklabels():
                label_of.set_parse_math(False)
            if not names and not number % COLUMNS:
                ax.set_ylabel("Subjects, sorted")
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
        above_all = Above(7.2, title)
        height = 0.75 + 0.28 * len(names) + above_all.height
        figure = Figure(figsize=(7.2, height), layout="constrained")
        FigureCanvasAgg(figure)
        figure.get_layout_engine().set(rect=(0, 0, 1, 1 - (above_all.height + 0.05) / height))  # pyright: ignore
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
            ax.xaxis.set_major_locator(MaxNLocator(4, integer=True))
        above_all.write(figure)
    return figure


def selection_figure(selection: ModelSelection, title: str) -> Figure:
    """How frequent models are in the population (a), and which of them each subject uses (b).

    Arguments:
        selection: of `select_models`.
        title: the figure's title.
    """
    table, given = selection.table, selection.attribution
    names = [str(name) for name in given]
    order = np.lexsort((-given.to_numpy().max(axis=1), given.to_numpy().argmax(axis=1)))
    with style():
        above = Above(7.2, title)
        height = 1.1 + 0.34 * len(names) + above.height
        figure = Figure(figsize=(7.2, height), layout="constrained")
        FigureCanvasAgg(figure)
        figure.get_layout_engine().set(rect=(0, 0, 1, 1 - (above.height + 0.05) / height))  # pyright: ignore
        left, right = figure.subplots(1, 2, sharey=True)
        places = np.arange(len(names))
        mean = table["expected_frequency"].to_numpy(float)
        spread = np.abs(table[["low", "high"]].to_numpy(float).T - mean)
        left.barh(places, mean, height=0.6, color=PALETTE["ours"], alpha=0.6)
        left.errorbar(mean, places, xerr=spread, fmt="none", color=PALETTE["ours"], linewidth=1.2)
        for place, (high, exceedance) in enumerate(zip(table["high"], table["protected_exceedance"], strict=True)):
            left.text(min(high + 0.02, 1.02), place, f"PXP {exceedance:.2f}", va="center", fontsize=7)
        left.set(
            xlim=(0, 1.3), xlabel="Frequency in the population; 95 % interval.\nPXP: protected exceedance probability"
        )
        left.set_xticks(np.linspace(0, 1, 6))
        left.set_yticks(places, names)
        left.set_ylim(len(names) - 0.5, -0.5)
        left.tick_params(axis="y", length=0)
        cells = right.imshow(
            given.to_numpy(float)[order].T, aspect="auto", cmap="Greys", vmin=0, vmax=1, interpolation="nearest"
        )
        right.tick_params(axis="y", length=0)
        right.set_xticks([])
        right.set_xlabel(f"Subjects, sorted by the model they use ({len(given):,})")
        figure.colorbar(cells, ax=right, label="Probability of use", aspect=12)
        above.write(figure)
    return figure


def recovery_figure(subjects: pd.DataFrame, parameters: Mapping[str, Parameter], title: str) -> Figure:
    """Fitted against true parameters, a panel a parameter and a dot a subject. Both axes of a panel are the same; the
    range of the true values is shaded, and fits at a bound are marked.

    Arguments:
        subjects: columns parameter, true, estimate.
        parameters: what is known of each parameter, by name.
        title: the figure's title.
    """
    caption = "Broken: fitted as true. Grey: the range of the true values."
    panels_of, edge = {}, False
    for name, parameter in parameters.items():
        part = subjects.loc[(subjects["parameter"] == name).to_numpy()]
        true, estimate = (np.asarray(part[column], float) for column in ("true", "estimate"))
        margin = BOUND * (parameter.high - parameter.low) if np.isfinite(parameter.high) else 0.0
        at_bound = (estimate <= parameter.low + margin) | (estimate >= parameter.high - margin)
        panels_of[name] = true, estimate, at_bound
        edge |= bool(at_bound.any())
    if edge:
        caption += " Diamonds: fits at a bound of the parameter."
    with style():
        figure, panels = _panels(len(parameters), title, caption, tall=2.25)
        for (name, label), ax in zip(labels_of(parameters).items(), panels, strict=True):
            true, estimate, at_bound = panels_of[name]
            both = np.concatenate([true, estimate])
            margin = 0.06 * (np.ptp(both) or 1.0)
            ends = [float(both.min()) - margin, float(both.max()) + margin]
            ax.axvspan(float(true.min()), float(true.max()), color="0.93", linewidth=0, zorder=0)
            ax.plot(ends, ends, color=PALETTE["chance"], linewidth=0.8, linestyle=(0, (4, 2)), zorder=1)
            looks = {"markersize": 2.6, "alpha": 0.6, "markeredgewidth": 0}
            ax.plot(true[~at_bound], estimate[~at_bound], "o", color=PALETTE["ours"], **looks)
            ax.plot(true[at_bound], estimate[at_bound], **CANNOT)
            varies = np.ptp(true) > 0 and np.ptp(estimate) > 0
            r = float(np.corrcoef(true, estimate)[0, 1]) if varies else np.nan
            told = f"r = {_plain(r)}{', not recovered' * (r < LEAST_CORRELATION)}" if varies else "one true value"
            color = PALETTE["unrewarded"] if r < LEAST_CORRELATION else "black"
            ax.set_title(f"{_lines(label)}\n{told}", fontsize=8, color=color)
            ax.set(xlim=ends, ylim=ends, aspect="equal", xlabel="True", ylabel="Fitted")
            for axis in (ax.xaxis, ax.yaxis):
                axis.set_major_locator(MaxNLocator(4))
    return figure


def _plain(value: float) -> str:
    """With two decimals and a minus sign as print has it."""
    return f"{value:.2f}".replace("-", MINUS)


def confusion_figure(confusion: pd.DataFrame, title: str) -> Figure:
    """Share of simulated subjects, a row a simulated and a column a fitted model, given to each model."""
    names = [str(name) for name in confusion]
    size = len(names)
    with style():
        width = min(7.2, max(3.6, 2.6 + 0.5 * size))
        above = Above(width, title, "Share of the subjects of a simulated model whom each model fits best.")
        height = 1.55 + 0.4 * size + above.height
        figure = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasAgg(figure)
        figure.get_layout_engine().set(rect=(0, 0, 1, 1 - (above.height + 0.05) / height))  # pyright: ignore
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
        above.write(figure)
    return figure


def labels_of(parameters: Mapping[str, Parameter]) -> dict[str, str]:
    """What figures call each parameter: its words and its symbol."""
    words = {name: name.replace("_", " ") for name in parameters}
    return {
        name: words[name] if found.symbol == words[name] else f"{words[name]} {found.symbol}"
        for name, found in parameters.items()
    }


def _lines(label: str) -> str:
    return "\n".join(textwrap.wrap(label, 20))


def _panels(num: int, title: str, caption: str, *, tall: float, left: float = 0.1) -> tuple[Figure, Sequence[Axes]]:
    """A figure with `num` panels, in rows of `COLUMNS`; in inches: `tall` is a row, `left` are names beside it."""
    columns = min(num, COLUMNS)
    rows = -(-num // columns)
    width = min(7.2, max(3.6, 1.7 * columns + 0.3 + left))
    above = Above(width, title, caption)
    height = max(tall, 1.75) * rows + 0.2 + above.height
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    figure.get_layout_engine().set(rect=(0.01, 0.01, 0.98, 0.98 - (above.height + 0.05) / height))  # pyright: ignore
    axes = list(figure.subplots(rows, columns, squeeze=False).flat)
    for ax in axes[num:]:
        ax.remove()
    above.write(figure)
    return figure, axes[:num]
