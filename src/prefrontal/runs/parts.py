"""Parts of a long computation, kept as they are done: one that was killed goes on with those that are missing.

    FOLDER/.parts/asked.json         what was asked for
    FOLDER/.parts/KEY.safetensors    a part, by all that decides what it is

They are removed when all is done, and FOLDER/checksums.sha256 has the checksums of the results.
"""

import hashlib
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prefrontal.errors import UserError
from prefrontal.runs.files import folder_names, make_folder, read_arrays, write_arrays, write_text
from prefrontal.runs.provenance import to_json, versions
from prefrontal.runs.seals import CHECKSUMS, write_checksums

PARTS, ASKED = ".parts", "asked.json"

_folders: list[Path] = []


def is_unfinished(folder: Path, asked: Mapping[str, Any]) -> bool:
    """Whether `folder` is where the same was asked for before, and was not done."""
    with suppress(OSError, ValueError):
        return (folder / PARTS / ASKED).read_text(encoding="utf-8") == to_json(asked)
    return False


@contextmanager
def keeping(folder: Path, asked: Mapping[str, Any]) -> Iterator[None]:
    """Within it, parts are kept in `folder`, until all is done; then the checksums of its tables and records.

    Arguments:
        folder: where the results go; made if it is missing.
        asked: what was asked for; anything JSON can hold.

    Raises:
        UserError: when the folder cannot be made or written.
    """
    parts, is_new = folder / PARTS, not folder.exists()
    make_folder(folder)
    make_folder(parts)
    write_text(parts / ASKED, to_json(asked))
    (folder / CHECKSUMS).unlink(missing_ok=True)  # of results that are about to be replaced
    _folders.append(parts)
    try:
        yield
    except UserError:
        if folder_names(parts) == {ASKED}:  # a mistake leaves nothing behind
            shutil.rmtree(parts, ignore_errors=True)
            if is_new and not folder_names(folder):
                folder.rmdir()
        raise
    finally:
        _folders.remove(parts)
    if results := [name for name in folder_names(folder) if name.endswith((".csv", ".json"))]:
        write_checksums(folder, results)
    shutil.rmtree(parts, ignore_errors=True)


def kept(things: Iterable[Any], make: Callable[[], list[NDArray[Any]]]) -> list[NDArray[Any]]:
    """What `make` gives, or gave when the same part was made before.

    Arguments:
        things: all that decides what it gives: arrays, and things whose `repr` says it all.
        make: computes the part.
    """
    if not _folders:
        return make()
    path = _folders[-1] / f"{_key(things)}.safetensors"
    with suppress(UserError):  # none is there, or it is damaged
        arrays, _ = read_arrays(path)
        return [arrays[name] for name in sorted(arrays)]
    made = make()
    with suppress(UserError):  # on a full disk the results are told of
        write_arrays(path, {f"{place:04d}": array for place, array in enumerate(made)}, {})
    return made


def _key(things: Iterable[Any]) -> str:
    digest = hashlib.sha256(to_json(versions()).encode())
    for thing in things:
        if isinstance(thing, np.ndarray):
            digest.update(f"{thing.dtype} {thing.shape}".encode() + thing.tobytes())
        else:
            digest.update(repr(thing).encode())
        digest.update(b"\0")
    return digest.hexdigest()[:32]
