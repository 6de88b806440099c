"""A simulated week: by every clock that the package reads, a minute goes by in each chunk of a training, in each turn
of the driver of a sweep, and from each session of `play` to the next. The clock of the day is set ahead and back on the
way of the first two; the one that nobody sets is not.
"""

import contextlib
import ctypes
import io
import itertools
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from unittest import mock

import numpy as np
from saving import difference, digests
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

from campaign.frame import Row, Setting, main
from campaign.long_runs import MOST_GROWTH_MB, answered, memory_mb
from campaign.works import CONFIG, EXPERIMENT, SWEEP
from prefrontal.commands.sweeps.run import _told
from prefrontal.errors import UserError, quietly
from prefrontal.experiments.workflow import train_run
from prefrontal.learning import group
from prefrontal.learning.jobs import train_jobs
from prefrontal.runs.folder import RunFolder
from prefrontal.runs.stores import open_store
from prefrontal.runs.watching import Watcher, watched
from prefrontal.sweeps.drive import Backend, drive
from prefrontal.sweeps.outcome import Outcome
from prefrontal.sweeps.spec import read_spec
from prefrontal.sweeps.unit import Unit

MINUTES = 7 * 24 * 60
MINUTES_BETWEEN_SAVES = 10
"""Not ten seconds: each save holds all curves, and those of a week would be written ten thousand times."""
AHEAD, BACK = 3 * 3600.0, -2 * 86_400.0
"""Seconds by which the clock of the day is set after a third of the week, and after two thirds."""
UNITS = {"s": 1, "min": 60, "h": 3600, "d": 86_400}


def run(setting: Setting) -> Iterator[Row]:
    """A week."""
    yield from _training(setting)
    yield _driver(setting)
    minutes = setting.size(MINUTES, least=30)
    yield answered("a week of play: answers, a session a minute", minutes, 4, setting, "week")


class Clock:
    """A clock that goes on by a minute when it is told."""

    def __init__(self) -> None:
        self.minutes, self.shift = 0, 0.0

    @contextlib.contextmanager
    def read(self) -> Iterator[None]:
        """Within it, the package reads this clock."""
        day, machine = time.time(), time.monotonic()

        def of_day() -> float:
            return day + 60 * self.minutes + self.shift

        def of_machine() -> float:
            return machine + 60 * self.minutes

        with mock.patch.object(time, "time", of_day), mock.patch.object(time, "monotonic", of_machine):
            yield


class Week(Watcher):
    """Has a minute go by in each chunk, and looks at what is held."""

    def __init__(self, clock: Clock, minutes: int, folder: Path):
        self.clock, self.minutes, self.folder = clock, minutes, folder
        self.saves, self.held, self.wrong = 0, list[float](), list[str]()

    def trained(self, episode: int, reward: np.ndarray) -> None:
        self.clock.minutes += 1
        self.clock.shift += {self.minutes // 3: AHEAD, 2 * self.minutes // 3: BACK}.get(self.clock.minutes, 0.0)
        if self.clock.minutes % (self.minutes // 10) == 0:
            ctypes.CDLL(None).malloc_trim(0)  # what was freed after a save goes back to the system
            self.held.append(memory_mb())
            with contextlib.suppress(UserError), RunFolder.read(self.folder).seed(0).lock():
                self.wrong.append(f"minute {self.clock.minutes}: another could train it, too")

    def saved(self) -> None:
        self.saves += 1


def _training(setting: Setting) -> Iterator[Row]:
    minutes, clock, said = setting.size(MINUTES, least=30), Clock(), io.StringIO()
    config = replace(CONFIG, train=replace(CONFIG.train, num_episodes=50 * minutes))
    folder, alone = setting.folder / "week", setting.folder / "alone"
    week, every = Week(clock, minutes, folder), 50 * max(1, minutes // 4)
    with (
        clock.read(),
        watched(week),
        contextlib.redirect_stderr(said),
        mock.patch.object(group, "STEPS_PER_CHUNK", CONFIG.task.num_steps),
        mock.patch.dict(train_jobs.__kwdefaults__, {"seconds_between_saves": 60.0 * MINUTES_BETWEEN_SAVES}),
    ):
        train_run(EXPERIMENT, config, [0], folder, snapshot_every=every)
    with quietly():
        train_run(EXPERIMENT, config, [0], alone, snapshot_every=every)
    told = [line for line in said.getvalue().splitlines() if line.startswith("Training: ") and "left" in line]
    wrong = [*week.wrong, *_wrong_lines(told, minutes)]
    yield Row(
        "a week of training: lines that tell how long it still takes",
        len(told),
        len(wrong),
        told=f"first: {told[0]}; after half: {told[len(told) // 2]}",
        examples=tuple(wrong),
    )
    missing = minutes // MINUTES_BETWEEN_SAVES - week.saves
    yield Row("a week of training: saves, of which each is due", week.saves, max(0, missing))
    files, expected = _last(folder), _last(alone)
    other = difference(files, expected)
    what = "a week of training: files beside those of the same in minutes"
    yield Row(what, len(files), int(bool(other)), examples=(other,) if other else ())
    kept = 7 * 4 * 50 * minutes / 2**20
    grown = int(max(week.held) - week.held[0] > MOST_GROWTH_MB + kept)
    told = f"{week.held[0]:.0f} MB after a tenth, {week.held[-1]:.0f} MB at the end; {kept:.0f} MB are curves"
    yield Row("a week of training: memory, looked at ten times", len(week.held), grown, told=told)
    yield _events(folder, minutes)


def _last(folder: Path) -> dict[str, str]:
    """What lies in a folder, without the state before the last, which is of another moment."""
    return {name: held for name, held in digests(folder).items() if "previous" not in name}


def _wrong_lines(lines: list[str], minutes: int) -> Iterator[str]:
    """Those that tell something else than what is left, as far as they round it."""
    if len(lines) < minutes:
        yield f"{len(lines)} lines in {minutes} minutes"
    for line in lines:
        match = re.fullmatch(r"Training: ([\d,]+) of [\d,]+ episodes, 50/min, reward [\d.]+, (.+) left", line)
        if match is None:
            yield line
            continue
        left = 60 * (minutes - int(match[1].replace(",", "")) / 50)
        said = sum(int(number) * UNITS[unit] for number, unit in re.findall(r"(\d+) (\w+)", match[2]))
        if abs(said - left) > (1800 if " d " in match[2] else 60) + 0.01 * left:
            yield line


def _events(folder: Path, minutes: int) -> Row:
    """The curves' times: each after the one before, but where the clock was set back."""
    (path,) = (folder / "seed-000").glob("*.tfevents.*")
    events = [event for event in EventFileLoader(str(path)).Load() if event.step]
    steps, times = ([getattr(event, name) for event in events] for name in ("step", "wall_time"))
    backwards = sum(after < before for before, after in itertools.pairwise(times))
    wrong = [f"{len(events)} points"] * (len(events) < minutes) + ["steps in another order"] * (steps != sorted(steps))
    wrong += [f"{backwards} times before the one before"] * (backwards != 1)
    return Row(
        "a week of training: points of the curves, in the order of their times",
        len(events),
        len(wrong),
        told="but for where the clock was set back by two days",
        examples=tuple(wrong),
    )


class Slow(Backend):
    """Workers that take a minute in each turn: one is at its unit all week, of the other unit another machine is."""

    slots = 2

    def __init__(self, clock: Clock, minutes: int):
        self.clock, self.minutes, self.under_way, self.starts = clock, minutes, list[str](), 0

    def start(self, unit: Unit) -> None:
        self.under_way.append(unit.name)
        self.starts += 1

    def wait(self, seconds: float) -> list[Outcome]:
        self.clock.minutes += 1
        self.clock.shift += {self.minutes // 3: AHEAD, 2 * self.minutes // 3: BACK}.get(self.clock.minutes, 0.0)
        is_over = self.clock.minutes >= self.minutes
        ending = [(name, "done" if is_over else "busy") for name in self.under_way[0 if is_over else 1 :]]
        for name, _ in ending:
            self.under_way.remove(name)
        return [Outcome(name, how, "") for name, how in ending]

    def stop(self) -> None: ...

    def close(self) -> None: ...


def _driver(setting: Setting) -> Row:
    file = setting.folder / "sweep.toml"
    file.write_text(SWEEP)
    spec = read_spec(file, str(setting.folder / "sweep"))
    minutes, clock, said = setting.size(MINUTES, least=30), Clock(), io.StringIO()
    store, backend, before = open_store(spec.place), Slow(clock, minutes), memory_mb()
    with (
        clock.read(),
        contextlib.redirect_stderr(said),
        _told(store, lambda: spec.units, len(spec.units)) as on_turn,
    ):
        ended = drive(store, spec.units, backend, on_turn)
    lines = said.getvalue().splitlines()
    so_far = [re.fullmatch(r"Units: .*; (.+) so far", line) for line in lines]
    times = [
        sum(int(num) * UNITS[unit] for num, unit in re.findall(r"(\d+) (\w+)", found[1])) for found in so_far if found
    ]
    wrong = ["lines of another kind"] * (len(times) < len(lines)) + ["times in another order"] * (
        times != sorted(times)
    )
    wrong += [f"{dict(ended)}"] * (ended["done"] != 2) + [f"{len(lines)} lines"] * (len(lines) < minutes - 1)
    wrong += [f"{memory_mb() - before:.0f} MB more"] * (memory_mb() - before > MOST_GROWTH_MB)
    told = f"{backend.starts:,} times a unit was given out; {lines[0]}; {lines[-1]}"
    return Row("a week of a sweep's driver: turns", clock.minutes, len(wrong), told=told, examples=tuple(wrong))


if __name__ == "__main__":
    main(run)
