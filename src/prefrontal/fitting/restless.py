"""A learner of restless bandits fitted to pulls, and scored one pull ahead: on the same people later, and on others."""

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optimistix
import pandas as pd
from jaxtyping import Array, Bool, Float, Int

from prefrontal.errors import UserError
from prefrontal.fitting.search import double_precision

NUM_ARMS = 4
PARAMETERS = ("learning_rate", "forgetting", "inverse_temperature", "perseveration")
STARTS = np.array([[0.0, -1.0, 0.0, 0.0], [1.0, 1.0, 1.0, 0.5], [-1.0, -3.0, 1.0, 1.0]])
"""Unbounded parameters from which each person's search begins."""
MAX_STEPS = 200
TOLERANCE = 1e-5


class _Pulls(NamedTuple):
    """Leaves (person, block, trial)."""

    arm: Int[Array, "*axes"]
    reward: Float[Array, "*axes"]
    counts: Bool[Array, "*axes"]


def score_restless(learned: pd.DataFrame, scored: pd.DataFrame) -> pd.DataFrame:
    r"""Fit a learner to everybody's pulls in `learned`, and score the pulls in `scored` one ahead.

        Q_k += α (r - Q_k) for the arm k pulled,   Q_j -= φ Q_j for the others,   P(k) = softmax(β Q + p [k = last])

    with all Q 0 when a block begins, and r in standard deviations from the mean of `learned`.

    Parameters are found by maximum a posteriori, with standard normal priors on logit α, logit φ, log β and p. Who is
    in `learned` is scored with parameters of their own, everybody else with the medians of those.

    Arguments:
        learned: as of `read_mindrl`.
        scored: as well: other blocks of the same people, or of others.

    Returns:
        A row a person in `scored`: subject; seen, whether in `learned`; num_pulls; nll, the mean negative
        log-likelihood a pull, nats (chance: log 4); and the parameters that it was scored with.

    Raises:
        UserError: when a table lacks a column, or a block that is scored was learned from.

    Reference:
        MindRL Hub Modeling Challenge 2026 (the score).

    Example:
        >>> rng = np.random.default_rng(0)
        >>> pulls = pd.DataFrame({"subject": "ann", "block": np.repeat([0, 1], 20), "trial": list(range(20)) * 2})
        >>> pulls = pulls.assign(arm=rng.integers(4, size=40), reward=rng.normal(size=40), missed=False)
        >>> pf.score_restless(pulls[pulls.block == 0], pulls[pulls.block == 1])["seen"].tolist()
        [True]
    """
    for table in (learned, scored):
        lacking = [name for name in ("subject", "block", "trial", "arm", "reward") if name not in table]
        if lacking:
            raise UserError(f"`learned` and `scored` must have {', '.join(lacking)}. Read them: `read_mindrl`.")
    both = pd.merge(learned[["subject", "block"]].drop_duplicates(), scored[["subject", "block"]].drop_duplicates())
    if len(both):
        who, block = both.iloc[0]
        raise UserError(
            f"`scored` must hold no block that was learned from, got block {block} of {who}. Give later ones."
        )
    rewards = learned["reward"].to_numpy(float)[~_missed(learned)]
    mean, deviation = float(rewards.mean()), float(rewards.std()) or 1.0
    names, pulls = _arrays(learned, mean, deviation)
    others, ahead = _arrays(scored, mean, deviation)
    with double_precision():
        u = np.asarray(_fit(jax.tree.map(jnp.asarray, pulls)))
        usual = np.median(u, axis=0)
        own = np.stack([u[names.index(name)] if name in names else usual for name in others])
        likelihood, values = map(np.asarray, _score(jnp.asarray(own), jax.tree.map(jnp.asarray, ahead)))
    counts = ahead.counts.sum((1, 2))
    found = pd.DataFrame({"subject": others, "seen": [name in names for name in others], "num_pulls": counts})
    found["nll"] = -likelihood / np.maximum(counts, 1)
    return found.assign(**dict(zip(PARAMETERS, values.T, strict=True)))


def _arrays(table: pd.DataFrame, mean: float, deviation: float) -> tuple[list[Any], _Pulls]:
    """Who pulled, and their pulls, padded to one length."""
    table = table.sort_values(["subject", "block", "trial"], kind="stable")
    person, names = pd.factorize(table["subject"])
    block = table.groupby("subject", sort=False)["block"].transform(lambda own: pd.factorize(own)[0]).to_numpy(int)
    place = table.groupby(["subject", "block"], sort=False).cumcount().to_numpy()
    shape = (len(names), block.max() + 1, place.max() + 1)
    missed = _missed(table)
    arm, reward, counts = np.zeros(shape, np.int32), np.zeros(shape), np.zeros(shape, bool)
    arm[person, block, place] = table["arm"]
    reward[person, block, place] = (table["reward"].to_numpy(float) - mean) / deviation
    counts[person, block, place] = ~missed
    return list(names), _Pulls(arm, reward, counts)  # pyright: ignore[reportArgumentType]


def _missed(table: pd.DataFrame) -> Bool[np.ndarray, " pull"]:
    return table["missed"].to_numpy(bool) if "missed" in table else np.zeros(len(table), bool)


def _values(u: Float[Array, "4"]) -> Float[Array, "4"]:
    return jnp.stack([jax.nn.sigmoid(u[0]), jax.nn.sigmoid(u[1]), jnp.exp(u[2]), u[3]])


def _log_likelihood(u: Float[Array, "4"], blocks: _Pulls) -> Float[Array, ""]:
    rate, forgetting, precision, perseveration = _values(u)

    def step(carried: tuple[Array, Array], at: _Pulls) -> tuple[tuple[Array, Array], Array]:
        values, last = carried
        pulled = jax.nn.one_hot(at.arm, NUM_ARMS)
        taken = jnp.sum(pulled * jax.nn.log_softmax(precision * values + perseveration * last))
        learned = values + pulled * rate * (at.reward - values) - (1 - pulled) * forgetting * values
        after = jnp.where(at.counts, learned, values), jnp.where(at.counts, pulled, last)
        return after, jnp.where(at.counts, taken, 0.0)

    nothing = jnp.zeros(NUM_ARMS)
    return jnp.sum(jax.vmap(lambda block: jax.lax.scan(step, (nothing, nothing), block)[1])(blocks))


@eqx.filter_jit
def _fit(pulls: _Pulls) -> Float[Array, "person 4"]:
    def one(blocks: _Pulls) -> Float[Array, "4"]:
        def objective(u: Float[Array, "4"], _: None = None) -> Float[Array, ""]:
            return jnp.sum(u**2) / 2 - _log_likelihood(u, blocks)

        def descend(start: Float[Array, "4"]) -> tuple[Array, Array]:
            solver = optimistix.BFGS(rtol=TOLERANCE, atol=TOLERANCE)
            end = optimistix.minimise(objective, solver, start, max_steps=MAX_STEPS, throw=False).value
            return end, objective(end)

        ends, objectives = jax.vmap(descend)(jnp.asarray(STARTS))
        return ends[jnp.argmin(jnp.where(jnp.isfinite(objectives), objectives, jnp.inf))]

    return jax.vmap(one)(pulls)


@eqx.filter_jit
def _score(u: Float[Array, "person 4"], pulls: _Pulls) -> tuple[Float[Array, " person"], Float[Array, "person 4"]]:
    return jax.vmap(_log_likelihood)(u, pulls), jax.vmap(_values)(u)
