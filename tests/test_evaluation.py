"""Test sessions side by side: each agent plays as it would alone."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from contracts import assert_same_bits

from prefrontal import devices
from prefrontal.agents.bandit_models import BanditAgent, UpperConfidenceBound
from prefrontal.configs import BanditConfig, RecurrentConfig
from prefrontal.errors import UserError
from prefrontal.learning.group import new_agent
from prefrontal.rollouts.evaluation import evaluate, evaluate_each, outcomes_of_each

TASK = BanditConfig(num_trials=6).make()
KEYS = list(jax.random.split(jax.random.key(3), 5))


@pytest.fixture(scope="module")
def networks():
    return [new_agent(RecurrentConfig(hidden_size=4), TASK, seed) for seed in range(5)]


@pytest.fixture(scope="module")
def played(networks):
    return [arrays(one) for one in evaluate_each(networks, TASK, KEYS, num_episodes=7)]


def arrays(trajectory):
    return {str(number): np.asarray(leaf) for number, leaf in enumerate(jax.tree.leaves(trajectory))}


def test_each_plays_as_evaluate_has_it(networks, played):
    for network, key, found in zip(networks, KEYS, played, strict=True):
        expected = arrays(evaluate(network, TASK, key, num_episodes=7))
        assert found.keys() == expected.keys()
        for name, values in expected.items():
            np.testing.assert_allclose(found[name], values, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("place", [0, 3])
def test_alone_it_plays_the_same_bits_as_among_others(networks, played, place):
    (alone,) = evaluate_each([networks[place]], TASK, [KEYS[place]], num_episodes=7)
    assert_same_bits(arrays(alone), played[place])


def test_outcomes_are_those_of_the_trajectories(networks, played):
    for (event, reward), found in zip(
        outcomes_of_each(networks, TASK, KEYS, num_episodes=7),
        evaluate_each(networks, TASK, KEYS, num_episodes=7),
        strict=True,
    ):
        np.testing.assert_array_equal(reward, found.reward)
        assert_same_bits(event, found.event)


def test_those_that_are_not_alike_take_turns(networks, played):
    other = BanditAgent(UpperConfidenceBound())
    found = list(evaluate_each([networks[0], other, networks[2]], TASK, KEYS[:3], num_episodes=7))
    assert_same_bits(arrays(found[0]), played[0])
    expected = evaluate(other, TASK, KEYS[1], num_episodes=7)
    np.testing.assert_array_equal(found[1].action, expected.action)
    assert_same_bits(arrays(found[2]), played[2])


def test_nobody_plays_nothing():
    assert list(evaluate_each([], TASK, [], num_episodes=7)) == []


@pytest.mark.parametrize("num", [1, 2, 5])
def test_a_map_that_devices_share_is_a_map(num):
    values, offset = jnp.arange(num, dtype=jnp.float32), jnp.float32(3)

    @jax.jit
    def shared(values, offset):
        return devices.shared_map(lambda value: {"sum": value + offset}, values)

    np.testing.assert_array_equal(shared(values, offset)["sum"], values + offset)


@pytest.mark.parametrize("num", [0, 1, 7])
def test_what_goes_by_cores_comes_in_order(num):
    assert devices.by_cores(lambda item: item**2, range(num)) == [item**2 for item in range(num)]


def test_what_fails_on_a_core_is_told():
    with pytest.raises(ZeroDivisionError):
        devices.by_cores(lambda item: 1 / (3 - item), range(5))


def test_no_episodes_are_refused(networks):
    with pytest.raises(UserError, match="num_episodes"):
        list(evaluate_each(networks, TASK, KEYS, num_episodes=0))
