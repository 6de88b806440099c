"""Make the tables of measured numbers again: model cards, docs/gallery.md, and those of README.md and docs/limits.md.

    python scripts/make_tables.py

All are of the networks that come with the package, from the `measured.json` of each experiment, which
`scripts/make_pretrained.py` writes; `prefrontal list` counts the same verdicts.
"""

import json
from pathlib import Path
from typing import Any

from readme_tables import README, with_tables

from prefrontal.experiments import EXPERIMENTS, Experiment, find_experiment
from prefrontal.runs.provenance import read_record
from prefrontal.runs.seed_folder import CONFIG, ENVIRONMENT
from prefrontal.runs.shipped import SHIPPED, shipped_names, shipped_results

GALLERY = Path(__file__).parents[1] / "docs" / "gallery.md"
LIMITS = GALLERY.with_name("limits.md")
CARD = "README.md"
HEADING = "| test | published | measured | 95 % interval | verdict |"
"""First line of every table of verdicts."""


def main() -> None:
    """Write all pages."""
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
        print(path)


def pages() -> dict[Path, str]:
    """Every page that holds measured numbers, and what is to stand in it."""
    cards = {SHIPPED / name / CARD: card(find_experiment(name)) for name in shipped_names()}
    limits = with_tables(LIMITS.read_text(encoding="utf-8"), {"failures": failures})
    return {**cards, GALLERY: gallery(), LIMITS: limits, README: with_tables(README.read_text(encoding="utf-8"))}


def card(experiment: Experiment) -> str:
    """The model card of a set, in Markdown."""
    folder, results = SHIPPED / experiment.name, shipped_results(experiment.name)
    assert results is not None
    environment = json.loads(min(folder.rglob(ENVIRONMENT)).read_text())
    versions = ", ".join(f"{name} {version}" for name, version in environment["versions"].items() if version)
    first = min(folder.rglob(CONFIG), key=lambda path: (len(path.parts), path))
    variant = "" if first.parent == folder else f', variant="{first.parent.name}"'
    return "\n".join(
        [
            f"# Networks of `{experiment.name}`",
            "",
            f"{experiment.title}. {experiment.paper}, {experiment.shows}.",
            "",
            f"- Seeds: {', '.join(map(str, results['seeds']))}; weights frozen after training.",
            f"- Trained by `prefrontal train {experiment.name}`, with {versions}.",
            f"- Test them: `prefrontal evaluate {experiment.name} --pretrained`. In Python:",
            f'  `prefrontal.load_pretrained("{experiment.name}", seed={results["seeds"][0]}{variant})`.',
            "- Made by `scripts/make_pretrained.py`. `metrics.safetensors` holds the learning curve, `measured.json` "
            "what the test gave.",
            "- Not for: anything but this task in this form. MIT licence, as the package.",
            "",
            *verdicts(results),
            "",
            "How they were trained (of several variants, the first):",
            "",
            "```json",
            json.dumps(read_record(first)["config"], indent=2),
            "```",
            "",
        ]
    )


def gallery() -> str:
    """The page of every experiment, in Markdown."""
    rows = [
        f"| [{experiment.name}](#{experiment.name}) | {experiment.paper} | {experiment.shows} | {experiment.duration} |"
        for experiment in EXPERIMENTS.values()
    ]
    return "\n".join(
        [
            "# Gallery",
            "",
            "Every experiment: `prefrontal reproduce NAME` trains what is missing, tests, draws and reports. Durations "
            "are of `reproduce`, from nothing, on two cores. The verdicts are those of the networks that come with the "
            "package (`prefrontal evaluate NAME --pretrained`); a row without a verdict is a measurement beside the "
            "paper's. Intervals are over seeds. Made by `scripts/make_tables.py`.",
            "",
            "| experiment | paper | shows | takes |",
            "|---|---|---|---|",
            *rows,
            "",
            *(line for experiment in EXPERIMENTS.values() for line in section(experiment)),
        ]
    )


def section(experiment: Experiment) -> list[str]:
    """What the gallery says of one experiment, line by line."""
    page = GALLERY.parent / f"{experiment.name.removeprefix('wang2018-').removeprefix('wang2016-')}.md"
    more = [f"[More about it]({page.name}).", ""] if page.exists() else []
    results = shipped_results(experiment.name)
    none = [f"No networks come with the package for it: `prefrontal reproduce {experiment.name}` makes its table."]
    return [
        f"## {experiment.name}",
        "",
        f"{experiment.title}. {experiment.paper}, {experiment.shows}.",
        "",
        *more,
        *(none if results is None else verdicts(results)),
        "",
    ]


def failures() -> list[str]:
    """The table of every verdict that is no, line by line."""
    rows = [
        f"| [{name}](gallery.md#{name}) | {told(row)} | {number(row['published'])} | {measured(row)} "
        f"| {interval(row)} |"
        for name in EXPERIMENTS
        for row in (shipped_results(name) or {"verdicts": []})["verdicts"]
        if row["passed"] is False
    ]
    return ["| experiment | test | published | measured | 95 % interval |", "|---|---|---|---|---|", *rows]


def told(row: dict[str, Any]) -> str:
    """The name of a verdict, in a cell of a table."""
    return row["name"].replace("|", r"\|")


def verdicts(results: dict[str, Any]) -> list[str]:
    """The table of verdicts, line by line."""
    rows = [
        f"| {told(row)} | {number(row['published'])} | {measured(row)} | {interval(row)} | {passed(row)} |"
        for row in results["verdicts"]
    ]
    return [HEADING, "|---|---|---|---|---|", *rows]


def number(value: float | None) -> str:
    """As a table shows it."""
    return "" if value is None else f"{value:.3g}"


def measured(row: dict[str, Any]) -> str:
    """As a table shows it: a number, or how many seeds of how many."""
    return f"{row['measured']} of {row['of']}" if "of" in row else number(row["measured"])


def interval(row: dict[str, Any]) -> str:
    """As a table shows it; empty where there is none."""
    bounds = [number(bound) for bound in row.get("interval95") or ()]
    return " to ".join(bounds) if all(bounds) else ""


def passed(row: dict[str, Any]) -> str:
    """As a table shows it; None: a measurement, not a claim."""
    return {None: "", True: "yes", False: "NO"}[row["passed"]]


if __name__ == "__main__":
    main()
