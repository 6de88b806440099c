"""How soon networks learn: running rewards, and when they pass a threshold."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from jaxtyping import Float

from prefrontal.errors import UserError


def running_reward(
    learning: pd.DataFrame, variant: str, seeds: Sequence[int], window: int
) -> tuple[np.ndarray, Float[np.ndarray, "seed point"]]:
    """How reward rose in training, averaged over the last `window` episodes or a little more.

    Arguments:
        learning: see `read_learning`.
        variant: whose.
        seeds: whose.
        window: episodes.

    Returns:
        The training episode of each point, and each seed's reward per episode up to there.

    Raises:
        UserError: when training was shorter than the window.
    """
    table = learning[learning["variant"] == variant].pivot(index="seed", columns="episode", values="reward")
    episode, reward = table.columns.to_numpy(), table.loc[list(seeds)].to_numpy()
    width = -(-window // int(episode[0]))
    if width > len(episode):
        raise UserError(f"`num_episodes` must be at least {window}, got {episode[-1]}. Train for longer.")
    means = [np.convolve(row, np.full(width, 1 / width), "valid") for row in reward]
    return episode[width - 1 :], np.stack(means)


def passing_episodes(
    episode: np.ndarray, reward: Float[np.ndarray, "seed point"], threshold: float
) -> Float[np.ndarray, " seed"]:
    """The training episode at which each seed's running reward is above `threshold` for the first time; NaN: never."""
    above = reward > threshold
    return np.where(above.any(axis=1), episode[above.argmax(axis=1)], np.nan)


def survival(episodes: Float[np.ndarray, " seed"], num_episodes: int) -> tuple[np.ndarray, np.ndarray]:
    """The share of seeds that have not passed the threshold yet: a step at each seed's episode, and where it ends.

    As all seeds were trained for equally long this is the estimate of Kaplan and Meier (1958).

    Arguments:
        episodes: when each passed; NaN: not in training.
        num_episodes: of training.

    Returns:
        Episodes and shares from there on.
    """
    known = np.sort(episodes[np.isfinite(episodes)])
    left = 1 - np.arange(len(known) + 1) / len(episodes)
    return np.concatenate([[0], known, [num_episodes]]), np.concatenate([left, left[-1:]])
