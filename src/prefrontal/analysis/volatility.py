"""How learning follows volatility: learning rates along an episode, and the units that code volatility."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from prefrontal import devices
from prefrontal.errors import UserError

LEARNING_RATES = np.linspace(0.01, 1.0, 100)
"""Tried in each window."""
INVERSE_TEMPERATURES = np.geomspace(0.3, 300.0, 28)
"""Tried with each, for prizes of at most 1."""


@dataclass(frozen=True)
class WindowedFit:
    """What a Rescorla-Wagner learner fits best, window by window."""

    start: Int[np.ndarray, " window"]
    """First trial of each."""
    learning_rate: Float[np.ndarray, " window"]
    inverse_temperature: Float[np.ndarray, " window"]
    log_likelihood: Float[np.ndarray, " window"]


def windowed_learning_rate(
    choice: Int[np.ndarray, "episode trial"],
    winner: Int[np.ndarray, "episode trial"],
    prizes: Float[np.ndarray, "episode trial arm"],
    *,
    width: int = 10,
) -> WindowedFit:
    """Fit a Rescorla-Wagner learner to the choices in each window of trials, all episodes pooled:

        p_{t+1} = p_t + alpha (w_t - p_t),     P(choice 1) = logistic(beta (p_t m_1 - (1 - p_t) m_0))

    with w the arm that won, m the prizes and p_0 = 1/2. By maximum likelihood over a grid of alpha and beta; trials
    before the window only feed p, with the same alpha.

    Arguments:
        choice: the arm chosen, 0 or 1.
        winner: the arm that won, 0 or 1: a choice that is not paid tells that it was the other.
        prizes: of arm 0 and arm 1; at most 1, or the inverse temperatures are for other units.
        width: trials in a window.

    Raises:
        UserError: when no window fits into an episode.

    References:
        Behrens, Woolrich, Walton, Rushworth (2007), Nat Neurosci 10:1214 (the model).
        Wang et al. (2018), Nat Neurosci 21:860, Methods, Simulation 2 (the windows).
    """
    num_trials = choice.shape[1]
    if not 1 <= width <= num_trials:
        raise UserError(f"`width` must be from 1 to the {num_trials} trials of an episode, got {width}.")
    grid = jnp.asarray(LEARNING_RATES, jnp.float32), jnp.asarray(INVERSE_TEMPERATURES, jnp.float32)
    data = jnp.asarray(choice, jnp.float32), jnp.asarray(winner, jnp.float32), jnp.asarray(prizes, jnp.float32)
    by_trial = np.asarray(_log_likelihoods(*grid, *data), np.float64)
    summed = np.concatenate([np.zeros((*by_trial.shape[:2], 1)), by_trial.cumsum(axis=-1)], axis=-1)
    windows = summed[..., width:] - summed[..., :-width]
    flat = windows.reshape(-1, windows.shape[-1])
    best = flat.argmax(axis=0)
    alpha, beta = np.unravel_index(best, windows.shape[:2])
    return WindowedFit(
        start=np.arange(len(best)),
        learning_rate=LEARNING_RATES[alpha],
        inverse_temperature=INVERSE_TEMPERATURES[beta],
        log_likelihood=flat.max(axis=0),
    )


@jax.jit
def _log_likelihoods(
    alphas: Float[Array, " alpha"],
    betas: Float[Array, " beta"],
    choice: Float[Array, "episode trial"],
    winner: Float[Array, "episode trial"],
    prizes: Float[Array, "episode trial arm"],
) -> Float[Array, "alpha beta trial"]:
    """Of the choices, summed over episodes."""

    def of_alpha(alpha: Array) -> Array:
        def learn(p: Array, won: Array) -> tuple[Array, Array]:
            return p + alpha * (won - p), p

        _, p = jax.lax.scan(learn, jnp.full(choice.shape[0], 0.5), winner.T)
        favour = p.T * prizes[..., 1] - (1 - p.T) * prizes[..., 0]
        signed = jnp.where(choice == 1, favour, -favour)
        return jax.lax.map(lambda beta: jax.nn.log_sigmoid(beta * signed).sum(axis=0), betas)

    return devices.shared_map(of_alpha, alphas)


def coding_units(
    activity: Float[np.ndarray, "episode trial unit"],
    variable: Float[np.ndarray, "episode trial"],
    covariates: Float[np.ndarray, "episode trial covariate"],
    *,
    level: float = 0.05,
) -> Bool[np.ndarray, "episode unit"]:
    """Which units code `variable` in each episode: each regressed on it, on the covariates and on a constant.

    A unit codes it where its two-sided p-value, times the number of units (Bonferroni), is below `level`. Trials are
    taken as independent, which they are not: hold the share against that of a variable that cannot be coded.
    """
    from scipy.special import stdtr  # slow to import

    constant = np.ones((*variable.shape, 1))
    design = np.concatenate([variable[..., None], covariates, constant], axis=-1).astype(np.float64)
    samples = np.asarray(activity, np.float64)
    transposed = np.swapaxes(design, 1, 2)
    information = np.linalg.inv(transposed @ design)
    weights = information @ (transposed @ samples)
    degrees = design.shape[1] - design.shape[2]
    noise = np.sum((samples - design @ weights) ** 2, axis=1) / degrees
    with np.errstate(divide="ignore", invalid="ignore"):
        t = weights[:, 0] / np.sqrt(information[:, :1, 0] * noise)
        return 2 * stdtr(degrees, -np.abs(t)) * activity.shape[-1] < level
