"""Every call of a save fails once, as it does where the disk is full or broken, or too many files are open.

The command then says which file, or goes on and ends as if nothing had been; what was saved before is there, and the
same command goes on from it to the files of an undisturbed run.
"""

import errno
import shutil
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from faults import ERRORS, Disk
from saving import difference, digests, save, store

from campaign.frame import Row, Setting, main
from campaign.works import Work, life, prepare, small_steps, works
from prefrontal.errors import UserError

AT_RANDOM = {"train": 300, "evaluate": 80, "sweep": 150, "fit": 80}


def run(setting: Setting) -> Iterator[Row]:
    """Every call of a save fails once."""
    with small_steps():
        for work in (Work("saves of a seed", save), Work("files of a store", store)):
            yield _failing(work, setting, every=True)
        for work in works():
            yield _failing(work, setting, every=False)


def _failing(work: Work, setting: Setting, *, every: bool) -> Row:
    ready, rng, failed, told = {}, setting.rng(work.name), list[str](), Counter[str]()
    alone = prepare(work, setting.folder, ready)
    with life(), Disk(alone, reads=True) as disk:
        work.go(alone)
    expected = digests(alone)
    cases = [(at, error) for at in range(disk.count) for error in ERRORS]
    cases = cases if every else rng.sample(cases, min(len(cases), setting.size(AT_RANDOM[work.name])))
    for at, error in cases:
        folder = prepare(work, setting.folder, ready)
        with life(), Disk(folder, at=at, error=error, reads=True) as failing, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fault = _fault(work, folder, failing, told)
        try:
            with life():
                work.go(folder)
            fault = fault or difference(digests(folder), expected)
        except Exception as again:
            fault = fault or f"done again: {type(again).__name__}: {again}"
        if fault:
            call = f"{failing.failed.what} {Path(failing.failed.path).name}" if failing.failed else "no call"
            failed.append(f"{work.name}: {errno.errorcode[error]} at {at}, {call}: {fault}")
        shutil.rmtree(folder)
    said = ", ".join(f"{number:,} {what}" for what, number in sorted(told.items()))
    return Row(
        f"{work.name}: a call fails, and the same is done again",
        len(cases),
        len(failed),
        "nothing",
        said,
        tuple(failed),
    )


def _fault(work: Work, folder: Path, disk: Disk, told: Counter[str]) -> str:
    """What is wrong with how a work takes a call that fails; empty where nothing is."""
    try:
        work.go(folder)
    except UserError as error:
        told["told with the file"] += 1
        return "" if str(folder) in str(error) else f"tells of no file: {error}"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    told["went on"] += 1
    return ""


if __name__ == "__main__":
    main(run)
