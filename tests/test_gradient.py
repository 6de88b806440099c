"""The gradient through time against ordinary differentiation and against backpropagation written by hand.

Gradients are single precision: they agree when they differ by less than 1e-5 of the gradient's norm.
"""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy_actor_critic import NumpyLSTM, loop_returns, loss_and_errors

from prefrontal.agents.base import AbstractAgent, AgentInput, AgentOutput
from prefrontal.agents.recurrent import RecurrentAgent
from prefrontal.configs import RecurrentConfig, TwoStepConfig
from prefrontal.learning.gradient import Unrolled, plain_gradient, unrolled_gradient
from prefrontal.learning.losses import actor_critic_loss, discounted_returns
from prefrontal.rollouts.episodes import Situation, begin
from prefrontal.runs.arrays import named_arrays
from prefrontal.tasks import TwoStep

TOLERANCE = 1e-5
DISCOUNT, VALUE_COST, ENTROPY_COST = 0.8, 0.4, 0.3
NUM_TRIALS, UNROLL = 5, 3
KEY = jax.random.key(3)


def assert_close(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> None:
    """Within `TOLERANCE` of the norm of all arrays together."""
    assert set(one) == set(other)
    norm = np.sqrt(sum(np.sum(np.square(array, dtype=np.float64)) for array in other.values()))
    difference = np.sqrt(sum(np.sum(np.square(one[name] - other[name], dtype=np.float64)) for name in other))
    assert norm > 1e-3
    assert difference < TOLERANCE * norm


def randomised(agent: AbstractAgent, seed: int, scale: float = 0.4) -> AbstractAgent:
    """Every parameter moved at random: none is zero, and the heads matter."""
    rng = np.random.default_rng(seed)
    parameters, rest = eqx.partition(agent, eqx.is_inexact_array)
    return eqx.combine(jax.tree.map(lambda w: w + jnp.float32(scale * rng.normal(size=w.shape)), parameters), rest)


@eqx.filter_jit
def learn(
    agent: AbstractAgent, task: TwoStep, situation: Situation, keys: jax.Array, starts: Any, time_shift: int = 0
) -> list[Unrolled]:
    """The gradient of as many steps as there are keys, in two ways."""

    def loss(heads, trajectory, end):
        bootstrap = agent(end.inputs, end.agent_state)[0].value
        returns = discounted_returns(trajectory.reward, DISCOUNT, bootstrap)
        costs = {"value_cost": VALUE_COST, "entropy_cost": ENTROPY_COST, "baseline": trajectory.value}
        return actor_critic_loss(*heads, trajectory.action, returns, trajectory.active, **costs)

    options = {"starts": starts, "time_shift": time_shift}
    return [way(agent, task, situation, keys, loss, **options) for way in (unrolled_gradient, plain_gradient)]


def situation_at(agent: AbstractAgent, task: TwoStep, *, starts: bool) -> Situation:
    """The start of an episode, or somewhere within one."""
    start = begin(agent, task, jax.random.key(0))
    if starts:
        return start
    rng = np.random.default_rng(0)
    return Situation(
        task_state=start.task_state,
        agent_state=jax.tree.map(lambda leaf: jnp.asarray(rng.normal(size=leaf.shape), leaf.dtype), start.agent_state),
        inputs=AgentInput(
            observation=start.inputs.observation,
            previous_action=jnp.eye(task.num_actions)[1],
            previous_reward=jnp.ones(()),
            step=jnp.int32(7),
        ),
    )


def assert_same_play(one: Any, other: Any) -> None:
    for name in ("situation", "trajectory", "aux"):
        left, right = getattr(one, name), getattr(other, name)
        assert jax.tree.structure(left) == jax.tree.structure(right)
        for a, b in zip(jax.tree.leaves(left), jax.tree.leaves(right), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5)


def inputs_of(situation: Situation, learned: Unrolled) -> AgentInput:
    """What the agent saw at every step and sees at the end, put together in NumPy; leaves lead with time."""
    played, end = learned.trajectory, learned.situation.inputs
    actions = np.eye(played.logits.shape[-1])[np.asarray(played.action)]
    first, num = situation.inputs, len(played.action)
    return AgentInput(
        observation=jnp.concatenate([played.observation, end.observation[None]]),
        previous_action=jnp.concatenate([first.previous_action[None], jnp.asarray(actions, jnp.float32)]),
        previous_reward=jnp.concatenate([first.previous_reward[None], played.reward]),
        step=int(first.step) + jnp.arange(num + 1),
    )


def numpy_gradient(
    agent: RecurrentAgent, situation: Situation, learned: Unrolled, starts: bool, time_shift: int = 0
) -> dict[str, np.ndarray]:
    """The gradient of the same play by hand: loop, closed-form loss, backpropagation through time."""
    weights = {name.removeprefix("initial_state."): array for name, array in named_arrays(agent).items()}
    scale = {"none": None, "raw": 1.0, "normalised": agent.encoder.num_steps}[agent.encoder.time_input]
    network, played = NumpyLSTM(weights, scale), learned.trajectory
    seen = inputs_of(situation, learned)
    columns = [seen.observation, seen.previous_reward[:, None], seen.previous_action]
    if scale:
        columns.append(seen.step[:, None] / scale)
    inputs, num = np.concatenate([np.asarray(column, np.float64) for column in columns], axis=1), len(played.reward)
    if scale:
        inputs[:num, -1] += time_shift / scale
    state = situation.agent_state
    start = network.initial_state() if starts else (np.asarray(state.h, float), np.asarray(state.c, float))
    logits, value = network.forward(inputs[:-1], start)
    end = tuple(
        np.asarray(part, np.float64) for part in (learned.situation.agent_state.h, learned.situation.agent_state.c)
    )
    bootstrap = NumpyLSTM(weights, scale).forward(inputs[-1:], end)[1][0]
    returns = loop_returns(played.reward, DISCOUNT, bootstrap)
    costs = {"value_cost": VALUE_COST, "entropy_cost": ENTROPY_COST, "baseline": np.asarray(played.value, np.float64)}
    _, *errors = loss_and_errors(logits, value, played.action, returns, np.ones(len(value), bool), **costs)
    gradient = network.backward(*errors, starts=starts)
    return {f"initial_state.{name}" if name in ("h", "c") else name: array for name, array in gradient.items()}


networks = st.builds(
    RecurrentConfig,
    hidden_size=st.sampled_from([1, 3, 8]),
    initial_state=st.sampled_from(["learned", "zero"]),
    time_input=st.sampled_from(["none", "raw", "normalised"]),
    head_bias=st.booleans(),
)


@settings(max_examples=2)
@example("fixation", RecurrentConfig(hidden_size=8), 6, 0)
@example("stage", RecurrentConfig(hidden_size=3, initial_state="zero", time_input="raw", head_bias=False), 1, 0)
@example("trial", RecurrentConfig(hidden_size=5, time_input="normalised", head_bias=False), 3, 0)
@given(st.sampled_from(["trial", "stage", "fixation"]), networks, st.sampled_from([1, 3, 6]), st.integers(0, 1000))
@pytest.mark.thorough
def test_three_ways_to_the_gradient(encoding, config, unroll, seed):
    task = TwoStep(TwoStepConfig(num_trials=NUM_TRIALS, encoding=encoding))
    agent = randomised(RecurrentAgent(config, task, key=jax.random.key(seed)), seed)
    keys = jax.random.split(jax.random.key(seed), unroll)
    for starts in (True, False):
        situation = situation_at(agent, task, starts=starts)
        unrolled, plain = learn(agent, task, situation, keys, jnp.bool_(starts))
        assert_same_play(unrolled, plain)
        by_hand = numpy_gradient(agent, situation, unrolled, starts)
        assert_close(named_arrays(plain.gradient), by_hand)
        assert_close(named_arrays(unrolled.gradient), by_hand)
        if config.initial_state == "learned":
            assert np.any(unrolled.gradient.initial_state.h) == starts


@pytest.mark.parametrize(("time_input", "starts"), [("raw", True), ("normalised", False)])
@pytest.mark.thorough
def test_time_may_be_ahead_when_learning(time_input, starts):
    """What was done stays as it was; the gradient is that of the network's answers to the later times."""
    task = TwoStep(TwoStepConfig(num_trials=NUM_TRIALS, encoding="stage"))
    agent = randomised(RecurrentAgent(RecurrentConfig(hidden_size=4, time_input=time_input), task, key=KEY), 0)
    keys, situation = jax.random.split(KEY, 6), situation_at(agent, task, starts=starts)
    at_the_time, _ = learn(agent, task, situation, keys, jnp.bool_(starts))
    unrolled, plain = learn(agent, task, situation, keys, jnp.bool_(starts), 2)
    for way in (unrolled, plain):
        np.testing.assert_array_equal(way.trajectory.action, at_the_time.trajectory.action)
        np.testing.assert_allclose(way.trajectory.value, at_the_time.trajectory.value, rtol=1e-5)
        assert_close(named_arrays(way.gradient), numpy_gradient(agent, situation, way, starts, 2))
    with pytest.raises(AssertionError):
        assert_close(named_arrays(unrolled.gradient), named_arrays(at_the_time.gradient))


class TwoNetworks(AbstractAgent):
    """A critic, and an actor that sees no reward but the critic's prediction error (Wang et al. 2018, Simulation 6)."""

    critic: eqx.nn.LSTMCell
    actor: eqx.nn.LSTMCell
    value: eqx.nn.Linear
    policy: eqx.nn.Linear

    def __init__(self, task: TwoStep, key: jax.Array):
        keys = jax.random.split(key, 4)
        size = task.observation_size + task.num_actions + 1
        self.critic, self.actor = eqx.nn.LSTMCell(size, 4, key=keys[0]), eqx.nn.LSTMCell(size, 3, key=keys[1])
        self.value, self.policy = eqx.nn.Linear(4, 1, key=keys[2]), eqx.nn.Linear(3, task.num_actions, key=keys[3])

    def init(self) -> dict[str, Any]:
        zeros = lambda size: (jnp.zeros(size), jnp.zeros(size))  # noqa: E731
        return {"critic": zeros(4), "actor": zeros(3), "last_value": jnp.zeros(())}

    def __call__(self, inputs: AgentInput, state: dict[str, Any]) -> tuple[AgentOutput, dict[str, Any]]:
        seen = [inputs.observation, inputs.previous_action]
        critic = self.critic(jnp.concatenate([*seen, inputs.previous_reward[None]]), state["critic"])
        value = self.value(critic[0])[0]
        error = jax.lax.stop_gradient(inputs.previous_reward + DISCOUNT * value - state["last_value"])
        actor = self.actor(jnp.concatenate([*seen, error[None]]), state["actor"])
        output = AgentOutput(logits=self.policy(actor[0]), value=value, activity=actor[0])
        return output, {"critic": critic, "actor": actor, "last_value": value}


class NormalisedGRU(AbstractAgent):
    """A gated recurrent unit with layer normalisation, a learned start, and an array that is no parameter."""

    cell: eqx.nn.GRUCell
    norm: eqx.nn.LayerNorm
    heads: eqx.nn.MLP
    start: jax.Array
    order: jax.Array

    def __init__(self, task: TwoStep, key: jax.Array):
        cell_key, heads_key = jax.random.split(key)
        self.cell = eqx.nn.GRUCell(task.observation_size + task.num_actions + 1, 5, key=cell_key)
        self.norm = eqx.nn.LayerNorm(5)
        self.heads = eqx.nn.MLP(5, task.num_actions + 1, 4, 1, activation=jnp.tanh, key=heads_key)
        self.start = jnp.ones(5)
        self.order = jnp.arange(task.observation_size)[::-1]

    def init(self) -> jax.Array:
        return jnp.tanh(self.start)

    def __call__(self, inputs: AgentInput, state: jax.Array) -> tuple[AgentOutput, jax.Array]:
        seen = [inputs.observation[self.order], inputs.previous_action, inputs.previous_reward[None]]
        state = self.norm(self.cell(jnp.concatenate(seen), state))
        heads = self.heads(state)
        return AgentOutput(logits=heads[:-1], value=heads[-1], activity=state), state


class CountingGRU(AbstractAgent):
    """It counts its steps, notes whether it was rewarded, and both shape its policy: not all of its state is floats."""

    network: NormalisedGRU

    def __init__(self, task: TwoStep, key: jax.Array):
        self.network = NormalisedGRU(task, key)

    def init(self) -> tuple[Any, ...]:
        return self.network.init(), jnp.int32(0), jnp.bool_(False)

    def __call__(self, inputs: AgentInput, state: tuple[Any, ...]) -> tuple[AgentOutput, tuple[Any, ...]]:
        hidden, count, was_rewarded = state
        output, hidden = self.network(inputs, hidden)
        sharpness = (1 + 0.1 * count) * jnp.where(was_rewarded, 1.5, 1.0)
        output = AgentOutput(logits=sharpness * output.logits, value=output.value, activity=output.activity)
        return output, (hidden, count + 1, was_rewarded | (inputs.previous_reward > 0))


@eqx.filter_jit
def looped_gradient(agent: AbstractAgent, state: Any, inputs: AgentInput, played: Any, starts: Any) -> AbstractAgent:
    """`jax.grad` of the loss, written out step by step."""

    def loss(agent: AbstractAgent) -> jax.Array:
        now, outputs = jax.tree.map(lambda a, b: jnp.where(starts, a, b), agent.init(), state), []
        for t in range(UNROLL + 1):
            output, now = agent(jax.tree.map(lambda leaf: leaf[t], inputs), now)  # noqa: B023
            outputs.append(output)
        total, later = jnp.zeros(()), jax.lax.stop_gradient(outputs[-1].value)
        for t in reversed(range(UNROLL)):
            later = played.reward[t] + DISCOUNT * later
            policy = jnp.exp(outputs[t].logits) / jnp.sum(jnp.exp(outputs[t].logits))
            advantage = later - outputs[t].value
            total -= jnp.log(policy[played.action[t]]) * jax.lax.stop_gradient(advantage)
            total += VALUE_COST * advantage**2 / 2 + ENTROPY_COST * jnp.sum(policy * jnp.log(policy))
        return total

    return eqx.filter_grad(loss)(agent)


@pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=pytest.mark.thorough) for kind in (TwoNetworks, CountingGRU)] + [NormalisedGRU]
)
def test_any_agent_will_do(kind):
    """And whether an episode starts may be known or traced."""
    task = TwoStep(TwoStepConfig(num_trials=NUM_TRIALS, encoding="stage"))
    agent = randomised(kind(task, jax.random.key(0)), 1)
    keys = jax.random.split(jax.random.key(2), UNROLL)
    for starts in (True, False):
        situation = situation_at(agent, task, starts=starts)
        known_or_traced = True if starts and kind is TwoNetworks else jnp.bool_(starts)
        unrolled, plain = learn(agent, task, situation, keys, known_or_traced)
        assert_same_play(unrolled, plain)
        seen, state = inputs_of(situation, unrolled), situation.agent_state
        looped = named_arrays(looped_gradient(agent, state, seen, unrolled.trajectory, jnp.bool_(starts)))
        assert_close(named_arrays(plain.gradient), looped)
        assert_close(named_arrays(unrolled.gradient), looped)
