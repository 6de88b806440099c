"""Harlow's task: what is shown and paid, and what strategies that can be counted by hand earn."""

import re
from itertools import combinations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from contracts import TaskContract, play
from scipy.stats import binomtest

from prefrontal.configs import HarlowConfig
from prefrontal.errors import UserError
from prefrontal.tasks.harlow import FIXATE, LEFT, RIGHT, Harlow
from prefrontal.tasks.objects import draw_other, draw_pair, vectors

FALSE_ALARM = 1e-6


class TestHarlow(TaskContract):
    task = HarlowConfig().make()
    counters = ("trial",)
    num_episodes = 400

    def test_reward_by_hand(self, played):
        """Every reward, from what was shown and done: the pair of the first choice and its outcome tell the rest."""
        action, reward = np.asarray(played["action"]), np.asarray(played["reward"])
        shown = np.asarray(played["observation"]).reshape(len(action), -1, 17)[..., 1:].reshape(len(action), -1, 2, 8)
        side = np.asarray(played["event"].rewarded_side)
        for episode in range(len(action)):
            good = shown[episode, 1, side[episode, 1]]
            for step in range(self.task.num_steps):
                if step % 2 == 0:
                    expected = 0.2 if action[episode, step] == FIXATE else 0.0
                elif action[episode, step] == FIXATE:
                    expected = 0.0
                else:
                    expected = 1.0 if (shown[episode, step, action[episode, step]] == good).all() else -1.0
                assert reward[episode, step] == np.float32(expected)

    def test_what_is_shown(self, played):
        seen = np.asarray(played["observation"])[:, : self.task.num_steps]
        np.testing.assert_array_equal(seen[:, ::2, 0], 1)
        np.testing.assert_array_equal(seen[:, 1::2, 0], 0)
        np.testing.assert_array_equal(seen[:, ::2, 1:], 0)
        lengths = np.linalg.norm(seen[:, 1::2, 1:].reshape(*seen[:, 1::2].shape[:2], 2, 8), axis=-1)
        np.testing.assert_allclose(lengths, 1, atol=1e-5)

    def test_sides_are_drawn_by_chance(self, played):
        right = np.asarray(played["event"].rewarded_side)[:, 1 : self.task.num_steps : 2]
        for trial in range(6):
            assert binomtest(int(right[:, trial].sum()), len(right), 0.5).pvalue > FALSE_ALARM
        repeats = (right[:, 1:] == right[:, :-1]).sum()
        assert binomtest(int(repeats), right[:, 1:].size, 0.5).pvalue > FALSE_ALARM


class TestAllOptions(TaskContract):
    """Balanced sides, a small pool of held-out objects, one of them always new, and noise."""

    task = HarlowConfig(
        num_objects=5, objects="held-out", sides="balanced", distractor="mixed", observation_noise=0.1
    ).make()
    counters = ("trial",)


def episodes(config: HarlowConfig, num: int, seed: int = 0) -> dict[str, np.ndarray]:
    """The trials of some episodes in which the left object is always chosen; leaves (episode, trial)."""
    task = Harlow(config)
    actions = jnp.array([FIXATE, LEFT] * config.num_trials)
    keys = jax.random.split(jax.random.key(seed), num)
    played = jax.jit(jax.vmap(lambda key: play(task, actions, key)))(keys)
    shown = np.asarray(played["observation"])[:, 1::2, 1:].reshape(num, config.num_trials, 2, config.object_size)
    side = np.asarray(played["event"].rewarded_side)[:, 1::2]
    at = np.arange(num)[:, None], np.arange(config.num_trials)
    objects = np.asarray(played["state"].objects)[:, 1::2]
    return {"good": shown[*at, side], "bad": shown[*at, 1 - side], "side": side, "objects": objects}


@pytest.mark.parametrize("num_trials", [6, 7])
def test_balanced_sides(num_trials):
    """All orders with as many on either side, each as often; of an odd number, one side has one more."""
    right = episodes(HarlowConfig(sides="balanced", num_trials=num_trials), 4000)["side"]
    counts = right.sum(axis=1)
    assert set(counts) == ({3} if num_trials == 6 else {3, 4})
    if num_trials == 6:
        orders = [tuple(int(place in taken) for place in range(6)) for taken in combinations(range(6), 3)]
        found = {order: int((right == order).all(axis=1).sum()) for order in orders}
        assert all(binomtest(number, 4000, 1 / 20).pvalue > FALSE_ALARM / 20 for number in found.values())


@pytest.mark.parametrize("distractor", ["keep", "new-unrewarded", "new-rewarded", "mixed"])
@pytest.mark.parametrize("num_objects", [None, 4])
def test_what_becomes_of_the_two_objects(distractor, num_objects):
    found = episodes(HarlowConfig(distractor=distractor, num_objects=num_objects), 200)
    kept = {name: (np.ptp(found[name], axis=1) == 0).all(axis=1) for name in ("good", "bad")}
    anew = {name: (np.diff(found[name], axis=1) != 0).all(axis=(1, 2)) for name in ("good", "bad")}
    assert {  # every other object is new in every trial, not only in some
        "keep": kept["good"] & kept["bad"],
        "new-unrewarded": kept["good"] & anew["bad"],
        "new-rewarded": anew["good"] & kept["bad"],
        "mixed": (kept["good"] & anew["bad"]) ^ (anew["good"] & kept["bad"]),
    }[distractor].all()
    if distractor == "mixed":
        assert binomtest(int(kept["good"].sum()), 200, 0.5).pvalue > FALSE_ALARM
    assert (found["objects"][..., 0] != found["objects"][..., 1]).all()


def test_the_other_object_is_rewarded_from_the_reversal_on():
    found = episodes(HarlowConfig(reversal_trial=4), 50)
    good, bad = found["good"], found["bad"]
    np.testing.assert_array_equal(good[:, :3], np.repeat(good[:, :1], 3, axis=1))
    np.testing.assert_array_equal(good[:, 3:], np.repeat(bad[:, :1], 3, axis=1))
    np.testing.assert_array_equal(bad[:, 3:], np.repeat(good[:, :1], 3, axis=1))


def test_noise_is_new_in_every_trial():
    config = HarlowConfig(observation_noise=0.3)
    found = episodes(config, 400)
    change = np.diff(found["good"], axis=1)
    assert abs(change.std() - 0.3 * np.sqrt(2)) < 0.02  # some 30 standard errors: 16,000 differences


@pytest.mark.parametrize("num_objects", [2, 42, None])
@pytest.mark.thorough
def test_trained_and_held_out_objects_differ(num_objects):
    trained, held_out = (
        episodes(HarlowConfig(num_objects=num_objects, objects=which), 300)["objects"]
        for which in ("trained", "held-out")
    )
    assert not set(trained.ravel()) & set(held_out.ravel())
    if num_objects is not None:
        assert len(np.unique(trained)) == len(np.unique(held_out)) == num_objects
        looks = np.asarray(vectors(jnp.arange(2 * num_objects), 8))
        apart = np.linalg.norm(looks[:, None] - looks, axis=-1) + 2 * np.eye(len(looks))
        assert apart.min() > 0.1
    else:
        assert len(np.unique(trained[:, 0])) > 590  # of 600: none is met again but by a rare chance


def test_every_object_is_drawn_as_often():
    pairs = np.asarray(
        jax.vmap(lambda key: draw_pair(key, 4, held_out=True))(jax.random.split(jax.random.key(1), 6000))
    )
    assert (pairs[:, 0] != pairs[:, 1]).all()
    for column in pairs.T:
        for number in (1, 3, 5, 7):
            assert binomtest(int((column == number).sum()), len(pairs), 1 / 4).pvalue > FALSE_ALARM / 8


def test_a_new_object_is_neither_of_the_two():
    keys = jax.random.split(jax.random.key(2), 3000)
    other = np.asarray(jax.vmap(lambda key: draw_other(key, jnp.int32(4), jnp.int32(0), 5))(keys))
    assert set(other) == {2, 6, 8}
    for number in (2, 6, 8):
        assert binomtest(int((other == number).sum()), 3000, 1 / 3).pvalue > FALSE_ALARM / 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_trials": 0}, "`num_trials` must be a whole number of at least 1, got 0."),
        ({"num_objects": 1}, "`num_objects` must be a whole number of at least 2, got 1."),
        (
            {"num_objects": 2, "distractor": "mixed"},
            "`num_objects` must be a whole number of at least 3, got 2.",
        ),
        ({"object_size": 1}, "`object_size` must be at least 2, got 1: of unit length there are 1 and -1. Take more."),
        ({"sides": "both"}, "`sides` must be one of independent, balanced, got 'both'."),
        ({"observation_noise": -0.1}, "`observation_noise` must be at least 0, got -0.1."),
        ({"reversal_trial": 7}, "`reversal_trial` must be one of the 6 trials, got 7. Take an earlier one."),
        (
            {"reversal_trial": 3, "distractor": "mixed"},
            "`reversal_trial` must go with `distractor` keep, got mixed",
        ),
    ],
)
def test_what_no_task_can_be_is_refused(arguments, message):
    with pytest.raises(UserError, match=re.escape(message)):
        HarlowConfig(**arguments)


def test_right_is_one():
    """`rewarded_side` and `sides` count on it."""
    assert (LEFT, RIGHT) == (0, 1)
