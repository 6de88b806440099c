"""Being told of a training as it goes, by whoever carries its results elsewhere."""

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Iterator

import numpy as np
from jaxtyping import Float


class Watcher(ABC):
    """Is told how far a training has come; what it raises ends the training, as it stands on the disk."""

    @abstractmethod
    def trained(self, episode: int, reward: Float[np.ndarray, "seed episode"]) -> None:
        """So many episodes of each of some seeds are trained; of those trained last, what each earned."""

    @abstractmethod
    def saved(self) -> None:
        """The training states of all seeds under way are saved."""


_watchers: list[Watcher] = []


@contextlib.contextmanager
def watched(watcher: Watcher) -> Iterator[None]:
    """Within it, `watcher` is told of every training."""
    _watchers.append(watcher)
    try:
        yield
    finally:
        _watchers.remove(watcher)


def tell_trained(episode: int, reward: Float[np.ndarray, "seed episode"]) -> None:
    """Tell who watches what `Watcher.trained` says."""
    for watcher in _watchers:
        watcher.trained(episode, reward)


def tell_saved() -> None:
    """Tell who watches that all is saved."""
    for watcher in _watchers:
        watcher.saved()
