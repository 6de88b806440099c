"""What was measured in training, one value an episode or the mean over some, and how much of it a file stands for."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from prefrontal.errors import UserError


class LearningCurve(NamedTuple):
    """Reward as training went."""

    episode: NDArray[Any]
    """Episodes trained at the end of each block of episodes, (block,)."""
    reward: NDArray[Any]
    """Mean reward per episode of the block, (block,)."""


def learning_curve(metrics: Mapping[str, NDArray[Any]], facts: Mapping[str, Any], most_values: int) -> LearningCurve:
    """Means over whole blocks of episodes, no more than `most_values`.

    Arguments:
        metrics: by name, "reward" among them, (value,).
        facts: "episodes_per_value", where it is not 1.
        most_values: blocks, at most.
    """
    reward = metrics["reward"]
    width = -(-len(reward) // most_values)
    blocks = len(reward) // width
    means = reward[: blocks * width].reshape(blocks, width).mean(axis=1)
    return LearningCurve(episode=width * facts.get("episodes_per_value", 1) * np.arange(1, blocks + 1), reward=means)


def check_shapes(arrays: Mapping[str, Any]) -> None:
    """Refuse metrics that are not all of one shape (value,).

    Raises:
        ValueError: when they are not.
    """
    shapes = {name: np.shape(array) for name, array in arrays.items()}
    if len(set(shapes.values())) > 1 or any(len(shape) != 1 for shape in shapes.values()):
        raise ValueError(f"`arrays` must all have one shape (value,), got {shapes}.")


def exactly(episodes: Any) -> range:
    """The one moment that weights are of; none where that is no number."""
    return range(episodes, episodes + 1) if isinstance(episodes, int) else range(0)


def episodes_measured(arrays: Mapping[str, NDArray[Any]], facts: Mapping[str, Any]) -> range:
    """How many episodes metrics may stand for: all of theirs, and fewer beyond than make another value."""
    per_value, lengths = facts.get("episodes_per_value", 1), {array.shape for array in arrays.values()}
    if not isinstance(per_value, int) or len(lengths) != 1 or any(len(shape) != 1 for shape in lengths):
        return range(0)
    whole = per_value * lengths.pop()[0]
    return range(whole, whole + per_value)


def check_episodes(path: Path, got: range, expected: int) -> None:
    """Refuse `path` when it is of another moment of training, such as a snapshot in the place of the weights.

    Raises:
        UserError: when it is.
    """
    if expected not in got:
        what = f"that of {got.start}" if got else "a file of another kind"
        raise UserError(f"`{path}` must be of {expected} episodes of training, got {what}. Restore it from a copy.")
