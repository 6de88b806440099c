"""Reward prediction errors: those of an agent's values, and those of model-based and model-free learning on the very
trials that the agent went through."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Array, Bool, Float, Int

from prefrontal.agents.two_step.hybrid import sarsa_errors
from prefrontal.agents.two_step.inference import may_reverse, posterior
from prefrontal.configs.two_step import TwoStepConfig
from prefrontal.errors import UserError, argument
from prefrontal.rollouts.episodes import Trajectory
from prefrontal.tasks.base import Event


class TwoStepTrials(NamedTuple):
    """What happened, trial by trial."""

    choice: Int[np.ndarray, "*axes trial"]
    """First-stage choice, 0 or 1."""
    state: Int[np.ndarray, "*axes trial"]
    """Second-stage state reached, 0 or 1."""
    rewarded: Bool[np.ndarray, "*axes trial"]
    valid: Bool[np.ndarray, "*axes trial"]
    """Whether no invalid response spoilt the trial; the rest is void where one did."""


class TwoStepErrors(NamedTuple):
    """Prediction errors of each trial."""

    second_stage: Float[np.ndarray, "*axes trial"]
    """When the second-stage state appears."""
    outcome: Float[np.ndarray, "*axes trial"]
    """When the reward, or none, arrives."""

    def pooled(self, valid: Bool[np.ndarray, "*axes trial"]) -> Float[np.ndarray, " error"]:
        """Those of all valid trials in a row: first the second stages', then the outcomes'."""
        return np.concatenate([self.second_stage[valid], self.outcome[valid]])


def temporal_difference_errors(
    reward: Float[Array, "*axes time"] | Float[np.ndarray, "*axes time"],
    value: Float[Array, "*axes time"] | Float[np.ndarray, "*axes time"],
    discount: float,
) -> Float[np.ndarray, "*axes change"]:
    """The prediction error of every change from one step to the next, in an agent's own values:

        delta_t = r_t + discount V_{t+1} - V_t

    `reward[t]` is paid for the action of step t, and the value of step t+1 is the first to know of it.

    Arguments:
        reward: r_t, (..., T).
        value: V_t, (..., T).
        discount: 0 to 1, that of training.

    Returns:
        (..., T-1). Error t arrives with the observation of step t+1.

    Reference:
        Wang et al. (2018), Nat Neurosci 21:860, Methods, Simulation 3.
    """
    reward, value = np.asarray(reward, np.float64), np.asarray(value, np.float64)
    return reward[..., :-1] + discount * value[..., 1:] - value[..., :-1]


def two_step_trials(event: Event, steps_per_trial: int) -> TwoStepTrials:
    """The trials in what happened at each step, `TwoStepEvent` with leaves (..., time)."""

    def last(name: str) -> np.ndarray:
        return np.asarray(getattr(event, name))[..., steps_per_trial - 1 :: steps_per_trial]

    return TwoStepTrials(last("choice"), last("state"), last("rewarded"), ~last("missed"))


def network_errors(
    trajectory: Trajectory, config: TwoStepConfig, discount: float
) -> tuple[TwoStepErrors, TwoStepTrials]:
    """The prediction errors in an agent's values on the two-step task, and the trials that they are of.

    An episode's last outcome is left out, and its trial with it: no value follows it.

    Arguments:
        trajectory: of the agent; leaves (..., time).
        config: the task, with a step of its own for the second stage.
        discount: that of training.

    Raises:
        UserError: when the encoding shows the second stage and the outcome in one step.
    """
    if config.encoding == "trial":
        raise UserError(
            "`encoding` must show the second stage in a step of its own, got 'trial'. "
            f"Train with {argument('task.encoding')} stage or fixation."
        )
    size = config.steps_per_trial
    error = temporal_difference_errors(trajectory.reward, trajectory.value, discount)
    trials = two_step_trials(trajectory.event, size)
    ended = slice(config.num_trials - 1)
    errors = TwoStepErrors(error[..., size - 2 :: size][..., ended], error[..., size - 1 :: size][..., ended])
    return errors, TwoStepTrials(*(leaf[..., ended] for leaf in trials))


def belief(config: TwoStepConfig, trials: TwoStepTrials) -> Float[np.ndarray, "*axes trial"]:
    r"""The ideal observer's probability p, before each trial, that second-stage state 0 is the better one.

    After state s and reward r, and with the reversal probability h,

        p = P(r | s, 0 better) p / sum_k P(r | s, k better) P(k better),     p = p (1 - h) + (1 - p) h

    Reference:
        Wang et al. (2018), Nat Neurosci 21:860, Methods, Simulation 4.
    """
    better, worse, hazard = (
        config.better_reward_probability,
        config.worse_reward_probability,
        config.reversal_probability,
    )
    p = np.full(trials.choice.shape[:-1], {"first": 1.0, "second": 0.0}.get(config.better_state, 0.5))
    before = np.empty(trials.choice.shape)
    for t in range(trials.choice.shape[-1]):
        p = may_reverse(p, hazard)
        before[..., t] = p
        rewarded, at_zero = trials.rewarded[..., t], trials.state[..., t] == 0
        if_zero, if_one = np.where(at_zero, better, worse), np.where(at_zero, worse, better)
        pays = np.stack([if_zero, if_one])
        after = posterior(p, np.where(rewarded, pays, 1 - pays))
        p = np.where(trials.valid[..., t], after, p)
    return before


def model_based_errors(config: TwoStepConfig, trials: TwoStepTrials) -> TwoStepErrors:
    r"""The prediction errors of an agent that plans, with a Bayesian belief p about which second-stage state is better:

        V(0) = p b + (1 - p) w,     V(1) = (1 - p) b + p w,     Q(a) = sum_s P(s|a) V(s)
        delta_2 = V(s) - Q(a),      delta_r = r - V(s)

    where b and w are the chances of reward in the better and in the worse state. Values are undiscounted.

    Reference:
        Wang et al. (2018), Nat Neurosci 21:860, Methods, Simulation 4.
    """
    p = belief(config, trials)
    better, worse, common = (
        config.better_reward_probability,
        config.worse_reward_probability,
        config.common_probability,
    )
    values = np.stack([p * better + (1 - p) * worse, (1 - p) * better + p * worse])
    planned = common * values + (1 - common) * values[::-1]
    expected = np.where(trials.choice == 0, *planned)
    reached = np.where(trials.state == 0, *values)
    return TwoStepErrors(reached - expected, trials.rewarded - reached)


def model_free_errors(learning_rate: float, trials: TwoStepTrials) -> TwoStepErrors:
    """The prediction errors of SARSA(0), which learns from them what each choice and each state is worth:

        delta_2 = Q2(s) - Q1(a),     delta_r = r - Q2(s);     Q1(a) += alpha delta_2,     Q2(s) += alpha delta_r

    Arguments:
        learning_rate: alpha, 0 to 1.
        trials: what happened.

    References:
        Daw, Gershman, Seymour, Dayan, Dolan (2011), Neuron 69:1204, Experimental Procedures (with lambda = 0).
        Wang et al. (2018), Nat Neurosci 21:860, Methods, Simulation 4.
    """
    first, second = _model_free_values(learning_rate, trials)
    expected = np.where(trials.choice == 0, first[..., 0], first[..., 1])
    reached = np.where(trials.state == 0, second[..., 0], second[..., 1])
    return TwoStepErrors(*sarsa_errors(expected, reached, trials.rewarded))


def model_free_likelihood(learning_rate: float, trials: TwoStepTrials) -> tuple[float, float]:
    """How well SARSA(0) accounts for the choices, at its best inverse temperature.

    Returns:
        The log-likelihood of all valid choices, and the inverse temperature that maximises it.
    """
    from scipy.optimize import minimize_scalar  # slow to import

    first, _ = _model_free_values(learning_rate, trials)
    preference = np.where(trials.choice == 0, 1, -1) * (first[..., 0] - first[..., 1])
    preference = preference[trials.valid]

    def loss(inverse_temperature: float) -> float:
        return float(np.logaddexp(0, -inverse_temperature * preference).sum())

    best = minimize_scalar(loss, bounds=(0.0, 100.0), method="bounded")
    return -float(best.fun), float(best.x)


def _model_free_values(learning_rate: float, trials: TwoStepTrials) -> tuple[np.ndarray, np.ndarray]:
    """Values of the choices and of the states before each trial, (..., trial, 2); all start at zero."""
    axes = trials.choice.shape[:-1]
    first, second = np.zeros((*axes, 2)), np.zeros((*axes, 2))
    before = np.empty((2, *trials.choice.shape, 2))
    for t in range(trials.choice.shape[-1]):
        before[0, ..., t, :], before[1, ..., t, :] = first, second
        chosen, reached = np.eye(2)[trials.choice[..., t]], np.eye(2)[trials.state[..., t]]
        values = np.sum(chosen * first, axis=-1), np.sum(reached * second, axis=-1)
        first_error, second_error = sarsa_errors(*values, trials.rewarded[..., t])
        rate = learning_rate * trials.valid[..., t]
        first = first + (rate * first_error)[..., None] * chosen
        second = second + (rate * second_error)[..., None] * reached
    return before[0], before[1]
