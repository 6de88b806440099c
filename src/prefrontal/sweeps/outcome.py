"""How a worker's turn at a unit ended, and what came of the unit."""

import json
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

from prefrontal.runs.seals import is_whole
from prefrontal.runs.store import Store
from prefrontal.sweeps.unit import UNIT

Ending = Literal["done", "failed", "pruned", "stopped", "busy", "lost"]


@dataclass(frozen=True)
class Outcome:
    """How a worker's turn at a unit ended."""

    name: str
    """The unit's."""
    ending: Ending
    """"pruned": it was not wanted any more; "busy": another worker is at it; "lost": the worker was killed."""
    reason: str = ""
    """Why, in words."""


def read_result(store: Store, name: str) -> dict[str, Any] | None:
    """What came of the unit called `name`; None where nothing has come of it yet."""
    return parse_result(store.read(f"{name}/{UNIT}"))


def parse_result(data: bytes | None) -> dict[str, Any] | None:
    """What a file unit.json holds; None where there is none, or it is damaged."""
    with suppress(ValueError):
        result = json.loads(data) if data else None
        return result if is_whole(result) else None
    return None
