"""Where the trained networks are that come with the package, each set a run folder, and what their tests gave."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from prefrontal.errors import UserError
from prefrontal.runs.folder import RunFolder
from prefrontal.runs.seed_folder import CONFIG

SHIPPED = Path(__file__).parents[1] / "networks"
MEASURED = "measured.json"
"""Of the `results.json` that `prefrontal evaluate NAME --pretrained` gives, all but long lists. `prefrontal list`,
model cards, docs/gallery.md and the tables of the README are made of it (scripts/make_tables.py)."""
SECONDS = "processor_seconds"
"""In it: the processor time that testing and drawing them takes, compiled before."""


def shipped_names() -> list[str]:
    """The experiments whose networks come with the package."""
    folders = [folder for folder in SHIPPED.iterdir() if not folder.name.startswith(".")]  # those are in the making
    return sorted(folder.name for folder in folders if (folder / "README.md").exists())


def shipped_folder(name: str) -> Path:
    """The run folder that comes with the package, of the experiment called `name`.

    Raises:
        UserError: when none comes.
    """
    if name not in shipped_names():
        there = ", ".join(shipped_names())
        raise UserError(
            f"`--pretrained` must go with an experiment whose networks come with the package ({there}), got {name}. "
            f"Train it instead: prefrontal train {name}"
        )
    return SHIPPED / name


def shipped_seeds(name: str) -> tuple[int, ...]:
    """The seeds whose networks come with the package.

    Arguments:
        name: the experiment's.

    Returns:
        The seeds; `load_pretrained` loads the network of each.

    Raises:
        UserError: when none comes of this experiment.

    Example:
        >>> pf.shipped_seeds("wang2018-two-step")
        (0, 1, 2, 3, 4, 5, 6, 7)
    """
    folder = shipped_folder(name)
    runs = [folder] if (folder / CONFIG).exists() else sorted(path.parent for path in folder.glob(f"*/{CONFIG}"))
    return tuple(RunFolder.read(runs[0]).seeds())


def check_shipped(name: str, seeds: Iterable[int]) -> None:
    """Refuse `seeds` of which one has no network that comes with the package.

    Raises:
        UserError: when one has none; it tells which have.
    """
    there = shipped_seeds(name)
    for seed in seeds:
        if seed not in there:
            raise UserError(
                f"`seeds` must be of the networks of {name} that come with the package, "
                f"{', '.join(map(str, there))}, got {seed}. Leave it out, or train your own: prefrontal train {name}"
            )


def shipped_results(name: str) -> dict[str, Any] | None:
    """What the networks that come with the package do in the experiment called `name`; None where none come for it."""
    path = SHIPPED / name / MEASURED
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def shipped_verdicts(name: str) -> tuple[int, int] | None:
    """How many verdicts on the networks that come with the package are "yes", and how many there are; None where no
    networks come for the experiment."""
    results = shipped_results(name)
    if results is None:
        return None
    passed = [verdict["passed"] for verdict in results["verdicts"]]
    return passed.count(True), passed.count(True) + passed.count(False)


def shipped_seconds(name: str) -> int | None:
    """Processor time, in seconds, that it takes to test and draw the networks that come with the package in the
    experiment called `name`; None where none come for it."""
    results = shipped_results(name)
    return None if results is None else results.get(SECONDS)
