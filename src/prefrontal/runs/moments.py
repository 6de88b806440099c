"""Which moment of its training a network is taken from: the last, the best, or after so many episodes."""

from typing import Literal

import numpy as np

from prefrontal.errors import UserError
from prefrontal.runs.seed_folder import SeedFolder

Moment = int | Literal["best", "last"]
"""Episodes trained; best: of the moments that were kept and the last, the one before which most was earned."""

EPISODES_BEFORE = 100
"""Episodes whose mean reward says how good a moment is: those right before it."""


def read_moment(word: str) -> Moment:
    """The moment that a command line asks for.

    Raises:
        UserError: when it is none.
    """
    if word == "best":
        return "best"
    if word == "last":
        return "last"
    if not word.isdecimal():
        raise UserError(f"`at` must be a number of training episodes, best or last, got {word}.")
    return int(word)


def episode_at(folder: SeedFolder, at: Moment) -> int | None:
    """Training episodes of a seed at the moment `at`, of which the weights were kept; None for those at the end.

    Raises:
        UserError: when the weights of that moment were not kept, or no reward was.
    """
    if at == "last":
        return None
    kept = folder.snapshots()
    if at != "best":
        if at not in kept:
            every = ", ".join(map(str, kept[:8])) + (f", ... {kept[-1]}" if len(kept) > 8 else "")
            raise UserError(
                f"`at` must be a moment of seed {folder.seed} that was kept ({every}), best or last, got {at}."
            )
        return at
    curve = folder.learning_curve(most_values=10**9)
    before = {
        episode: float(np.mean(curve.reward[(curve.episode > episode - EPISODES_BEFORE) & (curve.episode <= episode)]))
        for episode in (*kept, int(curve.episode[-1]))
        if episode >= curve.episode[0]
    }
    best = max(before, key=lambda episode: (before[episode], episode))
    return None if best == curve.episode[-1] else best
