"""Tasks of which something comes back with its cue: Harlow's pairs, and trials of the two-step task."""

import re
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from contracts import TaskContract, play

from prefrontal.agents.base import AbstractAgent, AgentOutput
from prefrontal.configs import CuedBanditConfig, EpisodicHarlowConfig, EpisodicTwoStepConfig
from prefrontal.errors import UserError
from prefrontal.rollouts.epochs import evaluate_epochs
from prefrontal.tasks.episodic_two_step import FLAGS

pytestmark = pytest.mark.thorough

HARLOW = EpisodicHarlowConfig(num_trials=3, num_pairs=4, exposures=3, object_size=5, context_size=11)
TWO_STEP = EpisodicTwoStepConfig(num_trials=30, context_size=16)


class TestEpisodicHarlow(TaskContract):
    task = HARLOW.make()


class TestEpisodicTwoStep(TaskContract):
    task = TWO_STEP.make()
    counters = ("trial",)


class FixatesThenLeft(AbstractAgent):
    """In Harlow's task."""

    def init(self):
        return ()

    def __call__(self, inputs, state):
        fixates = inputs.observation[0] > 0
        logits = 1e3 * jnp.where(fixates, jnp.array([0.0, 0, 1]), jnp.array([1.0, 0, 0]))
        return AgentOutput(logits, jnp.zeros(()), jnp.zeros(1)), state


class TestPairs:
    @pytest.fixture(scope="class")
    @classmethod
    def played(cls) -> dict[str, Any]:
        """Two epochs in each of 20 runs: barcodes, whether the left object is rewarded, and the objects, by episode."""
        played = evaluate_epochs(FixatesThenLeft(), HARLOW.make(), jax.random.key(0), num_epochs=20, num_episodes=24)
        seen = np.asarray(played.observation)
        left, right = seen[..., 1::2, 1:6], seen[..., 1::2, 6:11]
        rewarded = np.asarray(played.event.harlow.rewarded)[..., 1::2, None]
        return {
            "barcode": seen[..., 0, 11:],
            "shown": np.abs(seen[..., 11:]).max(axis=-1),
            "good": np.where(rewarded, left, right),
            "bad": np.where(rewarded, right, left),
            "exposure": np.asarray(played.event.exposure)[..., 0],
            "reward": np.asarray(played.reward),
        }

    def test_the_barcode_is_shown_in_the_first_trial(self, played):
        np.testing.assert_array_equal(played["shown"], np.broadcast_to([1, 1, 0, 0, 0, 0], played["shown"].shape))

    def test_a_barcode_tells_both_objects_and_which_pays(self, played):
        """In each epoch four pairs, each three times, with the same objects in the same parts, by both sides."""
        for epoch in range(2):
            here = slice(12 * epoch, 12 * epoch + 12)
            for run in range(20):
                codes = {}
                for episode in range(*here.indices(24)):
                    code = played["barcode"][run, episode].tobytes()
                    codes.setdefault(code, []).append(
                        np.concatenate([played["good"][run, episode], played["bad"][run, episode]], axis=-1)
                    )
                assert sorted(map(len, codes.values())) == [3] * 4
                for pairs in codes.values():
                    np.testing.assert_allclose(np.concatenate(pairs), np.broadcast_to(pairs[0][0], (9, 10)), rtol=1e-5)
                assert len({pairs[0][0].tobytes() for pairs in codes.values()}) == 4
        first, second = ({pair.tobytes() for pair in played["good"][0, e : e + 12, 0]} for e in (0, 12))
        assert not first & second

    def test_sides_do_not_tell(self, played):
        paid = (played["reward"][..., 1::2] > 0).mean()
        assert abs(paid - 0.5) < 4.9 * 0.5 / np.sqrt(played["reward"].size / 2)
        np.testing.assert_array_equal(np.bincount(played["exposure"].ravel()), [0, 160, 160, 160])


class TestTwoStep:
    @pytest.fixture(scope="class")
    @classmethod
    def played(cls) -> dict[str, Any]:
        """300 episodes of random choices."""
        task = TWO_STEP.make()

        def one(key):
            actions_key, play_key = jax.random.split(key)
            return play(task, jax.random.randint(actions_key, (task.num_steps,), 0, 2), play_key)

        return jax.tree.map(np.asarray, jax.jit(jax.vmap(one))(jax.random.split(jax.random.key(0), 300)))

    def test_what_is_shown(self, played):
        seen = played["observation"]
        choice, outcome = seen[:, 0::2], seen[:, 1::2]
        np.testing.assert_array_equal(choice[..., :3], np.broadcast_to([1.0, 0, 0], (300, 30, 3)))
        np.testing.assert_array_equal(outcome[..., 1:3], np.eye(2)[played["event"].state[:, 0::2]])
        np.testing.assert_array_equal(choice[..., 3], np.broadcast_to(np.arange(30) >= 15, (300, 30)))
        is_shown = np.abs(seen[..., FLAGS:]).max(axis=-1)
        np.testing.assert_array_equal(is_shown[:, 0::2], choice[..., 3])
        np.testing.assert_array_equal(is_shown[:, 1::2], 1 - choice[..., 3])

    def test_a_cue_is_the_barcode_of_the_trial_it_brings_back_and_each_comes_once(self, played):
        source = played["event"].source[:, 0::2][:, 15:]
        np.testing.assert_array_equal(np.sort(source, axis=1), np.broadcast_to(np.arange(15), (300, 15)))
        barcodes = played["observation"][:, 1::2, FLAGS:][:, :15]
        cues = played["observation"][:, 0::2, FLAGS:][:, 15:]
        np.testing.assert_array_equal(cues, np.take_along_axis(barcodes, source[..., None], axis=1))

    def test_the_state_that_is_brought_back_pays_what_it_paid(self, played):
        event = jax.tree.map(lambda leaf: leaf[:, 0::2], played["event"])
        source = event.source[:, 15:]
        then_state, then_paid = (np.take_along_axis(a[:, :15], source, 1) for a in (event.state, event.rewarded))
        now_state, now_paid = event.state[:, 15:], event.rewarded[:, 15:]
        same = then_state == now_state
        np.testing.assert_array_equal(now_paid[same], then_paid[same])
        for better, chance in ((True, 0.9), (False, 0.1)):
            for paid in (
                now_paid[~same & ((now_state == event.better_state[:, 15:]) == better)],
                event.rewarded[:, :15][(event.state == event.better_state)[:, :15] == better],
            ):
                assert abs(paid.mean() - chance) < 4.9 * np.sqrt(0.09 / paid.size)
        np.testing.assert_array_equal(played["reward"][:, 0::2], event.rewarded)
        assert not np.any(played["reward"][:, 1::2])

    def test_transitions_and_reversals_are_as_likely_as_they_should(self, played):
        event = jax.tree.map(lambda leaf: leaf[:, 0::2], played["event"])
        np.testing.assert_array_equal(event.common, event.state == event.choice)
        reverses = event.better_state[:, 1:] != event.better_state[:, :-1]
        for found, expected in ((event.common, 0.9), (reverses, 0.1)):
            assert abs(found.mean() - expected) < 4.9 * np.sqrt(0.09 / found.size)


@pytest.mark.parametrize(
    ("kind", "change", "message"),
    [
        (EpisodicHarlowConfig, {"num_pairs": 0}, "`num_pairs` must be a whole number of at least 1, got 0."),
        (EpisodicHarlowConfig, {"cue_steps": 13}, "`cue_steps` must be at most the 12 steps of an episode, got 13."),
        (
            EpisodicHarlowConfig,
            {"context_size": 3},
            "`context_size` must be long enough for 10 barcodes that differ, got 3",
        ),
        (EpisodicTwoStepConfig, {"context_size": 5}, "`context_size` must be long enough for 50 barcodes that differ"),
        (CuedBanditConfig, {"context_size": 1}, "got 1: there are 2 of that length."),
        (
            CuedBanditConfig,
            {"cue_steps": 11},
            "`cue_steps` must be at most the 10 pulls of an episode, got 11. Leave it",
        ),
        (EpisodicHarlowConfig, {"num_trials": 0}, "`num_trials` must be a whole number of at least 1, got 0."),
        (EpisodicTwoStepConfig, {"num_trials": 7}, "`num_trials` must be even, half of them cued, got 7. Add one."),
        (
            EpisodicTwoStepConfig,
            {"common_probability": 2.0},
            "`common_probability` must be a probability from 0 to 1, got 2.0.",
        ),
    ],
)
def test_numbers_out_of_range_are_refused(kind, change, message):
    with pytest.raises(UserError, match=re.escape(message)):
        kind(**change)
