"""The reversal task: its contract, its probabilities, what it shows and pays, and its configuration."""

import re
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from contracts import TaskContract, play
from scipy.stats import binomtest, fisher_exact

from prefrontal.configs import ReversalConfig
from prefrontal.errors import UserError
from prefrontal.tasks.reversal import FIXATE, FIXATION, OUTCOME, RESPONSE, STIMULUS, Reversal

FALSE_ALARM = 1e-6
"""Chance that any one of the frequency tests here fails a correct task."""
CONFIG = ReversalConfig(num_blocks=8, trials_per_block=3, reversal_probability=0.3)


class TestReversal(TaskContract):
    task = Reversal(CONFIG)
    counters = ("trial",)
    num_episodes = 300

    @pytest.fixture(scope="class")
    @classmethod
    def trials(cls, played) -> SimpleNamespace:
        """Arrays (episode, trial), but `action`, `reward` and `observation` (episode, trial, step)."""
        everything = jax.tree.map(np.asarray, played)
        by_step = (cls.num_episodes, 2 * CONFIG.num_trials, 4)
        event = jax.tree.map(lambda leaf: leaf.reshape(by_step), everything["event"])
        np.testing.assert_array_equal(event.step, np.broadcast_to(np.arange(4), by_step))
        np.testing.assert_array_equal(event.trial, np.broadcast_to(np.arange(by_step[1])[:, None], by_step))
        return SimpleNamespace(
            cue=event.cue[..., STIMULUS],
            rewarded_cue=event.rewarded_cue[..., FIXATION],
            missed=event.missed[..., RESPONSE],
            all=event,
            action=everything["action"].reshape(by_step),
            reward=everything["reward"].reshape(by_step),
            observation=everything["observation"].reshape(*by_step, 3),
        )

    def test_cues_are_even_and_independent(self, trials):
        assert binomtest(int(trials.cue.sum()), trials.cue.size).pvalue > FALSE_ALARM
        for other in (trials.cue[:, :-1], trials.rewarded_cue[:, :-1], trials.rewarded_cue[:, 1:]):
            table = [[np.sum((trials.cue[:, 1:] == a) & (other == b)) for b in (0, 1)] for a in (0, 1)]
            assert fisher_exact(table).pvalue > FALSE_ALARM

    def test_cues_change_places_at_the_start_of_a_block_only(self, trials):
        changed = np.diff(trials.rewarded_cue, axis=1) != 0
        starts = np.arange(1, trials.cue.shape[1]) % CONFIG.trials_per_block == 0
        assert not changed[:, ~starts].any()
        at_starts = changed[:, starts]
        assert binomtest(int(at_starts.sum()), at_starts.size, 0.3).pvalue > FALSE_ALARM
        first = trials.rewarded_cue[:, 0]
        assert binomtest(int(first.sum()), first.size).pvalue > FALSE_ALARM

    def test_the_record_is_what_was_seen_done_and_paid(self, trials):
        np.testing.assert_array_equal(trials.observation[:, :, FIXATION], np.broadcast_to([1, 0, 0], (300, 48, 3)))
        for step in (STIMULUS, RESPONSE):
            np.testing.assert_array_equal(trials.observation[:, :, step], np.eye(3)[1 + trials.cue])
        assert not trials.observation[:, :, OUTCOME].any()
        np.testing.assert_array_equal(trials.missed, trials.action[..., RESPONSE] != trials.cue)
        np.testing.assert_array_equal(trials.all.missed[..., OUTCOME], trials.missed)
        np.testing.assert_array_equal(
            trials.reward[..., FIXATION], np.where(trials.action[..., FIXATION] == FIXATE, 0.0, -1.0)
        )
        paid = np.where(trials.missed, -1.0, trials.cue == trials.rewarded_cue)
        np.testing.assert_array_equal(trials.reward[..., RESPONSE], paid)
        assert not trials.reward[..., [STIMULUS, OUTCOME]].any()


def test_obedience_earns_what_is_said():
    """Eight hundred episodes; 4.9 standard errors are a false-alarm rate of 1e-6."""
    task = Reversal(CONFIG)
    keys = jax.random.split(jax.random.key(0), 800)

    def obey(key: jax.Array) -> jax.Array:
        def step(state, key):
            action = jnp.where(state.step == FIXATION, FIXATE, state.cue)
            after, reward, _ = task.step(state, action, key)
            return after, reward

        return jax.lax.scan(step, task.init(key), jax.random.split(key, task.num_steps))[1].sum()

    total = np.asarray(jax.jit(jax.vmap(obey))(keys))
    assert abs(total.mean() - CONFIG.best_reward) < 4.9 * total.std(ddof=1) / np.sqrt(len(keys))


@pytest.mark.parametrize("carried", [True, False])
def test_the_rewarded_cue_may_outlast_an_episode(carried):
    task = Reversal(ReversalConfig(rewarded_cue="carried" if carried else "drawn", reversal_probability=0.0))
    end = jax.tree.map(np.asarray, play(task, jnp.zeros(8, jnp.int32), jax.random.key(0)))["state"]
    end = jax.tree.map(lambda leaf: jnp.asarray(leaf[-1]), end)
    first = [int(task.init(jax.random.key(seed), end).rewarded_cue) for seed in range(20)]
    assert (set(first) == {int(end.rewarded_cue)}) is carried


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"num_blocks": 0}, "`num_blocks` must be a whole number of at least 1, got 0."),
        ({"trials_per_block": 0}, "`trials_per_block` must be a whole number of at least 1, got 0."),
        ({"reversal_probability": 2.0}, "`reversal_probability` must be a probability from 0 to 1, got 2.0."),
        ({"rewarded_cue": "left"}, "`rewarded_cue` must be one of drawn, carried, got 'left'."),
    ],
)
def test_what_cannot_be_is_refused(change, message):
    with pytest.raises(UserError, match=f"^{re.escape(message)}$"):
        ReversalConfig(**change)
