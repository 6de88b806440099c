"""Nothing lost, nothing let in: everything that can be broken is, by the thousand, and what comes of it is counted.

    make campaign                                  all parts, at their full size
    python -m campaign --scale 0.01                all, at a hundredth
    python -m campaign kills --seed 1 --out DIR    one part
    python -m campaign.kills --scale 0.1           the same in this process
    python -m campaign parsers --more --seconds 600    goes on with what was done of a part, for longer

Each part gives rows of one table: what was tried, how many, what failed, what was lost. The report and the numbers lie
in build/campaign: report.md, and NAME.json of every part. Exit code 1 when anything failed.

To add a part, write campaign/NAME.py with a function `run(setting)` that yields `Row`s, ending in

    if __name__ == "__main__":
        main(run)

and name it in `PARTS`. It takes its random numbers from `setting.rng()`, its sizes from `setting.size(1_000)`, and
works in `setting.folder`, a new folder that is removed at the end. It needs the package and what its tests need;
helpers that the suite has, too, are imported from tests/. Linux.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path += [str(ROOT / "tests"), str(ROOT / "benchmarks")]

PARTS: dict[str, str] = {
    "kills": "Crash: a process that dies at any call that changes files",
    "signals": "Crash: real processes, real signals",
    "power": "Power loss: what was not synced is dropped",
    "io_faults": "Faults of the disk: every call of a save fails once",
    "damage": "Corruption: bytes cut off, bits turned over, files in the wrong place",
    "long_runs": "Long runs: memory, clocks, the cache of programs, a day of answers",
    "week": "A week: a minute goes by in every chunk of a training and every turn of a sweep's driver",
    "parsers": "Parsers: wrong files of every kind",
    "numbers": "Numbers: every one of every config at its worst",
}
"""By name, what each tries, in the order of the report."""
