"""The package's tasks in the form of gymnax, and environments of gymnax as tasks."""

import json
import runpy
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

gymnax = pytest.importorskip("gymnax", reason="gymnax is not installed: pip install 'prefrontal[gymnax]'.")

from gymnax.wrappers import LegacyStepAPIWrapper  # noqa: E402

from prefrontal import RecurrentConfig, TwoStepConfig, check_task, recipe, train_agents, trial_table  # noqa: E402
from prefrontal.environments.configs import GymnaxConfig  # noqa: E402
from prefrontal.environments.for_gymnax import TaskEnvironment  # noqa: E402
from prefrontal.environments.known import TASKS, environment_id  # noqa: E402
from prefrontal.errors import UserError  # noqa: E402

ALL = [pytest.param(name, marks=[pytest.mark.thorough] * (name != "TwoStep")) for name in TASKS]


@pytest.mark.parametrize("name", ALL)
def test_random_steps_are_those_of_the_task(name):
    """Also of the second episode, which `step` begins: the task's own functions, called one by one, say the same."""
    numbers = {"num_trials": 4} if name == "TwoStep" else {}
    environment, params = gymnax.make(environment_id(name), **numbers)
    task, num = environment.task, environment.task.num_steps + 20
    actions = jax.random.randint(jax.random.key(0), (num,), 0, task.num_actions)

    @jax.jit
    def played(key):
        first, state = environment.reset(key, params)

        def step(state, at):
            action, key = at
            observation, state, reward, terminated, truncated, info = environment.step(key, state, action, params)
            return state, (observation, reward, terminated, truncated, info)

        return first, jax.lax.scan(step, state, (actions, jax.random.split(key, num)))[1]

    @jax.jit
    def by_hand(key):
        def step(carry, at):
            state, time = carry
            action, key = at
            step_key, next_key = jax.random.split(key)
            after, reward, event = task.step(state, action, step_key)
            over = (time + 1 == task.num_steps) | ~task.is_active(after)
            anew = task.start(next_key, after)
            state = jax.tree.map(lambda new, old: jnp.where(over, new, old), anew, after)
            seen = task.observe(after), task.observe(state)
            return (state, jnp.where(over, 0, time + 1)), (*seen, reward, over, event)

        return jax.lax.scan(step, (task.start(key), 0), (actions, jax.random.split(key, num)))[1]

    first, (shown, reward, terminated, truncated, info) = played(jax.random.key(1))
    last, following, paid, over, event = by_hand(jax.random.key(1))
    assert over.any()
    np.testing.assert_array_equal(terminated, over)
    assert not truncated.any()
    np.testing.assert_allclose(reward, paid, rtol=1e-5, atol=1e-6)
    for one, other in zip(jax.tree.leaves(info["event"]), jax.tree.leaves(event), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)
    if isinstance(shown, dict):
        np.testing.assert_array_equal(shown["observation"], following)
        return
    size = task.observation_size
    np.testing.assert_allclose(shown[:, :size], following, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(info["final_observation"][:, :size], last, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(shown[:, size], np.where(over, 0, paid), rtol=1e-5, atol=1e-6)
    past = np.where(over[:, None], 0, np.eye(task.num_actions)[actions])
    np.testing.assert_array_equal(shown[:, size + 1 :], past)
    assert not first[size:].any()
    assert environment.observation_space(params).contains(first)
    assert environment.action_space(params).n == task.num_actions


def test_agents_of_the_older_form_are_given_five_values():
    environment = TaskEnvironment("Bandit", num_trials=1)
    _, state = environment.reset(jax.random.key(0))
    _, _, _, done, _ = LegacyStepAPIWrapper(environment).step(jax.random.key(1), state, 0, environment.default_params)
    assert bool(done)


def test_many_forms_of_a_task_are_played_at_once():
    """The task is in the params: map over them."""
    environment = TaskEnvironment(TwoStepConfig(num_trials=200, encoding="trial", better_state="first"))
    forms = [
        TaskEnvironment(TwoStepConfig(num_trials=200, encoding="trial", common_probability=p)).default_params
        for p in (0.0, 1.0)
    ]
    params = jax.tree.map(lambda *leaves: jnp.stack(leaves), *forms)

    def play(params):
        _, state = environment.reset_env(jax.random.key(0), params)

        def step(state, key):
            _, state, _, _, info = environment.step_env(key, state, 0, params)
            return state, info["event"]

        return jax.lax.scan(step, state, jax.random.split(jax.random.key(1), 200))[1]

    table = trial_table(jax.jit(jax.vmap(play))(params))
    assert table.groupby("session")["common"].mean().tolist() == [0.0, 1.0]


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("BernoulliBandit-misc", 4),
        *(
            pytest.param(name, size, marks=pytest.mark.thorough)
            for name, size in (("CartPole-v1", 4), ("FrozenLake-misc", 16), ("Catch-bsuite", 50))
        ),
    ],
)
def test_an_environment_of_gymnax_is_a_task(name, size):
    task = GymnaxConfig(name=name, num_steps=12).make()
    assert task.observation_size == size
    check_task(task)


def test_it_is_the_same_environment():
    """CartPole, whose pole falls within 40 steps if the cart is always pushed one way."""
    config = GymnaxConfig(name="CartPole-v1", num_steps=40, shown=(0, 2), scale=(1.0, 10.0))
    task = config.make()
    environment, params = gymnax.make("CartPole-v1")

    @jax.jit
    def both(key):
        _, inner = environment.reset_env(key, params)
        state = task.init(key)

        def step(states, key):
            inner, state = states
            observation, inner, reward, over, _ = environment.step_env(key, inner, 1, params)
            state, paid, event = task.step(state, jnp.int32(1), key)
            shown = task.observe(state), task.is_active(state)
            return (inner, state), (observation, reward, over, *shown, paid, event["terminated"])

        return jax.lax.scan(step, (inner, state), jax.random.split(key, 40))[1]

    observation, reward, over, shown, active, paid, terminated = both(jax.random.key(0))
    end = int(np.argmax(over))
    assert 5 < end < 39
    np.testing.assert_allclose(shown, observation[:, [0, 2]] * np.array([1, 10]), rtol=1e-5)
    np.testing.assert_array_equal(active, np.arange(40) < end)
    np.testing.assert_array_equal(paid[: end + 1], reward[: end + 1])
    assert bool(terminated[end])


@pytest.mark.thorough
def test_agents_learn_in_it():
    """Two arms, of which one pays nine times in ten: 87 of 100 if the first is found at once."""
    task = GymnaxConfig(name="BernoulliBandit-misc", num_steps=20).make()
    trained = train_agents(task, RecurrentConfig(hidden_size=16), recipe("robust", num_episodes=3000), seeds=range(4))
    assert (trained.metrics["reward"][:, -500:].mean(axis=1) > 14).all()  # chance 10


def test_refusals():
    with pytest.raises(UserError, match=r"`name` must be an environment of gymnax \(CartPole-v1, .* got 'Nothing'"):
        GymnaxConfig(name="Nothing").make()
    with pytest.raises(UserError, match="`name` must be an environment of one discrete action a step, got Pendulum"):
        GymnaxConfig(name="Pendulum-v1").make()
    with pytest.raises(UserError, match=r"`shown` must be places from 0 to 3, got \(4,\)"):
        GymnaxConfig(shown=(4,)).make()
    with pytest.raises(UserError, match=r"`scale` must be a factor for each of the 2 numbers that are shown, got 1"):
        GymnaxConfig(shown=(0, 2), scale=(1.0,)).make()
    with pytest.raises(UserError, match="`num_steps` must be"):
        GymnaxConfig(num_steps=0)


@pytest.mark.thorough
def test_an_agent_that_knows_gymnax_alone_trains_on_our_tasks_and_is_analysed_by_ours(tmp_path, monkeypatch):
    script = Path(__file__).parents[1] / "benchmarks" / "loop_on_gymnax.py"
    monkeypatch.setattr(sys, "argv", [str(script), "--out", str(tmp_path), "--updates", "2", "--seeds", "2"])
    runpy.run_path(str(script), run_name="__main__")
    found = json.loads((tmp_path / "found.json").read_text())
    assert found["a loop on gymnax"]["episodes"] == 64
    assert all(30 < reward < 70 for reward in found["a loop on gymnax"]["reward by seed"])  # chance: 50
    assert len(found["curves"]) == 2
    assert (tmp_path / "behaviour.png").exists()
