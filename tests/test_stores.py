"""Results at a URL: a copy is worked on, pushed whole at each save, and taken up elsewhere when its disk is gone."""

import itertools
import json
import secrets
from types import SimpleNamespace

import pytest
from sweeping import TINY, spec_of, weights

from prefrontal.errors import UserError
from prefrontal.learning.jobs import SECONDS_BETWEEN_SAVES
from prefrontal.runs.attempts import attempts, begin
from prefrontal.runs.carrying import Carried
from prefrontal.runs.stores import FolderStore, open_store
from prefrontal.sweeps.standing import standings
from prefrontal.sweeps.work import run_unit

fsspec = pytest.importorskip("fsspec", reason="fsspec is not installed: pip install 'prefrontal[cluster]'")


@pytest.fixture(params=["folder", "file", "memory"])
def store(request, tmp_path):
    place = {"folder": str(tmp_path), "file": f"file://{tmp_path}", "memory": f"memory://{secrets.token_hex(4)}"}
    return open_store(place[request.param])


def test_files_are_written_read_and_told_of(store):
    assert store.read("a/b") is None
    assert store.names("a") == set()
    assert store.age("a/b") == float("inf")
    store.write("a/b", b"1")
    store.write("a/c", b"2")
    store.write("a/b", b"3")
    assert store.read("a/b") == b"3"
    assert store.read_all(["a/b", "a/c", "a/d"]) == {"a/b": b"3", "a/c": b"2"}
    assert store.read_all(["a/c"]) == {"a/c": b"2"}
    assert store.read_all([]) == {}
    assert store.names("a") == {"b", "c"}
    assert 0 <= store.age("a/b") < 30
    store.remove("a/b")
    assert store.read("a/b") is None


def test_one_of_all_creates(store):
    assert store.create("work/1/owner", b"me")
    assert not store.create("work/1/owner", b"you")
    assert store.read("work/1/owner") == b"me"


def test_attempts_are_the_same_everywhere(store):
    own = begin(store, "work")
    assert begin(store, "work") is None
    own.tell(share=0.5)
    own.beat()
    assert attempts(store, "work")[0].progress["share"] == 0.5
    own.end("stopped")
    assert begin(store, "work").number == 2
    assert own.is_overtaken()


def test_a_place_that_is_none_is_refused():
    with pytest.raises(UserError, match="`out` must be a URL that fsspec can open, got nowhere://x"):
        open_store("nowhere://x")


def write(folder, **files):
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text)


def read(folder):
    return {path.name: path.read_text() for path in folder.iterdir()}


def carried(store, tmp_path, number, name="run"):
    copy = Carried(tmp_path / f"{name}-{number}", store, "run", number)
    copy.pull()
    return copy


def test_a_copy_is_pushed_whole_and_pulled_elsewhere(store, tmp_path):
    tmp_path = tmp_path / "copies"
    first = carried(store, tmp_path, 1)
    write(first.folder, a="1", b="2")
    first.push()
    write(first.folder, a="1", b="3")
    first.push()
    assert len(store.names("run/.kept/0001")) == 3  # two contents and the manifest: no more than is needed
    second = carried(store, tmp_path, 2)
    assert read(second.folder) == {"a": "1", "b": "3"}
    write(second.folder, b="4")
    second.push()
    write(first.folder, a="0", b="0")
    first.push()  # by one that was believed dead
    assert read(carried(store, tmp_path, 3).folder) == {"a": "1", "b": "4"}


def test_what_is_pushed_in_part_does_not_count(store, tmp_path):
    tmp_path = tmp_path / "copies"
    first = carried(store, tmp_path, 1)
    write(first.folder, a="1")
    first.push()
    store.write("run/.kept/0002/0123", b"a file of a push that was cut off")
    assert read(carried(store, tmp_path, 3).folder) == {"a": "1"}
    (checksum,) = json.loads(store.read("run/.kept/0001/manifest.json"))["files"].values()
    store.write(f"run/.kept/0001/{checksum}", b"damaged")
    assert read(carried(store, tmp_path, 3, "other").folder) == {}
    first.push()
    manifest = store.read("run/.kept/0001/manifest.json")
    for damaged in (manifest.replace(b'"a"', b'"b"'), manifest.replace(b'"sha256"', b'"sha257"')):
        store.write("run/.kept/0001/manifest.json", damaged)
        assert read(carried(store, tmp_path, 3, "another").folder) == {}


@pytest.mark.thorough
def test_a_unit_ends_with_the_same_files_at_a_url_though_its_disk_is_wiped(tmp_path, monkeypatch):
    """It is stopped after the first save, and goes on from there with another disk."""
    from prefrontal.learning import group, jobs

    monkeypatch.setattr(group, "STEPS_PER_CHUNK", 50)  # fifty episodes, which is the least
    clock = SimpleNamespace(monotonic=itertools.count(step=10 * SECONDS_BETWEEN_SAVES).__next__)
    monkeypatch.setattr(jobs, "time", clock)  # a save after each of them
    url = f"memory://{secrets.token_hex(4)}"
    text = TINY.replace("num_episodes = 40", "num_episodes = 200")
    here = spec_of(tmp_path, text)
    there = spec_of(tmp_path, text, url)
    unit = there.units[0]
    saves = []
    push = Carried.push

    def push_and_go(self):
        push(self)
        saves.append(self.episodes_saved())
        if len(saves) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(Carried, "push", push_and_go)
    with pytest.raises(KeyboardInterrupt):
        run_unit(unit, url, str(tmp_path))
    assert not list(tmp_path.glob("prefrontal-*"))  # the copy is gone
    assert standings(open_store(url), [unit])[0].state == "stopped"
    assert run_unit(unit, url, str(tmp_path)).ending == "done"
    assert saves[:4] == [0, 100, 100, 200]  # it went on from the second save, of fifty episodes of two seeds
    assert run_unit(here.units[0], here.out).ending == "done"
    store = open_store(url)
    alone = weights(FolderStore(tmp_path / "out").folder / unit.name)
    assert alone
    assert {name: store.read(f"{unit.name}/{name}") for name in alone} == alone
    assert store.names(f"{unit.name}/.kept") <= {"0001", "0002"}
    assert not any(store.names(f"{unit.name}/.kept/{number}") for number in ("0001", "0002"))
