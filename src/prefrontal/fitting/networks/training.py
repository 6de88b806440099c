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
    """What one fit is given; leaves of `choices` and of the two after it (person, session, trial)."""

    choices: Choices
    fitted: Bool[Numbers, "..."]
    """The trials that networks may learn from: none of the outer fold's."""
    inner: Int[Numbers, "..."]
    """Which of the inner folds each of them is in; -1 in none."""
    starts: TwoStepNetwork
    """Where to begin, leaves (seed, ...)."""
    soft: "Soft | None" = None
    """What a larger network would choose, where that is to be learned."""


class Soft(eqx.Module):
    """Probabilities in place of choices, leaves (person, session, trial, option)."""

    first: Float[Numbers, "..."]
    """Of the two first choices."""
    second: Float[Numbers, "..."]
    """Of the options in the state reached."""


class Fitted(eqx.Module):
    """What a fit found."""

    network: TwoStepNetwork
    """Of the best seed, fitted to all that it may learn from."""
    num_steps: Int[Numbers, "..."]
    """Where it stopped: the number of steps after which the held-out choices of the inner folds were most probable."""
    seed: Int[Numbers, "..."]
    inner: Float[Numbers, "..."]
    """Their log-likelihood then, summed over inner folds: nats."""
    log_likelihood: Float[Numbers, "..."]
    """Of every trial under the network, (person, session, trial)."""


def fit_nested(task: Task, recipe: NetworkRecipe, num_inner: int, own: bool) -> Fitted:
    """One outer fold: every seed is fitted without each inner fold in turn, to see after how many steps the choices of
    that fold are most probable; the best seed is then fitted to all training trials, for as many steps.

    Arguments:
        task: the choices, the folds and where to begin.
        recipe: how.
        num_inner: inner folds.
        own: whether it begins at the group's network and is pulled to it.
    """
    fitted, inner = jnp.asarray(task.fitted), jnp.asarray(task.inner)
    watch = jax.vmap(
        lambda start, fold: _train(task, start, fitted & (inner != fold), inner == fold, recipe, own, jnp.int32(-1))[0],
        (None, 0),
    )
    curves = jax.vmap(watch, (0, None))(task.starts, jnp.arange(num_inner)).sum(1)
    curves = jnp.where(jnp.isfinite(curves), curves, -jnp.inf)
    seed, stop = jnp.unravel_index(jnp.argmax(curves), curves.shape)
    start = jax.tree.map(lambda leaf: leaf[seed], task.starts)
    network = _train(task, start, fitted, jnp.zeros(fitted.shape, bool), recipe, own, stop)[1]
    return Fitted(network, stop, seed, curves[seed, stop], log_likelihoods(network, task.choices))


def log_likelihoods(network: TwoStepNetwork, choices: Choices) -> Float[Array, "person session trial"]:
    """log P of each trial's choices under `network`, leaves of `choices` (person, session, trial)."""
    return jax.vmap(jax.vmap(trial_log_likelihoods, (None, 0)), (None, 0))(network, choices)


def _train(
    task: Task,
    start: TwoStepNetwork,
    fitted: Bool[Array, "person session trial"],
    watched: Bool[Array, "person session trial"],
    recipe: NetworkRecipe,
    own: bool,
    stop: Int[Array, ""],
) -> tuple[Float[Array, " step"], TwoStepNetwork]:
    """The log-likelihood of the `watched` trials before every step, and the network after `stop` steps."""
    optimiser = optax.adam(recipe.own_learning_rate if own else recipe.learning_rate)
    share = jnp.maximum(jnp.sum(fitted), 1)

    def objective(network: TwoStepNetwork) -> tuple[Float[Array, ""], Float[Array, ""]]:
        found = log_likelihoods(network, task.choices)
        learned = found if task.soft is None else expected_log_likelihoods(network, task.choices, task.soft)
        held = _pull(network, start, recipe) if own else _penalty(network, recipe)
        # Sums of what is not counted must not be poisoned by it: 0 times infinity.
        return (held - jnp.sum(jnp.where(fitted, learned, 0.0))) / share, jnp.sum(jnp.where(watched, found, 0.0))

    def step(carried: Any, number: Int[Array, ""]) -> tuple[Any, Float[Array, ""]]:
        network, memory, kept = carried
        kept = jax.tree.map(lambda now, old: jnp.where(number == stop, now, old), network, kept)
        slope, seen = jax.grad(objective, has_aux=True)(network)
        updates, memory = optimiser.update(slope, memory)
        return (optax.apply_updates(network, updates), memory, kept), seen

    first = (start, optimiser.init(eqx.filter(start, eqx.is_array)), start)
    (_, _, kept), curve = jax.lax.scan(step, first, jnp.arange(recipe.num_steps))
    return curve, kept


def expected_log_likelihoods(
    network: TwoStepNetwork, choices: Choices, soft: Soft
) -> Float[Array, "person session trial"]:
    """Of each trial, the mean log P of choices that are drawn from `soft`: minus the cross-entropy."""
    first, second = log_probabilities(network, choices)
    return jnp.sum(soft.first * first, -1) + jnp.sum(soft.second * second, -1)


def log_probabilities(
    network: TwoStepNetwork, choices: Choices
) -> tuple[Float[Array, "person session trial 2"], Float[Array, "person session trial option"]]:
    """log P of every option of both stages, leaves of `choices` (person, session, trial)."""
    return jax.vmap(jax.vmap(trial_log_probabilities, (None, 0)), (None, 0))(network, choices)


def _penalty(network: TwoStepNetwork, recipe: NetworkRecipe) -> Float[Array, ""]:
    cell = [leaf for leaf in jax.tree.leaves(network.cell) if leaf.ndim > 1]
    readout = [leaf for leaf in (network.first, network.second) if leaf is not None]
    return _size(cell, recipe) + READOUT * _size(readout, recipe)


def _size(weights: list[Array], recipe: NetworkRecipe) -> Float[Array, ""]:
    squares = sum((jnp.sum(leaf**2) for leaf in weights), jnp.zeros(()))
    return recipe.l2 * squares + recipe.l1 * sum((jnp.sum(jnp.abs(leaf)) for leaf in weights), jnp.zeros(()))


def _pull(network: TwoStepNetwork, group: TwoStepNetwork, recipe: NetworkRecipe) -> Float[Array, ""]:
    apart = jax.tree.map(lambda one, other: jnp.sum((one - other) ** 2), network, group)
    return recipe.pull * sum(jax.tree.leaves(apart), jnp.zeros(()))
