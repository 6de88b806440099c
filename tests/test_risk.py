"""The risk task: its contract, its probabilities, what it shows and pays, and its configuration."""

import re
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from contracts import TaskContract
from scipy.stats import binomtest, fisher_exact

from prefrontal.configs import RiskConfig
from prefrontal.errors import UserError
from prefrontal.tasks.risk import CHOICE, FIXATE, FIXATION, Risk

FALSE_ALARM = 1e-6
"""Chance that any one of the frequency tests here fails a correct task."""
CONFIG = RiskConfig(
    num_forced_pairs=3, num_free_trials=6, safe_reward=0.75, risky_reward=3.0, risky_probabilities=(0.1, 0.3, 0.8)
)


class TestRisk(TaskContract):
    task = Risk(CONFIG)
    counters = ("trial",)
    num_episodes = 1000

    @pytest.fixture(scope="class")
    @classmethod
    def trials(cls, played) -> SimpleNamespace:
        """Arrays (episode, trial), but `action`, `reward` and `observation` (episode, trial, step)."""
        everything = jax.tree.map(np.asarray, played)
        by_step = (cls.num_episodes, 2 * CONFIG.num_trials, 2)
        event = jax.tree.map(lambda leaf: leaf.reshape(by_step), everything["event"])
        np.testing.assert_array_equal(event.complete, np.broadcast_to([False, True], by_step))
        trials = jax.tree.map(lambda leaf: leaf[..., CHOICE], event)
        np.testing.assert_array_equal(trials.trial, np.broadcast_to(np.arange(by_step[1]), by_step[:2]))
        return SimpleNamespace(
            event=trials,
            risky_arm=everything["state"].risky_arm.reshape(by_step)[..., CHOICE],
            action=everything["action"].reshape(by_step),
            reward=everything["reward"].reshape(by_step),
            shown=everything["observation"].reshape(*by_step, 4),
        )

    def test_an_episode_keeps_what_it_drew(self, trials):
        for drawn in (trials.risky_arm, trials.event.odds):
            assert (drawn == drawn[:, :1]).all()
        arm, odds = trials.risky_arm[:, 0], trials.event.odds[:, 0]
        assert binomtest(int(arm.sum()), arm.size).pvalue > FALSE_ALARM
        for number in range(3):
            assert binomtest(int((odds == number).sum()), odds.size, 1 / 3).pvalue > FALSE_ALARM
            table = [[np.sum((arm == a) & ((odds == number) == b)) for b in (0, 1)] for a in (0, 1)]
            assert fisher_exact(table).pvalue > FALSE_ALARM

    def test_forced_trials_come_in_pairs_of_both_arms(self, trials):
        num = CONFIG.num_forced_trials
        np.testing.assert_array_equal(
            trials.event.forced, np.arange(trials.event.trial.shape[1]) < num + 0 * trials.event.trial
        )
        shown = trials.shown[:, :num, CHOICE].argmax(-1).reshape(-1, num // 2, 2) - 1
        assert (shown.sum(-1) == 1).all()
        first = shown[..., 0]
        assert binomtest(int(first.sum()), first.size).pvalue > FALSE_ALARM
        for other in (first[:, :-1], trials.risky_arm[:, : num // 2 - 1]):
            table = [[np.sum((first[:, 1:] == a) & (other == b)) for b in (0, 1)] for a in (0, 1)]
            assert fisher_exact(table).pvalue > FALSE_ALARM

    def test_the_record_is_what_was_seen_done_and_paid(self, trials):
        event, action, reward = trials.event, trials.action, trials.reward
        np.testing.assert_array_equal(trials.shown[:, :, FIXATION], np.broadcast_to([1, 0, 0, 0], (1000, 24, 4)))
        assert (trials.shown[:, CONFIG.num_forced_trials :, CHOICE].argmax(-1) == 3).all()
        np.testing.assert_array_equal(reward[..., FIXATION], np.where(action[..., FIXATION] == FIXATE, 0.0, -1.0))
        prescribed = trials.shown[..., CHOICE, :].argmax(-1) - 1
        chosen = action[..., CHOICE]
        missed = np.where(event.forced, chosen != prescribed, chosen == FIXATE)
        np.testing.assert_array_equal(event.missed, missed)
        np.testing.assert_array_equal(event.choice[~missed], chosen[~missed])
        np.testing.assert_array_equal(event.risky[~missed], (chosen == trials.risky_arm)[~missed])
        pays = np.where(event.risky, 3.0, 0.75) * event.rewarded
        np.testing.assert_array_equal(reward[..., CHOICE], np.where(missed, -1.0, pays))

    def test_arms_pay_with_their_frequency(self, trials):
        event = trials.event
        valid = ~event.missed
        assert event.rewarded[valid & ~event.risky].all()
        for number, probability in enumerate(CONFIG.risky_probabilities):
            rewarded = event.rewarded[valid & event.risky & (event.odds == number)]
            assert rewarded.size > 400
            assert binomtest(int(rewarded.sum()), rewarded.size, probability).pvalue > FALSE_ALARM

    def test_pulling_at_random_earns_what_is_said(self):
        """Of 2,000 episodes; 4.9 standard errors are a false-alarm rate of 1e-6."""

        def obey(key: jax.Array, knows: bool) -> jax.Array:
            def step(state, keys):
                seen = self.task.observe(state)
                better = self.task.risky_probabilities[state.odds] * 3.0 > 0.75
                wise = jnp.where(better, state.risky_arm, 1 - state.risky_arm)
                free = wise if knows else jax.random.bernoulli(keys[0]).astype(jnp.int32)
                action = jnp.stack([FIXATE, 0, 1, free])[jnp.argmax(seen)]
                after, reward, _ = self.task.step(state, action, keys[1])
                return after, reward

            keys = jax.random.split(key, (self.task.num_steps, 2))
            return jax.lax.scan(step, self.task.init(key), keys)[1].sum()

        for knows, expected in ((False, CONFIG.chance_reward), (True, CONFIG.oracle_reward)):
            play = jax.jit(jax.vmap(lambda key: obey(key, knows)))  # noqa: B023
            total = np.asarray(play(jax.random.split(jax.random.key(0), 2000)))
            assert abs(total.mean() - expected) < 4.9 * total.std(ddof=1) / np.sqrt(len(total))


def test_the_paper_has_two_odds_and_thirty_trials():
    config = RiskConfig()
    assert (config.num_trials, config.num_steps) == (30, 60)
    assert config.chance_reward == pytest.approx(30 * (1 + 4 * (0.125 + 0.5) / 2) / 2)
    assert config.oracle_reward == pytest.approx(10 * (1 + 1.25) / 2 + 20 * (1 + 2) / 2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"num_forced_pairs": -1}, "`num_forced_pairs` must be a whole number of at least 0, got -1."),
        ({"num_free_trials": 0}, "`num_free_trials` must be a whole number of at least 1, got 0."),
        ({"risky_probabilities": (0.5, 1.5)}, "`risky_probabilities` must be a probability from 0 to 1, got 1.5."),
        ({"risky_probabilities": ()}, "`risky_probabilities` must be at least one probability, got none. 0.5 is one."),
    ],
)
def test_what_cannot_be_is_refused(change, message):
    with pytest.raises(UserError, match=f"^{re.escape(message)}$"):
        RiskConfig(**change)
