"""Which column of a table of text holds what."""

import re
import warnings
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from prefrontal.errors import UserError, argument, counted, setting
from prefrontal.trials.coding import TRUTH, is_void
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
    "choice": (
        "choice1", "firstchoice", "stage1choice", "step1choice", "level1choice", "choicestage1", "choice1st", "action1",
        "firstaction", "stage1action", "response1", "resp1", "stage1response", "a1", "c1",
    ),
    "state": (
        "state2", "secondstate", "finalstate", "stage2state", "secondstagestate", "statestage2", "s2", "planet",
    ),
    "common": (
        "iscommon", "commontransition", "commontrans", "transitioncommon", "transition", "transitiontype", "trans",
    ),
    "choice2": (
        "secondchoice", "stage2choice", "step2choice", "level2choice", "choicestage2", "choice2nd", "action2",
        "secondaction", "stage2action", "response2", "resp2", "stage2response", "a2", "c2",
    ),
    "reward": (
        "outcome", "points", "rewarded", "wasrewarded", "win", "won", "coins", "payoff", "feedback", "money", "rew",
        "fb", "gain", "prize",
    ),
    "missed": ("miss", "missedtrial", "timeout", "timedout", "noresponse", "tooslow"),
}  # fmt: skip
"""Names that a column may have instead of ours, in the order they are looked for, in small letters and digits only."""
PARTS = {"block", "run", "session", "part", "phase", "stage", "day", "time", "onset", "age", "seed"}
"""A column of numbers with one of these words in its name numbers no people."""
PEOPLE = {"subject", "subjects", "subj", "subjid", "participant", "participants", "ppt", "prolific", "worker", "person"}
"""A column with one of these words in its name may tell people apart."""
IN_WORDS = {"common", "missed"}
"""These are taken from a column of another name only where it holds words or numbers for yes and no."""
MOST_LISTED = 300
"""Characters of a list of columns that are told."""
ONE_OF = {"choice", "state", "common", "choice2", "reward", "missed"}
"""Where two columns may hold one of these, and differ, it must be said which does."""
LEAST_ROWS = 5
"""A text that stays for fewer rows than this, before another takes its place, names no person."""


def find(cells: pd.DataFrame, said: Mapping[str, str | None]) -> dict[str, str]:
    """The column of `cells` that holds each of our columns.

    Arguments:
        cells: a table of text.
        said: the column by our name of it; "" where there is none, None where nothing was said: then it is the column
            of our name, in whatever letters, or one of the names `KNOWN`, which a warning tells.

    Raises:
        UserError: when a column that was named is not there; or several columns may say who chose, or hold the same,
            and differ.
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
    plain = _plain(cells)
    for name in (name for name, column in said.items() if column is None):
        here = [plain[other] for other in (name.replace("_", ""), *KNOWN.get(name, ())) if other in plain]
        here = [column for column in dict.fromkeys(here) if column not in found.values()]
        if name in found:
            if name == "subject":
                _check_merged(cells, found[name], here)
            continue
        here = [column for column in here if _may_hold(cells, column, name)]
        if not here:
            continue
        found[name] = here[0]
        if re.sub(r"[^a-z0-9]", "", here[0].lower()) == name.replace("_", "") or name == "practice":
            continue  # our name in other letters; and what is left out is told anyway
        guessed[name] = here[0]
        if name == "subject":
            _check_merged(cells, here[0], here[1:])
        elif name in ONE_OF and len(here) > 1 and not all(_same(cells, here[0], other) for other in here[1:]):
            raise UserError(
                f"`{name}` must be said where several columns may hold it, got {', '.join(here)}. Say {name}=COLUMN."
            )
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
    several = (
        f"say {setting('subject', 'COLUMN')}, or {setting('subject', '')} where all rows are of one person (and "
        "session=COLUMN for its visits)."
    )
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
    changing = next((column for column in rest if _looks_like_names(pd.Series(cells[column]), column)), None)
    if changing:
        raise UserError(
            f"`subject` must be said where a column may name people, got nothing said and {changing} with "
            f"{num_names(cells, changing)} names, one after the other: {several}"
        )
    warnings.warn(f"No column says who chose: {rows} are taken for one subject's. Else {several}", stacklevel=3)


def warn_if_merged(cells: pd.DataFrame, found: Mapping[str, str]) -> None:
    """Warn where nobody is named and a column that would be taken for who chose has several names."""
    plain = _plain(cells)
    for column in (plain[name] for name in ("subject", *KNOWN["subject"]) if name in plain):
        several = num_names(cells, column)
        if column not in found.values() and several > 1 and _may_hold(cells, column, "subject"):
            warnings.warn(
                f"{several:,} names in `{column}` are read as one person's, as it is said that no column names people. "
                f"Say {setting('subject', column)} where they are several people's.",
                stacklevel=3,
            )
            return


def _plain(cells: pd.DataFrame) -> dict[str, str]:
    """The columns of `cells` by their names in small letters and digits only; of two alike, the first."""
    return {re.sub(r"[^a-z0-9]", "", str(column).lower()): str(column) for column in reversed(list(cells))}


def _may_hold(cells: pd.DataFrame, column: str, name: str) -> bool:
    """Whether a column of a usual name may be what its name says."""
    if name == "subject":
        return len(cells) <= 1 or num_names(cells, column) < len(cells)  # else it numbers the rows
    if name in IN_WORDS:
        held = pd.Series(cells[column])
        words = held.loc[~is_void(held)].dropna().str.lower()
        return bool((words.isin(list(TRUTH)) | np.isin(as_numbers(words), (0, 1))).all())
    return True


def _same(cells: pd.DataFrame, one: str, other: str) -> bool:
    """Whether two columns tell the same rows apart."""
    both = len(cells[[one, other]].drop_duplicates())
    return both == num_names(cells, one) == num_names(cells, other)


def _check_merged(cells: pd.DataFrame, column: str, others: Sequence[str]) -> None:
    """Refuse to take `column` for who chose where another one that may say so tells more people apart.

    Raises:
        UserError: when there is one.
    """
    for other in others:
        if num_names(cells, other) < len(cells) and (
            len(cells[[column, other]].drop_duplicates()) > num_names(cells, column)
        ):
            raise UserError(
                f"`subject` must be said where several columns may say who chose, got {column} "
                f"({_names(cells, column)}) and {other} ({_names(cells, other)}). Say "
                f"{setting('subject', column)} or {setting('subject', other)}."
            )


def _names(cells: pd.DataFrame, column: str) -> str:
    return counted(num_names(cells, column), "name")


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


def _looks_like_names(cells: pd.Series, name: str) -> bool:
    """Whether each text, or code of a person, fills rows that stand together, and there are several."""
    if cells.nunique() < 2 or (cells == "").any():
        return False
    numbers = as_numbers(cells)
    if not np.isnan(numbers).any():  # a code has two digits or more; blocks and sessions are counted from 0 or 1
        codes = (numbers == np.floor(numbers)).all() and (numbers.min() >= 10 or num_names_over(numbers))
        if not codes or set(re.split(r"[^a-z]+", name.lower())) & PARTS:
            return False
    elif not np.isnan(numbers).all():
        return False
    begins = (cells != cells.shift()).to_numpy()
    return bool(begins.sum() == cells.nunique() and len(cells) >= LEAST_ROWS * begins.sum())


def num_names_over(numbers: np.ndarray, few: int = 8) -> bool:
    """Whether there are more different numbers than a session has blocks."""
    return len(np.unique(numbers)) > few
