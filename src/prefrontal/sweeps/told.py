"""What the terminal shows of a sweep: its plan, how it goes, its table."""

import math
from collections import Counter
from collections.abc import Sequence

import pandas as pd
from rich import box
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from prefrontal.errors import counted
from prefrontal.progress import duration
from prefrontal.runs.inventory import ranges
from prefrontal.sweeps.spec import Spec
from prefrontal.sweeps.standing import ENDED, STATES, Standing, cost
from prefrontal.sweeps.table import in_order, measures_of, options_of

MOST_ROWS = 20
"""So many settings, units or failures are shown."""


def print_plan(spec: Spec, found: Sequence[Standing], console: Console) -> None:
    """Units, what is done of them, and what the rest will cost."""
    left = cost(found, spec.resources)
    settings = {one.unit.setting: one.unit for one in found}
    seeds = sorted({seed for one in found for seed in one.unit.seeds})
    lines = [
        f"{counted(len(settings), 'setting')}, {counted(len(seeds), 'seed')} each ({ranges(seeds)}): "
        f"{counted(len(found), 'unit')} of up to {counted(min(spec.resources.block, len(seeds)), 'seed')}",
        f"Results: {spec.out}",
        f"A unit computes on {given(spec)}.",
    ]
    print("\n".join(lines), file=console.file)
    states = [state for state in STATES if state != "pruned" or any(one.state == state for one in found)]
    table = _plain_table("experiment", "units", *states)
    for name in dict.fromkeys(one.unit.experiment.name for one in found):
        of = Counter(one.state for one in found if one.unit.experiment.name == name)
        table.add_row(name, f"{of.total():,}", *(f"{of[state]:,}" if of[state] else "" for state in states))
    console.print(table)
    to_do = [one for one in found if one.state not in ENDED]
    if to_do:
        units = _plain_table("units to do", "state", "trained")
        for one in to_do[:MOST_ROWS]:
            units.add_row(one.unit.name, one.state, f"{one.share:.0%}" if one.share else "")
        console.print(units)
        _tell_more(len(to_do), console)
    print_failures(found, console)
    if not to_do:
        took = sum(one.seconds for one in found) / 3600
        print(f"Nothing is left to do. It took {hours(took)} of workers.", file=console.file)
        return
    basis = (
        "as those done took" if left.is_measured else "as the presets say of themselves; a guess until some are done"
    )
    money = f", {left.price:,.2f} in money" if left.price else ""
    print(f"Left: about {hours(left.unit_hours)} of one worker{money} ({basis}).", file=console.file)


def given(spec: Spec) -> str:
    """What a unit computes on, in words."""
    resources = spec.resources
    words = [counted(resources.cores, "core"), counted(resources.gpus, "GPU") if resources.gpus else "no GPU"]
    return ", ".join(words + ([f"{resources.memory_gb:g} GB of memory"] if resources.memory_gb else []))


def print_table(table: pd.DataFrame, measure: str, found: Sequence[Standing], console: Console) -> None:
    """The best settings first, with intervals over seeds; then failures, and what it took."""
    options, shown = options_of(table), in_order(table, measure).head(MOST_ROWS)
    rows = Table(box=box.SIMPLE, padding=(0, 1, 0, 0), show_edge=False)
    for option in options:
        heading = option.split(".")[-1].replace("_", " ").replace("-", " ")
        rows.add_column(heading, justify="right", overflow="fold", min_width=max(map(len, heading.split())))
    measures = [measure, *(name for name in measures_of(table) if name != measure)] if measure else []
    measures = measures[: 1 if len(options) > 1 else 2]  # as many as 80 columns hold
    rows.add_column("seeds", justify="right")
    for name in measures:
        heading = name.removesuffix(" episodes").replace("reward in training, last 100", "reward in training")
        rows.add_column(heading, justify="right", min_width=max(map(len, heading.split())))
        rows.add_column("95 % interval", justify="right", no_wrap=True)
    rows.add_column("units", justify="right", overflow="fold")
    rows.add_column("min", justify="right")
    for row in shown.to_dict("records"):
        cells = [cell for name in measures for cell in measured(row, name)]
        units = sum(row[state] for state in STATES)
        told = f"{row['done']}/{units}" + (f", {row['failed']} failed" if row["failed"] else "")
        rows.add_row(*(plain(row[name]) for name in options), str(row["seeds"]), *cells, told, f"{row['minutes']:.1f}")
    console.print(rows)
    _tell_more(len(table), console)
    if measure and not math.isnan(best := float(in_order(table, measure)[measure].iloc[0])):
        row = in_order(table, measure).iloc[0]
        values = ", ".join(f"{option} {plain(row[option])}" for option in options) or "the only one"
        console.print(Text(f"Best by {measure}: {values} ({number(best)}), in {row['run']}"))
    print_failures(found, console)
    took, counts = sum(one.seconds for one in found) / 3600, Counter(one.state for one in found)
    told = ", ".join(f"{counts[state]:,} {state}" for state in STATES if counts[state])
    print(f"Units: {told}. Workers took {hours(took)}.", file=console.file, flush=True)


def print_failures(found: Sequence[Standing], console: Console) -> None:
    """Units that failed, and why."""
    failed = [one for one in found if one.state == "failed"]
    for one in failed[:MOST_ROWS]:
        console.print(Text(f"Failed: {one.unit.name}: {one.reason}"))
    _tell_more(len(failed), console)


def under_way(found: Sequence[Standing], counts: Counter[str], elapsed: float) -> Group:
    """How a sweep goes: how many are done, and each that is under way."""
    told = ", ".join(f"{counts[state]:,} {state}" for state in STATES if counts[state])
    rows = Table(box=box.SIMPLE, padding=(0, 1, 0, 0), show_edge=False)
    for heading in ("unit", "trained", "reward", "on"):
        rows.add_column(heading, justify="left" if heading in ("unit", "on") else "right", overflow="fold")
    for one in found[:MOST_ROWS]:
        told_by = one.last.progress if one.last else {}
        host = str(one.last.owner.get("host", "")) if one.last else ""
        rows.add_row(one.unit.name, f"{one.share:.0%}", number(told_by.get("reward", math.nan)), host)
    return Group(Text(f"Units: {told}; {duration(elapsed)} so far"), rows)


def measured(row: dict[str, object], name: str) -> tuple[str, str]:
    """A measure of a setting as a table shows it: the mean, and its interval over seeds."""
    mean, low, high = (float(str(row[of])) for of in (name, f"{name} low", f"{name} high"))
    return number(mean), "" if math.isnan(low) else f"{number(low)} to {number(high)}"


def number(value: float) -> str:
    """A measure in three or four digits; empty where there is none."""
    if math.isnan(value):
        return ""
    return f"{value:.3f}" if abs(value) < 1 else f"{value:.2f}" if abs(value) < 100 else f"{value:,.0f}"


def plain(value: object) -> str:
    """The value of an option as a table shows it: of a number that was drawn, four digits."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def hours(value: float) -> str:
    """A time in words: "40 s", "12 min", "3.5 h"."""
    if value < 1 / 60:
        return f"{value * 3600:.0f} s"
    return f"{value * 60:.0f} min" if value < 2 else f"{value:,.1f} h"


def _tell_more(num: int, console: Console) -> None:
    if num > MOST_ROWS:
        print(f"... and {num - MOST_ROWS:,} more", file=console.file)


def _plain_table(*headings: str) -> Table:
    table = Table(box=box.SIMPLE, padding=(0, 1, 0, 0), show_edge=False)
    for place, heading in enumerate(headings):
        table.add_column(heading, justify="right" if place else "left", overflow="fold")
    return table
