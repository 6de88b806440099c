"""What can be done in a thread of its own while networks are made or trained: what comes after need not wait for it."""

import contextlib
import contextvars
import threading
from collections.abc import Callable, Iterator


@contextlib.contextmanager
def meanwhile(work: Callable[[], object] | None) -> Iterator[Callable[[], None]]:
    """Yields what begins `work`, once; it is over when the context is left without an error.

    Nothing depends on it: what fails in it is done again where it is wanted, and told there.

    Arguments:
        work: what to do. None: nothing.
    """

    def quietly() -> None:
        try:
            with contextlib.suppress(Exception):
                assert work is not None
                work()
        finally:
            is_over.set()

    is_over = threading.Event()
    here = contextvars.copy_context()  # a thread begins with none
    thread = threading.Thread(target=lambda: here.run(quietly), name="prefrontal-meanwhile")
    has_begun = False

    def begin() -> None:
        nonlocal has_begun
        if work is not None and not has_begun:
            has_begun = True
            thread.start()

    yield begin
    if has_begun:
        is_over.wait()  # Ctrl-C in `join` makes Python 3.11 end without waiting for the thread, which aborts it
        thread.join()
