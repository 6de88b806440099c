"""Parts of a long computation, kept as they are done: one that was killed goes on with those that are missing.

    FOLDER/.parts/asked.json         what was asked for
    FOLDER/.parts/replaced.json      files of earlier results, in FOLDER
    FOLDER/.parts/KEY.safetensors    a part, by all that decides what it is

They are removed when all is done, and so is what is left of earlier results; FOLDER/checksums.sha256 has the checksums
of the results.
"""

import hashlib
import json
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

PARTS, ASKED, REPLACED = ".parts", "asked.json", "replaced.json"

_folders: list[Path] = []


def is_unfinished(folder: Path, asked: Mapping[str, Any]) -> bool:
    """Whether `folder` is where the same was asked for before, and was not done."""
    with suppress(OSError, ValueError):
        return (folder / PARTS / ASKED).read_text(encoding="utf-8") == to_json(asked)
    return False


@contextmanager
def keeping(folder: Path, asked: Mapping[str, Any], *, replaced: Iterable[Path] = ()) -> Iterator[None]:
    """Within it, parts are kept in `folder`, until all is done; then the checksums of its tables and records.

    Arguments:
        folder: where the results go; made if it is missing.
        asked: what was asked for; anything JSON can hold.
        replaced: files in `folder` that are of earlier results. What is not written anew goes when all is done, and
            folders that held nothing else: where it fails, or is stopped, nothing is lost.

    Raises:
        UserError: when the folder cannot be made or written.
    """
    parts, is_new = folder / PARTS, not folder.exists()
    make_folder(folder)
    earlier = _earlier(folder, replaced) if is_unfinished(folder, asked) else _names(folder, replaced)
    make_folder(parts)
    if earlier:
        write_text(parts / REPLACED, to_json({"replaced": earlier}))
    else:
        (parts / REPLACED).unlink(missing_ok=True)  # of something else that was asked for
    write_text(parts / ASKED, to_json(asked))
    before = {name: _stamp(folder / name) for name in earlier}
    (folder / CHECKSUMS).unlink(missing_ok=True)  # of results that are about to be replaced
    _folders.append(parts)
    try:
        yield
    except UserError:
        if folder_names(parts) <= {ASKED, REPLACED}:  # a mistake leaves nothing behind
            shutil.rmtree(parts, ignore_errors=True)
            if is_new and not folder_names(folder):
                folder.rmdir()
        raise
    finally:
        _folders.remove(parts)
    for name, stamp in before.items():
        if _stamp(folder / name) == stamp:
            _remove(folder, Path(name))
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


def _names(folder: Path, files: Iterable[Path]) -> list[str]:
    return [str(path.relative_to(folder)) for path in files]


def _earlier(folder: Path, files: Iterable[Path]) -> list[str]:
    """What was of earlier results when the same was begun, and `files`."""
    names: list[str] = []
    with suppress(OSError, ValueError, KeyError, TypeError):
        names = list(map(str, json.loads((folder / PARTS / REPLACED).read_text(encoding="utf-8"))["replaced"]))
    within = [name for name in names if not Path(name).is_absolute() and ".." not in Path(name).parts]
    return list(dict.fromkeys([*within, *_names(folder, files)]))


def _stamp(path: Path) -> tuple[int, int] | None:
    """What tells a file from one that was written in its place; None where there is none."""
    with suppress(OSError):
        status = path.stat()
        return status.st_ino, status.st_mtime_ns
    return None


def _remove(folder: Path, name: Path) -> None:
    """Remove the file `name` in `folder`, and the folders between that are empty then."""
    with suppress(OSError):
        (folder / name).unlink()
        for above in list(name.parents)[:-1]:
            (folder / above).rmdir()


def _key(things: Iterable[Any]) -> str:
    digest = hashlib.sha256(to_json(versions()).encode())
    for thing in things:
        if isinstance(thing, np.ndarray):
            digest.update(f"{thing.dtype} {thing.shape}".encode() + thing.tobytes())
        else:
            digest.update(repr(thing).encode())
        digest.update(b"\0")
    return digest.hexdigest()[:32]
