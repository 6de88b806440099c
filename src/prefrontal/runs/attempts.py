"""Whose turn it is: attempts at a piece of work, by processes of many machines that share nothing but a store.

    FOLDER/.attempts/0001/owner.json     who began, where and when: made together with the folder, by one of all who try
    FOLDER/.attempts/0001/beat.json      written every some seconds while it goes on: how far it has come
    FOLDER/.attempts/0001/end.json       how it ended; missing where its process was killed

An attempt may begin when the one before it has ended, or its owner is dead: its process is gone from this machine, or
has not written for `DEAD_AFTER` seconds by the store's clock; by that of this machine since it was switched on, which
nobody sets, where the owner is here, too. It begins by making the next folder, and never touches
those before it: whoever lost a race finds the folder there, and an owner that was believed dead finds a later one.
"""

import json
import os
import platform
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from prefrontal.errors import UserError
from prefrontal.runs.provenance import now
from prefrontal.runs.seals import is_whole, sealed
from prefrontal.runs.store import Store

ATTEMPTS = ".attempts"
SECONDS_BETWEEN_BEATS = 15.0
DEAD_AFTER = 180.0
"""Seconds. Network file systems show what others wrote up to a minute late, and a busy machine is late, too."""

End = Literal["done", "stopped", "failed", "lost", "going on"]


class Overtaken(Exception):
    """Another process has taken this work over: nothing more may be written."""


@dataclass(frozen=True)
class Attempt:
    """One attempt that somebody began."""

    number: int
    """From 1."""
    owner: Mapping[str, Any]
    """Its machine, process and time."""
    end: End
    """How it ended. "lost": its process was killed; "going on": it is alive, as far as can be told."""
    reason: str
    """Why, in words; empty where it is done or goes on."""
    seconds: float
    """How long it took, or has taken; of one that was lost, until it was last heard of."""
    progress: Mapping[str, Any]
    """What it last told of itself."""


def attempts(store: Store, folder: str) -> list[Attempt]:
    """All attempts at the work in `folder`, in order."""
    return [_read(store, folder, number) for number in _numbers(store, folder)]


def begin(store: Store, folder: str) -> "Own | None":
    """Begin an attempt at the work in `folder`; None where another goes on.

    Raises:
        UserError: when the store cannot be written.
    """
    last = max(_numbers(store, folder), default=0)
    if last and _read(store, folder, last).end == "going on":
        return None
    owner = {**_here(), "began": now(), "host": platform.node()}
    if not store.create(_name(folder, last + 1, "owner"), _json(owner)):
        return None
    own = Own(store, folder, last + 1)
    if own.is_overtaken():  # what was seen of the folder was old
        own.end("stopped", "another was there before")
        return None
    return own


class Own:
    """An attempt that this process began. Made by `begin`."""

    def __init__(self, store: Store, folder: str, number: int):
        self._store, self._folder, self.number = store, folder, number
        self._began = time.monotonic()
        self._progress: dict[str, Any] = {}
        self._is_over = threading.Event()
        self.is_lost = False

    @property
    def seconds(self) -> float:
        """Since it began."""
        return time.monotonic() - self._began

    def is_overtaken(self) -> bool:
        """Whether somebody has begun a later attempt."""
        return max(_numbers(self._store, self._folder), default=0) > self.number

    def check(self) -> None:
        """Raises:
        Overtaken: when somebody has begun a later attempt, having found this one dead.
        """
        if self.is_lost or self.is_overtaken():
            self.is_lost = True
            raise Overtaken(f"attempt {self.number} at {self._folder}")

    def tell(self, **progress: Any) -> None:
        """Have the next beats tell of this, too."""
        self._progress |= progress

    def beat(self) -> None:
        """Say that it goes on, and how far it has come."""
        told = {**self._progress, "seconds": round(self.seconds, 1), "clock": time.monotonic()}
        self._store.write(self._name("beat"), _json(told))

    @contextmanager
    def beating(self, on_beat: Callable[[], None] = lambda: None) -> Iterator[None]:
        """Within it, a thread beats; `on_beat` is called with each, in that thread."""

        def go_on() -> None:
            while not self._is_over.wait(SECONDS_BETWEEN_BEATS):
                with suppress(UserError, OSError):  # a store that is away for a moment is no reason to stop
                    self.beat()
                    self.is_lost = self.is_lost or self.is_overtaken()
                on_beat()

        thread = threading.Thread(target=go_on, name="heartbeat", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._is_over.set()
            thread.join()

    def end(self, end: End, reason: str = "") -> None:
        """Say how it ended.

        Raises:
            UserError: when the store cannot be written.
        """
        told = {"end": end, "reason": reason, "seconds": round(self.seconds, 2), "time": now()}
        self._store.write(self._name("end"), _json({**told, "progress": self._progress}))

    def _name(self, what: str) -> str:
        return _name(self._folder, self.number, what)


def _numbers(store: Store, folder: str) -> list[int]:
    return sorted(int(name) for name in store.names(f"{folder}/{ATTEMPTS}") if name.isdigit())


def _name(folder: str, number: int, what: str) -> str:
    return f"{folder}/{ATTEMPTS}/{number:04d}/{what}.json"


def _read(store: Store, folder: str, number: int) -> Attempt:
    names = {what: _name(folder, number, what) for what in ("owner", "beat", "end")}
    read = store.read_all(names.values())
    owner, beat, end = (_parsed(read.get(name)) for name in names.values())
    if end is not None:
        return Attempt(
            number, owner or {}, end["end"], end["reason"], end["seconds"], end.get("progress", {}) | (beat or {})
        )
    progress = beat or {}
    seconds = float(progress.get("seconds", 0.0))
    if owner is not None and _is_gone(owner):
        return Attempt(number, owner, "lost", "its process was killed", seconds, progress)
    # Where the owner is not written yet, its folder says how old it is.
    newest = names["beat"] if beat else names["owner"] if owner else f"{folder}/{ATTEMPTS}/{number:04d}"
    heard = _silence_here(owner, beat)
    heard = store.age(newest) if heard is None else heard
    if heard > DEAD_AFTER:
        reason = f"not heard of for {DEAD_AFTER:.0f} s"
        return Attempt(number, owner or {}, "lost", reason, seconds, progress)
    return Attempt(number, owner or {}, "going on", "", seconds + min(heard, DEAD_AFTER), progress)


def _silence_here(owner: Mapping[str, Any] | None, beat: Mapping[str, Any] | None) -> float | None:
    """For how long an owner on this machine has not written, by the clock of the machine; None where that is not known.
    Each machine counts from when it was switched on."""
    if owner is None or owner.get("machine") != _machine():
        return None
    wrote = (beat or owner).get("clock")
    silence = time.monotonic() - wrote if isinstance(wrote, int | float) else -1.0
    return silence if silence >= 0 else None


def _parsed(data: bytes | None) -> dict[str, Any] | None:
    """What a file holds; None where there is none, or it is damaged."""
    with suppress(ValueError):
        document = json.loads(data) if data else None
        return document if is_whole(document) else None
    return None


def _json(document: Mapping[str, Any]) -> bytes:
    return json.dumps(sealed(document), sort_keys=True).encode()


def _here() -> dict[str, Any]:
    """This process, so that others of its machine can tell whether it lives."""
    return {"machine": _machine(), "process": os.getpid(), "started": _started(os.getpid()), "clock": time.monotonic()}


@cache
def _machine() -> str:
    """This machine since it was switched on, and the processes that can see each other's numbers."""
    boot, processes = "", ""
    with suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    with suppress(OSError):
        processes = os.readlink("/proc/self/ns/pid")
    return f"{platform.node()} {boot} {processes}"


def _started(process: int) -> str:
    """When a process started, in the system's ticks: another of the same number started later. Empty: not known."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in "ZX" else fields[19]  # dead already, and not yet buried


def _is_gone(owner: Mapping[str, Any]) -> bool:
    """Whether the owner was a process of this machine that is no more. False where that cannot be told."""
    if owner.get("machine") != _machine() or not Path("/proc/self/stat").exists():
        return False
    return _started(int(owner.get("process", 0))) != owner.get("started")
