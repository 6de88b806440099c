"""Cells read as numbers, whatever they hold; and the numbers of groups."""

import warnings

import numpy as np
import pandas as pd


def without_zeros(times: pd.Series, name: str) -> pd.Series:
    """Response times without those of 0, which some programs write where none was measured; a warning counts them."""
    zero = as_numbers(times) == 0
    if not zero.any():
        return times
    warnings.warn(f"`{name}` is 0 in {zero.sum():,} of {len(times):,} trials: taken for not measured.", stacklevel=2)
    return times.mask(zero)


def without_categories(names: pd.Series) -> pd.Series:
    """`names` as numbers or as text, where they are a categorical: one that was cut out of a larger table knows of
    categories that no row has any more, and tables made of it would have rows for them."""
    return names.astype(names.cat.categories.dtype) if isinstance(names.dtype, pd.CategoricalDtype) else names


def as_numbers(cells: pd.Series) -> np.ndarray:
    """What can be read as a number; NaN for the rest, infinity for what is too large."""
    if isinstance(cells.dtype, np.dtype) and cells.dtype.kind in "biuf":
        return cells.to_numpy(np.float64)
    try:
        return np.asarray(pd.to_numeric(cells.to_numpy(object), errors="coerce"), np.float64)
    except OverflowError:  # whole numbers of hundreds of digits
        return np.array([_as_number(cell) for cell in cells])


def groups(subject: np.ndarray, session: np.ndarray) -> np.ndarray:
    """The number of each row's group of a subject and a session, from 0, as they come first."""
    numbers, _ = pd.factorize(session)
    return pd.factorize((subject + 1) * (numbers.max(initial=0) + 2) + numbers + 1)[0]


def has_twice(group: np.ndarray, number: np.ndarray) -> bool:
    """Whether a group has a number twice."""
    order = np.lexsort((number, group))
    return bool(((np.diff(group[order]) == 0) & (np.diff(number[order]) == 0)).any())


def _as_number(cell: object) -> float:
    try:
        return float(str(cell))
    except ValueError:
        return np.nan
