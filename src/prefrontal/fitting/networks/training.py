"""How a small network is fitted to choices: one program for all seeds, inner folds, outer folds and people."""

from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Bool, Float, Int

from prefrontal.agents.two_step.network import TwoStepNetwork
from prefrontal.errors import check_count, check_not_negative, check_positive
from prefrontal.fitting.choices import Choices
from prefrontal.fitting.likelihood import trial_log_likelihoods, trial_log_probabilities
from prefrontal.fitting.networks.fitted import Network
from prefrontal.fitting.networks.lanes import Trials, replay, trials_of
from prefrontal.fitting.pulls import Pulls, pull_log_likelihoods

READOUT = 0.1
"""How strongly the weights from units to choices are held to zero, as a share of how strongly the cell's are: units lie
between -1 and 1, and log odds of 5 are usual."""

Numbers = np.ndarray | Array


@dataclass(frozen=True)
class NetworkRecipe:
    """How networks are fitted. A penalty is in nats, against the summed log-likelihood of all training choices: l2 is
    that of a normal prior with variance 1 / (2 l2) on each weight.

    Example:
        >>> pf.NetworkRecipe(num_steps=50).l2
        2.0
    """

    num_steps: int = 300
    """Most steps of Adam, each on all training trials; where to stop within them is for the inner folds to say."""
    learning_rate: float = 0.03
    """Of the first fit, from random weights."""
    l1: float = 0.0
    """Penalty on the size of each weight of the cell; a tenth of it on those to the choices."""
    l2: float = 2.0
    """Penalty on the square of each weight of the cell; a tenth of it on those to the choices."""
    pull: float = 7.0
    """Penalty on the square of how far each weight of a subject's network is from that of the group's."""
    own_learning_rate: float = 0.01
    """Of a subject's network that begins at the group's."""

    def __post_init__(self) -> None:
        check_count("num_steps", self.num_steps)
        for name in ("learning_rate", "own_learning_rate"):
            check_positive(name, getattr(self, name))
        for name in ("l1", "l2", "pull"):
            check_not_negative(name, getattr(self, name))


class Task(eqx.Module):
    """What those who share their networks are given: one person, or all."""

    choices: Choices | Pulls
    """Leaves (session, trial); those of the two after it (outer, session, trial)."""
    fitted: Bool[Numbers, "..."]
    """The trials that networks may learn from in each outer fold: none of its own."""
    inner: Int[Numbers, "..."]
    """Which of the inner folds each of them is in; -1 in none."""
    starts: Network
    """Where to begin, leaves (outer, seed, ...)."""
    soft: "Soft | None" = None
    """What a larger network would choose, where that is to be learned."""


class Soft(eqx.Module):
    """Probabilities in place of choices, leaves (outer, session, trial, option)."""

    first: Float[Numbers, "..."]
    """Of the two first choices."""
    second: Float[Numbers, "..."]
    """Of the options in the state reached."""


class Fitted(eqx.Module):
    """What a fit found, leaves (outer, ...)."""

    network: Network
    """Of the best seed, fitted to all that it may learn from."""
    num_steps: Int[Numbers, "..."]
    """Where it stopped: the number of steps after which the held-out choices of the inner folds were most probable."""
    seed: Int[Numbers, "..."]
    inner: Float[Numbers, "..."]
    """Their log-likelihood then, summed over inner folds: nats."""
    log_likelihood: Float[Numbers, "..."]
    """Of every trial under the network, (outer, session, trial)."""


def fit_nested(task: Task, recipe: NetworkRecipe, num_inner: int, own: bool) -> Fitted:
    """In each outer fold: every seed is fitted without each inner fold in turn, to see after how many steps the choices
    of that fold are most probable; the best seed is then fitted to all training trials, for as many steps.

    Arguments:
        task: the choices, the folds and where to begin.
        recipe: how.
        num_inner: inner folds.
        own: whether it begins at the group's network and is pulled to it.
    """
    fitted, inner = jnp.asarray(task.fitted), jnp.asarray(task.inner)
    num_outer, num_seeds = task.starts.cell.bias.shape[:2]
    outer, seed, fold = (part.ravel() for part in jnp.indices((num_outer, num_seeds, num_inner)))
    starts = jax.tree.map(lambda leaf: _last(jnp.asarray(leaf)[outer, seed]), task.starts)
    left_out = inner[outer] == fold[:, None, None]
    seen, _ = _train(task, starts, outer, fitted[outer] & ~left_out, left_out, recipe, own, jnp.full(len(outer), -1))
    curves = seen.T.reshape(num_outer, num_seeds, num_inner, -1).sum(2)
    curves = jnp.where(jnp.isfinite(curves), curves, -jnp.inf).reshape(num_outer, -1)
    best, rows = jnp.argmax(curves, axis=1), jnp.arange(num_outer)
    chosen, stop = best // recipe.num_steps, best % recipe.num_steps
    starts = jax.tree.map(lambda leaf: _last(jnp.asarray(leaf)[rows, chosen]), task.starts)
    _, network = _train(task, starts, rows, fitted, jnp.zeros_like(fitted), recipe, own, stop)
    network = jax.tree.map(lambda leaf: jnp.moveaxis(leaf, -1, 0), network)
    one_person = jax.tree.map(lambda leaf: leaf[None], task.choices)
    likelihood = jax.vmap(log_likelihoods, (0, None))(network, one_person)[:, 0]
    return Fitted(network, stop, chosen, curves[rows, best], likelihood)


def log_likelihoods(network: Network, choices: Choices | Pulls) -> Float[Array, "person session trial"]:
    """log P of each trial's choices under `network`, leaves of `choices` (person, session, trial)."""
    of_session: Any = pull_log_likelihoods if isinstance(choices, Pulls) else trial_log_likelihoods
    return jax.vmap(jax.vmap(of_session, (None, 0)), (None, 0))(network, choices)


def _train(
    task: Task,
    start: Network,
    outer: Int[Array, " network"],
    fitted: Bool[Array, "network session trial"],
    watched: Bool[Array, "network session trial"],
    recipe: NetworkRecipe,
    own: bool,
    stop: Int[Array, " network"],
) -> tuple[Float[Array, "step network"], Network]:
    """The log-likelihood of the `watched` trials before every step, and the networks, leaves (..., network), after
    `stop` steps."""
    optimiser = optax.adam(recipe.own_learning_rate if own else recipe.learning_rate)
    share = jnp.maximum(jnp.sum(fitted, (1, 2)), 1)
    soft = None
    if task.soft is not None:
        soft = (
            _last(jnp.asarray(task.soft.first)[outer, ..., -1]),
            _last(jnp.asarray(task.soft.second)[outer, ..., -1]),
        )
    parts = trials_of(task.choices, _last(fitted), _last(watched), soft, start)
    sessions = jax.tree.map(lambda leaf: leaf[0], parts)

    def of_sessions(network: Network, trials: Trials) -> tuple[Float[Array, ""], Float[Array, " network"]]:
        learned, seen = replay(network, trials)
        return -jnp.sum(learned / share), seen

    def held(network: Network) -> Float[Array, ""]:
        return jnp.sum((_pull(network, start, recipe) if own else _penalty(network, recipe)) / share)

    def step(carried: Any, number: Int[Array, ""]) -> tuple[Any, Float[Array, " network"]]:
        network, memory, kept = carried
        kept = jax.tree.map(lambda now, old: jnp.where(number == stop, now, old), network, kept)

        def add(so_far: Any, trials: Trials) -> tuple[Any, None]:
            found = jax.grad(of_sessions, has_aux=True)(network, trials)
            return jax.tree.map(jnp.add, so_far, found), None

        (slope, seen), _ = jax.lax.scan(add, (jax.grad(held)(network), jnp.zeros(share.shape)), sessions)
        updates, memory = optimiser.update(slope, memory)
        return (optax.apply_updates(network, updates), memory, kept), seen

    first = (start, optimiser.init(eqx.filter(start, eqx.is_array)), start)
    (_, _, kept), curve = jax.lax.scan(step, first, jnp.arange(recipe.num_steps))
    return curve, kept


def log_probabilities(
    network: TwoStepNetwork, choices: Choices
) -> tuple[Float[Array, "person session trial 2"], Float[Array, "person session trial option"]]:
    """log P of every option of both stages, leaves of `choices` (person, session, trial)."""
    return jax.vmap(jax.vmap(trial_log_probabilities, (None, 0)), (None, 0))(network, choices)


def _last(leaf: Array) -> Array:
    """With the first axis last."""
    return jnp.moveaxis(leaf, 0, -1)


def _penalty(network: Network, recipe: NetworkRecipe) -> Float[Array, " network"]:
    cell = [leaf for leaf in jax.tree.leaves(network.cell) if leaf.ndim > 2]
    return _size(cell, recipe) + READOUT * _size(network.readout, recipe)


def _size(weights: list[Array], recipe: NetworkRecipe) -> Float[Array, " network"]:
    return sum((recipe.l2 * _sums(leaf**2) + recipe.l1 * _sums(jnp.abs(leaf)) for leaf in weights), jnp.zeros(()))


def _pull(network: Network, group: Network, recipe: NetworkRecipe) -> Float[Array, " network"]:
    apart = jax.tree.map(lambda one, other: _sums((one - other) ** 2), network, group)
    return recipe.pull * sum(jax.tree.leaves(apart), jnp.zeros(()))


def _sums(leaf: Float[Array, "... network"]) -> Float[Array, " network"]:
    return jnp.sum(leaf, range(leaf.ndim - 1))
