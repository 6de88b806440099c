"""Logistic regression that says when the data separate."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float, Real

from prefrontal.errors import UserError, check_not_negative

FALLBACK_RIDGE = 2.5**-2
"""Ridge where maximum likelihood has no solution: a normal prior of standard deviation 2.5 on every weight, the scale
of Gelman et al. (2008) for regressors that vary by about a half, as ours do."""

Verdict = Literal["", "separated", "collinear"]

LARGEST = 1e100
"""No regressor may be as large: its square must have room in a double."""
SUSPICIOUS = 25.0
"""Log odds beyond which an estimate that has not converged may be on its way to infinity."""
MAX_STEPS = 100
MAX_HALVINGS = 60
"""Of a step; a step so short changes nothing that a double can hold."""


@dataclass(frozen=True)
class LogisticFit:
    """What a logistic regression found."""

    weights: Float[np.ndarray, " regressor"]
    """Log odds per unit of each regressor."""
    covariance: Float[np.ndarray, "regressor regressor"]
    """Of the weights: the inverse of the (penalised) information."""
    log_likelihood: float
    """Of the data, without the penalty."""
    num: int
    """Trials."""
    ridge: float
    """The penalty that was used."""
    verdict: Verdict
    """Why maximum likelihood has no (single) solution: some combination of regressors tells the choices apart without
    error ("separated"), or makes no difference to any trial ("collinear"). Empty where it has one, or was not asked."""


def fit_logistic(
    regressors: Real[np.ndarray, "trial regressor"],
    outcomes: Bool[np.ndarray, " trial"],
    *,
    ridge: float | None = None,
) -> LogisticFit:
    """Fit log P(outcome) / P(no outcome) = x · w by maximum likelihood, minus ridge / 2 · |w|².

    Arguments:
        regressors: x, one row a trial; with a column of ones where an intercept is wanted.
        outcomes: what happened.
        ridge: the penalty on every weight, at least 0. None: 0 where maximum likelihood has a single solution, and
            `FALLBACK_RIDGE` where it has none, which `verdict` tells.

    Raises:
        UserError: when there are no trials, `ridge` is negative, or a regressor is not a number in every trial or too
            large to reckon with.

    References:
        Albert, Anderson (1984), Biometrika 71:1 (when maximum likelihood has no solution).
        Gelman, Jakulin, Pittau, Su (2008), Ann Appl Stat 2:1360 (the scale of the prior).
    """
    if not len(outcomes):
        raise UserError("`outcomes` must be at least one trial, got none.")
    if ridge is not None:
        check_not_negative("ridge", ridge)
    check_regressors(regressors)
    x, counts = distinct(np.asarray(regressors, np.float64), np.asarray(outcomes, bool))
    verdict: Verdict = ""
    weights, information = np.zeros(x.shape[1]), np.eye(x.shape[1])
    if not ridge:
        if np.linalg.matrix_rank(x.T @ x, hermitian=True) < x.shape[1]:
            verdict = "collinear"
        else:
            weights, information, converged = _newton(x, counts, 0.0, limit=SUSPICIOUS)
            if not converged and separates(regressors, outcomes):
                verdict = "separated"
            elif not converged:
                weights, information, _ = _newton(x, counts, 0.0)
    if ridge == 0 and verdict:
        raise UserError(
            f"`ridge` must be above 0 where the regressors are {verdict}: maximum likelihood has no solution, got 0."
        )
    used = (FALLBACK_RIDGE if verdict else 0.0) if ridge is None else ridge
    if used:
        weights, information, _ = _newton(x, counts, used)
    log_odds = x @ weights
    return LogisticFit(
        weights=weights,
        covariance=np.linalg.inv(information),
        log_likelihood=float(-(counts * np.logaddexp(0, np.stack([-log_odds, log_odds], axis=1))).sum()),
        num=len(outcomes),
        ridge=used,
        verdict=verdict,
    )


def check_regressors(
    regressors: Real[np.ndarray, "trial regressor"], names: Sequence[str] = (), *, where: str = ""
) -> None:
    """Refuse regressors that are not finite, or whose squares could not be summed.

    Arguments:
        regressors: one row a trial.
        names: of the columns. Empty: they are numbered.
        where: what the rows are of, such as "subject 3: ", to begin the message with.

    Raises:
        UserError: when a column holds such a value; it names the first.
    """
    sound = np.abs(np.asarray(regressors, np.float64)) < LARGEST  # False for NaN
    if not sound.all():
        column = int(np.flatnonzero(~sound.all(axis=0))[0])
        name = f"`{names[column]}`" if len(names) else f"Column {column} of `regressors`"
        value = np.asarray(regressors)[~sound[:, column], column][0]
        raise UserError(
            f"{where}{name} must be a number below {LARGEST:g} in every trial, got {value:g}. Leave out such trials, "
            "or change its unit."
        )


def separates(regressors: Real[np.ndarray, "trial regressor"], outcomes: Bool[np.ndarray, " trial"]) -> bool:
    """Whether some weights w put every trial on its side, x · w ≥ 0 where there was an outcome and ≤ 0 where not, and
    at least one of them off the border. A linear programme tells.

    Reference:
        Albert, Anderson (1984), Biometrika 71:1 (complete and quasi-complete separation).
    """
    from scipy.optimize import linprog  # takes a quarter of a second to import

    signed = np.unique(np.where(outcomes, 1, -1)[:, None] * np.asarray(regressors, np.float64), axis=0)
    solved = linprog(-signed.sum(axis=0), A_ub=-signed, b_ub=np.zeros(len(signed)), bounds=(-1, 1))
    return bool(-solved.fun > 1e-6)


def distinct(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The distinct rows of `x`, and how many trials of each had an outcome and had none: (row, 2)."""
    rows = np.ascontiguousarray(x)
    keys = rows.view(np.dtype((np.void, rows.dtype.itemsize * rows.shape[1])))[:, 0]
    _, first, place = np.unique(keys, return_index=True, return_inverse=True)
    counts = [np.bincount(place[which], minlength=len(first)) for which in (y, ~y)]
    return rows[first], np.stack(counts, axis=1).astype(np.float64)


def _newton(
    x: np.ndarray, counts: np.ndarray, ridge: float, limit: float = np.inf
) -> tuple[np.ndarray, np.ndarray, bool]:
    """The weights, the information at them, and whether they are a maximum; it gives up when log odds pass `limit`
    and still grow. Where there is no maximum they grow by about one a step for ever; where there is one, steps shrink.
    """
    weights = np.zeros(x.shape[1])
    penalty = ridge * np.eye(x.shape[1])
    happened, num = counts[:, 0], counts.sum(axis=1)
    log_odds, loss, information = np.zeros(len(x)), np.inf, penalty
    for _ in range(MAX_STEPS):
        probability = 0.5 * (1 + np.tanh(log_odds / 2))
        information = (x * (num * probability * (1 - probability))[:, None]).T @ x + penalty
        step = np.linalg.solve(information, x.T @ (happened - num * probability) - ridge * weights)
        before = log_odds
        for _ in range(MAX_HALVINGS):
            log_odds = x @ (weights + step)
            after = num @ np.logaddexp(0, log_odds) - happened @ log_odds + ridge / 2 * np.sum((weights + step) ** 2)
            if after <= loss + 1e-9 * (1 + abs(after)):
                break
            step /= 2  # far from the optimum a whole step may lead uphill
        else:  # no step leads downhill: this is the minimum, to rounding
            return weights, information, True
        weights, loss = weights + step, after
        if np.abs(step).max() < 1e-7:
            return weights, information, True
        if np.abs(log_odds).max() > limit and np.abs(log_odds - before).max() > 0.5:
            break
    return weights, information, False
