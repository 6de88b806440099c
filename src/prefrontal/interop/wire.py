"""The wire formats that TensorFlow's checkpoint index is written in: variable-length integers and protocol buffers."""

from collections.abc import Iterator

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


class Malformed(ValueError):
    """Bytes that are not what they should be. Whoever knows the file's name makes a sentence of it."""


def varint(data: bytes, at: int) -> tuple[int, int]:
    """The integer that starts at `at`, seven bits a byte and the lowest first; and where it ends.

    Raises:
        Malformed: when it does not end within `data`, or has more than 64 bits.
    """
    value = 0
    for number, byte in enumerate(data[at : at + 10]):
        value |= (byte & 0x7F) << 7 * number
        if byte < 0x80:
            if value >= 1 << 64:
                break
            return value, at + number + 1
    raise Malformed("a number that does not end")


def fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The fields of a protocol buffer message in their order: number and value.

    Numbers come as unsigned integers, and what has a length (text, messages) as bytes.

    Raises:
        Malformed: when `message` is none.

    Reference:
        Protocol Buffers documentation, "Encoding".
    """
    at = 0
    while at < len(message):
        tag, at = varint(message, at)
        number, kind = tag >> 3, tag & 7
        if kind == _VARINT:
            value, at = varint(message, at)
        elif kind in (_FIXED32, _FIXED64, _BYTES):
            length = {_FIXED32: 4, _FIXED64: 8}.get(kind)
            if length is None:
                length, at = varint(message, at)
            value, at = message[at : at + length], at + length
            if kind != _BYTES:
                value = int.from_bytes(value, "little")
        else:
            raise Malformed(f"a field of the unknown kind {kind}")
        if at > len(message):
            raise Malformed("a field that does not end")
        yield number, value
