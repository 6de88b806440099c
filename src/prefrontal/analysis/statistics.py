"""Statistics over seeds, people or animals: each gives one value."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from prefrontal.errors import UserError


@dataclass(frozen=True)
class Interval:
    """A mean with its confidence interval."""

    mean: float
    """The mean of the values; NaN when there are none."""
    low: float
    """Lower bound; NaN with fewer than two values."""
    high: float
    """Upper bound; NaN with fewer than two values."""
    num: int
    """Values it rests on."""
    num_dropped: int = 0
    """Values left out because they were NaN."""


def mean_interval(values: ArrayLike, level: float = 0.95) -> Interval:
    """Student's confidence interval of the mean: mean ± t_{n-1}((1 + level) / 2) · s / √n.

    It supposes that the values are independent draws from a normal distribution, and does not know of limits:
    for proportions a bound may lie outside [0, 1], and the caller clips it.

    Arguments:
        values: (seed,) or (person,) one value each, any unit. NaNs are dropped and counted in `num_dropped`.
        level: the probability of covering the true mean, between 0 and 1.

    Returns:
        The interval. Its bounds are NaN with fewer than two values, and the mean too with none.

    Raises:
        UserError: when `level` is not between 0 and 1, or `values` are not one row of finite values and NaNs.

    Reference:
        Student (1908), Biometrika 6:1.

    Example:
        >>> found = pf.mean_interval([1.0, 2.0, 3.0])
        >>> found.mean, round(found.low, 2), round(found.high, 2)
        (2.0, -0.48, 4.48)
    """
    # scipy.stats has the same quantile but takes over a second to import.
    from scipy.special import stdtrit

    if not 0 < level < 1:
        raise UserError(f"`level` must be above 0 and below 1, got {level}. 0.95 is the custom.")
    every = np.asarray(values, np.float64)
    if every.ndim != 1:
        raise UserError(f"`values` must be one row of values, got shape {every.shape}. Give one a unit.")
    if np.isinf(every).any():
        raise UserError(f"`values` must be finite or NaN, got {every[np.isinf(every)][0]}.")
    kept = every[~np.isnan(every)]
    num, num_dropped = len(kept), len(every) - len(kept)
    mean = float(kept.mean()) if num else float("nan")
    if num < 2:
        return Interval(mean, float("nan"), float("nan"), num, num_dropped)
    half = float(stdtrit(num - 1, (1 + level) / 2) * kept.std(ddof=1) / np.sqrt(num))
    return Interval(mean, mean - half, mean + half, num, num_dropped)


def difference_interval(one: ArrayLike, other: ArrayLike, level: float = 0.95) -> Interval:
    """Welch's confidence interval of the difference of two means, the first less the second: of groups of independent
    values that may differ in number and in variance.

    Arguments:
        one, other: (seed,) or (person,) one value each, any unit. NaNs are dropped.
        level: the probability of covering the true difference, between 0 and 1.

    Returns:
        The interval. Its bounds are NaN where a group has fewer than two values, and the mean where it has none.

    Raises:
        UserError: as `mean_interval` does.

    Reference:
        Welch (1947), Biometrika 34:28.
    """
    from scipy.special import stdtrit

    first, second = (mean_interval(values, level) for values in (one, other))
    mean, num, dropped = first.mean - second.mean, first.num + second.num, first.num_dropped + second.num_dropped
    kept = [values[~np.isnan(values)] for values in (np.asarray(one, np.float64), np.asarray(other, np.float64))]
    if min(map(len, kept)) < 2:
        return Interval(mean, float("nan"), float("nan"), num, dropped)
    variances = [float(values.var(ddof=1)) / len(values) for values in kept]
    total = sum(variances)
    if total == 0:
        return Interval(mean, mean, mean, num, dropped)
    freedom = total**2 / sum(variance**2 / (len(values) - 1) for variance, values in zip(variances, kept, strict=True))
    half = float(stdtrit(freedom, (1 + level) / 2) * np.sqrt(total))
    return Interval(mean, mean - half, mean + half, num, dropped)
