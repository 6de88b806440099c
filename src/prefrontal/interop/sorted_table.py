"""The sorted table of keys and values (LevelDB's) that TensorFlow keeps a checkpoint's index in.

    data blocks, a block of further data, the index block (which key ends which data block), footer

Every block ends with its kind and a checksum; the footer says where the last two blocks are.
"""

from collections.abc import Iterator

from prefrontal.interop.checksums import masked_crc32c
from prefrontal.interop.wire import Malformed, varint

_MAGIC = (0xDB4775248B80FB57).to_bytes(8, "little")
_FOOTER = 48
_TRAILER = 5


def is_table(data: bytes) -> bool:
    """Whether `data` end as such a table does."""
    return len(data) >= _FOOTER and data.endswith(_MAGIC)


def read_table(data: bytes) -> dict[bytes, bytes]:
    """All entries of a table.

    Raises:
        Malformed: when `data` are no table, a block does not match its checksum or is compressed, or keys do not
            ascend.

    Reference:
        LevelDB, doc/table_format.md.
    """
    if not is_table(data):
        raise Malformed("no mark at its end")
    footer = data[-_FOOTER : -len(_MAGIC)]
    *further, at = _handle(footer, 0)
    *index, at = _handle(footer, at)
    if any(footer[at:]):
        raise Malformed("a footer of another kind")
    _block(data, *further)  # of no use here, but it must be whole
    entries: dict[bytes, bytes] = {}
    last = b""
    for _, handle in _entries(_block(data, *index)):
        offset, size, _ = _handle(handle, 0)
        for key, value in _entries(_block(data, offset, size)):
            if entries and key <= last:
                raise Malformed("keys out of order")
            entries[key] = value
            last = key
    return entries


def _handle(data: bytes, at: int) -> tuple[int, int, int]:
    """Offset and size of a block, and where the handle ends."""
    offset, at = varint(data, at)
    size, at = varint(data, at)
    return offset, size, at


def _block(data: bytes, offset: int, size: int) -> bytes:
    end = offset + size
    if end + _TRAILER > len(data) - _FOOTER:
        raise Malformed("a block beyond its end")
    if masked_crc32c(data[offset : end + 1]) != int.from_bytes(data[end + 1 : end + _TRAILER], "little"):
        raise Malformed("a block that does not match its checksum")
    if data[end] != 0:
        raise Malformed("a compressed block, which TensorFlow does not write here")
    return data[offset:end]


def _entries(block: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Keys and values of a block. A key is written as what it does not share with the key before it."""
    end = len(block) - 4 * (1 + int.from_bytes(block[-4:], "little"))
    if len(block) < 4 or end < 0:
        raise Malformed("a block without an end")
    key, at = b"", 0
    while at < end:
        shared, at = varint(block, at)
        own, at = varint(block, at)
        size, at = varint(block, at)
        if shared > len(key) or at + own + size > end:
            raise Malformed("an entry beyond its block")
        key = key[:shared] + block[at : at + own]
        yield key, block[at + own : at + own + size]
        at += own + size
