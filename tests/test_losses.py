"""Returns and the actor-critic loss against loops and closed forms in NumPy."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy_actor_critic import loop_returns, loss_and_errors

from prefrontal.learning.losses import actor_critic_loss, discounted_returns

LENGTH, NUM_ACTIONS = 7, 3
discounts = st.floats(0, 1, width=32)
seeds = st.integers(0, 2**32 - 1)


@settings(max_examples=30)
@given(seed=seeds, discount=discounts, bootstrap=st.floats(-5, 5, width=32), length=st.sampled_from([1, LENGTH]))
def test_returns_are_those_of_a_loop(seed, discount, bootstrap, length):
    reward = np.random.default_rng(seed).normal(size=length).astype(np.float32)
    returns = jax.jit(discounted_returns)(reward, discount, bootstrap)
    np.testing.assert_allclose(returns, loop_returns(reward, discount, bootstrap), rtol=1e-5, atol=1e-5)


def test_returns_without_a_bootstrap_end_at_zero():
    np.testing.assert_allclose(discounted_returns(jnp.array([0.0, 0.0, 1.0]), 0.5), [0.25, 0.5, 1.0])


def sequence(seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {
        "logits": rng.normal(size=(LENGTH, NUM_ACTIONS)) * rng.choice([0.1, 1.0, 5.0]),
        "value": rng.normal(size=LENGTH),
        "action": rng.integers(0, NUM_ACTIONS, LENGTH),
        "returns": rng.normal(size=LENGTH),
        "active": rng.random(LENGTH) < 0.8,
    }


@partial(jax.jit, static_argnames="log_epsilon")
def loss_and_gradient(sequence, value_cost, entropy_cost, log_epsilon=0.0):
    def loss(logits, value, returns):
        at = sequence | {"logits": logits, "value": value, "returns": returns}
        return actor_critic_loss(**at, value_cost=value_cost, entropy_cost=entropy_cost, log_epsilon=log_epsilon)

    heads = (sequence["logits"], sequence["value"], sequence["returns"])
    return jax.value_and_grad(loss, argnums=(0, 1, 2), has_aux=True)(*heads)


def in_single_precision(sequence):
    return {name: jnp.asarray(array) for name, array in sequence.items()}


@settings(max_examples=30)
@given(
    seed=seeds,
    value_cost=st.floats(0, 2, width=32),
    entropy_cost=st.floats(0, 2, width=32),
    own_baseline=st.booleans(),
    log_epsilon=st.sampled_from([0.0, 1e-7, 0.05]),
)
def test_loss_and_gradient_are_the_closed_form(seed, value_cost, entropy_cost, own_baseline, log_epsilon):
    """With returns a constant: the critic learns by its own error, and nothing learns through the returns."""
    data = sequence(seed)
    if own_baseline:
        data["baseline"] = np.random.default_rng(seed).normal(size=LENGTH)
    costs = {"value_cost": value_cost, "entropy_cost": entropy_cost, "log_epsilon": log_epsilon}
    (loss, terms), (logits, value, returns) = loss_and_gradient(in_single_precision(data), **costs)
    expected, expected_logits, expected_value = loss_and_errors(**data, **costs)
    for name, sum_ in expected.items():
        assert float(getattr(terms, name)) == pytest.approx(sum_, rel=1e-4, abs=1e-5)
    total = expected["policy"] + value_cost * expected["value"] - entropy_cost * expected["entropy"]
    assert float(loss) == pytest.approx(total, rel=1e-4, abs=1e-5)
    np.testing.assert_allclose(logits, expected_logits, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(value, expected_value, rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(returns, 0.0)


@pytest.mark.parametrize("log_epsilon", [0.0, 0.05])
def test_closed_form_agrees_with_finite_differences(log_epsilon):
    """So that the oracle of the test before this one stands on its own. The advantage and the return are constants."""
    data = sequence(0) | {"active": np.ones(LENGTH, bool), "baseline": np.arange(LENGTH) / 3}
    costs = {"value_cost": 0.3, "entropy_cost": 0.7, "log_epsilon": log_epsilon}
    _, logits_errors, value_errors = loss_and_errors(**data, **costs)
    fixed_advantage = data["returns"] - data["baseline"]

    def loss(logits: np.ndarray, value: np.ndarray) -> float:
        policy = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
        log_policy = np.log(policy + log_epsilon)
        chosen = log_policy[np.arange(LENGTH), data["action"]]
        entropy = -(policy * log_policy).sum()
        return -chosen @ fixed_advantage + 0.3 * 0.5 * ((data["returns"] - value) ** 2).sum() - 0.7 * entropy

    for name, errors in (("logits", logits_errors), ("value", value_errors)):
        for index in np.ndindex(errors.shape):
            ends = []
            for change in (1e-6, -1e-6):
                moved = {"logits": data["logits"].copy(), "value": data["value"].copy()}
                moved[name][index] += change
                ends.append(loss(**moved))
            assert (ends[0] - ends[1]) / 2e-6 == pytest.approx(errors[index], rel=1e-5, abs=1e-7)


def test_inactive_steps_count_nothing():
    """Whatever they hold."""
    data = sequence(1) | {"active": np.arange(LENGTH) < 4}
    other = {name: array.copy() for name, array in data.items()}
    other["value"][4:], other["returns"][4:], other["logits"][4:], other["action"][4:] = 1e3, -7.0, 9.0, 0
    costs = {"value_cost": 0.5, "entropy_cost": 0.5}
    one = loss_and_gradient(in_single_precision(data), **costs)
    two = loss_and_gradient(in_single_precision(other), **costs)
    for left, right in zip(jax.tree.leaves(one), jax.tree.leaves(two), strict=True):
        np.testing.assert_array_equal(left, right)
    _, (logits, value, _) = two
    assert not np.any(logits[4:])
    assert not np.any(value[4:])
    assert np.all(value[:4])
