"""What a store is: files by name that several machines read and write."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from pathlib import Path


class Store(ABC):
    """Files by name, "folder/file", each written whole. Made by `open_store`."""

    @property
    @abstractmethod
    def folder(self) -> Path | None:
        """The folder that the files lie in; None where they are elsewhere, and are worked on in copies."""

    @abstractmethod
    def read(self, name: str) -> bytes | None:
        """What the file holds; None where there is none.

        Raises:
            UserError: when it cannot be read.
        """

    def read_all(self, names: Iterable[str]) -> dict[str, bytes]:
        """What those of the files hold that are there."""
        found = {name: self.read(name) for name in names}
        return {name: data for name, data in found.items() if data is not None}

    @abstractmethod
    def write(self, name: str, data: bytes) -> None:
        """Write a file whole; folders on the way are made.

        Raises:
            UserError: when it cannot be written. The file before is intact then.
        """

    @abstractmethod
    def create(self, name: str, data: bytes) -> bool:
        """Write a file into a folder that nobody has made before: whether this was the first to make it. Of many who
        try at once one succeeds, on network file systems too."""

    @abstractmethod
    def remove(self, name: str) -> None:
        """Remove a file, if it is there."""

    @abstractmethod
    def names(self, folder: str) -> set[str]:
        """The names of what a folder holds; none where there is no such folder."""

    @abstractmethod
    def age(self, name: str) -> float:
        """Seconds since a file was written, by the clock of whoever keeps it, so that those of two machines may differ;
        infinite where there is none."""
