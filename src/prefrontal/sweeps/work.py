"""A unit is worked on: claimed, trained from where it stands, tested, and its results handed in."""

import json
import signal
import time
import traceback
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Literal

import numpy as np

from prefrontal.errors import Stopped, UserError, quietly
from prefrontal.experiments.workflow import evaluate_run, train_run
from prefrontal.reports.runs import REWARD, of_seeds, reward_at_last
from prefrontal.runs.attempts import Overtaken, Own, attempts, begin
from prefrontal.runs.carrying import workplace
from prefrontal.runs.inventory import look
from prefrontal.runs.provenance import environment
from prefrontal.runs.seals import sealed
from prefrontal.runs.store import Store
from prefrontal.runs.stores import open_store
from prefrontal.runs.watching import Watcher, watched
from prefrontal.runs.workplace import Workplace
from prefrontal.sweeps.outcome import Outcome, read_result
from prefrontal.sweeps.unit import UNIT, Unit

RUNGS = (0.125, 0.25, 0.375, 0.5, 0.625, 0.75)
"""Shares of the training at which its reward is noted, for a search to stop what does not promise enough."""
STOP = "stop.json"
"""Lies in a unit's folder where whoever asked for it wants it no more: it is saved and stops."""


def run_unit(unit: Unit, out: str, scratch: str | None = None) -> Outcome:
    """Train and test what is missing of a unit, unless it is done or another worker is at it.

    Arguments:
        unit: what to do.
        out: where results lie: a folder or a URL.
        scratch: where to work when `out` is a URL. None: in the system's temporary folder.

    Returns:
        How it ended. What is wrong with the unit itself is its failure, not an error.

    Raises:
        UserError: when the store cannot be read or written.
    """
    store = open_store(out)
    done = read_result(store, unit.name)
    if done and done["state"] != "failed":
        return Outcome(unit.name, done["state"], done["reason"])
    own = begin(store, unit.name)
    if own is None:
        return Outcome(unit.name, "busy")
    done = read_result(store, unit.name)  # another may have ended between the two
    if done and done["state"] != "failed":
        own.end("stopped", "was done")
        return Outcome(unit.name, done["state"], done["reason"])
    store.remove(f"{unit.name}/{UNIT}")  # of a failure: it is tried again
    store.remove(f"{unit.name}/{STOP}")
    teller = None
    try:
        with workplace(store, unit.name, own.number, scratch) as place, quietly():
            teller = _Teller(own, store, unit, place)
            with own.beating(), watched(teller):
                own.beat()
                ending, result = _attempt(unit, place)
            own.check()
            before = sum(attempt.seconds for attempt in attempts(store, unit.name)[: own.number - 1])
            seconds = {"seconds": round(before + own.seconds, 2), "training_seconds": round(teller.seconds, 2)}
            told = {**result, **seconds, "attempt": own.number, "rungs": teller.rungs}
            place.hand_in() if ending == "done" else place.push()
            store.write(f"{unit.name}/{UNIT}", _json(told))
            if ending == "done":
                place.forget()
    except Overtaken as error:
        return Outcome(unit.name, "busy", str(error))
    except Stopped as stop:
        if teller is not None and teller.not_wanted:
            return _given_up(own, store, unit, teller)
        own.end("stopped", f"signal {stop.signal_number}")
        return Outcome(unit.name, "stopped", f"signal {stop.signal_number}")
    except BaseException as error:
        with suppress(UserError, OSError):
            own.end("stopped", f"{type(error).__name__}: {error}")
        raise
    own.end(ending, result["reason"])
    return Outcome(unit.name, ending, result["reason"])


def _attempt(unit: Unit, place: Workplace) -> tuple[Literal["done", "failed"], dict[str, Any]]:
    """Train and test; what is wrong with the unit itself is told in the result."""
    about = {"experiment": unit.experiment.name, "seeds": list(unit.seeds), "values": dict(unit.values)}
    try:
        train_run(unit.experiment, unit.config, unit.seeds, place.folder)
        _, results = evaluate_run(unit.experiment, unit.config, unit.seeds, place.folder)
    except (Stopped, Overtaken):
        raise
    except UserError as error:
        return "failed", {**about, "state": "failed", "reason": str(error)}
    except Exception as error:
        told = "".join(traceback.format_exception(error))
        return "failed", {**about, "state": "failed", "reason": f"{type(error).__name__}: {error}", "traceback": told}
    measures = _measures(place, results, len(unit.seeds))
    return "done", {**about, "state": "done", "reason": "", "measures": measures, "environment": environment()}


def _measures(place: Workplace, results: Mapping[str, Any], num_seeds: int) -> dict[str, list[float]]:
    """What was measured of each seed, by name: reward in training, and what the test tells seed by seed."""
    trained = {name: reward_at_last(states) for name, states in look(place.folder).seeds.items()}
    found = {f"{REWARD}, {name}" if name else REWARD: reward for name, reward in trained.items()}
    found |= {name: list(measure.per_seed) for name, measure in of_seeds(results).items()}
    return {name: values for name, values in found.items() if len(values) == num_seeds}


def _given_up(own: Own, store: Store, unit: Unit, teller: "_Teller") -> Outcome:
    """Note that a unit is not wanted any more, and what it had earned."""
    about = {"experiment": unit.experiment.name, "seeds": list(unit.seeds), "values": dict(unit.values)}
    told = {"state": "pruned", "reason": teller.not_wanted, "rungs": teller.rungs, "seconds": own.seconds}
    store.write(f"{unit.name}/{UNIT}", _json({**about, **told}))
    own.end("stopped", teller.not_wanted)
    return Outcome(unit.name, "pruned", teller.not_wanted)


class _Teller(Watcher):
    """Tells of a training as it goes, and ends it when it is not wanted any more."""

    def __init__(self, own: Own, store: Store, unit: Unit, place: Workplace):
        variants = unit.experiment.variants(unit.config).values()
        self._own, self._place, self._store, self._stop = own, place, store, f"{unit.name}/{STOP}"
        self._whole = len(unit.seeds) * sum(variant.train.num_episodes for variant in variants)
        self._done = place.episodes_saved()
        self._num_episodes = max(variant.train.num_episodes for variant in variants)
        self.rungs: dict[str, float] = {}
        self.not_wanted = ""
        self.seconds = 0.0
        self._compiled: float | None = None

    def trained(self, episode: int, reward: np.ndarray) -> None:
        if self._own.is_lost:
            raise Overtaken(f"attempt {self._own.number}")
        now = time.monotonic()
        self._compiled = now if self._compiled is None else self._compiled
        self.seconds = now - self._compiled
        self._done += reward.size
        if not reward.size:
            return
        mean = float(reward.mean())
        before = episode - reward.shape[1]
        passed = [str(rung) for rung in RUNGS if before < rung * self._num_episodes <= episode]
        self.rungs = dict.fromkeys(passed, mean) | self.rungs  # of several groups the first counts
        share = min(1.0, self._done / self._whole)
        self._own.tell(episode=episode, share=share, reward=mean, rungs=self.rungs)
        if passed:  # whoever waits for it need not wait for the next beat
            self._own.beat()

    def saved(self) -> None:
        self._own.check()
        self._place.push()
        if self._done < self._whole and (asked := self._store.read(self._stop)):
            self.not_wanted = json.loads(asked)["reason"]
            signal.raise_signal(signal.SIGTERM)


def _json(document: Mapping[str, Any]) -> bytes:
    return json.dumps(sealed(document), sort_keys=True).encode()
