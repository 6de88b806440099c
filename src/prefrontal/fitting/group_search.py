"""The search of fits of a population: everybody's most probable parameters, given the group."""

from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from prefrontal.agents.two_step import AbstractTwoStepModel, Parameter, with_values
from prefrontal.analysis.population import estimate_population
from prefrontal.fitting.choices import Batch, Choices
from prefrontal.fitting.group_draws import MOST_PASSES, Integrated, integrate_population
from prefrontal.fitting.likelihood import subject_log_likelihood
from prefrontal.fitting.search import LANES, by_blocks, constrained
from prefrontal.fitting.small import factored, solved_lower, solved_upper
from prefrontal.progress import progress

TOLERANCE = 0.02
"""A round that changes every mean and deviation of the group, in unbounded units, by less ends the rounds of Laplace's
approximation: what comes after them is more exact."""
MAX_ROUNDS = 40
MOST_CLIMBS = 10
STEP_TOLERANCE = 1e-5
DAMPINGS = (0.0, 0.1, 1.0, 10.0, 100.0)
"""Newton's steps that are tried, the safer the more of the group's precision is added to the curvature."""
LEAST_PIVOT = 0.1
"""Of the curvature that a step is computed with, in the group's least precision."""
MOST_STEPS = 8


class Modes(NamedTuple):
    """Everybody's most probable unbounded parameters; leaves (subject, ...)."""

    u: Any
    information: Any
    """Minus the second derivatives of the log-likelihood."""
    log_likelihood: Any
    ended: Any
    """Whether the search came to its end."""


class Found(NamedTuple):
    """A population."""

    group: Integrated
    modes: Modes
    """Everybody's, given the group."""
    num_rounds: int


def spread_of_deviations(name: str) -> float:
    """The spread of the half-normal prior that a group's deviations have, in unbounded units; hBayesDM's for its own
    model."""
    return 0.2 if name == "hybrid-hbayesdm" else 0.5


class GroupSearch:
    """The search of one model in one population."""

    def __init__(self, model: AbstractTwoStepModel, parameters: dict[str, Parameter], batch: Batch):
        self.model, self.parameters, self.batch = model, parameters, batch
        self._lanes = batch.choices.choice.shape[1]

    def population(
        self, candidates: Float[np.ndarray, "candidate parameter"], name: str, seed: int, *, spread_of_sd: float
    ) -> "Found":
        """Estimate the group, beginning with the prior's moments: by rounds with Laplace's approximation, and from
        there with everybody's likelihood integrated."""
        mean, covariance = candidates.mean(axis=0), np.diag(candidates.var(axis=0))
        start = self.best_of(candidates, mean, np.linalg.inv(covariance))
        with progress(f"Fitting {name}: rounds, at most", MAX_ROUNDS + MOST_PASSES) as tell:

            def climbed(modes: np.ndarray, mean: np.ndarray, precision: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
                tell(1)
                found = self.climbed(modes, mean, precision)
                return found.u, found.information

            def log_likelihoods(u: np.ndarray) -> np.ndarray:
                tell(1)
                return self.log_likelihoods(u)

            rough = estimate_population(
                climbed, start, mean, covariance, tolerance=TOLERANCE, independent=True, max_rounds=MAX_ROUNDS
            )
            sd = np.sqrt(np.diag(rough.covariance))
            group = integrate_population(
                log_likelihoods, rough.modes, rough.spread, rough.mean, sd, seed, spread_of_sd=spread_of_sd
            )
            precision = np.diag(group.sd**-2.0)
            modes = self.climbed(group.best, group.mean, precision)
            for _ in range(MOST_CLIMBS):
                if modes.ended.all():
                    break
                modes = self.climbed(modes.u, group.mean, precision)
        return Found(group, modes, rough.num_rounds + group.num_passes)

    def _run(self, program: Any, num_lanes: int, starts: np.ndarray, mean: np.ndarray, precision: np.ndarray) -> Modes:
        return by_blocks(
            lambda subjects: program(self.model, tuple(self.parameters.items()), *subjects, mean, precision),
            (self.batch.choices, starts),
            num_lanes=num_lanes,
            of=(self.model, tuple(self.parameters.items()), mean, precision),
        )

    def log_likelihoods(self, u: Float[np.ndarray, "subject draw parameter"]) -> Float[np.ndarray, "subject draw"]:
        """Of each subject's choices, under several unbounded parameters of its own."""
        return by_blocks(
            lambda subjects: _log_likelihoods(self.model, tuple(self.parameters.items()), *subjects),
            (self.batch.choices, u),
            num_lanes=min(LANES, self._lanes * u.shape[1]),
            of=(self.model, tuple(self.parameters.items())),
        )

    def climbed(self, starts: np.ndarray, mean: np.ndarray, precision: np.ndarray) -> Modes:
        """Everybody's mode that is nearest to its start."""
        return self._run(_climb, self._lanes, starts, mean, precision)

    def best_of(self, candidates: np.ndarray, mean: np.ndarray, precision: np.ndarray) -> np.ndarray:
        """Everybody's most probable one of the `candidates`."""
        num = len(self.batch.units)
        likelihood = self.log_likelihoods(np.broadcast_to(candidates, (num, *candidates.shape)))
        away = candidates - mean
        prior = -0.5 * np.einsum("cp,pq,cq->c", away, precision, away)
        return candidates[np.argmax(np.nan_to_num(likelihood, nan=-np.inf) + prior, axis=1)]


@eqx.filter_jit
def _climb(
    model: AbstractTwoStepModel,
    parameters: tuple[tuple[str, Parameter], ...],
    choices: Choices,
    starts: Float[Array, "subject parameter"],
    mean: Array | np.ndarray,
    precision: Array | np.ndarray,
) -> Modes:
    """The nearest mode of each subject, by Newton's method: few steps, since a round moves the group but little."""
    scale = jnp.diag(jnp.diagonal(jnp.asarray(precision)))
    least = LEAST_PIVOT * jnp.min(jnp.diagonal(scale))

    def of_subject(sessions: Choices, start: Float[Array, " parameter"]) -> Modes:
        surprise, objective = _objectives(model, parameters, sessions, mean, precision)

        def step(at: tuple[Array, Array, Array, Array]) -> tuple[Array, Array, Array, Array]:
            u, value, _, num = at
            curvature, slope = jax.hessian(objective)(u), jax.grad(objective)(u)

            def damped(share: Array) -> Array:
                lower, pivots = factored(curvature + share * scale, least)
                return u - solved_upper(lower, solved_lower(lower, slope) / pivots)

            tried = jax.vmap(damped)(jnp.asarray(DAMPINGS))
            values = jax.vmap(objective)(tried)
            best = jnp.argmin(jnp.where(jnp.isfinite(values), values, jnp.inf))
            better = values[best] < value
            moved = jnp.where(better, jnp.max(jnp.abs(tried[best] - u)), 0.0)
            return jnp.where(better, tried[best], u), jnp.where(better, values[best], value), moved, num + 1

        def goes_on(at: tuple[Array, Array, Array, Array]) -> Array:
            return (at[2] > STEP_TOLERANCE) & (at[3] < MOST_STEPS)

        first = (start, objective(start), jnp.asarray(jnp.inf), jnp.asarray(0))
        u, _, moved, _ = jax.lax.while_loop(goes_on, step, first)
        return Modes(u, jax.hessian(surprise)(u), -surprise(u), moved <= STEP_TOLERANCE)

    return jax.vmap(of_subject)(choices, starts)


def _objectives(
    model: AbstractTwoStepModel,
    parameters: tuple[tuple[str, Parameter], ...],
    sessions: Choices,
    mean: Array | np.ndarray,
    precision: Array | np.ndarray,
) -> tuple[Callable[[Array], Array], Callable[[Array], Array]]:
    """Minus the log-likelihood of unbounded parameters, and minus their log posterior in the group."""

    def surprise(u: Float[Array, " parameter"]) -> Float[Array, ""]:
        return -_log_likelihood(u, model, dict(parameters), sessions)

    def objective(u: Float[Array, " parameter"]) -> Float[Array, ""]:
        return surprise(u) + 0.5 * (u - mean) @ precision @ (u - mean)

    return surprise, objective


@eqx.filter_jit
def _log_likelihoods(
    model: AbstractTwoStepModel,
    parameters: tuple[tuple[str, Parameter], ...],
    choices: Choices,
    u: Float[Array, "subject draw parameter"],
) -> Float[Array, "subject draw"]:
    def of_subject(sessions: Choices, u: Float[Array, "draw parameter"]) -> Float[Array, " draw"]:
        return jax.vmap(lambda one: _log_likelihood(one, model, dict(parameters), sessions))(u)

    return jax.vmap(of_subject)(choices, u)


def _log_likelihood(
    u: Float[Array, " parameter"], model: AbstractTwoStepModel, parameters: dict[str, Parameter], sessions: Choices
) -> Float[Array, ""]:
    return subject_log_likelihood(with_values(model, list(parameters), constrained(parameters, u)), sessions)
