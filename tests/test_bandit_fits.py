"""Fits of bandit agents: those who pulled are found again, and the likelihood is that of a replay."""

import inspect
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.optimize

from prefrontal.agents.bandit_models import (
    AbstractBanditModel,
    BanditAgent,
    Gittins,
    RescorlaWagner,
    UpperConfidenceBound,
    bandit_baselines,
)
from prefrontal.agents.restless_observer import RestlessObserver
from prefrontal.configs import BanditConfig
from prefrontal.errors import UserError
from prefrontal.fitting.bandits import RESCORLA_WAGNER, fit_bandit_agents
from prefrontal.rollouts.episodes import agent_inputs, replay
from prefrontal.rollouts.evaluation import evaluate

NUM_EPISODES, NUM_TRIALS = 40, 50


def pulls(agent: BanditAgent, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    task = replace(BanditConfig(), num_trials=NUM_TRIALS).make()
    played = evaluate(agent, task, jax.random.key(seed), num_episodes=NUM_EPISODES)
    return np.asarray(played.action), np.asarray(played.reward)


AGENTS = bandit_baselines(NUM_TRIALS) | {
    RESCORLA_WAGNER: BanditAgent(RescorlaWagner(learning_rate=0.3, inverse_temperature=6.0))
}
del AGENTS["structure-optimal"]


@pytest.fixture(scope="module")
def fits():
    played = [pulls(agent, seed) for seed, agent in enumerate(AGENTS.values())]
    choice, reward = (np.stack([one[part] for one in played]) for part in (0, 1))
    return choice, reward, fit_bandit_agents(choice, reward)


@pytest.mark.thorough
def test_everybody_is_found_again(fits):
    best = fits[2].loc[fits[2].groupby("subject")["bic"].idxmin()]
    assert best["agent"].tolist() == list(AGENTS)
    learner = best[best["agent"] == RESCORLA_WAGNER].iloc[0]
    assert learner["learning_rate"] == pytest.approx(0.3, abs=0.06)
    assert learner["inverse_temperature"] == pytest.approx(6.0, rel=0.2)
    thompson = best[best["agent"] == "Thompson"].iloc[0]
    assert thompson["inverse_temperature"] == pytest.approx(1.0, abs=0.2)
    assert fits[2]["learning_rate"].notna().sum() == len(AGENTS)


@pytest.mark.thorough
def test_the_likelihood_is_that_of_a_replay_and_no_other_values_are_better(fits):
    choice, reward, table = fits
    row = table[(table["subject"] == 1) & (table["agent"] == "Thompson")].iloc[0]

    def logits(choices, rewards):
        inputs = agent_inputs(jnp.zeros((NUM_TRIALS, 0)), choices, rewards, 2)
        return replay(AGENTS["Thompson"], inputs).logits

    x = np.asarray(jax.vmap(logits)(jnp.asarray(choice[1]), jnp.asarray(reward[1])), float)

    def minus(values):
        beta, lapse = values
        chances = np.exp(beta * x - np.logaddexp.reduce(beta * x, axis=-1, keepdims=True))
        followed = np.take_along_axis(chances, choice[1][..., None], axis=-1)
        return -np.log((1 - lapse) * followed + lapse / 2).sum()

    assert row["log_likelihood"] == pytest.approx(-minus((row["inverse_temperature"], row["lapse"])), abs=1e-6)
    rng = np.random.default_rng(0)
    for _ in range(10):
        start = (rng.uniform(0.1, 20), rng.uniform(0.01, 0.5))
        end = scipy.optimize.minimize(minus, start, bounds=((0, 200), (1e-12, 1)), method="L-BFGS-B")
        assert row["log_likelihood"] >= -end.fun - 1e-3


class InPoints(AbstractBanditModel):
    """A user's own model: Rescorla-Wagner that counts a thousand points a reward. Preferences: points per pull."""

    model: RescorlaWagner

    def init(self):
        return 1000 * self.model.init()

    def preferences(self, beliefs):
        return beliefs

    def choose(self, beliefs):
        return self.model.choose(beliefs / 1000)

    def learn(self, beliefs, choice, reward):
        return beliefs.at[choice].add(self.model.learning_rate * (1000 * reward - beliefs[choice]))


@pytest.mark.thorough
def test_an_agent_of_ones_own_has_at_least_the_likelihood_it_states_itself(fits):
    """Rescorla-Wagner with the parameters that pulled, in two units: nothing makes its own choices more probable than
    its own inverse temperature, but for what two parameters gain by chance, chi2(2) / 2: 14 in one of a million."""
    choice, reward, _ = fits
    choice, reward = choice[-1:], reward[-1:]
    agent = AGENTS[RESCORLA_WAGNER]

    def stated(choices, rewards):
        logits = replay(agent, agent_inputs(jnp.zeros((NUM_TRIALS, 0)), choices, rewards, 2)).logits
        return jax.nn.log_softmax(logits)[jnp.arange(NUM_TRIALS), choices].sum()

    own = float(jax.vmap(stated)(jnp.asarray(choice[0]), jnp.asarray(reward[0])).sum())
    assert own > 0.8 * choice.size * np.log(0.5)  # far above chance
    table = fit_bandit_agents(choice, reward, {"mine": agent, "points": BanditAgent(InPoints(agent.model))})
    mine, points = (table[table["agent"] == name].iloc[0] for name in ("mine", "points"))
    assert own - 1e-3 <= mine["log_likelihood"] <= own + 14
    assert mine["inverse_temperature"] == pytest.approx(6.0, rel=0.2)
    assert points["log_likelihood"] == pytest.approx(mine["log_likelihood"], abs=1e-3)
    assert points["inverse_temperature"] == pytest.approx(mine["inverse_temperature"] / 1000, rel=1e-2)


@pytest.mark.thorough
def test_what_cannot_be_fitted_is_refused():
    with pytest.raises(UserError, match=r"`choice` and `reward` must have the axes \(subject, episode, trial\), got"):
        fit_bandit_agents(np.zeros((0, 1, 4), int), np.zeros((0, 1, 4)))
    named = {RESCORLA_WAGNER: BanditAgent(UpperConfidenceBound())}
    with pytest.raises(UserError, match="`agents` must not hold Rescorla-Wagner, which is always fitted"):
        fit_bandit_agents(np.zeros((1, 1, 4), int), np.zeros((1, 1, 4)), named)
    pulled, paid = np.zeros((1, 1, 4), int), np.zeros((1, 1, 4))
    with pytest.raises(UserError, match=r"`agents` must be BanditAgents, .* got a RestlessObserver for mine\."):
        inspect.unwrap(fit_bandit_agents)(pulled, paid, {"mine": RestlessObserver([0.1])})  # before the check of types
    with pytest.raises(UserError, match=r"`agents` must have finite preferences for all recorded pulls, got .* short"):
        fit_bandit_agents(pulled, paid, {"short": BanditAgent(Gittins(num_trials=2))})
    for name, wrong in (
        ("choice", (pulled + 2, paid)),
        ("reward", (pulled, paid - 1)),
        ("reward", (pulled, paid + np.nan)),
    ):
        with pytest.raises(UserError, match=f"`{name}` must be"):
            fit_bandit_agents(*wrong)
