"""The volatility task against its process, its ideal observer against enumeration, its analyses against known data."""

import io
import itertools
import json
import re
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from contracts import AgentContract, TaskContract
from rich.console import Console
from scipy.stats import beta, binomtest, kstest
from shown import check_shown

from prefrontal.agents.volatility_observer import VolatilityObserver
from prefrontal.analysis.volatility import coding_units, windowed_learning_rate
from prefrontal.configs import TestConfig, VolatilityConfig
from prefrontal.errors import UserError
from prefrontal.experiments import find_experiment
from prefrontal.experiments.studies import study_of
from prefrontal.rollouts.episodes import agent_inputs, replay
from prefrontal.tasks import Volatility

FALSE_ALARM = 1e-6


def assert_frequency(successes: np.ndarray, probability: float) -> None:
    assert successes.size >= 400
    assert binomtest(int(successes.sum()), successes.size, probability).pvalue > FALSE_ALARM


class TestDrawn(TaskContract):
    task = VolatilityConfig().make()
    counters = ("trial",)
    num_episodes = 400

    @pytest.fixture(scope="class")
    @classmethod
    def record(cls, played):
        return jax.tree.map(np.asarray, played)

    def test_each_volatility_has_its_win_probabilities(self, record):
        event, state = record["event"], record["state"]
        better = np.where(event.volatile, 1.0, 0.75)
        np.testing.assert_allclose(event.win_probability, np.where(state.better == 1, better, 1 - better))
        won = np.where(event.rewarded, event.choice, 1 - event.choice)
        assert_frequency((won == state.better)[~event.volatile], 0.75)
        assert (won == state.better)[event.volatile].all()

    def test_arms_change_places_as_often_as_volatile_and_never_while_stable(self, record):
        volatile = record["event"].volatile[:, :-1]
        reverses = np.diff(record["state"].better, axis=1) != 0
        assert_frequency(reverses[volatile], 0.2)
        assert not reverses[~volatile].any()

    def test_volatility_changes_with_the_episodes_own_probability(self, record):
        switches = np.diff(record["event"].volatile, axis=1)
        probability = record["state"].switch_probability[:, :-1]
        assert kstest((np.log(probability[:, 0]) + 4.5), "uniform").pvalue > FALSE_ALARM
        np.testing.assert_array_equal(probability, np.broadcast_to(probability[:, :1], probability.shape))
        middle = np.median(probability)
        for here in (probability < middle, probability >= middle):
            error = np.sqrt(np.sum(probability[here] * (1 - probability[here])))
            assert abs(switches[here].sum() - probability[here].sum()) < 5 * error
        assert_frequency(record["event"].volatile[:, 0], 0.5)

    def test_prizes_are_beta(self, record):
        prizes = record["observation"]
        assert kstest(prizes[:, ::7].ravel(), beta(4, 4).cdf).pvalue > FALSE_ALARM
        correlation = np.corrcoef(prizes[:, 1:, 0].ravel(), prizes[:, :-1, 1].ravel())[0, 1]
        assert abs(correlation) < 5 / np.sqrt(prizes[:, 1:, 0].size)

    def test_the_chosen_arms_prize_is_paid(self, record):
        chosen = np.take_along_axis(record["observation"], record["action"][..., None], -1)[..., 0]
        np.testing.assert_array_equal(record["reward"], np.where(record["event"].rewarded, chosen, 0))


class TestStableFirst(TaskContract):
    task = VolatilityConfig(schedule="stable-first").make()


class TestVolatileFirst(TaskContract):
    task = VolatilityConfig(schedule="volatile-first", retying="draw", prize_scale=100.0).make()


@pytest.mark.parametrize(
    ("schedule", "stable", "reversals"),
    [("stable-first", range(100), (100, 125, 150, 175)), ("volatile-first", range(100, 200), (25, 50, 75, 100))],
)
def test_tests_have_their_blocks(schedule, stable, reversals):
    task = Volatility(VolatilityConfig(schedule=schedule))

    def step(state, key):
        after, _, event = task.step(state, jnp.int32(0), key)
        return after, event

    first = task.init(jax.random.key(5))
    _, event = jax.lax.scan(step, first, jax.random.split(jax.random.key(6), 200))
    win = np.asarray(event.win_probability)
    np.testing.assert_array_equal(np.flatnonzero(~np.asarray(event.volatile)), stable)
    np.testing.assert_allclose(np.abs(win - 0.5), np.where(np.asarray(event.volatile), 0.3, 0.25), atol=1e-6)
    np.testing.assert_array_equal(np.flatnonzero(np.diff(win > 0.5)) + 1, reversals)


@pytest.mark.thorough
def test_what_becomes_of_the_better_arm_when_volatility_changes():
    task = Volatility(VolatilityConfig(log_switch_low=0.0, log_switch_high=0.0, retying="draw"))
    states = jax.vmap(task.init)(jax.random.split(jax.random.key(0), 2000))
    after, *_ = jax.vmap(task.step, in_axes=(0, None, 0))(
        states, jnp.int32(0), jax.random.split(jax.random.key(1), 2000)
    )
    assert (np.asarray(after.volatile) != np.asarray(states.volatile)).all()
    assert_frequency(np.asarray(after.better) == np.asarray(states.better), 0.5)
    kept = Volatility(VolatilityConfig(log_switch_low=0.0, log_switch_high=0.0))
    after, *_ = jax.vmap(kept.step, in_axes=(0, None, 0))(
        states, jnp.int32(0), jax.random.split(jax.random.key(1), 2000)
    )
    stable = ~np.asarray(states.volatile)
    np.testing.assert_array_equal(np.asarray(after.better)[stable], np.asarray(states.better)[stable])


class TestObserver(AgentContract):
    agent = VolatilityObserver()
    task = VolatilityConfig(num_trials=30).make()


def enumerated(config: VolatilityConfig, switch: np.ndarray, won: tuple[int, ...]) -> tuple[float, float]:
    """P(volatile) and P(arm 1 wins) in the trial after `won`, by summing over every path of the hidden states."""
    worlds = list(itertools.product((0, 1), (0, 1)))  # volatile, better
    win = (config.stable_reward_probability, config.volatile_reward_probability)
    total = volatile = wins = 0.0
    for k in switch:
        for path in itertools.product(worlds, repeat=len(won) + 1):
            probability = 0.25
            for (v, s), (next_v, next_s), w in zip(path, path[1:], won, strict=False):
                probability *= win[v] if w == s else 1 - win[v]
                turned = (1 - config.volatile_probability * v, config.volatile_probability * v)
                if next_v == v:
                    probability *= (1 - k) * turned[next_s != s]
                else:
                    probability *= k * (0.5 if config.retying == "draw" else turned[next_s != s])
            v, s = path[-1]
            total += probability
            volatile += probability * v
            wins += probability * (win[v] if s == 1 else 1 - win[v])
    return volatile / total, wins / total


@pytest.mark.thorough
@pytest.mark.parametrize("retying", ["keep-side", "draw"])
@pytest.mark.parametrize("certain", [1.0, 0.9])
def test_the_observer_believes_what_enumeration_gives(retying, certain):
    config = VolatilityConfig(
        retying=retying, volatile_reward_probability=certain, log_switch_low=-3.0, log_switch_high=-1.0
    )
    observer = VolatilityObserver(config, num_switch=2)
    switch = np.exp([-2.5, -1.5])
    for won in ((), (1,), (0, 1), (1, 0, 0, 1)):
        choice = np.resize([1, 0, 0, 1], len(won) + 1)
        paid = np.array([*(float(c == w) for c, w in zip(choice, won, strict=False)), 0.0])
        observation = jnp.full((len(won) + 1, 2), 0.5)
        output = replay(observer, agent_inputs(observation, jnp.array(choice), jnp.array(paid), 2))
        np.testing.assert_allclose(output.activity[-1], enumerated(config, switch, won), rtol=1e-4)


def test_the_observer_takes_the_greater_expected_prize():
    inputs = agent_inputs(jnp.array([[0.4, 0.6], [0.4, 0.6]]), jnp.array([0, 0]), jnp.array([0.4, 0.0]), 2)
    output = replay(VolatilityObserver(), inputs)
    win = np.asarray(output.activity[:, 1])
    assert win[0] == pytest.approx(0.5)
    assert win[1] < 0.4  # arm 0 has won
    np.testing.assert_array_equal(np.argmax(output.logits, axis=1), [1, 0])
    np.testing.assert_allclose(output.value, [0.3, 0.4 * (1 - win[1])], rtol=1e-5)


def learner(alpha: np.ndarray, inverse_temperature: float, num_episodes: int, seed: int = 0):
    """A Rescorla-Wagner learner, alpha by trial, on reversals: choices, winners and prizes, in NumPy."""
    rng = np.random.default_rng(seed)
    shape = (num_episodes, len(alpha))
    prizes, p = rng.beta(4, 4, (*shape, 2)), np.full(num_episodes, 0.5)
    choice, winner = np.zeros(shape, int), np.zeros(shape, int)
    for trial in range(len(alpha)):
        good = 0.8 if trial // 12 % 2 else 0.2
        odds = inverse_temperature * (p * prizes[:, trial, 1] - (1 - p) * prizes[:, trial, 0])
        choice[:, trial] = rng.random(num_episodes) < 1 / (1 + np.exp(-odds))
        winner[:, trial] = rng.random(num_episodes) < good
        p = p + alpha[trial] * (winner[:, trial] - p)
    return choice, winner, prizes


@pytest.mark.thorough
@pytest.mark.parametrize("rate", [0.1, 0.5])
def test_a_learning_rate_is_recovered_in_every_window(rate):
    fit = windowed_learning_rate(*learner(np.full(60, rate), 8.0, 400))
    late = fit.learning_rate[5:]
    assert fit.start[-1] == 50
    assert late.mean() == pytest.approx(rate, abs=0.04)
    assert np.abs(late - rate).max() < 0.2
    assert fit.inverse_temperature[5:].mean() == pytest.approx(8.0, abs=1.5)


@pytest.mark.thorough
def test_a_change_of_learning_rate_shows():
    fit = windowed_learning_rate(*learner(np.where(np.arange(100) < 50, 0.1, 0.6), 8.0, 400))
    assert fit.learning_rate[10:40].mean() < 0.2
    assert fit.learning_rate[62:].mean() > 0.4


def test_a_window_longer_than_the_episode_is_refused():
    with pytest.raises(UserError, match=r"`width` must be from 1 to the 5 trials of an episode, got 10\."):
        windowed_learning_rate(*learner(np.full(5, 0.1), 1.0, 3))


def test_units_that_code_a_variable_are_those_that_hold_it():
    rng = np.random.default_rng(1)
    variable, covariate = rng.normal(size=(200, 100)), rng.normal(size=(200, 100, 1))
    variable += covariate[..., 0]
    noise = rng.normal(size=(200, 100, 4))
    activity = noise + np.stack([variable, covariate[..., 0], 0 * variable, 0 * variable], axis=-1)
    codes = coding_units(activity, variable, covariate)
    assert codes[:, 0].mean() > 0.99
    # Bonferroni: any one of the other three in at most .05 x 3 / 4 of episodes; 5 standard errors on 200.
    assert codes[:, 1:].any(axis=1).mean() < 0.0375 + 5 * np.sqrt(0.0375 / 200)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"stable_reward_probability": 0.4}, "`stable_reward_probability` must be from 0.5 to 1, got 0.4. It is"),
        ({"log_switch_low": -2.0}, "`log_switch_low` and `log_switch_high` must ascend and be at most 0"),
        ({"schedule": "calm"}, "`schedule` must be one of drawn, stable-first, volatile-first, got 'calm'."),
        ({"prize_scale": 0.0}, "`prize_scale` must be above 0, got 0.0."),
        ({"volatile_probability": 2.0}, "`volatile_probability` must be a probability from 0 to 1, got 2.0."),
    ],
)
def test_what_no_task_can_be_is_refused(arguments, message):
    with pytest.raises(UserError, match=re.escape(message)):
        replace(VolatilityConfig(), **arguments)


@pytest.mark.thorough
def test_an_experiment_from_networks_to_figure(tmp_path):
    """The ideal observer in a network's place: it must have the effect."""
    experiment = find_experiment("wang2018-volatility")
    config = replace(experiment.config, test=TestConfig(num_episodes=100))
    agents = {3: VolatilityObserver(config.task)}
    results = study_of(experiment).analyse({"": agents}, config, tmp_path)
    assert json.loads((tmp_path / "results.json").read_text()) == results
    for order in ("stable-first", "volatile-first"):
        assert results["ratio"][order]["mean"] > 1.5
    assert results["decoded_volatility"]["r2"]["mean"] == pytest.approx(1, abs=1e-3)
    assert results["coding_share"]["volatility"]["mean"] > results["coding_share"]["shifted"]["mean"]
    assert results["reward_per_trial"]["mean"] == pytest.approx(results["reward_per_trial"]["ideal"], abs=0.01)
    assert [path.name for path in study_of(experiment).draw(tmp_path)] == ["figure.png", "figure.svg", "figure.pdf"]
    console = Console(record=True, width=80, file=io.StringIO())
    study_of(experiment).report(results, console)
    assert "units that code volatility" in console.export_text()
    assert set(study_of(experiment).summary(results)) == {verdict["name"] for verdict in results["verdicts"]}
    check_shown(experiment, tmp_path)
