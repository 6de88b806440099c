"""How far the units of a sweep have come, and what the rest will cost."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from prefrontal.runs.attempts import ATTEMPTS, Attempt, attempts
from prefrontal.runs.store import Store
from prefrontal.sweeps.outcome import parse_result
from prefrontal.sweeps.spec import Resources
from prefrontal.sweeps.unit import UNIT, Unit

State = Literal["done", "failed", "pruned", "running", "stopped", "missing"]
STATES: tuple[State, ...] = ("done", "failed", "pruned", "running", "stopped", "missing")
ENDED = ("done", "failed", "pruned")
"""Those that nothing is left to do for, unless the failed are tried again."""


@dataclass(frozen=True)
class Standing:
    """How far one unit has come."""

    unit: Unit
    state: State
    """"stopped": somebody began it, and nobody is at it now. "running": a worker is at it that is alive."""
    result: Mapping[str, Any]
    """What came of it; empty unless it is done or has failed."""
    last: Attempt | None = None
    """The last attempt, of one that is neither done nor failed."""

    @property
    def reason(self) -> str:
        """Why it failed or stopped."""
        return self.result.get("reason", "") or (self.last.reason if self.last else "")

    @property
    def share(self) -> float:
        """How much of it is trained, 0 to 1."""
        return 1.0 if self.state == "done" else float(self.last.progress.get("share", 0.0)) if self.last else 0.0

    @property
    def seconds(self) -> float:
        """How long workers have been at it, all attempts together."""
        return float(self.result.get("seconds", 0.0)) or (self.last.seconds if self.last else 0.0)


def standings(store: Store, units: Sequence[Unit]) -> list[Standing]:
    """How far each of `units` has come. Of one that is done a single file is read.

    Raises:
        UserError: when the store cannot be read.
    """
    results = store.read_all(f"{unit.name}/{UNIT}" for unit in units)
    return [_standing(store, unit, parse_result(results.get(f"{unit.name}/{UNIT}"))) for unit in units]


def _standing(store: Store, unit: Unit, result: Mapping[str, Any] | None) -> Standing:
    if result is not None:
        return Standing(unit, result["state"], result)
    if not store.names(f"{unit.name}/{ATTEMPTS}"):
        return Standing(unit, "missing", {})
    last = attempts(store, unit.name)[-1]
    return Standing(unit, "running" if last.end == "going on" else "stopped", {}, last)


@dataclass(frozen=True)
class Cost:
    """What is left of a sweep."""

    unit_hours: float
    """Hours of one unit's processors, all together."""
    is_measured: bool
    """Whether units of the same experiment have been timed here. False: it is what the preset takes on two cores."""
    price: float
    """The same in money; 0 where nothing is said of it."""


def cost(found: Sequence[Standing], resources: Resources) -> Cost:
    """What units that are not done will still take.

    Arguments:
        found: how far they have come.
        resources: what each is given.
    """
    seconds_per_step = _measured(found)
    hours, measured = 0.0, True
    for one in found:
        if one.state in ENDED:
            continue
        name, steps = one.unit.experiment.name, one.unit.num_steps * (1 - one.share)
        if name in seconds_per_step:
            hours += seconds_per_step[name] * steps / 3600
        else:
            measured = False
            hours += _of_preset(one.unit) * steps / 3600 * 2 / resources.cores
    return Cost(hours, measured, hours * resources.price)


def _measured(found: Sequence[Standing]) -> dict[str, float]:
    """Seconds a step, by experiment, of those units that are done."""
    seconds, steps = defaultdict[str, float](float), defaultdict[str, float](float)
    for one in found:
        if one.state == "done":
            seconds[one.unit.experiment.name] += one.seconds
            steps[one.unit.experiment.name] += one.unit.num_steps
    return {name: seconds[name] / steps[name] for name in steps if seconds[name]}


def _of_preset(unit: Unit) -> float:
    """Seconds a step of the experiment's preset, as it says of itself: on two cores, with its test."""
    experiment = unit.experiment
    number, what = experiment.duration.split()
    variants = experiment.variants(experiment.config).values()
    steps = len(experiment.seeds) * sum(one.train.num_episodes * one.task.num_steps for one in variants)
    return float(number) * (3600 if what.startswith("hour") else 60) / steps
