"""JSON documents and folders of results that notice damage: checksums that stand in them, or beside them."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from prefrontal.errors import UserError
from prefrontal.runs.files import read_bytes, write_text
from prefrontal.runs.provenance import jsonable, parse_json

SEAL = "sha256"
"""Entry of a document that holds the checksum of all others."""
CHECKSUMS = "checksums.sha256"
"""Beside results: a line a file, as `sha256sum --check` reads it, and first the checksum of those lines."""

_CHECKSUM = re.compile("[0-9a-f]{64}")


def sealed(document: Mapping[str, Any]) -> dict[str, Any]:
    """`document` with its checksum, as JSON can hold it."""
    plain = json.loads(json.dumps({name: value for name, value in jsonable(document).items() if name != SEAL}))
    return {**plain, SEAL: _digest(plain)}


def is_whole(document: object) -> bool:
    """Whether `document` is what was sealed; one without a seal, of an earlier version, passes for whole."""
    if not isinstance(document, dict):
        return False
    if SEAL in document:
        return document[SEAL] == _digest({name: value for name, value in document.items() if name != SEAL})
    # A checksum that goes by another name is a seal whose name was damaged.
    return not any(isinstance(value, str) and _CHECKSUM.fullmatch(value) for value in document.values())


def read_sealed(path: Path) -> dict[str, Any]:
    """The document in the file `path`.

    Raises:
        UserError: when it is missing, unreadable, or not what was written.
    """
    try:
        document = parse_json(read_bytes(path).decode())
        fault = "" if is_whole(document) else "one that does not match its checksum"
    except ValueError as error:
        if isinstance(error, UserError):
            raise
        document, fault = {}, f"a damaged file ({error})"
    if fault:
        raise UserError(f"`{path}` must be as it was written, got {fault}. Restore it from a copy.")
    return document


def write_checksums(folder: Path, names: Iterable[str]) -> None:
    """Note what the files `names` in `folder` hold now.

    Raises:
        UserError: when they cannot be read, or this cannot be written.
    """
    lines = "".join(f"{hashlib.sha256(read_bytes(folder / name)).hexdigest()}  {name}\n" for name in sorted(names))
    write_text(folder / CHECKSUMS, f"# {hashlib.sha256(lines.encode()).hexdigest()}\n{lines}")


def check_checksum(path: Path, remedy: str = "Evaluate the run again.") -> None:
    """Refuse the file `path` when it is not what was noted of it; where nothing was, as by earlier versions, it passes.

    Arguments:
        path: the file.
        remedy: what to do, for the refusal.

    Raises:
        UserError: when it is not, or what was noted is damaged.
    """
    beside = path.parent / CHECKSUMS
    if not beside.exists():
        return
    head, _, lines = read_bytes(beside).decode(errors="replace").partition("\n")
    if head != f"# {hashlib.sha256(lines.encode()).hexdigest()}":
        raise UserError(f"`{beside}` must be as it was written, got a damaged file. {remedy}")
    noted = {line[66:]: line[:64] for line in lines.splitlines()}
    if path.name in noted and noted[path.name] != hashlib.sha256(read_bytes(path)).hexdigest():
        raise UserError(
            f"`{path}` must be as it was written, got one that does not match `{beside}`: it was damaged, changed "
            f"later, or what made it was stopped on the way. {remedy}"
        )


def _digest(plain: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()
