"""The figure of a sweep: a measure with its interval over seeds, setting by setting."""

import io
from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from prefrontal.figures.parts import Above
from prefrontal.figures.style import PALETTE, style

MOST_SETTINGS = 30
"""So many are drawn one below the other, the best first."""


def sweep_figure(table: pd.DataFrame, options: Sequence[str], measure: str, title: str = "") -> Figure:
    """The measure over the one option that is varied, where that is a number; or else a row a setting, best first.

    Arguments:
        table: of settings: the options, and of the measure the mean, "MEASURE low" and "MEASURE high".
        options: those that are varied.
        measure: its name.
        title: stands above.
    """
    measured: pd.DataFrame = table.dropna(subset=[measure]) if measure else table.head(0)
    is_line = len(options) == 1 and len(measured) > 1 and pd.api.types.is_numeric_dtype(measured[options[0]])
    num_rows = min(len(measured), MOST_SETTINGS)
    above = Above(6.0, title)
    height = above.height + (3.0 if is_line else 0.7 + 0.2 * max(num_rows, 1))
    with style():
        figure = Figure(figsize=(6.0, height))
        FigureCanvasAgg(figure)
        ax = figure.add_subplot()
        bar = {"color": PALETTE["ours"], "markersize": 4, "capsize": 2, "elinewidth": 0.9}
        if is_line:
            shown = measured.sort_values(options[0])
            x = shown[options[0]].to_numpy(float)
            ax.errorbar(x, shown[measure], yerr=_bars(shown, measure), fmt="o-", **bar)
            if x.min() > 0 and x.max() / x.min() >= 30:
                ax.set_xscale("log")
            ax.set_xlabel(_plain(options[0]))
            ax.set_ylabel(f"{measure}\n(mean of seeds, 95 % interval)")
        else:
            shown = measured.sort_values(measure, ascending=False, kind="stable") if measure else measured
            shown = shown.head(MOST_SETTINGS)
            y = np.arange(len(shown))
            if num_rows:
                ax.errorbar(shown[measure], y, xerr=_bars(shown, measure), fmt="o", **bar)
            rows = shown.to_dict("records")
            labels = [", ".join(f"{_plain(name)} {_value(row[name])}" for name in options) for row in rows]
            ax.set_yticks(y, [label or "the preset" for label in labels], parse_math=False)
            ax.set_ylim(max(len(shown), 1) - 0.5, -0.5)
            ax.grid(axis="y", color="0.9", linewidth=0.6)
            more = f"; the best {num_rows} of {len(measured)}" if num_rows < len(measured) else ""
            ax.set_xlabel(f"{measure or 'nothing measured yet'}\n(mean of seeds, 95 % interval{more})")
        above.write(figure)
        figure.tight_layout(rect=(0, 0, 1, 1 - above.height / height))
    return figure


def figure_bytes(figure: Figure) -> bytes:
    """The figure as PNG, for files that are not on this disk and pages that hold their figures."""
    drawn = io.BytesIO()
    with style():
        figure.savefig(drawn, format="png", metadata={"Software": None})
    return drawn.getvalue()


def _bars(table: pd.DataFrame, measure: str) -> np.ndarray:
    """Lengths of the intervals to both sides, (2, setting); none where there is no interval."""
    mean, low, high = (table[name].to_numpy(float) for name in (measure, f"{measure} low", f"{measure} high"))
    return np.nan_to_num(np.array([mean - low, high - mean]))


def _plain(option: str) -> str:
    return option.split(".")[-1].replace("_", " ").replace("-", " ")


def _value(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
