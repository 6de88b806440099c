"""What the optimal bandit agents look up: computed once, in NumPy, by working backwards."""

from functools import cache
from typing import Any

import numpy as np
from jaxtyping import Float

from prefrontal.errors import UserError, check_count

TAIL = 1e-4
"""The Gittins index looks ahead until a reward is worth this little."""
NUM_CALIBRATIONS = 1_000
"""Sure rewards, evenly spaced, that an arm is held against; between them the index is interpolated."""


def gittins_indices(num_trials: int, discount: float) -> Float[np.ndarray, "wins losses"]:
    r"""The Gittins index of a Bernoulli arm with a uniform prior, after so many wins and losses.

    By calibration: the index is the sure reward x, for ever, that is worth as much as the arm with leave to take x at
    any later time. With a and b one more than the wins and the losses, p = a / (a + b) and discount g:

        V(a, b; x) = max(x / (1 - g), C(a, b; x)),     C = p (1 + g V(a + 1, b; x)) + (1 - p) g V(a, b + 1; x)
        index(a, b) = the x with x / (1 - g) = C(a, b; x)

    Where g^n falls below `TAIL`, V is taken to be max(x, p) / (1 - g).

    Arguments:
        num_trials: most wins and losses, together, that are asked about.
        discount: g, 0 to below 1.

    Returns:
        (num_trials + 1, num_trials + 1); zero where wins and losses are more than `num_trials`.

    Raises:
        UserError: when an argument is out of range.

    Reference:
        Gittins, Glazebrook, Weber (2011), Multi-armed bandit allocation indices, 2nd edition, chapter 8.
    """
    check_count("num_trials", num_trials)
    if not 0 <= discount < 1:
        raise UserError(f"`discount` must be at least 0 and below 1, got {discount}. Take .99 to look far ahead.")
    return _calibrated(num_trials, discount).copy()


@cache
def _calibrated(num_trials: int, discount: float) -> Float[np.ndarray, "wins losses"]:
    """The indices: a second's work, and the same for every agent of one discount."""
    ahead = int(np.ceil(np.log(TAIL) / np.log(discount))) if discount else 1
    last = num_trials + ahead
    sure = np.linspace(0, 1, NUM_CALIBRATIONS + 1)
    worth = sure / (1 - discount)
    indices = np.zeros((num_trials + 1, num_trials + 1))
    value = np.maximum(sure, _mean(last)[:, None]) / (1 - discount)
    for pulls in range(last - 1, -1, -1):
        p = _mean(pulls)[:, None]
        arm = p * (1 + discount * value[1:]) + (1 - p) * discount * value[:-1]
        value = np.maximum(worth, arm)
        if pulls <= num_trials:
            wins = np.arange(pulls + 1)
            indices[wins, pulls - wins] = _crossings(arm - worth, sure)
    return indices


def _mean(pulls: int) -> Float[np.ndarray, " wins"]:
    """Posterior mean of an arm after 0 to `pulls` wins in so many pulls."""
    return (np.arange(pulls + 1) + 1) / (pulls + 2)


def _crossings(advantage: np.ndarray, sure: np.ndarray) -> np.ndarray:
    """For each row of `advantage`, which falls, the interpolated `sure` at which it becomes zero."""
    # An arm that is stopped at once is worth no less than the sure reward but by what it would still tell: past the
    # crossing the advantage is negative, before it positive.
    before = np.maximum((advantage > 0).sum(axis=1) - 1, 0)
    after = np.minimum(before + 1, len(sure) - 1)
    rows = np.arange(len(advantage))
    high, low = advantage[rows, before], advantage[rows, after]
    return sure[before] + (sure[after] - sure[before]) * high / (high - low)


def optimal_preferences(num_trials: int) -> tuple[np.ndarray, float]:
    r"""What an agent that knows the arms to be two, independent and uniform does best in `num_trials` pulls.

    By dynamic programming over what can be known after t pulls: n of the first arm, of which w1 won, and w2 wins of the
    other. With V = 0 after the last pull:

        Q_k = p_k (1 + V(w_k + 1)) + (1 - p_k) V,     V = max(Q_1, Q_2),     p_k = (w_k + 1) / (n_k + 2)

    Arguments:
        num_trials: pulls in an episode, T.

    Returns:
        Whether the first arm is better (1), the second (-1), or neither (0), flat: see `preference_place`; and the
        expected reward of an episode.
    """
    check_count("num_trials", num_trials)
    preferences = np.zeros(preference_place(num_trials, 0, 0, 0), np.int8)
    value = np.zeros((num_trials + 1,) * 3)
    for trial in range(num_trials - 1, -1, -1):
        size = trial + 1
        pulls, first_wins, second_wins = np.ogrid[:size, :size, :size]
        p1, p2 = (first_wins + 1) / (pulls + 2), (second_wins + 1) / (trial - pulls + 2)
        q1 = p1 * (1 + value[1:, 1:, :-1]) + (1 - p1) * value[1:, :-1, :-1]
        q2 = p2 * (1 + value[:-1, :-1, 1:]) + (1 - p2) * value[:-1, :-1, :-1]
        # Places that cannot be reached (more wins than pulls) hold numbers that nothing reachable reads.
        difference = q1 - q2
        preference = np.where(np.abs(difference) < 1e-9, 0, np.sign(difference)).astype(np.int8)
        start = preference_place(trial, 0, 0, 0)
        preferences[start : start + size**3] = preference.ravel()
        value = np.maximum(q1, q2)
    return preferences, float(value[0, 0, 0])


def preference_place(trial: Any, pulls: Any, first_wins: Any, second_wins: Any) -> Any:
    """Where `optimal_preferences` keeps what to do after `trial` pulls: the cubes of all trials, one after another."""
    cubes_before = (trial * (trial + 1) // 2) ** 2
    return cubes_before + (pulls * (trial + 1) + first_wins) * (trial + 1) + second_wins
