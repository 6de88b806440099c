"""Bandits that come back with a cue: their contract, their epochs, and how they pay."""

import re
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from contracts import TaskContract
from scipy.stats import chi2

from prefrontal.agents.base import AbstractAgent, AgentInput, AgentOutput
from prefrontal.configs import CuedBanditConfig, RecurrentConfig, TrainConfig
from prefrontal.errors import UserError
from prefrontal.learning.group import new_learner
from prefrontal.learning.train import train
from prefrontal.rollouts.epochs import evaluate_epochs

CONFIG = CuedBanditConfig(num_trials=3, num_arms=4, exposures=3, context_size=12)


class TestCuedBandit(TaskContract):
    task = CONFIG.make()
    counters = ("trial",)


class Knows(AbstractAgent):
    """Finds the good arm by the barcode, in a table of the epoch that it was told."""

    barcodes: jax.Array
    good_arms: jax.Array

    def init(self):
        return ()

    def __call__(self, inputs, state):
        context = jnp.argmax(self.barcodes @ inputs.observation)
        logits = 1e3 * jax.nn.one_hot(self.good_arms[context], len(self.good_arms))
        return AgentOutput(logits, jnp.zeros(()), jnp.zeros(1)), state


@pytest.fixture(scope="module")
def walked():
    """The states in which three epochs of episodes and a little more begin, of many runs; leaves (run, episode)."""
    task = CONFIG.make()

    def run(key):
        def episode(before, key):
            after = task.init(key, before)
            return replace(after, trial=jnp.int32(3)), after

        first_key, *_ = keys = jax.random.split(key, 40)
        return jax.lax.scan(episode, task.init(first_key), keys)[1]

    return jax.tree.map(np.asarray, jax.jit(jax.vmap(run))(jax.random.split(jax.random.key(0), 200)))


def test_every_context_is_shown_as_often_in_an_epoch(walked):
    """Each once the others are done."""
    context = walked.epoch.problem[:, :36].reshape(-1, 12)
    np.testing.assert_array_equal(np.sort(context), np.repeat(np.arange(4), 3)[None].repeat(len(context), axis=0))
    shown = np.array([[np.sum(row[: t + 1] == row[t]) for t in range(12)] for row in context])
    found = np.take_along_axis(walked.epoch.met[:, :36].reshape(-1, 12, 4), context[..., None], -1)[..., 0]
    np.testing.assert_array_equal(found, shown)


def test_the_order_is_that_of_a_shuffled_bag(walked):
    """How often the context of an episode is that of the one before: 2 of the 11 that are left."""
    context = walked.epoch.problem[:, :36].reshape(-1, 12)
    for t in (1, 6, 11):
        same = np.mean(context[:, t] == context[:, t - 1])
        assert abs(same - 2 / 11) < 4.9 * np.sqrt(2 / 11 * 9 / 11 / len(context))


def test_an_epoch_keeps_its_barcodes_and_arms_and_the_next_has_others(walked):
    bars, arms = (
        walked.epoch.barcodes[:, :36].reshape(200, 3, 12, 4, 12),
        walked.good_arms[:, :36].reshape(200, 3, 12, 4),
    )
    for values in (bars, arms):
        np.testing.assert_array_equal(values, np.broadcast_to(values[:, :, :1], values.shape))
    assert np.mean(bars[:, 0, 0] != bars[:, 1, 0]) == pytest.approx(0.5, abs=0.05)
    np.testing.assert_array_equal(np.abs(bars), 1)
    np.testing.assert_array_equal(np.sort(arms, axis=-1), np.broadcast_to(np.arange(4), arms.shape))
    counts = np.bincount(arms[:, :, 0].reshape(-1, 4) @ [64, 16, 4, 1])
    counts = counts[counts > 0]
    assert len(counts) == 24
    assert np.sum((counts - 25) ** 2 / 25) < chi2(23).isf(1e-6)


@pytest.mark.thorough
def test_who_knows_earns_what_the_good_arm_pays_and_who_does_not_the_mean():
    config = replace(CONFIG, num_trials=20)
    task = config.make()
    state = task.init(jax.random.key(1))
    for agent, expected in (
        (Knows(state.epoch.barcodes, state.good_arms), 0.9),
        (RecurrentConfig(policy_scale=0.0).make(task, jax.random.key(0)), config.blind_reward),
    ):

        def play(key, agent=agent):
            def step(before, key):
                to_act, to_pay = jax.random.split(key)
                observed = jax.random.categorical(to_act, agent(inputs(task, before), agent.init())[0].logits)
                after, reward, event = task.step(before, observed, to_pay)
                return after, (reward, event.expected_reward)

            return jax.lax.scan(step, state, jax.random.split(key, 20))[1]

        reward, chance = jax.jit(jax.vmap(play))(jax.random.split(jax.random.key(2), 300))
        assert abs(np.mean(reward) - np.mean(chance)) < 4.9 * 0.5 / np.sqrt(reward.size)
        assert np.mean(chance) == pytest.approx(expected, abs=0.03)
    assert CuedBanditConfig().blind_reward == pytest.approx(0.18)
    assert CuedBanditConfig().epoch_episodes == 100


def inputs(task, state):
    return AgentInput(task.observe(state), jnp.zeros(task.num_actions), jnp.zeros(()), jnp.int32(0))


@pytest.mark.thorough
def test_training_begins_at_the_beginning_of_an_epoch():
    """An episode that was begun and not played counts for nothing."""
    task = CONFIG.make()
    learner = new_learner(task, RecurrentConfig(hidden_size=2), TrainConfig(num_episodes=24), 0)
    program = jax.jit(lambda num: train(learner.state, task, learner.hyperparameters, num, unroll=3, capacity=24)[0])
    for episodes in (1, 5, 12, 13):
        assert np.sum(program(jnp.int32(episodes)).task_state.epoch.met) == (episodes - 1) % 12 + 1


@pytest.mark.thorough
def test_exposures_in_epochs():
    agent = RecurrentConfig(hidden_size=2).make(CONFIG.make(), jax.random.key(0))
    event = evaluate_epochs(agent, CONFIG.make(), jax.random.key(0), num_epochs=2, num_episodes=12).event
    np.testing.assert_array_equal(np.bincount(np.asarray(event.exposure).ravel()), [0, 24, 24, 24])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"num_arms": 1}, "`num_arms` must be a whole number of at least 2, got 1."),
        ({"exposures": 0}, "`exposures` must be a whole number of at least 1, got 0."),
        ({"good_probability": 1.1}, "`good_probability` must be a probability from 0 to 1, got 1.1."),
        (
            {"good_probability": 0.1},
            "`good_probability` must be above `bad_probability`, 0.1, got 0.1. Change one of them.",
        ),
    ],
)
def test_numbers_out_of_range_are_refused(change, message):
    with pytest.raises(UserError, match=re.escape(message)):
        CuedBanditConfig(**change)
