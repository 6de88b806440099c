"""A process that dies at any call that changes files, is started again, dies again; in the end, is all as it should be?

The death is that of a process killed by signal 9, without the signal: from some call on nothing that the process does
reaches the disk (tests/faults.py), and of the write it dies in a part does. Compiling anew for every one of a thousand
would take a day; `campaign.signals` kills real processes.
"""

import shutil
from collections.abc import Iterator

from faults import Disk, dying
from saving import difference, digests

from campaign.frame import Row, Setting, main
from campaign.works import Work, life, prepare, small_steps, works

AT_RANDOM = {"train": 250, "evaluate": 120, "fit": 120, "sweep": 60}
"""Lives that end at random, besides those that end at each call."""
STEP = {"sweep": 4}
"""Of which calls one is tried, where not each: a sweep is two trainings, which have been at each of theirs."""


def run(setting: Setting) -> Iterator[Row]:
    """Processes that die at any call that changes files."""
    with small_steps():
        for work in works():
            yield _killed(work, setting)


def _killed(work: Work, setting: Setting) -> Row:
    ready = {}
    alone = prepare(work, setting.folder, ready)
    with life(), Disk(alone) as disk:
        work.go(alone)
    expected, rng, failed, deaths = digests(alone), setting.rng(work.name), list[str](), 0
    every = range(0, disk.count, max(1, round(STEP.get(work.name, 1) / setting.scale)))
    moments = [[at] for at in every] + [[rng.randrange(disk.count)] for _ in range(setting.size(AT_RANDOM[work.name]))]
    for number, (first,) in enumerate(moments):
        folder, plan = prepare(work, setting.folder, ready), [first]
        while number >= len(every) and rng.random() < 0.5:
            plan.append(rng.randrange(disk.count))
        try:
            for at in plan:
                with life(), dying(), Disk(folder, at=at, share=rng.random()) as killed:
                    work.go(folder)
                deaths += killed.is_dead
            with life():
                work.go(folder)
            if wrong := difference(digests(folder), expected):
                failed.append(f"{work.name}, dead at {plan}: {wrong}")
        except Exception as error:
            failed.append(f"{work.name}, dead at {plan}: {type(error).__name__}: {error}")
        shutil.rmtree(folder)
    told = f"at {len(every):,} of {disk.count:,} calls, then at random, some again; {len(moments):,} endings compared"
    return Row(f"{work.name}: the process dies at a call", deaths, len(failed), "nothing", told, tuple(failed))


if __name__ == "__main__":
    main(run)
