"""Cells read as numbers, whatever they hold."""

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


def as_numbers(cells: pd.Series) -> np.ndarray:
    """What can be read as a number; NaN for the rest, infinity for what is too large."""
    try:
        return pd.Series(pd.to_numeric(cells, errors="coerce")).to_numpy(np.float64, na_value=np.nan)
    except OverflowError:  # whole numbers of hundreds of digits
        return np.array([_as_number(cell) for cell in cells])


def _as_number(cell: object) -> float:
    try:
        return float(str(cell))
    except ValueError:
        return np.nan
