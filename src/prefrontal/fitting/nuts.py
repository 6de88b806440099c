"""NUTS of hierarchical fits, in coordinates in which the posterior is nearly standard normal.

Sampled as it stands, such a posterior has scales from .01 to 1, learned from nothing, and a funnel wherever a parameter
hardly varies. Here everybody's likelihood is first approximated by a normal one around its mode (Laplace), which gives
the group's posterior in closed form. The chains then move in two kinds of coordinates: the group's means and log
deviations, scaled by their approximate covariance, and everybody's parameters, scaled by their approximate posterior
*given* the group's present values. It is a change of variables: the posterior that is sampled is the exact one.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import AxisType, PartitionSpec
from jaxtyping import Array, Float
from scipy.optimize import minimize

from prefrontal.agents.two_step import AbstractTwoStepModel, Parameter, with_values
from prefrontal.fitting.choices import Batch, Choices
from prefrontal.fitting.group_search import GroupSearch, Modes
from prefrontal.fitting.likelihood import subject_log_likelihood
from prefrontal.fitting.search import constrained
from prefrontal.fitting.small import factored, solved_lower, solved_upper
from prefrontal.progress import progress
from prefrontal.runs.parts import kept

MAX_ROUNDS = 30
TOLERANCE = 0.02
"""A round that moves no mean or log deviation of the group by more ends the approximation."""
LEAST_CURVATURE = 0.5
"""Of the group's approximate log posterior; less is taken for so much, lest chains start far out."""
LEAST_SHARE = 0.02
"""Of the group's least precision: the least curvature of anybody's approximate log-likelihood."""
MOST_STEP = 2.0
"""Of the group's means and log deviations together: with a farther one, deviations could overflow."""
CHUNK = 50
"""Draws between two reports of progress."""
FIRST_STEP = 0.3

Parameters = tuple[tuple[str, Parameter], ...]


class Approximation(NamedTuple):
    """The posterior as a normal distribution."""

    information: Any
    """(subject, parameter, parameter): minus the second derivatives of each log-likelihood at its mode; everywhere
    positive."""
    linear: Any
    """(subject, parameter): b, such that the log-likelihood is b · u - u · information u / 2 but for a constant."""
    centre: Any
    """(2 parameter): the group's most probable means and log deviations."""
    root: Any
    """(2 parameter, 2 parameter): a root of their covariance."""


class Draws(NamedTuple):
    """What the chains went through; leaves (chain, draw, ...)."""

    mean: Any
    deviation: Any
    u: Any
    """Everybody's unbounded parameters."""
    log_likelihood: Any
    """Everybody's."""
    diverging: Any
    num_steps: Any
    accept_prob: Any


def approximate(
    model: AbstractTwoStepModel,
    parameters: dict[str, Parameter],
    batch: Batch,
    spread: float,
    candidates: Float[np.ndarray, "candidate parameter"],
) -> Approximation:
    """The posterior of `fit_hierarchy` as a normal distribution: rounds of everybody's modes given the group, and the
    group's given those, as of `fit_group`, with the priors.

    Arguments:
        model: with the facts and the fixed parameters that all share.
        parameters: the free ones, by field.
        batch: the choices.
        spread: of the half-normal prior of the group's deviations.
        candidates: unbounded parameters to start from.
    """
    size = len(parameters)
    search = GroupSearch(model, parameters, batch)
    group = np.concatenate([np.zeros(size), np.full(size, np.log(spread))])
    modes = search.best_of(candidates, group[:size], np.diag(np.exp(-2 * group[size:])))
    information, linear = np.empty(0), np.empty(0)
    for _ in range(MAX_ROUNDS):
        precision = np.diag(np.exp(-2 * group[size:]))
        found = search.climbed(modes, group[:size], precision)
        modes, (information, linear) = found.u, _quadratic(found, group[:size], precision)
        before, group = group, _most_probable_group(group, information, linear, spread)
        if np.abs(group - before).max() < TOLERANCE:
            break
    curvature, axes = np.linalg.eigh(np.asarray(_group_curvature(group, information, linear, spread)))
    root = axes / np.sqrt(np.maximum(curvature, LEAST_CURVATURE))
    return Approximation(information, linear, group, root)


def sample(
    model: AbstractTwoStepModel,
    parameters: dict[str, Parameter],
    batch: Batch,
    approximation: Approximation,
    *,
    spread: float,
    num_warmup: int,
    num_samples: int,
    num_chains: int,
    target_acceptance: float,
    seed: int,
    name: str,
    told: Callable[[int], None] | None = None,
) -> Draws:
    """Chains from draws of the approximation, spread over the devices; the arguments are those of `fit_hierarchy`."""
    num_devices = max(num for num in range(1, jax.local_device_count() + 1) if num_chains % num == 0)
    posterior = _Posterior(model, tuple(parameters.items()), batch.choices, approximation, spread)
    settings = _Settings(num_warmup, target_acceptance, num_devices)
    subjects, size = approximation.linear.shape
    rng = np.random.default_rng([seed, int.from_bytes(b"chains")])
    start = {
        "group": jnp.asarray(rng.standard_normal((num_chains, 2 * size))),
        "subjects": jnp.asarray(rng.standard_normal((num_chains, subjects, size))),
    }
    total, parts = num_warmup + num_samples, []
    with progress(f"Sampling {name}", total, told=told) as tell:
        keys = jax.random.key_data(jax.random.split(jax.random.key(seed), num_chains))
        state = jax.device_get(_begin(posterior, settings, start, keys))
        for first in range(0, total, CHUNK):
            state, drawn = _gone_on(posterior, settings, state)
            parts.append(drawn)
            tell(min(CHUNK, total - first))
    return jax.tree.map(lambda *leaves: np.concatenate(leaves, axis=1)[:, num_warmup:total], *parts)


def _gone_on(posterior: "_Posterior", settings: "_Settings", state: Any) -> tuple[Any, Draws]:
    """The next draws of all chains, or what they were before the sampler was killed."""
    shapes = eqx.filter_eval_shape(_advance, posterior, settings, state)
    leaves, structure = jax.tree.flatten((posterior, settings, state))
    things = ["NUTS", structure, *(np.asarray(leaf) if eqx.is_array_like(leaf) else leaf for leaf in leaves)]
    found = kept(things, lambda: jax.tree.leaves(jax.device_get(_advance(posterior, settings, state))))
    return jax.tree.unflatten(jax.tree.structure(shapes), found)


class _Settings(NamedTuple):
    num_warmup: int
    target_acceptance: float
    num_devices: int


class _Posterior(eqx.Module):
    """The log density of a hierarchical fit, in the coordinates in which it is sampled."""

    model: AbstractTwoStepModel
    parameters: Parameters = eqx.field(static=True)
    choices: Choices
    approximation: Approximation
    spread: float = eqx.field(static=True)

    def placed(self, at: dict[str, Array]) -> tuple[Array, Array, Array, Array]:
        """The group's means and deviations, everybody's unbounded parameters u, and the log density of the change of
        variables together with that of u in the group."""
        known, size = self.approximation, len(self.parameters)
        group = known.centre + known.root @ at["group"]
        mean, deviation = group[:size], jnp.exp(group[size:])

        def of_subject(information: Array, linear: Array, noise: Array) -> tuple[Array, Array]:
            # v, the deviation from the mean in units of the group's, is nearly normal of precision L diag(d) Lᵀ.
            lower, pivots = factored(deviation[:, None] * information * deviation + jnp.eye(size))
            towards = solved_lower(lower, deviation * (linear - information @ mean)) / pivots
            v = solved_upper(lower, towards + noise / jnp.sqrt(pivots))
            return mean + deviation * v, -0.5 * v @ v - 0.5 * jnp.sum(jnp.log(pivots))

        u, density = jax.vmap(of_subject)(known.information, known.linear, at["subjects"])
        return mean, deviation, u, jnp.sum(density)

    def log_likelihoods(self, u: Array) -> Array:
        def of_subject(own: Array, sessions: Choices) -> Array:
            values = constrained(dict(self.parameters), own)
            return subject_log_likelihood(
                with_values(self.model, [key for key, _ in self.parameters], values), sessions
            )

        return jax.vmap(of_subject)(u, self.choices)

    def potential(self, at: dict[str, Array]) -> Array:
        mean, deviation, u, density = self.placed(at)
        return -(_log_prior(mean, deviation, self.spread) + density + jnp.sum(self.log_likelihoods(u)))


def _log_prior(mean: Any, deviation: Any, spread: Any) -> Array:
    """Of the group's means and log deviations: Normal(0, 1), and half-Normal(spread) of the deviations."""
    return jnp.sum(-0.5 * mean**2 - 0.5 * (deviation / spread) ** 2 + jnp.log(deviation))


def _quadratic(
    found: Modes, mean: Float[np.ndarray, " parameter"], precision: Float[np.ndarray, "parameter parameter"]
) -> tuple[Float[np.ndarray, "subject parameter parameter"], Float[np.ndarray, "subject parameter"]]:
    """Everybody's log-likelihood around its mode, where its slope is that of the group's density, turned round. Where
    it hardly curves, or upwards, it would rise without end: it counts as curved by a share of the group's."""
    curvature, axes = np.linalg.eigh(found.information)
    least = LEAST_SHARE * np.diag(precision).min()
    information = np.einsum("spq,sq,srq->spr", axes, np.maximum(curvature, least), axes)
    return information, np.einsum("spq,sq->sp", information, found.u) + (found.u - mean) @ precision


def _most_probable_group(group: np.ndarray, information: np.ndarray, linear: np.ndarray, spread: float) -> np.ndarray:
    data = information, linear, spread
    return minimize(
        lambda at: float(_group_surprise(at, *data)),
        group,
        jac=lambda at: np.asarray(_group_slope(at, *data)),
        hess=lambda at: np.asarray(_group_curvature(at, *data)),
        method="trust-exact",
        options={"gtol": 1e-3, "max_trust_radius": MOST_STEP},
    ).x


@jax.jit
def _group_surprise(group: Any, information: Any, linear: Any, spread: Any) -> Array:
    """Minus the group's log posterior, everybody's parameters integrated out of the approximation."""
    size = linear.shape[1]
    mean, deviation = group[:size], jnp.exp(group[size:])
    lower, pivots = jax.vmap(factored)(deviation[:, None] * information * deviation + jnp.eye(size))
    towards = jax.vmap(solved_lower)(lower, deviation * (linear - information @ mean))
    fitted = jnp.sum(linear @ mean) - 0.5 * jnp.einsum("p,spq,q->", mean, information, mean)
    integrated = 0.5 * jnp.sum(towards**2 / pivots - jnp.log(pivots))
    return -(_log_prior(mean, deviation, spread) + fitted + integrated)


_group_slope = jax.jit(jax.grad(_group_surprise))
_group_curvature = jax.jit(jax.hessian(_group_surprise))


def _kernel(posterior: _Posterior, settings: _Settings, start: Any, key: Any) -> tuple[Any, Any]:
    """The first state of a chain, and the function that makes the next one of any."""
    from numpyro.infer.hmc import hmc

    dense: Any = [("group",)]
    begin, step = hmc(potential_fn=posterior.potential, algo="NUTS")
    state = begin(
        start,
        settings.num_warmup,
        step_size=FIRST_STEP,
        target_accept_prob=settings.target_acceptance,
        dense_mass=dense,
        rng_key=key,
    )
    return state, step


def _over_chains(posterior: _Posterior, num_devices: int, run: Any, *chains: Any) -> Any:
    """`run` of the posterior and each of the `chains`: those of different devices side by side, those of one processor
    core one after another. There side by side is no quicker, and all would take as many steps as the longest."""
    arrays, rest = eqx.partition(posterior, eqx.is_array)

    def along(arrays: Any, *own: Any) -> Any:
        shared = eqx.combine(arrays, rest)
        if jax.default_backend() == "cpu":
            return jax.lax.map(lambda one: run(shared, *one), own)
        return jax.vmap(lambda *one: run(shared, *one))(*own)

    mesh = jax.make_mesh(
        (num_devices,), ("chain",), axis_types=(AxisType.Auto,), devices=jax.local_devices()[:num_devices]
    )
    each = PartitionSpec("chain")
    specs = (PartitionSpec(), *(each for _ in chains))
    return jax.shard_map(along, mesh=mesh, in_specs=specs, out_specs=each, check_vma=False)(arrays, *chains)


@eqx.filter_jit
def _begin(posterior: _Posterior, settings: _Settings, start: Any, keys: Any) -> Any:
    def of_chain(posterior: _Posterior, start: Any, key: Any) -> Any:
        return _kernel(posterior, settings, start, key)[0]

    return _over_chains(posterior, settings.num_devices, of_chain, start, keys)


@eqx.filter_jit
def _advance(posterior: _Posterior, settings: _Settings, state: Any) -> tuple[Any, Draws]:
    def of_chain(posterior: _Posterior, state: Any) -> tuple[Any, Draws]:
        _, step = _kernel(posterior, settings, state.z, state.rng_key)  # the function alone is used

        def draw(state: Any, _: Any) -> tuple[Any, Draws]:
            state = step(state)
            mean, deviation, u, _ = posterior.placed(state.z)
            likelihood = posterior.log_likelihoods(u)
            return state, Draws(mean, deviation, u, likelihood, state.diverging, state.num_steps, state.accept_prob)

        return jax.lax.scan(draw, state, length=CHUNK)

    return _over_chains(posterior, settings.num_devices, of_chain, state)
