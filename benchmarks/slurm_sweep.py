"""A sweep on SLURM, a cluster of this machine: units cancelled, preempted, over their time, and what comes of them.

    python benchmarks/slurm_sweep.py FOLDER [--episodes 100000]

An array of eight units, two at once, of at most a minute each. One takes longer; one is cancelled as it
runs; two are preempted by a job of a partition that comes first. Those that did not end are submitted again, and all
weights are compared with those of a sweep without SLURM. Root, and Debian's slurm-wlm. Prints what it found, as JSON.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from killed_sweeps import SPEC, account, digests, finish, running
from slurm_here import slurm, told

from prefrontal.runs.attempts import attempts
from prefrontal.runs.stores import open_store
from prefrontal.sweeps.slurm import Submitted, submit, waiting
from prefrontal.sweeps.spec import Spec, read_spec
from prefrontal.sweeps.standing import standings

DISCOUNTS = [0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9]


def write_spec(folder: Path, episodes: int) -> Path:
    """Seven short units, and one that is over its time."""
    file = folder / "sweep.toml"
    each = "".join(f'[[list]]\n"train.discount" = {discount}\n' for discount in DISCOUNTS)
    long = f'[[list]]\n"train.discount" = 0.95\n"train.num_episodes" = {5 * episodes // 2}\n'
    text = SPEC.format(episodes=episodes, discounts="[]", block=4).replace('[grid]\n"train.discount" = []\n', "")
    file.write_text(f"{text}minutes = 1\n{long}{each}")
    return file


def wait_until(condition: Callable[[], object], seconds: float = 900.0) -> None:
    """Until `condition` is true."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited for too long"
        time.sleep(1.0)


def number_of(submitted: Submitted, name: str) -> int:
    """The task of an array that runs the unit called so."""
    return [unit.name for unit in submitted.units].index(name)


def disturb(spec: Spec, out: Path) -> dict[str, object]:
    """Submit the array, and cancel and preempt some of it."""
    long = spec.units[0].name
    first = submit(spec, spec.units, at_once=2)

    def short() -> list[str]:
        return [name for name, _ in running(spec, out) if name != long]

    wait_until(lambda: len(short()) == 1 and long in {name for name, _ in running(spec, out)})
    urgent = told(
        "sbatch", "--parsable", "--partition=high", "--cpus-per-task=2", "--wrap=sleep 3", "--output=/dev/null"
    )
    preempted = short()
    wait_until(lambda: not running(spec, out))
    wait_until(lambda: [name for name in short() if name not in preempted])
    cancelled = next(name for name in short() if name not in preempted)
    told("scancel", f"{first.job}_{number_of(first, cancelled)}")
    wait_until(lambda: not waiting(spec))
    after = {one.unit.name: one.state for one in standings(open_store(out), spec.units)}
    left = [unit for unit in spec.units if after[unit.name] != "done"]
    submit(spec, left)
    wait_until(lambda: not waiting(spec))
    return {
        "the urgent job": urgent.strip(),
        "preempted": [long, *preempted],
        "cancelled": cancelled,
        "not done after the first array": [unit.name for unit in left],
        "submitted again": len(left),
    }


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="a new folder, for all that is trained")
    parser.add_argument("--episodes", type=int, default=100_000, help="of each short training")
    asked = parser.parse_args()
    folder = asked.folder.resolve()
    folder.mkdir(parents=True)
    (folder / "slurm").mkdir()
    file, alone, out = write_spec(folder, asked.episodes), folder / "alone", folder / "out"
    spec, began = read_spec(file, str(out)), time.monotonic()
    with slurm(folder / "slurm", cpus=2):
        found = disturb(spec, out)
    seconds = time.monotonic() - began
    finish(file, alone, "--workers", "2")
    finish(file, out, "--table")
    each = {unit.name: attempts(open_store(out), unit.name) for unit in spec.units}
    ends = {name: [f"{one.end} {one.reason}".strip() for one in of_unit] for name, of_unit in each.items()}
    told_of = {**found, "seconds": round(seconds), "of each unit": ends, **account(spec, out)}
    print(json.dumps({**told_of, "the same, byte for byte": digests(alone) == digests(out)}, indent=2))


if __name__ == "__main__":
    main()
