"""What the terminal shows of results."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from rich import box
from rich.console import Console
from rich.table import Table

from prefrontal.configs.intervention import intervention_words


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
        numbers = (_plain(verdict[key]) for key in ("published", "measured"))
        rows.append((name, *numbers, "", "", verdict_word(verdict)))
    title = f"{_title(results)}, {results['test_episodes']} test episodes each"
    headings = ("stay probability after", "published", "measured", "95 % interval", "ideal", "verdict")
    console.print(_table(title, headings, rows))
    tolerances = sorted({v["tolerance"] for v in results["verdicts"] if v["tolerance"]})
    within = " or ".join(f"{tolerance:g}" for tolerance in tolerances)
    sources = {"Published": results["published_source"], "First trial only": results.get("first_transition_source")}
    told = " ".join(f"{name}: {source}." for name, source in sources.items() if source) or "Published: nothing."
    comparable = results.get("comparable", True)
    judged = f"Verdict: whether within {within} of the published value. " if within and comparable else ""
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
    rows = []
    for verdict in results["verdicts"]:
        published = _significant(verdict["published"])
        if published and verdict["tolerance"]:
            published += f" ± {verdict['tolerance']:g}"
        bounds = [_significant(bound) for bound in verdict.get("interval95") or ()]
        interval = "–".join(bounds) if all(bounds) else ""  # noqa: RUF001
        rows.append((verdict["name"], published, _significant(verdict["measured"]), interval, verdict_word(verdict)))
    headings = ("measure", "published", "measured", "95 % interval", "verdict")
    console.print(_table(_title(results), headings, rows))
    if not results.get("comparable", True):
        note = f"{why_not_comparable(results)} {note}"
    if note:
        console.print(note, style="dim")


def _title(results: Mapping[str, Any]) -> str:
    """Whose results they are, what was done to them, and how many seeds there are."""
    seeds, done = len(results["seeds"]), intervention_words(results.get("intervention"))
    told = f"{results['experiment']}, {done}" if done else results["experiment"]
    return f"{told}: {seeds} seed{'s' * (seeds != 1)}"


def why_not_comparable(results: Mapping[str, Any]) -> str:
    """Why nothing published stands beside the results."""
    options = [word for word in results.get("changed", ()) if word.startswith("--task.")]
    done = intervention_words(results.get("intervention"))
    why = " and ".join(
        ([f"another task ({' '.join(options)})"] if options else []) + ([f"with {done}"] if done else [])
    )
    return f"Published values and verdicts are left out: this is {why}."


def _table(title: str, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    """A table of text, without the columns "published" and "verdict" where they are empty; an empty row is a line."""
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE, collapse_padding=True)
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


def stay_summary(results: Mapping[str, Any]) -> dict[str, float | None]:
    """Of `results`, what a sweep compares: the mean reward with its interval, and the mean stay probabilities."""
    reward = results["reward_per_episode"]
    low, high = reward["interval95"]
    stays = {f"stay_{name}": part["mean"] for name, part in results["stay_probability"].items()}
    return {"reward": reward["mean"], "reward_low": low, "reward_high": high, **stays}


def print_sweep(table: pd.DataFrame, swept: Sequence[str], console: Console) -> None:
    """A row a setting: what the experiment's summary holds. Columns X_low and X_high are shown as X's interval."""
    shown = Table(box=box.SIMPLE, collapse_padding=True)
    measures = [str(name) for name in table if name not in (*swept, "run") and not str(name).endswith("_high")]
    for option in swept:
        shown.add_column(option.split(".")[-1].replace("-", " "), justify="right")
    for name in measures:
        heading = name.replace("stay_", "stay, ").replace("_", " ").replace("unrewarded", "no reward")
        if name.endswith("_low"):
            shown.add_column("95 % interval", justify="right", min_width=11)
        else:
            shown.add_column(heading, justify="right", min_width=max(map(len, heading.split())))
    for row in table.to_dict("records"):
        shown.add_row(*(row[option] for option in swept), *(_sweep_cell(row, name) for name in measures))
    console.print(shown)


def _sweep_cell(row: Mapping[Any, Any], name: str) -> str:
    measure = name.removesuffix("_low")
    digits = 1 if row[measure] is not None and abs(row[measure]) >= 10 else 3
    if measure == name:
        return _number(row[name], digits)
    return _interval([None if pd.isna(bound) else bound for bound in (row[name], row[f"{measure}_high"])], digits)


def _number(value: float | None, digits: int = 3) -> str:
    return "" if value is None or math.isnan(value) else f"{value:.{digits}f}"


def _plain(value: float | int | None) -> str:
    return "" if value is None or math.isnan(value) else f"{value:g}"


def _significant(value: float | int | None) -> str:
    return "" if value is None or math.isnan(value) else f"{value:.3g}"


def _interval(bounds: list[float | None], digits: int) -> str:
    low, high = bounds
    return "" if low is None or high is None else f"{low:.{digits}f}–{high:.{digits}f}"  # noqa: RUF001


def verdict_word(verdict: Mapping[str, Any] | None) -> str:
    """The verdict as a table shows it; nothing for a measurement, which claims nothing."""
    if verdict is None or verdict["passed"] is None:  # a measurement, not a claim
        return ""
    return "[green]yes[/]" if verdict["passed"] else "[red]NO[/]"
