"""Agents: the contract of each kind, what they see, and the recurrent one against its equations in NumPy."""

import re

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from contracts import AgentContract
from jax.flatten_util import ravel_pytree
from numpy_actor_critic import NumpyLSTM

from prefrontal.agents.base import AbstractAgent, AgentInput, AgentOutput
from prefrontal.agents.recurrent import RecurrentAgent
from prefrontal.agents.two_step import BayesOptimal, Hybrid, RandomChoice, TwoStepAgent
from prefrontal.configs import RecurrentConfig, TwoStepConfig
from prefrontal.errors import UserError
from prefrontal.rollouts.episodes import agent_inputs, replay, rollout
from prefrontal.runs.arrays import named_arrays
from prefrontal.tasks import TwoStep

PAPER = TwoStepConfig(num_trials=8)
TRIAL = TwoStepConfig(num_trials=20, encoding="trial")
STAGE = TwoStepConfig(num_trials=10, encoding="stage")


def network(task: TwoStepConfig, **options) -> RecurrentAgent:
    return RecurrentAgent(RecurrentConfig(**options), TwoStep(task), key=jax.random.key(0))


class TestRecurrentAgent(AgentContract):
    task = TwoStep(PAPER)
    agent = network(PAPER)


class TestRecurrentAgentWithTimeAndWithoutBiases(AgentContract):
    task = TwoStep(TRIAL)
    agent = network(TRIAL, time_input="raw", initial_state="zero", head_bias=False, policy_scale=1.0)


class TestBayesOptimal(AgentContract):
    task = TwoStep(PAPER)
    agent = TwoStepAgent(BayesOptimal.of_task(PAPER), "fixation")


class TestHybrid(AgentContract):
    task = TwoStep(STAGE)
    agent = TwoStepAgent(Hybrid(trace=0.6, perseveration=0.2), "stage")


class TestRandomChoice(AgentContract):
    task = TwoStep(TRIAL)
    agent = TwoStepAgent(RandomChoice(bias=0.5), "trial")


class Recorder(AbstractAgent):
    """Its activity is all that it is given to see."""

    num_actions: int

    def init(self) -> jax.Array:
        return jnp.zeros(())

    def __call__(self, inputs: AgentInput, state: jax.Array) -> tuple[AgentOutput, jax.Array]:
        seen = ravel_pytree(jax.tree.map(lambda leaf: leaf.astype(jnp.float32), inputs))[0]
        return AgentOutput(logits=jnp.zeros(self.num_actions), value=state, activity=seen), state


def test_an_agent_sees_the_step_before_and_nothing_before_the_first():
    """The same when acting and in a replay."""
    task = TwoStep(PAPER)
    agent = Recorder(task.num_actions)
    played = jax.jit(lambda key: rollout(agent, task, key))(jax.random.key(0))
    size = task.observation_size
    for t in range(task.num_steps):
        observation, action, reward, step = np.split(played.activity[t], np.cumsum([size, task.num_actions, 1]))
        np.testing.assert_array_equal(observation, played.observation[t])
        np.testing.assert_array_equal(action, np.eye(task.num_actions)[played.action[t - 1]] if t else 0.0)
        assert reward == (played.reward[t - 1] if t else 0.0)
        assert step == t
    shown = replay(agent, agent_inputs(played.observation, played.action, played.reward, task.num_actions))
    np.testing.assert_array_equal(shown.activity, played.activity)


@pytest.mark.parametrize(
    ("options", "time_scale"),
    [
        ({}, None),
        ({"time_input": "raw", "initial_state": "zero"}, 1.0),
        ({"time_input": "normalised", "head_bias": False}, 20.0),
        ({"time_input": "raw", "time_per_step": 2, "first_previous_action": "first"}, 0.5),
    ],
)
def test_recurrent_agent_is_its_equations(options, time_scale):
    """Against a loop in double precision, every parameter moved at random."""
    agent, rng = network(TRIAL, hidden_size=7, **options), np.random.default_rng(0)
    moved, rest = eqx.partition(agent, eqx.is_inexact_array)
    moved = jax.tree.map(lambda w: w + jnp.asarray(0.5 * rng.normal(size=w.shape), jnp.float32), moved)
    agent = eqx.combine(moved, rest)
    weights = {name.removeprefix("initial_state."): array for name, array in named_arrays(agent).items()}
    assert ("h" in weights) is (options.get("initial_state") != "zero")
    assert ("policy_bias" in weights) is options.get("head_bias", True)

    observation = np.eye(3)[rng.integers(0, 3, 20)]
    action, reward = rng.integers(0, 2, 20), rng.normal(size=20)
    oracle = NumpyLSTM(weights, time_scale, first_action=0 if "first_previous_action" in options else None)
    logits, value = oracle.forward(oracle.inputs(observation, action, reward, 0), oracle.initial_state())
    record = (jnp.asarray(array) for array in (observation, action, reward))
    output = jax.jit(lambda *record: replay(agent, agent_inputs(*record, 2)))(*record)
    np.testing.assert_allclose(output.logits, logits, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(output.value, value, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(output.activity, [step[-1] for step in oracle.steps], rtol=1e-4, atol=1e-5)


class TestInitialWeights:
    units, inputs = 48, 4 + 1 + 3

    def test_heads_have_the_norms_asked_for(self):
        agent = network(PAPER, policy_scale=0.2, value_scale=3.0)
        np.testing.assert_allclose(np.linalg.norm(agent.policy, axis=0), [0.2] * 3, rtol=1e-5)
        np.testing.assert_allclose(np.linalg.norm(agent.value), 3.0, rtol=1e-5)
        silent = network(PAPER, policy_scale=0.0, value_scale=0.0)
        assert not np.any(silent.policy)
        assert not np.any(silent.value)

    @pytest.mark.parametrize("forget_bias", [1.0, -0.5])
    def test_only_the_forget_gate_has_a_bias(self, forget_bias):
        agent = network(PAPER, forget_bias=forget_bias)
        gates = np.asarray(agent.cell.bias).reshape(4, self.units)
        np.testing.assert_array_equal(gates, np.array([[0], [forget_bias], [0], [0]]) * np.ones(self.units))
        for array in (agent.policy_bias, agent.value_bias, agent.initial_state.h, agent.initial_state.c):
            assert not np.any(array)

    def test_glorot_uniform_fills_its_range(self):
        kernel = np.asarray(network(PAPER, kernel_initialiser="glorot-uniform").cell.kernel)
        assert kernel.shape == (self.inputs + self.units, 4 * self.units)
        limit = np.sqrt(6 / sum(kernel.shape))
        assert 0.99 * limit < np.abs(kernel).max() <= limit
        assert kernel.std() == pytest.approx(limit / np.sqrt(3), rel=0.03)

    def test_lecun_normal_has_its_deviation(self):
        kernel = np.asarray(network(PAPER, kernel_initialiser="lecun-normal").cell.kernel)
        assert kernel.std() == pytest.approx(1 / np.sqrt(self.inputs + self.units), rel=0.03)

    def test_orthogonal_is(self):
        kernel = np.asarray(network(PAPER, kernel_initialiser="orthogonal").cell.kernel)
        np.testing.assert_allclose(kernel @ kernel.T, np.eye(self.inputs + self.units), atol=1e-5)

    def test_parts_and_seeds_are_drawn_apart(self):
        agent = network(PAPER, policy_scale=1.0)
        columns = [*np.asarray(agent.policy).T, np.asarray(agent.value)]
        assert np.abs(np.corrcoef(columns) - np.eye(4)).max() < 0.7
        other = RecurrentAgent(RecurrentConfig(), TwoStep(PAPER), key=jax.random.key(1))
        assert np.all(agent.value != other.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"hidden_size": 0}, "`hidden_size` must be a whole number of at least 1, got 0."),
        ({"initial_state": "one"}, "`initial_state` must be one of learned, zero, got 'one'."),
        ({"time_input": "yes"}, "`time_input` must be one of none, raw, normalised, got 'yes'."),
        ({"time_per_step": 0}, "`time_per_step` must be a whole number of at least 1, got 0."),
        ({"first_previous_action": "last"}, "`first_previous_action` must be one of none, first, got 'last'."),
        (
            {"kernel_initialiser": "ones"},
            "`kernel_initialiser` must be one of glorot-uniform, lecun-normal, orthogonal, got 'ones'.",
        ),
        ({"policy_scale": -0.01}, "`policy_scale` must be at least 0, got -0.01."),
        ({"value_scale": float("nan")}, "`value_scale` must be at least 0, got nan."),
    ],
)
def test_what_cannot_be_is_refused(change, message):
    with pytest.raises(UserError, match=f"^{re.escape(message)}$"):
        RecurrentConfig(**change)
