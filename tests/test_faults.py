"""Every call of a save fails once, is the last one of its process, or is followed by a power cut: nothing is lost.

`make campaign` does the same to trainings, tests, fits and sweeps, by the thousand.
"""

import itertools
import random
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from faults import ERRORS, Died, Disk, dying
from saving import difference, digests, save, store

from prefrontal.errors import UserError
from prefrontal.runs.files import write_bytes
from prefrontal.runs.folder import RunFolder

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="it reads from /proc which file a descriptor is of")

Work = Callable[[Path], None]
FOLDERS = map(str, itertools.count())


def new(folder: Path) -> Path:
    """A folder of its own."""
    made = folder / next(FOLDERS)
    made.mkdir()
    return made


def undisturbed(work: Work, folder: Path) -> "Disk":
    with Disk(folder, reads=True) as disk:
        work(folder)
    return disk


@pytest.mark.parametrize("work", [save, store])
def test_a_call_that_fails_is_told_with_its_file_or_goes_by_and_nothing_is_lost(tmp_path: Path, work: Work) -> None:
    alone = new(tmp_path)
    calls = undisturbed(work, alone).count
    assert calls > 30
    for at, error in zip(range(calls), itertools.cycle(ERRORS), strict=False):
        folder = new(tmp_path)
        with Disk(folder, at=at, error=error, reads=True) as disk, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of locks that could not be had
            told = ""
            try:
                work(folder)
            except UserError as refusal:
                told = str(refusal)
        assert disk.failed, at
        assert not told or str(folder) in told
        undisturbed(work, folder)
        assert difference(digests(folder), digests(alone)) == "", (at, error, disk.failed)


@pytest.mark.parametrize("work", [save, store])
def test_a_process_may_die_at_any_call_and_the_next_one_clears_up_after_it(tmp_path: Path, work: Work) -> None:
    alone = new(tmp_path)
    undisturbed(work, alone)
    for at in itertools.count():
        folder = new(tmp_path)
        with dying(), Disk(folder, at=at) as disk:
            work(folder)
        if not disk.is_dead:
            break
        undisturbed(work, folder)
        assert difference(digests(folder), digests(alone)) == "", at


def test_what_was_told_to_be_saved_is_there_after_a_power_cut(tmp_path: Path) -> None:
    folder, by_chance = new(tmp_path), random.Random(0)
    with Disk(folder) as disk:
        seed = RunFolder.open(folder / "mine" / "run", "saves", {}).seed(0)
        for episode in (1, 2, 3):
            seed.save_progress({"kernel": np.full(9, episode)}, {"episode": episode})
            disk.note(episode)
    for at in range(len(disk.calls) + 1):
        told = [call.more for call in disk.calls[:at] if call.what == "note"]
        for _ in range(3):
            found = new(tmp_path)
            how = disk.replay(found, at, by_chance)
            if told:
                progress = RunFolder.read(found / "mine" / "run").seed(0).load_progress()
                assert progress is not None
                assert progress.facts["episode"] >= told[-1], (at, how)


def test_a_power_cut_is_noticed_where_nothing_is_synced(tmp_path: Path) -> None:
    """So that the test before this one can fail."""
    folder = new(tmp_path)
    with Disk(folder) as disk:
        (folder / "mine").write_bytes(b"mine")
    contents = set()
    for number in range(30):
        found = new(tmp_path)
        disk.replay(found, len(disk.calls), random.Random(number))
        contents |= {path.read_bytes() for path in found.iterdir()} or {None}
    assert {None, b"", b"mine"} < contents


def test_a_dead_process_changes_nothing_any_more(tmp_path: Path) -> None:
    """Nor in what it does on its way out."""
    folder = new(tmp_path)
    write_bytes(folder / "mine", b"good")
    with pytest.raises(Died), Disk(folder, at=3):
        write_bytes(folder / "mine", b"better")
    assert (folder / "mine").read_bytes() == b"good"
    (partial,) = folder.glob(".mine.*.partial")
    assert partial.read_bytes() == b"better"  # written, and not synced
