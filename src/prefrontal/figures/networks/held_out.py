"""Held-out likelihood against the number of variables: networks beside cognitive models."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator

from prefrontal.figures.parts import Above
from prefrontal.figures.style import PALETTE, style
from prefrontal.fitting.networks.naming import is_network

MARKS = {
    "gru": ("o", PALETTE["ours"]),
    "sgru": ("v", PALETTE["bayes_optimal"]),
    "lstm": ("s", PALETTE["unrewarded"]),
    "rnn": ("^", PALETTE["common"]),
}
CAPTION = (
    "Log-likelihood a choice that was held out, mean over {num} subjects; 95 % intervals of the mean (left), of the "
    "difference from the best, paired by subject (right). Variables: numbers carried from trial to trial to choose by."
)


def plot_held_out(compared: pd.DataFrame, title: str = "Choices that were held out") -> Figure:
    """Networks and cognitive models on choices that they did not see: (a) against the numbers that each carries from
    trial to trial; (b) how far each is from the best.

    Arguments:
        compared: of `compare_held_out`, with `num_variables`.
        title: the figure's title.

    Returns:
        The figure.

    Example:
        >>> rows = pf.score_models(table, ["win-stay-lose-shift", "biased-random"], num_outer=2, num_starts=2)
        >>> figure = pf.plot_held_out(pf.compare_held_out(rows, second_choices=False))
        >>> figure.axes[0].get_xlabel()
        'Variables'
    """
    with style():
        above = Above(7.2, title, CAPTION.format(num=int(compared["num_subjects"].iloc[0])))
        height = max(2.6, 0.8 + 0.21 * len(compared)) + above.height
        figure = Figure(figsize=(7.2, height), layout="constrained")
        FigureCanvasAgg(figure)
        figure.get_layout_engine().set(rect=(0, 0, 1, 1 - (above.height + 0.05) / height))  # pyright: ignore
        left, right = figure.subplots(1, 2)
        _against_variables(left, compared)
        _from_best(right, compared)
        above.write(figure)
    return figure


def _against_variables(ax: Axes, compared: pd.DataFrame) -> None:
    cells = [str(name).partition("-")[0] if is_network(str(name)) else "" for name in compared.index]
    for cell in dict.fromkeys(cell for cell in cells if cell):
        own = compared.loc[[cell == other for other in cells]].sort_values("num_variables")
        mark, color = MARKS[cell]
        _bars(ax, own, marker=mark, color=color, linestyle="-", label=cell.upper())
    models = compared.loc[[not cell for cell in cells]]
    if len(models):
        _bars(ax, models, marker="D", color=PALETTE["published"], linestyle="", label="cognitive models")
    ticks = sorted({max(int(number), 1) for number in compared["num_variables"]})
    ax.set(xscale="log", xlabel="Variables", ylabel="Nats a held-out choice")
    ax.xaxis.set_major_locator(FixedLocator(ticks))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_xticklabels([str(tick) for tick in ticks])
    ax.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=2, borderaxespad=0.0)


def _bars(ax: Axes, rows: pd.DataFrame, **looks: str) -> None:
    nats = rows["nats"].to_numpy(float)
    spread = np.nan_to_num(np.abs(rows[["low", "high"]].to_numpy(float).T - nats))
    places = np.maximum(rows["num_variables"].to_numpy(float), 1)
    ax.errorbar(places, nats, yerr=spread, markersize=4, elinewidth=0.8, linewidth=1.0, **looks)  # pyright: ignore


def _from_best(ax: Axes, compared: pd.DataFrame) -> None:
    places = np.arange(len(compared))[::-1]
    apart = compared["from_best"].to_numpy(float)
    spread = np.nan_to_num(np.abs(compared[["from_best_low", "from_best_high"]].to_numpy(float).T - apart))
    ax.axvline(0, color=PALETTE["chance"], linewidth=0.8, linestyle=(0, (4, 2)))
    for name, place, value, own in zip(compared.index, places, apart, spread.T, strict=True):
        color = MARKS[str(name).partition("-")[0]][1] if is_network(str(name)) else PALETTE["published"]
        ax.errorbar(value, place, xerr=own[:, None], fmt="o", color=color, markersize=4, elinewidth=0.8)
    ax.set_yticks(places, [str(name) for name in compared.index])
    ax.tick_params(axis="y", length=0)
    ax.xaxis.set_major_locator(MaxNLocator(5))
    ax.set_xlabel("Nats a choice from the best")
