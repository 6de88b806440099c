"""MATLAB files up to version 7 as arrays, texts, lists and dictionaries.

Every length that a file states is held against the bytes that are there before anything is made of it: SciPy's reader
trusts them, and ends in a segmentation fault, or in as much memory as a file asks for, where they lie.

    5 to 7:  128 bytes of heading, elements: tag (kind, bytes), content; an array is an element of elements
    4:       arrays: five numbers, name, content
"""

import math
import zlib
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

MOST_DEPTH = 32
"""Arrays within arrays."""

_HEADING = 128
_MATRIX, _COMPRESSED = 14, 15
_NUMBERS = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
_TEXTS = {1: "latin-1", 2: "latin-1", 4: "utf-16", 16: "utf-8", 17: "utf-16", 18: "utf-32"}
_CELL, _STRUCT, _OBJECT, _CHAR, _NUMERIC = 1, 2, 3, 4, range(6, 16)
_COMPLEX = 0x08
_NUMBERS_4 = ("f8", "f4", "i4", "i2", "u2", "u1")


class Malformed(ValueError):
    """Bytes that are no MATLAB file. Whoever knows the file's name makes a sentence of it."""


class TooNew(ValueError):
    """A MATLAB file of a version that is another format."""


class _Element(NamedTuple):
    kind: int
    content: memoryview


def read_matlab(data: bytes, most: int) -> dict[str, Any]:
    """The variables in a MATLAB file, by name, without axes of length one.

    Numbers are an array in the type that they are stored in; a text is a str, several lines of text an array of them; a
    structure is a dict by field; a row or column of cells or structures is a list. What is none of these (complex
    numbers, sparse arrays, functions, cells in two dimensions) is None.

    Arguments:
        data: the file.
        most: bytes that its compressed elements may hold together.

    Raises:
        TooNew: when it is of version 7.3, which is HDF5.
        Malformed: when it is none, truncated or damaged, nested deeper than `MOST_DEPTH`, or its compressed elements
            hold more than `most`.

    Reference:
        MathWorks, MAT-File Format.
    """
    if len(data) < 20:
        raise Malformed("a file of fewer bytes than a heading has")
    if 0 in data[:4]:
        return dict(_version_4(data))
    if len(data) < _HEADING or data[126:128] not in (b"IM", b"MI"):
        raise Malformed("no heading of a MATLAB file")
    order = "<" if data[126:128] == b"IM" else ">"
    if int(np.frombuffer(data, f"{order}u2", 1, 124)[0]) >> 8 == 2:
        raise TooNew("version 7.3")
    found: dict[str, Any] = {}
    room = most
    for kind, content in _elements(memoryview(data)[_HEADING:], order):
        if kind == _COMPRESSED:
            unpacked = _unpacked(content, room)
            room -= len(unpacked)
            kind, content = next(_elements(memoryview(unpacked), order), _Element(0, memoryview(b"")))
        if kind == _MATRIX:
            name, value = _array(content, order, 0)
            found[name] = value
    found.pop("", None)  # what belongs to functions
    return found


def _unpacked(content: memoryview, room: int) -> bytes:
    packed = zlib.decompressobj()
    try:
        unpacked = packed.decompress(content, room + 1)
    except zlib.error as error:
        raise Malformed(f"a compressed part that is damaged: {error}") from error
    if len(unpacked) > room:
        raise Malformed(f"compressed parts of more than {room / 2**20:,.0f} MB")
    if not packed.eof:
        raise Malformed("a compressed part that does not end")
    return unpacked


def _elements(data: memoryview, order: str) -> Iterator[_Element]:
    """The elements that follow each other in `data`."""
    at = 0
    while at + 8 <= len(data):
        first, size = (int(word) for word in np.frombuffer(data, f"{order}u4", 2, at))
        kind = first
        if first >> 16:  # a small one, in four bytes of its tag
            kind, size, start, after = first & 0xFFFF, first >> 16, at + 4, at + 8
            if size > 4:
                raise Malformed("a small element of more than 4 bytes")
        else:
            start = at + 8
            after = start + size + (-size % 8 if kind != _COMPRESSED else 0)
        if start + size > len(data):
            raise Malformed("an element that does not end")
        yield _Element(kind, data[start : start + size])
        at = after


def _array(content: memoryview, order: str, depth: int) -> tuple[str, Any]:
    """An array's name and value."""
    if depth > MOST_DEPTH:
        raise Malformed(f"arrays within one another, more than {MOST_DEPTH} deep")
    parts = _elements(content, order)
    flags = _numbers(next(parts, _Element(6, memoryview(b""))), order)
    if len(flags) < 1:
        return "", np.zeros(0)  # a field without a value
    kind, is_complex = int(flags[0]) & 0xFF, bool(int(flags[0]) >> 8 & _COMPLEX)
    if not (kind in (_CELL, _STRUCT, _OBJECT, _CHAR) or kind in _NUMERIC):
        return "", None  # sparse arrays, functions, what is opaque
    shape = tuple(int(size) for size in _numbers(_next(parts), order))
    if len(shape) < 2 or min(shape) < 0:
        raise Malformed(f"an array of shape {shape}")
    name = _text(_next(parts), order)
    num = math.prod(shape)
    if kind == _CELL:
        return name, _listed([_value(part, order, depth) for part in _so_many(parts, num)], shape)
    if kind in (_STRUCT, _OBJECT):
        return name, _structures(parts, shape, order, depth, named=kind == _OBJECT)
    if kind == _CHAR:
        return name, _lines(_text(next(parts, _Element(1, memoryview(b""))), order), shape)
    if is_complex:
        return name, None
    numbers = _numbers(next(parts, _Element(9, memoryview(b""))), order)
    if len(numbers) != num:
        raise Malformed(f"{len(numbers)} numbers in an array of shape {shape}")
    return name, numbers.reshape(shape, order="F").squeeze()


def _next(parts: Iterator[_Element]) -> _Element:
    for part in parts:
        return part
    raise Malformed("an array that does not end")


def _so_many(parts: Iterator[_Element], num: int) -> Iterator[_Element]:
    """The next `num` of `parts`: each takes bytes of the file, so that a number that lies ends soon."""
    for _ in range(num):
        yield _next(parts)


def _value(part: _Element, order: str, depth: int) -> Any:
    if part.kind != _MATRIX:
        raise Malformed("a cell or field that is no array")
    return _array(part.content, order, depth + 1)[1]


def _structures(parts: Iterator[_Element], shape: tuple[int, ...], order: str, depth: int, *, named: bool) -> Any:
    if named:
        _next(parts)  # the name of the class
    lengths = _numbers(_next(parts), order)
    text = bytes(_next(parts).content)
    size = int(lengths[0]) if len(lengths) else 0
    if text and not 1 <= size <= len(text):
        raise Malformed(f"names of {size} letters in {len(text)} bytes")
    places = range(0, len(text) - size + 1, size) if text else ()
    names = [text[place : place + size].partition(b"\0")[0].decode("latin-1") for place in places]
    if not names:
        return {}
    made = []
    for _ in range(math.prod(shape)):
        fields = zip(names, _so_many(parts, len(names)), strict=True)
        made.append({name: _value(part, order, depth) for name, part in fields})
    return _listed(made, shape)


def _listed(values: list[Any], shape: tuple[int, ...]) -> Any:
    """The only one of `values`; a list of those in a row or column; None where they are in more dimensions."""
    if len(values) == 1:
        return values[0]
    return values if sum(size != 1 for size in shape) <= 1 or not values else None


def _lines(text: str, shape: tuple[int, ...]) -> Any:
    rows = shape[0]
    if not text or rows <= 1 or len(shape) > 2 or len(text) != math.prod(shape):
        return text
    return np.array([text[row::rows] for row in range(rows)])


def _numbers(part: _Element, order: str) -> np.ndarray:
    kind, content = part
    if kind not in _NUMBERS:
        raise Malformed(f"numbers of the unknown kind {kind}")
    dtype = np.dtype(order + _NUMBERS[kind])
    if len(content) % dtype.itemsize:
        raise Malformed("numbers that do not end")
    return np.frombuffer(content, dtype)


def _text(part: _Element, order: str) -> str:
    kind, content = part
    if kind not in _TEXTS:
        raise Malformed(f"text of the unknown kind {kind}")
    encoding = _TEXTS[kind]
    if encoding in ("utf-16", "utf-32"):
        encoding += "-le" if order == "<" else "-be"
    return bytes(content).decode(encoding, errors="replace")


def _version_4(data: bytes) -> Iterator[tuple[str, Any]]:
    at = 0
    while at + 20 <= len(data):
        order = "<" if 0 <= int.from_bytes(data[at : at + 4], "little", signed=True) < 5_000 else ">"
        kind, rows, columns, is_complex, length = (int(number) for number in np.frombuffer(data, f"{order}i4", 5, at))
        number, of = kind // 10 % 10, kind % 10
        if not 0 <= kind < 5_000 or number >= len(_NUMBERS_4) or of > 2 or min(rows, columns, length) < 0:
            raise Malformed("no heading of a MATLAB file")
        dtype = np.dtype(order + _NUMBERS_4[number])
        start = at + 20 + length
        size = rows * columns * dtype.itemsize
        at = start + size * (2 if is_complex else 1)
        if at > len(data):
            raise Malformed("an array that does not end")
        name = data[start - length : start].partition(b"\0")[0].decode("latin-1")
        numbers = np.frombuffer(data, dtype, rows * columns, start)
        if of == 0:
            yield name, None if is_complex else numbers.reshape((rows, columns), order="F").squeeze()
        elif of == 1:
            letters = "".join(chr(int(letter)) if 0 <= letter < 256 else "?" for letter in numbers)
            yield name, _lines(letters, (rows, columns))
