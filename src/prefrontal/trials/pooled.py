"""What stands for 0 and for 1 in the files of a group, told from all of them together."""

import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from prefrontal.errors import UserError, is_on_the_command_line
from prefrontal.trials.description import Columns
from prefrontal.trials.numbers import as_numbers
from prefrontal.trials.text import excerpt

OPEN = ("choice", "state", "choice2")
"""The columns whose two values may be called anything, and of which a file may lack one."""
PLAIN = ("prefrontal", "columns")
"""The formats in which it is the person who calls them so: in others, files need not call them alike."""


class Held(NamedTuple):
    """What a file of a group holds."""

    kind: str
    """Its format."""
    columns: Columns
    found: Mapping[str, pd.Series]
    """The cells of each column, NaN where void, by our name. None of a table of our own, where 0 is 0."""


def pooled_values(files: Mapping[str, Held]) -> dict[str, dict[str, tuple[str, str]]]:
    """What stands for 0 and for 1 where a file of a group does not tell itself, having one of two values only: by its
    path, and by our name of the column.

    Raises:
        UserError: when files call the two choices, or the two states where they count, otherwise than others.
    """
    values: dict[str, dict[str, tuple[str, str]]] = {path: {} for path in files}
    for kinds in (PLAIN, *({held.kind} for held in files.values() if held.kind not in PLAIN)):
        group = {path: held for path, held in files.items() if held.kind in kinds}
        for name in OPEN:
            words = {
                path: _words(held, name)
                for path, held in group.items()
                if name not in held.columns.values and (name in held.found or not held.found)
            }
            words = {path: own for path, own in words.items() if own}
            if len(words) < 2 or max(map(len, words.values())) > 2:  # each person has two of their own
                continue
            pair = _pair(frozenset().union(*words.values()))
            if pair:
                lacking = any(len(own) < 2 for own in words.values())
                for path in words if lacking else ():
                    values[path][name] = pair
            elif kinds == PLAIN and (name == "choice" or (name == "state" and _counts(group.values()))):
                _check_alike(name, words)
    return values


def _words(held: Held, name: str) -> frozenset[str]:
    """The different values of a column; numbers as they are read."""
    if not held.found:
        return frozenset(("0", "1") if name != "choice2" else ())
    cells = held.found[name].dropna()
    numbers = as_numbers(cells)
    if np.isnan(numbers).any():
        return frozenset(map(str, cells.unique()))
    return frozenset(f"{number:.17g}" for number in np.unique(numbers))


def _pair(words: frozenset[str]) -> tuple[str, str] | None:
    """What a single file with these values would take for 0 and for 1; None where they are no two such values."""
    if len(words) != 2:
        return None
    numbers = as_numbers(pd.Series(sorted(words)))
    if np.isnan(numbers).all():
        one, other = sorted(words)
        return one, other
    if np.isnan(numbers).any():
        return None
    low, high = np.sort(numbers)
    return (f"{low:.17g}", f"{high:.17g}") if (low, high) in ((0, 1), (1, 2)) or low >= 2 else None


def _counts(files: Iterable[Held]) -> bool:
    """Whether it counts which state is called what."""
    return any(held.columns.mapping == "values" for held in files)


def _check_alike(name: str, words: Mapping[str, frozenset[str]]) -> None:
    """Warn where people have symbols of their own: more than two different pairs; else refuse.

    Raises:
        UserError: names two files that cannot be matched.
    """
    pairs = dict.fromkeys(own for own in words.values() if len(own) == 2)
    if len(pairs) > 2:
        listed = "; ".join(",".join(sorted(pair)) for pair in list(pairs)[:3])
        warnings.warn(
            f"`{name}` has other values from file to file ({excerpt(listed, 80)}{'; ...' * (len(pairs) > 3)}): taken "
            "for symbols of each person, of which the first in order is 0.",
            stacklevel=4,
        )
        return
    first, own = max(words.items(), key=lambda item: len(item[1]))
    for path, others in words.items():
        if len(own | others) < 3 and (own == others or _pair(own | others)):
            continue
        shown = [excerpt(",".join(sorted(some))) for some in (own, others)]
        pair = ",".join(sorted(others)) if len(others) == 2 else "ZERO,ONE"
        if is_on_the_command_line():
            say = f"prefrontal table {path} --values {name}={pair} --out FILE"
        else:
            say = f'keep_columns("{path}", Columns(values={{"{name}": {tuple(pair.split(","))!r}}}))'
        raise UserError(
            f"`{name}` must have the same two values in every file of a group, got {shown[0]} in {Path(first).name} "
            f"and {shown[1]} in {Path(path).name}. Call them alike, or say what is 0 and what is 1 in each file that "
            f"has others, which is kept beside it: {say}"
        )
