"""Write docs/gallery.md: every experiment, its paper, its figure, how long it takes, and its table of verdicts.

    python scripts/make_gallery.py

The tables are those of the networks that come with the package, from their model cards.
"""

from pathlib import Path

from prefrontal.experiments import EXPERIMENTS, Experiment
from prefrontal.shipped import SHIPPED

GALLERY = Path(__file__).parents[1] / "docs" / "gallery.md"
HEADING = "| test | published | measured | within tolerance |"
"""First line of the table in a model card."""


def main() -> None:
    """Write the page."""
    GALLERY.write_text(gallery(), encoding="utf-8")
    print(GALLERY)


def gallery() -> str:
    """The page, in Markdown."""
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
            "paper's. Made by `scripts/make_gallery.py`.",
            "",
            "| experiment | paper | shows | takes |",
            "|---|---|---|---|",
            *rows,
            "",
            *(line for experiment in EXPERIMENTS.values() for line in section(experiment)),
        ]
    )


def section(experiment: Experiment) -> list[str]:
    """What the page says of one experiment, line by line."""
    page = GALLERY.parent / f"{experiment.name.removeprefix('wang2018-').removeprefix('wang2016-')}.md"
    more = [f"[More about it]({page.name}).", ""] if page.exists() else []
    return [
        f"## {experiment.name}",
        "",
        f"{experiment.title}. {experiment.paper}, {experiment.shows}.",
        "",
        *more,
        *verdicts(experiment),
        "",
    ]


def verdicts(experiment: Experiment) -> list[str]:
    """The table in its model card, or what to do where no networks come with the package."""
    card = SHIPPED / (experiment.networks or experiment.name) / "README.md"
    if experiment.networks or not card.exists():
        return [f"No table comes with the package: `prefrontal reproduce {experiment.name}` makes it."]
    lines = card.read_text(encoding="utf-8").splitlines()
    start = lines.index(HEADING)
    return lines[start : lines.index("", start)]


if __name__ == "__main__":
    main()
