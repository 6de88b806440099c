"""What every task and every agent must do: a test class inherits a contract and names its task and its agent."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from prefrontal.agents.base import AbstractAgent, AgentInput
from prefrontal.rollouts.episodes import agent_inputs, replay, rollout
from prefrontal.tasks.base import AbstractTask


class Counted:
    """A compiled function that knows how often it was compiled."""

    def __init__(self, function: Callable):
        self.num_compilations = 0

        def counted(*arguments: Any) -> Any:
            self.num_compilations += 1
            return function(*arguments)

        self.call = eqx.filter_jit(counted)


def play(task: AbstractTask, actions: jax.Array, key: jax.Array) -> dict[str, Any]:
    """Take `actions`, (T,), without `rollout`: what was seen, done and paid; leaves lead with time."""
    init_key, steps_key = jax.random.split(key)

    def step(state: Any, at: Any) -> Any:
        action, step_key = at
        after, reward, event = task.step(state, action, step_key)
        active, observation = task.is_active(state), task.observe(state)
        seen = {"state": state, "active": active, "observation": observation, "reward": reward, "event": event}
        return after, seen | {"action": action}

    keys = jax.random.split(steps_key, actions.shape[0])
    return jax.lax.scan(step, task.init(init_key), (actions, keys))[1]


def play_at_random(task: AbstractTask, key: jax.Array, num_steps: int) -> dict[str, Any]:
    """`play` with random actions."""
    actions_key, play_key = jax.random.split(key)
    return play(task, jax.random.randint(actions_key, (num_steps,), 0, task.num_actions), play_key)


def types_of(tree: Any) -> Any:
    """Shape, dtype and promotion of every leaf."""
    return jax.tree.map(lambda leaf: (leaf.shape, leaf.dtype, leaf.weak_type), tree)


def assert_same_bits(left: Any, right: Any) -> None:
    """Fail unless the arrays of two trees are equal, each and every one."""
    assert jax.tree.structure(left) == jax.tree.structure(right)
    for one, other in zip(jax.tree.leaves(left), jax.tree.leaves(right), strict=True):
        np.testing.assert_array_equal(np.asarray(one), np.asarray(other))


class TaskContract:
    """Every task. Random actions are played for twice the steps of an episode, several episodes at once."""

    task: AbstractTask
    counters: tuple[str, ...] = ()
    """Fields of the state that count up."""
    num_episodes: int = 3
    """Episodes to play; more where their frequencies are counted."""

    @pytest.fixture(scope="class")
    @classmethod
    def compiled(cls) -> Counted:
        return Counted(lambda task, keys: jax.vmap(lambda key: play_at_random(task, key, 2 * cls.task.num_steps))(keys))

    @pytest.fixture(scope="class")
    @classmethod
    def keys(cls) -> jax.Array:
        return jax.random.split(jax.random.key(0), cls.num_episodes)

    @pytest.fixture(scope="class")
    @classmethod
    def played(cls, compiled, keys) -> dict[str, Any]:
        return compiled.call(cls.task, keys)

    def test_shapes_and_types(self):
        state = jax.eval_shape(self.task.init, jax.random.key(0))
        _, reward, event = jax.eval_shape(self.task.step, state, jnp.int32(0), jax.random.key(0))
        shown = jax.eval_shape(self.task.observe, state)
        assert (shown.shape, shown.dtype) == (self.task.observation_shape, self.task.observation_type)
        assert np.prod(self.task.observation_shape, dtype=int) == self.task.observation_size
        assert (reward.shape, reward.dtype) == ((), jnp.float32)
        active = jax.eval_shape(self.task.is_active, state)
        assert (active.shape, active.dtype) == ((), jnp.bool_)
        assert {leaf.shape for leaf in jax.tree.leaves(event)} == {()}

    def test_state_keeps_its_structure(self):
        state = jax.eval_shape(self.task.init, jax.random.key(0))
        after, *_ = jax.eval_shape(self.task.step, state, jnp.int32(0), jax.random.key(0))
        assert types_of(after) == types_of(state)
        assert types_of(jax.eval_shape(self.task.init, jax.random.key(0), after)) == types_of(state)

    def test_what_is_seen_and_paid_is_finite(self, played):
        assert np.isfinite(played["observation"]).all()
        assert np.isfinite(played["reward"]).all()

    def test_never_resets_itself(self, played):
        active = np.asarray(played["active"])
        assert active[:, 0].all()
        assert not (active[:, 1:] & ~active[:, :-1]).any()
        for name in self.counters:
            count = np.asarray(getattr(played["state"], name))
            assert (np.diff(count) >= 0).all()
            assert (count[:, -1] > count[:, self.task.num_steps - 1]).all()

    def test_same_key_same_bits(self, compiled, keys, played):
        assert_same_bits(compiled.call(self.task, keys), played)
        other = compiled.call(self.task, jax.random.split(jax.random.key(1), len(keys)))
        assert (np.asarray(other["reward"]) != np.asarray(played["reward"])).any()

    def test_episodes_do_not_touch(self, compiled, keys, played):
        assert_same_bits(compiled.call(self.task, keys[::-1]), jax.tree.map(lambda leaf: leaf[::-1], played))

    def test_compiles_once_whatever_its_numbers(self, compiled, keys, played):
        other = jax.tree.map(lambda leaf: 0.9 * leaf if eqx.is_inexact_array(leaf) else leaf, self.task)
        compiled.call(other, keys)
        assert compiled.num_compilations == 1


class AgentContract:
    """Every agent: it plays `task`, several episodes at once, and is shown the record of its own play."""

    agent: AbstractAgent
    task: AbstractTask

    @pytest.fixture(scope="class")
    @classmethod
    def compiled(cls) -> Counted:
        return Counted(lambda agent, keys: jax.vmap(lambda key: rollout(agent, cls.task, key))(keys))

    @pytest.fixture(scope="class")
    @classmethod
    def keys(cls) -> jax.Array:
        return jax.random.split(jax.random.key(0), 3)

    @pytest.fixture(scope="class")
    @classmethod
    def played(cls, compiled, keys) -> Any:
        return compiled.call(cls.agent, keys)

    def first_input(self) -> AgentInput:
        return AgentInput(
            observation=jnp.zeros(self.task.observation_shape, self.task.observation_type),
            previous_action=jnp.zeros(self.task.num_actions),
            previous_reward=jnp.zeros(()),
            step=jnp.int32(0),
        )

    def test_shapes_and_types(self):
        state = jax.eval_shape(self.agent.init)
        output, _ = jax.eval_shape(self.agent, self.first_input(), state)
        assert (output.logits.shape, output.logits.dtype) == ((self.task.num_actions,), jnp.float32)
        assert (output.value.shape, output.value.dtype) == ((), jnp.float32)
        assert (output.activity.ndim, output.activity.dtype) == (1, jnp.float32)

    def test_state_keeps_its_structure(self):
        state = jax.eval_shape(self.agent.init)
        _, after = jax.eval_shape(self.agent, self.first_input(), state)
        assert types_of(after) == types_of(state)

    def test_outputs_are_finite(self, played):
        for leaf in (played.logits, played.value, played.activity):
            assert np.isfinite(leaf).all()
        assert ((played.action >= 0) & (played.action < self.task.num_actions)).all()

    def test_same_key_same_bits(self, compiled, keys, played):
        assert_same_bits(compiled.call(self.agent, keys), played)
        assert_same_bits(compiled.call(self.agent, keys[::-1]), jax.tree.map(lambda leaf: leaf[::-1], played))
        assert compiled.num_compilations == 1

    def test_replay_repeats_the_play(self, played):
        """To float accuracy: the log-probability of every action when acting is that when learning."""

        @eqx.filter_jit
        def replay_all(agent: AbstractAgent, played: Any) -> Any:
            def one(*record: jax.Array) -> Any:
                return replay(agent, agent_inputs(*record, self.task.num_actions))

            return jax.vmap(one)(played.observation, played.action, played.reward)

        replayed = replay_all(self.agent, played)
        for name in ("logits", "value", "activity"):
            np.testing.assert_allclose(getattr(replayed, name), getattr(played, name), rtol=1e-5, atol=1e-6)
        acting, learning = jax.nn.log_softmax(played.logits), jax.nn.log_softmax(replayed.logits)
        np.testing.assert_allclose(learning, acting, rtol=1e-5, atol=1e-6)
