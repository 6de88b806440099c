"""A store that fsspec knows by its URL: s3://, gs://, memory:// and many more."""

import secrets
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from prefrontal.errors import UserError
from prefrontal.runs.store import Store

SECONDS_BETWEEN_CLOCKS = 300.0


class UrlStore(Store):
    """Files at a URL. Of who creates a file at once one succeeds where the store says so: S3, Google's, and memory."""

    def __init__(self, url: str):
        """Raises:
        UserError: when fsspec, or what it needs for such URLs, is not installed.
        """
        protocol = url.partition("://")[0]
        try:
            import fsspec  # pyright: ignore[reportMissingImports]
        except ImportError as error:
            raise UserError(
                f'`out` must be a folder unless fsspec is installed, got {url}. Install it: pip install "prefrontal'
                '[cluster]"'
            ) from error
        try:
            found: Any = fsspec.url_to_fs(url, use_listings_cache=False, skip_instance_cache=True)
        except (ImportError, ValueError) as error:
            raise UserError(f"`out` must be a URL that fsspec can open, got {url}: {error}.") from error
        self._files, root = found
        self._root, self._url = str(root).rstrip("/"), url.rstrip("/")
        self._is_made = protocol == "memory"
        self._clock = (-SECONDS_BETWEEN_CLOCKS, 0.0)

    def __str__(self) -> str:
        return self._url

    @property
    def folder(self) -> None:
        return None

    def read(self, name: str) -> bytes | None:
        try:
            return self._files.cat_file(self._path(name))
        except FileNotFoundError:
            return None
        except Exception as error:  # every store has errors of its own
            raise self._refusal(error) from error

    def read_all(self, names: Iterable[str]) -> dict[str, bytes]:
        paths = {self._path(name): name for name in names}
        if not paths:
            return {}
        try:
            # All at once; what is not there is left out, and what cannot be told is read again on its own.
            found = self._files.cat(list(paths), on_error="return")
        except FileNotFoundError:
            return {}
        except Exception as error:
            raise self._refusal(error) from error
        if isinstance(found, bytes):  # of a single file
            return {next(iter(paths.values())): found}
        read: dict[str, bytes] = {}
        for path, data in found.items():
            name = paths.get(path) or paths.get(f"/{path}")
            if name is None or isinstance(data, FileNotFoundError):
                continue
            again = data if isinstance(data, bytes) else self.read(name)
            if again is not None:
                read[name] = again
        return read

    def write(self, name: str, data: bytes) -> None:
        try:
            self._make(name)
            self._files.pipe_file(self._path(name), data)
        except Exception as error:
            raise self._refusal(error) from error

    def create(self, name: str, data: bytes) -> bool:
        try:
            self._make(name)
            self._files.pipe_file(self._path(name), data, mode="create")
        except FileExistsError:
            return False
        except Exception as error:
            raise self._refusal(error) from error
        return True

    def remove(self, name: str) -> None:
        with suppress(Exception):
            self._files.rm_file(self._path(name))

    def names(self, folder: str) -> set[str]:
        try:
            paths = self._files.ls(self._path(folder), detail=False)
        except FileNotFoundError:
            return set()
        except Exception as error:
            raise self._refusal(error) from error
        return {path.rstrip("/").rpartition("/")[2] for path in paths}

    def age(self, name: str) -> float:
        try:
            written = self._files.modified(self._path(name)).timestamp()
        except FileNotFoundError:
            return float("inf")
        except Exception as error:
            raise self._refusal(error) from error
        return max(0.0, self._now() - written)

    def _now(self) -> float:
        """The time by the clock of the store, which is asked for it now and then."""
        asked, ahead = self._clock
        if time.monotonic() - asked > SECONDS_BETWEEN_CLOCKS:
            probe = f".clock-{secrets.token_hex(4)}"
            self.write(probe, b"?")
            asked = time.monotonic()
            ahead = self._files.modified(self._path(probe)).timestamp() - asked
            self.remove(probe)
            self._clock = asked, ahead
        return time.monotonic() + ahead

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"

    def _make(self, name: str) -> None:
        """Have the folder of a file be there, in stores that have folders."""
        if self._is_made or getattr(self._files, "local_file", False):
            self._files.makedirs(self._path(name).rpartition("/")[0], exist_ok=True)

    def _refusal(self, error: Exception) -> UserError:
        return UserError(
            f"`{self._url}` must be a place to read and write, got: {type(error).__name__}: {error}. Check the URL and "
            "that this machine may use it."
        )
