"""Prediction errors and how much of them models account for, on agents whose signals are known."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from prefrontal.agents.two_step import BayesOptimal, Hybrid, TwoStepAgent
from prefrontal.analysis.least_squares import explained_variance, multiple_regression, residual_correlation, residuals
from prefrontal.analysis.prediction_errors import (
    TwoStepErrors,
    TwoStepTrials,
    belief,
    model_based_errors,
    model_free_errors,
    model_free_likelihood,
    network_errors,
    temporal_difference_errors,
    two_step_trials,
)
from prefrontal.configs import TwoStepConfig
from prefrontal.errors import UserError
from prefrontal.rollouts.evaluation import evaluate
from prefrontal.tasks import TwoStep

TASK = TwoStepConfig(num_trials=60, common_probability=0.75, better_reward_probability=0.85, reversal_probability=0.05)
ALPHA = 0.4


def play(model, task=TASK, num_episodes=40):
    return evaluate(TwoStepAgent(model, task.encoding), TwoStep(task), jax.random.key(0), num_episodes=num_episodes)


@pytest.fixture(scope="module")
def model_free() -> TwoStepTrials:
    """The trials of a SARSA(0) agent."""
    return two_step_trials(play(Hybrid(ALPHA, ALPHA, weight=0.0, inverse_temperature=4.0)).event, 3)


def loop_model_free(trials: TwoStepTrials, alpha: float) -> TwoStepErrors:
    """SARSA(0), trial by trial."""
    errors = TwoStepErrors(np.zeros(trials.choice.shape), np.zeros(trials.choice.shape))
    for episode in range(len(trials.choice)):
        first, second = [0.0, 0.0], [0.0, 0.0]
        for t in range(trials.choice.shape[1]):
            a, s, r = (int(leaf[episode, t]) for leaf in trials[:3])
            errors.second_stage[episode, t] = second[s] - first[a]
            errors.outcome[episode, t] = r - second[s]
            if trials.valid[episode, t]:
                first[a] += alpha * errors.second_stage[episode, t]
                second[s] += alpha * errors.outcome[episode, t]
    return errors


def loop_belief(trials: TwoStepTrials) -> np.ndarray:
    """Bayes' rule with counts written out: the chance of the whole history, summed over both hidden states."""
    better, worse, hazard = TASK.better_reward_probability, TASK.worse_reward_probability, TASK.reversal_probability
    beliefs = np.zeros(trials.choice.shape)
    for episode in range(len(beliefs)):
        joint = np.array([0.5, 0.5])
        for t in range(beliefs.shape[1]):
            joint = np.array([[1 - hazard, hazard], [hazard, 1 - hazard]]) @ joint
            beliefs[episode, t] = joint[0] / joint.sum()
            if trials.valid[episode, t]:
                pays = np.where(trials.state[episode, t] == np.arange(2), better, worse)
                joint = joint * np.where(trials.rewarded[episode, t], pays, 1 - pays)
    return beliefs


def test_errors_of_values_are_their_definition():
    rng = np.random.default_rng(0)
    reward, value = rng.normal(size=(3, 7)), rng.normal(size=(3, 7))
    error = temporal_difference_errors(reward, value, 0.7)
    assert error.shape == (3, 6)
    for episode in range(3):
        for t in range(6):
            assert error[episode, t] == pytest.approx(
                reward[episode, t] + 0.7 * value[episode, t + 1] - value[episode, t]
            )


@pytest.mark.parametrize("encoding", ["fixation", "stage"])
def test_an_agents_errors_stand_at_the_second_stage_and_at_the_outcome(encoding):
    """Values that tell the step they were given at: an error then tells which two steps it lies between."""
    task = TwoStepConfig(num_trials=5, encoding=encoding)
    size, played = task.steps_per_trial, play(BayesOptimal.of_task(task), task, 4)
    marks = jnp.broadcast_to(2.0 ** jnp.arange(task.num_steps), played.value.shape)
    errors, trials = network_errors(
        type(played)(**{**vars(played), "value": marks, "reward": jnp.zeros(marks.shape)}), task, 0.5
    )
    assert errors.outcome.shape == errors.second_stage.shape == trials.choice.shape == (4, 4)
    # 0.5 * 2^(t+1) - 2^t is zero wherever discount and step agree; a reward marks its own step.
    np.testing.assert_array_equal(errors.second_stage, 0.0)
    paid, _ = network_errors(type(played)(**{**vars(played), "value": jnp.zeros(marks.shape)}), task, 0.5)
    np.testing.assert_array_equal(paid.outcome, trials.rewarded)
    np.testing.assert_array_equal(paid.second_stage, 0.0)
    at_second = jnp.zeros(marks.shape).at[:, size - 1 :: size].set(1.0)
    seen, _ = network_errors(
        type(played)(**{**vars(played), "value": at_second, "reward": jnp.zeros(marks.shape)}), task, 0.5
    )
    np.testing.assert_array_equal(seen.second_stage, 0.5)
    np.testing.assert_array_equal(seen.outcome, -1.0)


def test_a_step_of_its_own_is_needed():
    task = TwoStepConfig(num_trials=5, encoding="trial")
    with pytest.raises(UserError, match=r"^`encoding` must show the second stage in a step of its own, got 'trial'\."):
        network_errors(play(BayesOptimal.of_task(task), task, 2), task, 0.9)


def test_models_are_their_loops(model_free):
    expected = loop_model_free(model_free, ALPHA)
    errors = model_free_errors(ALPHA, model_free)
    np.testing.assert_allclose(errors.second_stage, expected.second_stage, atol=1e-9)
    np.testing.assert_allclose(errors.outcome, expected.outcome, atol=1e-9)
    p = loop_belief(model_free)
    np.testing.assert_allclose(belief(TASK, model_free), p, atol=1e-9)
    value = np.stack([0.1 + 0.75 * p, 0.85 - 0.75 * p])
    reached = np.take_along_axis(value, model_free.state[None], axis=0)[0]
    expected_value = np.zeros(p.shape)
    for state in (0, 1):
        expected_value += value[state] * np.where(model_free.choice == state, 0.75, 0.25)
    errors = model_based_errors(TASK, model_free)
    np.testing.assert_allclose(errors.second_stage, reached - expected_value, atol=1e-9)
    np.testing.assert_allclose(errors.outcome, model_free.rewarded - reached, atol=1e-9)


def test_the_ideal_observer_believes_it_too():
    """The agent that plays by the same belief, on its own trials."""
    played = play(BayesOptimal.of_task(TASK))
    observed = belief(TASK, two_step_trials(played.event, 3))
    np.testing.assert_allclose(np.asarray(played.activity)[:, ::3, 0], observed, atol=1e-5)


def test_spoilt_trials_teach_nothing(model_free):
    valid = model_free.valid.copy()
    valid[:, ::3] = False
    spoilt = model_free._replace(valid=valid)
    expected = loop_model_free(spoilt, ALPHA)
    np.testing.assert_allclose(model_free_errors(ALPHA, spoilt).outcome, expected.outcome, atol=1e-9)
    np.testing.assert_allclose(belief(TASK, spoilt), loop_belief(spoilt), atol=1e-9)


def test_a_model_based_signal_is_all_model_based_and_a_model_free_one_is_not(model_free):
    """The two agents whose signals are known: the first has r^2 = 1 and nothing left, the second much left."""
    valid = model_free.valid
    planned = model_based_errors(TASK, model_free).pooled(valid)
    learned = loop_model_free(model_free, ALPHA).pooled(valid)
    assert explained_variance(planned, planned) == pytest.approx(1.0)
    assert residual_correlation(planned, learned, planned) ** 2 < 1e-12
    assert multiple_regression(planned, {"based": planned, "free": learned})["free"] == pytest.approx(0, abs=1e-6)
    assert explained_variance(learned, planned) < 0.9
    assert residual_correlation(learned, learned, planned) ** 2 > 0.1
    slopes = multiple_regression(learned, {"based": planned, "free": learned})
    assert slopes == pytest.approx({"based": 0.0, "free": 1.0}, abs=1e-6)


def test_the_likelihood_knows_the_agents_learning_rate(model_free):
    rates = np.linspace(0.1, 1.0, 10)
    likelihoods = [model_free_likelihood(rate, model_free) for rate in rates]
    best = int(np.argmax([likelihood for likelihood, _ in likelihoods]))
    assert abs(rates[best] - ALPHA) < 0.11
    assert likelihoods[best][1] == pytest.approx(4.0, rel=0.25)
    assert likelihoods[best][0] > np.log(0.5) * model_free.valid.sum()


def test_regressions_are_least_squares():
    rng = np.random.default_rng(1)
    one, other, noise = rng.normal(size=(3, 500))
    signal = 3 + 2 * one - other + 0.5 * noise
    slopes = multiple_regression(signal, {"one": one, "other": other})
    design = np.column_stack([np.ones(500), one, other])
    expected = np.linalg.solve(design.T @ design, design.T @ signal)
    assert list(slopes.values()) == pytest.approx(list(expected[1:]))
    left = residuals(signal, one, other)
    np.testing.assert_allclose(design.T @ left, 0, atol=1e-9)
    assert explained_variance(signal, one) == pytest.approx(np.corrcoef(signal, one)[0, 1] ** 2)
    assert explained_variance(signal, one, other) == pytest.approx(1 - left.var() / signal.var())
    assert np.isnan(explained_variance(np.ones(5), np.arange(5.0)))
    mixed = one + other
    partial = np.corrcoef(signal, residuals(mixed, one))[0, 1]
    assert residual_correlation(signal, mixed, one) == pytest.approx(partial)
