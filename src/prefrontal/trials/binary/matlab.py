"""MATLAB files of trials: a structure a person, whose fields are vectors of one value a trial."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from prefrontal.errors import UserError
from prefrontal.trials.binary.mat import Malformed, TooNew, read_matlab
from prefrontal.trials.columns import Opened
from prefrontal.trials.description import Columns
from prefrontal.trials.text import check_filled, check_size, excerpt, most_unpacked, the_file, unreadable

CBM = Columns(
    subject="subject",
    choice="choice1",
    state="state2",
    common="transit",
    choice2="choice2",
    reward="outcome",
    values={
        "choice": ("1", "2"),
        "state": ("2", "3"),
        "common": ("2", "1"),
        "choice2": ("1", "2"),
        "reward": ("2", "1"),
    },
    void_in=dict.fromkeys(("choice", "state", "common", "choice2", "reward"), ("0",)),
    format="matlab",
)
"""The example of the toolbox cbm (Piray et al. 2019): 0 missed; transit 1 common, 2 rare; outcome 1 rewarded, 2 not."""
KOOL = Columns(
    subject="subject",
    choice="choice1",
    state="state2",
    common="common",
    choice2="choice2",
    reward="win",
    missed="missed",
    rt="rt1",
    rt2="rt2",
    rt_unit="ms",
    values=dict.fromkeys(("choice", "state", "choice2"), ("1", "2")),
    void=("-1",),
    practice="practice",
    format="matlab",
)
"""`groupdata` of Kool, Cushman & Gershman (2016), Daw's task."""
KOOL_NOVEL = Columns(
    subject="subject",
    choice="",
    state="state2",
    common="deterministic",
    reward="win",
    missed="missed",
    rt="rt1",
    rt_unit="ms",
    values={"state": ("1", "2")},
    void=("-1",),
    practice="practice",
    format="matlab",
)
"""The same, their own task: two pairs of first options, each of which always leads to one state; points above 0 are a
reward."""
MOST_DEPTH = 6
"""Structures within structures that are looked into."""


def open_matlab(path: str | Path) -> Opened:
    """The trials in a MATLAB file: of the first structures in it whose fields are vectors of one length.

    Known are the fields of cbm's example and of Kool et al.'s `groupdata`; those of other files may have our names or
    usual ones, or be said. Subjects are called by their number, from 1, or by a list `id` beside them.

    Raises:
        UserError: when the file cannot be read, or has no such structure.
    """
    try:
        check_size(path)
        data = Path(path).read_bytes()
        held = read_matlab(data, most_unpacked(len(data)))
    except TooNew as error:
        raise UserError(f"{the_file()} must be a MATLAB file up to version 7, got {path}. Save it with -v7.") from error
    except OSError as error:
        raise unreadable(path, error) from error
    except Malformed as error:
        raise UserError(f"{the_file()} must be a MATLAB file, got {path} ({error}).") from error
    people, names = next(_people(held), ([], []))
    if not people:
        raise UserError(
            f"{path}: the file must hold a structure a person with a vector a column, got {excerpt(', '.join(held))}."
        )
    check_filled(path, people)
    parts = [
        pd.DataFrame({name: _text(vector) for name, vector in person.items()}).assign(subject=who)
        for person, who in zip(people, names, strict=True)
    ]
    cells = pd.concat(parts, ignore_index=True).fillna("")
    there = set(cells)
    columns = Columns(subject="subject", format="matlab")
    if {"transit", "outcome", "choice1", "state2"} <= there:
        columns = CBM
    elif {"win", "missed", "common", "choice1", "state2"} <= there:
        columns = KOOL
    elif {"win", "missed", "state1", "choice1", "state2"} <= there:
        columns, cells = KOOL_NOVEL, cells.assign(deterministic="1")
    lacking = {name: None for name in ("practice", "rt", "rt2") if (getattr(columns, name) or "subject") not in cells}
    return Opened(cells, replace(columns, **lacking))


def _people(held: Any, depth: int = 0) -> Iterator[tuple[list[dict[str, np.ndarray]], list[str]]]:
    """Lists of structures of vectors, wherever they are, and what the people are called."""
    if isinstance(held, Mapping):
        yield from _within(held, depth)


def _within(held: Mapping[str, Any], depth: int) -> Iterator[tuple[list[dict[str, np.ndarray]], list[str]]]:
    for value in held.values():
        if isinstance(value, list):
            yield from _of(value, held)
    for value in held.values():
        if isinstance(value, Mapping) and depth < MOST_DEPTH:
            yield from _within(value, depth + 1)
    yield from _of([held], {})


def _of(people: list[Any], beside: Mapping[str, Any]) -> Iterator[tuple[list[dict[str, np.ndarray]], list[str]]]:
    found = [_vectors(person) for person in people if isinstance(person, Mapping)]
    if found and len(found) == len(people) and all(found):
        ids = next((list(beside[name]) for name in ("id", "ids", "subject") if _is_row(beside.get(name))), [])
        names = [str(name) for name in ids] if len(ids) == len(found) else [str(n) for n in range(1, len(found) + 1)]
        yield found, names


def _vectors(person: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """The fields that are vectors as long as most are; none where fewer than three are."""
    vectors = {name: value for name, value in person.items() if isinstance(value, np.ndarray) and value.ndim == 1}
    vectors = {name: vector for name, vector in vectors.items() if len(vector) > 1}
    lengths = [len(vector) for vector in vectors.values()]
    most = max(set(lengths), key=lengths.count, default=0)
    kept = {name: vector for name, vector in vectors.items() if len(vector) == most}
    return kept if len(kept) >= 3 else {}


def _is_row(value: Any) -> bool:
    return isinstance(value, list) or (isinstance(value, np.ndarray) and value.ndim == 1)


def _text(vector: np.ndarray) -> list[str]:
    if vector.dtype.kind == "f":
        return ["" if np.isnan(value) else f"{value:g}" for value in vector.tolist()]
    return [str(value) for value in vector.tolist()]
