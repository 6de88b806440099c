"""Fits of Rescorla-Wagner learners to the choices of bandit episodes: every block and every model in one program."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optimistix
from jaxtyping import Array, Bool, Float, Int

from prefrontal.errors import UserError
from prefrontal.fitting.search import double_precision

MODELS = {"b": (False, True, False), "be": (False, True, True), "ab": (True, True, False), "abe": (True, True, True)}
"""What is fitted of a block: the learning rate a (alpha), the inverse temperature b (beta), the lapse e (epsilon)."""
FIXED = (0.5, 1.0, 0.0)
"""alpha, beta and epsilon where they are not fitted (Wang et al. 2016, section 3.1.4); beta always is."""
LARGEST_BETA = 200.0
"""Beyond it, for rewards of 0 and 1, choices are as good as greedy, and the likelihood may grow without an end."""
CANDIDATES = np.stack(
    np.meshgrid([0.05, 0.15, 0.3, 0.5, 0.7, 0.9], [1.0, 3.0, 8.0, 20.0, 60.0], [0.005, 0.05, 0.25], indexing="ij"),
    axis=-1,
).reshape(-1, 3)
"""Values of alpha, beta and epsilon that are tried; the search begins at the best."""
LANES = 16
"""Blocks that are searched at once: a search lasts as long as its slowest."""
TOLERANCE = 1e-6
MAX_STEPS = 500


@dataclass(frozen=True)
class BlockFits:
    """Maximum-likelihood fits of each model to each block; see `MODELS`."""

    models: tuple[str, ...]
    learning_rate: Float[np.ndarray, "model block"]
    inverse_temperature: Float[np.ndarray, "model block"]
    lapse: Float[np.ndarray, "model block"]
    log_likelihood: Float[np.ndarray, "model block"]
    bic: Float[np.ndarray, "model block"]
    """k log n - 2 log L, with k the parameters fitted to the block and n its choices."""
    converged: Bool[np.ndarray, "model block"]
    """Whether the best search ended by itself."""


def fit_blocks(
    choice: Int[np.ndarray, "block episode trial"],
    reward: Float[np.ndarray, "block episode trial"],
    models: Mapping[str, tuple[bool, bool, bool]] | None = None,
    *,
    learning_rate: float | Sequence[float] = FIXED[0],
) -> BlockFits:
    r"""Fit Rescorla-Wagner learners to each block, by maximum likelihood:

        Q_k += alpha (r - Q_k) for the arm pulled,     P(k) = (1 - eps) softmax(beta Q)_k + eps / 2

    with Q = 1/2 at the start of every episode. BFGS on exact gradients, in double precision, from the best point of a
    grid; all models and blocks are one compiled program, in which what a model does not fit has no gradient.

    Arguments:
        choice: the arm pulled, 0 or 1. The episodes of a block have parameters in common.
        reward: 0 or 1.
        models: which of alpha, beta and epsilon each fits. None: `MODELS`.
        learning_rate: alpha where it is not fitted, one for all models or one each. Epsilon is then 0.

    Raises:
        UserError: when the two arrays are not of one shape, or hold nothing or other choices and rewards.
    """
    models = MODELS if models is None else models
    check_pulls(choice, reward, of="block")
    free = np.array(list(models.values()))
    fixed = np.tile(np.array(FIXED), (len(free), 1))
    fixed[:, 0] = learning_rate
    with double_precision():
        tried = jnp.asarray(_candidates(np.asarray(free.any(axis=0))))
        found = _fit(tried, jnp.asarray(free), jnp.asarray(fixed), jnp.asarray(choice), jnp.asarray(reward, float))
        values, log_likelihood, converged = (np.asarray(part) for part in found)
    num_choices = np.prod(choice.shape[1:])
    return BlockFits(
        models=tuple(models),
        learning_rate=values[..., 0],
        inverse_temperature=values[..., 1],
        lapse=values[..., 2],
        log_likelihood=log_likelihood,
        bic=free.sum(axis=1)[:, None] * np.log(num_choices) - 2 * log_likelihood,
        converged=converged,
    )


def check_pulls(choice: np.ndarray, reward: np.ndarray, *, of: str) -> None:
    """Refuse pulls and rewards that are not (`of`, episode, trial) both, or not of two arms that pay 0 or 1.

    Raises:
        UserError: when they are not, or hold nothing.
    """
    if choice.ndim != 3 or choice.shape != reward.shape or not choice.size:
        raise UserError(
            f"`choice` and `reward` must have the axes ({of}, episode, trial), got shapes {choice.shape} and "
            f"{reward.shape}. Give a single {of} an axis of length 1."
        )
    for name, values, kinds in (("choice", choice, "the arm, 0 or 1"), ("reward", reward, "0 or 1")):
        wrong = values[(values != 0) & (values != 1)]
        if wrong.size:
            raise UserError(
                f"`{name}` must be {kinds}, got {wrong.flat[0]:g}. Recode it; leave out episodes with missed pulls."
            )


def log_likelihood(
    values: Float[Array, "3"], choice: Int[Array, "episode trial"], reward: Float[Array, "episode trial"]
) -> Float[Array, ""]:
    """log P(choices) given alpha, beta and epsilon: that of a replay of `agents.bandit_models.RescorlaWagner`."""
    alpha, beta, lapse = values

    def step(value: tuple[Array, Array], at: tuple[Array, Array, Array]) -> tuple[tuple[Array, Array], Array]:
        pulled, sign, paid = at
        first, second = value
        chosen = (1 - lapse) * jax.nn.sigmoid(beta * sign * (second - first)) + lapse / 2
        first = first + alpha * (1 - pulled) * (paid - first)
        second = second + alpha * pulled * (paid - second)
        return (first, second), jnp.log(jnp.maximum(chosen, 1e-300))

    start = jnp.full(choice.shape[0], 0.5, reward.dtype)
    pulled = choice.T.astype(reward.dtype)
    return jnp.sum(jax.lax.scan(step, (start, start), (pulled, 2 * pulled - 1, reward.T))[1])


def _candidates(free: Bool[np.ndarray, "3"]) -> Float[np.ndarray, "candidate 3"]:
    """`CANDIDATES` that differ in what is `free`: of those that differ in nothing else, the first."""
    _, first = np.unique(CANDIDATES[:, free], axis=0, return_index=True)
    return CANDIDATES[np.sort(first)]


@partial(jax.jit, compiler_options={"xla_backend_optimization_level": 3})  # a sixth faster, as no other program is
def _fit(
    tried: Float[Array, "candidate 3"],
    free: Bool[Array, "model 3"],
    fixed: Float[Array, "model 3"],
    choice: Int[Array, "block episode trial"],
    reward: Float[Array, "block episode trial"],
) -> tuple[Float[Array, "model block 3"], Float[Array, "model block"], Bool[Array, "model block"]]:
    def of_model(model: tuple[Array, Array]) -> Any:
        return jax.lax.map(lambda block: _fit_one(tried, *model, *block), (choice, reward), batch_size=LANES)

    return jax.lax.map(of_model, (free, fixed))


def _fit_one(
    tried: Float[Array, "candidate 3"],
    free: Bool[Array, "3"],
    fixed: Float[Array, "3"],
    choice: Int[Array, "episode trial"],
    reward: Array,
) -> tuple[Float[Array, "3"], Float[Array, ""], Bool[Array, ""]]:
    def values_of(u: Float[Array, "3"]) -> Float[Array, "3"]:
        high = jnp.array([1.0, LARGEST_BETA, 1.0])
        return jnp.where(free, high * jax.nn.sigmoid(u), fixed)

    def objective(u: Float[Array, "3"], _: None = None) -> Float[Array, ""]:
        return -log_likelihood(values_of(u), choice, reward)

    share = tried / jnp.array([1.0, LARGEST_BETA, 1.0])
    candidates = jnp.log(share) - jnp.log1p(-share)
    solver = optimistix.BFGS(rtol=TOLERANCE, atol=TOLERANCE)
    start = candidates[jnp.argmin(jax.lax.map(objective, candidates))]
    solution = optimistix.minimise(objective, solver, start, max_steps=MAX_STEPS, throw=False)
    converged = solution.result == optimistix.RESULTS.successful
    return values_of(solution.value), -objective(solution.value), converged
