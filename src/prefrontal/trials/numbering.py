"""The numbers of sessions and trials, whatever a file counts from and in."""

import warnings
from math import gcd

import numpy as np
import pandas as pd

from prefrontal.errors import UserError
from prefrontal.trials.numbers import as_numbers
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


def trial_numbers(cells: pd.Series | None, name: str, subject: np.ndarray, session: np.ndarray) -> np.ndarray:
    """Whole numbers from 0: as numbered in the file, from 0 or from 1, or in order. Numbers that count several to a
    trial, screens for instance, are divided, and a warning says so."""
    where = pd.DataFrame({"subject": subject, "session": session})
    if cells is None:
        return where.groupby(["subject", "session"]).cumcount().to_numpy()
    values = as_numbers(cells)
    wrong = np.isnan(values) | (values != np.floor(values)) | (np.abs(values) > np.iinfo(np.int32).max)
    if wrong.any():
        row = int(wrong.argmax())
        raise UserError(
            f"`{name}` must be a whole number, got {excerpt(cells.iloc[row])} in row {cells.index[row]}. "
            "Say trial= to number trials in their order."
        )
    ascending = where.assign(value=values).sort_values("value", kind="stable")
    step = ascending.groupby(["subject", "session"])["value"].diff().dropna().to_numpy()
    every = gcd(*step.astype(int)) if len(step) > 1 else 1
    if every > 1:
        warnings.warn(
            f"`{name}` goes up by {every}: taken for {every} screens to a trial. Say trial= to number trials in their "
            "order.",
            stacklevel=3,
        )
        first = where.assign(value=values).groupby(["subject", "session"])["value"].transform("min").to_numpy()
        return (values - first) / every
    if len(step) > 1 and step.min() > 1:
        raise UserError(
            f"`{name}` must go up by 1 from a trial to the next, got steps of {step.min():g} to {step.max():g}. If it "
            "counts screens, say trial= to number trials in their order."
        )
    return values - (0 if (values == 0).any() else 1)
