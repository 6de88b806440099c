"""How far something long has come: a bar in a terminal, one line that changes in a notebook, a line now and then
elsewhere. `prefrontal.quietly` silences it."""

import contextlib
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterator
from typing import Any, TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from prefrontal.errors import is_on_the_command_line, is_quiet

SECONDS_BETWEEN_LINES = 30.0
SECONDS_BEFORE_START = 1.0
"""What takes less is not told of."""
SECONDS_BETWEEN_CHANGES = 0.5
"""In a notebook."""
SPEED_OVER = float("inf")
"""Seconds over which a bar measures how fast it goes: over Rich's thirty, what takes longer would never say how long it
still takes. It keeps the last thousand."""
Item = TypeVar("Item")
_is_telling = False


class Line:
    """What is told where there is no terminal: line after line in a file, and one line that changes in a notebook."""

    def __init__(self, console: Console | None = None):
        """Arguments:
        console: where to tell it; None: standard error, or the notebook.
        """
        self._file = (console or Console(stderr=True)).file
        self._notebook = in_notebook() and console is None
        self._told = time.monotonic()
        self._shown: Any = None

    @property
    def is_due(self) -> bool:
        """Whether so much time has gone by that something may be told again."""
        pause = SECONDS_BETWEEN_CHANGES if self._notebook else SECONDS_BETWEEN_LINES
        return time.monotonic() - self._told >= pause

    def tell(self, text: str) -> None:
        """Tell `text`; in a notebook, in the place of what was told before."""
        self._told = time.monotonic()
        if not self._notebook:
            with contextlib.suppress(OSError):  # where nobody can be told, the work goes on
                print(text, file=self._file, flush=True)
        elif self._shown is None:
            from IPython.display import display  # there, since this is a notebook

            self._shown = display({"text/plain": text}, raw=True, display_id=True)
        else:
            self._shown.update({"text/plain": text}, raw=True)

    def end(self, text: str) -> None:
        """Tell `text` in a notebook, where the line stays; elsewhere nothing."""
        if self._notebook:
            self.tell(text)


@contextlib.contextmanager
def progress(
    what: str,
    total: int,
    console: Console | None = None,
    told: Callable[[int], None] | None = None,
    *,
    compiles: bool = True,
) -> Iterator[Callable[[int], None]]:
    """Tells, on standard error, how many of `total` are done; what it yields is called with each number done. Where
    somebody else is `told`, that is who is called. Within another that tells, it is silent. The first to be done takes
    longer where it `compiles`, which is said."""
    global _is_telling
    if told is not None:
        yield told
    elif is_quiet() or _is_telling:
        yield lambda num: None
    else:
        _is_telling = True
        try:
            with _telling(what, total, console, compiles) as tell:
                yield tell
        finally:
            _is_telling = False


@contextlib.contextmanager
def _telling(what: str, total: int, console: Console | None, compiles: bool) -> Iterator[Callable[[int], None]]:
    shown = console or Console(stderr=True)
    if shown.is_interactive:
        columns = (TextColumn("{task.description}"), BarColumn(bar_width=20), MofNCompleteColumn(), TimeElapsedColumn())
        left = (TextColumn("left"), TimeRemainingColumn())
        with Progress(*columns, *left, console=shown, transient=True, speed_estimate_period=SPEED_OVER) as bar:
            task = bar.add_task(what + " (compiling)" * compiles, total=total)
            yield lambda num: bar.update(task, advance=num, description=what)
        return
    done, line = 0, Line(console)

    def tell(num: int) -> None:
        nonlocal done
        done += num
        if line.is_due:
            line.tell(f"{what}: {done:,} of {total:,}")

    with told_start(what, f"{total:,} to do", line, compiles=compiles):
        yield tell
    line.end(f"{what}: {done:,} of {total:,}")


def each(items: Collection[Item], what: str, *, compiles: bool = True) -> Iterator[Item]:
    """The `items`, one by one, telling how many of them are done; of a single one nothing is told.

    Arguments:
        items: what there is to do something with.
        what: is done with them, such as "Testing networks".
        compiles: whether the first takes longer, because JAX compiles what it runs.

    Example:
        >>> from prefrontal.progress import each
        >>> [item**2 for item in each([1, 2, 3], "Squaring")]
        [1, 4, 9]
    """
    if len(items) < 2:
        yield from items
        return
    with progress(what, len(items), compiles=compiles) as done:
        for item in items:
            yield item
            done(1)


@contextlib.contextmanager
def told_start(what: str, size: str, line: Line | None = None, *, compiles: bool = True) -> Iterator[None]:
    """Where no bar tells it, tell who gave a command that something has begun, if it takes longer than a moment.
    Scripts are not told."""
    if is_quiet() or not is_on_the_command_line():
        yield
        return
    text = f"{what}: {size}{', after some seconds of compiling' * compiles}"
    timer = threading.Timer(SECONDS_BEFORE_START, (line or Line()).tell, [text])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def duration(seconds: int | float) -> str:
    """A time in words: "90 s", "45 min", "3 h 20 min", "6 d 3 h"."""
    minutes, hours = round(seconds / 60), round(seconds / 3600)
    if minutes < 2:
        return f"{seconds:.0f} s"
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min" if hours < 48 else f"{hours // 24:,} d {hours % 24} h"


def rate(number: int, seconds: float) -> str:
    """How many of something in what time: "1,200/s", "50/min", "3/h"."""
    a_second = number / max(seconds, 1e-9)
    name, length = next((unit for unit in (("s", 1), ("min", 60)) if a_second * unit[1] >= 1), ("h", 3600))
    return f"{a_second * length:,.0f}/{name}"


def in_terminal() -> bool:
    """Whether a terminal shows what goes to standard error, so that a bar can be shown."""
    return Console(stderr=True).is_interactive


def in_notebook() -> bool:
    """Whether a notebook's kernel runs this."""
    interactive = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return type(interactive).__name__ == "ZMQInteractiveShell"
