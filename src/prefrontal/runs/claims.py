"""Whose a folder is: results are written only where nothing else would be lost.

Results go into a folder that is new, empty, or holds results of the same experiment and settings. What a folder is for
is told by `origin.json`, written before anything else: an analysis that was stopped on the way finds its folder again.
A run's own folder needs none, for it has the run's config.json.
"""

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from prefrontal.errors import UserError, argument
from prefrontal.runs.files import folder_names, make_folder, write_text
from prefrontal.runs.provenance import differences, read_record, to_json
from prefrontal.runs.seed_folder import CONFIG

ORIGIN = "origin.json"
Origin = Mapping[str, Any]
"""What results are of: "experiment", "config", and whatever else tells them apart."""


def claim_folder(
    folder: Path,
    origin: Origin,
    *,
    may: str,
    earlier: Callable[[Path], Origin | None],
    parts: Collection[str] = (),
) -> None:
    """Make `folder` the place of results of `origin`, or refuse it: see `check_folder`."""
    check_folder(folder, origin, may=may, earlier=earlier, parts=parts)
    if not (folder / ORIGIN).exists() and not (folder / CONFIG).exists():
        write_text(folder / ORIGIN, to_json(origin))


def check_folder(
    folder: Path,
    origin: Origin,
    *,
    may: str,
    earlier: Callable[[Path], Origin | None],
    parts: Collection[str] = (),
) -> None:
    """Make `folder`, or refuse one that holds anything but results of `origin`.

    Arguments:
        folder: where results are to go.
        origin: what they are of.
        may: what else than a new folder or an empty one it may be, as a refusal says it.
        earlier: what a folder without origin.json is for: a run's own, or one that results of other versions are in;
            None where nothing tells.
        parts: names in it that are known to belong to `origin`, such as the runs of an experiment's variants.

    Raises:
        UserError: when it holds anything else, or cannot be made.
    """
    make_folder(folder)
    names = {name for name in folder_names(folder) if not name.startswith(".")} - set(parts)
    there = read_record(folder / ORIGIN) if ORIGIN in names else earlier(folder)
    if there is None:
        got = min(names, default="")
    else:
        differing = differences(there, origin)
        got = differing and f"others: {differing}"
    if got:
        raise UserError(
            f"`{folder}` must be a new folder, an empty one or {may}, got one that holds {got}. "
            f"Give another {argument('out')}, or move what it holds away yourself."
        )
