"""The numbers of sessions and trials, whatever a file counts from and in."""

import warnings
from collections.abc import Sequence
from math import gcd

import numpy as np
import pandas as pd

from prefrontal.errors import UserError
from prefrontal.trials.numbers import as_numbers, groups, has_twice
from prefrontal.trials.text import excerpt


def session_numbers(cells: pd.Series | None, name: str, num: int) -> np.ndarray:
    """Whole numbers from 0; names are numbered as they come."""
    if cells is None:
        return np.zeros(num, int)
    if cells.isna().any():
        row = cells.index[int(cells.isna().to_numpy().argmax())]
        raise UserError(f"`{name}` must be named in every row, got none in row {row}. Name it.")
    values = as_numbers(cells)
    if np.isnan(values).any():
        return pd.factorize(cells)[0]
    return values - (0 if (values == 0).any() else 1)


def trial_numbers(
    cells: pd.Series | None, name: str, subject: np.ndarray, session: np.ndarray, who: Sequence[str]
) -> np.ndarray:
    """Whole numbers from 0: as numbered in the file, from 0 or from 1, or in order. Numbers that count several to a
    trial, screens for instance, are divided; those that start again within every session, from block to block, go on
    where they stopped; a warning says so.

    Raises:
        UserError: when a cell is no whole number, or the numbers of some sessions start again and of others do not.
    """
    group = groups(subject, session)
    if cells is None:
        return pd.Series(group).groupby(group).cumcount().to_numpy()
    values = as_numbers(cells)
    wrong = np.isnan(values) | (values != np.floor(values)) | (np.abs(values) > np.iinfo(np.int32).max)
    if wrong.any():
        row = int(wrong.argmax())
        raise UserError(
            f"`{name}` must be a whole number, got {excerpt(cells.iloc[row])} in row {cells.index[row]}. "
            "Say trial= to number trials in their order."
        )
    values = _numbered_on(values, subject, group, name, who)
    order = np.lexsort((values, group))
    step = np.diff(values[order])[np.diff(group[order]) == 0]
    every = gcd(*step.astype(int)) if len(step) > 1 else 1
    if every > 1:
        warnings.warn(
            f"`{name}` goes up by {every}: taken for {every} screens to a trial. Say trial= to number trials in their "
            "order.",
            stacklevel=3,
        )
        return (values - _lowest(values, group)[group]) / every
    if len(step) > 1 and step.min() > 1:
        raise UserError(
            f"`{name}` must go up by 1 from a trial to the next, got steps of {step.min():g} to {step.max():g}. If it "
            "counts screens, say trial= to number trials in their order."
        )
    return values - (0 if (values == 0).any() else 1)


def _lowest(values: np.ndarray, group: np.ndarray) -> np.ndarray:
    """The lowest of each group's `values`."""
    lowest = np.full(group.max(initial=-1) + 1, np.inf)
    np.minimum.at(lowest, group, values)
    return lowest


def _numbered_on(
    values: np.ndarray, subject: np.ndarray, session: np.ndarray, name: str, who: Sequence[str]
) -> np.ndarray:
    """`values` that go on where a session's numbers start again from the first, in the order of the rows."""
    order = np.argsort(session, kind="stable")
    group, number = session[order], values[order]
    same = np.concatenate([[False], group[1:] == group[:-1]])
    falls = same & np.concatenate([[False], number[1:] < number[:-1]])
    lowest = _lowest(number, group)
    again = falls & (number == lowest[group])
    if not again.any() or (falls != again).any() or not has_twice(group, number):
        return values  # in no order otherwise: sorted, or refused, later
    starts = np.bincount(group, weights=again)
    if (starts != starts[0]).any():
        odd = subject[order][group == starts.argmax()][0]
        raise UserError(
            f"`{name}` must start again for everybody or for nobody, got numbers that start again for subject "
            f"{who[odd]} and not for all. Are two people called alike? Name them apart, or say session=COLUMN, or "
            "trial= to number trials in their order."
        )
    warnings.warn(
        f"`{name}` starts again {_times(int(starts[0]))} for each subject: taken for blocks, and numbered on. Say "
        "session=COLUMN where nothing carries over.",
        stacklevel=4,
    )
    block = np.cumsum(again | ~same) - 1
    length = np.zeros(block[-1] + 1)
    np.maximum.at(length, block, number - lowest[group] + 1)
    before = np.cumsum(length) - length
    first = block[np.searchsorted(group, group)]  # the first block of each session
    result = np.empty(len(values))
    result[order] = number + before[block] - before[first]
    return result


def _times(num: int) -> str:
    return {1: "once", 2: "twice"}.get(num, f"{num:,} times")
