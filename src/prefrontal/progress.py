"""How far something long has come: a bar in a terminal, one line that changes in a notebook, a line now and then
elsewhere. `prefrontal.quietly` silences it."""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from prefrontal.errors import is_quiet

SECONDS_BETWEEN_LINES = 10.0
SECONDS_BETWEEN_CHANGES = 0.5
"""In a notebook."""


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
    what: str, total: int, console: Console | None = None, told: Callable[[int], None] | None = None
) -> Iterator[Callable[[int], None]]:
    """Tells, on standard error, how many of `total` are done; what it yields is called with each number done. Where
    somebody else is `told`, that is who is called."""
    if told is not None:
        yield told
        return
    if is_quiet():
        yield lambda num: None
        return
    shown = console or Console(stderr=True)
    if shown.is_interactive:
        columns = (TextColumn(what), BarColumn(bar_width=20), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, TextColumn("left"), TimeRemainingColumn(), console=shown, transient=True) as bar:
            task = bar.add_task(what, total=total)
            yield lambda num: bar.advance(task, num)
        return
    done, line = 0, Line(console)

    def tell(num: int) -> None:
        nonlocal done
        done += num
        if line.is_due:
            line.tell(f"{what}: {done:,} of {total:,}")

    yield tell
    line.end(f"{what}: {done:,} of {total:,}")


def in_notebook() -> bool:
    """Whether a notebook's kernel runs this."""
    interactive = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return type(interactive).__name__ == "ZMQInteractiveShell"
