"""What the terminal shows of results."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from rich import box
from rich.console import Console
from rich.table import Table

from prefrontal.configs.intervention import intervention_words
from prefrontal.errors import counted


def print_stay_report(results: Mapping[str, Any], console: Console) -> None:
    """Published against measured, a row each, with intervals over seeds and a verdict."""
    rows: list[tuple[str, ...]] = []
    verdicts = {verdict["name"]: verdict for verdict in results["verdicts"]}
    for measures, indent, prefix in (("stay_probability", "", "stay"), ("first_transition", " ", "stay, first")):
        if indent and measures in results:
            rows.append(("first trial only:", *[""] * 5))
        for name, part in results.get(measures, {}).items():
            label = name.replace("_", " ")
            verdict = verdict_word(verdicts.pop(f"{prefix}, {label}", None))
            numbers = (_number(part[key]) for key in ("published", "mean"))
            ideal = _number(part["bayes_optimal"])
            rows.append((indent + label, *numbers, _interval(part["interval95"], 3), ideal, verdict))
        rows.append(())
    reward = results["reward_per_episode"]
    mean, ideal = _number(reward["mean"], 1), _number(reward["bayes_optimal"], 1)
    rows.append(("reward per episode", "", mean, _interval(reward["interval95"], 1), ideal, ""))
    for name, verdict in verdicts.items():
        rows.append((name, *measured_cells(verdict), "", verdict_word(verdict)))
    title = f"{_title(results)}, {counted(results['test_episodes'], 'test episode')} each"
    headings = ("stay probability after", "published", "measured", "95 % interval", "ideal", "verdict")
    console.print(title, style="bold", highlight=False)
    console.print(_table(headings, rows))
    within = _within(results["verdicts"])
    sources = {"Published": results["published_source"], "First trial only": results.get("first_transition_source")}
    told = " ".join(f"{name}: {source}." for name, source in sources.items() if source) or "Published: nothing."
    comparable = results.get("comparable", True)
    judged = f"Verdict: whether within {within}. " if within and comparable else ""
    references = f"chance earns {_number(reward['chance'], 1)}, an oracle {_number(reward['oracle'], 1)}. "
    note = f"{judged}Intervals are over seeds. Ideal: the Bayes-optimal agent; {references}"
    console.print(note + (told if comparable else why_not_comparable(results)), style="dim")


def print_verdicts(results: Mapping[str, Any], console: Console, *, note: str = "") -> None:
    """A row a verdict, for experiments of every kind: what is claimed, the published number, ours.

    Arguments:
        results: as in `results.json`, of which it reads "experiment", "seeds" and "verdicts" (see
            `experiments.results.near` and `holds`; a verdict may also carry "interval95").
        console: where to.
        note: a line below the table.
    """
    rows = [(verdict["name"], *measured_cells(verdict), verdict_word(verdict)) for verdict in results["verdicts"]]
    headings = ("measure", "published", "measured", "95 % interval", "verdict")
    console.print(_title(results), style="bold", highlight=False)
    console.print(_table(headings, rows))
    if not results.get("comparable", True):
        note = f"{why_not_comparable(results)} {note}"
    if note:
        console.print(note, style="dim")


def measured_cells(verdict: Mapping[str, Any]) -> tuple[str, str, str]:
    """What was published, what was measured and its interval, as a table shows them: with decimals of one number."""
    published, measured, tolerance = verdict["published"], verdict["measured"], verdict["tolerance"]
    bounds = verdict.get("interval95") or ()
    digits = decimals(published, measured, *bounds)
    of = verdict.get("of")
    ours = _count(measured) + f" of {of}" if of is not None else _in_row(measured, digits)
    theirs = _in_row(published, digits) + (f" ± {tolerance:g}" if tolerance and published is not None else "")
    ends = [_in_row(bound, digits) for bound in bounds]
    return theirs, ours, " to ".join(ends) if ends and all(ends) else ""


def decimals(*values: float | int | None) -> int:
    """How many decimals show the largest of `values` to three figures; of numbers below .01 to two."""
    largest = max((abs(value) for value in values if value is not None and math.isfinite(value)), default=0.0)
    if largest >= 0.01 or not largest:
        return 0 if largest >= 1000 else 1 if largest >= 10 else 2 if largest > 1 else 3
    return 1 - math.floor(math.log10(largest))


def _within(verdicts: Sequence[Mapping[str, Any]]) -> str:
    """How near the published values measured ones are to be, those of first trials apart where there are any."""
    found: dict[str, set[float]] = {}
    for verdict in verdicts:
        if verdict["tolerance"]:
            kind = "of the first trial only, " * verdict["name"].startswith("stay, first,")
            found.setdefault(kind, set()).add(verdict["tolerance"])
    told = [kind + " or ".join(f"{number:g}" for number in sorted(numbers)) for kind, numbers in found.items()]
    return f"{told[0]} of the published value{''.join(f'; {more}' for more in told[1:])}" if told else ""


def _title(results: Mapping[str, Any]) -> str:
    """Whose results they are, what was done to them, and how many seeds there are."""
    seeds, done = len(results["seeds"]), intervention_words(results.get("intervention"))
    told = f"{results['experiment']}, {done}" if done else results["experiment"]
    usual = results.get("seeds_of_preset", seeds)
    other = f" (the preset has {usual})" if usual != seeds else ""
    return f"{told}: {counted(seeds, 'seed')}{other}"


def why_not_comparable(results: Mapping[str, Any]) -> str:
    """Why nothing published stands beside the results."""
    options = [word for word in results.get("changed", ()) if word.startswith("--task.")]
    done = intervention_words(results.get("intervention"))
    why = " and ".join(
        ([f"another task ({' '.join(options)})"] if options else []) + ([f"with {done}"] if done else [])
    )
    return f"Published values and verdicts are left out: this is {why}."


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    """A table of text, without the columns "published" and "verdict" where they are empty; an empty row is a line."""
    table = Table(box=box.SIMPLE, collapse_padding=True)
    shown = [
        place
        for place, heading in enumerate(headings)
        if heading not in ("published", "verdict") or any(row[place] for row in rows if row)
    ]
    for place in shown:
        right = headings[place] not in (headings[0], "verdict")
        table.add_column(
            headings[place],
            justify="right" if right else "left",
            no_wrap=headings[place] not in ("measure", "verdict"),
        )
    for row in rows:
        if row:
            table.add_row(*(row[place] for place in shown))
        else:
            table.add_section()
    return table


def plain_table(headings: Sequence[str], rows: Sequence[Sequence[str]], title: str | None = None) -> Table:
    """A table of text whose first column is of names, and the others of numbers."""
    shown = Table(title=title, title_justify="left", box=box.SIMPLE, padding=(0, 1), show_edge=False)
    for place, heading in enumerate(headings):
        shown.add_column(heading, justify="right" if place else "left")
    for row in rows:
        shown.add_row(*row)
    return shown


def stay_summary(results: Mapping[str, Any]) -> dict[str, float | None]:
    """Of `results`, what a sweep compares: the mean reward with its interval, and the mean stay probabilities."""
    reward = results["reward_per_episode"]
    low, high = reward["interval95"]
    stays = {f"stay_{name}": part["mean"] for name, part in results["stay_probability"].items()}
    return {"reward": reward["mean"], "reward_low": low, "reward_high": high, **stays}


def print_sweep(table: pd.DataFrame, swept: Sequence[str], console: Console) -> None:
    """A column a setting, and a row a measure of the experiment's summary: X_low and X_high are X's interval. Settings
    that do not fit beside each other are told below each other."""
    first, *others = swept
    rows: list[tuple[str, list[str]]] = [(option, list(map(str, table[option]))) for option in others]
    for name in map(str, table):
        if name in (*swept, "run") or name.endswith(("_low", "_high")):
            continue
        values, ends = _column(table, name), [_column(table, f"{name}_{end}") for end in ("low", "high")]
        digits = decimals(*values)
        label = name.replace("stay_", "stay, ").replace("_", " ")
        rows.append((label, [_in_row(value, digits) for value in values]))
        if f"{name}_low" in table:
            shown = [[_in_row(value, digits) for value in side] for side in ends]
            spans = [f"{low} to {high}" if low and high else "" for low, high in zip(*shown, strict=True)]
            rows.append(("  95 % interval", spans))
    heads = list(map(str, table[first]))
    label_width = min(console.width // 2, max(len(first), *(len(label) for label, _ in rows)))
    widest = max(map(len, [*heads, *(cell for _, cells in rows for cell in cells)]))
    num = max(1, (console.width - label_width - 4) // (widest + 2))
    for start in range(0, len(heads), num):
        shown_here = Table(box=box.SIMPLE, collapse_padding=True)
        shown_here.add_column(first, min_width=min(label_width, console.width // 2))
        for head in heads[start : start + num]:
            shown_here.add_column(head, justify="right", no_wrap=True)
        for place, (label, cells) in enumerate(rows):
            shown_here.add_row(label, *cells[start : start + num], end_section=place == len(others) - 1)
        console.print(shown_here)


def _column(table: pd.DataFrame, name: str) -> list[float | None]:
    """None where nothing was measured, or there is no such column."""
    if name not in table:
        return [None] * len(table)
    return [None if math.isnan(value) else value for value in table[name].astype(float).tolist()]


def _in_row(value: float | int | None, digits: int) -> str:
    """`value` with so many decimals, those that would be lost for zeros with two figures; a whole number as it is."""
    if value is None or math.isnan(value):
        return ""
    if isinstance(value, int):
        return _count(value)
    text = f"{value:,.{digits}f}"
    return f"{value:.1e}" if value and not float(text.replace(",", "")) else text


def _count(value: float | int | None) -> str:
    return "" if value is None or math.isnan(value) else f"{value:,g}"


def _number(value: float | None, digits: int = 3) -> str:
    return "" if value is None or math.isnan(value) else f"{value:.{digits}f}"


def _interval(bounds: list[float | None], digits: int) -> str:
    low, high = bounds
    return "" if low is None or high is None else f"{low:.{digits}f} to {high:.{digits}f}"


def span(low: float, high: float, digits: int = 3) -> str:
    """An interval as a table shows it: nothing where there is none, as of a single subject."""
    return _interval([None if math.isnan(end) else end for end in (low, high)], digits)


def verdict_word(verdict: Mapping[str, Any] | None) -> str:
    """The verdict as a table shows it; nothing for a measurement, which claims nothing."""
    if verdict is None or verdict["passed"] is None:  # a measurement, not a claim
        return ""
    return "[green]yes[/]" if verdict["passed"] else "[red]NO[/]"
