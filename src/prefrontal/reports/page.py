"""A run, or two side by side, as one page that can be sent to somebody: nothing in it is fetched from elsewhere.

It is a template of Jinja2, which escapes whatever is put into it; with templates of Python's own every place would have
to remember to.
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

from prefrontal.analysis.statistics import difference_interval
from prefrontal.reports.curves import Curves
from prefrontal.reports.runs import Measure
from prefrontal.reports.tables import measured_cells
from prefrontal.runs.files import read_bytes
from prefrontal.runs.provenance import now, versions

MOST_FIGURES = 12
"""So many figures of a run are shown."""


@dataclass(frozen=True)
class Figure:
    """A drawing of a run."""

    name: str
    data: str
    """The SVG file, in base64: as a picture it can run nothing."""
    alt: str


@dataclass(frozen=True)
class RunPart:
    """What the page says of one run."""

    name: str
    title: str
    asked: str
    """What the experiment asks, or shows."""
    state: str
    changed: Sequence[str]
    """The options that are not the preset's."""
    again: str
    """Commands that do it again."""
    cite: str
    config: str
    environment: str
    figures: Sequence[Figure] = ()
    verdicts: Sequence[Sequence[str]] = ()
    note: str = ""
    curves: Sequence[tuple[str, Curves]] = ()
    """By the name of the set of networks."""
    seeds: Sequence[Sequence[str]] = ()
    """A table: headings, then a row a seed."""


@dataclass(frozen=True)
class Compared:
    """Two runs side by side."""

    names: list[str]
    settings: Sequence[Sequence[str]] = ()
    results: Sequence[Sequence[str]] = field(default_factory=list)


def render(runs: Sequence[RunPart], compared: Compared | None = None) -> str:
    """The page.

    Arguments:
        runs: one, or two.
        compared: how two of them differ.
    """
    from jinja2 import Environment, StrictUndefined

    source = resources.files("prefrontal.reports").joinpath("page.html").read_text(encoding="utf-8")
    template = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True).from_string(source)
    title = " and ".join(run.name for run in runs)
    return template.render(title=title, runs=runs, compared=compared, written=now(), version=versions()["prefrontal"])


def figures_of(folder: Path) -> list[Figure]:
    """The drawings in the folder of a run: its figure, then the others by name."""
    found = sorted(folder.glob("*.svg"), key=lambda path: (path.stem != "figure", path.stem))[:MOST_FIGURES]
    return [
        Figure(path.stem, base64.b64encode(read_bytes(path)).decode(), f"Figure {path.stem} of the run {folder.name}")
        for path in found
    ]


def verdict_rows(verdicts: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    """Headings, then a row a verdict: what is claimed, the published number, ours, its interval, and whether it holds;
    without the columns that nothing is in."""
    words = {True: "yes", False: "NO", None: ""}
    headings = ["measure", "published", "measured", "95 % interval", "verdict"]
    rows = [headings, *([one["name"], *measured_cells(one), words[one["passed"]]] for one in verdicts)]
    kept = [place for place in range(len(headings)) if any(row[place] for row in rows[1:])]
    return [[row[place] for place in kept] for row in rows] if verdicts else []


def setting_rows(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[list[str]]:
    """A row an option in which two configs differ."""
    names = [name for name in {**one, **other} if one.get(name) != other.get(name)]
    return [[f"--{name}", *(str(values.get(name, "-")) for values in (one, other))] for name in names]


def result_rows(one: Mapping[str, Measure], other: Mapping[str, Measure]) -> list[list[str]]:
    """A row a measure that both have: means with intervals, and the difference with its own."""
    rows = []
    for name in (name for name in one if name in other):
        difference = difference_interval(other[name].per_seed, one[name].per_seed)
        between = Measure([difference.mean], (difference.low, difference.high))
        rows.append([name, *(_in_a_line(measure.told) for measure in (one[name], other[name], between))])
    return rows


def _in_a_line(told: str) -> str:
    mean, _, interval = told.partition("\n")
    return f"{mean} ({interval})" if interval else mean
