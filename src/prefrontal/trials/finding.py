"""Which column of a table of text holds what."""

import re
import warnings
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from prefrontal.errors import UserError, argument
from prefrontal.trials.numbers import as_numbers
from prefrontal.trials.text import excerpt

KNOWN: Mapping[str, Sequence[str]] = {
    "subject": (
        "subjid", "subjectid", "subj", "subjectnumber", "subjectnr", "subjectno", "subjnum", "subnum", "sub",
        "participant",
        "participantid", "participantnumber", "participantnr", "partid", "ppt", "pptid", "ppid", "pid", "prolificpid",
        "prolificid", "workerid", "userid", "person", "personid", "vp", "vpn", "animal", "animalid", "rat", "ratid",
        "mouse",
        "mouseid", "monkey", "id",
    ),
    "session": ("sessionid", "sessionnumber", "sessionnr", "sess", "ses", "visit", "runid"),
    "trial": ("trialnumber", "trialnum", "trialnr", "trialno", "trialn", "ntrial"),
    "practice": ("ispractice", "practicetrial", "practise"),
}  # fmt: skip
"""Names that a column may have instead of ours, in the order they are looked for, in small letters and digits only."""
PEOPLE = {"subject", "subjects", "subj", "subjid", "participant", "participants", "ppt", "prolific", "worker", "person"}
"""A column with one of these words in its name may tell people apart."""
PRACTICE = ("practice", "practise", "prac", "tutorial", "practice_trial")
"""What a column says of a practice trial."""
MOST_LISTED = 300
"""Characters of a list of columns that are told."""
LEAST_ROWS = 5
"""A text that stays for fewer rows than this, before another takes its place, names no person."""


def find(cells: pd.DataFrame, said: Mapping[str, str | None]) -> dict[str, str]:
    """The column of `cells` that holds each of our columns.

    Arguments:
        cells: a table of text.
        said: the column by our name of it; "" where there is none, None where nothing was said: then it is the column
            of our name, in whatever letters (but of response times, whose unit must then be said), or one of the names
            `KNOWN`, which a warning tells.

    Raises:
        UserError: when a column that was named is not there.
    """
    for name, column in said.items():
        if column and column not in cells:
            there = excerpt(", ".join(cells) or "none", MOST_LISTED)
            raise UserError(
                f"`columns` must name columns that are there, got {name}={column}. There are "
                f"{there}; where none holds it, say {name}= and nothing after it."
            )
    found = {name: column for name, column in said.items() if column}
    found |= {name: name for name, column in said.items() if column is None and name in cells}
    guessed = {}
    plain = {re.sub(r"[^a-z0-9]", "", str(column).lower()): str(column) for column in reversed(list(cells))}
    for name in (name for name, column in said.items() if column is None and name not in (*found, "rt", "rt2")):
        for other in (name.replace("_", ""), *KNOWN.get(name, ())):
            column = plain.get(other)
            if column is None or column in found.values():
                continue
            if name == "subject" and len(cells) > 1 and num_names(cells, column) == len(cells):
                continue  # it numbers the rows
            found[name] = column
            if other != name and name != "practice":  # what is left out is told anyway
                guessed[name] = column
            break
    if guessed:
        listed = ", ".join(f"{name}={column}" for name, column in guessed.items())
        warnings.warn(
            f"Columns of other names are taken for ours: {listed}. Say so, or what is right, with "
            f"{argument('columns')}.",
            stacklevel=3,
        )
    return found


def check_one_person(cells: pd.DataFrame, found: Mapping[str, str], rows: str) -> None:
    """Refuse a table in which nobody is named if a column looks as if there were several people; warn if none does.

    Raises:
        UserError: when a column tells people apart by its name, or counts up and starts again.
    """
    rest = [column for column in cells if column and column not in found.values()]
    several = "say subject=COLUMN, or subject= where all rows are of one person (and session=COLUMN for its visits)."
    for column in rest:
        words = set(re.split(r"[^a-z0-9]+", re.sub(r"([a-z])([A-Z])", r"\1 \2", column).lower()))
        if words & PEOPLE and 1 < num_names(cells, column) < len(cells):
            raise UserError(
                f"`subject` must be said where people are named, got nothing said and a column {column} with "
                f"{num_names(cells, column)} names: {several}"
            )
    session = pd.factorize(cells[found["session"]])[0] if "session" in found else np.zeros(len(cells), int)
    for column in [*rest, *(found[name] for name in ("trial",) if name in found)]:
        if _starts_again(as_numbers(pd.Series(cells[column])), session):
            raise UserError(
                f"`subject` must be said where a column counts up and starts again, got nothing said and {column}: "
                f"{several}"
            )
    changing = next((column for column in rest if _looks_like_names(pd.Series(cells[column]))), None)
    hint = f" But {changing} has {num_names(cells, changing)} names, one after the other." if changing else ""
    warnings.warn(f"No column says who chose: {rows} are taken for one subject's.{hint} Else {several}", stacklevel=3)


def num_names(cells: pd.DataFrame, column: str) -> int:
    """How many different cells `column` has."""
    return int(pd.Series(cells[column]).nunique())


def _starts_again(values: np.ndarray, session: np.ndarray) -> bool:
    """Whether `values` go up one by one, fall back to where they began, and go up again, all within a session."""
    if len(values) < 4 or np.isnan(values).any():
        return False
    step = np.diff(values)[session[1:] == session[:-1]]
    down = step < 0
    return bool(down.any() and (step[~down] == 1).all() and (~down).sum() >= 3 * down.sum())


def _looks_like_names(cells: pd.Series) -> bool:
    """Whether each text, no number, fills rows that stand together, and there are several."""
    if cells.nunique() < 2 or (cells == "").any() or not np.isnan(as_numbers(cells)).all():
        return False
    begins = (cells != cells.shift()).to_numpy()
    return bool(begins.sum() == cells.nunique() and len(cells) >= LEAST_ROWS * begins.sum())


def without_practice(cells: pd.DataFrame, column: str | None, said: bool) -> pd.DataFrame:
    """`cells` without the practice trials, of which a warning tells.

    Arguments:
        cells: a table of text.
        column: which says of each row whether it was practice; None: no such column.
        said: whether the person said that there is none, or which it is; else any column may say of rows that they
            were practice.

    Raises:
        UserError: when all rows are practice.
    """
    if column is not None:
        mask = cells[column].str.lower().isin((*PRACTICE, "true", "1", "1.0", "yes"))
    elif said:
        return cells
    else:
        told = {name: cells[name].str.lower().isin(PRACTICE) for name in cells}
        column = next((name for name, mask in told.items() if mask.any() and not mask.all()), None)
        if column is None:
            return cells
        mask = told[column]
    if not mask.any():
        return cells
    if mask.all():
        raise UserError(
            f"`practice` must leave trials, got practice in every row of {column}. Say practice= to keep them."
        )
    warnings.warn(
        f"{int(mask.sum()):,} practice trials are left out, as {column} says. Say practice= to keep them.", stacklevel=3
    )
    return cells.loc[~mask]
