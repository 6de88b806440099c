"""Intervals of fitted parameters, made where parameters have no bounds: none reaches beyond what a parameter may be."""

import numpy as np
import pandas as pd
from jaxtyping import Float
from scipy.special import ndtr, ndtri  # scipy.stats has them, too, but takes long to import

from prefrontal.agents.two_step import Parameter, find_model
from prefrontal.fitting.fit import Fit
from prefrontal.fitting.hierarchical import Posterior

BOUNDS = (0.025, 0.975)
"""Of the 95 % in the middle."""
QUANTILE = float(ndtri(BOUNDS[1]))


def fit_intervals(fit: Fit | Posterior) -> pd.DataFrame:
    r"""The 95 % interval of every subject's parameters, within the range of each.

    A fit moves a number u without bounds, of which the parameter θ is a function (see `Parameter`). With s, the
    standard error of θ in the fit's table, that of u is s / |dθ/du|, and

        low, high = θ(u - 1.96 s / |dθ/du|),  θ(u + 1.96 s / |dθ/du|)

    so that a weight's interval stays between 0 and 1, and is longer towards the middle. Of a hierarchical fit: the
    2.5th and the 97.5th percentile of the draws.

    Arguments:
        fit: of `fit_model` or `fit_hierarchy`.

    Returns:
        A row a subject, as in `fit.table`, with "low_NAME" and "high_NAME" of every parameter; NaN where the fit has no
        standard error, as at a bound.

    Example:
        >>> fit = pf.fit_model(table, "win-stay-lose-shift", num_starts=2)
        >>> pf.fit_intervals(fit).columns.tolist()
        ['low_stay', 'high_stay', 'low_shift', 'high_shift']
    """
    columns: dict[str, Float[np.ndarray, " subject"]] = {}
    if isinstance(fit, Posterior):
        for name in fit.parameters:
            draws = fit.inference.posterior[name].to_numpy()
            columns[f"low_{name}"], columns[f"high_{name}"] = np.quantile(draws, BOUNDS, axis=(0, 1))
        return pd.DataFrame(columns, index=fit.table.index)
    declared = find_model(fit.model).parameters(fit.task, fit.fixed)
    for name in fit.parameters:
        value, error = (fit.table[column].to_numpy(float) for column in (name, f"se_{name}"))
        columns[f"low_{name}"], columns[f"high_{name}"] = bounded_interval(declared[name], value, error)
    return pd.DataFrame(columns, index=fit.table.index)


def bounded_interval(
    parameter: Parameter, value: Float[np.ndarray, " subject"], error: Float[np.ndarray, " subject"]
) -> tuple[Float[np.ndarray, " subject"], Float[np.ndarray, " subject"]]:
    """The 95 % interval of a parameter whose standard error is `error`; see `fit_intervals`."""
    if np.isinf(parameter.high):
        half = QUANTILE * error / value
        return value * np.exp(-half), value * np.exp(half)
    spread = parameter.high - parameter.low
    middle = ndtri((value - parameter.low) / spread)
    density = np.exp(-np.square(middle) / 2) / np.sqrt(2 * np.pi)
    half = QUANTILE * error / (spread * density)
    low, high = (parameter.low + spread * ndtr(middle + side * half) for side in (-1, 1))
    return low, high
