"""What a training and a sweep save, without what they train: to be disturbed, and done again from what is there."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from prefrontal.runs.folder import RunFolder
from prefrontal.runs.seals import CHECKSUMS
from prefrontal.runs.stores import open_store

OF_THEIR_TIME = (
    *("environment.json", "finished.json", "fit.json", "unit.json"),
    *("table.csv", "sweep.html", "figure.png", "state.previous.safetensors"),
)
"""Files that tell when they were made, on what machine, how long it took; and the state before the last, of whichever
moment that was."""


def save(folder: Path) -> None:
    """Everything that a training of two episodes saves, gone on with from what is there."""
    seed = RunFolder.open(folder / "run", "saves", {"train": {"num_episodes": 2}}).seed(0)
    with seed.lock():
        if seed.status == "finished":
            return
        progress = seed.load_progress()
        for episode in range(progress.facts["episode"] if progress else 0, 3):
            if episode not in seed.kept_episodes():
                seed.save_snapshot(episode, {"kernel": np.full(9, episode)})
            seed.save_progress({"kernel": np.full(9, episode)}, {"episode": episode})
        seed.save_weights({"kernel": np.full(9, 2)}, {"episodes": 2})
        seed.save_metrics({"reward": np.arange(2.0)})
        seed.finish()


def store(folder: Path) -> None:
    """Files of a folder that several machines share."""
    shared = open_store(folder)
    shared.create("unit/.attempts/0001/owner.json", b"{}")
    for name in ("unit/result.json", "seeds.csv", "unit/result.json"):
        shared.write(name, name.encode())
        shared.age("unit/result.json")
    shared.write("seeds.csv", b"seed")


def digests(folder: Path) -> Mapping[str, str]:
    """What lies in a folder, by name; of what tells its time, that it is there. Locks, attempts, and the curves that
    TensorBoard shows are left out."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_dir() or path.name == ".lock" or ".attempts" in name or ".tfevents." in name:
            continue
        found[name] = "" if path.name in OF_THEIR_TIME else hashlib.sha256(_held(path)).hexdigest()
    return found


def _held(path: Path) -> bytes:
    """What is in a file; of checksums, those of files that do not tell their time."""
    data = path.read_bytes()
    if path.name != CHECKSUMS:
        return data
    lines = data.decode(errors="replace").splitlines()[1:]  # the first is of all of them
    return "\n".join(line for line in lines if not line.endswith(OF_THEIR_TIME)).encode()


def difference(found: Mapping[str, str], expected: Mapping[str, str]) -> str:
    """The files that are not as they should be; empty where all are."""
    return ", ".join(sorted(name for name in {*found, *expected} if found.get(name) != expected.get(name)))
