"""Parts that figures of several panels share."""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.gridspec import GridSpec

from prefrontal.errors import counted
from prefrontal.figures.style import PALETTE, font_families, missing_letters_allowed

HEADING: dict[str, Any] = {"fontsize": 10.0, "weight": "bold"}
CAPTION: dict[str, Any] = {"fontsize": 7.5, "color": "dimgrey"}


class Above:
    """The heading of a figure and the caption below it, broken into lines that fit its width."""

    def __init__(self, width: float, title: str, caption: str = "") -> None:
        """`width` in inches, of the figure."""
        room = width - 0.3
        self.heading = balanced(title, room, HEADING["fontsize"], HEADING["weight"])
        self.caption = wrapped(caption, room, CAPTION["fontsize"])
        if self.caption and text_width(self.caption[-1], CAPTION["fontsize"]) < room / 4:
            self.caption = balanced(caption, room, CAPTION["fontsize"])

    @property
    def height(self) -> float:
        """Inches that the text takes, from the top of the figure."""
        return 0.1 + 0.19 * len(self.heading) + 0.16 * len(self.caption)

    def write(self, figure: Figure) -> None:
        """Write both at the top of `figure`."""
        width, height = figure.get_size_inches()
        for lines, y, looks in (
            (self.heading, 0.1, HEADING),
            (self.caption, 0.1 + 0.19 * len(self.heading), CAPTION),
        ):
            figure.text(0.15 / width, 1 - y / height, "\n".join(lines), looks, va="top", parse_math=False)


def wrapped(text: str, width: float, size: float, weight: str = "normal") -> list[str]:
    """`text` in lines of at most `width` inches, a word that is longer than that on its own; `size` in points."""
    lines: list[str] = []
    for word in re.findall(r"[^ \n]+", text):  # a space that holds two words together is none
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, size, weight) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def balanced(text: str, width: float, size: float, weight: str = "normal") -> list[str]:
    """`wrapped` in no more lines than it takes, of about one length: no last line of a single word."""
    lines = wrapped(text, width, size, weight)
    narrower = (wrapped(text, share * width, size, weight) for share in np.arange(0.5, 1.0, 0.05))
    return next((tried for tried in narrower if len(tried) == len(lines)), lines) if len(lines) > 1 else lines


def text_width(text: str, size: float, weight: str = "normal") -> float:
    """Inches that a line of text takes."""
    return size * sum(_letter_width(letter, weight) for letter in text)


@cache
def _letter_width(letter: str, weight: str) -> float:
    """Inches a point of size. By letter, for speed: kerning takes little."""
    return (_drawn_width(f"|{letter}|", weight) - _drawn_width("||", weight)) / 7200


def _drawn_width(text: str, weight: str) -> float:
    font = FontProperties(family=font_families(), size=100, weight=weight)
    with missing_letters_allowed():
        return RendererAgg(8, 8, 72).get_text_width_height_descent(text, font, ismath=False)[0]


def page(width: float, height: float, title: str, caption: str) -> tuple[Figure, float]:
    """An empty figure with its title and, below it, a caption; sizes in inches.

    Returns:
        The figure, and how much of its height, from the top, the text takes.
    """
    figure, above = Figure(figsize=(width, height)), Above(width, title, caption)
    FigureCanvasAgg(figure)
    above.write(figure)
    return figure, above.height


def grid(figure: Figure, rows: int, columns: int, **spacing: Any) -> GridSpec:
    """Room for panels, in inches from the figure's edges: left, right, bottom, top; wspace and hspace as ever."""
    width, height = figure.get_size_inches()
    edges = {
        "left": spacing.pop("left", 0.55) / width,
        "right": 1 - spacing.pop("right", 0.15) / width,
        "bottom": spacing.pop("bottom", 0.45) / height,
        "top": 1 - spacing.pop("top") / height,
    }
    return GridSpec(rows, columns, figure=figure, **edges, **spacing)


def letter(ax: Axes, name: str, x: float = -0.22) -> None:
    """The panel's letter, left above it."""
    ax.text(x, 1.06, name, transform=ax.transAxes, fontsize=11, weight="bold", va="bottom")


def seed_column(ax: Axes, x: float | int, part: Mapping[str, Any], color: str, *, width: float = 0.5) -> None:
    """One measure at `x`: a bar to the mean over seeds, its 95 % interval, and a dot a seed.

    Arguments:
        ax: where to draw.
        x: middle of the bar.
        part: "per_seed", "mean" and "interval95", as in `results.json`.
        color: of the bar.
        width: of the bar, in data units.
    """
    seeds = np.array(part["per_seed"], float)
    mean = np.nan if part["mean"] is None else part["mean"]
    ax.bar(x, mean, width, color=color, alpha=0.45, linewidth=0)
    low, high = (np.nan if bound is None else bound for bound in part["interval95"])
    ax.plot([x, x], [low, high], color=PALETTE["ours"], linewidth=1.0, zorder=4, gid="interval")
    beside = np.linspace(-0.3, 0.3, len(seeds)) * width if len(seeds) > 1 else np.zeros(1)
    ax.plot(x + beside, seeds, "o", color=color, markersize=3, markeredgecolor="white", markeredgewidth=0.3, zorder=6)


def published_mark(ax: Axes, x: float | int, value: float | None, *, width: float = 0.5) -> None:
    """The published value at `x`, a line across the bar; no dot is hidden by it."""
    if value is not None:
        half = width * 0.62
        ax.plot([x - half, x + half], [value, value], color=PALETTE["published"], linewidth=2.0, zorder=3)


def published_by(results: Mapping[str, Any], source: str | None) -> str:
    """The end of a caption that says where published values are from; empty where none of them belongs there."""
    return f" Published: {source}." if results.get("comparable", True) else ""


def seeds_of(results: Mapping[str, Any]) -> str:
    """How many seeds there are, in words."""
    return counted(len(results["seeds"]), "seed")


def names_below(ax: Axes, names: Sequence[str], **looks: Any) -> None:
    """Name the columns at x = 0, 1, 2, ..., those without a bar, too."""
    ax.set_xlim(-0.6, len(names) - 0.4)
    ax.set_xticks(range(len(names)), names, **looks)
    ax.tick_params(axis="x", length=0)
