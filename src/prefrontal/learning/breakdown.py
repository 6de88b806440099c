"""Trainings that break down: a number that is infinite or none, after which nothing is learned any more."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from prefrontal.configs.training import TrainConfig
from prefrontal.errors import UserError

MOST_TOLD = 4
"""So many breakdowns are told one by one."""


@dataclass(frozen=True)
class Breakdown:
    """Where the training of a seed broke down."""

    seed: int
    episode: int
    """The first episode, from 1, in which a number was not finite."""
    updates: tuple[int, int]
    """The first and the last update of that episode, from 1: one of them broke the training."""
    numbers: tuple[str, ...]
    """Which of `Metrics` were not finite."""

    @property
    def last_good(self) -> int:
        """Episodes trained before the update."""
        return self.episode - 1

    def __str__(self) -> str:
        first, last = self.updates
        where = f"update {first}" if first == last else f"updates {first} to {last}"
        return f"seed {self.seed} in episode {self.episode:,} ({where}: {', '.join(self.numbers)})"


def first_not_finite(metrics: Mapping[str, Float[np.ndarray, " episode"]]) -> tuple[int, tuple[str, ...]] | None:
    """The first episode in which a metric is not finite, and which are.

    Arguments:
        metrics: of one seed, by name, (E,).

    Returns:
        The place of the episode, 0 to E - 1, and the metrics' names; None where all are finite.
    """
    finite = {name: np.isfinite(values) for name, values in metrics.items()}
    broken = ~np.all(list(finite.values()), axis=0)
    if not broken.any():
        return None
    at = int(np.argmax(broken))
    return at, tuple(name for name, good in finite.items() if not good[at])


def breakdown(
    seed: int,
    config: TrainConfig,
    num_steps: int,
    first_episode: int,
    metrics: Mapping[str, Float[np.ndarray, " episode"]],
) -> Breakdown | None:
    """Where the training of `seed` broke down, or None.

    Arguments:
        seed: whose.
        config: its training.
        num_steps: steps of an episode.
        first_episode: episodes trained before those of `metrics`.
        metrics: of some episodes, by name, (E,).
    """
    found = first_not_finite(metrics)
    if found is None:
        return None
    at, numbers = found
    batch, per_episode = config.episodes_per_update, num_steps // config.unroll_for(num_steps)
    together = (first_episode + at) // batch  # episodes played side by side share their updates
    return Breakdown(seed, together * batch + 1, (together * per_episode + 1, (together + 1) * per_episode), numbers)


def refusal(broken: Sequence[Breakdown], *, kept: bool) -> UserError:
    """What to tell of trainings that broke down.

    Arguments:
        broken: at least one.
        kept: whether the states before are saved.
    """
    shown = "; ".join(map(str, broken[:MOST_TOLD])) + (
        f"; and {len(broken) - MOST_TOLD} more" if len(broken) > MOST_TOLD else ""
    )
    before = " The state before that is kept." if kept and any(one.last_good for one in broken) else ""
    return UserError(
        f"`train` must keep every number finite, got infinite ones, or none, of {shown}. It does not count as trained."
        f"{before} Lower the learning rate, set a max_gradient_norm, or make the rewards smaller, and train again."
    )
