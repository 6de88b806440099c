"""Agents and training states as named arrays, and back."""

import re

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from prefrontal.agents.recurrent import RecurrentAgent
from prefrontal.configs import RecurrentConfig, TrainConfig, TwoStepConfig
from prefrontal.errors import UserError
from prefrontal.learning.train import Hyperparameters, TrainState, init_training
from prefrontal.runs.arrays import named_arrays, with_arrays
from prefrontal.tasks import TwoStep

REMEDY = "Give the file that belongs to this configuration, or the configuration that belongs to this file."


def state(seed: int, **options) -> TrainState:
    task = TwoStep(TwoStepConfig(num_trials=2))
    agent = RecurrentAgent(RecurrentConfig(hidden_size=3, **options), task, key=jax.random.key(seed))
    return init_training(agent, task, Hyperparameters(TrainConfig()), jax.random.key(seed))


def test_a_training_state_comes_back_whole():
    """Its random key, too, into the state of another seed."""
    arrays = named_arrays(state(1))
    back = with_arrays(state(2), arrays, source="here")
    assert set(arrays) == set(named_arrays(back))
    for name, array in named_arrays(back).items():
        np.testing.assert_array_equal(array, arrays[name])
        assert array.dtype == arrays[name].dtype
    for one, other in zip(jax.tree.leaves(back), jax.tree.leaves(state(1)), strict=True):
        assert eqx.is_array(one) is eqx.is_array(other)
        if eqx.is_array(one):
            assert (one.shape, one.dtype) == (other.shape, other.dtype)
    np.testing.assert_array_equal(jax.random.normal(back.key), jax.random.normal(state(1).key))
    assert np.any(named_arrays(state(2))["agent.kernel"] != arrays["agent.kernel"])


def test_names_are_places_and_arrays_are_plain():
    arrays = named_arrays({"agent": state(0).agent, "more": [jnp.zeros(2), (jnp.ones(()),)], "word": "none", "n": 3})
    lstm = {f"agent.{name}" for name in ("kernel", "bias", "policy", "policy_bias", "value", "value_bias")}
    assert set(arrays) == lstm | {"agent.initial_state.h", "agent.initial_state.c", "more.0", "more.1.0"}
    assert all(type(array) is np.ndarray and array.dtype.kind in "fiub" for array in arrays.values())
    assert named_arrays(state(0))["key"].dtype == np.uint32


def test_what_is_no_array_is_kept():
    agent = state(0, time_input="raw").agent
    back = with_arrays(agent, named_arrays(agent), source="here")
    assert (back.encoder.time_input, back.encoder.num_steps) == (agent.encoder.time_input, agent.encoder.num_steps)


def test_shapes_and_types_are_enough_to_be_filled():
    arrays = named_arrays(state(1))
    back = with_arrays(eqx.filter_eval_shape(state, 2), arrays, source="here")
    for name, array in named_arrays(back).items():
        np.testing.assert_array_equal(array, arrays[name])
    with pytest.raises(UserError, match=r"`key` must have shape \(2,\), got \(3,\)"):
        with_arrays(eqx.filter_eval_shape(state, 2), {**arrays, "key": np.zeros(3, np.uint32)}, source="here")


def test_missing_and_unknown_names_are_told():
    arrays = named_arrays(state(0).agent)
    arrays["weights"] = arrays.pop("kernel")
    expected = "bias, initial_state.c, initial_state.h, kernel, policy, policy_bias, value, value_bias"
    message = f"`old.safetensors` must hold {expected}; missing: kernel; unknown: weights. {REMEDY}"
    with pytest.raises(UserError, match=f"^{re.escape(message)}$"):
        with_arrays(state(0).agent, arrays, source="`old.safetensors`")
    del arrays["weights"]
    with pytest.raises(UserError, match=f"^{re.escape(message.replace('; unknown: weights', ''))}$"):
        with_arrays(state(0).agent, arrays, source="`old.safetensors`")


def test_another_shape_is_told():
    arrays = named_arrays(state(0).agent)
    arrays["policy"] = np.zeros((5, 3), np.float32)
    message = f"`old.safetensors`: `policy` must have shape (3, 3), got (5, 3). {REMEDY}"
    with pytest.raises(UserError, match=f"^{re.escape(message)}$"):
        with_arrays(state(0).agent, arrays, source="`old.safetensors`")


def test_arrays_of_a_network_without_biases_do_not_fit_one_with():
    arrays = named_arrays(state(0, head_bias=False).agent)
    with pytest.raises(UserError, match="missing: policy_bias, value_bias"):
        with_arrays(state(0).agent, arrays, source="there")
