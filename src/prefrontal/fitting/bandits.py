"""Fits of bandit agents to anybody's pulls: each agent's preferences, followed more or less closely."""

from collections.abc import Mapping
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optimistix
import pandas as pd
from jaxtyping import Array, Float, Int

from prefrontal.agents.bandit_models import AbstractBanditModel, BanditAgent, bandit_baselines
from prefrontal.errors import UserError
from prefrontal.fitting.rescorla_wagner import MAX_STEPS, TOLERANCE, check_pulls, fit_blocks
from prefrontal.fitting.search import double_precision

LARGEST_BETA = 2e3
"""For preferences that differ by 1 in the median: beyond it the better one is as good as always followed."""
STARTS = np.stack(np.meshgrid([0.1, 1.0, 10.0, 100.0], [0.02, 0.3], indexing="ij"), axis=-1).reshape(-1, 2)
"""Inverse temperatures, for such preferences, and lapses from which a search begins."""
RESCORLA_WAGNER = "Rescorla-Wagner"
COLUMNS = ("inverse_temperature", "lapse", "learning_rate", "log_likelihood", "bic", "converged")


def fit_bandit_agents(
    choice: Int[np.ndarray, "subject episode trial"],
    reward: Float[np.ndarray, "subject episode trial"],
    agents: Mapping[str, BanditAgent] | None = None,
) -> pd.DataFrame:
    r"""Fit bandit agents to each subject's pulls of two arms, by maximum likelihood.

    Every agent is replayed on the recorded pulls. What it prefers, x, which its model states (an index, a value; for
    Thompson sampling the logarithm of the probability that the arm is the best), is followed with inverse temperature
    beta and lapses eps:

        P(k) = (1 - eps) softmax(beta x)_k + eps / 2

    The unit of x makes no difference to the likelihood: beta is per unit of x. Rescorla-Wagner, with a learning rate as
    its third parameter, is fitted too.

    Arguments:
        choice: the arm pulled, 0 or 1. Each episode starts from the agent's initial beliefs.
        reward: 0 or 1.
        agents: by name, of models that state their preferences: see `AbstractBanditModel`. None: `bandit_baselines`.

    Returns:
        A row a subject and agent: agent, subject, inverse_temperature (at most 2,000 over the median difference of two
        preferences; of Rescorla-Wagner 200), lapse, learning_rate (NaN where there is none), log_likelihood, bic,
        converged.

    Raises:
        UserError: when the two arrays are not of one shape, or hold nothing or other choices and rewards; or an agent
            states no preferences, or some that are not finite.

    Example:
        >>> from prefrontal.agents.bandit_models import BanditAgent, Thompson
        >>> rng = np.random.default_rng(0)
        >>> choice, reward = rng.integers(2, size=(1, 2, 10)), rng.integers(2, size=(1, 2, 10)).astype(float)
        >>> thompson = BanditAgent(Thompson())
        >>> pf.fit_bandit_agents(choice, reward, {"Thompson": thompson})["agent"].tolist()
        ['Thompson', 'Rescorla-Wagner']
    """
    check_pulls(choice, reward, of="subject")
    num_subjects, _, num_trials = choice.shape
    if agents is None:
        agents = bandit_baselines(num_trials)
    elif RESCORLA_WAGNER in agents:
        raise UserError(f"`agents` must not hold {RESCORLA_WAGNER}, which is always fitted. Leave it out.")
    fits: dict[str, list[np.ndarray]] = {}
    for name, agent in agents.items():
        lead = _lead(name, agent, choice, reward)
        apart = np.abs(lead[lead != 0])
        unit = float(np.median(apart)) if apart.size else 1.0
        with double_precision():
            values, log_likelihood, converged = map(np.asarray, _fit(jnp.asarray(lead / unit), jnp.asarray(choice)))
        values = values / [unit, 1.0]
        bic = 2 * np.log(choice[0].size) - 2 * log_likelihood
        fits[name] = [*values.T, np.full(num_subjects, np.nan), log_likelihood, bic, converged]
    learner = fit_blocks(choice, reward, {"abe": (True, True, True)})
    fits[RESCORLA_WAGNER] = [getattr(learner, column)[0] for column in COLUMNS]
    tables = [pd.DataFrame(dict(zip(COLUMNS, columns, strict=True))) for columns in fits.values()]
    table = pd.concat(tables, keys=list(fits), names=["agent", "subject"]).reset_index()
    return table.sort_values("subject", kind="stable", ignore_index=True)


def _lead(name: str, agent: Any, choice: np.ndarray, reward: np.ndarray) -> np.ndarray:
    """How much the agent prefers the second arm to the first before each recorded pull, (subject, episode, trial).

    Raises:
        UserError: when it states no preferences, or some that are not finite.
    """
    model = getattr(agent, "model", None)
    if not isinstance(model, AbstractBanditModel):
        raise UserError(
            f"`agents` must be BanditAgents, whose models state their preferences, got a {type(agent).__name__} for "
            f"{name}. Give it a model with `preferences`."
        )
    preferences = np.asarray(_preferences(model, jnp.asarray(choice), jnp.asarray(reward, jnp.float32)), float)
    lead = preferences[..., 1] - preferences[..., 0]
    if not np.isfinite(lead).all():
        raise UserError(
            f"`agents` must have finite preferences for all recorded pulls, got others from {name}. Fewer pulls an "
            "episode, or a model made for as many, may help."
        )
    return lead


@eqx.filter_jit
def _preferences(
    model: AbstractBanditModel,
    choice: Int[Array, "subject episode trial"],
    reward: Float[Array, "subject episode trial"],
) -> Float[Array, "subject episode trial arm"]:
    def of_episode(choices: Array, rewards: Array) -> Array:
        def step(beliefs: Any, pull: tuple[Array, Array]) -> tuple[Any, Array]:
            return model.learn(beliefs, *pull), model.preferences(beliefs)

        return jax.lax.scan(step, model.init(), (choices.astype(jnp.int32), rewards))[1]

    return jax.vmap(jax.vmap(of_episode))(choice, reward)


@eqx.filter_jit
def _fit(
    lead: Float[Array, "subject episode trial"], choice: Int[Array, "subject episode trial"]
) -> tuple[Float[Array, "subject 2"], Float[Array, " subject"], Array]:
    def one_subject(given: tuple[Array, Array]) -> tuple[Array, Array, Array]:
        lead = jnp.where(given[1] == 1, given[0], -given[0])

        def values_of(u: Float[Array, "2"]) -> Float[Array, "2"]:
            return jnp.array([LARGEST_BETA, 1.0]) * jax.nn.sigmoid(u)

        def objective(u: Float[Array, "2"], _: None = None) -> Float[Array, ""]:
            beta, lapse = values_of(u)
            return -jnp.sum(jnp.log((1 - lapse) * jax.nn.sigmoid(beta * lead) + lapse / 2))

        def descend(start: Array) -> tuple[Array, Array, Array]:
            solver = optimistix.BFGS(rtol=TOLERANCE, atol=TOLERANCE)
            solution = optimistix.minimise(objective, solver, start, max_steps=MAX_STEPS, throw=False)
            return solution.value, objective(solution.value), solution.result == optimistix.RESULTS.successful

        share = jnp.asarray(STARTS) / jnp.array([LARGEST_BETA, 1.0])
        ends, objectives, converged = jax.vmap(descend)(jnp.log(share) - jnp.log1p(-share))
        best = jnp.argmin(jnp.where(jnp.isfinite(objectives), objectives, jnp.inf))
        return values_of(ends[best]), -objectives[best], converged[best]

    return jax.lax.map(one_subject, (lead, choice))
