"""A loop that makes wrong inputs of right ones for a reader of files, and looks at what comes out.

An input that reaches a line of the package that none before it reached is kept, and changed again: the search is guided
by coverage, told by `sys.settrace`, so that it needs nothing but Python.
"""

import contextlib
import random
import resource
import signal
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import mutations
from mutations import Mutator

import prefrontal
from prefrontal.errors import UserError

PACKAGE = str(Path(prefrontal.__file__).parent)
MOST_SECONDS = 5.0
"""Of the processor, so that others that use it do not count. Longer than this is a hang."""
MOST_MEMORY = 2**30
"""Bytes that the process may come to hold beyond what it held before; see `fuzz`."""
TRACED, LATER, SOON = 0.3, 0.02, 1_000
"""Share of the inputs whose lines are looked at, and that after so many: it takes longer than the reading itself."""


class Hang(BaseException):
    """An input took too long."""


@dataclass(frozen=True)
class Reader:
    """A reader of files."""

    name: str
    file: str
    """What the input is called: some readers go by the name."""
    read: Callable[[Path], Any]
    inputs: Callable[[], list[bytes]]
    """Right inputs."""
    mutators: tuple[Mutator, ...]
    allowed: tuple[type[Exception], ...] = (UserError,)
    """What may be raised."""


@dataclass
class Outcome:
    """What came of many wrong inputs."""

    tried: int = 0
    refused: int = 0
    kept: list[bytes] = field(default_factory=list)
    """Inputs that reached new lines."""
    lines: int = 0
    """Lines of the package that were reached."""
    faults: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    """How often each fault was met, and the first input."""
    slowest: float = 0.0
    memory: int = 0
    """Bytes that the process came to hold beyond what it held before."""
    seconds: float = 0.0

    def add_fault(self, name: str, data: bytes) -> None:
        """Count a fault."""
        count, first = self.faults.get(name, (0, data))
        self.faults[name] = count + 1, first


def fuzz(
    reader: Reader,
    folder: Path,
    *,
    num: int,
    seed: int | str = 0,
    seconds: float = float("inf"),
    traced: float = TRACED,
    also: Sequence[bytes] = (),
) -> Outcome:
    """Make `num` wrong inputs for `reader`, or as many as there is time for, and read each in `folder`.

    Arguments:
        reader: what reads them.
        folder: where, an empty one.
        num: how many, the right ones among them.
        seed: of the changes.
        seconds: after which no other is made.
        traced: share of the first of them whose lines are looked at; 0: none are, and nothing guides the search.
        also: more inputs to begin with, such as those kept before.
    """
    by = random.Random(f"{seed} {reader.name}")
    known = [*reader.inputs(), *also]
    outcome, reached = Outcome(), set[tuple[str, int]]()
    began, held, num_first = time.monotonic(), _memory(), len(known)
    path = folder / reader.file
    for number in range(num):
        data = known[number] if number < num_first else _changed(reader, known, by)
        path.write_bytes(data)
        before, start = len(reached), time.process_time()
        try:
            share = traced if number < SOON else min(traced, LATER)
            looked = bool(traced) and (number < num_first or by.random() < share)
            guide = _traced(reached) if looked else _quiet()
            with guide, _limited(MOST_SECONDS):
                reader.read(path)
        except reader.allowed:
            outcome.refused += 1
        except (Exception, Hang) as error:
            outcome.add_fault(_place(error), data)
        outcome.tried += 1
        outcome.slowest = max(outcome.slowest, time.process_time() - start)
        if len(reached) > before and number >= num_first and len(data) <= mutations.MOST_BYTES:
            known.append(data)
            outcome.kept.append(data)
        if time.monotonic() - began > seconds:
            break
    outcome.lines, outcome.seconds = len(reached), time.monotonic() - began
    outcome.memory = max(0, _memory() - held)
    if outcome.memory > MOST_MEMORY:
        outcome.add_fault(f"{outcome.memory / 2**20:,.0f} MB", b"")
    return outcome


def _changed(reader: Reader, known: list[bytes], by: random.Random) -> bytes:
    data = known[-by.randrange(1, 1 + min(len(known), 20))] if by.random() < 0.4 else by.choice(known)
    for _ in range(by.choice([1, 1, 1, 2, 3, 5])):
        data = by.choice(reader.mutators)(data, by, known)[: 4 * mutations.MOST_BYTES]
    return data


def _memory() -> int:
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _place(error: BaseException) -> str:
    """What went wrong, and the line of the package where."""
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(PACKAGE)]
    frame = own[-1] if own else traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {Path(frame.filename).name}:{frame.lineno}"


@contextlib.contextmanager
def _limited(seconds: float) -> Iterator[None]:
    def stop(*_: Any) -> None:
        raise Hang

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextlib.contextmanager
def _traced(reached: set[tuple[str, int]]) -> Iterator[None]:
    """Within it, lines of the package that run are added to `reached`."""

    def line(frame: FrameType, event: str, _: Any) -> Any:
        if event == "line":
            reached.add((frame.f_code.co_filename, frame.f_lineno))
        return line

    def call(frame: FrameType, event: str, _: Any) -> Any:
        return line if frame.f_code.co_filename.startswith(PACKAGE) else None

    before = sys.gettrace()
    sys.settrace(call)
    try:
        with _quiet():
            yield
    finally:
        sys.settrace(before)
