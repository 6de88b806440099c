"""The trial table: one row a trial, the same for agents, people and animals."""

import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from prefrontal.errors import UserError
from prefrontal.runs.files import write_text
from prefrontal.runs.spreadsheets import from_csv, to_csv
from prefrontal.trials.numbers import as_numbers, groups, has_twice, without_categories, without_zeros
from prefrontal.trials.text import read_heading, read_text, the_file

DTYPES = {
    "session": np.dtype(np.int32),
    "trial": np.dtype(np.int32),
    "choice": np.dtype(np.int8),
    "state": np.dtype(np.int8),
    "common": np.dtype(np.bool_),
    "choice2": np.dtype(np.int8),
    "reward": np.dtype(np.int8),
    "missed": np.dtype(np.bool_),
    "better_state": np.dtype(np.int8),
    "rt": np.dtype(np.float64),
    "rt2": np.dtype(np.float64),
}
"""The columns beside `subject`. They hold 0 or 1, but for `session` and `trial`, which count from 0, and for `rt` and
`rt2`, the response times of the two choices in seconds, NaN where there is none."""

VOID = ("", "na", "n/a", "nan", "null", "none", "undefined", "#n/a", "<na>", ".")
"""What a cell without a value may hold, in upper or lower case."""

OPTIONAL = ("choice2", "missed", "better_state", "rt", "rt2")
"""Columns that a table may lack: the second stage asked for no choice, nobody missed a trial, nobody wrote down which
state was better or how long a choice took."""


@runtime_checkable
class TrialEvent(Protocol):
    """What happened at each step: `TwoStepEvent` or anything like it, leaves (subject, episode, time) or, of one
    subject, (episode, time).

    An event that has `choice2` as well, the second-stage choice, gives the table that column.
    """

    @property
    def trial(self) -> ArrayLike: ...
    @property
    def complete(self) -> ArrayLike: ...
    @property
    def choice(self) -> ArrayLike: ...
    @property
    def state(self) -> ArrayLike: ...
    @property
    def common(self) -> ArrayLike: ...
    @property
    def rewarded(self) -> ArrayLike: ...
    @property
    def missed(self) -> ArrayLike: ...
    @property
    def better_state(self) -> ArrayLike: ...


def trial_table(event: TrialEvent, *, subjects: Sequence[int | str] | None = None) -> pd.DataFrame:
    """The trials in `event`, one row each, ordered by subject, session and trial.

    Arguments:
        event: what happened, leaves (subject, episode, time); or (episode, time), as `evaluate` gives them, of one
            subject; or (time,), as `rollout` does, of one episode. The steps with `complete` are the trials.
        subjects: the name of each subject: of each seed, person or animal. None: numbers from 0.

    Returns:
        Columns subject; session (the episode) and trial, from 0; choice, 0 or 1; state, the second-stage
        state reached, 0 or 1; common, whether by the common transition; choice2, the second-stage choice, 0 or
        1, where there was one; reward, the outcome, 0 or 1; missed, whether an invalid response spoilt the
        trial, which makes choice and all that follows from it void; better_state, the state that paid more
        often, 0 or 1.

    Raises:
        UserError: when `event` has other axes, or `subjects` are not as many as it has, or two have one name.

    Example:
        >>> two_step = pf.TwoStep(pf.TwoStepConfig(num_trials=5))
        >>> network = pf.load_pretrained("wang2018-two-step")
        >>> played = pf.evaluate(network, two_step, jax.random.key(0), num_episodes=2)
        >>> len(pf.trial_table(played.event))
        10
    """
    leaves = {name: "rewarded" if name == "reward" else name for name in DTYPES}
    values = {name: np.asarray(getattr(event, leaf)) for name, leaf in leaves.items() if hasattr(event, leaf)}
    complete = np.asarray(event.complete)
    if complete.ndim not in (1, 2, 3) or any(leaf.shape != complete.shape for leaf in values.values()):
        raise UserError(
            "`event` must have the axes (time,), (episode, time) or (subject, episode, time), the same of all its "
            f"leaves, got shape {complete.shape}. Reshape it."
        )
    lacking = (1,) * (3 - complete.ndim)
    complete = complete.reshape(*lacking, *complete.shape)
    values = {name: leaf.reshape(complete.shape) for name, leaf in values.items()}
    subjects = range(len(complete)) if subjects is None else subjects
    if len(subjects) != len(complete):
        raise UserError(f"`subjects` must name the {len(complete)} subjects of `event`, got {len(subjects)}.")
    if len(set(map(str, subjects))) < len(subjects):
        raise UserError(f"`subjects` must all differ, got {list(subjects)}. Give each its own name.")
    numbered = all(isinstance(subject, int | np.integer) for subject in subjects)
    names = np.asarray(subjects, dtype=np.int64 if numbered else object)
    subject, session, time = np.nonzero(complete)
    columns = {name: leaf[subject, session, time] for name, leaf in values.items()} | {"session": session}
    return pd.DataFrame(
        {"subject": names[subject] if numbered else names.astype(str)[subject]}
        | {name: columns[name].astype(dtype) for name, dtype in DTYPES.items() if name in columns}
    )


def check_table(table: pd.DataFrame) -> pd.DataFrame:
    """Refuse a `table` that is not a trial table. Rows are named by their position, from 0.

    Returns:
        The table with its columns as `DTYPES` states. Columns of other names pass unchecked.

    Raises:
        UserError: when a column is missing, a value is out of its range, the rows of a session do not stand
            together or its trials do not ascend.
    """
    if not isinstance(table, pd.DataFrame):
        raise UserError(
            f"`table` must be a trial table, a pandas DataFrame, got a {type(table).__name__}. Read a file first: "
            "prefrontal.read_trials(path)."
        )
    missing = [name for name in ("subject", *DTYPES) if name not in table and name not in OPTIONAL]
    if missing:
        present = ", ".join(map(str, table.columns)) or "none"
        raise UserError(
            f"`columns` must include {', '.join(missing)}, got {present}. Rename or add what is missing; `read_trials` "
            "reads tables with other names."
        )
    subject = pd.Series(table["subject"])
    nameless = np.asarray(subject.isna() | (subject == ""))
    if nameless.any():
        row = int(np.argmax(nameless))
        raise UserError(f"`subject` must be named in every row, got none in row {row}. Name it.")
    columns = {name: _numbers(table, name) for name in DTYPES if name in table}
    _check_order(subject, columns["session"], columns["trial"])
    return table.assign(subject=without_categories(subject), **columns)


def write_table(path: str | Path, table: pd.DataFrame) -> None:
    """Write `table` to `path` as comma-separated text, whole or not at all; see `to_csv` for names that are formulas.

    Arguments:
        path: the file. One that is there is replaced.
        table: a trial table, or any other.

    Raises:
        UserError: when `path` cannot be written; what was there before is left as it was.

    Example:
        >>> pf.write_table("trials.csv", table)
        >>> open("trials.csv").readline().split(",")[:4]
        ['subject', 'session', 'trial', 'choice']
    """
    write_text(Path(path), to_csv(table, index=False))


def read_table(path: str | Path) -> pd.DataFrame:
    """The trial table in the comma-, semicolon- or tab-separated text file at `path`, checked.

    Subjects are read as whole numbers where all of them are written as such, and as text otherwise. A response time of
    0 is none, and a warning says so.

    Arguments:
        path: the file: one with our own column names.

    Returns:
        The trial table; see `trial_table` for its columns.

    Raises:
        UserError: when the file cannot be read or is not a trial table.

    Example:
        >>> pf.write_table("trials.csv", table)
        >>> len(pf.read_table("trials.csv"))
        360
    """
    text = read_text(path)
    names, separator = read_heading(text, path)
    # A subject may be called NA, and 007 is not 7.
    void = sorted({"NaN", *(case(word) for word in VOID for case in (str.lower, str.upper, str.capitalize))})
    gaps = {name: void for name in names if name != "subject"}
    try:
        table = pd.read_csv(
            io.StringIO(text),
            sep=separator,
            decimal="." if separator == "," else ",",
            dtype={"subject": str},
            na_values=gaps,
            keep_default_na=False,
            low_memory=False,
        )
    except ValueError as error:
        raise UserError(f"{the_file()} must be a table of text, got {path} ({str(error).strip()}).") from error
    table = from_csv(table)
    try:
        if "subject" in table:
            blank = (table["subject"] == "").to_numpy(copy=True)
            blank[blank] = table.loc[blank].drop(columns="subject").isna().all(axis=1).to_numpy()
            table = table.loc[~blank].reset_index(drop=True)
        for name in ("rt", "rt2"):
            if name in table:
                table[name] = without_zeros(pd.Series(table[name]), name)
        table = check_table(in_order(table))
    except UserError as error:
        raise UserError(f"{path}: {error}") from None
    return number_subjects(table)


def in_order(table: pd.DataFrame) -> pd.DataFrame:
    """`table` with the rows of a subject's session together and by trial: subjects and sessions as they come first.

    Where a session has a trial number twice, nothing tells their order, and the table is left as it is.
    """
    names = ["subject", "session"]
    if not {*names, "trial"}.issubset(table):
        return table
    subject, _ = pd.factorize(table["subject"])
    session = groups(subject, pd.factorize(table["session"])[0])
    trial = as_numbers(pd.Series(table["trial"]))
    if np.isnan(trial).any() or has_twice(session, trial):
        return table
    order = np.lexsort((trial, session, subject))
    return table if (np.diff(order) == 1).all() else table.iloc[order].reset_index(drop=True)


def number_subjects(table: pd.DataFrame) -> pd.DataFrame:
    """`table` with its subjects as whole numbers, where the names of all of them are written as such."""
    codes, names = pd.factorize(table["subject"])
    if not all(re.fullmatch(r"0|-?[1-9]\d{0,17}", name) for name in names):
        return table
    return table.assign(subject=np.array([int(name) for name in names], np.int64)[codes])


def _numbers(table: pd.DataFrame, name: str) -> np.ndarray:
    column = pd.Series(table[name])
    if column.dtype == DTYPES[name] and DTYPES[name] == np.bool_:
        return column.to_numpy()
    if not pd.api.types.is_numeric_dtype(column.dtype):
        truth = {"true": 1, "false": 0}
        column = column.map(lambda value: truth.get(str(value).lower(), value))
    numbers = as_numbers(column)
    remedy = ""
    if DTYPES[name] == np.float64:
        condition = "a time in seconds above 0, or empty"
        good = (numbers > 0) & np.isfinite(numbers) | column.isna().to_numpy()
    elif name in ("session", "trial"):
        condition = "a whole number from 0"
        good = (numbers >= 0) & (numbers == np.floor(numbers)) & (numbers <= np.iinfo(np.int32).max)
    else:
        condition = "0 or 1"
        good = (numbers == 0) | (numbers == 1)
        remedy = " A missed trial holds 0 and says so in `missed`."
    if not good.all():
        row = int(np.argmin(good))
        raise UserError(f"`{name}` must be {condition}, got {str(column.iloc[row])[:40]} in row {row}.{remedy}")
    return numbers.astype(DTYPES[name])


def _check_order(subject: pd.Series, session: np.ndarray, trial: np.ndarray) -> None:
    subjects, _ = pd.factorize(subject)
    same = (subjects[1:] == subjects[:-1]) & (session[1:] == session[:-1])
    stuck = same & (trial[1:] <= trial[:-1])
    if stuck.any():
        row = int(np.argmax(stuck)) + 1
        raise UserError(
            f"`trial` must ascend within a session, got {trial[row]} after {trial[row - 1]} in row {row}. "
            "Sort by subject, session and trial, and name who chose and the sessions of a subject."
        )
    starts = np.flatnonzero(np.concatenate([[True], ~same])) if len(trial) else np.array([], int)
    again = np.ones(len(starts), bool)
    again[np.unique(groups(subjects[starts], session[starts]), return_index=True)[1]] = False
    if again.any():
        row = int(starts[np.argmax(again)])
        raise UserError(
            f"`session` must keep its rows together, got {session[row]} of subject {subject.iloc[row]} again "
            f"in row {row}. Sort by subject, session and trial, and number the sessions of a subject."
        )
