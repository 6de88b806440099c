"""TensorFlow checkpoints (format V2) as NumPy arrays.

A checkpoint called `model` is two files or more: `model.index`, a table that says of every variable its type, shape,
place and checksum, and the data, `model.data-00000-of-00001` when they are in one piece.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from prefrontal.errors import UserError
from prefrontal.interop.checksums import masked_crc32c
from prefrontal.interop.sorted_table import is_table, read_table
from prefrontal.interop.wire import Malformed, fields
from prefrontal.runs.files import read_bytes

TYPES = {1: "<f4", 2: "<f8", 3: "<i4", 9: "<i8"}
"""NumPy's name of the types that are read, by TensorFlow's number."""


@dataclass(frozen=True)
class Entry:
    """What the index says of one variable."""

    type: int
    """TensorFlow's number of its type."""
    shape: tuple[int, ...]
    piece: int
    """The data file it is in, from 0."""
    offset: int
    """Byte of that file it starts at."""
    size: int
    """Bytes."""
    checksum: int
    """Masked CRC-32C of its bytes."""
    sliced: bool
    """Whether it is written in parts, as entries of their own."""


@dataclass(frozen=True)
class Bundle:
    """A checkpoint whose index has been read. Made by `open_bundle`."""

    path: Path
    """Its files' name, up to the `.index`."""
    num_pieces: int
    """Data files."""
    entries: dict[str, Entry]
    """By the variable's name."""

    def piece(self, number: int) -> Path:
        """The data file of this number, from 0."""
        return self.path.with_name(f"{self.path.name}.data-{number:05d}-of-{self.num_pieces:05d}")

    def read(self, names: Sequence[str]) -> dict[str, NDArray[np.generic]]:
        """The variables called `names`. Every byte that the index knows of is checked, whoever it belongs to.

        Raises:
            UserError: when a data file is missing, truncated or damaged, or a wanted variable is of a type that is
                not read.
        """
        pieces = [read_bytes(self.piece(number)) for number in range(self.num_pieces)]
        arrays = {}
        for name, entry in self.entries.items():
            data, path = pieces[entry.piece], self.piece(entry.piece)
            part = data[entry.offset : entry.offset + entry.size]
            if len(part) < entry.size:
                raise _damaged(path, f"{len(data)} bytes where `{name}` ends at byte {entry.offset + entry.size}")
            if masked_crc32c(part) != entry.checksum:
                raise _damaged(path, f"one in which `{name}` does not match its checksum")
            if name in names:
                arrays[name] = self._array(name, entry, part)
        return arrays

    def _array(self, name: str, entry: Entry, data: bytes) -> NDArray[np.generic]:
        if entry.type not in TYPES or entry.sliced:
            got = "one written in parts" if entry.sliced else f"TensorFlow's type {entry.type}"
            raise UserError(
                f"`{name}` in `{self.path}` must be whole numbers or floats in one piece, got {got}. "
                "Give another checkpoint."
            )
        dtype = np.dtype(TYPES[entry.type])
        if entry.size != math.prod(entry.shape) * dtype.itemsize:
            raise _damaged(self.path, f"{entry.size} bytes for `{name}` of shape {entry.shape}")
        try:
            return np.frombuffer(data, dtype).reshape(entry.shape)
        except ValueError as error:  # a length of zero beside one that no array can have
            raise _damaged(self.path, f"the shape {entry.shape} for `{name}`") from error


def open_bundle(path: Path) -> Bundle:
    """Read the index of the checkpoint at `path`.

    Arguments:
        path: the checkpoint's name, one of its files, or the folder it is in.

    Raises:
        UserError: when there is none, a part of it is missing, or the index is truncated or damaged.
    """
    path = find_bundle(path)
    index = path.with_name(path.name + ".index")
    data = read_bytes(index)
    if not is_table(data):
        raise _damaged(index, "a truncated one, or another format")
    try:
        entries = read_table(data)
        num_pieces = _num_pieces(entries.pop(b"", b""))
        bundle = Bundle(path, num_pieces, {name.decode(): _entry(value) for name, value in entries.items()})
    except (Malformed, UnicodeDecodeError) as error:
        raise _damaged(index, str(error)) from error
    if any(entry.piece >= num_pieces for entry in bundle.entries.values()):
        raise _damaged(index, f"variables in more than its {num_pieces} data files")
    for number in range(num_pieces):
        if not bundle.piece(number).is_file():
            raise UserError(
                f"`{bundle.piece(number)}` must be beside `{index.name}`, got none there. "
                "A checkpoint is its index and its data: copy both into one folder."
            )
    return bundle


def find_bundle(path: Path) -> Path:
    """The name of the checkpoint that `path` means, up to the `.index`.

    Arguments:
        path: that name, one of the checkpoint's files, or the folder it is in; the file `checkpoint` in it tells which
            one of several.

    Raises:
        UserError: when that is no checkpoint, or not one only.
    """
    if path.name == "checkpoint" and path.is_file():
        path = path.parent
    if path.is_dir():
        return _in_folder(path)
    bundle = path.with_name(re.sub(r"\.(index|meta|data-\d+-of-\d+)$", "", path.name))
    if bundle.with_name(bundle.name + ".index").is_file():
        return bundle
    if any(re.fullmatch(re.escape(bundle.name) + r"\.data-\d+-of-\d+", name) for name in _names(bundle.parent)):
        raise UserError(
            f"`{bundle}.index` must be beside its data, got none there. "
            "A checkpoint is its index and its data: copy both into one folder."
        )
    got = "a file of another kind" if path.is_file() else "nothing there"
    raise UserError(
        f"`{path}` must be a TensorFlow checkpoint (model.index and model.data-00000-of-00001, given as `model`), "
        f"got {got}. Check its name and folder."
    )


def _in_folder(folder: Path) -> Path:
    bundles = sorted(name.removesuffix(".index") for name in _names(folder) if name.endswith(".index"))
    listed = ", ".join(f"`{folder / name}`" for name in bundles) or "none"
    record = folder / "checkpoint"
    if record.is_file():
        named = re.search(rb'^model_checkpoint_path:\s*"((?:[^"\\]|\\.)*)"', read_bytes(record), re.MULTILINE)
        if not named:
            raise UserError(
                f"`{record}` must name a checkpoint (model_checkpoint_path), got none in it. "
                f"Give the checkpoint itself; in that folder: {listed}."
            )
        target = folder / named[1].decode(errors="replace")
        if target.name not in bundles or target.parent.resolve() != folder.resolve():
            raise UserError(
                f"`{record}` must name a checkpoint in its own folder, got {named[1].decode(errors='replace')}. "
                f"Give the checkpoint itself; in that folder: {listed}."
            )
        return folder / target.name
    if len(bundles) != 1:
        raise UserError(
            f"`{folder}` must hold one TensorFlow checkpoint (an .index and its data), got "
            f"{len(bundles) or 'none'}. Give the checkpoint itself; in that folder: {listed}."
        )
    return folder / bundles[0]


def _names(folder: Path) -> list[str]:
    return [child.name for child in folder.iterdir()] if folder.is_dir() else []


def _num_pieces(header: bytes) -> int:
    """The number of data files, from the header (BundleHeaderProto)."""
    found = dict(fields(header))
    if found.get(2, 0) != 0:
        raise Malformed("numbers with the highest byte first")
    num_pieces = found.get(1, 0)
    if not isinstance(num_pieces, int) or not 1 <= num_pieces <= 99_999:
        raise Malformed("no header")
    return num_pieces


def _entry(message: bytes) -> Entry:
    """One variable (BundleEntryProto). A number that is zero is not written."""
    found = dict(fields(message))
    numbers = {field: found.get(field, 0) for field in (1, 3, 4, 5, 6)}
    shape = found.get(2, b"")
    if not isinstance(shape, bytes) or not all(isinstance(value, int) for value in numbers.values()):
        raise Malformed("an entry of another kind")
    type_, piece, offset, size, checksum = (int(value) for value in numbers.values())
    return Entry(type_, _shape(shape), piece, offset, size, checksum, sliced=7 in found)


def _shape(message: bytes) -> tuple[int, ...]:
    """Lengths of the axes (TensorShapeProto: the size of each dimension)."""
    sizes = [
        dict(fields(value)).get(1, 0) for number, value in fields(message) if number == 2 and isinstance(value, bytes)
    ]
    return tuple(int(size) for size in sizes)


def _damaged(path: Path, got: str) -> UserError:
    return UserError(
        f"`{path}` must be a whole part of a TensorFlow checkpoint, got {got}. Copy it again from where it came from."
    )
