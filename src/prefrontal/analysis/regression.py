"""Regressions of choices on earlier trials: subject by subject, then over subjects."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from prefrontal.analysis.logistic import FALLBACK_RIDGE, LogisticFit, check_regressors, fit_logistic
from prefrontal.analysis.regressors import Design
from prefrontal.analysis.statistics import mean_interval
from prefrontal.configs.two_step import TRIAL_KINDS
from prefrontal.errors import UserError

INDICES = {
    "model_based": (1, -1, -1, 1),
    "model_free": (1, 1, -1, -1),
    "perseveration": (1, 1, 1, 1),
}
"""Miller's indices: the sign with which the weights of each of the `TRIAL_KINDS` enter, at every lag."""


@dataclass(frozen=True)
class Regression:
    """What the regression of each subject found."""

    design: Design
    fits: tuple[LogisticFit, ...]
    """One a subject."""

    @property
    def weights(self) -> pd.DataFrame:
        """One row a subject, one column a regressor; log odds."""
        return self._frame([fit.weights for fit in self.fits])

    @property
    def errors(self) -> pd.DataFrame:
        """The standard error of each weight."""
        return self._frame([np.sqrt(np.diag(fit.covariance)) for fit in self.fits])

    @property
    def quality(self) -> pd.DataFrame:
        """One row a subject: trials, log-likelihood, the ridge used, and why, where one had to be."""
        names = ("num", "log_likelihood", "ridge", "verdict")
        rows = [{name: getattr(fit, name) for name in names} for fit in self.fits]
        return pd.DataFrame(rows, index=self._index, columns=list(names))

    @property
    def group(self) -> pd.DataFrame:
        """Over subjects; see `over_subjects`."""
        return over_subjects(self.weights)

    @property
    def _index(self) -> pd.Index:
        return pd.Index(self.design.subjects, name="subject")

    def _frame(self, rows: Sequence[np.ndarray]) -> pd.DataFrame:
        return pd.DataFrame(np.stack(rows), index=self._index, columns=list(self.design.regressors))


def regress(design: Design, *, ridge: float | None = None) -> Regression:
    """Fit the logistic regression of each subject by itself.

    Where a subject's choices are told apart without error by some combination of regressors, maximum likelihood has
    no solution and its weights grow without end. Such subjects are fitted with `FALLBACK_RIDGE`, and a warning says so.

    Arguments:
        design: what is regressed on what; see `one_back`, `multi_back` and `lagged`.
        ridge: the penalty for every subject; see `fit_logistic`.

    Returns:
        Weights, a row a subject, their errors, and, over subjects, `group`.

    Raises:
        UserError: when a subject has no trials to regress, a regressor is not a number in every trial, or `ridge` is 0
            where there is no solution.

    Example:
        >>> pf.regress(pf.one_back(table), ridge=0.1).weights.shape
        (6, 4)
    """
    bounds = np.searchsorted(design.subject, np.arange(len(design.subjects) + 1))
    fits = []
    for number, name in enumerate(design.subjects):
        rows = slice(bounds[number], bounds[number + 1])
        if rows.start == rows.stop:
            raise UserError(f"`table` must have trials that follow one another, got none of subject {name}. Drop it.")
        check_regressors(design.values[rows], design.regressors, where=f"subject {name}: ")
        try:
            fits.append(fit_logistic(design.values[rows], design.choice[rows], ridge=ridge))
        except UserError as error:
            raise UserError(f"subject {name}: {error}") from None
    result = Regression(design, tuple(fits))
    for verdict, meaning in (
        ("separated", "choices are told apart without error by the regressors"),
        ("collinear", "regressors cannot be told apart"),
    ):
        named = [str(name) for name, fit in zip(design.subjects, fits, strict=True) if fit.verdict == verdict]
        if named:
            warnings.warn(
                f"{design.name}: in {len(named)} of {len(fits)} subjects ({', '.join(named[:5])}"
                f"{', ...' if len(named) > 5 else ''}) {meaning}; they have no maximum-likelihood "
                f"weights; theirs are of a ridge of {FALLBACK_RIDGE:g}.",
                stacklevel=2,
            )
    return result


def over_subjects(weights: pd.DataFrame, *, level: float = 0.95) -> pd.DataFrame:
    """The second level: each subject gives one value of each column, whose mean over subjects is tested against zero.

    Arguments:
        weights: one row a subject.
        level: probability of the confidence interval, between 0 and 1.

    Returns:
        One row a column of `weights`: mean; low and high, Student's confidence interval; t; p, two-tailed; num, the
        subjects it rests on.

    Reference:
        Holmes, Friston (1998), NeuroImage 7:S754 (summary statistics as a random-effects analysis).
    """
    from scipy.special import stdtr

    rows = []
    for values in weights.to_numpy(np.float64).T:
        interval = mean_interval(values, level)
        kept = values[~np.isnan(values)]
        error = kept.std(ddof=1) / np.sqrt(len(kept)) if len(kept) > 1 else np.nan
        t = interval.mean / error if error > 0 else np.nan
        p = 2 * float(stdtr(interval.num - 1, -abs(t))) if error > 0 else np.nan
        rows.append((interval.mean, interval.low, interval.high, t, p, interval.num))
    columns = ["mean", "low", "high", "t", "p", "num"]
    return pd.DataFrame(rows, index=weights.columns, columns=columns)


def kind_weights(weights: pd.DataFrame) -> pd.DataFrame:
    """The weights of a `multi_back` or `lagged` regression by (kind of trial, lag); one row a subject.

    Raises:
        UserError: when `weights` are of another regression.
    """
    columns = {}
    for kind in TRIAL_KINDS:
        lag = 1
        while f"{kind}_{lag}" in weights:
            columns[kind, lag] = weights[f"{kind}_{lag}"]
            lag += 1
    if not columns:
        raise UserError(f"`weights` must be of a regression on kinds of trial, got {', '.join(map(str, weights))}.")
    return pd.concat(columns, axis=1, names=["kind", "lag"])


def indices(weights: pd.DataFrame) -> pd.DataFrame:
    """Miller's indices of each subject, from the weights of its `multi_back` regression. With CR(k) the weight of
    common, rewarded trials at lag k, and so on, summed over lags:

        model-based    sum  CR - UR - CU + UU   (stays after a common reward or an uncommon disappointment)
        model-free     sum  CR + UR - CU - UU   (stays after a reward, whatever the transition)
        perseveration  sum  CR + UR + CU + UU

    where U, second, is unrewarded.

    Arguments:
        weights: a row a subject, the `weights` of such a regression.

    Returns:
        One row a subject; columns model_based, model_free, perseveration; log odds.

    Reference:
        Miller, Botvinick, Brody (2017), Nat Neurosci 20:1269, Methods.

    Example:
        >>> weights = pf.regress(pf.multi_back(table, num_lags=2), ridge=0.1).weights
        >>> pf.indices(weights).columns.tolist()
        ['model_based', 'model_free', 'perseveration']
    """
    by_lag = kind_weights(weights)
    sums = np.stack([by_lag.xs(kind, axis="columns", level="kind").sum(axis=1) for kind in TRIAL_KINDS], axis=1)
    return pd.DataFrame(sums @ np.array(list(INDICES.values())).T, index=weights.index, columns=list(INDICES))
