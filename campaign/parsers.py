"""Every reader is given wrong files by the thousand: the documented error comes, soon.

Right files of each are changed by the means of their kind (bytes, cells, JSON, TOML, archives, MATLAB's elements,
databases, headers with right checksums), guided by the lines of the package that are reached; see
tests/wrong_inputs.py.
A trial table that is read must be the same when it was written and is read again. Each reader works in a process of its
own, so that one that dies is noticed.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from campaign.frame import ROOT, Row, Setting, main

NUM, SECONDS = 100_000, 40.0
"""Inputs of each reader, and for how long it is given some at the most."""
MOST_MEMORY = 4 * 2**30
"""Bytes of address space of a process that reads."""


def run(setting: Setting) -> Iterator[Row]:
    """A row a reader."""
    from all_readers import READERS

    for name in READERS:
        folder = setting.folder / str(len(name))
        folder.mkdir(exist_ok=True)
        yield _row(name, folder, setting)


def _row(name: str, folder: Path, setting: Setting) -> Row:
    asked = [name, str(folder), str(setting.size(NUM, 50)), str(setting.seed), str(max(2.0, SECONDS * setting.scale))]
    command = [sys.executable, "-m", "campaign.parsers", "--reader", *asked]
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": f"{ROOT / 'src'}"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    if done.returncode:
        last = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime)[-1].read_bytes()[:200]
        return Row(name, 0, 1, told=f"ended with code {done.returncode}", examples=(f"{name}: {last!r}",))
    told = json.loads(done.stdout.splitlines()[-1])
    faults = {fault: (count, first) for fault, count, first in told["faults"]}
    return Row(
        f"wrong inputs: {name}",
        told["tried"],
        sum(count for count, _ in faults.values()),
        told=f"{told['refused']:,} refused; {told['slowest']:.2f} s at most; {told['memory'] / 2**20:.0f} MB more",
        examples=tuple(f"{name}: {fault}, {count} times, first {first}" for fault, (count, first) in faults.items()),
    )


def _one(name: str, folder: str, num: str, seed: str, seconds: str) -> None:
    """Try one reader, and print what came of it."""
    import resource

    from all_readers import READERS
    from wrong_inputs import fuzz

    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    outcome = fuzz(READERS[name], Path(folder), num=int(num), seed=int(seed), seconds=float(seconds))
    told = {key: getattr(outcome, key) for key in ("tried", "refused", "slowest", "memory", "lines")}
    faults = [(fault, count, repr(first[:200])) for fault, (count, first) in outcome.faults.items()]
    print(json.dumps({**told, "faults": faults}))


if __name__ == "__main__":
    if "--reader" in sys.argv:
        _one(*sys.argv[2:])
    else:
        main(run)
