"""Files that are locked, and what is said of those that cannot be written."""

import errno
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from prefrontal.errors import Notice, UserError


@contextmanager
def lock(path: Path, refusal: str | None = None) -> Iterator[None]:
    """Hold the lock file `path`. The system lets go of it when the process ends, however it ends.

    Arguments:
        path: the lock file; made if it is missing, and left there.
        refusal: what to tell the user when another process holds the lock. None: wait for it.

    Raises:
        UserError: `refusal`; or when the lock file cannot be made.
    """
    from filelock import lock_descriptor, unlock_descriptor  # takes a while to import, and readers need none

    try:
        file = path.open("ab")
    except OSError as error:
        raise unwritable(path, error) from error
    with file:
        try:
            is_held = lock_descriptor(file.fileno(), blocking=refusal is None)
        except OSError as error:
            # Some network file systems have no locks. That is no reason not to work there.
            is_held = True
            warnings.warn(
                f"`{path}` could not be locked ({reason(error)}): let one process at a time use its folder.",
                Notice,
                stacklevel=3,
            )
        if not is_held:
            raise UserError(refusal)
        try:
            yield
        finally:
            with suppress(OSError):
                unlock_descriptor(file.fileno())


def is_lockable(path: Path) -> bool:
    """Whether `path`, made if it is missing, can be opened and locked, or is locked by somebody else."""
    try:
        with path.open("ab") as file:
            return locked(file) is not None
    except OSError:
        return False


def locked(file: BinaryIO) -> bool | None:
    """Lock an open file until it is closed: whether that worked, or None where the file system has no locks."""
    from filelock import lock_descriptor

    try:
        return lock_descriptor(file.fileno(), blocking=False)
    except OSError:
        return None


def unwritable(path: Path, error: OSError) -> UserError:
    """What to tell when `path` cannot be written because of `error`."""
    too_many = error.errno in (errno.EMFILE, errno.ENFILE)
    remedy = "Allow more open files (ulimit -n 4096)" if too_many else "Free some space or allow writing there"
    return UserError(
        f"`{path}` must be a place that can be written, got: {reason(error)}. What was saved before is "
        f"intact. {remedy}, then run the same command again."
    )


def reason(error: OSError) -> str:
    """What the system says of `error`."""
    return error.strerror or str(error)
