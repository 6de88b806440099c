"""How much of one signal another accounts for."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float

Signal = Float[np.ndarray, " sample"]


def explained_variance(signal: Signal, *regressors: Signal) -> float:
    """r^2 of the least-squares regression of `signal` on `regressors` and a constant; NaN for a constant signal."""
    residual, spread = residuals(signal, *regressors), signal - signal.mean()
    total = float(spread @ spread)
    return 1 - float(residual @ residual) / total if total > 0 else float("nan")


def residuals(signal: Signal, *regressors: Signal) -> Signal:
    """What a least-squares regression of `signal` on `regressors` and a constant leaves of it."""
    design = _design(signal, *regressors)
    return signal - design @ np.linalg.lstsq(design, signal, rcond=None)[0]


def multiple_regression(signal: Signal, regressors: Mapping[str, Signal]) -> dict[str, float]:
    """The slope of `signal` on each of `regressors`, all in one least-squares regression with a constant."""
    coefficients = np.linalg.lstsq(_design(signal, *regressors.values()), signal, rcond=None)[0]
    return dict(zip(regressors, map(float, coefficients[1:]), strict=True))


def residual_correlation(signal: Signal, regressor: Signal, given: Signal) -> float:
    """The correlation of `signal` with what `given` does not explain of `regressor`.

    0 when nothing is left of the regressor: a constant correlates with nothing.

    Reference:
        Wang et al. (2018), Nat Neurosci 21:860, Methods, Simulation 4.
    """
    left = residuals(regressor, given)
    if np.sum(left**2) <= 1e-12 * np.sum((regressor - regressor.mean()) ** 2):
        return 0.0
    return float(np.corrcoef(signal, left)[0, 1])


def _design(signal: Signal, *regressors: Signal) -> np.ndarray:
    return np.column_stack([np.ones(len(signal)), *regressors])
