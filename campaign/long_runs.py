"""Runs that go on for long: memory, wrong clocks, the cache of compiled programs, a day of answers to `play`."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

from saving import difference, digests

from campaign import ROOT
from campaign.frame import Row, Setting, main
from campaign.works import CONFIG, EXPERIMENT, small_steps
from prefrontal.experiments.workflow import train_run
from prefrontal.runs.watching import Watcher, watched

CHUNKS = 10_000
POSTS = 40_000
MOST_GROWTH_MB = 30.0


def run(setting: Setting) -> Iterator[Row]:
    """What goes on for long."""
    with small_steps():
        yield _chunks(setting)
        yield _clocks(setting)
    yield _cache(setting)
    yield _posts(setting)


def memory_mb() -> float:
    """What this process holds now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


class _Memory(Watcher):
    """Notes what is held as a training goes."""

    def __init__(self) -> None:
        self.held = list[float]()

    def trained(self, episode: int, reward: object) -> None:
        self.held.append(memory_mb())

    def saved(self) -> None:
        pass


def _chunks(setting: Setting) -> Row:
    """One training in very many chunks of fifty episodes, saved every ten seconds as ever."""
    from dataclasses import replace

    from prefrontal.learning.jobs import train_jobs

    chunks = setting.size(CHUNKS, least=20)
    config = replace(CONFIG, train=replace(CONFIG.train, num_episodes=50 * chunks))
    memory = _Memory()
    with watched(memory), mock.patch.dict(train_jobs.__kwdefaults__, {"seconds_between_saves": 10.0}):
        train_run(EXPERIMENT, config, [0], setting.folder / "chunks", snapshot_every=50 * max(1, chunks // 4))
    tenth = memory.held[len(memory.held) // 10 :]
    growth = max(tenth) - tenth[0]
    # What was measured of every episode is kept to the end: seven numbers of four bytes.
    kept = 7 * 4 * 50 * chunks / 2**20
    told = f"{tenth[0]:.0f} MB after a tenth, {tenth[-1]:.0f} MB at the end, at most {max(tenth):.0f}"
    told += f"; {kept:.0f} MB are curves"
    return Row("train: chunks of one training", len(memory.held), int(growth > MOST_GROWTH_MB + kept), "nothing", told)


def _clocks(setting: Setting) -> Row:
    """The clock is set back by years, or ahead, while a training is stopped and goes on."""

    class Stop(Exception):
        pass

    class Stopper(_Memory):
        def saved(self) -> None:
            if len(self.held) == 2:  # after the chunk of no episodes and one of fifty
                raise Stop

    alone, failed, tried = setting.folder / "clock-alone", list[str](), 0
    train_run(EXPERIMENT, CONFIG, [0], alone)
    true = time.time
    for shift in (-50 * 365 * 86400.0, -3600.0, -1.0, 0.0, 1.0, 3600.0, 50 * 365 * 86400.0):
        folder, tried = setting.folder / f"clock{shift}", tried + 1
        try:
            train_run_until(folder, Stopper(), Stop)
            with mock.patch.object(time, "time", lambda shift=shift: true() + shift):
                train_run(EXPERIMENT, CONFIG, [0], folder)
            if wrong := difference(digests(folder), digests(alone)):
                failed.append(f"clock set by {shift:+.0f} s: {wrong}")
            events = sorted(path.name for path in (folder / "seed-000").glob("*.tfevents.*"))
            if len(events) != 2 or not events[0].endswith(".000000000") or not events[1].endswith(".000000050"):
                failed.append(f"clock set by {shift:+.0f} s: curves in the order {events}")
        except Exception as error:
            failed.append(f"clock set by {shift:+.0f} s: {type(error).__name__}: {error}")
    return Row(
        "train: the clock is set by up to 50 years before it goes on", tried, len(failed), examples=tuple(failed)
    )


def train_run_until(folder: Path, watcher: Watcher, stop: type[Exception]) -> None:
    """Train until the watcher raises."""
    try:
        with watched(watcher):
            train_run(EXPERIMENT, CONFIG, [0], folder)
    except stop:
        return


PROGRAMS = """
import sys
from prefrontal import devices
devices.CACHE_BYTES = 60_000
devices.configure()
import jax, jax.numpy as jnp
jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
jax.config.update("jax_persistent_cache_min_entry_size_bytes", 0)
for size in range(int(sys.argv[1])):
    jax.jit(lambda x: jnp.sin(x) @ x.T)(jnp.ones((size + 1, size + 1)))
"""


def _cache(setting: Setting) -> Row:
    """More programs are compiled than the cache has room for."""
    programs, home = setting.size(60, least=30), setting.folder / "home"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("JAX_")}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAMS, str(programs)],
        env={**kept, "XDG_CACHE_HOME": str(home)},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    files = [path for path in home.rglob("*") if path.name.endswith("-cache")]
    size = sum(path.stat().st_size for path in files)
    failed = [] if done.returncode == 0 and 0 < size <= 60_000 and len(files) < programs else [done.stderr[-300:]]
    told = f"{len(files)} of {programs} and more are left, {size / 1000:.0f} kB, in room for 60 kB (in use: 512 MB)"
    return Row("the cache of compiled programs is full", programs, len(failed), "nothing", told, tuple(failed))


ANSWERS = """
import asyncio, datetime, json, os, sys
from pathlib import Path
sys.path.append("tests")
from fuzzing import _ask
from playing import trial
from prefrontal.play import database, limits, server
from prefrontal.play.database import Database
from prefrontal.play.draws import Draws
from prefrontal.play.study import Study

def held():
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20

async def answer(sessions, trials, path, by_minutes):
    study = Study(trials=trials, practice=0)
    minute, monday = 0, datetime.datetime(2026, 1, 5, tzinfo=datetime.UTC)
    if by_minutes:  # a session a minute, by the clocks that the server reads, within its limits
        limits.Limit.__init__.__defaults__ = (10_000, lambda: 60.0 * minute)
        database.now = lambda: (monday + datetime.timedelta(minutes=minute)).isoformat()
    else:
        server.STRANGERS = server.PARTICIPANTS = (1e9, 1e9)
    app = server.create_app(study, Database(path), Draws(study))
    started, stop = asyncio.Event(), asyncio.Event()
    async def receive():
        if not started.is_set():
            started.set()
            return {"type": "lifespan.startup"}
        await stop.wait()
        return {"type": "lifespan.shutdown"}
    async def send(_): pass
    life = asyncio.create_task(app({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, receive, send))
    await asyncio.sleep(0.05)
    memory, stored = [], 0
    for number in range(sessions):
        minute = number
        _, body = await _ask(app, "/api/sessions", json.dumps({"client": f"c{number}"}).encode())
        session = json.loads(body)
        for index, drawn in enumerate(session["schedule"]["trials"]):
            said = {"secret": session["secret"], "records": [trial(drawn, index, [index % 2])]}
            status, _ = await _ask(app, f"/api/sessions/{session['session']}/records", json.dumps(said).encode())
            stored += status == 200
        await _ask(app, f"/api/sessions/{session['session']}/end", json.dumps({"secret": session["secret"]}).encode())
        memory.append(held())
    stop.set()
    await life
    kept = Database(path)
    times = [row["started"] for row in kept.rows("sessions")]
    told = {"stored": stored, "memory": memory, "rows": len(kept.rows("trials")), "ordered": times == sorted(times)}
    print(json.dumps({**told, "first": times[0], "last": times[-1]}))

asyncio.run(answer(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4] == "week"))
"""


def _posts(setting: Setting) -> Row:
    """As many answers as a busy day brings, one after the other, to one server."""
    return answered("play: a day of answers", setting.size(POSTS, least=1_000) // 100, 100, setting, "day")


def answered(what: str, sessions: int, trials: int, setting: Setting, clock: str) -> Row:
    """One server, and so many sessions of so many trials.

    Arguments:
        what: is tried, in words.
        sessions, trials: how many, and of how many each.
        setting: how the part is run.
        clock: "day": one session after the other, without limits; "week": a minute from each to the next.
    """
    words = [str(sessions), str(trials), str(setting.folder / f"{clock}.sqlite"), clock]
    done = subprocess.run([sys.executable, "-c", ANSWERS, *words], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        return Row(what, sessions * trials, 1, examples=(done.stderr[-300:],))
    told = json.loads(done.stdout)
    memory, lost = told["memory"], sessions * trials - told["rows"]
    early = memory[len(memory) // 4]
    wrong = lost + (memory[-1] - early > MOST_GROWTH_MB) + (not told["ordered"])
    said = f"{early:.0f} MB after a quarter, {memory[-1]:.0f} MB at the end; {sessions:,} sessions of {trials} trials, "
    said += f"{told['first'][:16]} to {told['last'][:16]}"
    return Row(what, sessions * trials, wrong, f"{lost} trials" if lost else "nothing", said)


if __name__ == "__main__":
    main(run)
