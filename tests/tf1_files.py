"""TensorFlow checkpoints written by hand, to be read and to be damaged.

The writer goes by the description of the format and shares nothing with the reader but the bytes; its checksum works
bit by bit.
"""

import itertools
from collections.abc import Mapping
from pathlib import Path

import numpy as np

MAGIC = bytes.fromhex("57fb808b247547db")
TYPES = {"float32": 1, "float64": 2, "int32": 3, "int64": 9, "bool": 10}

REFERENCE = Path(__file__).parent / "data" / "reference"
"""A checkpoint of mtrazzi/two-step-task and what TensorFlow made of it: see `data/README.md`."""


def crc32c(data: bytes) -> int:
    """Division of `data` by Castagnoli's polynomial, one bit after the other."""
    remainder = 0xFFFFFFFF
    for byte in data:
        remainder ^= byte
        for _ in range(8):
            remainder = (remainder >> 1) ^ (0x82F63B78 if remainder & 1 else 0)
    return remainder ^ 0xFFFFFFFF


def masked(data: bytes) -> bytes:
    value = crc32c(data)
    return (((value >> 15) + (value << 17 & 0xFFFFFFFF) + 0xA282EAD8) % 2**32).to_bytes(4, "little")


def varint(value: int) -> bytes:
    groups = []
    while True:
        value, low = divmod(value, 128)
        groups.append(low + 128 * (value > 0))
        if not value:
            return bytes(groups)


def message(number: int, content: bytes) -> bytes:
    return varint(8 * number + 2) + varint(len(content)) + content


def block(entries: Mapping[bytes, bytes], *, every: int = 3) -> bytes:
    """A block with its trailer; every so many keys one is written in full."""
    body, starts, before = b"", [], b""
    for number, (key, value) in enumerate(entries.items()):
        shared = 0
        if number % every:
            while shared < min(len(before), len(key)) and before[shared] == key[shared]:
                shared += 1
        else:
            starts.append(len(body))
        body += varint(shared) + varint(len(key) - shared) + varint(len(value)) + key[shared:] + value
        before = key
    starts = starts or [0]
    body += b"".join(start.to_bytes(4, "little") for start in [*starts, len(starts)])
    return body + b"\0" + masked(body + b"\0")


def table(entries: Mapping[bytes, bytes], *, per_block: int = 4) -> bytes:
    data, index = b"", {}
    remaining = iter(sorted(entries.items()))
    while some := dict(itertools.islice(remaining, per_block)):
        one = block(some)
        index[max(some)] = varint(len(data)) + varint(len(one) - 5)
        data += one
    footer = b""
    for last in ({}, index):
        one = block(last)
        footer += varint(len(data)) + varint(len(one) - 5)
        data += one
    return data + footer.ljust(40, b"\0") + MAGIC


def write_checkpoint(path: Path, arrays: Mapping[str, np.ndarray], *, pieces: int = 1) -> Path:
    """Write `arrays` as the checkpoint `path`, dealt out over so many data files."""
    data, entries = [b""] * pieces, {b"": b"\x08" + varint(pieces) + message(3, b"\x08\x01")}
    for number, (name, array) in enumerate(sorted(arrays.items())):
        content, piece = array.tobytes(), number % pieces
        dimensions = b"".join(message(2, b"\x08" + varint(size)) for size in array.shape)
        fields = b"\x08" + varint(TYPES[array.dtype.name]) + message(2, dimensions)
        for field, value in ((3, piece), (4, len(data[piece])), (5, len(content))):
            fields += varint(8 * field) + varint(value) if value else b""
        entries[name.encode()] = fields + b"\x35" + masked(content)
        data[piece] += content
    path.with_name(path.name + ".index").write_bytes(table(entries))
    for piece, content in enumerate(data):
        path.with_name(f"{path.name}.data-{piece:05d}-of-{pieces:05d}").write_bytes(content)
    return path


def network(seed: int = 0) -> dict[str, np.ndarray]:
    """The variables of a network of the reference, drawn at random, with a worker's copy and slots beside them."""
    rng = np.random.default_rng(seed)
    shapes = {
        "rnn/lstm_cell/kernel": (55, 192),
        "rnn/lstm_cell/bias": (192,),
        "fully_connected/weights": (48, 2),
        "fully_connected_1/weights": (48, 1),
    }
    draw = {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    variables = {f"global/{name}": array for name, array in draw.items()}
    variables |= {f"worker_0/{name}": array - 1 for name, array in draw.items()}
    variables |= {f"worker_0/global/{name}/RMSProp": array**2 for name, array in draw.items()}
    return variables | {"global_episodes": np.int32(700)}
