"""What the terminal shows of results."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from rich import box
from rich.console import Console
from rich.table import Table


def print_stay_report(results: Mapping[str, Any], console: Console) -> None:
    """Published against measured, a row each, with intervals over seeds and a verdict."""
    seeds = len(results["seeds"])
    title = f"{results['experiment']}: {seeds} seed{'s' * (seeds != 1)}, {results['test_episodes']} test episodes each"
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE, collapse_padding=True)
    table.add_column("stay probability after", no_wrap=True)
    for heading in ("published", "measured", "95 % interval", "ideal"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("verdict")
    verdicts = {verdict["name"]: verdict for verdict in results["verdicts"]}
    for measures, indent, prefix in (("stay_probability", "", "stay"), ("first_transition", " ", "stay, first")):
        if indent and measures in results:
            table.add_row("first trial only:")
        for name, part in results.get(measures, {}).items():
            label = name.replace("_", " ")
            table.add_row(
                indent + label,
                _number(part["published"]),
                _number(part["mean"]),
                _interval(part["interval95"], 3),
                _number(part["bayes_optimal"]),
                _verdict(verdicts.pop(f"{prefix}, {label}", None)),
            )
        table.add_section()
    reward = results["reward_per_episode"]
    tolerances = sorted({v["tolerance"] for v in results["verdicts"] if v["tolerance"]}) or [0]
    within = " or ".join(f"{tolerance:g}" for tolerance in tolerances)
    mean, ideal = _number(reward["mean"], 1), _number(reward["bayes_optimal"], 1)
    table.add_row("reward per episode", "", mean, _interval(reward["interval95"], 1), ideal, "")
    for name, verdict in verdicts.items():
        table.add_row(name, f"{verdict['published']:g}", f"{verdict['measured']:g}", "", "", _verdict(verdict))
    sources = {"Published": results["published_source"], "First trial only": results.get("first_transition_source")}
    told = " ".join(f"{name}: {source}." for name, source in sources.items() if source)
    console.print(table)
    console.print(
        f"Verdict: whether within {within} of the published value. Intervals are over seeds. "
        f"Ideal: the Bayes-optimal agent; chance earns {reward['chance']:.1f}, an oracle {reward['oracle']:.1f}. "
        + (told or "Published: nothing."),
        style="dim",
    )


def print_verdicts(results: Mapping[str, Any], console: Console, *, note: str = "") -> None:
    """A row a verdict, for experiments of every kind: what is claimed, the published number, ours.

    Arguments:
        results: as in `results.json`, of which it reads "experiment", "seeds" and "verdicts" (see
            `experiments.results.near` and `holds`; a verdict may also carry "interval95").
        console: where to.
        note: a line below the table.
    """
    seeds = len(results["seeds"])
    title = f"{results['experiment']}: {seeds} seed{'s' * (seeds != 1)}"
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE, collapse_padding=True)
    table.add_column("measure")
    for heading in ("published", "measured", "95 % interval"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("verdict")
    for verdict in results["verdicts"]:
        published = _significant(verdict["published"])
        if published and verdict["tolerance"]:
            published += f" ± {verdict['tolerance']:g}"
        bounds = [_significant(bound) for bound in verdict.get("interval95") or ()]
        interval = "–".join(bounds) if all(bounds) else ""  # noqa: RUF001
        table.add_row(verdict["name"], published, _significant(verdict["measured"]), interval, _verdict(verdict))
    console.print(table)
    if note:
        console.print(note, style="dim")


def stay_summary(results: Mapping[str, Any]) -> dict[str, float]:
    """Of `results`, what a sweep compares: the mean reward with its interval, and the mean stay probabilities."""
    reward = results["reward_per_episode"]
    low, high = (math.nan if bound is None else bound for bound in reward["interval95"])
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
    digits = 1 if abs(row[measure]) >= 10 else 3
    if measure == name:
        return _number(row[name], digits)
    return _interval([None if pd.isna(bound) else bound for bound in (row[name], row[f"{measure}_high"])], digits)


def _number(value: float | None, digits: int = 3) -> str:
    return "" if value is None or math.isnan(value) else f"{value:.{digits}f}"


def _significant(value: float | int | None) -> str:
    return "" if value is None or math.isnan(value) else f"{value:.3g}"


def _interval(bounds: list[float | None], digits: int) -> str:
    low, high = bounds
    return "" if low is None or high is None else f"{low:.{digits}f}–{high:.{digits}f}"  # noqa: RUF001


def _verdict(verdict: Mapping[str, Any] | None) -> str:
    if verdict is None or verdict["passed"] is None:  # a measurement, not a claim
        return ""
    return "[green]yes[/]" if verdict["passed"] else "[red]NO[/]"
