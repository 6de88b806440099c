"""Where results lie that several machines write: a folder that they share, or any URL that fsspec knows."""

import os
import secrets
import time
from contextlib import suppress
from pathlib import Path

from prefrontal.errors import UserError
from prefrontal.runs.files import make_folder, sync_folder, write_bytes
from prefrontal.runs.locks import unwritable
from prefrontal.runs.store import Store


class FolderStore(Store):
    """A folder, of this machine or shared by several."""

    def __init__(self, root: Path):
        self.root = root

    def __str__(self) -> str:
        return str(self.root)

    @property
    def folder(self) -> Path:
        return self.root

    def read(self, name: str) -> bytes | None:
        try:
            return (self.root / name).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise UserError(f"`{self.root / name}` must be a file to read, got: {error.strerror}.") from error

    def write(self, name: str, data: bytes) -> None:
        make_folder((self.root / name).parent)
        write_bytes(self.root / name, data)

    def create(self, name: str, data: bytes) -> bool:
        path = self.root / name
        make_folder(path.parent.parent)
        try:
            path.parent.mkdir()  # one of all succeeds, on NFS too
            sync_folder(path.parent.parent)
        except FileExistsError:
            return False
        except OSError as error:
            raise unwritable(path, error) from error
        write_bytes(path, data)
        return True

    def remove(self, name: str) -> None:
        with suppress(OSError):
            (self.root / name).unlink()

    def names(self, folder: str) -> set[str]:
        try:
            return set(os.listdir(self.root / folder))
        except OSError:
            return set()

    def age(self, name: str) -> float:
        path = self.root / name
        try:
            written = path.stat().st_mtime
        except OSError:
            return float("inf")
        # A server of files has a clock of its own: a file written now says what it shows.
        probe = self.root / f".clock.prefrontal-{secrets.token_hex(4)}.partial"  # removed if this process is killed
        try:
            probe.touch()
            now = probe.stat().st_mtime
        except OSError:
            now = time.time()
        with suppress(OSError):
            probe.unlink()
        return max(0.0, now - written)


def is_url(place: str) -> bool:
    """Whether `place` is a URL, such as s3://bucket/folder, and no folder."""
    return "://" in place


def open_store(place: str | os.PathLike[str]) -> Store:
    """The store at `place`: a folder, or any URL that fsspec knows (s3://, gs://, memory://).

    Raises:
        UserError: when it is a URL, and what it needs is not installed.
    """
    if not is_url(os.fspath(place)):
        return FolderStore(Path(place))
    from prefrontal.runs.url_store import UrlStore

    return UrlStore(os.fspath(place))
