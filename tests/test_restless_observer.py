"""The observers of restless arms, against enumeration and against what the walk does."""

import itertools
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from contracts import AgentContract
from scipy.stats import beta, norm

from prefrontal.agents.restless_observer import RestlessObserver, ideal_observer
from prefrontal.configs import RestlessConfig
from prefrontal.experiments.studies.played import play_test
from prefrontal.rollouts.episodes import agent_inputs, replay
from prefrontal.rollouts.evaluation import evaluate
from prefrontal.tasks import Restless


class TestIdealObserver(AgentContract):
    agent = ideal_observer(RestlessConfig())
    task = Restless(RestlessConfig(num_trials=20))


class TestThompsonOnTheWalk(AgentContract):
    agent = RestlessObserver((0.05,), "thompson")
    task = Restless(RestlessConfig(num_trials=20))


def step_by_hand(p: float, volatility: float, num_places: int) -> np.ndarray:
    """Chance that a reflected step from p ends in each interval, by folding a fine grid of steps."""
    steps = np.linspace(-8, 8, 400_001)
    weight = norm.pdf(steps)
    reached = np.abs(np.mod(p + volatility * steps + 1, 2) - 1)
    places = np.minimum((reached * num_places).astype(int), num_places - 1)
    return np.bincount(places, weight / weight.sum(), num_places)


@pytest.mark.parametrize("volatility", [0.05, 0.3, 1.0])
def test_a_step_ends_where_it_should(volatility):
    walk = np.asarray(RestlessObserver((volatility,), num_places=10).walk[0])
    for place in (0, 4, 9):
        by_hand = step_by_hand((place + 0.5) / 10, volatility, 10)
        np.testing.assert_allclose(walk[place], by_hand, atol=1e-4)
    np.testing.assert_allclose(walk.sum(axis=1), 1, rtol=1e-5)


def test_without_a_walk_p_stays():
    np.testing.assert_array_equal(RestlessObserver((0.0,), num_places=7).walk[0], np.eye(7))


@pytest.mark.parametrize("policy", ["greedy", "thompson"])
@pytest.mark.thorough
def test_against_every_path_of_p_and_both_volatilities(policy):
    """Bayes' rule over whole paths, for every record of three pulls."""
    volatilities, num_places, num_trials = (0.1, 0.4), 5, 4
    agent = RestlessObserver(volatilities, policy, num_places=num_places)
    p, walk = (np.arange(num_places) + 0.5) / num_places, np.asarray(agent.walk, np.float64)
    paths = list(itertools.product(range(num_places), repeat=num_trials))
    shown = jax.jit(lambda inputs: replay(agent, inputs))
    for actions, rewards in itertools.product(itertools.product((0, 1), repeat=3), repeat=2):
        joint = np.zeros((2, num_places))
        for which, path in itertools.product(range(2), paths):
            prior = 0.5 / num_places * np.prod([walk[which, one, other] for one, other in itertools.pairwise(path)])
            pays = [p[place] if action == 0 else 1 - p[place] for place, action in zip(path[:3], actions, strict=True)]
            seen = np.prod([pay if reward else 1 - pay for pay, reward in zip(pays, rewards, strict=True)])
            joint[which, path[-1]] += prior * seen
        joint /= joint.sum()
        inputs = agent_inputs(
            jnp.zeros((num_trials, 0)), jnp.array([*actions, 0]), jnp.array([*rewards, 0], jnp.float32), 2
        )
        output = jax.tree.map(lambda leaf: np.asarray(leaf)[-1], shown(inputs))
        mean = joint.sum(axis=0) @ p
        np.testing.assert_allclose(output.activity, [mean, *joint.sum(axis=1)], rtol=1e-4)
        assert output.value == pytest.approx(max(mean, 1 - mean), rel=1e-4)
        chance = np.asarray(jax.nn.softmax(output.logits))
        if policy == "thompson":
            first = joint[:, 3:].sum() + joint[:, 2].sum() / 2  # .5 is in the middle of the third of five intervals
            np.testing.assert_allclose(chance, [first, 1 - first], rtol=1e-4)
        elif abs(mean - 0.5) > 1e-4:
            assert chance.argmax() == (mean < 0.5)


def test_without_a_walk_thompson_has_the_beta_posterior():
    actions, rewards = jnp.array([0, 0, 1, 1, 1, 0]), jnp.array([1.0, 1.0, 0.0, 1.0, 0.0, 0.0])
    output = replay(RestlessObserver((0.0,), "thompson"), agent_inputs(jnp.zeros((6, 0)), actions, rewards, 2))
    wins = np.concatenate([[0], np.cumsum(np.where(actions == 0, rewards, 1 - rewards))[:-1]])
    expected = beta(1 + wins, 1 + np.arange(6) - wins).sf(0.5)
    np.testing.assert_allclose(jax.nn.softmax(output.logits)[:, 0], expected, atol=2e-3)


@pytest.mark.thorough
def test_more_places_change_nothing():
    task = RestlessConfig(low_volatility=0.01, volatility="low").make()
    means = [
        play_test(RestlessObserver((0.01, 0.1), num_places=num), task, 3, 300).total_regret.mean() for num in (100, 300)
    ]
    assert means[0] == pytest.approx(means[1], abs=0.05)


@pytest.mark.thorough
def test_who_knows_more_regrets_less():
    """Told the volatility, at most as much regret as inferring it; and less than from the wrong one."""
    for volatility, value, wrong in (("low", 0.02, 0.2), ("high", 0.1, 0.005)):
        task = RestlessConfig(volatility=volatility).make()
        told, inferring, misled = (
            play_test(RestlessObserver(known), task, 1, 1_000).total_regret.mean()
            for known in ((value,), (0.02, 0.1), (wrong,))
        )
        assert told < inferring + 0.1
        assert inferring < misled - 0.1


@pytest.mark.thorough
def test_the_volatility_is_inferred():
    """Its belief is right on average: of episodes drawn evenly, P(high) sums to half (calibration in the large)."""
    config = RestlessConfig(low_volatility=0.01, high_volatility=0.3, num_trials=200)
    agent = ideal_observer(config)
    belief = {}
    for volatility in ("low", "high"):
        task = replace(config, volatility=volatility).make()
        belief[volatility] = np.asarray(evaluate(agent, task, jax.random.key(0), num_episodes=400).activity)[:, :, 2]
    assert belief["high"][:, -1].mean() - belief["low"][:, -1].mean() > 0.3
    both = np.concatenate(list(belief.values()))
    np.testing.assert_allclose(both[:, 0], 0.5, rtol=1e-5)
    assert abs(both[:, -1].mean() - 0.5) < 4.9 * both[:, -1].std() / np.sqrt(len(both))
