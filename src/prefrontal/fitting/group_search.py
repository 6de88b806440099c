"""The search of fits of a population: everybody's most probable parameters, given the group."""

from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optimistix
from jaxtyping import Array, Float

from prefrontal.agents.two_step import AbstractTwoStepModel, Parameter, with_values
from prefrontal.analysis.population import LEAST_PRECISION, Population, estimate_population
from prefrontal.fitting.choices import Batch, Choices
from prefrontal.fitting.likelihood import subject_log_likelihood
from prefrontal.fitting.search import LANES, MAX_STEPS, by_blocks, constrained
from prefrontal.progress import progress

TOLERANCE = 1e-3
"""A round that changes every mean and deviation of the group, in unbounded units, by less ends the estimation."""
MAX_ROUNDS = 200
STEP_TOLERANCE = 1e-5
STEP_SIZES = (1.0, 0.5, 0.25, 0.05)
"""Shares of Newton's step that are tried."""
MOST_STEPS = 8
LEAST_GAIN = 0.01
"""A log posterior higher by more is of another mode."""


class Modes(NamedTuple):
    """Everybody's most probable unbounded parameters; leaves (subject, ...)."""

    u: Any
    information: Any
    """Minus the second derivatives of the log-likelihood."""
    log_likelihood: Any
    ended: Any
    """Whether the search came to its end."""
    gain: Any
    """By how much the log posterior is above that of the start."""


class GroupSearch:
    """The search of one model in one population."""

    def __init__(self, model: AbstractTwoStepModel, parameters: dict[str, Parameter], batch: Batch):
        self.model, self.parameters, self.batch = model, parameters, batch
        self._lanes = batch.choices.choice.shape[1]
        self.last: Modes | None = None
        """What the last search anew found."""

    def population(self, candidates: Float[np.ndarray, "candidate parameter"], name: str) -> Population:
        """Estimate the group, beginning with the prior's moments.

        Rounds go uphill from where the last one ended. Then every subject is searched anew, from there and from the
        group's mean: as long as that finds somebody a more probable mode, the rounds go on.
        """
        mean, covariance = candidates.mean(axis=0), np.diag(candidates.var(axis=0))
        start = self.best_of(candidates, mean, np.linalg.inv(covariance))
        with progress(f"Fitting {name}: rounds, at most", MAX_ROUNDS) as tell:

            def climbed(modes: np.ndarray, mean: np.ndarray, precision: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
                tell(1)
                found = self.climbed(modes, mean, precision)
                return found.u, found.information

            num_rounds = 0
            while True:
                rest = MAX_ROUNDS - num_rounds
                found = estimate_population(
                    climbed, start, mean, covariance, tolerance=TOLERANCE, independent=True, max_rounds=rest
                )
                num_rounds += found.num_rounds
                mean, covariance = found.mean, found.covariance
                self.last = self._run(_search_anew, 2 * self._lanes, found.modes, mean, np.linalg.inv(covariance))
                if self.last.gain.max() < LEAST_GAIN or num_rounds >= MAX_ROUNDS:
                    return found._replace(num_rounds=num_rounds)
                start = self.last.u

    def _run(self, program: Any, num_lanes: int, starts: np.ndarray, mean: np.ndarray, precision: np.ndarray) -> Modes:
        return by_blocks(
            lambda subjects: program(self.model, tuple(self.parameters.items()), *subjects, mean, precision),
            (self.batch.choices, starts),
            num_lanes=num_lanes,
        )

    def log_likelihoods(self, u: Float[np.ndarray, "subject draw parameter"]) -> Float[np.ndarray, "subject draw"]:
        """Of each subject's choices, under several unbounded parameters of its own."""
        return by_blocks(
            lambda subjects: _log_likelihoods(self.model, tuple(self.parameters.items()), *subjects),
            (self.batch.choices, u),
            num_lanes=min(LANES, self._lanes * u.shape[1]),
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
    least = LEAST_PRECISION * jnp.min(jnp.diagonal(jnp.asarray(precision)))

    def of_subject(sessions: Choices, start: Float[Array, " parameter"]) -> Modes:
        surprise, objective = _objectives(model, parameters, sessions, mean, precision)

        def step(at: tuple[Array, Array, Array, Array]) -> tuple[Array, Array, Array, Array]:
            u, value, _, num = at
            curvature, axes = jnp.linalg.eigh(jax.hessian(objective)(u))
            towards = -axes @ ((axes.T @ jax.grad(objective)(u)) / jnp.maximum(jnp.abs(curvature), least))
            tried = u + jnp.asarray(STEP_SIZES)[:, None] * towards
            values = jax.vmap(objective)(tried)
            best = jnp.argmin(jnp.where(jnp.isfinite(values), values, jnp.inf))
            better = values[best] < value
            moved = jnp.where(better, jnp.max(jnp.abs(tried[best] - u)), 0.0)
            return jnp.where(better, tried[best], u), jnp.where(better, values[best], value), moved, num + 1

        def goes_on(at: tuple[Array, Array, Array, Array]) -> Array:
            return (at[2] > STEP_TOLERANCE) & (at[3] < MOST_STEPS)

        first = (start, objective(start), jnp.asarray(jnp.inf), jnp.asarray(0))
        u, value, moved, _ = jax.lax.while_loop(goes_on, step, first)
        return Modes(u, jax.hessian(surprise)(u), -surprise(u), moved <= STEP_TOLERANCE, first[1] - value)

    return jax.vmap(of_subject)(choices, starts)


@eqx.filter_jit
def _search_anew(
    model: AbstractTwoStepModel,
    parameters: tuple[tuple[str, Parameter], ...],
    choices: Choices,
    starts: Float[Array, "subject parameter"],
    mean: Array | np.ndarray,
    precision: Array | np.ndarray,
) -> Modes:
    """The best mode of each subject, by BFGS from its start and from the group's mean."""

    def of_subject(sessions: Choices, start: Float[Array, " parameter"]) -> Modes:
        surprise, objective = _objectives(model, parameters, sessions, mean, precision)

        def descend(start: Float[Array, " parameter"]) -> tuple[Array, Array, Array]:
            solver = optimistix.BFGS(rtol=STEP_TOLERANCE, atol=STEP_TOLERANCE)
            solution = optimistix.minimise(lambda u, _: objective(u), solver, start, max_steps=MAX_STEPS, throw=False)
            return solution.value, objective(solution.value), solution.result == optimistix.RESULTS.successful

        ends, values, ended = jax.vmap(descend)(jnp.stack([start, jnp.asarray(mean)]))
        best = jnp.argmin(jnp.where(jnp.isfinite(values), values, jnp.inf))
        gain = objective(start) - values[best]
        return Modes(ends[best], jax.hessian(surprise)(ends[best]), -surprise(ends[best]), ended[best], gain)

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
