"""The search for the best parameters: all subjects and many starts at once, in one compiled program."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optimistix
from jax.sharding import AxisType, NamedSharding, PartitionSpec
from jaxtyping import Array, Bool, Float, Int

from prefrontal.agents.two_step import AbstractTwoStepModel, Parameter, with_values
from prefrontal.fitting.choices import Batch, Choices
from prefrontal.fitting.likelihood import subject_log_likelihood
from prefrontal.runs.parts import kept

LANES = 128
"""Searches (subjects x starts x sessions) that run at once on one core. All of them take as many steps as the slowest
of them: with 2,048 lanes a fit takes three times as long."""
TOLERANCE = 1e-5
"""A search ends when neither the unbounded parameters nor the objective move by more, absolutely and relatively."""
MAX_STEPS = 300
CANDIDATES = 10
"""Points tried for every start. Half of the starts are the best of them; the others are as they were drawn, since the
best points of all may lie around one and the same local optimum."""


Numbers = np.ndarray | Array


class Found(NamedTuple):
    """What the search found, for each subject."""

    u: Float[Numbers, "*subject parameter"]
    """The best unbounded parameters."""
    hessian: Float[Numbers, "*subject parameter parameter"]
    """Of the negative objective there; without rows where it was not asked for."""
    log_likelihood: Float[Numbers, "*subject"]
    log_prior: Float[Numbers, "*subject"]
    converged: Bool[Numbers, "*subject"]
    """Whether the best search ended by itself."""
    num_agreeing: Int[Numbers, "*subject"]
    """Starts that ended within .01 of the best objective."""


@contextlib.contextmanager
def double_precision() -> Iterator[None]:
    """JAX in 64 bits, within this context only: log-likelihoods of hundreds are told apart to 1e-9."""
    with jax.enable_x64(True):
        yield


def constrained(parameters: dict[str, Parameter], u: Float[Array, " parameter"]) -> list[Float[Array, ""]]:
    """The values of `parameters` at the unbounded `u`."""
    return [parameter.constrain(u[place]) for place, parameter in enumerate(parameters.values())]


def log_densities(
    u: Float[Array, " parameter"],
    model: AbstractTwoStepModel,
    parameters: dict[str, Parameter],
    sessions: Choices,
) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """Log-likelihood of a subject's choices, and log prior of the parameters θ, a density of θ and not of u."""
    values = constrained(parameters, u)
    likelihood = subject_log_likelihood(with_values(model, list(parameters), values), sessions)
    return likelihood, sum(
        (p.log_prior(value) for p, value in zip(parameters.values(), values, strict=True)), 0.0 * u[0]
    )


def search(
    model: AbstractTwoStepModel,
    parameters: dict[str, Parameter],
    batch: Batch,
    candidates: Float[np.ndarray, "candidate parameter"],
    *,
    num_starts: int,
    use_prior: bool,
    curved: bool = True,
    told: Callable[[int], None] = lambda num_subjects: None,
) -> Found:
    """The parameters of each subject that make its choices most probable: BFGS from every start, the best one kept.

    Arguments:
        model: with the facts and the fixed parameters that all share.
        parameters: the free ones, by field.
        batch: the choices.
        candidates: unbounded parameters to start from, of which some are chosen for each subject.
        num_starts: how many.
        use_prior: whether the prior counts (MAP) or the likelihood alone (MLE).
        curved: whether the Hessian is asked for; it takes a fifth of the time to compile.
        told: called with the number of subjects done since the last call.
    """
    given = (tuple(parameters.items()), candidates, num_starts, use_prior, curved)
    return by_blocks(
        lambda choices: _search_block(model, choices, *given),
        batch.choices,
        num_lanes=num_starts * batch.choices.choice.shape[1],
        of=(model, *given),
        told=told,
    )


def by_blocks(
    run: Callable[[Any], Any],
    subjects: Any,
    *,
    num_lanes: int,
    of: Any = None,
    told: Callable[[int], None] = lambda num_subjects: None,
) -> Any:
    """What the compiled program `run` gives for all subjects, so many at once as are quickest, spread over the devices.

    Arguments:
        run: takes some of `subjects` and gives arrays that lead with the subject, too.
        subjects: arrays, leaves (subject, ...).
        num_lanes: of a subject: what runs at once for it.
        of: what else than the subjects decides what `run` gives; with it, those that are done are kept where a folder
            for it is at hand (see `prefrontal.runs.parts`).
        told: called with the number of subjects done since the last call.

    Returns:
        What `run` gives, NumPy leaves (subject, ...).
    """
    num_subjects = len(jax.tree.leaves(subjects)[0])
    num_devices = jax.local_device_count()
    block = num_devices * max(1, min(LANES // num_lanes, -(-num_subjects // num_devices)))
    spread = NamedSharding(
        jax.make_mesh((num_devices,), ("device",), axis_types=(AxisType.Auto,)), PartitionSpec("device")
    )
    parts: list[Any] = []
    for first in range(0, num_subjects, block):
        # Every block has the same shape, so that one program serves all: the last is filled up with the first subject.
        rows = np.arange(first, first + block)
        rows[rows >= num_subjects] = 0
        here = jax.tree.map(lambda leaf, rows=rows: np.asarray(leaf)[rows], subjects)
        found = _kept(lambda here: jax.device_get(run(jax.device_put(here, spread))), run, here, of)
        kept = min(block, num_subjects - first)
        parts.append(jax.tree.map(lambda leaf, kept=kept: leaf[:kept], found))
        told(kept)
    return jax.tree.map(lambda *leaves: np.concatenate(leaves), *parts)


def _kept(compute: Callable[[Any], Any], run: Callable[[Any], Any], subjects: Any, of: Any) -> Any:
    """What `compute` gives of some subjects, or gave before it was killed."""
    if of is None:
        return compute(subjects)
    leaves, structure = jax.tree.flatten((of, subjects))
    things = [np.asarray(leaf) if eqx.is_array(leaf) else leaf for leaf in leaves]
    found = kept([getattr(run, "__qualname__", ""), structure, *things], lambda: jax.tree.leaves(compute(subjects)))
    return jax.tree.unflatten(jax.tree.structure(eqx.filter_eval_shape(run, subjects)), found)


@eqx.filter_jit
def _search_block(
    model: AbstractTwoStepModel,
    choices: Choices,
    parameters: tuple[tuple[str, Parameter], ...],
    candidates: Float[Array, "candidate parameter"] | Float[np.ndarray, "candidate parameter"],
    num_starts: int,
    use_prior: bool,
    curved: bool,
) -> Found:
    given = (dict(parameters), jnp.asarray(candidates), num_starts, use_prior, curved)
    return jax.vmap(lambda sessions: _search_subject(model, sessions, *given))(choices)


def _search_subject(
    model: AbstractTwoStepModel,
    sessions: Choices,
    parameters: dict[str, Parameter],
    candidates: Float[Array, "candidate parameter"],
    num_starts: int,
    use_prior: bool,
    curved: bool,
) -> Found:
    def objective(u: Float[Array, " parameter"], _: None = None) -> tuple[Float[Array, ""], tuple[Array, Array]]:
        likelihood, prior = log_densities(u, model, parameters, sessions)
        return -likelihood - (prior if use_prior else 0.0), (likelihood, prior)

    def descend(start: Float[Array, " parameter"]) -> tuple[Array, Array, Array, Array]:
        solver = optimistix.BFGS(rtol=TOLERANCE, atol=TOLERANCE)
        solution = optimistix.minimise(objective, solver, start, has_aux=True, max_steps=MAX_STEPS, throw=False)
        return solution.value, *solution.aux, solution.result == optimistix.RESULTS.successful

    drawn = num_starts // 2
    tried = jax.vmap(lambda u: objective(u)[0])(candidates[drawn:])
    order = jnp.argsort(jnp.where(jnp.isfinite(tried), tried, jnp.inf))
    starts = jnp.concatenate([candidates[:drawn], candidates[drawn:][order[: num_starts - drawn]]])
    ends, likelihoods, priors, converged = jax.vmap(descend)(starts)
    objectives = -likelihoods - (priors if use_prior else 0.0)
    objectives = jnp.where(jnp.isfinite(objectives), objectives, jnp.inf)
    best = jnp.argmin(objectives)
    around = jax.hessian(lambda u: objective(u)[0]) if curved else lambda u: jnp.zeros((0, len(u)))
    return Found(
        u=ends[best],
        hessian=around(ends[best]),
        log_likelihood=likelihoods[best],
        log_prior=priors[best],
        converged=converged[best],
        num_agreeing=jnp.sum(objectives < objectives[best] + 0.01),
    )
