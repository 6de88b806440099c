"""The wish to stop: a signal, remembered until training has come to a place where it can be gone on from."""

import contextlib
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from types import FrameType


@dataclass
class StopRequest:
    """Whether it was asked to stop."""

    requested: int = 0
    """The signal that asked to stop; 0 while none has."""


@contextlib.contextmanager
def stop_requests() -> Iterator[StopRequest]:
    """Take the first Ctrl-C, SIGTERM or SIGHUP (the terminal is gone) as a wish to stop soon; the second ends the
    process as ever. What it was told to ignore (nohup, a shell's background jobs) it goes on ignoring."""
    request = StopRequest()

    def remember(number: int, frame: FrameType | None) -> None:
        if request.requested:
            raise KeyboardInterrupt
        request.requested = number

    before = {}
    with contextlib.suppress(ValueError):  # not the main thread: signals go where they went
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)  # Windows has no SIGHUP
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                before[number] = signal.signal(number, remember)
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
