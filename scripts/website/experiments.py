"""A page an experiment, made from what the networks that come with the package do."""

import json
import re
from pathlib import Path

from make_tables import verdicts

from prefrontal.experiments import EXPERIMENTS, Experiment
from prefrontal.runs.shipped import shipped_results
from website.contents import toctree
from website.places import ROOT

FIGURES = {
    "wang2018-two-step": "figure.png",
    "wang2016-two-step": None,
    "reference-final": None,
    "reference-first-try": None,
    "reference-arxiv": None,
    "wang2018-two-step-weights": None,
    "emergence": "strategies.png",
    "two-step-lesions": "lesions.png",
    "harlow-strip": None,
    "harlow-pixels": None,
}
"""Figures that are called otherwise than their experiment without the paper's name; None: docs/ has none."""


def experiment_pages() -> dict[str, str]:
    """Every page, by name."""
    pages = {f"experiments/{name}.md": page(experiment) for name, experiment in EXPERIMENTS.items()}
    rows = [
        f"| [{name}]({name}.md) | {one.paper} | {one.shows} | {one.duration} |" for name, one in EXPERIMENTS.items()
    ]
    index = [
        "# Every experiment",
        "",
        "`prefrontal reproduce NAME` trains what is missing, tests, draws and reports. How long that takes is said of "
        "two cores, from nothing. All verdicts on one page: [the gallery](../gallery.md).",
        "",
        "| experiment | paper | shows | takes |",
        "|---|---|---|---|",
        *rows,
        "",
        *toctree(list(EXPERIMENTS), depth=1),
        "",
    ]
    return {"experiments/index.md": "\n".join(index), **pages}


def figure_of(name: str) -> str | None:
    """The file in docs/ that is the figure of an experiment; None where there is none."""
    stem = re.sub(r"^(wang\d+|ritter\d+)-", "", name)
    return FIGURES.get(name, f"{stem}.png")


def page(experiment: Experiment) -> str:
    """The page of an experiment."""
    name, results = experiment.name, shipped_results(experiment.name)
    figure = figure_of(name)
    commands = [f"    prefrontal reproduce {name}"]
    if results is not None:
        commands += [f"    prefrontal evaluate {name} --pretrained"]
    else:
        commands += [f"    prefrontal reproduce {name} --dry-run"]
    return "\n".join(
        [
            f"# {name}",
            "",
            f"{experiment.title}. {experiment.paper}, {experiment.shows}.",
            "",
            *([] if figure is None else [_shown(figure), ""]),
            *commands,
            "",
            f"`reproduce` takes about {experiment.duration} on two cores, from nothing."
            + (" `--pretrained` takes the networks that come with the package." if results is not None else ""),
            "",
            "## What it is held against",
            "",
            *_judged(experiment, results),
            "",
            "## Settings",
            "",
            "What a training reads, task, agent and training; each number is an option of the command line "
            f"(`prefrontal train {name} --help`).",
            "",
            "```json",
            json.dumps(experiment.config.training, indent=2),
            "```",
            "",
            *_read_on(name),
        ]
    )


def _judged(experiment: Experiment, results: dict | None) -> list[str]:
    if results is None:
        return ["No networks come with the package for it: `reproduce` makes its table."]
    judged = [row["passed"] for row in results["verdicts"] if row["passed"] is not None]
    seeds = len(results["seeds"])
    note = f" {experiment.note}" if experiment.note else ""
    return [
        f"Of {seeds} seeds, weights frozen; {sum(judged)} of {len(judged)} verdicts are yes, and a row without one is "
        f"a measurement beside the paper's. Intervals are over seeds. [What a verdict means](../verdicts.md).{note}",
        "",
        *verdicts(results),
    ]


def _shown(figure: str) -> str:
    """The figure with the words that the page has for it which shows it."""
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        if found := re.search(rf"!\[([^\]]*)\]\((?:docs/)?{re.escape(figure)}\)", path.read_text(encoding="utf-8")):
            return f"![{found[1]}](../{figure})"
    raise LookupError(f"docs/{figure} is shown by no page, so that there are no words for it.")


def _read_on(name: str) -> list[str]:
    """Pages that tell more of it."""
    told = [
        f"- [{_title(path)}](../{path.name})"
        for path in sorted((ROOT / "docs").glob("*.md"))
        if path.name not in ("README.md", "gallery.md")
        and re.search(rf"\b{re.escape(name)}(?![\w-])", path.read_text(encoding="utf-8"))
    ]
    return ["## Read on", "", *told, ""] if told else []


def _title(path: Path) -> str:
    return path.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")
