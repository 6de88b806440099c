"""Mixed-effects logistic regression: one weight a subject, drawn from a population that is estimated with them."""

import itertools
from dataclasses import dataclass

import numpy as np
import pandas as pd

from prefrontal.analysis.logistic import MAX_HALVINGS, MAX_STEPS, check_regressors, distinct
from prefrontal.analysis.population import estimate_population
from prefrontal.analysis.regressors import Design
from prefrontal.errors import UserError

TOLERANCE = 1e-4
"""A round that changes every mean and standard deviation by less ends the estimation."""


@dataclass(frozen=True)
class MixedRegression:
    """What a mixed-effects logistic regression found."""

    group: pd.DataFrame
    """One row a regressor: mean over the population; error, its standard error; low and high, its 95 % interval; z; p,
    two-tailed; sd, the standard deviation over subjects."""
    weights: pd.DataFrame
    """One row a subject, one column a regressor: the most probable weights, given the population."""
    covariance: pd.DataFrame
    """Over subjects, of the regressors' weights."""


def regress_mixed(design: Design) -> MixedRegression:
    r"""Fit logit P(choice) = x · w_i for all subjects i together, with w_i drawn from N(mu, Sigma).

    Expectation and maximisation take turns, with Laplace's approximation (see
    `prefrontal.analysis.population.estimate_population`). Subjects whose choices separate, which have no weights of
    their own, lean on the others.

    Differs from a fit by quadrature or sampling: with few trials a subject Laplace's method finds too little variance,
    by a tenth with 60 trials a subject in our tests.

    Arguments:
        design: what is regressed on what; see `one_back`.

    Returns:
        The population's means and deviations, `group`, and each subject's weights.

    Raises:
        UserError: when there are not more subjects than regressors, regressors cannot be told apart (without
            uncommon transitions, say), one is not a number in every trial, or no end is reached.

    References:
        Daw, Gershman, Seymour, Dayan, Dolan (2011), Neuron 69:1204 (mixed effects, all by subject).
        Huys et al. (2011), PLoS Comput Biol 7:e1002028 (expectation and maximisation with Laplace's approximation).

    Example:
        >>> pf.regress_mixed(pf.one_back(table)).group.index.tolist()
        ['stay', 'reward', 'transition', 'reward_x_transition']
    """
    num, size = len(design.subjects), len(design.regressors)
    if num <= size:
        raise UserError(
            f"`design` must have more subjects than its {size} regressors to tell how those vary, got {num}. "
            "Use `regress`, whose second level needs but two."
        )
    check_regressors(design.values, design.regressors)
    if np.linalg.matrix_rank(design.values) < size:
        raise UserError(
            f"`design` must have regressors that can be told apart, got {', '.join(design.regressors)}, of which some "
            "say the same of every trial: was no transition uncommon, or no trial rewarded?"
        )
    try:
        return _estimated(design)
    except np.linalg.LinAlgError as error:
        raise UserError(f"`design` must let the estimation settle, got {error}. Use fewer regressors.") from None


def _estimated(design: Design) -> MixedRegression:
    num, size = len(design.subjects), len(design.regressors)
    x, counts = _padded(design)
    found = estimate_population(
        lambda modes, mean, precision: _modes(x, counts, modes, mean, precision),
        np.zeros((num, size)),
        np.zeros(size),
        np.eye(size),
        tolerance=TOLERANCE,
    )
    if not found.settled:
        raise UserError(
            f"`design` must let the estimation settle, got none after {found.num_rounds} rounds. Use fewer regressors."
        )
    names = list(design.regressors)
    return MixedRegression(
        group=_group(names, found.mean, found.error, np.sqrt(np.diag(found.covariance))),
        weights=pd.DataFrame(found.modes, index=pd.Index(design.subjects, name="subject"), columns=names),
        covariance=pd.DataFrame(found.covariance, index=names, columns=names),
    )


def _group(names: list[str], mean: np.ndarray, error: np.ndarray, sd: np.ndarray) -> pd.DataFrame:
    from scipy.special import ndtr, ndtri

    z, half = mean / error, float(ndtri(0.975)) * error
    columns = {"mean": mean, "error": error, "low": mean - half, "high": mean + half, "z": z, "p": 2 * ndtr(-abs(z))}
    return pd.DataFrame(columns | {"sd": sd}, index=pd.Index(names, name="regressor"))


def _padded(design: Design) -> tuple[np.ndarray, np.ndarray]:
    """Each subject's distinct rows of regressors, (subject, row, regressor), and their counts, (subject, row, 2);
    rows without counts fill up."""
    bounds = np.searchsorted(design.subject, np.arange(len(design.subjects) + 1))
    slices = [slice(first, last) for first, last in itertools.pairwise(bounds)]
    parts = [distinct(np.asarray(design.values[rows], np.float64), design.choice[rows]) for rows in slices]
    longest = max(len(x) for x, _ in parts)
    x, counts = (
        np.stack([np.pad(part[which], ((0, longest - len(part[which])), (0, 0))) for part in parts]) for which in (0, 1)
    )
    return x, counts


def _modes(
    x: np.ndarray, counts: np.ndarray, weights: np.ndarray, mean: np.ndarray, precision: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The most probable weights of each subject, by Newton's method from `weights`, and the information there."""
    happened, num = counts[:, :, 0], counts.sum(axis=2)

    def loss(weights: np.ndarray) -> np.ndarray:
        log_odds = np.einsum("srw,sw->sr", x, weights)
        likelihood = (num * np.logaddexp(0, log_odds) - happened * log_odds).sum(axis=1)
        return likelihood + 0.5 * np.einsum("sw,wv,sv->s", weights - mean, precision, weights - mean)

    before = loss(weights)
    for _ in range(MAX_STEPS):
        probability = 0.5 * (1 + np.tanh(np.einsum("srw,sw->sr", x, weights) / 2))
        scaled = x * (num * probability * (1 - probability))[:, :, None]
        information = scaled.transpose(0, 2, 1) @ x
        gradient = np.einsum("srw,sr->sw", x, happened - num * probability) - (weights - mean) @ precision
        step = np.linalg.solve(information + precision, gradient[:, :, None])[:, :, 0]
        after, uphill = before, np.zeros(len(before), bool)
        for _ in range(MAX_HALVINGS):
            after = loss(weights + step)
            uphill = ~(after <= before + 1e-9 * (1 + abs(before)))
            if not uphill.any():
                break
            step[uphill] /= 2
        else:  # no step leads these downhill: they are at their minimum, to rounding
            step[uphill] = 0
            after = np.where(uphill, before, after)
        weights, before = weights + step, after
        if np.abs(step).max() < 1e-6:
            return weights, information
    raise UserError(
        f"`design` must let each subject's weights settle, got none after {MAX_STEPS} steps. Use fewer regressors."
    )
