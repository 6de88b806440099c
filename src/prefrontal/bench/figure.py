"""The figure of `prefrontal bench`."""

from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from prefrontal.errors import counted
from prefrontal.figures.style import style


def bench_figure(record: Mapping[str, Any]) -> Figure:
    """Training steps a second against seeds, hidden size and trials, from the record in `bench.json`.

    The first measurement is the base that the others of a panel differ from in one quantity.
    """
    rows = record["measurements"]
    base = rows[0]
    labels = {"seeds": "Seeds", "hidden_size": "LSTM units", "trials": "Trials in an episode"}
    with style():
        figure = Figure(figsize=(7.2, 3.1), layout="constrained")
        FigureCanvasAgg(figure)
        for ax, varied in zip(figure.subplots(1, 3, sharey=True), labels, strict=True):
            others = [quantity for quantity in ("name", *labels) if quantity != varied]
            points = [row for row in rows if all(row[other] == base[other] for other in others)]
            scaling(sorted(points, key=lambda row: row[varied]), varied, ax)
            ax.set_xlabel(labels[varied])
        figure.get_axes()[0].set_ylabel("Training steps a second, all seeds")
        sizes = ("seeds", "seed"), ("hidden_size", "unit"), ("trials", "trial")
        usual = ", ".join(counted(base[name], noun) for name, noun in sizes)
        figure.suptitle(f"{base['name']}: {usual}, one varied; bars from the slowest to the fastest run", fontsize=8)
    return figure


def scaling(rows: list[Mapping[str, Any]], varied: str, ax: Axes) -> None:
    """Steps a second against one quantity, both axes logarithmic, with the slowest and the fastest measurement."""
    x = [row[varied] for row in rows]
    y = [row["steps_per_second"] for row in rows]
    ends = [[rate * row["steps"] for rate in row["slowest_and_fastest"]] for row in rows]
    spread = [[abs(end[which] - middle) for end, middle in zip(ends, y, strict=True)] for which in (0, 1)]
    ax.errorbar(x, y, yerr=spread, marker="o", markersize=3.5, linewidth=1, capsize=2, color="black")
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xticks(x, [f"{value:,}" for value in x], minor=False)
    ax.minorticks_off()
