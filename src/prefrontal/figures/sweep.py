"""The figure of a sweep: what was measured against the setting that was swept."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from prefrontal.errors import counted
from prefrontal.figures.parts import Above, wrapped
from prefrontal.figures.style import PALETTE, style

MOST_MEASURES = 6
"""Panels of a figure: more would be too small to read."""
COLUMNS = 3
LOOKS = [
    {"color": PALETTE[name], "marker": marker}
    for name, marker in zip(
        ("ours", "unrewarded", "common", "bayes_optimal", "published", "uncommon"), "osD^vP", strict=True
    )
]
"""Of the lines, where more than one option was swept: settings beyond the sixth look like earlier ones."""

Measured = Mapping[str, tuple[Sequence[float], tuple[float, float] | None]]
"""Values of each seed and the 95 % interval of their mean, None of a single one, by the measure's name."""


def sweep_figure(points: Sequence[Mapping[str, Any]], measured: Sequence[Measured], title: str) -> Figure:
    """Measures against the values of the first option that was swept, a panel a measure: a dot a seed, their means
    joined, 95 % intervals over seeds. Where several options were swept, a line a setting of the others.

    Arguments:
        points: the values of each setting by option, the options in the same order.
        measured: what was measured in each of `points`; the first `MOST_MEASURES` that all have are drawn.
        title: the figure's title.
    """
    option, *others = points[0]
    values = list(dict.fromkeys(str(point[option]) for point in points))
    lines = list(dict.fromkeys(_setting(point, others) for point in points))
    names = [name for name in measured[0] if all(name in one for one in measured)]
    shown, seeds = names[:MOST_MEASURES], max(len(one[names[0]][0]) for one in measured)
    caption = f"{counted(seeds, 'seed')} of each setting (dots), their mean" + (
        ", and its 95 % interval." if seeds > 1 else "."
    )
    if len(names) > len(shown):
        caption += f" Of {counted(len(names) - len(shown), 'measure')} more, the results of each run tell."
    with style():
        columns = min(COLUMNS, len(shown))
        rows = -(-len(shown) // columns)
        width = max(3.6, 2.4 * columns)
        above, below = Above(width, title, caption), 0.2 * bool(others) * -(-len(lines) // 2)
        height = 1.9 * rows + 0.2 + above.height + below
        figure = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasAgg(figure)
        top = 1 - (above.height + 0.05 + below) / height
        figure.get_layout_engine().set(rect=(0, below / height, 1, top))  # pyright: ignore
        axes = list(figure.subplots(rows, columns, squeeze=False, sharex=True).flat)
        for ax in axes[len(shown) :]:
            ax.remove()
        for ax, name in zip(axes, shown, strict=False):
            for number, (setting, looks) in enumerate(zip(lines, itertools.cycle(LOOKS))):
                here = [place for place, point in enumerate(points) if _setting(point, others) == setting]
                at = np.array([values.index(str(points[place][option])) for place in here], float)
                at += 0.12 * (number - (len(lines) - 1) / 2)
                means = [float(np.nanmean(measured[place][name][0])) for place in here]
                ax.plot(at, means, linewidth=1.4, markersize=4, label=setting, gid=f"mean-{setting}", **looks)
                for x, place in zip(at, here, strict=True):
                    each, bounds = measured[place][name]
                    ax.plot(np.full(len(each), x), each, ".", color=looks["color"], markersize=3, alpha=0.4, zorder=1)
                    if bounds is not None:
                        ax.vlines(x, *bounds, color=looks["color"], linewidth=1.2)
            ax.set_xticks(range(len(values)), values)
            ax.set_xlim(-0.5, len(values) - 0.5)
            ax.tick_params(labelbottom=True)
            ax.set_title("\n".join(wrapped(name, 2.0, 8.0)), fontsize=8)
            ax.set_xlabel(option)
        for _, alike in itertools.groupby(zip(shown, axes, strict=False), key=lambda one: one[0].partition(",")[0]):
            of_one_kind = [ax for _, ax in alike]  # "stay probability, ..." on one scale
            bounds = np.array([ax.get_ylim() for ax in of_one_kind])
            for ax in of_one_kind:
                ax.set_ylim(bounds[:, 0].min(), bounds[:, 1].max())
        above.write(figure)
        if others:
            handles, labels = axes[0].get_legend_handles_labels()
            figure.legend(handles, labels, loc="lower center", ncols=2, fontsize=7)
    return figure


def _setting(point: Mapping[str, Any], options: Sequence[str]) -> str:
    return ", ".join(f"{option} {point[option]}" for option in options)
