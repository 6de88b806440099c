"""Strategies in Harlow's task earn exactly what can be counted by hand, and are found again in their own choices."""

import jax
import numpy as np
import pytest
from contracts import AgentContract

from prefrontal.agents.strategies import STRATEGIES, StrategyAgent
from prefrontal.analysis.harlow import (
    CHANCE,
    LearningSets,
    explained_together,
    fit_strategies,
    good_object_known,
    learning_sets,
    strategy_leads,
)
from prefrontal.analysis.training_course import at_levels, change_points
from prefrontal.configs import HarlowConfig
from prefrontal.errors import UserError
from prefrontal.rollouts.evaluation import evaluate

pytestmark = pytest.mark.thorough

NUM = 4_000
WITHIN = 4.9 * np.sqrt(0.25 / NUM)
"""Of a share of so many episodes: a false alarm of 1e-6."""


def sets_of(name: str, config: HarlowConfig, *, lapse: float = 0.0, num: int = NUM, seed: int = 0) -> LearningSets:
    """What the strategy of that name does."""
    player = StrategyAgent(name, config, lapse=lapse)
    played = evaluate(player, config.make(), jax.random.key(seed), num_episodes=num)
    return learning_sets(played, config.num_trials)


class TestStrategyAgent(AgentContract):
    agent = StrategyAgent("position counting", HarlowConfig(), lapse=0.1)
    task = HarlowConfig().make()


@pytest.mark.thorough
def test_the_counter_wins_what_can_be_won_blindly():
    """.5 .6 .6 .7 .7 1, 4.1 of 6, where sides are balanced; nothing where they are not."""
    found = sets_of("position counting", HarlowConfig(sides="balanced"))
    expected = np.array([0.5, 0.6, 0.6, 0.7, 0.7, 1.0])
    np.testing.assert_allclose(found.accuracy, expected, atol=WITHIN)
    assert found.accuracy[-1] == 1
    assert abs(found.rewarded.sum(axis=1).mean() - 4.1) < 4.9 * 1.2 / np.sqrt(NUM)
    blind = sets_of("position counting", HarlowConfig(sides="independent"))
    np.testing.assert_allclose(blind.accuracy, 0.5, atol=WITHIN)


@pytest.mark.parametrize(
    ("distractor", "expected"), [("new-unrewarded", 1.0), ("new-rewarded", 0.0), ("mixed", 0.5), ("keep", 0.5)]
)
@pytest.mark.thorough
def test_familiarity_without_reward(distractor, expected):
    """What stays is what pays, or what does not, or either: exactly all, none and half from the second trial on."""
    found = sets_of("familiarity", HarlowConfig(distractor=distractor))
    assert abs(found.accuracy[0] - 0.5) < WITHIN
    if distractor == "mixed":  # within an episode it is always the one or always the other
        assert np.isin(found.rewarded[:, 1:].mean(axis=1), (0, 1)).all()
    if expected in (0, 1):
        assert (found.accuracy[1:] == expected).all()
    np.testing.assert_allclose(found.accuracy[1:], expected, atol=WITHIN)


@pytest.mark.parametrize("distractor", ["keep", "new-unrewarded", "new-rewarded", "mixed"])
@pytest.mark.thorough
def test_the_ideal_learner_is_right_from_the_second_trial_on(distractor):
    config = HarlowConfig(distractor=distractor)
    found = sets_of("ideal learner", config)
    assert abs(found.accuracy[0] - 0.5) < WITHIN
    assert (found.accuracy[1:] == 1).all()
    assert (found.second_after(correct=True), found.second_after(correct=False)) == (1, 1)


def test_noise_seldom_hides_an_object():
    found = sets_of("ideal learner", HarlowConfig(observation_noise=0.05))
    assert (found.accuracy[1:] > 0.99).all()


def test_a_reversal_costs_the_ideal_learner_one_trial():
    found = sets_of("ideal learner", HarlowConfig(reversal_trial=4))
    np.testing.assert_array_equal(found.accuracy[1:], [1, 1, 0, 1, 1])


def test_half_learned_strategies():
    """Win-stay alone: right in trial 2 after a hit, by chance after a miss, .75; then 1 - 1/2^t, as .75, .875, ...
    Lose-shift alone: certain after a miss, by chance after a hit: .75 in trial 2, then .625, .6875, ..."""
    stay = sets_of("object win-stay", HarlowConfig())
    np.testing.assert_allclose(stay.accuracy, 1 - 0.5 ** np.arange(1, 7), atol=WITHIN)
    assert stay.second_after(correct=True) == 1
    shift = sets_of("object lose-shift", HarlowConfig())
    expected = [0.5]
    for _ in range(5):
        expected.append(0.5 * expected[-1] + 1 - expected[-1])
    np.testing.assert_allclose(shift.accuracy, expected, atol=WITHIN)
    assert shift.second_after(correct=False) == 1


@pytest.mark.parametrize("name", ["side bias", "side win-stay", "alternation"])
def test_sides_tell_nothing_where_they_are_independent(name):
    found = sets_of(name, HarlowConfig())
    np.testing.assert_allclose(found.accuracy, 0.5, atol=WITHIN)
    right = found.choice == 1
    if name == "side bias":
        assert right.all()
    if name == "alternation":
        assert (right[:, 1:] != right[:, :-1]).all()
    if name == "side win-stay":
        stays = right[:, 1:] == right[:, :-1]
        np.testing.assert_array_equal(stays, found.rewarded[:, :-1])


@pytest.mark.parametrize("name", list(STRATEGIES))
@pytest.mark.thorough
def test_every_strategy_is_found_in_its_own_choices(name):
    distractor = "mixed" if name == "familiarity" else "keep"
    config = HarlowConfig(sides="balanced", distractor=distractor)
    found = fit_strategies(sets_of(name, config, lapse=0.1)).set_index("strategy")
    assert found["bic"].idxmin() == name
    assert abs(found.loc[name, "lapse"] - 0.1) < 0.02
    assert (found["explained"] >= 0).all()


def test_likelihood_is_that_of_a_replay():
    """The closed form against the sum of what the agent itself says of every choice, lapses as fitted."""
    config = HarlowConfig(sides="balanced")
    played = evaluate(
        StrategyAgent("ideal learner", config, lapse=0.3),
        config.make(),
        jax.random.key(3),
        num_episodes=NUM,
    )
    sets = learning_sets(played, 6)
    for row in fit_strategies(sets).itertuples():
        if row.strategy == CHANCE:
            assert row.log_likelihood == pytest.approx(6 * NUM * np.log(0.5))
            continue
        lapse = 0.5 if np.isnan(row.lapse) else row.lapse
        lead = strategy_leads(sets)[row.strategy] * (2 * sets.choice - 1)
        by_hand = np.where(lead == 0, np.log(0.5), np.where(lead > 0, np.log(1 - lapse), np.log(lapse))).sum()
        assert row.log_likelihood == pytest.approx(by_hand, rel=1e-6)


def test_what_counting_alone_explains():
    """A counter's choices need its lead; those of an ideal learner do not."""
    config = HarlowConfig(sides="balanced")
    alone = {
        name: explained_together(found) - explained_together(found, without="position counting")
        for name in ("position counting", "ideal learner")
        for found in [sets_of(name, config, lapse=0.05)]
    }
    assert alone["position counting"] > 0.1 > 0.02 > alone["ideal learner"] > -1e-6


def test_missed_trials_are_wrong_and_teach_nothing():
    nothing = np.zeros((1, 3), int)
    sets = LearningSets(
        choice=np.array([[1, 0, 1]]),
        rewarded=np.array([[True, False, True]]),
        missed=np.array([[False, True, False]]),
        rewarded_side=np.array([[1, 1, 1]]),
        objects=np.tile(np.eye(2, dtype=np.float32), (1, 3, 1, 1)),
    )
    np.testing.assert_array_equal(sets.accuracy, [1, 0, 1])
    np.testing.assert_array_equal(strategy_leads(sets)["ideal learner"], [[0, 1, 1]])
    assert fit_strategies(sets).set_index("strategy").loc["ideal learner", "num_choices"] == 2
    with pytest.raises(UserError, match="`sets` must hold choices, got missed trials only"):
        fit_strategies(LearningSets(nothing, nothing == 1, nothing == 0, nothing, sets.objects))


def test_what_is_known_of_the_good_object_is_read_out():
    rng = np.random.default_rng(0)
    good, bad = rng.normal(size=(2, 300, 4))
    knows = np.hstack([good - bad, rng.normal(size=(300, 5))])
    assert good_object_known(knows, good, bad) > 0.98
    share = good_object_known(rng.normal(size=(300, 9)), good, bad)
    assert abs(share - 0.5) < 4.9 * np.sqrt(0.25 / 300)


def test_change_points_of_a_made_up_course():
    episode = np.arange(0, 4000, 100)
    rng = np.random.default_rng(1)
    performance = 50 + 45 * np.clip((episode - 1000) / 1500, 0, 1) + rng.normal(0, 0.5, len(episode))
    found = change_points(episode, performance)
    assert abs(found.onset - 1000) <= 100
    assert abs(found.end - 2500) <= 100
    assert abs(found.first - 50) < 1
    assert abs(found.last - 95) < 1
    np.testing.assert_allclose(found.levels(3), found.first + (found.last - found.first) * np.array([1, 3, 5]) / 6)
    with pytest.raises(UserError, match="`performance` must be at least 4 finite values, got 2"):
        change_points(episode[:2], performance[:2])


def test_measures_when_a_level_is_first_passed():
    performance = np.array([50.0, 50.0, 70.0, 60.0, 90.0])
    measures = np.array([[0.0], [1.0], [3.0], [0.0], [5.0]])
    np.testing.assert_allclose(
        at_levels(performance, measures, np.array([40.0, 60, 70, 80, 95])), [[np.nan], [2], [3], [10 / 3], [np.nan]]
    )


@pytest.mark.thorough
def test_noisy_views_ask_for_a_tolerance():
    config = HarlowConfig(observation_noise=0.1, num_trials=3)
    ideal = StrategyAgent("ideal learner", config)
    played = evaluate(ideal, config.make(), jax.random.key(0), num_episodes=50)
    sets = learning_sets(played, 3)
    with pytest.raises(UserError, match="`tolerance` must let objects be known again, got 1e-06"):
        fit_strategies(sets)
    with pytest.raises(UserError, match="`tolerance` must be at least 0, got nan"):
        fit_strategies(sets, tolerance=float("nan"))
    assert fit_strategies(sets, tolerance=0.5).set_index("strategy")["lapse"]["ideal learner"] < 0.05
