"""Fits of bandit agents to anybody's pulls: each agent's preferences, followed more or less closely."""

from collections.abc import Mapping

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optimistix
import pandas as pd
from jaxtyping import Array, Float, Int

from prefrontal.agents.bandit_models import GREEDY, BanditAgent, Thompson, bandit_baselines
from prefrontal.episodes import agent_inputs, replay
from prefrontal.errors import UserError
from prefrontal.fitting.rescorla_wagner import MAX_STEPS, TOLERANCE, check_pulls, fit_blocks
from prefrontal.fitting.search import double_precision

LARGEST_BETA = 1e4
"""Indices differ by little: beyond it the better one is as good as always followed."""
STARTS = np.stack(np.meshgrid([0.3, 3.0, 30.0, 300.0], [0.02, 0.3], indexing="ij"), axis=-1).reshape(-1, 2)
"""Inverse temperatures and lapses from which a search begins."""
RESCORLA_WAGNER = "Rescorla-Wagner"
COLUMNS = ("inverse_temperature", "lapse", "learning_rate", "log_likelihood", "bic", "converged")


def fit_bandit_agents(
    choice: Int[np.ndarray, "subject episode trial"],
    reward: Float[np.ndarray, "subject episode trial"],
    agents: Mapping[str, BanditAgent] | None = None,
) -> pd.DataFrame:
    r"""Fit bandit agents to each subject's pulls of two arms, by maximum likelihood.

    Every agent is replayed on the recorded pulls. What it prefers, x (an index; for Thompson sampling the logarithm of
    the probability that the arm is the best), is followed with inverse temperature beta and lapses eps:

        P(k) = (1 - eps) softmax(beta x)_k + eps / 2

    Rescorla-Wagner, with a learning rate as its third parameter, is fitted too.

    Arguments:
        choice: the arm pulled, 0 or 1. Each episode starts from the agent's initial beliefs.
        reward: 0 or 1.
        agents: by name. None: `bandit_baselines`.

    Returns:
        A row a subject and agent: agent, subject, inverse_temperature (at most 10,000; of
        Rescorla-Wagner 200), lapse, learning_rate (NaN where
        there is none), log_likelihood, bic, converged.

    Raises:
        UserError: when the two arrays are not of one shape, or hold nothing.
    """
    check_pulls(choice, reward, of="subject")
    num_subjects, _, num_trials = choice.shape
    if agents is None:
        agents = bandit_baselines(num_trials)
    elif RESCORLA_WAGNER in agents:
        raise UserError(f"`agents` must not hold {RESCORLA_WAGNER}, which is always fitted. Leave it out.")
    fits: dict[str, list[np.ndarray]] = {}
    for name, agent in agents.items():
        preferences = np.asarray(_preferences(agent, jnp.asarray(choice), jnp.asarray(reward, jnp.float32)), float)
        if not isinstance(agent.model, Thompson):
            preferences /= GREEDY
        with double_precision():
            values, log_likelihood, converged = map(np.asarray, _fit(jnp.asarray(preferences), jnp.asarray(choice)))
        bic = 2 * np.log(choice[0].size) - 2 * log_likelihood
        fits[name] = [*values.T, np.full(num_subjects, np.nan), log_likelihood, bic, converged]
    learner = fit_blocks(choice, reward, {"abe": (True, True, True)})
    fits[RESCORLA_WAGNER] = [getattr(learner, column)[0] for column in COLUMNS]
    tables = [pd.DataFrame(dict(zip(COLUMNS, columns, strict=True))) for columns in fits.values()]
    table = pd.concat(tables, keys=list(fits), names=["agent", "subject"]).reset_index()
    return table.sort_values("subject", kind="stable", ignore_index=True)


@eqx.filter_jit
def _preferences(
    agent: BanditAgent, choice: Int[Array, "subject episode trial"], reward: Float[Array, "subject episode trial"]
) -> Float[Array, "subject episode trial arm"]:
    def of_episode(choices: Array, rewards: Array) -> Array:
        nothing = jnp.zeros((len(choices), 0))
        return replay(agent, agent_inputs(nothing, choices, rewards, 2)).logits

    return jax.vmap(jax.vmap(of_episode))(choice, reward)


@eqx.filter_jit
def _fit(
    preferences: Float[Array, "subject episode trial arm"], choice: Int[Array, "subject episode trial"]
) -> tuple[Float[Array, "subject 2"], Float[Array, " subject"], Array]:
    def one_subject(given: tuple[Array, Array]) -> tuple[Array, Array, Array]:
        lead = given[0][..., 1] - given[0][..., 0]
        lead = jnp.where(given[1] == 1, lead, -lead)

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

    return jax.lax.map(one_subject, (preferences, choice))
