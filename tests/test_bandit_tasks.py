"""Bandits: their contract, how arms are drawn and pay, and their configuration."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from contracts import TaskContract, play
from scipy.stats import binomtest, kstest

from prefrontal.configs import BanditConfig, InformativeArmConfig, RestlessConfig
from prefrontal.errors import UserError
from prefrontal.tasks import Bandit, InformativeArm, Restless

FALSE_ALARM = 1e-6
"""Chance that any one of the frequency tests here fails a correct task."""


def drawn(config: BanditConfig | RestlessConfig, num: int = 5_000):
    return jax.vmap(config.make().init)(jax.random.split(jax.random.key(0), num))


class BanditFrequencies(TaskContract):
    """Many episodes of random pulls."""

    counters = ("trial",)
    num_episodes = 200

    def test_the_record_is_what_was_done_and_arms_pay_as_they_should(self, played):
        event, state = played["event"], played["state"]
        np.testing.assert_array_equal(event.choice, played["action"])
        np.testing.assert_array_equal(event.trial, state.trial)
        chosen = np.take_along_axis(np.asarray(state.rewards), np.asarray(event.choice)[..., None], -1)[..., 0]
        np.testing.assert_array_equal(event.expected_reward, chosen)
        np.testing.assert_array_equal(event.best_reward, np.asarray(state.rewards).max(-1))
        # 4.9 standard errors of a sum of independent coins.
        surprise = np.asarray(played["reward"]) - chosen
        assert abs(surprise.sum()) < 4.9 * np.sqrt((chosen * (1 - chosen)).sum())


class TestIndependent(BanditFrequencies):
    task = Bandit(BanditConfig(num_trials=30))


class TestManyArms(BanditFrequencies):
    task = Bandit(BanditConfig(num_trials=30, num_arms=5))


class TestDependent(BanditFrequencies):
    task = Bandit(BanditConfig(num_trials=30, arms="medium"))


class TestRestless(BanditFrequencies):
    task = Restless(RestlessConfig(num_trials=30))


class TestInformativeArm(TaskContract):
    task = InformativeArm()
    counters = ("trial",)
    num_episodes = 20


def test_independent_arms_are_uniform_and_tell_nothing_of_each_other():
    rewards = np.asarray(drawn(BanditConfig(num_arms=3)).rewards, float)
    for arm in range(3):
        assert kstest(rewards[:, arm], "uniform").pvalue > FALSE_ALARM
    assert np.abs(np.corrcoef(rewards.T)[np.triu_indices(3, 1)]).max() < 4.9 / np.sqrt(len(rewards))


def test_dependent_uniform_arms_are_complements():
    rewards = np.asarray(drawn(BanditConfig(arms="uniform")).rewards, float)
    assert kstest(rewards[:, 0], "uniform").pvalue > FALSE_ALARM
    np.testing.assert_allclose(rewards.sum(1), 1, atol=1e-6)


@pytest.mark.parametrize(("arms", "better"), [("easy", 0.9), ("medium", 0.75), ("hard", 0.6)])
def test_the_better_arm_is_either(arms, better):
    rewards = np.asarray(drawn(BanditConfig(arms=arms)).rewards, float)
    np.testing.assert_allclose(np.sort(rewards, 1), np.tile([1 - better, better], (len(rewards), 1)), atol=1e-6)
    assert binomtest(int((rewards[:, 0] > 0.5).sum()), len(rewards), 0.5).pvalue > FALSE_ALARM


def test_fixed_arms_are_as_given():
    rewards = np.asarray(drawn(BanditConfig(arms="fixed", num_arms=3, probabilities=(0.1, 0.5, 0.3)), 20).rewards)
    np.testing.assert_allclose(rewards, np.tile([0.1, 0.5, 0.3], (20, 1)), atol=1e-7)


def test_distributions_differ_in_numbers_only():
    """So that networks on all of them train in one program."""
    trees = [Bandit(BanditConfig(arms=arms)) for arms in ("independent", "uniform", "easy", "medium", "hard")]
    assert len({jax.tree.structure(tree) for tree in trees}) == 1


def walks(volatility: str) -> np.ndarray:
    task = Restless(RestlessConfig(num_trials=50, volatility=volatility))
    actions = jnp.zeros(50, jnp.int32)
    played = jax.vmap(lambda key: play(task, actions, key))(jax.random.split(jax.random.key(0), 400))
    return np.asarray(played["state"].rewards, float)


@pytest.mark.parametrize(("volatility", "step"), [("low", 0.02), ("high", 0.2)])
def test_restless_arms_walk_as_fast_as_they_should(volatility, step):
    rewards = walks(volatility)
    np.testing.assert_allclose(rewards.sum(-1), 1, atol=1e-6)
    assert rewards.min() >= 0
    assert rewards.max() <= 1
    p = rewards[..., 0]
    # A step from the middle hardly ever reaches a bound. The spread of n draws is known to 1 / sqrt(2 n) of itself.
    steps = np.diff(p, axis=1)[np.abs(p[:, :-1] - 0.5) < 0.05]
    assert len(steps) > 300
    assert steps.std() == pytest.approx(step, rel=4.9 / np.sqrt(2 * len(steps)))


def test_volatility_is_drawn_evenly():
    volatility = np.asarray(drawn(RestlessConfig()).volatility)
    np.testing.assert_array_equal(np.unique(volatility), np.float32([0.02, 0.2]))
    assert binomtest(int((volatility > 0.05).sum()), len(volatility), 0.5).pvalue > FALSE_ALARM


def test_the_informative_arm_tells_the_target_and_the_target_pays():
    task = InformativeArm()
    pulls = jnp.concatenate([jnp.full(1, 10), jnp.arange(10)])
    for seed in range(8):
        played = play(task, pulls, jax.random.key(seed))
        reward = np.asarray(played["reward"])
        target = round(float(reward[0]) * 10) - 1
        np.testing.assert_array_equal(reward[1:], np.where(np.arange(10) == target, 5.0, 1.0))
        seen = np.asarray(played["observation"])
        np.testing.assert_array_equal(seen[0], 0)
        levels = np.float32([*(0.1 * np.arange(1, 11)), 5.0])
        np.testing.assert_array_equal(seen[1:].argmax(1), [np.abs(levels - r).argmin() for r in reward[:-1]])
        np.testing.assert_array_equal(seen[1:].sum(1), 1)


def test_targets_are_drawn_evenly():
    states = jax.vmap(InformativeArm().init)(jax.random.split(jax.random.key(0), 5_000))
    targets = np.asarray(states.rewards)[:, :10].argmax(1)
    for target in range(10):
        assert binomtest(int((targets == target).sum()), 5_000, 0.1).pvalue > FALSE_ALARM


def test_the_optimal_reward_by_enumeration():
    config = InformativeArmConfig()
    assert config.optimal_reward == pytest.approx(np.mean([0.1 * target + 4 * 5 for target in range(1, 11)]))
    assert config.optimal_reward == pytest.approx(20.55)


@pytest.mark.parametrize(
    ("kind", "change", "message"),
    [
        (BanditConfig, {"num_trials": 0}, "`num_trials` must be a whole number of at least 1, got 0."),
        (BanditConfig, {"num_arms": 1}, "`num_arms` must be a whole number of at least 2, got 1."),
        (
            BanditConfig,
            {"arms": "sideways"},
            "`arms` must be one of independent, uniform, easy, medium, hard, fixed, got 'sideways'.",
        ),
        (
            BanditConfig,
            {"arms": "fixed", "probabilities": (0.5, 1.5)},
            "`probabilities` must be a probability from 0 to 1, got 1.5.",
        ),
        (
            BanditConfig,
            {"arms": "fixed"},
            "`probabilities` must be 2 for 2 fixed arms, got 0. Give one for each fixed arm, and none where they are "
            "drawn.",
        ),
        (
            BanditConfig,
            {"probabilities": (0.5, 0.5)},
            "`probabilities` must be 0 for 2 independent arms, got 2. Give one for each fixed arm, and none where they "
            "are drawn.",
        ),
        (
            BanditConfig,
            {"arms": "easy", "num_arms": 3},
            "`num_arms` must be 2 for easy arms, got 3. Take independent or fixed arms for more.",
        ),
        (RestlessConfig, {"low_volatility": -0.1}, "`low_volatility` must be at least 0, got -0.1."),
        (RestlessConfig, {"volatility": "none"}, "`volatility` must be one of drawn, low, high, got 'none'."),
        (InformativeArmConfig, {"num_targets": 1}, "`num_targets` must be a whole number of at least 2, got 1."),
        (InformativeArmConfig, {"target_reward": 0.0}, "`target_reward` must be above 0, got 0.0."),
    ],
)
def test_numbers_out_of_range_are_refused(kind, change, message):
    with pytest.raises(UserError, match=f"^{re.escape(message)}$"):
        kind(**change)
