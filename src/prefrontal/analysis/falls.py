"""Learning that falls: a network that did well, caught by the end of training while it did badly."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

LEAST_VALUES = 200
"""Learning curves of fewer values are not judged."""
SHARE = 0.1
"""Of what was gained in training: a smaller loss is no fall."""
ERRORS = 5.0
"""Standard errors that a loss must have besides."""


class Fall(NamedTuple):
    """A fall that training ended in."""

    best: float
    """The best running mean of reward per episode that the training reached."""
    last: float
    """Mean reward per episode at the end."""


def fall(reward: Float[np.ndarray, " value"]) -> Fall | None:
    """The fall that a training ended in, or None.

    The best is the largest mean of a twentieth of the curve in a row, of 20 values at the least. The end is looked at
    through windows of 5, 20 and 50 values, since a fall may just have begun. It is a fall when it lies below the best
    by more than a tenth of what was gained since the start, and by more than five standard errors (of the spread within
    the best twentieth, or of that of the later half of training where it is larger).

    Arguments:
        reward: the learning curve, (V,): reward per episode, or its mean over blocks of episodes.

    Returns:
        The worst of the windows; None where there is no fall, or fewer than 200 values.
    """
    if len(reward) < LEAST_VALUES:
        return None
    width = max(20, len(reward) // 20)
    sums = np.concatenate([[0.0], np.cumsum(reward, dtype=np.float64)])
    means = (sums[width:] - sums[:-width]) / width
    start = int(np.argmax(means))
    best = means[start]
    blocks = reward[len(reward) % width :].reshape(-1, width)[len(reward) // width // 2 :]
    spread = max(np.std(reward[start : start + width], ddof=1), np.median(np.std(blocks, axis=1, ddof=1)))
    found = []
    for window in (5, 20, 50):
        last = float(np.mean(reward[-window:]))
        error = spread * np.sqrt(1 / window + 1 / width)
        if best - last > max(SHARE * (best - means[0]), ERRORS * error):
            found.append(Fall(float(best), last))
    return min(found, key=lambda one: one.last, default=None)
