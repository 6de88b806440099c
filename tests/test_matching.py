"""The matching task against its law, and its analyses against data whose answer is known."""

import io
import json
import re
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from contracts import TaskContract, play
from rich.console import Console
from scipy.stats import binomtest, kstest, rankdata
from shown import check_shown

from prefrontal.agents.recurrent import RecurrentAgent
from prefrontal.analysis.matching import (
    ChoiceSessions,
    lag_regression,
    matching,
    partial_rank_correlation,
    reward_value,
    unit_coding,
)
from prefrontal.configs import MatchingConfig, RecurrentConfig, TestConfig
from prefrontal.errors import UserError
from prefrontal.experiments import find_experiment
from prefrontal.experiments.studies import study_of
from prefrontal.tasks import Matching
from prefrontal.tasks.matching import FIXATE, LEFT, RIGHT

FALSE_ALARM = 1e-6


class TestMatching(TaskContract):
    task = MatchingConfig().make()
    counters = ("trial",)
    num_episodes = 300

    @pytest.fixture(scope="class")
    @classmethod
    def event(cls, played):
        """Of the trials: leaves (episode, trial)."""
        return jax.tree.map(lambda leaf: np.asarray(leaf)[:, 1::2], played["event"])

    def test_arms_are_baited(self, event):
        """The probability of every trial, from the choices alone, by the law written as a loop over trials."""
        base = np.stack([event.base_probability[:, 0], 0.5 - event.base_probability[:, 0]], axis=1)
        waiting = np.zeros_like(base)
        for trial in range(event.choice.shape[1]):
            found = np.stack([event.left_probability[:, trial], event.right_probability[:, trial]], axis=1)
            np.testing.assert_allclose(found, 1 - (1 - base) ** (1 + waiting), atol=1e-5)
            chosen = np.eye(2)[event.choice[:, trial]] * ~event.missed[:, trial, None]
            waiting = np.where(chosen > 0, 0, waiting + 1)

    def test_rewards_have_their_frequency(self, event):
        valid = ~event.missed
        probability = np.where(event.choice == LEFT, event.left_probability, event.right_probability)
        for low in np.arange(0, 1, 0.2):
            here = valid & (probability >= low) & (probability < low + 0.2)
            error = np.sqrt(np.sum(probability[here] * (1 - probability[here])))
            assert abs(event.rewarded[here].sum() - probability[here].sum()) < 5 * error  # false alarm 6e-7
        assert not event.rewarded[~valid].any()

    def test_invalid_responses_cost(self, played, event):
        reward, action = np.asarray(played["reward"]), np.asarray(played["action"])
        cue = np.argmax(np.asarray(played["observation"]), axis=-1)
        np.testing.assert_array_equal(cue, np.broadcast_to(np.arange(cue.shape[1]) % 2, cue.shape))
        invalid = np.where(cue == 0, action != FIXATE, action == FIXATE)
        np.testing.assert_array_equal(reward == -1, invalid)
        np.testing.assert_array_equal(event.missed, invalid[:, 1::2])
        np.testing.assert_array_equal((reward > 0)[:, 1::2], event.rewarded)
        assert not (reward > 0)[:, ::2].any()

    def test_episodes_last_from_fifty_to_a_hundred_trials(self, played):
        trials = np.asarray(played["active"]).sum(axis=1) / 2
        assert (trials == trials.round()).all()
        assert (trials.min(), trials.max()) >= (50, 90)
        assert trials.max() <= 100
        assert kstest((trials - 50 + np.random.default_rng(0).random(len(trials))) / 51, "uniform").pvalue > FALSE_ALARM


@pytest.mark.parametrize(("which", "fifths"), [("all", range(5)), ("trained", (0, 2, 4)), ("held-out", (1, 3))])
def test_base_probabilities_come_from_their_range(which, fifths):
    task = Matching(MatchingConfig(base_probabilities=which))
    states = jax.vmap(task.init)(jax.random.split(jax.random.key(0), 3000))
    left, right = np.asarray(states.base_probability).T
    np.testing.assert_allclose(left + right, 0.5, atol=1e-6)
    found = np.floor(left * 10).astype(int)
    assert set(found) == set(fifths)
    for fifth in fifths:
        assert binomtest(int((found == fifth).sum()), 3000, 1 / len(fifths)).pvalue > FALSE_ALARM
    assert kstest((left * 10) % 1, "uniform").pvalue > FALSE_ALARM


def test_an_arm_left_alone_grows_worth_a_visit():
    task = Matching(MatchingConfig())
    actions = jnp.array([FIXATE, LEFT] * 5 + [FIXATE, RIGHT, FIXATE, RIGHT])
    event = play(task, actions, jax.random.key(3))["event"]
    right = np.asarray(event.right_probability)[1::2]
    base = 0.5 - float(event.base_probability[0])
    np.testing.assert_allclose(right, [*(1 - (1 - base) ** n for n in range(1, 7)), base], atol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"min_trials": 80, "max_trials": 60},
            "`max_trials` must be at least `min_trials`, 80, got 60. Exchange them.",
        ),
        ({"min_trials": 0}, "`min_trials` must be a whole number of at least 1, got 0."),
        ({"total_probability": 1.2}, "`total_probability` must be a probability from 0 to 1, got 1.2."),
        ({"base_probabilities": "some"}, "`base_probabilities` must be one of all, trained, held-out, got 'some'."),
    ],
)
def test_what_no_task_can_be_is_refused(arguments, message):
    with pytest.raises(UserError, match=re.escape(message)):
        MatchingConfig(**arguments)


REWARD_WEIGHTS = np.array([1.2, 0.6, 0.3])
CHOICE_WEIGHTS = np.array([-0.8, 0.2, 0.0])


def simulated(num_episodes: int = 400, seed: int = 0) -> ChoiceSessions:
    """An agent that chooses by three lags, on arms that pay by the matching task's law, in NumPy; a few missed."""
    rng = np.random.default_rng(seed)
    length = rng.integers(50, 101, num_episodes)
    left = rng.uniform(0.05, 0.45, num_episodes)
    base = np.stack([left, 0.5 - left], axis=1)
    waiting = np.zeros((num_episodes, 2))
    signed, paid = np.zeros((num_episodes, 103)), np.zeros((num_episodes, 103))
    for trial in range(3, 103):
        past = slice(trial - 1, trial - 4 if trial > 3 else None, -1)
        odds = paid[:, past] @ REWARD_WEIGHTS + signed[:, past] @ CHOICE_WEIGHTS + 0.1
        choice = (rng.random(num_episodes) < 1 / (1 + np.exp(-odds))).astype(int)
        missed = rng.random(num_episodes) < 0.02
        wins = rng.random(num_episodes) < (1 - (1 - base) ** (1 + waiting))[np.arange(num_episodes), choice]
        signed[:, trial] = np.where(missed, 0, 2 * choice - 1)
        paid[:, trial] = signed[:, trial] * wins
        chosen = (np.eye(2)[choice] > 0) & ~missed[:, None]
        waiting = np.where(chosen, 0, waiting + 1)
    signed, paid = signed[:, 3:], paid[:, 3:]
    valid = (signed != 0) & (np.arange(100) < length[:, None])
    return ChoiceSessions(choice=(signed > 0).astype(int), rewarded=paid != 0, valid=valid, num_trials=length)


def test_the_lag_regression_finds_the_weights_that_made_the_choices():
    sessions = simulated()
    found = lag_regression(sessions)
    error = 5 * np.sqrt(found.fit.covariance.diagonal())
    expected = np.concatenate([REWARD_WEIGHTS, np.zeros(12), CHOICE_WEIGHTS, np.zeros(12), [0.1]])
    assert (np.abs(np.concatenate([found.reward, found.choice, [found.bias]]) - expected) < error).all()
    assert error.max() < 0.6


def test_the_lag_regression_wants_trials_to_look_back_on():
    with pytest.raises(UserError, match=r"`num_lags` must leave late trials to regress, got 100\."):
        lag_regression(simulated(10), num_lags=100)


def test_the_value_is_what_past_rewards_say_for_the_left():
    sessions = simulated(20)
    regression = lag_regression(simulated())
    value = reward_value(sessions, regression)
    for episode, trial in ((0, 0), (3, 1), (5, 40)):
        past = [sessions.signed_reward[episode, trial - lag] if trial >= lag else 0 for lag in range(1, 16)]
        assert value[episode, trial] == pytest.approx(-np.dot(past, regression.reward))


def test_ratios_are_counted_in_the_last_two_thirds():
    """One left and one right reward early, which must not count; late: 3 right to 1 left, rewards 2 to 1."""
    choice = np.array([[0, 1, 1, 0, 1, 1]] * 3)
    rewarded = np.array([[1, 1, 1, 1, 1, 0]] * 3, bool)
    rewarded[1, 3] = False
    valid = np.ones((3, 6), bool)
    valid[2, 5] = False
    found = matching(ChoiceSessions(choice, rewarded, valid, np.full(3, 6)))
    np.testing.assert_allclose(found.reward_ratio, [1, 1])
    np.testing.assert_allclose(found.choice_ratio, np.log2([3, 2]))
    assert found.num_dropped == 1
    assert np.isnan(found.slope)


@pytest.mark.parametrize("slope", [1.0, 0.6])
def test_the_slope_is_that_of_the_ratios(slope):
    """Episodes of exact counts whose choice ratio is the reward ratio to the power of `slope`."""
    rewards = np.array([[1, 64], [8, 8], [32, 2]])
    choices = np.round(1000 * (rewards / rewards.sum(axis=1, keepdims=True).astype(float)) ** slope).astype(int)
    length = choices.sum(axis=1)
    first = length.max()
    shape = (3, first + int(1.5 * first))
    choice, rewarded, valid = np.zeros(shape, int), np.zeros(shape, bool), np.zeros(shape, bool)
    for row in range(3):
        start = shape[1] - length[row]
        choice[row, start:] = np.repeat([0, 1], choices[row])
        for side in (0, 1):
            at = start + side * choices[row, 0]
            rewarded[row, at : at + rewards[row, side]] = True
        valid[row, start:] = True
    found = matching(ChoiceSessions(choice, rewarded, valid, np.full(3, shape[1])))
    assert found.slope == pytest.approx(slope, abs=0.01)
    assert found.correlation == pytest.approx(1, abs=1e-3)


def test_partial_rank_correlations_are_those_of_residuals():
    rng = np.random.default_rng(0)
    variables = rng.normal(size=(500, 3)) @ rng.normal(size=(3, 3))
    units = np.column_stack([np.exp(variables[:, 0]) + rng.normal(size=500), rng.normal(size=500), np.ones(500)])
    found = partial_rank_correlation(units, variables)
    ranks, unit = rankdata(variables, axis=0), rankdata(units, axis=0)
    for number in range(3):
        others = np.column_stack([np.delete(ranks, number, axis=1), np.ones(500)])
        for column in range(2):
            both = np.column_stack([ranks[:, number], unit[:, column]])
            left = both - others @ np.linalg.lstsq(others, both, rcond=None)[0]
            assert found[number, column] == pytest.approx(np.corrcoef(left.T)[0, 1], abs=1e-9)
    assert np.isnan(found[:, 2]).all()


def test_units_are_found_to_code_what_they_were_made_of():
    sessions = simulated()
    value = reward_value(sessions, lag_regression(sessions))
    noise = np.random.default_rng(1).normal(size=(*value.shape, 4))
    before = np.pad(sessions.signed_choice, ((0, 0), (1, 0)))[:, :-1]
    paid = 2.0 * np.pad(sessions.rewarded, ((0, 0), (1, 0)))[:, :-1] - 1
    signals = np.stack([before, paid, before * paid, value], axis=-1)
    coding = unit_coding(signals + 0.5 * noise, sessions, value)
    strength = np.abs(np.stack(list(coding.values())))
    assert list(coding) == ["choice", "reward", "choice_x_reward", "value"]
    assert (strength.diagonal() > 0.4).all()
    assert (strength[~np.eye(4, dtype=bool)] < 0.1).all()


@pytest.mark.thorough
def test_an_experiment_from_networks_to_figure(tmp_path):
    """Untrained networks: everything is written, what cannot be measured as null, and nothing is a number by luck."""
    experiment = find_experiment("wang2018-matching")
    config = replace(experiment.config, agent=RecurrentConfig(hidden_size=3), test=TestConfig(num_episodes=40))
    agents = {seed: RecurrentAgent(config.agent, config.task.make(), key=jax.random.key(seed)) for seed in (4, 2)}
    results = study_of(experiment).analyse({"": agents}, config, tmp_path)
    assert json.loads((tmp_path / "results.json").read_text()) == results
    assert len(results["matching"]["held-out"]["slope"]["per_seed"]) == 2
    # A network that has learned nothing is invalid at the choice a third of the time.
    assert results["missed_trials"]["mean"] == pytest.approx(1 / 3, abs=0.05)
    assert [path.name for path in study_of(experiment).draw(tmp_path)] == ["figure.png", "figure.svg", "figure.pdf"]
    console = Console(record=True, width=80, file=io.StringIO())
    study_of(experiment).report(results, console)
    assert "slope, held-out range" in console.export_text()
    assert set(study_of(experiment).summary(results)) == {verdict["name"] for verdict in results["verdicts"]}
    check_shown(experiment, tmp_path)
