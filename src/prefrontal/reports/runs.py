"""What the terminal shows of runs: a list of them, one of them, two side by side."""

import math
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from rich import box
from rich.console import Console
from rich.table import Table

from prefrontal.analysis.statistics import difference_interval, mean_interval
from prefrontal.reports.tables import decimals, verdict_word
from prefrontal.runs.inventory import LAST_EPISODES, Found, SeedState, ranges

REWARD = f"reward in training, last {LAST_EPISODES} episodes"
_UNITS = (("day", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


class Measure(NamedTuple):
    """What was measured of every seed."""

    per_seed: Sequence[float]
    interval95: tuple[float, float] | None = None
    """Of the mean, within the measure's range. None: Student's is taken."""

    @property
    def told(self) -> str:
        """The mean, and on a line of its own the interval."""
        found = mean_interval(self.per_seed)
        return _with_interval(found.mean, *(self.interval95 or (found.low, found.high)))


def print_runs(found: Sequence[Found], root: Path, console: Console) -> None:
    """A row a run in `root`: whose it is, how far it has come, what it earned at last, how old and how large it is."""
    table = Table(box=box.SIMPLE, padding=(0, 1, 0, 0), show_edge=False)
    for heading in ("experiment", "name", "state", "seeds", "reward", "age", "size"):
        right = heading in ("reward", "age", "size")
        table.add_column(heading, justify="right" if right else "left", no_wrap=right, overflow="fold")
    for run in found:
        place = run.path.relative_to(root)
        reward = reward_at_last(run.seeds[""]) if set(run.seeds) == {""} else []
        usual = len(place.parts) == 2 and run.experiment in (place.parts[0], "?")
        table.add_row(
            place.parts[0] if usual else run.experiment,
            place.name if usual else str(place if place.parts else run.path),
            run.state,
            ranges([state.seed for state in run.states] or run.tested_seeds),
            _number(float(np.mean(reward))) if reward else "",
            age(time.time() - run.changed_at),
            size(run.size),
        )
    console.print(table)


def print_seeds(run: Found, num_episodes: Mapping[str, int], console: Console) -> None:
    """A row a seed: how far it has come, and what it earned at last. Of many sets of networks, a row a set."""
    if len(run.seeds) > 1:
        heading, rows = "networks", [(name, states) for name, states in run.seeds.items()]
    else:
        heading, rows = "seed", [(str(one.seed), [one]) for one in run.states]
    table = Table(box=box.SIMPLE, padding=(0, 1, 0, 0), show_edge=False)
    table.add_column(heading)
    table.add_column("state")
    table.add_column("episodes", justify="right")
    table.add_column(REWARD, justify="right")
    for name, states in rows:
        reward, least = reward_at_last(states), min((one.episode for one in states), default=0)
        words = ", ".join(dict.fromkeys(one.state for one in states)) or "begun"
        whole = num_episodes.get(name if len(run.seeds) > 1 else next(iter(run.seeds)), 0)
        told = f"{least:,} of {whole:,}" if least < whole else f"{least:,}"
        table.add_row(name, words, told, _number(float(np.mean(reward))) if reward else "")
    console.print(table)


def print_differences(one: Mapping[str, Any], other: Mapping[str, Any], names: Sequence[str], console: Console) -> None:
    """A row an option in which two configs differ, or that they do not differ.

    Arguments:
        one, other: values by option.
        names: of the two runs.
        console: where to.
    """
    differing = [name for name in {**one, **other} if one.get(name) != other.get(name)]
    if not differing:
        console.print("Settings: the same.", highlight=False)
        return
    table = Table(title="settings that differ", title_justify="left", title_style="bold", box=box.SIMPLE)
    table.add_column("option")
    for name in names:
        table.add_column(name, justify="right", overflow="fold")
    for name in differing:
        table.add_row(f"--{name}", *(str(values.get(name, "-")) for values in (one, other)))
    console.print(table)


def print_results_of_two(
    one: Mapping[str, Measure], other: Mapping[str, Measure], names: Sequence[str], console: Console
) -> None:
    """A row a measure that both have: the means over seeds with their 95 % intervals, and the difference with its own.

    Arguments:
        one, other: by name.
        names: of the two runs.
        console: where to.
    """
    table = Table(title="results", title_justify="left", title_style="bold", box=box.SIMPLE, collapse_padding=True)
    table.add_column("mean over seeds")
    for name in (*names, "second less first"):
        table.add_column(name, justify="right", overflow="fold", min_width=len("-0.00 to -0.00"))
    for name in one:
        if name not in other:
            continue
        first, second = one[name], other[name]
        difference = difference_interval(second.per_seed, first.per_seed)
        table.add_row(name, first.told, second.told, _with_interval(difference.mean, difference.low, difference.high))
    console.print(table)
    console.print(
        "Below each: the 95 % interval over seeds. Of the difference it is Welch's: seeds of two runs are no pairs.",
        style="dim",
        highlight=False,
    )


def print_pairs(intact: Mapping[str, Measure], done: Mapping[str, Measure], title: str, console: Console) -> None:
    """A row a measure: the means over seeds of networks intact and intervened, and the difference, seed by seed.

    Arguments:
        intact, done: by name.
        title: what was done to which networks.
        console: where to.
    """
    console.print(title, style="bold", markup=False, highlight=False)
    table = Table(box=box.SIMPLE, collapse_padding=True)
    table.add_column("mean over seeds")
    for name in ("intact", "intervened", "difference"):
        table.add_column(name, justify="right", min_width=len("-0.00 to -0.00"))
    for name, pair in _pairs(intact, done).items():
        change = Measure([after - before for before, after in zip(*(one.per_seed for one in pair), strict=True)])
        table.add_row(name, *(one.told for one in (*pair, change)))
    console.print(table)
    console.print(
        "Below each: the 95 % interval over seeds; of the difference, intervened less intact, it is of pairs: each "
        "network with itself.",
        style="dim",
        highlight=False,
    )


def paired_table(intact: Mapping[str, Measure], done: Mapping[str, Measure], seeds: Sequence[int]) -> pd.DataFrame:
    """What each seed does: a row a measure and seed, with the columns "intact" and "intervened"."""
    rows = []
    for name, pair in _pairs(intact, done).items():
        values = list(zip(*(one.per_seed for one in pair), strict=True))
        names = seeds if len(seeds) == len(values) else range(len(values))
        rows += [(name, seed, *both) for seed, both in zip(names, values, strict=True)]
    return pd.DataFrame(rows, columns=["measure", "seed", "intact", "intervened"])


def _pairs(intact: Mapping[str, Measure], done: Mapping[str, Measure]) -> dict[str, tuple[Measure, Measure]]:
    both = {name: (intact[name], done[name]) for name in intact if name in done}
    return {name: pair for name, pair in both.items() if len(pair[0].per_seed) == len(pair[1].per_seed)}


def print_verdicts_of_two(
    one: Sequence[Mapping[str, Any]], other: Sequence[Mapping[str, Any]], names: Sequence[str], console: Console
) -> None:
    """A row a claim that both tested, by its name: what each measured, and whether it holds."""
    second = {verdict["name"]: verdict for verdict in other}
    pairs = [(verdict, second[verdict["name"]]) for verdict in one if verdict["name"] in second]
    shared = [pair for pair in pairs if any(verdict["passed"] is not None for verdict in pair)]
    if not shared:
        return
    table = Table(title="verdicts", title_justify="left", title_style="bold", box=box.SIMPLE, collapse_padding=True)
    table.add_column("measure")
    for name in names:
        table.add_column(name, justify="right", overflow="fold")
    for pair in shared:
        table.add_row(pair[0]["name"], *(f"{_number(one['measured'])} {verdict_word(one)}".strip() for one in pair))
    console.print(table)


def of_seeds(results: Mapping[str, Any]) -> dict[str, Measure]:
    """The measures in `results.json` that are told seed by seed, by their place in it."""
    found: dict[str, Measure] = {}

    def walk(part: Any, names: tuple[str, ...]) -> None:
        if not isinstance(part, Mapping):
            return
        values = part.get("per_seed")
        if isinstance(values, list) and values and all(value is None or _is_number(value) for value in values):
            name = ", ".join(names).replace("_", " ")
            low, high = part.get("interval95") or (None, None)
            bounds = None if low is None or high is None else (float(low), float(high))
            found[name] = Measure([math.nan if value is None else float(value) for value in values], bounds)
        for name, inner in part.items():
            walk(inner, (*names, str(name)))

    walk(results, ())
    return found


def reward_at_last(states: Sequence[SeedState]) -> list[float]:
    """What each seed earned at last, where something is saved of it."""
    return [state.reward for state in states if not math.isnan(state.reward)]


def age(seconds: int | float) -> str:
    """How long ago: "12 s", "5 min", "3 h", "2 days"."""
    name, length = next((unit for unit in _UNITS if seconds >= unit[1]), _UNITS[-1])
    number = int(max(0.0, seconds) // length)
    return f"{number} {name}{'s' * (name == 'day' and number != 1)}"


def size(num_bytes: int | float) -> str:
    """How large: "12 kB", "3.4 MB"."""
    for unit in ("B", "kB", "MB", "GB"):
        if num_bytes < 1000 or unit == "GB":
            break
        num_bytes /= 1000
    return f"{num_bytes:.1f} {unit}" if num_bytes < 10 and unit != "B" else f"{num_bytes:.0f} {unit}"


def _with_interval(mean: float, low: float, high: float) -> str:
    digits = 3 if abs(mean) < 1 and decimals(low, high) > 3 else decimals(mean, low, high)
    told = "" if math.isnan(mean) else f"{mean:,.{digits}f}"
    return told + ("" if math.isnan(low) else f"\n{low:,.{digits}f} to {high:,.{digits}f}")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number(value: float | int | None) -> str:
    if value is None or math.isnan(value):
        return ""
    return f"{value:.3f}" if abs(value) < 1 else f"{value:.2f}" if abs(value) < 100 else f"{value:,.0f}"
