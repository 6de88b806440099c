"""Whose turn it is: one of all who try, on whatever they share; the dead are recognised, and the living left alone."""

import json
import os
import subprocess
import sys
import threading
import time

import pytest

from prefrontal.runs import attempts as module
from prefrontal.runs.attempts import Overtaken, attempts, begin
from prefrontal.runs.seals import sealed
from prefrontal.runs.stores import FolderStore


@pytest.fixture
def store(tmp_path):
    return FolderStore(tmp_path)


def pretend_elsewhere(store, number=1, **changed):
    """Have an attempt be that of a process on another machine."""
    name = f"work/.attempts/{number:04d}/owner.json"
    owner = json.loads(store.read(name))
    store.write(name, json.dumps(sealed({**owner, "machine": "another", **changed})).encode())


def make_old(store, seconds, number=1):
    """Have all that an attempt wrote be so old."""
    then = time.time() - seconds
    for path in (store.root / f"work/.attempts/{number:04d}").iterdir():
        os.utime(path, (then, then))


def test_one_of_many_who_try_at_once_begins(store):
    begun, gate = [], threading.Barrier(8)

    def try_it():
        gate.wait()
        begun.append(begin(store, "work"))

    threads = [threading.Thread(target=try_it) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(own is not None for own in begun) == 1
    assert [one.end for one in attempts(store, "work")] == ["going on"]


def test_the_next_begins_when_the_one_before_has_ended(store):
    first = begin(store, "work")
    assert begin(store, "work") is None
    first.tell(share=0.5)
    first.end("stopped", "asked to")
    second = begin(store, "work")
    assert second.number == 2
    assert [(one.end, one.reason) for one in attempts(store, "work")] == [("stopped", "asked to"), ("going on", "")]
    assert attempts(store, "work")[0].progress == {"share": 0.5}


def test_a_process_of_this_machine_that_is_gone_is_dead_at_once(store):
    code = f"""
import os
from pathlib import Path
from prefrontal.runs.attempts import begin
from prefrontal.runs.stores import FolderStore
begin(FolderStore(Path({str(store.root)!r})), "work")
os.kill(os.getpid(), 9)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -9
    assert [one.end for one in attempts(store, "work")] == ["lost"]
    assert begin(store, "work").number == 2


def test_another_machines_process_is_dead_when_it_was_not_heard_of_for_long(store):
    own = begin(store, "work")
    pretend_elsewhere(store, process=1)
    own.beat()
    make_old(store, module.DEAD_AFTER - 30)
    assert begin(store, "work") is None  # alive, as far as can be told
    make_old(store, module.DEAD_AFTER + 30)
    assert attempts(store, "work")[0].end == "lost"
    own.beat()
    assert begin(store, "work") is None  # it was late, and is alive
    make_old(store, module.DEAD_AFTER + 30)
    assert begin(store, "work").number == 2


def test_the_clock_is_that_of_the_store(store, monkeypatch):
    begin(store, "work")
    pretend_elsewhere(store)
    monkeypatch.setattr(time, "time", lambda: 0.0)  # a machine whose clock is wrong by half a century
    assert attempts(store, "work")[0].end == "going on"


def test_a_leap_of_the_clock_kills_nobody_on_this_machine(store, monkeypatch):
    own = begin(store, "work")
    make_old(store, 86_400)
    assert begin(store, "work") is None
    own.beat()
    make_old(store, 86_400)  # the clock was set ahead by a day since
    assert begin(store, "work") is None
    make_old(store, -86_400)  # and back
    later = time.monotonic() + module.DEAD_AFTER + 30
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert [one.end for one in attempts(store, "work")] == ["lost"]


def test_a_folder_without_an_owner_is_of_one_that_is_just_beginning(store):
    (store.root / "work/.attempts/0001").mkdir(parents=True)
    assert begin(store, "work") is None
    then = time.time() - module.DEAD_AFTER - 30
    os.utime(store.root / "work/.attempts/0001", (then, then))
    assert begin(store, "work").number == 2


def test_who_was_believed_dead_notices_before_it_writes(store):
    own = begin(store, "work")
    own.check()
    pretend_elsewhere(store)
    make_old(store, module.DEAD_AFTER + 30)
    other = begin(store, "work")
    other.check()
    with pytest.raises(Overtaken):
        own.check()


def test_it_beats_in_a_thread_of_its_own(store, monkeypatch):
    monkeypatch.setattr(module, "SECONDS_BETWEEN_BEATS", 0.01)
    own = begin(store, "work")
    own.tell(share=0.25)
    with own.beating():
        while not (beat := store.read("work/.attempts/0001/beat.json")):
            time.sleep(0.01)
    assert json.loads(beat)["share"] == 0.25
    assert not any(thread.name == "heartbeat" for thread in threading.enumerate())
