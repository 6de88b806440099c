"""The course of a training: when performance leaves chance, when it comes to rest, and what lies between."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Real

from prefrontal.errors import UserError


@dataclass(frozen=True)
class Course:
    """Two change points of a curve of performance."""

    onset: float
    """Episodes trained when performance leaves its first level."""
    end: float
    """When it has reached its last."""
    first: float
    """That first level."""
    last: float

    @property
    def rise(self) -> float:
        """Episodes from the one to the other."""
        return self.end - self.onset

    def levels(self, num: int) -> Float[np.ndarray, " quantile"]:
        """`num` levels of performance between the two change points: the middles of as many equal parts."""
        return self.first + (self.last - self.first) * (np.arange(num) + 0.5) / num


def change_points(episode: Real[np.ndarray, " moment"], performance: Float[np.ndarray, " moment"]) -> Course:
    """The two change points of a performance that rests, rises and rests again, by least squares:

        first level, to the onset; a straight line; last level, from the end on

    Both are among the moments. All pairs are tried, the levels being the best for each.

    Arguments:
        episode: episodes trained at each moment, ascending.
        performance: at that moment, in any unit.

    Raises:
        UserError: when there are fewer than four moments, or they are not finite.

    Example:
        >>> course = change_points(np.arange(8), np.array([50.0, 50, 50, 60, 70, 80, 80, 80]))
        >>> course.onset, course.end, round(course.last)
        (2.0, 5.0, 80)
    """
    episode, performance = np.asarray(episode, np.float64), np.asarray(performance, np.float64)
    if len(episode) < 4 or not np.isfinite(performance).all():
        raise UserError(
            f"`performance` must be at least 4 finite values, got {len(performance)}. Keep weights more often."
        )
    start, stop = np.triu_indices(len(episode), k=1)
    onset, end = episode[start, None], episode[stop, None]
    share = np.clip((episode - onset) / (end - onset), 0, 1)
    # The levels of least squares, by the normal equations of each pair: the share is 0 at the onset and 1 at the end,
    # so that they have one solution.
    rest, both = ((1 - share) ** 2).sum(axis=1), (share * (1 - share)).sum(axis=1)
    there, at_first, at_last = (share**2).sum(axis=1), (1 - share) @ performance, share @ performance
    determinant = rest * there - both**2
    first = (there * at_first - both * at_last) / determinant
    last = (rest * at_last - both * at_first) / determinant
    error = ((performance - (1 - share) * first[:, None] - share * last[:, None]) ** 2).sum(axis=1)
    best = int(np.argmax(error <= error.min() * (1 + 1e-12) + 1e-24 * (performance @ performance)))
    return Course(float(onset[best, 0]), float(end[best, 0]), float(first[best]), float(last[best]))


def at_levels(
    performance: Float[np.ndarray, " moment"],
    measures: Float[np.ndarray, "moment measure"],
    levels: Float[np.ndarray, " quantile"],
) -> Float[np.ndarray, "quantile measure"]:
    """`measures` when performance first passes each of `levels`, between two moments on the straight line from one to
    the other; NaN for a level that it never passes, or had passed at the start.

    Arguments:
        performance: at each moment, in their order.
        measures: at each moment.
        levels: ascending.
    """
    found = np.full((len(levels), measures.shape[1]), np.nan)
    for number, level in enumerate(levels):
        after = int(np.argmax(performance >= level))
        if performance[after] >= level and after > 0:
            share = (level - performance[after - 1]) / (performance[after] - performance[after - 1])
            found[number] = (1 - share) * measures[after - 1] + share * measures[after]
    return found
