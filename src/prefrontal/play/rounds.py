"""What one player did at a task of one choice, and the few numbers that tell a participant of it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int
from scipy.special import logsumexp

from prefrontal.play.study import TaskName

MOST_PLACES = 8
"""Rounds with the same two objects of which the share of apples is told."""
RATES = np.linspace(0.01, 0.99, 50)
TEMPERATURES = np.geomspace(0.3, 30.0, 20)


class Rounds(NamedTuple):
    """The trials of one player, in their order."""

    choice: Int[np.ndarray, " trial"]
    """The option, from 0; -1 where a trial was missed."""
    reward: Float[np.ndarray, " trial"]
    """0 or 1; void where a trial was missed."""
    better: Int[np.ndarray, " trial"]
    """The option that paid more often."""
    place: Int[np.ndarray, " trial"]
    """Which trial of its problem it was, from 0: with new arms or objects it begins again."""

    @property
    def is_valid(self) -> np.ndarray:
        """Whether a choice was made, by trial."""
        return self.choice >= 0


def rounds_of(
    trials: Iterable[Mapping[str, Any]], schedule: Sequence[Mapping[str, Any]], better: Sequence[int]
) -> Rounds:
    """The rounds of a participant.

    Arguments:
        trials: the rows of its trials, practice left out, in their order.
        schedule: what it was drawn.
        better: by trial of the schedule, the option that paid more often.
    """
    rows = [row for row in trials if row["trial"] < len(schedule)]
    return Rounds(
        choice=np.array([-1 if row["choice"] is None or row["missed"] else row["choice"] for row in rows], int),
        reward=np.array([row["reward"] or 0 for row in rows], float),
        better=np.array([better[row["trial"]] for row in rows], int),
        place=np.array([schedule[row["trial"]].get("trial", row["trial"]) for row in rows], int),
    )


def bars_of(task: TaskName, rounds: Rounds, num_places: int) -> list[float | None]:
    """The bars that a participant is shown; None where there is nothing to count.

    Arguments:
        task: bandit and reversal: how often the same tree was taken again after an apple, and after none; how often the
            better one was taken in the first half of the rounds, and in the second. Harlow: the share of apples, by
            round with the same two objects.
        rounds: what was played.
        num_places: trials of a problem.
    """
    valid = rounds.is_valid
    if task == "harlow":
        places = range(min(num_places, MOST_PLACES))
        return [share(rounds.reward[valid & (rounds.place == place)]) for place in places]
    follows = valid[1:] & valid[:-1] & (rounds.place[1:] > 0)
    stays, won = rounds.choice[1:] == rounds.choice[:-1], rounds.reward[:-1] > 0
    is_better, is_early = rounds.choice == rounds.better, np.arange(len(valid)) < len(valid) // 2
    shares = (stays[follows & won], stays[follows & ~won], is_better[valid & is_early], is_better[valid & ~is_early])
    return [share(of) for of in shares]


def learning_rate(rounds: Rounds, num_arms: int) -> float | None:
    """How much the last round counts for a player, 0 to 1: the learning rate of a Rescorla-Wagner learner that begins
    at 1/2, its mean under the posterior of rates evenly from 0 to 1 and inverse temperatures evenly in their logarithm.
    None where nothing was chosen.

    Example:
        >>> import numpy as np
        >>> from prefrontal.play.rounds import Rounds, learning_rate
        >>> reward = np.tile([1.0, 1.0, 1.0, 0.0], 25)
        >>> choice = np.append(0, np.cumsum(reward[:-1] == 0) % 2)  # shifts as soon as it loses
        >>> learning_rate(Rounds(choice, reward, choice, np.arange(100)), 2) > 0.7
        True
    """
    if not rounds.is_valid.any():
        return None
    values = np.full((len(RATES), num_arms), 0.5)
    likelihood = np.zeros((len(TEMPERATURES), len(RATES)))
    for choice, reward, place in zip(rounds.choice, rounds.reward, rounds.place, strict=True):
        if place == 0:
            values[:] = 0.5
        if choice < 0:
            continue
        scaled = TEMPERATURES[:, None, None] * values
        likelihood += scaled[..., choice] - np.asarray(logsumexp(scaled, axis=-1))
        values[:, choice] += RATES * (reward - values[:, choice])
    weights = np.exp(likelihood - likelihood.max())
    return float((weights * RATES).sum() / weights.sum())


def share(of: np.ndarray) -> float | None:
    """The mean of what is true or false, or 0 or 1; None of nothing."""
    return round(float(of.mean()), 4) if of.size else None
