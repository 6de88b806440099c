"""mtrazzi/two-step-task's own form, against what its TensorFlow graph computed and what its network does.

The recorded sequence is played anew: a task that shows and pays what was recorded, and random keys with which the
network draws the recorded actions. So all that a training step consists of is what `train` itself runs.
"""

import math
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from tf1_files import REFERENCE

from prefrontal.agents.recurrent import RecurrentAgent
from prefrontal.experiments import find_experiment
from prefrontal.interop.tf1_agents import import_tf1
from prefrontal.learning.gradient import plain_gradient, unrolled_gradient
from prefrontal.learning.train import Hyperparameters, make_optimiser, sequence_loss
from prefrontal.rollouts.episodes import AgentInput, agent_inputs, begin, replay
from prefrontal.runs.arrays import named_arrays, with_arrays
from prefrontal.tasks import TwoStep
from prefrontal.tasks.base import AbstractTask

FINAL = find_experiment("reference-final").config
NAMES = {
    "kernel": "rnn/lstm_cell/kernel",
    "bias": "rnn/lstm_cell/bias",
    "policy": "fully_connected/weights",
    "value": "fully_connected_1/weights",
}
ACCURACY = 2e-6
"""Of the norm of an array: both sides round sums of some fifty products to 24 bits, some twenty times in a row."""


class Recorded(AbstractTask):
    """Shows and pays what was recorded, whatever is done."""

    observations: jax.Array
    rewards: jax.Array
    num_actions: int = 2
    observation_size: int = 3
    num_steps: int = 20

    def init(self, key: jax.Array, previous: Any = None) -> jax.Array:
        return jnp.int32(0)

    def observe(self, state: jax.Array) -> jax.Array:
        return self.observations[jnp.minimum(state, self.num_steps - 1)]

    def step(self, state: jax.Array, action: jax.Array, key: jax.Array) -> tuple[jax.Array, jax.Array, None]:
        return state + 1, self.rewards[state], None

    def is_active(self, state: jax.Array) -> jax.Array:
        return jnp.bool_(True)


@pytest.fixture(scope="module")
def vector() -> dict[str, np.ndarray]:
    with np.load(REFERENCE / "tensorflow_test_vector.npz") as arrays:
        return dict(arrays)


@pytest.fixture(scope="module")
def agent() -> RecurrentAgent:
    untrained = RecurrentAgent(FINAL.agent, TwoStep(FINAL.task), key=jax.random.key(0))
    return with_arrays(untrained, import_tf1(REFERENCE / "model-20000").arrays, source="the checkpoint")


def assert_close(ours: Any, theirs: np.ndarray, accuracy: float = ACCURACY) -> None:
    ours, theirs = np.asarray(ours, np.float64), np.asarray(theirs, np.float64)
    assert ours.shape == theirs.shape
    assert np.linalg.norm(ours - theirs) <= accuracy * np.linalg.norm(theirs)


def ours_of(array: np.ndarray, *, bias: float = 0.0) -> np.ndarray:
    """An array over the reference's gates i, j, f, o in our order i, f, j, o; `bias` is added to f."""
    i, j, f, o = np.split(array, 4, axis=-1)
    return np.concatenate([i, f + np.float32(bias), j, o], axis=-1)


def theirs(vector: dict[str, np.ndarray], part: str, slot: str = "") -> dict[str, np.ndarray]:
    """Some arrays of the reference, by our names and in our order."""
    arrays = {name: vector[f"{part}/{place}{slot}"] for name, place in NAMES.items()}
    arrays |= {name: ours_of(arrays[name]) for name in ("kernel", "bias")}
    return arrays | {"value": arrays["value"][:, 0]}


def test_the_network_answers_as_tensorflow_s_does(vector, agent):
    """What it sees is put together by us, from states, actions and rewards alone."""
    action, reward = jnp.asarray(vector["action"]), jnp.asarray(vector["reward"], jnp.float32)
    inputs = agent_inputs(jnp.asarray(vector["state"]), action, reward, 2)
    output = eqx.filter_jit(replay)(agent, inputs)
    assert_close(jax.nn.softmax(output.logits), vector["policy"])
    assert_close(output.value, vector["value"][:, 0])
    assert_close(output.activity, vector["h_all"])


def test_its_memory_is_tensorflow_s(vector, agent):
    """Step by step, from the reference's own inputs."""
    state = agent.init()
    for t in range(20):
        inputs = AgentInput(
            observation=jnp.asarray(vector["state"][t]),
            previous_action=jax.nn.one_hot(vector["prev_action"][t], 2),
            previous_reward=jnp.asarray(vector["prev_reward"][t, 0]),
            step=jnp.int32(vector["timestep"][t, 0] / 2),
        )
        output, state = eqx.filter_jit(agent)(inputs, state)
        assert_close(state.c, vector["c_all"][t])
        assert_close(state.h, vector["h_all"][t])
        assert_close(jax.nn.softmax(output.logits), vector["policy_stepwise"][t])


@pytest.fixture(scope="module")
def learned(vector, agent) -> Any:
    """What one update makes of the recorded sequence: each way's loss, terms and gradient."""
    task = Recorded(jnp.asarray(vector["state"]), jnp.asarray(vector["reward"], jnp.float32))
    keys = keys_that_draw(vector["action"], jnp.log(jnp.asarray(vector["policy"])))
    hyperparameters = Hyperparameters(FINAL.train)

    @eqx.filter_jit
    def learn(agent: RecurrentAgent) -> Any:
        situation = begin(agent, task, jax.random.key(0))

        def loss(heads, trajectory, end):
            total, terms = sequence_loss(
                heads, trajectory, jnp.zeros(()), hyperparameters, hyperparameters.entropy_cost
            )
            return total, (total, terms)

        ways = (unrolled_gradient, plain_gradient)
        return [way(agent, task, situation, keys, loss, starts=True, time_shift=FINAL.train.time_shift) for way in ways]

    return learn(agent)


def keys_that_draw(actions: np.ndarray, logits: jax.Array) -> jax.Array:
    """For each step a random key with which `advance` draws the recorded action."""
    candidates = jax.random.split(jax.random.key(0), 20_000)  # the least likely action has a chance of .0024
    one = jax.jit(jax.vmap(lambda key, at: jax.random.categorical(jax.random.split(key)[0], at), (0, None)))
    first = [int(np.argmax(np.asarray(one(candidates, at)) == a)) for a, at in zip(actions, logits, strict=True)]
    return candidates[jnp.array(first)]


def test_the_loss_is_tensorflow_s(vector, learned):
    for way in learned:
        np.testing.assert_array_equal(way.trajectory.action, vector["action"])
        assert_close(way.trajectory.value, vector["value"][:, 0])
        total, terms = way.aux
        for name, sum_ in (("value", "value_loss"), ("policy", "policy_loss"), ("entropy", "entropy")):
            assert float(getattr(terms, name)) == pytest.approx(float(vector[sum_]), rel=ACCURACY), name
        assert float(total) == pytest.approx(float(vector["loss"]), rel=ACCURACY)


def test_the_gradient_is_tensorflow_s(vector, learned):
    for way in learned:
        gradient = named_arrays(way.gradient)
        for name, array in theirs(vector, "grad").items():
            assert_close(gradient[name], array, 1e-5)
        norm = math.sqrt(sum(np.sum(np.square(array, dtype=np.float64)) for array in gradient.values()))
        assert norm == pytest.approx(float(vector["grad_norm"]), rel=1e-5)


def test_the_update_is_tensorflow_s(vector, agent, learned):
    """The weights after it; RMSProp's mean square; and the step itself, which its momentum slot holds. The gradient is
    long enough to be cut."""
    assert vector["grad_norm"] > FINAL.train.max_gradient_norm
    parameters = eqx.filter(agent, eqx.is_inexact_array)
    optimiser = make_optimiser(Hyperparameters(FINAL.train), FINAL.train.learning_rate)
    changes, state = optimiser.update(learned[0].gradient, optimiser.init(parameters))
    before, after = named_arrays(agent), named_arrays(optax.apply_updates(parameters, changes))
    expected = theirs(vector, "after")
    expected["bias"] = ours_of(vector["after/rnn/lstm_cell/bias"], bias=1.0)
    squares, steps = theirs(vector, "slot_after", "/RMSProp"), theirs(vector, "slot_after", "/RMSProp_1")
    (rms,) = [part for part in state if isinstance(part, optax.ScaleByRmsState)]
    for name, array in expected.items():
        assert_close(after[name], array)
        assert np.abs(after[name] - before[name]).max() > 1e-4
        assert_close(named_arrays(rms.nu)[name], squares[name], 2e-5)
        assert_close(-named_arrays(changes)[name], steps[name], 1e-5)
