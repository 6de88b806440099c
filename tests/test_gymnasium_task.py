"""Environments of Gymnasium as tasks, which Python plays beside the compiled program."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

gymnasium = pytest.importorskip("gymnasium", reason="Gymnasium is not installed: pip install 'prefrontal[gymnasium]'.")

from prefrontal import RecurrentConfig, check_task, recipe, train_agents  # noqa: E402
from prefrontal.environments.configs import GymnasiumConfig  # noqa: E402
from prefrontal.environments.from_gymnasium import GymnasiumTask, Host  # noqa: E402
from prefrontal.errors import UserError  # noqa: E402


class Counter(gymnasium.Env):
    """Counts what is added to a number that the seed says, ends above 20, and shouts if it is stepped after that."""

    observation_space = gymnasium.spaces.Box(0, 100, (2,), np.float64)
    action_space = gymnasium.spaces.Discrete(3)
    made = 0

    def __init__(self):
        Counter.made += 1
        self.total = None

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.total = int(self.np_random.integers(10))
        return np.array([self.total, 0.5]), {}

    def step(self, action):
        assert self.total is not None
        self.total += int(action)
        shown, ends = np.array([self.total, 0.5]), self.total > 20
        if ends:
            self.total = None
        return shown, float(action), ends, False, {}


def test_it_answers_in_any_order_and_plays_no_step_twice():
    host, fresh = Host(Counter, 30), Host(Counter, 30)
    told = {}
    for step in range(30):
        for seed in (1, 2, 3):
            told[seed, step] = host.step(seed, step, (seed + step) % 3)
    assert host.num_steps_played <= 90
    played = host.num_steps_played
    for seed, step in sorted(told, reverse=True):
        assert host.step(seed, step, (seed + step) % 3)[1:] == told[seed, step][1:]
    assert host.num_steps_played == played
    fresh.step(2, 0, 1)  # another way, taken back by the next
    for step in range(30):
        assert fresh.step(2, step, (2 + step) % 3)[1:] == told[2, step][1:]
    with pytest.raises(RuntimeError, match="one of them is forgotten"):
        fresh.step(9, 4, 0)


def test_environments_are_used_again():
    Counter.made = 0
    host = Host(Counter, 3)
    for seed in range(50):
        for step in range(3):
            host.step(seed, step, 0)
    assert Counter.made == 1


@pytest.mark.thorough
def test_it_keeps_the_contract_of_tasks():
    check_task(GymnasiumTask(GymnasiumConfig("CartPole-v1", num_steps=12, shown=(0, 2))))
    check_task(GymnasiumTask(GymnasiumConfig("FrozenLake-v1", num_steps=12)))


def test_an_environment_of_gymnasium_is_a_task():
    task = GymnasiumTask(GymnasiumConfig("CartPole-v1", num_steps=12, shown=(0, 2)))
    assert (task.num_actions, task.observation_size, task.num_steps) == (2, 2, 12)
    task = GymnasiumTask(GymnasiumConfig("of my own", num_steps=5), make=Counter)
    environment = Counter()

    def play(key):
        state, seen = task.init(key), []
        for _ in range(5):
            state, reward, _ = task.step(state, jnp.int32(2), key)
            seen.append((task.observe(state), reward))
        return state.seed, seen

    seeds, seen = jax.jit(jax.vmap(play))(jax.random.split(jax.random.key(0), 3))
    for place, seed in enumerate(seeds):
        first, _ = environment.reset(seed=int(seed))
        np.testing.assert_allclose(seen[-1][0][place], [first[0] + 10, 0.5])
        assert float(seen[-1][1][place]) == 2.0


@pytest.mark.thorough
def test_agents_train_in_it_and_again_with_the_same_result():
    def trained():
        task = GymnasiumTask(GymnasiumConfig("of my own", num_steps=10), make=Counter)
        agents = train_agents(task, RecurrentConfig(hidden_size=4), recipe("robust", num_episodes=400), seeds=[0, 1, 2])
        assert task.host.num_steps_played <= 3 * 400 * 10
        return agents.metrics["reward"]

    first = trained()
    np.testing.assert_array_equal(first, trained())
    assert first[:, -100:].mean() > first[:, :100].mean() + 1


def test_refusals():
    with pytest.raises(UserError, match="`name` must be an environment of Gymnasium, got 'Nothing-v0'"):
        GymnasiumTask(GymnasiumConfig("Nothing-v0"))
    with pytest.raises(UserError, match="`name` must be an environment of one discrete action a step, got Pendulum"):
        GymnasiumTask(GymnasiumConfig("Pendulum-v1"))
    with pytest.raises(UserError, match="`name` must be an environment that shows one array, got Blackjack-v1"):
        GymnasiumTask(GymnasiumConfig("Blackjack-v1"))
