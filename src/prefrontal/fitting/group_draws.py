"""What a population's mean and deviation are once everybody's likelihood is integrated, and not approximated.

Laplace's approximation takes each posterior as normal around its mode. With 200 choices of a model whose parameters
make up for each other it is not: the group's means are then off by up to half a deviation. Here each likelihood is
integrated over draws, weighted by their density (importance sampling): half of them are from around the subject's own
posterior, half from the group. The group that makes all choices most probable is found with the same draws; more draws
are made around what was found, and added to them, until it stays.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

Draws = Float[np.ndarray, "subject draw parameter"]

ALL_DRAWS, FEWEST, MOST = 2**15, 128, 1024
"""Draws of all subjects together in a pass, and of one: the fewer subjects, the more each counts."""
WIDER = 1.2
"""By how much draws lie wider around a subject's posterior than it is itself."""
TOLERANCE = 0.2
"""More draws that move no mean and no log deviation by more, in standard errors, end it."""
FEWEST_PASSES, MOST_PASSES = 3, 12
LEAST_CURVATURE = 1.0
"""Of the integrated log-likelihood: along a deviation that goes to zero it need not have any."""
LEAST_SD = 0.02
"""Of the group, in unbounded units. A smaller one cannot be told from none."""


class Integrated(NamedTuple):
    """A population, with everybody's likelihood integrated over it."""

    mean: Float[np.ndarray, " parameter"]
    sd: Float[np.ndarray, " parameter"]
    error: Float[np.ndarray, "two_parameters"]
    """Standard errors of the means, and of the log deviations after them, from the curvature of the integrated
    log-likelihood in both."""
    log_evidence: Float[np.ndarray, " subject"]
    """Each subject's integrated log-likelihood."""
    best: Float[np.ndarray, "subject parameter"]
    """Each subject's most probable draw, given the group."""
    num_passes: int
    settled: bool


def integrate_population(
    log_likelihoods: Callable[[Draws], Float[np.ndarray, "subject draw"]],
    modes: Float[np.ndarray, "subject parameter"],
    spread: Float[np.ndarray, "subject parameter parameter"],
    mean: Float[np.ndarray, " parameter"],
    sd: Float[np.ndarray, " parameter"],
    seed: int,
    *,
    spread_of_sd: float,
) -> Integrated:
    """The mean and deviations under which all choices are most probable, parameters independent over subjects.

    Together with the priors of `prefrontal.fit_hierarchy`: it is the mode of that posterior, in means and log
    deviations. Without any, few subjects have deviations of zero as often as not, and a parameter that hardly matters
    has a mean and a deviation without end.

    Arguments:
        log_likelihoods: each subject's, at draws of its own.
        modes, spread: to begin with: a normal approximation of each subject's posterior.
        mean, sd: of the group, to begin with.
        seed: of the draws: the same in every pass, but for where they are centred.
        spread_of_sd: of the half-normal prior of the deviations.

    References:
        Chung, Rabe-Hesketh, Dorie, Gelman, Liu (2013), Psychometrika 78:685 (modes away from zero).
        Louis (1982), J R Stat Soc B 44:226 (the curvature).
        Owen, Zhou (2000), J Am Stat Assoc 95:135 (mixtures to draw from).
    """
    rng = np.random.default_rng([seed, int.from_bytes(b"draws")])
    sources: list[_Source] = []
    u, likelihood, summed = (np.empty((len(modes), 0, *rest)) for rest in ((len(mean),), (), ()))
    evidence, error, num_passes, settled = np.zeros(len(modes)), np.zeros(2 * len(mean)), 0, False
    while not settled and num_passes < MOST_PASSES:
        num_passes += 1
        sources.append(_Source(modes, WIDER * np.linalg.cholesky(spread), mean, sd))
        drawn = sources[-1].drawn(_normal(len(modes), len(mean), rng))
        # Each draw counts as one of the mixture of all that was drawn from: what one source lacks, others have.
        summed = np.logaddexp(summed, sources[-1].log_density(u))
        new = np.logaddexp.reduce([source.log_density(drawn) for source in sources], axis=0)
        u, summed = np.concatenate([u, drawn], axis=1), np.concatenate([summed, new], axis=1)
        likelihood = np.concatenate([likelihood, log_likelihoods(drawn)], axis=1)
        constant = np.where(np.isfinite(likelihood), likelihood - summed + np.log(len(sources)), -np.inf)
        before = np.concatenate([mean, np.log(sd)])
        mean, sd = _most_probable_group(u, constant, mean, sd, spread_of_sd)
        weights, evidence = _weights(u, constant, mean, sd)
        error = _errors(_curvature(u, weights, mean, sd) + np.diag(_prior(mean, sd, spread_of_sd)[2]))
        moved = np.abs(np.concatenate([mean, np.log(sd)]) - before)
        settled = num_passes >= FEWEST_PASSES and bool((moved <= TOLERANCE * error).all())
        modes, spread = _moments(u, weights, sd)
    best = u[np.arange(len(u)), np.argmax(likelihood + _log_group(u, mean, sd), axis=1)]
    return Integrated(mean, sd, error, evidence, best, num_passes, settled)


class _Source(NamedTuple):
    """What draws are from, half of them from each: a normal distribution of each subject, and the group's."""

    modes: Float[np.ndarray, "subject parameter"]
    root: Float[np.ndarray, "subject parameter parameter"]
    mean: Float[np.ndarray, " parameter"]
    sd: Float[np.ndarray, " parameter"]

    def drawn(self, noise: Draws) -> Draws:
        half = noise.shape[1] // 2
        own = self.modes[:, None] + noise[:, :half] @ np.swapaxes(self.root, 1, 2)
        return np.concatenate([own, self.mean + self.sd * noise[:, half:]], axis=1)

    def log_density(self, u: Draws) -> Float[np.ndarray, "subject draw"]:
        """But for the constant that all normals share."""
        standard = (u - self.modes[:, None]) @ np.swapaxes(np.linalg.inv(self.root), 1, 2)
        own = -0.5 * (standard**2).sum(-1) - np.log(np.diagonal(self.root, axis1=1, axis2=2)).sum(-1)[:, None]
        return np.logaddexp(own, _log_group(u, self.mean, self.sd)) - np.log(2)


def _moments(u: Draws, weights: np.ndarray, sd: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each subject's mean and covariance; where few draws have weight, the covariance is partly the group's."""
    mean = np.einsum("sd,sdp->sp", weights, u)
    away = u - mean[:, None]
    own = np.swapaxes(away * weights[..., None], 1, 2) @ away
    size, num_effective = len(sd), 1 / (weights**2).sum(axis=1)
    share = (size / (size + num_effective))[:, None, None]
    return mean, (1 - share) * own + share * np.diag(sd**2)


def _normal(num_subjects: int, size: int, rng: np.random.Generator) -> Draws:
    """Normal draws that fill the space evenly, others for each subject: Sobol's points, shifted."""
    from scipy.special import ndtri
    from scipy.stats.qmc import Sobol

    num = 1 << int(np.log2(np.clip(ALL_DRAWS // num_subjects, FEWEST, MOST)))
    points = rng.permutation(Sobol(size, rng=rng).random(num))
    shifted = (points + rng.random((num_subjects, 1, size))) % 1.0
    return ndtri(np.clip(shifted, 1e-9, 1 - 1e-9))


def _log_group(u: Draws, mean: np.ndarray, sd: np.ndarray) -> Float[np.ndarray, "subject draw"]:
    return -0.5 * (((u - mean) / sd) ** 2).sum(-1) - np.log(sd).sum()


def _weights(
    u: Draws, constant: np.ndarray, mean: np.ndarray, sd: np.ndarray
) -> tuple[Float[np.ndarray, "subject draw"], Float[np.ndarray, " subject"]]:
    """Of the draws, given the group; and the integrated log-likelihood of each subject."""
    log_weights = constant + _log_group(u, mean, sd)
    highest = log_weights.max(axis=1, keepdims=True)
    weights = np.exp(log_weights - highest)
    total = weights.sum(axis=1, keepdims=True)
    return weights / total, (highest + np.log(total / u.shape[1]))[:, 0]


def _most_probable_group(
    u: Draws, constant: np.ndarray, mean: np.ndarray, sd: np.ndarray, spread_of_sd: float
) -> tuple[Float[np.ndarray, " parameter"], Float[np.ndarray, " parameter"]]:
    """Where integrated log-likelihood and log prior together are highest, within one deviation and a factor of two:
    farther off, there are too few draws."""
    from scipy.optimize import minimize

    size = len(mean)

    def surprise(at: np.ndarray) -> tuple[float, np.ndarray]:
        mean_, sd_ = at[:size], np.exp(at[size:])
        weights, evidence = _weights(u, constant, mean_, sd_)
        away = (u - mean_) / sd_
        first = np.einsum("sd,sdp->p", weights, away) / sd_
        second = np.einsum("sd,sdp->p", weights, away**2) - len(u)
        prior, slope, _ = _prior(mean_, sd_, spread_of_sd)
        return -evidence.sum() - prior, -np.concatenate([first, second]) - slope

    least = np.log(LEAST_SD)
    bounds = [*zip(mean - sd, mean + sd, strict=True)]
    bounds += [(max(value - np.log(2), least), max(value + np.log(2), least)) for value in np.log(sd)]
    first = np.clip(np.concatenate([mean, np.log(sd)]), *np.array(bounds).T)
    found = minimize(surprise, first, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 60}).x
    return found[:size], np.exp(found[size:])


def _prior(mean: np.ndarray, sd: np.ndarray, spread_of_sd: float) -> tuple[float, np.ndarray, np.ndarray]:
    """The log prior of means and log deviations, Normal(0, 1) and half-Normal, its slope, and minus its curvatures."""
    away = (sd / spread_of_sd) ** 2
    value = float(np.sum(-0.5 * mean**2 - 0.5 * away + np.log(sd)))
    return value, np.concatenate([-mean, 1 - away]), np.concatenate([np.ones_like(mean), 2 * away])


def _errors(curvature: np.ndarray) -> np.ndarray:
    values, axes = np.linalg.eigh(curvature)
    return np.sqrt((axes**2 / np.maximum(values, LEAST_CURVATURE)).sum(axis=1))


def _curvature(u: Draws, weights: np.ndarray, mean: np.ndarray, sd: np.ndarray) -> np.ndarray:
    """Minus the second derivatives of the integrated log-likelihood in means and log deviations: those expected of the
    whole data, less what the posteriors leave open (Louis)."""
    size, away = len(mean), (u - mean) / sd
    first = np.einsum("sd,sdp->p", weights, away)
    second = np.einsum("sd,sdp->p", weights, away**2)
    whole = np.diag(np.concatenate([len(u) / sd**2, 2 * second]))
    whole[np.arange(size), size + np.arange(size)] = whole[size + np.arange(size), np.arange(size)] = 2 * first / sd
    score = np.concatenate([away / sd, away**2 - 1], axis=-1)
    own = np.einsum("sd,sdp->sp", weights, score)
    left_open = (np.swapaxes(score * weights[..., None], 1, 2) @ score).sum(axis=0) - own.T @ own
    return whole - left_open
