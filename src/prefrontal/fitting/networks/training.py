"""How a small network is fitted to choices: one program for all seeds, inner folds, outer folds and people."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.sharding import AxisType, PartitionSpec
from jaxtyping import Array, Bool, Float, Int

from prefrontal.agents.two_step.network import TwoStepNetwork
from prefrontal.fitting.choices import Choices
from prefrontal.fitting.likelihood import trial_log_likelihoods, trial_log_probabilities
from prefrontal.fitting.networks.fitted import Network
from prefrontal.fitting.networks.lanes import Trials, replay, trials_of
from prefrontal.fitting.networks.priors import Prior, penalty, pull
from prefrontal.fitting.networks.recipe import NetworkRecipe
from prefrontal.fitting.pulls import Pulls, pull_log_likelihoods

SESSIONS = 100
"""About so many sessions make a step; where there are several times as many, a step is on some and the next on others,
and what is said of steps here is said of passes through all of them."""
LAST_RATE = 0.05
EPSILON = 0.03
"""Of Adam where a network begins at the group's: weights on which little depends take smaller steps, or they would be
fitted to noise before the others have come to where they belong."""

Numbers = np.ndarray | Array


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
    prior: Prior | None = None
    """Of networks that begin at the group's: how they are pulled to it, leaves (outer, ...)."""


class Soft(eqx.Module):
    """Probabilities in place of choices, leaves (outer, session, trial, option)."""

    first: Float[Numbers, "..."]
    """Of the two first choices."""
    second: Float[Numbers, "..."]
    """Of the options in the state reached."""


def mirrored(task: Task) -> Task:
    """Each session, and after them each once more with the first-stage options and the states swapped; where masks have
    more axes before the session's, in all of them."""

    def twice(leaf: Any) -> Any:
        return np.concatenate([leaf, leaf], axis=-2)

    def swapped(leaf: Any) -> Any:
        return np.concatenate([leaf, 1 - np.asarray(leaf)], axis=-2)

    assert isinstance(task.choices, Choices)  # pulls are refused before
    choices = eqx.tree_at(
        lambda sessions: (sessions.choice, sessions.state),
        jax.tree.map(twice, task.choices),
        (swapped(task.choices.choice), swapped(task.choices.state)),
    )
    soft = task.soft
    if soft is not None:
        first, second = (np.moveaxis(np.asarray(leaf), -1, 0) for leaf in (soft.first, soft.second))
        first = np.concatenate([first, first[::-1]], axis=-2)
        soft = Soft(*(np.moveaxis(leaf, 0, -1) for leaf in (first, twice(second))))
    return Task(choices, twice(task.fitted), twice(task.inner), task.starts, soft, task.prior)


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


def fit_nested(task: Task, recipe: NetworkRecipe, num_inner: int) -> Fitted:
    """In each outer fold: every seed is fitted without each inner fold in turn, to see after how many steps the choices
    of that fold are most probable; the best seed is then fitted to all training trials, for as many steps.

    Arguments:
        task: the choices, the folds and where to begin.
        recipe: how.
        num_inner: inner folds to leave out, the first so many of them.
    """
    fitted, inner = jnp.asarray(task.fitted), jnp.asarray(task.inner)
    num_outer, num_seeds = task.starts.cell.bias.shape[:2]
    outer, seed, fold = (part.ravel() for part in jnp.indices((num_outer, num_seeds, num_inner)))
    starts = jax.tree.map(lambda leaf: _last(jnp.asarray(leaf)[outer, seed]), task.starts)
    left_out = inner[outer] == fold[:, None, None]
    course = Course(jnp.full((num_outer * num_seeds,), -jnp.inf), jnp.zeros(num_outer * num_seeds, jnp.int32), starts)
    found = _train(task, course, outer, fitted[outer] & ~left_out, left_out, recipe)
    best = found.best.reshape(num_outer, num_seeds)
    chosen, rows = jnp.argmax(best, axis=1), jnp.arange(num_outer)
    stop = found.step.reshape(num_outer, num_seeds)[rows, chosen]
    starts = jax.tree.map(lambda leaf: _last(jnp.asarray(leaf)[rows, chosen]), task.starts)
    course = Course(jnp.full(num_outer, jnp.inf), stop, starts)
    network = _train(task, course, rows, fitted, jnp.zeros_like(fitted), recipe).network
    network = jax.tree.map(lambda leaf: jnp.moveaxis(leaf, -1, 0), network)
    one_person = jax.tree.map(lambda leaf: leaf[None], task.choices)
    likelihood = jax.vmap(log_likelihoods, (0, None))(network, one_person)[:, 0]
    return Fitted(network, stop, chosen, best[rows, chosen], likelihood)


@eqx.filter_jit
def fit_block(tasks: Task, recipe: NetworkRecipe, num_inner: int) -> Fitted:
    """`fit_nested` of each task, leaves (task, ...), as many on every device."""
    # Left to itself, the compiler has the devices wait for each other at every step.
    mesh = jax.make_mesh((jax.local_device_count(),), ("device",), axis_types=(AxisType.Auto,))
    device = PartitionSpec("device")

    def each(tasks: Task) -> Fitted:
        return jax.lax.map(lambda task: fit_nested(task, recipe, num_inner), tasks)

    return jax.shard_map(each, mesh=mesh, in_specs=device, out_specs=device, check_vma=False)(tasks)


def log_likelihoods(network: Network, choices: Choices | Pulls) -> Float[Array, "person session trial"]:
    """log P of each trial's choices under `network`, leaves of `choices` (person, session, trial)."""
    of_session: Any = pull_log_likelihoods if isinstance(choices, Pulls) else trial_log_likelihoods
    return jax.vmap(jax.vmap(of_session, (None, 0)), (None, 0))(network, choices)


class Course(eqx.Module):
    """How far a fit has come. Leaves (group,): of networks that are to stop together, as those of all inner folds."""

    best: Float[Array, " group"]
    """The greatest log-likelihood of the watched trials up to now; infinite where it is known where to stop."""
    step: Int[Array, " group"]
    """The step before which it was reached."""
    network: Network
    """Before that step; leaves (..., network), group after group."""


def _train(
    task: Task,
    course: Course,
    outer: Int[Array, " network"],
    fitted: Bool[Array, "network session trial"],
    watched: Bool[Array, "network session trial"],
    recipe: NetworkRecipe,
) -> Course:
    """Train on the `fitted` trials from `course.network` until the `watched` ones have not become more probable for
    `recipe.patience` steps; or, where the best is infinite, up to the step before which to stop."""
    start, own = course.network, task.prior is not None
    num_groups, num_networks = len(course.best), len(outer)
    num_parts = max(1, round(fitted.shape[1] / SESSIONS))
    most = -(-(recipe.own_num_steps if own else recipe.num_steps) // num_parts)
    patience = -(-recipe.patience // num_parts)
    rate = recipe.own_learning_rate if own else recipe.learning_rate
    optimiser = optax.adam(optax.cosine_decay_schedule(rate, most * num_parts, LAST_RATE), eps=EPSILON if own else 1e-8)
    share = jnp.maximum(jnp.sum(fitted, (1, 2)), 1)
    times = 2 if recipe.mirrored else 1  # each choice is there so often, and penalties stay what they are against it
    soft = None
    if task.soft is not None:
        soft = (
            _last(jnp.asarray(task.soft.first)[outer, ..., -1]),
            _last(jnp.asarray(task.soft.second)[outer, ..., -1]),
        )
    parts = trials_of(task.choices, _last(fitted), _last(watched), soft, start, num_parts)

    def of_sessions(network: Network, trials: Trials) -> tuple[Float[Array, ""], Float[Array, " network"]]:
        learned, seen = replay(network, trials)
        return -num_parts * jnp.sum(learned / share), seen

    def held(network: Network) -> Float[Array, ""]:
        if task.prior is None:
            return times * jnp.sum(penalty(network, recipe) / share)
        prior = jax.tree.map(lambda leaf: jnp.asarray(leaf)[outer], task.prior)
        return times * jnp.sum(pull(network, start, prior) / share)

    def update(carried: tuple[Network, Any], part: Trials) -> tuple[Any, Float[Array, " network"]]:
        network, memory = carried

        def add(so_far: Any, trials: Trials) -> tuple[Any, None]:
            found = jax.grad(of_sessions, has_aux=True)(network, trials)
            return jax.tree.map(jnp.add, so_far, found), None

        (slope, seen), _ = jax.lax.scan(add, (jax.grad(held)(network), jnp.zeros(num_networks)), part)
        updates, memory = optimiser.update(slope, memory)
        return (eqx.apply_updates(network, updates), memory), seen

    def step(carried: tuple[Int[Array, ""], Network, Any, Course]) -> Any:
        number, network, memory, course = carried
        (after, memory), seen = jax.lax.scan(update, (network, memory), parts)
        now = seen.sum(0).reshape(num_groups, -1).sum(1)
        known = jnp.isposinf(course.best)
        goes_on = number <= course.step + patience  # whatever those beside it do
        better = jnp.where(known, number == course.step, goes_on & (now > course.best))
        each = jnp.repeat(better, num_networks // num_groups)
        best = Course(
            jnp.where(better & ~known, now, course.best),
            jnp.where(better, number, course.step),
            jax.tree.map(lambda new, old: jnp.where(each, new, old), network, course.network),
        )
        return number + 1, after, memory, best

    def unfinished(carried: tuple[Int[Array, ""], Network, Any, Course]) -> Bool[Array, ""]:
        number, _, _, course = carried
        known = jnp.isposinf(course.best)
        return (number < most) & (number <= jnp.max(course.step + jnp.where(known, 0, patience)))

    first = (jnp.zeros((), jnp.int32), start, optimiser.init(eqx.filter(start, eqx.is_array)), course)
    return jax.lax.while_loop(unfinished, step, first)[3]


def log_probabilities(
    network: TwoStepNetwork, choices: Choices
) -> tuple[Float[Array, "person session trial 2"], Float[Array, "person session trial option"]]:
    """log P of every option of both stages, leaves of `choices` (person, session, trial)."""
    return jax.vmap(jax.vmap(trial_log_probabilities, (None, 0)), (None, 0))(network, choices)


def _last(leaf: Array) -> Array:
    """With the first axis last."""
    return jnp.moveaxis(leaf, 0, -1)
