"""A copy of a run folder that is worked on here while results lie elsewhere: pulled once, pushed at each save.

    FOLDER/.kept/0002/CHECKSUM        files as the second attempt saved them, by their contents
    FOLDER/.kept/0002/manifest.json   which files make up the run: written last, so that all is pushed or none

Each attempt writes into its own folder of `.kept` alone, and the one of the latest attempt counts: what a process does
that was believed dead harms nobody. Once the run is done its files are in FOLDER under their own names.
"""

import hashlib
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from prefrontal.errors import UserError
from prefrontal.runs.files import make_folder, write_bytes
from prefrontal.runs.seals import SEAL, is_whole, sealed
from prefrontal.runs.store import Store
from prefrontal.runs.workplace import Workplace

KEPT = ".kept"
MANIFEST = "manifest.json"


class Carried(Workplace):
    """A copy of the run folder `name` of a store."""

    def __init__(self, folder: Path, store: Store, name: str, number: int):
        """Arguments:
        folder: the copy; made by `pull`.
        store: where the run lies.
        name: its folder there.
        number: of the attempt that this process began.
        """
        super().__init__(folder)
        self._store, self._name, self._number = store, name, number
        self._checksums: dict[Path, tuple[tuple[int, int, int], str]] = {}
        self._pushed: set[str] = set()

    def pull(self) -> None:
        """Make the copy: of what the latest attempt pushed that is whole.

        Raises:
            UserError: when the store cannot be read.
        """
        make_folder(self.folder)
        for number in sorted(self._kept(), reverse=True):
            files = self._read(number)
            if files is None:
                continue
            for name, data in files.items():
                make_folder((self.folder / name).parent)
                write_bytes(self.folder / name, data)
            return

    def push(self) -> None:
        files = {name: self._checksum(self.folder / name) for name in self._names()}
        for name, checksum in files.items():
            if checksum not in self._pushed:
                self._store.write(self._place(self._number, checksum), (self.folder / name).read_bytes())
        manifest = json.dumps(sealed({"files": files}), sort_keys=True).encode()
        self._store.write(self._place(self._number, MANIFEST), manifest)
        for checksum in self._pushed - set(files.values()):
            self._store.remove(self._place(self._number, checksum))
        if not self._pushed:  # what is pushed now is whole: those before are not needed any more
            for number in self._kept():
                if number < self._number:
                    self._forget(number)
        self._pushed = set(files.values())

    def hand_in(self) -> None:
        for name in self._names():
            self._store.write(f"{self._name}/{name}", (self.folder / name).read_bytes())

    def forget(self) -> None:
        for number in self._kept():
            self._forget(number)

    def _names(self) -> list[str]:
        """The files of the copy, but for locks and files that are being written."""
        paths = sorted(path for path in self.folder.rglob("*") if path.is_file() and not path.name.startswith("."))
        return [path.relative_to(self.folder).as_posix() for path in paths]

    def _checksum(self, path: Path) -> str:
        stat = path.stat()
        mark = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
        known = self._checksums.get(path)
        if known is None or known[0] != mark:
            self._checksums[path] = mark, hashlib.sha256(path.read_bytes()).hexdigest()
        return self._checksums[path][1]

    def _kept(self) -> list[int]:
        return [int(name) for name in self._store.names(f"{self._name}/{KEPT}") if name.isdigit()]

    def _read(self, number: int) -> dict[str, bytes] | None:
        """The files that an attempt pushed; None unless all are there and whole."""
        with suppress(ValueError):
            document = json.loads(self._store.read(self._place(number, MANIFEST)) or b"")
            if SEAL not in document or not is_whole(document):
                return None
            manifest = document["files"]
            places = {self._place(number, checksum): checksum for checksum in manifest.values()}
            read = {places[place]: data for place, data in self._store.read_all(places).items()}
            if all(hashlib.sha256(data).hexdigest() == checksum for checksum, data in read.items()):
                with suppress(KeyError):
                    return {name: read[checksum] for name, checksum in manifest.items()}
        return None

    def _forget(self, number: int) -> None:
        place = f"{self._name}/{KEPT}/{number:04d}"
        with suppress(UserError):
            for name in sorted(self._store.names(place), key=lambda name: name != MANIFEST):  # the manifest first
                self._store.remove(f"{place}/{name}")

    def _place(self, number: int, name: str) -> str:
        return f"{self._name}/{KEPT}/{number:04d}/{name}"


@contextmanager
def workplace(store: Store, name: str, number: int, scratch: str | None = None) -> Iterator[Workplace]:
    """The place to work on the run folder `name` of `store`.

    Arguments:
        store: where results lie.
        name: the folder's, in there.
        number: of the attempt that this process began.
        scratch: where copies are made. None: in the system's temporary folder.
    """
    if store.folder is not None:
        make_folder(store.folder / name)
        yield Workplace(store.folder / name)
        return
    with tempfile.TemporaryDirectory(prefix="prefrontal-", dir=scratch) as copy:
        carried = Carried(Path(copy) / Path(name).name, store, name, number)
        carried.pull()
        yield carried
