"""CRC-32C, the checksum of TensorFlow's files."""

_POLYNOMIAL = 0x82F63B78  # Castagnoli's, with the lowest bit first
_MASK = 0xA282EAD8


def _table() -> tuple[int, ...]:
    def one(value: int) -> int:
        for _ in range(8):
            value = value >> 1 ^ (_POLYNOMIAL if value & 1 else 0)
        return value

    return tuple(map(one, range(256)))


_TABLE = _table()


def crc32c(data: bytes) -> int:
    """The cyclic redundancy check of `data` with Castagnoli's polynomial, 32 bits.

    Reference:
        RFC 3720, appendix B.4.
    """
    value, table = 0xFFFFFFFF, _TABLE
    for byte in data:
        value = value >> 8 ^ table[(value ^ byte) & 0xFF]
    return value ^ 0xFFFFFFFF


def masked_crc32c(data: bytes) -> int:
    """`crc32c` as it is stored: turned by 15 bits and shifted by a constant, since the checksum of data that hold
    their own checksum is of little use."""
    value = crc32c(data)
    return ((value >> 15 | value << 17) + _MASK) & 0xFFFFFFFF
