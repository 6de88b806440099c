"""What the terminal shows of results."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from rich import box
from rich.console import Console
from rich.table import Table


def print_report(results: Mapping[str, Any], console: Console) -> None:
    """Published against measured, a row each, with intervals over seeds and a verdict."""
    seeds = len(results["seeds"])
    title = f"{results['experiment']}: {seeds} seed{'s' * (seeds != 1)}, {results['test_episodes']} test episodes each"
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE, collapse_padding=True)
    table.add_column("stay probability after", no_wrap=True)
    for heading in ("published", "measured", "95 % interval", "ideal"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("verdict")
    verdicts = {verdict["name"]: verdict for verdict in results["verdicts"]}
    for name, part in results["stay_probability"].items():
        label = name.replace("_", " ")
        verdict = verdicts.pop(f"stay, {label}", None)
        table.add_row(
            label,
            _number(part["published"]),
            _number(part["mean"]),
            _interval(part["interval95"], 3),
            _number(part["bayes_optimal"]),
            _verdict(verdict),
        )
    reward, tolerance = results["reward_per_episode"], max(v["tolerance"] for v in results["verdicts"])
    mean, ideal = _number(reward["mean"], 1), _number(reward["bayes_optimal"], 1)
    table.add_section()
    table.add_row("reward per episode", "", mean, _interval(reward["interval95"], 1), ideal, "")
    for name, verdict in verdicts.items():
        table.add_row(name, f"{verdict['published']:g}", f"{verdict['measured']:g}", "", "", _verdict(verdict))
    console.print(table)
    console.print(
        f"Verdict: whether within {tolerance:g} of the published value. Intervals are over seeds. "
        f"Ideal: the Bayes-optimal agent; chance earns {reward['chance']:.1f}, an oracle {reward['oracle']:.1f}. "
        f"Published: {results['published_source'] or 'nothing'}.",
        style="dim",
    )


def print_sweep(table: pd.DataFrame, swept: Sequence[str], console: Console) -> None:
    """A row a setting: reward and stay probabilities, means over seeds."""
    shown = Table(box=box.SIMPLE, collapse_padding=True)
    stays = [str(name) for name in table if str(name).startswith("stay_")]
    options = [option.split(".")[-1].replace("-", " ") for option in swept]
    after = [name.removeprefix("stay_").replace("_", " ").replace("unrewarded", "no reward") for name in stays]
    for heading in (*options, "reward", "95 % interval", *(f"stay, {condition}" for condition in after)):
        shown.add_column(
            heading, justify="right", min_width=11 if heading == "95 % interval" else len(heading.split()[0])
        )
    for row in table.to_dict("records"):
        bounds = [None if pd.isna(bound) else bound for bound in (row["reward_low"], row["reward_high"])]
        stay = (_number(row[name]) for name in stays)
        shown.add_row(*(row[option] for option in swept), _number(row["reward"], 1), _interval(bounds, 1), *stay)
    console.print(shown)


def _number(value: float | None, digits: int = 3) -> str:
    return "" if value is None or math.isnan(value) else f"{value:.{digits}f}"


def _interval(bounds: list[float | None], digits: int) -> str:
    low, high = bounds
    return "" if low is None or high is None else f"{low:.{digits}f}–{high:.{digits}f}"  # noqa: RUF001


def _verdict(verdict: Mapping[str, Any] | None) -> str:
    if verdict is None:
        return ""
    return "[green]yes[/]" if verdict["passed"] else "[red]NO[/]"
