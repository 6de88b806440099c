"""Bandit agents: against exact enumeration, published indices, and independent simulations of their regret."""

import functools
import itertools
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from contracts import AgentContract
from scipy.integrate import quad
from scipy.stats import beta

from prefrontal.agents.bandit_models import (
    BanditAgent,
    BayesOptimal,
    Counts,
    Gittins,
    RescorlaWagner,
    StructureOptimal,
    Thompson,
    UpperConfidenceBound,
)
from prefrontal.agents.bandit_tables import gittins_indices, optimal_preferences
from prefrontal.configs import BanditConfig
from prefrontal.errors import UserError
from prefrontal.rollouts.episodes import agent_inputs, replay, rollout
from prefrontal.rollouts.evaluation import evaluate
from prefrontal.tasks import Bandit

NUM_EPISODES = 2_000
SPREAD = 0.02
"""Standard error of the expected regrets below, which come from an independent NumPy simulation of 20,000 episodes."""


class TestGittins(AgentContract):
    agent = BanditAgent(Gittins(num_trials=20, discount=0.9, num_arms=3))
    task = Bandit(BanditConfig(num_trials=20, num_arms=3))


class TestUCB(AgentContract):
    agent = BanditAgent(UpperConfidenceBound(num_arms=3))
    task = Bandit(BanditConfig(num_trials=20, num_arms=3))


class TestThompson(AgentContract):
    agent = BanditAgent(Thompson(num_arms=3))
    task = Bandit(BanditConfig(num_trials=20, num_arms=3))


class TestRescorlaWagner(AgentContract):
    agent = BanditAgent(RescorlaWagner(num_arms=3, lapse=0.1))
    task = Bandit(BanditConfig(num_trials=20, num_arms=3))


class TestBayesOptimal(AgentContract):
    agent = BanditAgent(BayesOptimal(num_trials=20))
    task = Bandit(BanditConfig(num_trials=20))


class TestStructureOptimal(AgentContract):
    agent = BanditAgent(StructureOptimal())
    task = Bandit(BanditConfig(num_trials=20))


# Gittins (1979), J R Stat Soc B 41:148, Table 1 (beta = .9), by the parameters of the Beta distribution.
@pytest.mark.parametrize(("wins", "losses", "index"), [(0, 0, 0.7029), (1, 0, 0.8001), (0, 1, 0.5001)])
def test_gittins_indices_are_those_of_the_table(wins, losses, index):
    assert gittins_indices(2, 0.9)[wins, losses] == pytest.approx(index, abs=2e-4)


def test_without_a_future_the_gittins_index_is_the_mean():
    indices = gittins_indices(3, 0.0)
    for wins, losses in itertools.product(range(4), repeat=2):
        if wins + losses <= 3:
            assert indices[wins, losses] == pytest.approx((wins + 1) / (wins + losses + 2), abs=1e-6)


def test_a_gittins_index_solves_its_own_equation():
    """Bisection on the definition, by plain recursion, for one arm of a short sight."""
    discount, depth = 0.5, 16

    def advantage(sure: float) -> float:
        @functools.cache
        def value(wins: int, losses: int) -> float:
            p = (wins + 1) / (wins + losses + 2)
            if wins + losses == depth:
                return max(sure, p) / (1 - discount)
            return max(sure / (1 - discount), go_on(wins, losses))

        def go_on(wins: int, losses: int) -> float:
            p = (wins + 1) / (wins + losses + 2)
            won, lost = value(wins + 1, losses), value(wins, losses + 1)
            return p * (1 + discount * won) + (1 - p) * discount * lost

        return go_on(1, 2) - sure / (1 - discount)

    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if advantage(middle) > 1e-12 else (low, middle)
    assert gittins_indices(3, discount)[1, 2] == pytest.approx(low, abs=1e-3)


def best_reward(num_trials: int) -> float:
    """Of two independent uniform arms, by recursion over everything that can happen."""

    @functools.cache
    def value(left: int, w1: int, l1: int, w2: int, l2: int) -> float:
        if not left:
            return 0.0
        p1, p2 = (w1 + 1) / (w1 + l1 + 2), (w2 + 1) / (w2 + l2 + 2)
        return max(
            p1 * (1 + value(left - 1, w1 + 1, l1, w2, l2)) + (1 - p1) * value(left - 1, w1, l1 + 1, w2, l2),
            p2 * (1 + value(left - 1, w1, l1, w2 + 1, l2)) + (1 - p2) * value(left - 1, w1, l1, w2, l2 + 1),
        )

    return value(num_trials, 0, 0, 0, 0)


@pytest.mark.parametrize("num_trials", [1, 2, 3, 8])
def test_the_optimal_reward_is_that_of_enumeration(num_trials):
    assert optimal_preferences(num_trials)[1] == pytest.approx(best_reward(num_trials))


def test_the_optimal_regret_of_a_hundred_pulls():
    """1.748 comes from an independent exact computation; the better of two uniform arms pays 2/3."""
    assert 100 * 2 / 3 - optimal_preferences(100)[1] == pytest.approx(1.748, abs=5e-4)


def test_the_optimal_agent_earns_what_its_table_says():
    model = BayesOptimal(20)
    task = Bandit(BanditConfig(num_trials=20))
    reward = np.asarray(evaluate(BanditAgent(model), task, jax.random.key(0), num_episodes=20_000).reward).sum(1)
    assert abs(reward.mean() - model.expected_reward) < 4.9 * reward.std() / math.sqrt(len(reward))


@pytest.mark.parametrize("counts", [((0, 0), (0, 0)), ((3, 1), (2, 5)), ((40, 2), (10, 30)), ((0, 90), (0, 9))])
def test_thompson_pulls_with_the_probability_that_an_arm_is_best(counts):
    (w1, l1), (w2, l2) = counts
    first, second = beta(w1 + 1, l1 + 1), beta(w2 + 1, l2 + 1)
    best, _ = quad(lambda p: first.pdf(p) * second.cdf(p), 0, 1, points=[first.mean(), second.mean()], limit=200)
    beliefs = Counts(wins=jnp.array([w1, w2], float), losses=jnp.array([l1, l2], float))
    logits, _ = Thompson().choose(beliefs)
    assert float(jax.nn.softmax(logits)[0]) == pytest.approx(best, abs=1e-3)


def test_thompson_of_three_arms_that_are_alike_is_even():
    logits, _ = Thompson(num_arms=3).choose(Counts(wins=jnp.full(3, 4.0), losses=jnp.full(3, 2.0)))
    np.testing.assert_allclose(jax.nn.softmax(logits), 1 / 3, atol=1e-3)


def test_ucb_by_hand():
    beliefs = Counts(wins=jnp.array([3.0, 1.0]), losses=jnp.array([1.0, 1.0]))
    logits, _ = UpperConfidenceBound(exploration=2.0).choose(beliefs)
    expected = [mean + math.sqrt(2 * math.log(7) / pulls) for mean, pulls in ((0.75, 4), (0.5, 2))]
    np.testing.assert_allclose(np.asarray(logits) / 1e6, expected, rtol=1e-5)
    untried, _ = UpperConfidenceBound().choose(Counts(wins=jnp.array([3.0, 0.0]), losses=jnp.zeros(2)))
    assert int(jnp.argmax(untried)) == 1


def test_rescorla_wagner_against_a_plain_loop():
    rng = np.random.default_rng(0)
    actions, rewards = rng.integers(0, 2, 30), rng.integers(0, 2, 30).astype(float)
    model = RescorlaWagner(learning_rate=0.3, inverse_temperature=4.0, lapse=0.2)
    inputs = agent_inputs(jnp.zeros((30, 0)), jnp.asarray(actions), jnp.asarray(rewards, jnp.float32), 2)
    replayed = np.asarray(jax.nn.log_softmax(replay(BanditAgent(model), inputs).logits))
    values, expected = [0.5, 0.5], []
    for action, reward in zip(actions.tolist(), rewards.tolist(), strict=True):
        weights = [math.exp(4 * value) for value in values]
        expected.append([math.log(0.8 * weight / sum(weights) + 0.2 / 2) for weight in weights])
        values[action] += 0.3 * (reward - values[action])
    np.testing.assert_allclose(replayed, expected, rtol=1e-4)


@pytest.mark.parametrize(
    ("agent", "independent", "uniform"),
    [
        (Gittins(100, 0.9), 2.09, 1.66),
        (Gittins(100, 0.99), 1.78, 1.58),
        (BayesOptimal(100), 1.748, 1.57),
        (Thompson(), 2.78, 2.81),
        (UpperConfidenceBound(exploration=2.0), 5.61, 6.02),
        (UpperConfidenceBound(exploration=1.0), 4.13, 4.19),
        (UpperConfidenceBound(exploration=0.5), 2.97, 2.87),
        (StructureOptimal(), None, 1.24),
    ],
    ids=["Gittins .9", "Gittins .99", "Bayes-optimal", "Thompson", "UCB1", "UCB c=1", "UCB c=1/2", "structure"],
)
@pytest.mark.thorough
def test_expected_regret_of_a_hundred_pulls(agent, independent, uniform):
    """Against an independent NumPy simulation, within three standard errors of the difference."""
    for arms, expected in (("independent", independent), ("uniform", uniform)):
        if expected is None:
            continue
        task = BanditConfig(arms=arms).make()
        event = evaluate(BanditAgent(agent), task, jax.random.key(2), num_episodes=NUM_EPISODES).event
        regret = np.asarray(event.best_reward - event.expected_reward).sum(1)
        error = math.hypot(regret.std() / math.sqrt(NUM_EPISODES), SPREAD)
        assert abs(regret.mean() - expected) < 3 * error


@pytest.mark.parametrize("model", [Gittins, BayesOptimal])
@pytest.mark.thorough
def test_an_episode_longer_than_the_table_is_refused(model):
    agent = BanditAgent(model(num_trials=10))
    message = r"^`agent` must be made for episodes of 11 steps, got one made for 10\. Make it with num_trials=11\.$"
    with pytest.raises(UserError, match=message):
        rollout(agent, BanditConfig(num_trials=11).make(), jax.random.key(0))
    pulls = jnp.zeros(11, jnp.int32)
    with pytest.raises(UserError, match=message):
        replay(agent, agent_inputs(jnp.zeros((11, 0)), pulls, jnp.zeros(11), 2))
    replay(agent, agent_inputs(jnp.zeros((10, 0)), pulls[:10], jnp.zeros(10), 2))


@pytest.mark.parametrize("discount", [1.0, -0.1])
def test_a_discount_without_an_index_is_refused(discount):
    with pytest.raises(UserError, match=r"^`discount` must be at least 0 and below 1, got .* Take .99 to look far"):
        gittins_indices(10, discount)
