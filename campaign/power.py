"""The power goes at any moment, and what was not synced is lost, or half of it: what is found then, what comes of it?

All that a work changes on the disk is recorded, and replayed up to any call as a file system may have it that drops
what was not synced (`Disk.replay`). What a person was told is saved must be there, and good; the same command must go
on from there to the files of an undisturbed run.
"""

import shutil
import warnings
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import numpy as np
from faults import Disk
from saving import difference, digests

from campaign.frame import Row, Setting, main
from campaign.works import EXPERIMENT, Work, life, prepare, small_steps, works
from prefrontal.runs.folder import RunFolder
from prefrontal.runs.seed_folder import SeedFolder
from prefrontal.runs.watching import Watcher, watched

MOMENTS = {"train": 250, "evaluate": 60, "sweep": 120, "fit": 60}
SAVES = 4_000


def run(setting: Setting) -> Iterator[Row]:
    """The power goes at any moment."""
    yield _saves(setting)
    with small_steps():
        for work in works():
            yield _cut(work, setting)


def _saves(setting: Setting) -> Row:
    """Saves alone: without training behind them they can be many."""
    folder, rng, failed = setting.folder / "saves", setting.rng("saves"), list[str]()
    folder.mkdir()
    with Disk(folder) as disk:
        seed = RunFolder.open(folder / "run", "saves", {"size": 100}).seed(0)
        with seed.lock():
            for episode in range(1, 6):
                seed.save_progress({"kernel": np.full(100, episode)}, {"episode": episode})
                disk.note(episode)
                seed.save_snapshot(episode, {"kernel": np.full(100, episode)})
            seed.save_weights({"kernel": np.full(100, 5)}, {"episodes": 5})
            seed.save_metrics({"reward": np.arange(5.0)})
            seed.finish()
            disk.note("finished")
    moments = setting.size(SAVES)
    for _ in range(moments):
        at, place = rng.randrange(len(disk.calls) + 1), folder.with_name("found")
        place.mkdir()
        how = disk.replay(place, at, rng)
        told = [call.more for call in disk.calls[:at] if call.what == "note"]
        try:
            if fault := _missing(place, told):
                failed.append(f"after {at} calls, {how}: {fault}")
        except Exception as error:
            failed.append(f"after {at} calls, {how}: {type(error).__name__}: {error}")
        shutil.rmtree(place)
    return Row(
        "saves of a seed: the power goes, what was told to be saved is read",
        moments,
        len(failed),
        examples=tuple(failed),
    )


def _missing(place: Path, told: list) -> str:
    if not told:
        return ""
    seed = RunFolder.read(place / "run").seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        if told[-1] == "finished":
            seed.load_weights()
            seed.load_metrics()
            return "" if seed.status == "finished" else "not finished"
        progress = seed.load_progress()
        for episode in told[:-1]:
            seed.load_snapshot(episode)
    there = progress.facts["episode"] if progress else 0
    return "" if there >= told[-1] else f"{told[-1]} was told, {there} is there"


class _Notes(Watcher):
    """Notes when it is told that all is saved."""

    def __init__(self, disk: Disk):
        self._disk, self._episode = disk, 0

    def trained(self, episode: int, reward: np.ndarray) -> None:
        self._episode = episode

    def saved(self) -> None:
        self._disk.note(self._episode)


def _cut(work: Work, setting: Setting) -> Row:
    ready, rng, failed, lost = {}, setting.rng(work.name), list[str](), 0
    alone = prepare(work, setting.folder, ready)
    with life(), Disk(alone) as disk, watched(_Notes(disk)):
        work.go(alone)
    expected, moments = digests(alone), setting.size(MOMENTS[work.name])
    for _ in range(moments):
        at = rng.randrange(len(disk.calls) + 1)
        folder = setting.folder / "found"
        folder.mkdir()
        how = disk.replay(folder, at, rng)
        told = [call.more for call in disk.calls[:at] if call.what == "note"]
        there = _episode(folder) if work.name == "train" else 0
        lost += bool(told) and work.name == "train" and there < told[-1]
        try:
            with life():
                work.go(folder)
            if wrong := difference(digests(folder), expected):
                failed.append(f"{work.name}, after {at} calls, {how}: {wrong}")
        except Exception as error:
            failed.append(f"{work.name}, after {at} calls, {how}: {type(error).__name__}: {error}")
        shutil.rmtree(folder)
    return Row(
        f"{work.name}: the power goes, and the same is done again",
        moments,
        len(failed) + lost,
        f"{lost} saved states" if lost else "nothing",
        f"at any of {len(disk.calls):,} calls",
        tuple(failed),
    )


def _episode(folder: Path) -> int:
    """Episodes of the training state that is found."""
    found = [path for path in folder.glob("seed-*") if path.is_dir()]
    if not found:
        return 0
    record = RunFolder.read(folder)
    seed = SeedFolder(folder, EXPERIMENT.name, record.config, 0)
    with mock.patch.object(warnings, "warn"):
        progress = seed.load_progress()
    return progress.facts["episode"] if progress else 0


if __name__ == "__main__":
    main(run)
