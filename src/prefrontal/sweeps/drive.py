"""The work is shared out: every unit that is not done is given to a worker, and to another where one was lost."""

import time
from abc import ABC, abstractmethod
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from prefrontal.errors import Stopped
from prefrontal.learning.stopping import stop_requests
from prefrontal.runs.provenance import to_json
from prefrontal.runs.seals import sealed
from prefrontal.runs.store import Store
from prefrontal.sweeps.outcome import Outcome, read_result
from prefrontal.sweeps.standing import ENDED
from prefrontal.sweeps.unit import UNIT, Unit

MOST_TURNS = {"lost": 3, "stopped": 100, "busy": float("inf")}
"""A unit whose worker was killed so often is given up, for it most probably is what kills them. That a worker is asked
to stop, or its machine goes away, is no fault of its unit; but something is wrong when it happens without end."""
SECONDS_BETWEEN_TURNS = 5.0
"""A unit that another worker is at is asked for again after so long."""


class Backend(ABC):
    """Where workers are."""

    slots: int
    """Units that it takes at once."""

    @abstractmethod
    def start(self, unit: Unit) -> None:
        """Have a worker run a unit."""

    @abstractmethod
    def wait(self, seconds: float) -> list[Outcome]:
        """How units ended, of which some have, or none after so many seconds."""

    @abstractmethod
    def stop(self) -> None:
        """Ask all workers to save and stop."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the workers."""


def drive(
    store: Store,
    units: Iterable[Unit],
    backend: Backend,
    on_turn: Callable[[Sequence[str], Counter[str]], None] = lambda under_way, ended: None,
    on_end: Callable[[Outcome], None] = lambda outcome: None,
) -> Counter[str]:
    """Have workers run `units` to their end.

    Arguments:
        store: where results lie.
        units: what is to be done; each is asked for when there is room for it.
        backend: where workers are.
        on_turn: called some times a second, with the names of the units under way and how many ended how.
        on_end: called with each that has ended: done, failed or pruned.

    Returns:
        How many ended how.

    Raises:
        Stopped: after Ctrl-C, SIGTERM or SIGHUP, when the workers have saved.
    """
    coming, later = iter(units), deque[tuple[float, Unit]]()
    are_all_known = False
    under_way: dict[str, Unit] = {}
    ended, turns = Counter[str](), Counter[tuple[str, str]]()
    is_told = False
    with stop_requests() as stop:
        while not are_all_known or later or under_way:
            while len(under_way) < backend.slots and not stop.requested:
                is_time = bool(later) and later[0][0] <= time.monotonic()
                unit = later.popleft()[1] if is_time else next(coming, None)
                are_all_known = are_all_known or (unit is None and not is_time)
                if unit is None:
                    break
                under_way[unit.name] = unit
                backend.start(unit)
            if stop.requested and not under_way:
                raise Stopped(stop.requested)
            for outcome in backend.wait(0.5):
                unit = under_way.pop(outcome.name)
                turns[unit.name, outcome.ending] += 1
                if outcome.ending in ENDED:
                    ended[outcome.ending] += 1
                    on_end(outcome)
                elif stop.requested:
                    continue
                elif turns[unit.name, outcome.ending] >= MOST_TURNS[outcome.ending]:
                    _give_up(store, unit, f"{outcome.ending} {MOST_TURNS[outcome.ending]} times: {outcome.reason}")
                    ended["failed"] += 1
                    on_end(replace(outcome, ending="failed"))
                else:
                    later.append((time.monotonic() + SECONDS_BETWEEN_TURNS * (outcome.ending == "busy"), unit))
            if stop.requested and not is_told:
                is_told = True
                backend.stop()
            if not under_way and later:
                time.sleep(0.1)
            on_turn(list(under_way), ended)
    return ended


def _give_up(store: Store, unit: Unit, reason: str) -> None:
    """Note that a unit failed whose workers could not, being killed."""
    if read_result(store, unit.name) is None:
        told = {"state": "failed", "reason": f"Given up, {reason}", "seeds": list(unit.seeds)}
        about = {"experiment": unit.experiment.name, "values": dict(unit.values), "seconds": 0.0}
        store.write(f"{unit.name}/{UNIT}", to_json(sealed({**told, **about})).encode())
