"""The files that commands write: none over a folder, over what they read, or over what is there unasked."""

from collections.abc import Iterable
from pathlib import Path

from prefrontal.errors import UserError

REPLACE = "Give another --out, or add --overwrite."


def check_file(
    path: Path,
    *,
    overwrite: bool = False,
    read: Iterable[str | Path] = (),
    name: str = "out",
    remedy: str = REPLACE,
) -> None:
    """Refuse to write the file `path` where that would cost what nobody asked to lose.

    Arguments:
        path: the file.
        overwrite: whether a file that is there may be replaced.
        read: the files that the command reads, which are never replaced.
        name: what the command calls `path`.
        remedy: what to do where something is there.

    Raises:
        UserError: when a folder is there, a file that is read, or one that may not be replaced.
    """
    another = remedy.removesuffix(", or add --overwrite.").rstrip(".") + "."
    if path.is_dir():
        raise UserError(f"`{name}` must be a file, got a folder, {path}. {another}")
    check_not_read([path], read, name=name, remedy=another)
    if path.exists() and not overwrite:
        raise UserError(f"`{name}` must be new, got {path}, which is there. {remedy}")


def check_not_read(
    paths: Iterable[Path], read: Iterable[str | Path], *, name: str = "out", remedy: str = "Give another --out."
) -> None:
    """Refuse to write one of `paths` where it is one of the files that are read, by that name or another.

    Raises:
        UserError: when one is.
    """
    known = {mark: str(file) for file in read if (mark := _mark(Path(file)))}
    for path in paths:
        if (mark := _mark(path)) in known:
            raise UserError(
                f"`{name}` must not be a file that is read, got {path}, which is "
                f"{'one' if known[mark] == str(path) else known[mark]}. {remedy}"
            )


def _mark(path: Path) -> tuple[int, int] | None:
    """What tells a file from all others, whatever it is called here; None where there is none."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino
