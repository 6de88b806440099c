"""Files that are written whole or not at all, and arrays that notice damage when they are read back."""

import hashlib
import json
import os
import re
import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import ArrayLike, NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from prefrontal.errors import UserError
from prefrontal.runs.locks import locked, reason, unwritable
from prefrontal.runs.provenance import parse_json, plain

Arrays = Mapping[str, ArrayLike]
"""Arrays by name, of any shape: NumPy's, or what NumPy can read, such as JAX's."""

FACTS = "prefrontal.facts"
"""Metadata entry of a safetensors file that holds what is said about its arrays, as JSON."""
CHECKSUM = "prefrontal.sha256"
"""Metadata entry of a safetensors file that holds the checksum of its arrays and facts, hexadecimal."""

_PARTIAL = re.compile(r"\..+\.prefrontal-[0-9a-f]{8}\.partial")
"""Names of files being written: nobody else's, so that those of killed processes can be removed."""
_INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
_TYPES = ("bool", *_INTEGERS, "float16", "float32", "float64", "complex64")


def make_folder(path: Path) -> None:
    """Make the folder `path` and those above it, unless they are there, and clear it of what killed processes left.

    A folder that was made is there after a power cut, too: what is saved in it would be lost with it.

    Raises:
        UserError: when it cannot be made, for instance because a file is in its place.
    """
    try:
        missing = [folder for folder in (path, *path.parents) if not folder.exists()]
        path.mkdir(parents=True, exist_ok=True)
        for folder in missing:
            sync_folder(folder.parent)
    except OSError as error:
        raise UserError(
            f"`{path}` must be a folder or a place where one can be made, got: {reason(error)}. "
            "Choose another folder, or make room for this one."
        ) from error
    with suppress(OSError):
        for name in filter(_PARTIAL.fullmatch, os.listdir(path)):
            _remove_unless_written(path / name)


def folder_names(path: Path) -> set[str]:
    """The names of what the folder `path` holds.

    Raises:
        UserError: when there is no such folder, or it cannot be read.
    """
    try:
        return {child.name for child in path.iterdir()}
    except OSError as error:
        raise UserError(
            f"`{path}` must be a folder to read, got: {reason(error)}. Check its name and its permissions."
        ) from error


def read_bytes(path: Path) -> bytes:
    """The content of the file `path`.

    Raises:
        UserError: when there is none, or it cannot be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise UserError(f"`{path}` must be a file, got none there. Check its name and folder.") from error
    except OSError as error:
        raise UserError(
            f"`{path}` must be a file to read, got: {reason(error)}. Check its name and its permissions."
        ) from error


def write_bytes(path: Path, data: bytes, *, previous: Path | None = None) -> None:
    """Write `data` to `path`: afterwards the file is the new one, or untouched if that failed.

    Arguments:
        path: the file.
        data: its whole content.
        previous: where to keep the file that stood at `path` before. None: it is replaced.

    Raises:
        UserError: when it cannot be written (disk full, no permission, ...).
    """
    temporary = None
    try:
        temporary, file = _open_partial(path)
        with file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            if os.name == "nt":
                file.close()  # Windows renames no open file; elsewhere the lock is kept until the file has its name
            if previous is not None and path.exists():
                os.replace(path, previous)
            os.replace(temporary, path)
    except OSError as error:
        raise unwritable(path, error) from error
    finally:
        if temporary is not None:
            with suppress(OSError):
                temporary.unlink()
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Have the names in `folder` on the disk. Some file systems cannot sync a folder: then a power cut may bring those
    before back."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def write_text(path: Path, text: str) -> None:
    """Write `text` to `path` as UTF-8, as `write_bytes` does.

    Raises:
        UserError: when it cannot be written (disk full, no permission, ...).
    """
    write_bytes(path, text.encode())


def write_arrays(path: Path, arrays: Arrays, facts: Mapping[str, Any], *, previous: Path | None = None) -> None:
    """Write `arrays` to `path` as safetensors with a checksum, as `write_bytes` does.

    Arguments:
        path: the file.
        arrays: arrays by name, of any shape; booleans, integers, floats up to 64 bits, or complex of 64 bits.
        facts: what is said about the arrays; anything JSON can hold, and NumPy numbers.
        previous: where to keep the file that stood at `path` before. None: it is replaced.

    Raises:
        UserError: when it cannot be written (disk full, no permission, ...).
        TypeError: when an array has a type that could not be read back.
    """
    # safetensors copies memory as it lies: a transposed or big-endian array would come back as another one.
    ordered = {name: _little_endian(np.asarray(array, order="C")) for name, array in sorted(arrays.items())}
    for name, array in ordered.items():
        if array.dtype.name not in _TYPES:
            raise TypeError(f"`{name}` must be of type {', '.join(_TYPES)}, got {array.dtype}.")
    text = json.dumps(facts, sort_keys=True, default=plain)
    data = save(ordered, {FACTS: text, CHECKSUM: _checksum(ordered, text)})
    write_bytes(path, _with_sorted_header(data), previous=previous)


def read_arrays(path: Path) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Read a safetensors file and verify its checksum, if it has one: files of other programs have none.

    Returns:
        The arrays by name; and the facts they were written with (of other programs' files, their metadata).

    Raises:
        UserError: when the file is missing, unreadable, truncated, or not what was written.
    """
    data = read_bytes(path)
    if not data:
        raise _damaged(path, "an empty file")
    try:
        arrays = load(data)
    except KeyError as error:
        raise _damaged(path, f"arrays of the type {error}, which NumPy does not have") from error
    except (SafetensorError, ValueError) as error:
        raise _damaged(path, f"a truncated or damaged one, or another format ({error})") from error
    try:
        metadata = parse_json(data[8 : 8 + int.from_bytes(data[:8], "little")].decode()).get("__metadata__") or {}
        if FACTS not in metadata and CHECKSUM not in metadata:
            return arrays, metadata
        text = metadata.get(FACTS, "")
        if metadata.get(CHECKSUM) != _checksum(arrays, text):
            raise _damaged(path, "one that does not match its checksum: it was damaged or changed later")
        facts = parse_json(text)
    except UserError:
        raise
    except ValueError as error:
        raise _damaged(path, f"one whose facts are no JSON ({error})") from error
    if not isinstance(facts, dict):
        raise _damaged(path, f"one whose facts are {json.dumps(facts)[:40]}")
    return arrays, facts


def _open_partial(path: Path) -> tuple[Path, BinaryIO]:
    """A new file beside `path`, to be given its name when it is whole, and locked as long as it is open."""
    while True:
        temporary = path.with_name(f".{path.name[:50]}.prefrontal-{secrets.token_hex(4)}.partial")
        file = temporary.open("xb")
        # Between the opening and the lock somebody may have taken it for a dead process's, and removed it.
        if locked(file) is not False and temporary.exists():
            return temporary, file
        file.close()
        with suppress(OSError):
            temporary.unlink()


def _remove_unless_written(partial: Path) -> None:
    """Remove the unfinished file `partial` unless a process still writes it, which holds a lock on it then."""
    with suppress(OSError):
        if partial.is_symlink() or os.name == "nt":
            return  # on Windows a file is not locked any more when it gets its name
        with partial.open("r+b") as file:
            if locked(file):
                partial.unlink()


def _little_endian(array: NDArray[Any]) -> NDArray[Any]:
    return array.astype(array.dtype.newbyteorder("<"), copy=False)


def _with_sorted_header(data: bytes) -> bytes:
    """safetensors writes its metadata in random order; equal contents shall make equal files."""
    end = 8 + int.from_bytes(data[:8], "little")
    header = json.dumps(json.loads(data[8:end]), sort_keys=True).encode()
    header += b" " * (-len(header) % 8)
    return len(header).to_bytes(8, "little") + header + data[end:]


def _checksum(arrays: Mapping[str, NDArray[Any]], facts: str) -> str:
    digest = hashlib.sha256(facts.encode(errors="surrogatepass"))
    for name, array in sorted(arrays.items()):
        digest.update(json.dumps([name, array.dtype.name, array.shape]).encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def _damaged(path: Path, got: str) -> UserError:
    return UserError(f"`{path}` must be a whole safetensors file, got {got}. Restore it from a copy.")
