"""A learner of restless bandits fitted to pulls, and scored one pull ahead, beside networks: on the same people later,
and on others."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optimistix
import pandas as pd
from jaxtyping import Array, Float

from prefrontal.configs.models import FORGETTING
from prefrontal.errors import UserError
from prefrontal.fitting.folds import Folds
from prefrontal.fitting.networks.naming import network_kind
from prefrontal.fitting.networks.nested import fit_networks
from prefrontal.fitting.networks.recipe import NetworkRecipe
from prefrontal.fitting.networks.training import log_likelihoods
from prefrontal.fitting.pulls import NUM_ARMS, PullBatch, Pulls, pulls_of
from prefrontal.fitting.search import by_blocks, double_precision
from prefrontal.progress import progress

PARAMETERS = ("learning_rate", "forgetting", "inverse_temperature", "perseveration")
STARTS = np.array([[0.0, -1.0, 0.0, 0.0], [1.0, 1.0, 1.0, 0.5], [-1.0, -3.0, 1.0, 1.0]])
"""Unbounded parameters from which each person's search begins."""
MAX_STEPS = 200
TOLERANCE = 1e-5


def score_restless(
    learned: pd.DataFrame,
    scored: pd.DataFrame,
    model: str = FORGETTING,
    *,
    recipe: NetworkRecipe | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    r"""Fit a learner, or networks, to everybody's pulls in `learned`, and score the pulls in `scored` one ahead.

    The learner, "forgetting":

        Q_k += α (r - Q_k) for the arm k pulled,   Q_j -= φ Q_j for the others,   P(k) = softmax(β Q + p [k = last])

    with all Q 0 when a block begins, and r in standard deviations from the mean of `learned`. Its parameters are found
    by maximum a posteriori, with standard normal priors on logit α, logit φ, log β and p. Who is in `learned` is scored
    with parameters of their own, everybody else with the medians of those.

    Networks (see `BanditNetwork`) are fitted as `fit_networks` does with sharing="group": who is in `learned` is scored
    with a network of their own, everybody else with the group's.

    Arguments:
        learned: as of `read_mindrl`.
        scored: as well: other blocks of the same people, or of others.
        model: "forgetting", or a network, such as "gru-4".
        recipe: of networks. None: the usual.
        seed: of the random weights that networks begin at.

    Returns:
        A row a person in `scored`: subject; seen, whether in `learned`; num_pulls; nll, the mean negative
        log-likelihood a pull, nats (chance: log 4); and of the learner the parameters that it was scored with.

    Raises:
        UserError: when a table lacks a column, a block that is scored was learned from, or there is no such model.

    Reference:
        MindRL Hub Modeling Challenge 2026 (the score).

    Example:
        >>> rng = np.random.default_rng(0)
        >>> pulls = pd.DataFrame({"subject": "ann", "block": np.repeat([0, 1], 20), "trial": list(range(20)) * 2})
        >>> pulls = pulls.assign(arm=rng.integers(4, size=40), reward=rng.normal(size=40), missed=False)
        >>> pf.score_restless(pulls[pulls.block == 0], pulls[pulls.block == 1])["seen"].tolist()
        [True]
    """
    if model != FORGETTING:
        network_kind(model)
    known = pulls_of(learned, name="learned")
    ahead = pulls_of(scored, name="scored", like=known)
    both = pd.merge(learned[["subject", "block"]].drop_duplicates(), scored[["subject", "block"]].drop_duplicates())
    if len(both):
        who, block = both.iloc[0]
        raise UserError(
            f"`scored` must hold no block that was learned from, got block {block} of {who}. Give later ones."
        )
    place = known.units.reset_index().set_index("subject")["index"].reindex(ahead.units["subject"])
    seen, own = place.notna().to_numpy(), place.fillna(0).to_numpy(int)
    counts = np.asarray(ahead.choices.counts).sum((1, 2))
    table = ahead.units.assign(seen=seen, num_pulls=counts)
    if model == FORGETTING:
        with double_precision():
            u = np.asarray(_fit(known.choices))
            used = np.where(seen[:, None], u[own], np.median(u, axis=0))
            likelihood, values = map(np.asarray, _score(jnp.asarray(used), ahead.choices))
        table["nll"] = -likelihood.sum((1, 2)) / counts
        return table.assign(**dict(zip(PARAMETERS, values.T, strict=True)))
    fit = fit_networks(learned, model, sharing="group", num_outer=0, recipe=recipe, seed=seed)[model]
    networks = jax.tree.map(
        lambda each, group: jnp.where(seen.reshape(-1, *[1] * (each.ndim - 1)), each[own], group),
        fit.networks,
        fit.group,
    )
    one_each = jax.tree.map(lambda leaf: leaf[:, None], ahead.choices)
    likelihood = np.asarray(eqx.filter_jit(jax.vmap(log_likelihoods))(networks, one_each))
    return table.assign(nll=-likelihood.sum((1, 2, 3)) / counts)


def fit_restless(table: pd.DataFrame) -> pd.DataFrame:
    """The learner "forgetting" of `score_restless` fitted to all pulls of each subject.

    Arguments:
        table: as of `read_mindrl`.

    Returns:
        A row a subject: subject; num_pulls; log_likelihood, nats; learning_rate and forgetting, 0 to 1;
        inverse_temperature, a standard deviation of rewards, and perseveration.

    Raises:
        UserError: when the table lacks a column, or holds no pull.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> pulls = pd.DataFrame({"subject": "ann", "block": 0, "trial": range(20), "arm": rng.integers(4, size=20)})
        >>> pf.fit_restless(pulls.assign(reward=rng.normal(size=20)))["num_pulls"].tolist()
        [20]
    """
    batch = pulls_of(table)
    with double_precision():
        u = _fit(batch.choices)
        likelihood, values = map(np.asarray, _score(u, batch.choices))
    found = batch.units.assign(
        num_pulls=np.asarray(batch.choices.counts).sum((1, 2)), log_likelihood=likelihood.sum((1, 2))
    )
    return found.assign(**dict(zip(PARAMETERS, values.T, strict=True)))


def held_out_likelihoods(batch: PullBatch, folds: Folds) -> Float[np.ndarray, "subject fold block trial"]:
    """Of every pull, with the learner's parameters that were found without each fold: the subject's own or, where all
    of it is held out, the medians of the others'.

    Arguments:
        batch: the pulls.
        folds: which are held out in which.
    """
    fitted = np.stack([folds.fitted(fold) for fold in range(folds.num)], axis=1)
    num_people, num_folds = fitted.shape[:2]
    again = jax.tree.map(lambda leaf: np.repeat(np.asarray(leaf), num_folds, axis=0), batch.choices)
    scored = eqx.tree_at(
        lambda pulls: pulls.scored, again, fitted.reshape(-1, *fitted.shape[2:]), is_leaf=lambda leaf: leaf is None
    )
    num_lanes = len(STARTS) * again.arm.shape[1]
    with double_precision(), progress(f"Fitting {FORGETTING}, without each fold", len(again.arm)) as tell:
        u = by_blocks(_fit, scored, num_lanes=num_lanes, of=FORGETTING, told=tell)
        u = np.asarray(u).reshape(num_people, num_folds, -1)
        there = np.asarray(fitted.any(axis=(2, 3)))
        usual = np.stack([np.median(u[there[:, fold], fold], axis=0) for fold in range(num_folds)])
        used = np.where(there[..., None], u, usual)
        likelihood, _ = by_blocks(
            lambda pair: _score(*pair), (used.reshape(len(again.arm), -1), again), num_lanes=num_lanes
        )
    return np.asarray(likelihood).reshape(fitted.shape)


def _values(u: Float[Array, "4"]) -> Float[Array, "4"]:
    return jnp.stack([jax.nn.sigmoid(u[0]), jax.nn.sigmoid(u[1]), jnp.exp(u[2]), u[3]])


def _log_likelihoods(u: Float[Array, "4"], blocks: Pulls) -> Float[Array, "block trial"]:
    """Of each pull that counts, 0 of the others."""
    rate, forgetting, precision, perseveration = _values(u)

    def step(carried: tuple[Array, Array], at: Pulls) -> tuple[tuple[Array, Array], Array]:
        values, last = carried
        pulled = jax.nn.one_hot(at.arm, NUM_ARMS)
        taken = jnp.sum(pulled * jax.nn.log_softmax(precision * values + perseveration * last))
        learned = values + pulled * rate * (at.reward - values) - (1 - pulled) * forgetting * values
        after = jnp.where(at.counts, learned, values), jnp.where(at.counts, pulled, last)
        return after, jnp.where(at.counts, taken, 0.0)

    nothing = jnp.zeros(NUM_ARMS)
    return jax.vmap(lambda block: jax.lax.scan(step, (nothing, nothing), block)[1])(blocks)


@eqx.filter_jit
def _fit(pulls: Pulls) -> Float[Array, "person 4"]:
    def one(blocks: Pulls) -> Float[Array, "4"]:
        scored = blocks.counts if blocks.scored is None else blocks.scored

        def objective(u: Float[Array, "4"], _: None = None) -> Float[Array, ""]:
            return jnp.sum(u**2) / 2 - jnp.sum(jnp.where(scored, _log_likelihoods(u, blocks), 0.0))

        def descend(start: Float[Array, "4"]) -> tuple[Array, Array]:
            solver = optimistix.BFGS(rtol=TOLERANCE, atol=TOLERANCE)
            end = optimistix.minimise(objective, solver, start, max_steps=MAX_STEPS, throw=False).value
            return end, objective(end)

        ends, objectives = jax.vmap(descend)(jnp.asarray(STARTS))
        return ends[jnp.argmin(jnp.where(jnp.isfinite(objectives), objectives, jnp.inf))]

    return jax.vmap(one)(pulls)


@eqx.filter_jit
def _score(
    u: Float[Array, "person 4"], pulls: Pulls
) -> tuple[Float[Array, "person block trial"], Float[Array, "person 4"]]:
    return jax.vmap(_log_likelihoods)(u, pulls), jax.vmap(_values)(u)
