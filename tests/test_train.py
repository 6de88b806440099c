"""Training: the same bits whatever trains beside it; critics and policies that learn; schedules; configuration."""

import re

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from contracts import TaskContract, assert_same_bits
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from prefrontal import devices
from prefrontal.agents.recurrent import RecurrentAgent
from prefrontal.configs import RecurrentConfig, TestConfig, TrainConfig, TwoStepConfig
from prefrontal.errors import UserError
from prefrontal.learning.group import new_learner
from prefrontal.learning.lanes import layout_for, train_lanes
from prefrontal.learning.train import Hyperparameters, Metrics, TrainState, init_training, train
from prefrontal.rollouts.evaluation import evaluate
from prefrontal.runs.arrays import named_arrays
from prefrontal.tasks import AbstractTask, TwoStep

pytestmark = pytest.mark.fully_compiled

UNROLL = 60


@pytest.mark.thorough
class TestSameSeedSameBits:
    """Seeds of the paper's network and task, 20 short episodes of two updates each."""

    task = TwoStep(TwoStepConfig(num_trials=40))
    config = TrainConfig(num_episodes=20, unroll=UNROLL)

    def trained(self, seeds: list[int], chunks: list[int]) -> dict[int, tuple[dict, dict]]:
        """Final state and metrics of every seed."""
        learners = [new_learner(self.task, RecurrentConfig(), self.config, seed) for seed in seeds]
        layout = layout_for(learners[0], UNROLL)
        lanes, parts = devices.spread(devices.stack(learners, lanes=layout.size), layout), []
        for num in chunks:
            lanes, metrics = train_lanes(lanes, num, layout=layout, unroll=UNROLL, capacity=20)
            parts.append({name: np.asarray(values)[:, :num] for name, values in metrics._asdict().items()})
        history = {name: np.concatenate([part[name] for part in parts], axis=1) for name in Metrics._fields}
        return {
            seed: (named_arrays(state), {name: values[lane] for name, values in history.items()})
            for lane, (seed, state) in enumerate(zip(seeds, devices.unstack(lanes.state, len(seeds)), strict=True))
        }

    @pytest.fixture(scope="class")
    @classmethod
    def alone(cls) -> dict[int, tuple[dict, dict]]:
        return {seed: cls().trained([seed], [20])[seed] for seed in (0, 1)}

    def test_it_trains(self, alone):
        for seed, (state, metrics) in alone.items():
            before = named_arrays(new_learner(self.task, RecurrentConfig(), self.config, seed).state)
            assert state["episode"] == 20
            assert np.any(state["agent.kernel"] != before["agent.kernel"])
            assert np.all(metrics["gradient_norm"] > 0)
        assert np.any(alone[0][1]["reward"] != alone[1][1]["reward"])

    @pytest.mark.parametrize("seeds", [[0], [0, 1], [1, 0], [2, 1, 0], [7, 6, 0, 5, 4, 3, 2, 1]], ids=len)
    def test_alone_or_among_others(self, alone, seeds):
        """In another lane, on one device or two."""
        trained = self.trained(seeds, [20])
        for seed in set(seeds) & {0, 1}:
            assert_same_bits(trained[seed], alone[seed])

    @pytest.mark.parametrize("chunks", [[7, 13], [1, 19], [0, 20, 0]], ids=str)
    def test_in_chunks_of_any_size(self, alone, chunks):
        assert_same_bits(self.trained([0], chunks)[0], alone[0])

    def test_no_episodes_change_nothing(self):
        before = named_arrays(new_learner(self.task, RecurrentConfig(), self.config, 0).state)
        after, _ = self.trained([0], [0])[0]
        assert_same_bits(after, before)


class Lever(AbstractTask):
    """Two levers that pay with fixed probabilities, at every step of an episode that may end before its time."""

    pays: Float[Array, "2"]
    duration: Int[Array, ""]
    num_actions: int = eqx.field(static=True, default=2)
    observation_size: int = eqx.field(static=True, default=6)
    num_steps: int = eqx.field(static=True, default=6)

    def init(self, key: PRNGKeyArray, previous: Int[Array, ""] | None = None) -> Int[Array, ""]:
        return jnp.int32(0)

    def observe(self, state: Int[Array, ""]) -> Float[Array, " observation"]:
        return jax.nn.one_hot(state, self.observation_size)

    def step(self, state: Int[Array, ""], action: Int[Array, ""], key: PRNGKeyArray) -> tuple:
        reward = jax.random.bernoulli(key, self.pays[action]).astype(jnp.float32)
        return state + 1, reward, {"pulled": action}

    def is_active(self, state: Int[Array, ""]) -> Bool[Array, ""]:
        return state < self.duration


def lever(*pays: float, duration: int = 6) -> Lever:
    return Lever(pays=jnp.array(pays), duration=jnp.int32(duration))


class TestLever(TaskContract):
    """So that what is learned from it below is learned from a sound task."""

    task = lever(0.5, 0.6, duration=4)


@eqx.filter_jit
def run(state: TrainState, task: Lever, hyperparameters: Hyperparameters, num_episodes: jax.Array):
    """Two updates of three steps an episode."""
    return train(state, task, hyperparameters, num_episodes, unroll=3, capacity=2000)


NUM_SEEDS = 16
"""One training may end in bad luck, and whose does differs between processors, which round otherwise: so many are
trained, and what is held is a mean over them, or a share of them. Of 64 seeds not one was beyond the bounds below; if
one seed in a hundred is, three of sixteen are once in two thousand runs."""


@eqx.filter_jit
def learn(task: Lever, hyperparameters: Hyperparameters, num_episodes: jax.Array):
    """Agents, and metrics, (seed, episode)."""

    def one_seed(key: jax.Array):
        agent_key, training_key = jax.random.split(key)
        agent = RecurrentAgent(RecurrentConfig(hidden_size=8), task, key=agent_key)
        state = init_training(agent, task, hyperparameters, training_key)
        state, metrics = train(state, task, hyperparameters, num_episodes, unroll=3, capacity=2000)
        return state.agent, metrics

    return jax.vmap(one_seed)(jax.random.split(jax.random.key(0), NUM_SEEDS))


def learned(task: Lever, num_episodes: int, **numbers):
    """What many seeds learn, and then play in 200 episodes."""
    hyperparameters = Hyperparameters(TrainConfig(num_episodes=num_episodes, **numbers))
    agents, metrics = learn(task, hyperparameters, jnp.int32(num_episodes))
    played = eqx.filter_vmap(lambda agent: evaluate(agent, task, jax.random.key(2), num_episodes=200))(agents)
    return played, jax.tree.map(lambda values: np.asarray(values)[:, :num_episodes], metrics)


@pytest.mark.parametrize("duration", [6, 3, 4])
@pytest.mark.thorough
def test_critic_learns_the_value_of_a_random_policy(duration):
    """Rewards come half of the time, whatever is done: V_t = 1/2 (1 + discount + ... ), up to the episode's end.

    An update ends in the middle of the episode, at its end or after it: the value goes on, or is zero, there.
    """
    played, metrics = learned(
        lever(0.5, 0.5, duration=duration),
        2000,
        learning_rate=4e-3,
        final_learning_rate=0.0,
        discount=0.7,
        value_cost=0.5,
        entropy_cost=1.0,
    )
    known = np.array([0.5 * (1 - 0.7 ** (duration - t)) / 0.3 for t in range(duration)])
    error = np.asarray(played.value)[..., :duration].mean(axis=1) - known
    assert (np.abs(error).max(axis=1) < 0.12).sum() >= NUM_SEEDS - 2
    # Seeds scatter by .035: 4.5 standard errors.
    np.testing.assert_allclose(error.mean(axis=0), 0, atol=0.04)
    assert (np.abs(metrics.value[:, -100:].mean(axis=1) - known.mean()) < 0.12).sum() >= NUM_SEEDS - 2
    assert (np.abs(metrics.value[:, 0] - known.mean()) > 0.3).sum() >= NUM_SEEDS - 2
    assert (np.abs(metrics.entropy[:, -1] / (duration * np.log(2)) - 1) < 0.02).sum() >= NUM_SEEDS - 2
    assert np.all(np.asarray(played.active).sum(axis=-1) == duration)
    assert not np.any(np.asarray(played.reward)[..., duration:])


@pytest.mark.thorough
def test_policy_learns_the_better_lever():
    played, metrics = learned(lever(0.0, 1.0), 1000, learning_rate=5e-3, entropy_cost=0.01)
    assert (metrics.reward[:, :20].mean(axis=1) < 4.5).sum() >= NUM_SEEDS - 2
    assert (metrics.reward[:, -100:].mean(axis=1) > 5.7).sum() >= NUM_SEEDS - 2
    assert (np.mean(np.asarray(played.action) == 1, axis=(1, 2)) > 0.95).sum() >= NUM_SEEDS - 2


class TestSchedules:
    """At episode n a schedule does what a constant does that has its value there: start + (end - start) n / N."""

    def after_one_episode(self, episode: int, **numbers) -> tuple[dict, float]:
        task = lever(0.3, 0.6)
        hyperparameters = Hyperparameters(TrainConfig(num_episodes=100, **numbers))
        agent = RecurrentAgent(RecurrentConfig(hidden_size=8, policy_scale=1.0), task, key=jax.random.key(0))
        state = init_training(agent, task, hyperparameters, jax.random.key(1))
        state = eqx.tree_at(lambda state: state.episode, state, jnp.int32(episode))
        state, metrics = run(state, task, hyperparameters, jnp.int32(1))
        return named_arrays(state.agent), float(metrics.gradient_norm[0])

    @pytest.mark.parametrize(("name", "end"), [("learning_rate", 0.25), ("learning_rate", 0.0), ("entropy_cost", 3.0)])
    @pytest.mark.parametrize("episode", [0, 50, 75])
    def test_is_linear_in_episodes(self, name, end, episode):
        start = 0.5
        scheduled = self.after_one_episode(episode, **{name: start, f"final_{name}": end})
        constant = self.after_one_episode(episode, **{name: start + (end - start) * episode / 100})
        assert_same_bits(scheduled, constant)
        if episode:
            unscheduled = self.after_one_episode(episode, **{name: start})
            assert np.any(scheduled[0]["kernel"] != unscheduled[0]["kernel"])

    def test_a_learning_rate_of_zero_learns_nothing(self):
        agent, _ = self.after_one_episode(0, learning_rate=0.0)
        untrained = RecurrentAgent(RecurrentConfig(hidden_size=8, policy_scale=1.0), lever(0, 1), key=jax.random.key(0))
        assert_same_bits(agent, named_arrays(untrained))

    def test_gradient_is_clipped_and_its_norm_is_told_before(self):
        free, clipped = (self.after_one_episode(0, rms_decay=1.0, max_gradient_norm=n) for n in (None, 1e-3))
        untrained = self.after_one_episode(0, learning_rate=0.0)[0]
        # With a mean square that stays one, two updates move the weights by the learning rate times the norm at most.
        moved_free, moved_clipped = (
            np.sqrt(sum(np.sum((agent[name] - w) ** 2) for name, w in untrained.items()))
            for agent, _ in (free, clipped)
        )
        assert moved_clipped <= 2 * 7e-4 * 1e-3 * 1.01 < moved_free
        assert free[1] == pytest.approx(clipped[1], rel=0.05)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"num_episodes": 0}, "`num_episodes` must be a whole number of at least 1, got 0."),
        ({"unroll": 0}, "`unroll` must be a whole number of at least 1, got 0."),
        ({"learning_rate": -1e-3}, "`learning_rate` must be at least 0, got -0.001."),
        ({"final_learning_rate": float("nan")}, "`final_learning_rate` must be at least 0, got nan."),
        ({"discount": 1.5}, "`discount` must be a probability from 0 to 1, got 1.5."),
        ({"value_cost": -0.5}, "`value_cost` must be at least 0, got -0.5."),
        ({"entropy_cost": -0.5}, "`entropy_cost` must be at least 0, got -0.5."),
        ({"final_entropy_cost": -0.5}, "`final_entropy_cost` must be at least 0, got -0.5."),
        ({"optimiser": "sgd"}, "`optimiser` must be one of rmsprop-tf1, rmsprop-a3c, adam, got 'sgd'."),
        ({"rms_decay": 1.1}, "`rms_decay` must be a probability from 0 to 1, got 1.1."),
        ({"rms_epsilon": 0.0}, "`rms_epsilon` must be above 0, got 0.0."),
        ({"max_gradient_norm": -1.0}, "`max_gradient_norm` must be above 0, got -1.0."),
    ],
)
def test_numbers_out_of_range_are_refused(change, message):
    with pytest.raises(UserError, match=f"^{re.escape(message)}$"):
        TrainConfig(**change)


def test_test_episodes_are_counted():
    with pytest.raises(UserError, match=r"^`num_episodes` must be a whole number of at least 1, got -1\.$"):
        TestConfig(num_episodes=-1)


def test_unroll_must_divide_the_episode():
    assert [TrainConfig(unroll=unroll).unroll_for(300) for unroll in (None, 300, 30, 1)] == [300, 300, 30, 1]
    for unroll, near in ((70, "50, 60, 75"), (299, "100, 150, 300"), (301, "100, 150, 300")):
        message = f"`unroll` must divide the 300 steps of an episode, got {unroll}. Near it are {near}."
        with pytest.raises(UserError, match=f"^{re.escape(message)}$"):
            TrainConfig(unroll=unroll).unroll_for(300)
