"""How far a long command has come: a bar in a terminal, a line now and then elsewhere."""

import contextlib
import time
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from prefrontal.errors import is_quiet

SECONDS_BETWEEN_LINES = 10.0


@contextlib.contextmanager
def progress(what: str, total: int, console: Console | None = None) -> Iterator[Callable[[int], None]]:
    """Tells, on standard error, how many of `total` are done; what it yields is called with each number done."""
    console = console or Console(stderr=True)
    if is_quiet():
        yield lambda num: None
        return
    if console.is_interactive:
        columns = (TextColumn(what), BarColumn(bar_width=20), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, TextColumn("left"), TimeRemainingColumn(), console=console, transient=True) as bar:
            task = bar.add_task(what, total=total)
            yield lambda num: bar.advance(task, num)
        return
    done, told = 0, time.monotonic()

    def tell(num: int) -> None:
        nonlocal done, told
        done += num
        if time.monotonic() - told >= SECONDS_BETWEEN_LINES:
            told = time.monotonic()
            with contextlib.suppress(OSError):  # where nobody can be told, the work goes on
                print(f"{what}: {done:,} of {total:,}", file=console.file, flush=True)

    yield tell
