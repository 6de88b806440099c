"""What single units code: each unit regressed on the same variables, with correction for testing many units."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from jaxtyping import Float, Shaped

from prefrontal.errors import UserError, check_choice, check_probability

CORRECTIONS = ("bonferroni", "holm", "fdr_bh", "none")


def unit_regression(
    activity: Float[np.ndarray, "sample unit"],
    variables: Mapping[str, np.ndarray],
    *,
    correction: str = "bonferroni",
    level: float = 0.05,
) -> pd.DataFrame:
    """Regress each unit on all of `variables` and a constant.

    Samples are taken as independent. Steps of one episode are not: take one a trial, and read the shares of units, not
    the p-values, as the result; shares of a permuted variable (`permuted`) tell what chance gives.

    Arguments:
        activity: (sample, unit).
        variables: by name, (sample,). Standardised within: slopes are per standard deviation.
        correction: of the p-values of one variable over all units, of `CORRECTIONS`: Bonferroni's, Holm's, Benjamini
            and Hochberg's control of the false discovery rate, or none.
        level: a unit codes a variable when its corrected p-value is below.

    Returns:
        One row a unit and variable: unit, variable, slope, t, p, corrected_p, codes, and partial_r, the correlation of
        unit and variable with the other variables' parts taken out. NaN for a unit that never changes.

    Raises:
        UserError: when there are not more samples than variables, one is constant, or one follows from the others.
    """
    check_probability("level", level)
    names, design = list(variables), _design(activity, variables)
    slope, t, p = _least_squares(activity, design)
    degrees = len(activity) - design.shape[1]
    tables = []
    for number, name in enumerate(names):
        corrected_p = corrected(p[number], correction)
        columns = {
            "unit": np.arange(p.shape[1]),
            "variable": name,
            "slope": slope[number],
            "t": t[number],
            "p": p[number],
            "corrected_p": corrected_p,
            "codes": corrected_p < level,
            "partial_r": t[number] / np.sqrt(t[number] ** 2 + degrees),
        }
        tables.append(pd.DataFrame(columns))
    return pd.concat(tables, ignore_index=True)


def corrected(p: Float[np.ndarray, " test"], correction: str) -> Float[np.ndarray, " test"]:
    """P-values corrected for their number, by one of `CORRECTIONS`; NaNs are no tests, and stay."""
    check_choice("correction", correction, CORRECTIONS)
    tested, result = np.isfinite(p), p.copy()
    if correction != "none" and tested.any():
        result[tested] = np.minimum(_CORRECT[correction](p[tested]), 1.0)
    return result


def _holm(p: Float[np.ndarray, " test"]) -> Float[np.ndarray, " test"]:
    """The smallest p times their number, the next times one less, and so on; none below one that is smaller."""
    order = np.argsort(p)
    corrected_p = np.empty_like(p)
    corrected_p[order] = np.maximum.accumulate(np.arange(len(p), 0, -1) * p[order])
    return corrected_p


def _benjamini_hochberg(p: Float[np.ndarray, " test"]) -> Float[np.ndarray, " test"]:
    from scipy.stats import false_discovery_control  # slow to import

    return false_discovery_control(p, method="bh")


_CORRECT = {"bonferroni": lambda p: len(p) * p, "holm": _holm, "fdr_bh": _benjamini_hochberg}


def coding_share(table: pd.DataFrame) -> dict[str, float]:
    """The share of units that code each variable, of a `unit_regression`."""
    coded = {str(name): table.loc[table["variable"] == name, "codes"] for name in table["variable"].unique()}
    return {name: float(np.mean(codes)) for name, codes in coded.items()}


def permuted(variable: Shaped[np.ndarray, "episode trial"], seed: int = 0) -> Shaped[np.ndarray, "episode trial"]:
    """`variable` with its episodes in another order: as smooth as it was, and told by nothing in its new episode."""
    order = np.random.default_rng(seed).permutation(len(variable))
    return variable[order]


def _design(activity: np.ndarray, variables: Mapping[str, np.ndarray]) -> np.ndarray:
    columns = [np.ones(len(activity))]
    for name, values in variables.items():
        values = np.asarray(values, np.float64)
        if values.shape != activity.shape[:1]:
            raise UserError(f"`{name}` must hold one value for each of {len(activity)} samples, got {values.shape}.")
        if np.ptp(values) == 0:
            raise UserError(f"`{name}` must vary, got {values[0]:g} in every sample. Leave it out.")
        columns.append((values - values.mean()) / values.std())
    design = np.column_stack(columns)
    if len(design) <= design.shape[1]:
        raise UserError(f"`activity` must have more than {design.shape[1]} samples, got {len(design)}.")
    if np.linalg.matrix_rank(design) < design.shape[1]:
        raise UserError(f"`variables` must not follow from each other, got {', '.join(variables)}. Leave one out.")
    return design


def _least_squares(activity: np.ndarray, design: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Slopes, their t and two-sided p, each (variable, unit)."""
    from scipy.special import stdtr  # slow to import

    samples = np.asarray(activity, np.float64)
    coefficients = np.linalg.lstsq(design, samples, rcond=None)[0]
    degrees = len(design) - design.shape[1]
    noise = np.sum((samples - design @ coefficients) ** 2, axis=0) / degrees
    noise[np.ptp(samples, axis=0) == 0] = np.nan
    error = np.sqrt(np.linalg.inv(design.T @ design).diagonal()[:, None] * noise)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = coefficients / error
    return coefficients[1:], t[1:], 2 * stdtr(degrees, -np.abs(t[1:]))
