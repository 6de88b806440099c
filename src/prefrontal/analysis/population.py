"""A population's mean and spread, and everybody's own values, by expectation and maximisation with Laplace's
approximation: for regression weights and for parameters of cognitive models alike."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

MAX_ROUNDS = 500
Modes = Float[np.ndarray, "subject value"]
Matrix = Float[np.ndarray, "value value"]
FindModes = Callable[[Modes, np.ndarray, Matrix], tuple[Modes, Float[np.ndarray, "subject value value"]]]
"""Of the modes so far, the population's mean, and its precision: each subject's most probable values, and minus the
second derivatives of their log-likelihood there."""


class Population(NamedTuple):
    """What is estimated of a population of subjects, each of whom has values of their own."""

    mean: Float[np.ndarray, " value"]
    error: Float[np.ndarray, " value"]
    """The standard errors of the means."""
    covariance: Matrix
    """Over subjects."""
    modes: Modes
    """The most probable values of each subject, given the population."""
    spread: Float[np.ndarray, "subject value value"]
    """The covariance of each subject's values around them."""
    num_rounds: int
    settled: bool
    """Whether the last round changed no mean and no standard deviation by more than asked."""


def estimate_population(
    find_modes: FindModes,
    modes: Modes,
    mean: Float[np.ndarray, " value"],
    covariance: Matrix,
    *,
    tolerance: float,
    independent: bool = False,
    max_rounds: int = MAX_ROUNDS,
) -> Population:
    r"""Estimate the normal distribution that the values w_i of all subjects i come from.

    With L_i the log-likelihood of subject i, the distribution of w_i given the data is taken as normal around its mode:

        m_i = argmax L_i(w) + log N(w; mu, Sigma),     V_i = (-L_i''(m_i) + Sigma^-1)^-1
        mu = mean m_i,     Sigma = mean V_i + (m_i - mu) (m_i - mu)'

    in turns. The standard error of mu is that of a mean of independent w_i seen with error: with J_i =
    -L_i''(m_i), cov mu = (sum J_i (Sigma J_i + 1)^-1)^-1.

    Arguments:
        find_modes: finds the modes, and minus the second derivatives of the log-likelihoods there.
        modes: to begin with.
        mean, covariance: of the population, to begin with.
        tolerance: a round that changes every mean and standard deviation by less ends the estimation.
        independent: whether values are taken as independent over subjects: a covariance without off-diagonals.
        max_rounds: after which it ends in any case.

    Returns:
        The population, as far as it has come: `settled` says whether that was to the end.

    References:
        Huys et al. (2011), PLoS Comput Biol 7:e1002028.
    """
    settled, num_rounds = False, 0
    spread = information = np.zeros((*modes.shape, modes.shape[1]))
    while not settled and num_rounds < max_rounds:
        num_rounds += 1
        precision = np.linalg.inv(covariance)
        modes, information = find_modes(modes, mean, precision)
        spread = np.linalg.inv(positive(information) + precision)
        before = _moments(mean, covariance)
        mean = modes.mean(axis=0)
        away = modes - mean
        covariance = (spread + away[:, :, None] * away[:, None, :]).mean(axis=0)
        if independent:
            covariance = np.diag(np.diag(covariance))
        settled = bool(np.abs(_moments(mean, covariance) - before).max() < tolerance)
    information = positive(information)
    shared = information @ np.linalg.inv(covariance @ information + np.eye(len(mean)))
    error = np.sqrt(np.diag(np.linalg.inv(shared.sum(axis=0))))
    return Population(mean, error, covariance, modes, spread, num_rounds, settled)


def _moments(mean: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    return np.concatenate([mean, np.sqrt(np.diag(covariance))])


def positive(information: Float[np.ndarray, "subject value value"]) -> Float[np.ndarray, "subject value value"]:
    """`information`, taken as none where the likelihood curves upwards (it has no mode of its own): nobody's posterior
    is then wider than the population, which could not settle otherwise."""
    values, vectors = np.linalg.eigh(information)
    return (vectors * np.maximum(values, 0.0)[:, None, :]) @ vectors.transpose(0, 2, 1)
