"""The two-step task: its contract, its probabilities, its encodings, and its configuration."""

import itertools
import re
from types import SimpleNamespace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from contracts import TaskContract, play
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, fisher_exact

from prefrontal.configs import TwoStepConfig
from prefrontal.errors import UserError
from prefrontal.tasks import TwoStep
from prefrontal.tasks.two_step import FIXATE, TwoStepState

FALSE_ALARM = 1e-6
"""Chance that any one of the frequency tests here fails a correct task."""
STEPS_PER_TRIAL = {"trial": 1, "stage": 2, "fixation": 3}
COMMON, BETTER, WORSE, REVERSAL = 0.7, 0.85, 0.25, 0.1


def config(encoding: str) -> TwoStepConfig:
    return TwoStepConfig(
        num_trials=50,
        common_probability=COMMON,
        better_reward_probability=BETTER,
        worse_reward_probability=WORSE,
        reversal_probability=REVERSAL,
        encoding=encoding,
    )


def assert_frequency(successes: np.ndarray, probability: float) -> None:
    """Two-sided exact binomial test at `FALSE_ALARM`."""
    assert successes.size >= 400
    assert binomtest(int(successes.sum()), successes.size, probability).pvalue > FALSE_ALARM


def assert_independent(one: np.ndarray, other: np.ndarray) -> None:
    """Fisher's exact test of two binary variables at `FALSE_ALARM`."""
    table = [[np.sum((one == a) & (other == b)) for b in (0, 1)] for a in (0, 1)]
    assert np.min(np.sum(table, axis=0)) > 300
    assert fisher_exact(table).pvalue > FALSE_ALARM


class TwoStepFrequencies(TaskContract):
    """Many episodes of random responses, each played on to twice its length."""

    counters = ("trial",)
    num_episodes = 400

    @pytest.fixture(scope="class")
    @classmethod
    def trials(cls, played) -> SimpleNamespace:
        """Arrays (episode, trial), but `observation`, `action` and `reward` (episode, trial, stage)."""
        num_stages = STEPS_PER_TRIAL[cls.task.encoding]
        by_stage = (cls.num_episodes, 2 * cls.task.num_trials, num_stages)
        everything = jax.tree.map(np.asarray, played)
        event = everything["event"]
        last = np.arange(num_stages) == num_stages - 1
        np.testing.assert_array_equal(event.complete.reshape(by_stage), np.broadcast_to(last, by_stage))
        return SimpleNamespace(
            event=jax.tree.map(lambda leaf: leaf[event.complete].reshape(by_stage[:2]), event),
            action=everything["action"].reshape(by_stage),
            reward=everything["reward"].reshape(by_stage),
            observation=everything["observation"].reshape(*by_stage, cls.task.observation_size),
            drawn=everything["state"].better_state[:, 0],
        )

    def test_transitions_have_their_frequency(self, trials):
        valid = ~trials.event.missed
        for choice in (0, 1):
            assert_frequency(trials.event.common[valid & (trials.event.choice == choice)], COMMON)

    def test_rewards_have_their_frequency(self, trials):
        better = trials.event.state == trials.event.better_state
        for reached, probability in ((better, BETTER), (~better, WORSE)):
            assert_frequency(trials.event.rewarded[reached & ~trials.event.missed], probability)

    def test_reversals_have_their_frequency_from_the_first_trial_on(self, trials):
        better = trials.event.better_state
        assert_frequency(np.diff(better, axis=1) != 0, REVERSAL)
        first = better[:, 0] != trials.drawn
        assert_frequency(first, REVERSAL)
        assert first.any()

    def test_what_is_drawn_is_drawn_independently(self, trials):
        """Two draws from one random key would show here."""
        event, valid = trials.event, ~trials.event.missed
        better = event.state == event.better_state
        reverses = np.diff(event.better_state, axis=1) != 0
        both = valid[:, 1:] & valid[:, :-1]
        for reached in (better, ~better):
            assert_independent(event.common[reached & valid], event.rewarded[reached & valid])
            assert_independent(event.choice[reached & valid], event.rewarded[reached & valid])
            late = reached[:, 1:] & both
            assert_independent(event.rewarded[:, 1:][late], reverses[late])
            assert_independent(event.rewarded[:, 1:][late], event.common[:, :-1][late])
        assert_independent(event.common[:, 1:][both], event.common[:, :-1][both])
        assert_independent(reverses[both], event.common[:, 1:][both])
        assert_independent(reverses[both], event.common[:, :-1][both])
        assert_independent(reverses[:, 1:], reverses[:, :-1])

    def test_the_record_is_what_was_seen_and_done(self, trials):
        event, encoding = trials.event, self.task.encoding
        response = trials.action[..., max(trials.action.shape[-1] - 2, 0)]
        missed = (trials.action[..., 1:] == FIXATE).any(-1)
        np.testing.assert_array_equal(event.missed, missed)
        np.testing.assert_array_equal(event.trial, np.broadcast_to(np.arange(event.trial.shape[1]), event.trial.shape))
        np.testing.assert_array_equal(event.choice[~missed], response[~missed])
        np.testing.assert_array_equal(event.common[~missed], (event.state == event.choice)[~missed])
        np.testing.assert_array_equal(event.rewarded[~missed], trials.reward[..., -1][~missed])
        assert not event.rewarded[missed].any()

        seen = trials.observation.argmax(-1)
        if encoding == "trial":
            np.testing.assert_array_equal(seen[:, 0, 0], 0)
            np.testing.assert_array_equal(seen[:, 1:, 0], 1 + event.state[:, :-1])
        else:
            cues = np.arange(seen.shape[-1] - 1)
            np.testing.assert_array_equal(seen[..., :-1], np.broadcast_to(cues, seen[..., :-1].shape))
            np.testing.assert_array_equal(seen[..., -1][~missed], 1 + cues[-1] + event.state[~missed])
        blank = (response == FIXATE)[..., None] & (np.arange(seen.shape[-1]) == 2)
        np.testing.assert_array_equal(trials.observation.sum(-1), np.where(blank, 0.0, 1.0))

    def test_random_choice_earns_what_it_should(self, trials):
        """4.9 standard errors are a false-alarm rate of 1e-6."""
        paid = np.where(trials.event.missed, np.nan, trials.event.rewarded)
        per_trial = np.nanmean(paid, axis=1)
        error = 4.9 * per_trial.std(ddof=1) / np.sqrt(self.num_episodes)
        expected = config(self.task.encoding).chance_reward / self.task.num_trials
        assert abs(per_trial.mean() - expected) < error


class TestTwoStepTrial(TwoStepFrequencies):
    task = TwoStep(config("trial"))


class TestTwoStepStage(TwoStepFrequencies):
    task = TwoStep(config("stage"))


class TestTwoStepFixation(TwoStepFrequencies):
    task = config("fixation").make()


@eqx.filter_jit
def play_all(task: TwoStep, actions: jax.Array, key: jax.Array) -> dict:
    """One episode for each row of actions, all with the same random numbers."""
    return jax.vmap(lambda one: play(task, one, key))(actions)


def test_every_response_to_every_cue():
    """All 27 responses of a trial whose every outcome is a reward, each followed by a faultless trial."""
    task = TwoStep(
        TwoStepConfig(
            num_trials=2,
            common_probability=1.0,
            better_reward_probability=1.0,
            worse_reward_probability=1.0,
            reversal_probability=0.0,
            invalid_reward=-2.5,
        )
    )
    responses = np.array(list(itertools.product(range(3), repeat=3)))
    actions = np.concatenate([responses, np.tile([FIXATE, 1, 0], (27, 1))], axis=1)
    played = play_all(task, jnp.asarray(actions), jax.random.key(0))
    for row, (to_fixation, to_first, to_second) in enumerate(responses):
        rewards = [
            0.0 if to_fixation == FIXATE else -2.5,
            0.0 if to_first != FIXATE else -2.5,
            0.0 if to_first == FIXATE else 1.0 if to_second != FIXATE else -2.5,
        ]
        second = np.zeros(4) if to_first == FIXATE else np.eye(4)[2 + to_first]
        np.testing.assert_array_equal(played["reward"][row], [*rewards, 0.0, 0.0, 1.0])
        np.testing.assert_array_equal(
            played["observation"][row], [np.eye(4)[0], np.eye(4)[1], second, np.eye(4)[0], np.eye(4)[1], np.eye(4)[3]]
        )
        missed = bool(to_first == FIXATE or to_second == FIXATE)
        assert played["event"].missed[row].tolist() == [False, False, missed, False, False, False]
        assert bool(played["event"].rewarded[row, 2]) is not missed


def test_second_stage_choice_has_no_consequence():
    task = TwoStep(TwoStepConfig(num_trials=20, encoding="stage"))
    played = play_all(task, jnp.array([[0, 0] * 20, [0, 1] * 20]), jax.random.key(0))
    for name in ("observation", "reward", "event"):
        for leaf in jax.tree.leaves(played[name]):
            np.testing.assert_array_equal(leaf[0], leaf[1])


class TestBetterStateOfANewEpisode:
    def drawn(self, better_state: str, previous: int | None) -> np.ndarray:
        task = TwoStep(TwoStepConfig(better_state=better_state))
        before = None
        if previous is not None:
            before = eqx.tree_at(lambda s: s.better_state, task.init(jax.random.key(0)), jnp.int32(previous))
        states = jax.vmap(lambda key: task.init(key, before))(jax.random.split(jax.random.key(1), 10_000))
        return np.asarray(states.better_state)

    @pytest.mark.parametrize(
        ("better_state", "previous"), [("drawn", None), ("drawn", 0), ("drawn", 1), ("carried", None)]
    )
    def test_is_drawn(self, better_state, previous):
        assert_frequency(self.drawn(better_state, previous), 0.5)

    @pytest.mark.parametrize(
        ("better_state", "previous", "expected"),
        [
            ("carried", 0, 0),
            ("carried", 1, 1),
            ("first", None, 0),
            ("first", 1, 0),
            ("second", None, 1),
            ("second", 0, 1),
        ],
    )
    def test_is_given(self, better_state, previous, expected):
        assert (self.drawn(better_state, previous) == expected).all()

    def test_is_all_that_outlasts_an_episode(self):
        task = TwoStep(TwoStepConfig(better_state="carried"))
        late = TwoStepState(
            better_state=jnp.int32(1),
            trial=jnp.int32(100),
            stage=jnp.int32(2),
            choice=jnp.int32(2),
            common=jnp.bool_(False),
        )
        new = task.init(jax.random.key(0), late)
        assert (int(new.trial), int(new.stage), int(new.choice), bool(new.common)) == (0, 0, 0, True)


probabilities = st.floats(0, 1)


@given(common=probabilities, better=probabilities, worse=probabilities, trials=st.integers(1, 200))
def test_expected_rewards_by_enumeration(common, better, worse, trials):
    config = TwoStepConfig(
        num_trials=trials,
        common_probability=common,
        better_reward_probability=better,
        worse_reward_probability=worse,
    )
    expected = np.zeros((2, 2))  # better state, choice
    for better_state, choice, is_common in itertools.product((0, 1), (0, 1), (True, False)):
        state = choice if is_common else 1 - choice
        reward = better if state == better_state else worse
        expected[better_state, choice] += (common if is_common else 1 - common) * reward
    assert config.chance_reward == pytest.approx(trials * expected.mean())
    assert config.oracle_reward == pytest.approx(trials * expected.max(axis=1).mean())


def test_the_task_of_the_paper():
    paper = TwoStepConfig()
    assert (paper.num_steps, paper.chance_reward, paper.oracle_reward) == (300, 50.0, pytest.approx(74.0))
    for encoding, steps in STEPS_PER_TRIAL.items():
        task = TwoStep(config(encoding))
        assert (task.num_steps, task.steps_per_trial) == (50 * steps, steps)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"num_trials": 0}, "`num_trials` must be a whole number of at least 1, got 0."),
        ({"num_trials": -5}, "`num_trials` must be a whole number of at least 1, got -5."),
        ({"common_probability": 1.1}, "`common_probability` must be a probability from 0 to 1, got 1.1."),
        (
            {"better_reward_probability": -0.1},
            "`better_reward_probability` must be a probability from 0 to 1, got -0.1.",
        ),
        ({"worse_reward_probability": 2.0}, "`worse_reward_probability` must be a probability from 0 to 1, got 2.0."),
        ({"reversal_probability": float("nan")}, "`reversal_probability` must be a probability from 0 to 1, got nan."),
    ],
)
def test_numbers_out_of_range_are_refused(change, message):
    with pytest.raises(UserError, match=f"^{re.escape(message)}$"):
        TwoStepConfig(**change)


@pytest.mark.parametrize(
    ("field", "choices"), [("encoding", "trial, stage, fixation"), ("better_state", "drawn, carried, first, second")]
)
def test_unknown_words_are_refused(field, choices):
    with pytest.raises(UserError, match=f"^`{field}` must be one of {choices}, got 'sideways'.$"):
        TwoStepConfig(**{field: "sideways"})
