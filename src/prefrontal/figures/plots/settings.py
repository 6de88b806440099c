"""What settings make of a measure: intervals over seeds."""

import numpy as np
import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from prefrontal.analysis.statistics import mean_interval
from prefrontal.errors import UserError
from prefrontal.figures.plots.components import COLORS
from prefrontal.figures.style import style

LEAST_SEEDS = 3
"""Of fewer, no interval is drawn: that of two is so wide that it flattens all else."""


def plot_sweep(table: pd.DataFrame, measure: str, *, x: str, by: str | None = None, title: str = "") -> Figure:
    """A measure against a setting: means over seeds, with their 95 % intervals where there are three or more, and a dot
    a seed.

    Arguments:
        table: of `sweep`, or any with a row a setting and seed.
        measure: the column that is drawn.
        x: the column of the setting along the axis, one place a value.
        by: the column of another setting, a colour a value. None: none.
        title: the figure's title.

    Returns:
        The figure.

    Raises:
        UserError: when the table has no such column, or more values of `by` than there are colours.

    Example:
        >>> rows = [(size, seed, size + seed) for size in (2, 8) for seed in range(3)]
        >>> frame = pd.DataFrame(rows, columns=["agent.hidden_size", "seed", "reward"])
        >>> figure = pf.plot_sweep(frame, "reward", x="agent.hidden_size")
        >>> figure.axes[0].get_ylabel()
        'reward'
    """
    for name, column in (("measure", measure), ("x", x), ("by", by)):
        if column is not None and column not in table:
            raise UserError(f"`{name}` must be a column, one of {', '.join(map(str, table))}, got {column}.")
    places = sorted(table[x].unique())
    groups = {None: table} if by is None else dict(iter(table.groupby(by)))
    if len(groups) > len(COLORS):
        raise UserError(f"`by` must have {len(COLORS)} values at most, got {len(groups)}. Draw some of them.")
    with style():
        figure = Figure(figsize=(4.2, 3.0), layout="constrained")
        FigureCanvasAgg(figure)
        ax = figure.subplots()
        for number, (value, group) in enumerate(groups.items()):
            color, beside = COLORS[number], 0.16 * (number - (len(groups) - 1) / 2)
            found = [mean_interval(group[measure][group[x] == place].to_numpy(float)) for place in places]
            at = np.arange(len(places)) + beside
            means = [one.mean for one in found]
            ax.plot(at, means, color=color, marker="o", markersize=4, label=None if by is None else f"{by} {value}")
            if min(len(group[measure][group[x] == place]) for place in places) >= LEAST_SEEDS:
                ax.vlines(at, [one.low for one in found], [one.high for one in found], color=color)
            for place, where in zip(places, at, strict=True):
                seeds = group[measure][group[x] == place]
                ax.plot(np.full(len(seeds), where + 0.05), seeds, ".", color=color, markersize=3, alpha=0.6)
        ax.set_xticks(range(len(places)), [str(place) for place in places])
        ax.set_xlabel(x, parse_math=False)
        ax.set_ylabel(measure, parse_math=False)
        if by is not None:
            figure.legend(loc="outside right upper")
        if title:
            ax.set_title(title, parse_math=False)
    return figure
