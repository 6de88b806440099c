"""Networks fitted to a trial table by nested cross-validation, everybody's own or one for all."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import get_args

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jaxtyping import Array, Bool, Int, Key

from prefrontal.agents.bandit_network import BanditNetwork
from prefrontal.agents.two_step.network import TwoStepNetwork
from prefrontal.errors import UserError, check_choice, check_count, check_seed
from prefrontal.fitting.choices import Batch, Choices, Unit, digest
from prefrontal.fitting.folds import Folds, Over, make_folds, no_folds
from prefrontal.fitting.networks.fitted import Network, NetworkFit, Sharing
from prefrontal.fitting.networks.naming import Kind, network_kind
from prefrontal.fitting.networks.priors import Prior, first_prior, second_prior
from prefrontal.fitting.networks.recipe import NetworkRecipe
from prefrontal.fitting.networks.scoring import held_out_table
from prefrontal.fitting.networks.training import Fitted, Soft, Task, fit_block, log_probabilities, mirrored
from prefrontal.fitting.pulls import NUM_ARMS, PullBatch, choices_of
from prefrontal.fitting.search import LANES, by_blocks
from prefrontal.progress import progress

NUM_OUTER, NUM_INNER, NUM_SEEDS = 10, 5, 3
ENOUGH = 5_000
"""Held-out trials by which to see after how many steps a network for all is to stop."""


def fit_networks(
    table: pd.DataFrame,
    names: str | Sequence[str],
    *,
    by: Unit = "subject",
    sharing: Sharing | None = None,
    over: Over = "sessions",
    num_outer: int = NUM_OUTER,
    num_inner: int = NUM_INNER,
    num_seeds: int = NUM_SEEDS,
    recipe: NetworkRecipe | None = None,
    teacher: NetworkFit | None = None,
    seed: int = 0,
) -> dict[str, NetworkFit]:
    """Fit small recurrent networks to the choices of a trial table, or to the pulls of a bandit, and score them on
    choices that they did not see.

    The network reads each trial as it was, and predicts the next (see `TwoStepNetwork`): it is fitted to the same
    likelihood as the cognitive models, and passes over missed trials as they do. Each outer fold is held out in turn.
    Of the others, inner folds (blocks of trials that follow one another) say after how many steps of Adam to stop, and
    which seed is best; the network is then fitted to all of them. All outer folds, inner folds, seeds and subjects are
    axes of one compiled program.

    Arguments:
        table: a trial table (see `prefrontal.trials.table`), or one of pulls (see `read_mindrl`), for which networks
            are each a `BanditNetwork`.
        names: "gru-2" is a GRU of two units; cells are gru, sgru (switching), lstm and rnn. One or several.
        by: whether each "subject" or each "session" of a subject has a network of its own.
        sharing: "alone", each subject's network from random weights; "group", each begins at a network that is fitted
            to everybody's training trials, and is pulled to it, as in a hierarchical fit; "one", that network for all.
            None: "group", of a single subject "alone", and where people are held out "one".
        over: what outer folds hold out: "sessions", of those who have one blocks of trials; or "people", which needs
            "one".
        num_outer: outer folds; 0: nothing is held out and scored.
        num_inner: inner folds of each.
        num_seeds: random weights to begin at.
        recipe: steps, rates and penalties. None: the usual.
        teacher: a larger network fitted to the same table with the same folds, whose choice probabilities are learned
            in the place of choices (distillation): each subject's network from those of the teacher that did not see
            the outer fold either. The inner folds are scored on choices, as ever.
        seed: of the random weights.

    Returns:
        By name, the fit: `table` has a row a subject and outer fold, `networks` those fitted to all trials.

    Raises:
        UserError: when a name is of no network, the table is no trial table, or the numbers do not go together.

    Example:
        >>> quick = pf.NetworkRecipe(num_steps=5)
        >>> fits = pf.fit_networks(table, "gru-1", num_outer=2, num_inner=2, num_seeds=1, recipe=quick)
        >>> fits["gru-1"].table["normalised_likelihood"].between(0, 1).all()
        np.True_
    """
    names = [names] if isinstance(names, str) else list(names)
    kinds = {name: network_kind(name) for name in names}
    if not kinds:
        raise UserError("`names` must hold a network or more, got none. Name one, such as gru-2.")
    for key, value in (("num_inner", num_inner), ("num_seeds", num_seeds)):
        check_count(key, value)
    if num_inner < 2:
        raise UserError(f"`num_inner` must be 2 or more, got {num_inner}. Give 5, or leave it out.")
    check_seed("seed", seed)
    batch = choices_of(table, by=by)
    if teacher is not None and isinstance(batch, PullBatch):
        raise UserError("`teacher` must be left out where networks are fitted to pulls, got one.")
    usual = "one" if over == "people" else "group" if len(batch.units) > 1 and teacher is None else "alone"
    sharing = sharing or usual
    check_choice("sharing", sharing, get_args(Sharing))
    if over == "people" and sharing != "one":
        raise UserError(
            f'`sharing` must be "one" where people are held out, got {sharing}: nobody has a network of their own.'
        )
    if recipe is not None and recipe.mirrored and isinstance(batch, PullBatch):
        raise UserError(
            "`recipe` must not be mirrored where networks are fitted to pulls, got mirrored=True: a mirror swaps the "
            "two options of the two-step task. Leave it out."
        )
    folds = make_folds(batch, over=over, num_folds=num_outer, seed=seed) if num_outer else no_folds(batch)
    if teacher is not None and (sharing != "alone" or not teacher.is_of(batch, folds)):
        raise UserError(
            "`teacher` must be fitted to the same table with the same folds, and teach each subject's network alone, "
            f"got another, or sharing={sharing}. Leave out `sharing`; give both the same table, `num_outer` and `seed`."
        )
    inner = np.stack([inner_folds(folds, outer, num_inner) for outer in range(folds.num + 1)], axis=1)
    plan = _Plan(batch, folds, inner, num_inner, num_seeds, recipe or NetworkRecipe(), seed, teacher)
    return {name: _fit(kind, plan, sharing) for name, kind in kinds.items()}


def inner_folds(folds: Folds, outer: int, num_inner: int) -> Int[np.ndarray, "subject session trial"]:
    """The inner folds of outer fold number `outer`: each subject's other trials, session after session, in `num_inner`
    blocks that follow one another; -1 in none. Of the number after the last fold, which holds nothing out: of all."""
    left = folds.fitted(outer)
    place = np.cumsum(left.reshape(len(left), -1), axis=1).reshape(left.shape) - 1
    total = np.maximum(left.sum(axis=(1, 2), keepdims=True), 1)
    return np.where(left, place * num_inner // total, -1)


@dataclass(frozen=True)
class _Plan:
    batch: Batch | PullBatch
    folds: Folds
    inner: Int[np.ndarray, "subject outer session trial"]
    num_inner: int
    num_seeds: int
    recipe: NetworkRecipe
    seed: int
    teacher: NetworkFit | None

    @property
    def num_outer(self) -> int:
        """Outer folds, and one that holds nothing out."""
        return self.folds.num + 1

    @property
    def fitted(self) -> Bool[np.ndarray, "subject outer session trial"]:
        """What may be learned from, in each outer fold."""
        return np.stack([self.folds.fitted(outer) for outer in range(self.num_outer)], axis=1)

    @property
    def soft(self) -> Soft | None:
        """What the teacher would choose, leaves (subject, outer, session, trial, option); None without one."""
        if self.teacher is None:
            return None
        networks = jax.tree.map(
            lambda some, last: np.concatenate([some, last[:, None]], axis=1),
            self.teacher.by_fold,
            self.teacher.networks,
        )
        each = jax.vmap(lambda network, sessions: log_probabilities(network, _one_person(sessions)), (0, None))
        first, second = eqx.filter_jit(jax.vmap(each))(networks, self.batch.choices)
        return Soft(np.exp(first)[:, :, 0], np.exp(second)[:, :, 0])


def _fit(kind: Kind, plan: _Plan, sharing: Sharing) -> NetworkFit:
    num_people, num_outer = len(plan.batch.units), plan.num_outer
    random = _random_networks(kind, plan)

    def begin(networks: Network, *axes: int) -> Network:
        return jax.tree.map(lambda leaf: np.broadcast_to(leaf, (*axes, *leaf.shape)), networks)

    group = None
    if sharing == "alone":
        found = _fit_own(plan, begin(random, num_people, num_outer), kind.name)
    else:
        found = _fit_all(plan, begin(random, num_outer), kind.name)
        group = jax.tree.map(lambda leaf: jnp.asarray(leaf[0, -1]), found.network)
        if sharing == "group":
            all_fit, starts = found, jax.tree.map(lambda leaf: leaf[:, :, None], found.network)
            found = _fit_own(plan, starts, kind.name, first_prior(all_fit.network, plan.recipe.pull))
            if plan.recipe.second_pull:
                prior = second_prior(found.network, all_fit.network, plan.recipe.second_pull)
                found = _fit_own(plan, starts, f"{kind.name}, again", prior)
            found = replace(found, seed=all_fit.seed)
    return NetworkFit(
        name=kind.name,
        sharing=sharing,
        table=_tabulated(kind, plan, found),
        networks=jax.tree.map(lambda leaf: leaf[:, -1], found.network),
        units=plan.batch.units,
        by_fold=jax.tree.map(lambda leaf: leaf[:, :-1], found.network),
        group=group,
        folds=plan.folds,
        choices=digest(plan.batch.choices),
    )


def _task(plan: _Plan, starts: Network, prior: Prior | None = None) -> Task:
    """What everybody's networks are given; of a mirrored recipe each session, and then each once more in a mirror."""
    task = Task(plan.batch.choices, plan.fitted, plan.inner, starts, plan.soft, prior)
    return mirrored(task) if plan.recipe.mirrored else task


def _fit_own(plan: _Plan, starts: Network, name: str, prior: Prior | None = None) -> Fitted:
    """Each subject's networks, leaves (subject, outer, ...), from `starts`, leaves (subject, outer, seed, ...)."""
    tasks = _task(plan, starts, prior)
    with progress(f"Fitting {name}", len(plan.batch.units)) as tell:
        return by_blocks(
            lambda tasks: fit_block(tasks, plan.recipe, plan.num_inner),
            tasks,
            num_lanes=LANES,
            of=(plan.recipe, plan.num_inner),
            told=tell,
        )


def _fit_all(plan: _Plan, starts: Network, name: str) -> Fitted:
    """One network for all, from `starts`, leaves (outer, seed, ...). Returns leaves (subject, outer, ...)."""
    num_people, num_outer = plan.inner.shape[:2]
    task = _task(plan, starts)
    num_parts = min(jax.local_device_count(), num_outer)
    # As many outer folds on every device: the last comes more than once, where they are left over.
    part = np.minimum(np.arange(num_parts * -(-num_outer // num_parts)), num_outer - 1).reshape(num_parts, -1)

    # Of everybody, another block of trials is left out at a time, and no more than it takes to see where to stop.
    turn = np.arange(num_people)[:, None, None, None]
    turned = np.where(task.inner < 0, -1, (task.inner + turn) % plan.num_inner)
    held = np.sum(plan.inner[:, -1] >= 0) / plan.num_inner
    num_inner = int(np.clip(np.ceil(ENOUGH / held), 1, plan.num_inner))

    def of_all(leaf: np.ndarray) -> np.ndarray:
        return np.moveaxis(leaf, 1, 0).reshape(num_outer, -1, leaf.shape[-1])[part]

    choices = jax.tree.map(lambda leaf: np.asarray(leaf).reshape(-1, leaf.shape[-1]), task.choices)
    tasks = Task(
        choices=jax.tree.map(lambda leaf: np.broadcast_to(leaf, (num_parts, *leaf.shape)), choices),
        fitted=of_all(np.asarray(task.fitted)),
        inner=of_all(turned),
        starts=jax.tree.map(lambda leaf: leaf[part], starts),
    )
    with progress(f"Fitting {name}, all", num_parts) as tell:
        found = by_blocks(
            lambda tasks: fit_block(tasks, plan.recipe, num_inner),
            tasks,
            num_lanes=LANES,
            of=(plan.recipe, num_inner),
            told=tell,
        )
    found = jax.tree.map(lambda leaf: leaf.reshape(-1, *leaf.shape[2:])[:num_outer], found)
    likelihood = found.log_likelihood.reshape(num_outer, num_people, -1, found.log_likelihood.shape[-1])
    spread = jax.tree.map(lambda leaf: np.broadcast_to(leaf, (num_people, *leaf.shape)), found)
    return replace(spread, log_likelihood=np.moveaxis(likelihood, 1, 0))


def _random_networks(kind: Kind, plan: _Plan) -> Network:
    batch = plan.batch

    def draw(key: Key[Array, ""]) -> Network:
        if isinstance(batch, PullBatch):
            scaled = {"centre": batch.centre, "scale": batch.scale}
            return BanditNetwork(kind.cell, kind.num_units, num_arms=NUM_ARMS, **scaled, key=key)
        options = 2 if batch.second_choices else 1
        return TwoStepNetwork(kind.cell, kind.num_units, second_options=options, key=key)

    drawn = jax.vmap(draw)(jax.random.split(jax.random.key(plan.seed), plan.num_seeds))
    return jax.tree.map(np.asarray, drawn)


def _one_person(sessions: Choices) -> Choices:
    return jax.tree.map(lambda leaf: leaf[None], sessions)


def _tabulated(kind: Kind, plan: _Plan, found: Fitted) -> pd.DataFrame:
    num_sessions = plan.inner.shape[2]
    scores = held_out_table(plan.batch, plan.folds, np.asarray(found.log_likelihood)[:, :-1, :num_sessions])
    place = scores.pop("place").to_numpy()
    steps, seeds = np.asarray(found.num_steps), np.asarray(found.seed)
    fold = scores["fold"].to_numpy()
    return scores.assign(model=kind.name, num_steps=steps[place, fold], seed=seeds[place, fold])
