"""Every reader is given wrong files by the thousand: the documented error comes, soon.

Right files of each are changed by the means of their kind (bytes, cells, JSON, TOML, archives, MATLAB's elements,
databases, headers with right checksums), guided by the lines of the package that are reached; see
tests/wrong_inputs.py.
A trial table that is read must be the same when it was written and is read again. Each reader works in processes of its
own, one after the other, so that one that dies is noticed; what each tried, and the inputs that reached new lines, are
kept, and the next goes on from there with other random numbers, as does `--more` another day.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from campaign.frame import ROOT, Row, Setting, main
from prefrontal.runs.files import make_folder, write_bytes, write_text

NUM, LEG = 100_000, 25_000
"""Inputs of each reader, and of each process."""
MOST_MEMORY = 4 * 2**30
"""Bytes of address space of a process that reads."""
FIRST_SECONDS = 2.0
"""Of each reader to begin with: how fast it is tells which is the next."""


def run(setting: Setting) -> Iterator[Row]:
    """A row a reader, those that are fast first."""
    from all_readers import READERS

    tried = {name: _tried(name, setting, FIRST_SECONDS) for name in READERS}
    for name in sorted(tried, key=lambda name: tried[name]["seconds"] / max(1, tried[name]["tried"])):
        yield _row(name, _tried(name, setting, setting.seconds))


def _tried(name: str, setting: Setting, seconds: float) -> dict[str, Any]:
    """What came of a reader so far, when it was tried for `seconds` in all, or as often as it should be."""
    place = setting.kept / "".join(letter if letter.isalnum() else "-" for letter in name)
    make_folder(place)
    legs = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(place.glob("leg-*.json"))]
    wanted = setting.size(NUM, 50)
    while (left := wanted - _sum(legs, "tried")) > 0 and (time := seconds - _sum(legs, "seconds")) > 0:
        asked = [place, min(left, LEG), f"{setting.seed}-{len(legs)}", time]
        legs.append(_leg(name, setting.folder, asked))
        write_text(place / f"leg-{len(legs):04d}.json", json.dumps(legs[-1]) + "\n")
        if legs[-1]["died"]:
            break
    sums = {key: _sum(legs, key) for key in ("tried", "refused", "seconds")}
    most = {key: max((leg[key] for leg in legs), default=0) for key in ("slowest", "memory", "lines")}
    faults = [fault for leg in legs for fault in (*leg["faults"], *leg["died"])]
    return {**sums, **most, "faults": faults}


def _sum(legs: list[dict[str, Any]], key: str) -> float:
    return sum(leg[key] for leg in legs)


def _leg(name: str, folder: Path, asked: list[Any]) -> dict[str, Any]:
    """What one process did."""
    command = [sys.executable, "-m", "campaign.parsers", "--reader", name, str(folder), *map(str, asked)]
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": f"{ROOT / 'src'}"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    if done.returncode == 0:
        return {**json.loads(done.stdout.splitlines()[-1]), "died": []}
    last = sorted(folder.rglob("*"), key=lambda path: path.stat().st_mtime)[-1]
    data = repr(last.read_bytes()[:200]) if last.is_file() else done.stderr[-200:]
    nothing = dict.fromkeys(("tried", "refused", "slowest", "memory", "lines", "seconds"), 0)
    return {**nothing, "faults": [], "died": [(f"ended with code {done.returncode}", 1, data)]}


def _row(name: str, told: Mapping[str, Any]) -> Row:
    spent = 1000 * told["seconds"] / max(1, told["tried"])
    said = f"{told['refused']:,} refused; {told['slowest']:.2f} s at most, {spent:.1f} ms each"
    return Row(
        f"wrong inputs: {name}",
        told["tried"],
        sum(count for _, count, _ in told["faults"]),
        told=f"{said}; {told['memory'] / 2**20:.0f} MB more; {told['lines']:,} lines reached",
        examples=tuple(f"{name}: {fault}, {count} times, first {first}" for fault, count, first in told["faults"]),
    )


def _one(name: str, folder: str, kept: str, num: str, seed: str, seconds: str) -> None:
    """Try one reader, keep the inputs that reached new lines, and print what came of it."""
    import resource

    from all_readers import READERS
    from wrong_inputs import fuzz

    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    before = sorted(Path(kept).glob("input-*"))
    also = [path.read_bytes() for path in before]
    place = Path(folder, str(os.getpid()))
    place.mkdir()
    outcome = fuzz(READERS[name], place, num=int(num), seed=seed, seconds=float(seconds), also=also)
    for number, data in enumerate(outcome.kept, len(before)):
        write_bytes(Path(kept) / f"input-{number:04d}", data)
    told = {key: getattr(outcome, key) for key in ("tried", "refused", "slowest", "memory", "lines", "seconds")}
    faults = [(fault, count, repr(first[:200])) for fault, (count, first) in outcome.faults.items()]
    print(json.dumps({**told, "faults": faults}))


if __name__ == "__main__":
    if "--reader" in sys.argv:
        _one(*sys.argv[2:])
    else:
        main(run)
