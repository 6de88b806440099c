"""A disk that fails, a process that dies and a machine that loses power at any one call that changes files.

Within `Disk(root)` every call of Python's that changes what lies below `root` is counted: files opened to be written,
writes, syncs, renames, removals, folders made, locks. One of them may fail, or be the last thing that the process does;
and what was done can be replayed as a file system leaves it that drops what was not synced. Linux.
"""

import builtins
import contextlib
import errno
import fcntl
import io
import os
import random
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

ERRORS = (errno.ENOSPC, errno.EIO, errno.EMFILE, errno.EACCES, errno.EINTR)


class Died(BaseException):
    """The process is dead: from here on nothing that it does reaches the disk."""


@dataclass
class Inode:
    """The content of a file, and what of it the disk has for certain."""

    data: bytearray = field(default_factory=bytearray)
    synced: bytes = b""


@dataclass(frozen=True)
class Call:
    """One call: "open", "write", "sync", "replace", "unlink", "mkdir", "lock"; or what was `note`d."""

    what: str
    path: str
    inode: Inode | None = None
    """Of the file written, synced, opened or renamed."""
    more: Any = None
    """Of a write, place and bytes; of a rename, the new path; of a note, what was noted."""


class Disk:
    """Sees all that changes below a folder."""

    def __init__(self, root: Path, *, at: int = -1, error: int = 0, share: float = 0.5, reads: bool = False):
        """
        Arguments:
            root: the folder.
            at: the call, from 0, that is the last one or fails; -1: none.
            error: what it fails with, once, such as errno.EIO. 0: the process dies there.
            share: of what a write is to write, what it writes before the process dies.
            reads: whether to count files and folders opened to be read, too.
        """
        self.root, self.calls = root.resolve(), list[Call]()
        self.is_dead = False
        self.failed: Call | None = None
        self._at, self._error, self._share, self._reads = at, error, share, reads
        self._count = 0
        self._inodes = dict[str, Inode]()
        self._before = dict[str, Inode]()
        self._stack = contextlib.ExitStack()

    @property
    def count(self) -> int:
        """Calls so far, notes left out."""
        return self._count

    def note(self, what: Any) -> None:
        """Have it among the calls that something was told to a person just now, such as that all is saved."""
        if not self.is_dead:
            self.calls.append(Call("note", "", more=what))

    def __enter__(self) -> "Disk":
        for path in filter(Path.is_file, self.root.rglob("*")):
            data = path.read_bytes()
            self._inodes[str(path)] = self._before[str(path)] = Inode(bytearray(data), data)
        self._open, self._sync, self._flock, self._os_open = builtins.open, os.fsync, fcntl.flock, os.open
        for module, name, act in (
            (builtins, "open", self._opened),
            (io, "open", self._opened),
            (os, "open", self._os_opened),
            (os, "fsync", self._synced),
            (fcntl, "flock", self._locked),
            *((os, name, self._changed(name)) for name in ("replace", "rename", "unlink", "remove", "mkdir")),
        ):
            self._stack.enter_context(mock.patch.object(module, name, act))
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def replay(self, target: Path, at: int, by_chance: random.Random) -> str:
        """Make `target` the folder as the disk may have it when the power goes after `at` of `calls`.

        What was synced is there: contents of synced files, names in synced folders. Of the rest what chance says.

        Returns:
            How much of it survived: "strict" (nothing), "in order" (names up to some moment), "any" (any of them).
        """
        how = by_chance.choice(["strict", "in order", "any"])
        names, done = dict(self._before), self.calls[:at]
        data = {id(inode): (inode, bytearray(inode.synced), inode.synced) for inode in self._before.values()}
        folders = {str(self.root), *(str(path) for path in self.root.rglob("*") if path.is_dir())} - {
            call.path for call in self.calls if call.what == "mkdir"
        }
        until = by_chance.randrange(len(done) + 1)
        for place, call in enumerate(done):
            if call.inode is not None:
                inode, now, synced = data.setdefault(id(call.inode), (call.inode, bytearray(), b""))
                if call.what == "write":
                    start, written = call.more
                    now[start:] = b"\0" * max(0, start - len(now)) + written + now[start + len(written) :]
                elif call.what == "sync":
                    synced = bytes(now)
                elif call.what == "open" and call.more == "truncate":
                    now.clear()
                data[id(call.inode)] = inode, now, synced
            if call.what in ("open", "replace", "unlink", "mkdir"):
                parents = {
                    str(Path(path).parent) for path in (call.path, call.more if call.what == "replace" else call.path)
                }
                later = {one.path for one in done[place:] if one.what == "sync folder"}
                is_kept = parents <= later or (how == "in order" and place < until)
                is_kept = is_kept or (how == "any" and by_chance.random() < 0.5)
                if is_kept:
                    _apply(call, names, folders)
        for folder in sorted(folders):
            if _is_there(folder, folders, str(self.root)):
                (target / Path(folder).relative_to(self.root)).mkdir(parents=True, exist_ok=True)
        for path, inode in names.items():
            if not _is_there(str(Path(path).parent), folders, str(self.root)):
                continue
            _, now, synced = data.get(id(inode), (inode, bytearray(inode.synced), inode.synced))
            (target / Path(path).relative_to(self.root)).write_bytes(_survived(bytes(now), synced, by_chance))
        return how

    def _call(self, what: str, path: str, inode: Inode | None = None, more: Any = None) -> int | None:
        """Count a call; None: go on. Else the bytes that a write may still write before the process is dead."""
        if self.is_dead:
            raise Died
        number, self._count = self._count, self._count + 1
        if number == self._at:
            if self._error:
                self.failed = Call(what, path)
                raise OSError(self._error, os.strerror(self._error), path)
            self.is_dead = True
            if what == "write":
                written = more[1][: int(self._share * len(more[1]))]
                self.calls.append(Call(what, path, inode, (more[0], written)))
                return len(written)
            raise Died
        self.calls.append(Call(what, path, inode, more))
        return None

    def _is_ours(self, path: Any) -> bool:
        return not isinstance(path, int) and self._full(path).startswith(f"{self.root}/")

    def _full(self, path: Any) -> str:
        return os.path.abspath(os.fsdecode(os.fspath(path)))

    def _opened(self, file: Any, mode: str = "r", buffering: int = -1, *rest: Any, **named: Any) -> Any:
        if not self._is_ours(file) or not set("wax+") & set(mode):
            if self._reads and self._is_ours(file):
                self._call("read", self._full(file))
            return self._open(file, mode, buffering, *rest, **named)
        path = self._full(file)
        inode = self._inodes.get(path)
        if self.is_dead:
            raise Died
        if "x" in mode and os.path.lexists(path):
            raise FileExistsError(17, "File exists", path)
        inode = inode if inode is not None and os.path.lexists(path) else Inode()
        self._call("open", path, inode, "truncate" if "w" in mode else "")
        raw = _Raw(path, mode.replace("b", "").replace("t", ""), self, inode)
        self._inodes[path] = inode
        if "w" in mode:
            inode.data.clear()
        if "b" in mode and buffering == 0:
            return raw
        buffered = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
        return buffered if "b" in mode else io.TextIOWrapper(buffered, *rest, **named)

    def _os_opened(self, path: Any, flags: int, *rest: Any, **named: Any) -> int:
        if self._is_ours(path) and (self.is_dead or self._reads):
            self._call("read", self._full(path))
        return self._os_open(path, flags, *rest, **named)

    def _synced(self, descriptor: int) -> None:
        path = os.readlink(f"/proc/self/fd/{descriptor}")
        if not path.startswith(str(self.root)):
            return self._sync(descriptor)
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            self._call("sync folder", path)
        else:
            self._call("sync", path, self._inodes.get(path))
        return None  # nothing here outlives the test: the disk need not have it

    def _locked(self, descriptor: Any, operation: int) -> None:
        number = descriptor if isinstance(descriptor, int) else descriptor.fileno()
        if os.readlink(f"/proc/self/fd/{number}").startswith(str(self.root)) and operation != fcntl.LOCK_UN:
            self._call("lock", os.readlink(f"/proc/self/fd/{number}"))
        return self._flock(descriptor, operation)

    def _changed(self, name: str) -> Any:
        true = getattr(os, name)

        def change(path: Any, *rest: Any, **named: Any) -> Any:
            if not self._is_ours(path):
                return true(path, *rest, **named)
            here = self._full(path)
            if name == "mkdir" and os.path.lexists(here):
                return true(path, *rest, **named)
            if name in ("replace", "rename"):
                there = self._full(rest[0])
                self._call("replace", here, self._inodes.get(here), there)
                true(path, *rest, **named)
                self._inodes[there] = self._inodes.pop(here, Inode())
                return None
            self._call("mkdir" if name == "mkdir" else "unlink", here)
            return true(path, *rest, **named)

        return change


class _Raw(io.FileIO):
    """A file whose writes are seen."""

    def __init__(self, path: str, mode: str, disk: Disk, inode: Inode):
        super().__init__(path, mode)
        self._disk, self._inode = disk, inode

    def write(self, data: Any) -> int:
        if self._disk.is_dead:
            return len(data)  # what its buffers hold is gone with it
        data = bytes(data)
        place = len(self._inode.data) if "a" in self.mode else self.tell()
        most = self._disk._call("write", str(self.name), self._inode, (place, data))
        written = data if most is None else data[:most]
        super().write(written)
        self._inode.data[place : place + len(written)] = written
        if most is not None:
            raise Died
        return len(data)


def _apply(call: Call, names: dict[str, Inode], folders: set[str]) -> None:
    if call.what == "mkdir":
        folders.add(call.path)
    elif call.what == "unlink":
        names.pop(call.path, None)
    elif call.what == "replace":
        names.pop(call.path, None)
        if call.inode is not None:
            names[call.more] = call.inode
    elif call.inode is not None:
        names[call.path] = call.inode


def _is_there(folder: str, folders: set[str], root: str) -> bool:
    return folder == root or (folder in folders and _is_there(str(Path(folder).parent), folders, root))


def _survived(now: bytes, synced: bytes, by_chance: random.Random) -> bytes:
    """What the disk has of a file: what was synced, or that and some of what came later, or zeros in its place."""
    if now == synced:
        return now
    cut = by_chance.randrange(len(now) + 1)
    return by_chance.choice([synced, now[:cut], now[:cut] + bytes(len(now) - cut), now])


@contextlib.contextmanager
def dying() -> Iterator[None]:
    """Within it, a process may die."""
    with contextlib.suppress(Died):
        yield
