"""How choices between two arms follow their rewards: the matching law, reward history, and what units code of both."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from prefrontal.analysis.logistic import LogisticFit, fit_logistic
from prefrontal.errors import UserError

NUM_LAGS = 15
"""Trials back that the lag regression looks (Lau and Glimcher 2005)."""


@dataclass(frozen=True)
class ChoiceSessions:
    """Choices between two arms, an episode a row; episodes end early where `valid` ends."""

    choice: Int[np.ndarray, "episode trial"]
    """0 left, 1 right; void where the trial is not valid."""
    rewarded: Bool[np.ndarray, "episode trial"]
    valid: Bool[np.ndarray, "episode trial"]
    """Whether the trial took place and a choice was made in it."""
    num_trials: Int[np.ndarray, " episode"]

    @property
    def late(self) -> Bool[np.ndarray, "episode trial"]:
        """The valid trials in the last two thirds of their episode."""
        return self.valid & (np.arange(self.valid.shape[1]) >= self.num_trials[:, None] / 3)

    @property
    def signed_choice(self) -> Float[np.ndarray, "episode trial"]:
        """1 right, -1 left, 0 no choice."""
        return np.where(self.valid, 2.0 * self.choice - 1, 0.0)

    @property
    def signed_reward(self) -> Float[np.ndarray, "episode trial"]:
        """1 a reward from the right, -1 from the left, 0 none."""
        return self.signed_choice * self.rewarded


@dataclass(frozen=True)
class Matching:
    """How choice ratios follow reward ratios, an episode a point."""

    reward_ratio: Float[np.ndarray, " episode"]
    """log2(rewards from the right / from the left)."""
    choice_ratio: Float[np.ndarray, " episode"]
    """log2(choices of the right / of the left)."""
    slope: float
    """By least squares: 1 is perfect matching, less is undermatching. NaN with fewer than three points."""
    correlation: float
    num_dropped: int
    """Episodes without a finite ratio: an arm was never chosen, or never paid."""


def matching(sessions: ChoiceSessions) -> Matching:
    """The generalised matching law, over the last two thirds of each episode:

        log2(C_R / C_L) = s log2(R_R / R_L) + b

    References:
        Baum (1974), J Exp Anal Behav 22:231 (the law); Wang et al. (2018), Nat Neurosci 21:860, Figure 2a, d.
    """
    sides = [sessions.late & (sessions.choice == side) for side in (0, 1)]
    choices = np.stack([side.sum(axis=1) for side in sides])
    rewards = np.stack([(side & sessions.rewarded).sum(axis=1) for side in sides])
    kept = (choices > 0).all(axis=0) & (rewards > 0).all(axis=0)
    x, y = (np.log2(counts[1, kept] / counts[0, kept]) for counts in (rewards, choices))
    slope, correlation = float("nan"), float("nan")
    if kept.sum() >= 3 and np.ptp(x) > 0 and np.ptp(y) > 0:
        slope = float(np.polyfit(x, y, 1)[0])
        correlation = float(np.corrcoef(x, y)[0, 1])
    return Matching(x, y, slope, correlation, int((~kept).sum()))


@dataclass(frozen=True)
class LagRegression:
    """What past rewards and choices did to the log odds of a choice, lag by lag from 1."""

    reward: Float[np.ndarray, " lag"]
    """For a reward from the chosen side rather than none."""
    choice: Float[np.ndarray, " lag"]
    """For the choice itself."""
    bias: float
    """Log odds of the right when nothing tells."""
    fit: LogisticFit


def lag_regression(sessions: ChoiceSessions, *, num_lags: int = NUM_LAGS) -> LagRegression:
    """The history regression of Lau and Glimcher, on the late trials that have `num_lags` before them in their episode:

        log P(right) / P(left) = sum_j a_j (RR_{t-j} - RL_{t-j}) + sum_j b_j (CR_{t-j} - CL_{t-j}) + g

    where RR, RL, CR and CL are 1 where there was a reward from, or a choice of, the right or the left, and 0 otherwise.

    Raises:
        UserError: when no trial has so many before it.

    Reference:
        Lau, Glimcher (2005), J Exp Anal Behav 84:555, equation 8.
    """
    used = sessions.late & (np.arange(sessions.valid.shape[1]) >= num_lags)
    if not used.any():
        raise UserError(f"`num_lags` must leave late trials to regress, got {num_lags}. Look fewer trials back.")
    reward, choice = (_lagged(values, num_lags)[used] for values in (sessions.signed_reward, sessions.signed_choice))
    regressors = np.column_stack([reward, choice, np.ones(used.sum())])
    fit = fit_logistic(regressors, sessions.choice[used] == 1)
    return LagRegression(
        reward=fit.weights[:num_lags], choice=fit.weights[num_lags:-1], bias=float(fit.weights[-1]), fit=fit
    )


def reward_value(sessions: ChoiceSessions, regression: LagRegression) -> Float[np.ndarray, "episode trial"]:
    """The left arm's value before each choice: what past rewards, weighted as they were, say for it, in log odds.

    The right arm's is the negative of it.
    """
    return -_lagged(sessions.signed_reward, len(regression.reward)) @ regression.reward


def unit_coding(
    activity: Float[np.ndarray, "episode trial unit"],
    sessions: ChoiceSessions,
    value: Float[np.ndarray, "episode trial"],
) -> dict[str, Float[np.ndarray, " unit"]]:
    """Partial rank correlation of each unit at the fixation with the last choice, the last reward, their interaction
    and the value, each with the other three taken out; late trials, pooled over episodes.

    Arguments:
        activity: when the fixation cue was shown.
        sessions: what was then done.
        value: the left arm's; see `reward_value`.

    Returns:
        By variable, from -1 to 1; NaN for a unit that never changes.

    Reference:
        Wang et al. (2018), Nat Neurosci 21:860, Figure 2e.
    """
    used = sessions.late[:, 1:] & sessions.valid[:, :-1]
    choice = sessions.signed_choice[:, :-1][used]
    reward = 2.0 * sessions.rewarded[:, :-1][used] - 1
    variables = {"choice": choice, "reward": reward, "choice_x_reward": choice * reward, "value": value[:, 1:][used]}
    partial = partial_rank_correlation(activity[:, 1:][used], np.column_stack(list(variables.values())))
    return dict(zip(variables, partial, strict=True))


def partial_rank_correlation(
    units: Float[np.ndarray, "sample unit"], variables: Float[np.ndarray, "sample variable"]
) -> Float[np.ndarray, "variable unit"]:
    """Spearman's correlation of each unit with each variable, the other variables' ranks taken out of both.

    From the correlation matrix of the ranks of one unit and all variables, inverted to Q: -Q_uv / sqrt(Q_uu Q_vv).
    """
    from scipy.stats import rankdata  # slow to import

    ranks = rankdata(np.column_stack([variables, units]), axis=0)
    centred = ranks - ranks.mean(axis=0)
    norm = np.linalg.norm(centred, axis=0)
    with np.errstate(invalid="ignore"):
        correlation = (centred.T @ centred) / np.outer(norm, norm)
    num = variables.shape[1]
    result = np.full((num, units.shape[1]), np.nan)
    if not np.isfinite(correlation[:num, :num]).all() or np.linalg.matrix_rank(correlation[:num, :num]) < num:
        return result
    for unit in range(units.shape[1]):
        chosen = [*range(num), num + unit]
        block = correlation[np.ix_(chosen, chosen)]
        if np.isfinite(block).all() and np.linalg.matrix_rank(block) == num + 1:
            inverse = np.linalg.inv(block)
            result[:, unit] = -inverse[-1, :num] / np.sqrt(inverse[-1, -1] * inverse.diagonal()[:num])
    return result


def _lagged(values: Float[np.ndarray, "episode trial"], num_lags: int) -> Float[np.ndarray, "episode trial lag"]:
    """`values` 1, 2, ... trials before each; 0 before the episode."""
    padded = np.pad(values, ((0, 0), (num_lags, 0)))
    num = values.shape[1]
    return np.stack([padded[:, num_lags - lag : num_lags - lag + num] for lag in range(1, num_lags + 1)], axis=-1)
