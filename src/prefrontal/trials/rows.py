"""Which rows of a table of text are trials of the task."""

import warnings
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from prefrontal.errors import UserError
from prefrontal.trials.coding import is_void
from prefrontal.trials.text import excerpt, holds

PRACTICE = ("practice", "practise", "prac", "tutorial", "practice_trial")
"""What a column says of a practice trial."""
OF_A_TRIAL = ("trial", "choice", "state", "common", "choice2", "reward", "rt", "rt2")
"""Where all of these are empty, a row is no trial: a screen of instructions, say."""


def chosen_rows(cells: pd.DataFrame, rows: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """The rows of `cells` whose columns hold one of the values in `rows`, by column.

    Raises:
        UserError: when a column is not there, or no row is left.
    """
    for column, values in rows.items():
        if column not in cells:
            there = excerpt(", ".join(cells) or "none", 300)
            raise UserError(f"`rows` must name columns that are there, got {column}. There are {there}.")
        mask = np.isin(cells[column].to_numpy(dtype=str), list(values))
        if not mask.any():
            held = excerpt(", ".join(cells[column].unique()[:10]), 300)
            raise UserError(
                f"`rows` must leave trials, got {column}={','.join(values)}, which no row holds. It holds {held}."
            )
        cells = cells.loc[mask]
    return cells


def without_fillers(cells: pd.DataFrame, found: Mapping[str, str], void: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """`cells` without the rows that hold nothing of a trial, not even its number or who chose; a warning counts them.

    Arguments:
        cells: a table of text.
        found: the column of each of ours.
        void: what an empty cell of each of ours may hold.
    """
    who = [name for name in ("trial", "subject") if name in found][:1]
    if not who:
        return cells
    empty = np.ones(len(cells), bool)
    for name in (*who, *OF_A_TRIAL[1:]):
        if name in found:
            empty &= is_void(pd.Series(cells[found[name]]), void[name] if name != who[0] else ())
    if not empty.any() or empty.all():
        return cells
    warnings.warn(
        f"{int(empty.sum()):,} rows without a {who[0]}, or anything else of one, are left out: no trials.", stacklevel=3
    )
    return cells.loc[~empty]


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
        mask = holds(pd.Series(cells[column]), {*PRACTICE, "true", "1", "1.0", "yes"})
    elif said:
        return cells
    else:
        told = {name: holds(pd.Series(cells[name]), PRACTICE) for name in cells}
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
