"""How often one client may ask."""

import time
from collections import OrderedDict
from collections.abc import Callable


class Limit:
    """A bucket of so many requests for each client, filled again at a rate.

    Arguments:
        a_second: requests that each may make in the long run.
        at_once: requests that each may make at once.
        clients: clients that are remembered; who has not asked for longest is forgotten first.
        clock: tells the time, in seconds.

    Example:
        >>> from prefrontal.play.limits import Limit
        >>> limit = Limit(a_second=1.0, at_once=2.0, clock=lambda: 0.0)
        >>> [limit.wait("ann") for _ in range(3)]
        [0.0, 0.0, 1.0]
    """

    def __init__(
        self, a_second: float, at_once: float, clients: int = 10_000, clock: Callable[[], float] = time.monotonic
    ):
        self._a_second, self._at_once, self._clients, self._clock = a_second, at_once, clients, clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, client: str) -> float:
        """Count a request of `client`: 0 where it is allowed, else for how many seconds it must wait."""
        now = self._clock()
        left, then = self._left.pop(client, (self._at_once, now))
        left = min(self._at_once, left + (now - then) * self._a_second)
        allowed = left >= 1
        self._left[client] = (left - allowed, now)
        while len(self._left) > self._clients:
            self._left.popitem(last=False)
        return 0.0 if allowed else (1 - left) / self._a_second
