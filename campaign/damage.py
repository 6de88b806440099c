"""Every file that a run, its test, a sweep, a fit and a recovery leave: every byte is cut off, bits are turned over by
the thousand.

Damage is noticed when whatever reads the file refuses it or warns, or when a unit of a sweep is done again; a file that
says the same as before, such as one without its last line's end, has lost nothing. Files of the same run in the wrong
place, such as a snapshot in place of the weights, are refused as well.
"""

import contextlib
import io
import shutil
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from campaign.frame import Row, Setting, main
from campaign.works import CONFIG, EXPERIMENT, SNAPSHOT_EVERY, evaluate, fit, people, small_steps, sweep, train
from prefrontal.cli import main as main_of_package
from prefrontal.configs import InterventionConfig
from prefrontal.configs.models import KnownTask
from prefrontal.errors import UserError
from prefrontal.experiments.workflow import evaluate_run
from prefrontal.reports.recovered import recoveries
from prefrontal.runs.attempts import attempts
from prefrontal.runs.carrying import Carried
from prefrontal.runs.folder import RunFolder
from prefrontal.runs.results import INTERVENTION, read_learning, read_results
from prefrontal.runs.seals import check_checksum
from prefrontal.runs.stores import open_store
from prefrontal.sweeps.outcome import read_result

FLIPS = 50_000
CUTS = 4_000
"""Of a longer file, cuts at so many places."""
Read = Callable[[], Any]


def run(setting: Setting) -> Iterator[Row]:
    """Every kind of file is damaged."""
    with small_steps():
        folder, swept = setting.folder / "run", setting.folder / "sweep"
        train(folder)
        evaluate(folder)
        sweep(swept)
        more = {**_intervened(folder), **_fitted(setting.folder / "fits"), **_carried(setting.folder / "carried")}
    for name, (path, read) in (_files(folder, swept) | more).items():
        yield _damaged(name, path, read, setting)
    yield _misplaced(folder)


def _files(folder: Path, swept: Path) -> dict[str, tuple[Path, Read]]:
    """By name, each file and what reads it."""
    seed, store = folder / "seed-000", open_store(swept)
    unit = next(swept.rglob("unit.json"))
    work = unit.parent.relative_to(swept).as_posix()
    moment = f"snapshots/episode-{SNAPSHOT_EVERY:06d}.safetensors"

    opened = RunFolder.read(folder).seed(0)

    def of_run(act: Callable[[Any], Any]) -> Read:
        return lambda: act(opened)

    def all_of_it() -> Any:
        run = RunFolder.read(folder)
        return run.config, run.experiment, run.seed(0).load_weights()[1]

    def attempt() -> Any:
        (one,) = attempts(store, work)  # one that is not known to have ended counts as lost, or as going on
        return (one.end, one.reason, one.seconds, dict(one.owner)) if one.end == "done" else None

    return {
        "config.json": (folder / "config.json", all_of_it),
        "config.json of a seed": (seed / "config.json", all_of_it),
        "environment.json": (seed / "environment.json", lambda: RunFolder.read(folder).seed(0).status),
        "finished.json": (seed / "finished.json", lambda: RunFolder.read(folder).seed(0).status),
        "state.safetensors": (seed / "state.safetensors", of_run(lambda seed: seed.load_progress().facts)),
        "weights.safetensors": (seed / "weights.safetensors", of_run(lambda seed: seed.load_weights()[1])),
        "metrics.safetensors": (seed / "metrics.safetensors", of_run(lambda seed: seed.load_metrics()["reward"].sum())),
        "a snapshot": (seed / moment, of_run(lambda seed: seed.load_snapshot(SNAPSHOT_EVERY)["kernel"].sum())),
        "results.json": (folder / "results.json", lambda: read_results(folder)),
        "learning.csv": (folder / "learning.csv", lambda: read_learning(folder).to_dict()),
        "unit.json of a sweep": (unit, lambda: read_result(store, work)),
        "end.json of an attempt": (swept / work / ".attempts/0001/end.json", attempt),
    }


def _intervened(folder: Path) -> dict[str, tuple[Path, Read]]:
    """What a test of silenced networks leaves."""
    silent = InterventionConfig(silence=(0,))
    results, _ = evaluate_run(EXPERIMENT, CONFIG, [0], folder, intervention=silent)
    return {
        "intervention.json": (results / INTERVENTION, lambda: read_results(results)),
        "results.json of it": (results / "results.json", lambda: read_results(results)),
    }


def _fitted(folder: Path) -> dict[str, tuple[Path, Read]]:
    """What a fit and a recovery leave."""
    folder.mkdir()
    people(folder)
    fit(folder)
    model, out = "win-stay-lose-shift", folder / "recovery"
    few = ["--num-subjects", "4", "--num-trials", "30", "--num-starts", "2"]
    with contextlib.redirect_stdout(io.StringIO()):
        main_of_package(["recover", model, *few, "--out", str(out)])

    def found() -> Any:
        return recoveries([model], KnownTask(), pd.DataFrame(), folder / "out", str(out))

    table, subjects = folder / "out/fit.csv", out / "subjects.csv"
    return {
        "recovery.json": (out / "recovery.json", found),
        "a table of a recovery": (subjects, lambda: check_checksum(subjects) or subjects.read_text(errors="replace")),
        "a table of a fit": (table, lambda: check_checksum(table) or table.read_text(errors="replace")),
    }


def _carried(folder: Path) -> dict[str, tuple[Path, Read]]:
    """What an attempt at a unit keeps in a store while it goes on."""
    store = open_store(folder)
    first = Carried(folder / "copy", store, "unit", 1)
    first.pull()
    for name in ("config.json", "seed-000.safetensors"):
        (first.folder / name).write_bytes(name.encode() * 9)
    first.push()

    def pulled() -> Any:
        again = Carried(folder / "again", store, "unit", 2)
        shutil.rmtree(again.folder, ignore_errors=True)
        again.pull()
        return {path.name: path.read_bytes() for path in sorted(again.folder.iterdir())} or None

    return {"manifest.json of a unit's attempt": (folder / "unit/.kept/0001/manifest.json", pulled)}


def _damaged(name: str, path: Path, read: Read, setting: Setting) -> Row:
    whole, rng, failed = path.read_bytes(), setting.rng(name), list[str]()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        before = repr(read())
    cuts = range(len(whole)) if len(whole) < setting.size(CUTS) else rng.sample(range(len(whole)), setting.size(CUTS))
    num_bits, flips = 8 * len(whole), setting.size(FLIPS)
    bits = range(num_bits) if num_bits < flips else rng.sample(range(num_bits), flips)
    same = 0
    for what, places in (("cut", cuts), ("bit", bits)):
        for place in places:
            path.write_bytes(whole[:place] if what == "cut" else _flipped(whole, place))
            noticed = _noticed(read, before)
            same += noticed == "the same"
            if noticed == "another":
                failed.append(f"{name}: {what} {place}")
    path.write_bytes(whole)
    told = f"{len(cuts):,} of {len(whole):,} cuts, {len(bits):,} of {num_bits:,} bits"
    told += f"; {same:,} say the same" if same else ""
    return Row(f"{name} is damaged", len(cuts) + len(bits), len(failed), "nothing", told, tuple(failed))


def _flipped(data: bytes, bit: int) -> bytes:
    place, of_byte = divmod(bit, 8)
    return data[:place] + bytes([data[place] ^ 1 << of_byte]) + data[place + 1 :]


def _noticed(read: Read, before: str) -> str:
    """What comes of reading: "refused", "the same", or "another" that passes for good."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            after = read()
        except UserError:
            return "refused"
    if caught or (after is None and before != "None"):
        return "refused"
    return "the same" if repr(after) == before else "another"


def _misplaced(folder: Path) -> Row:
    """Files of the run in the place of others of it, each read as what it is not."""
    seed, failed, tried = folder / "seed-000", list[str](), 0
    snapshots = sorted((seed / "snapshots").iterdir())
    names = ("state.safetensors", "weights.safetensors", "metrics.safetensors")
    files = [*(seed / name for name in names), *snapshots]
    loads: dict[str, Callable[[Any], Any]] = {
        "weights.safetensors": lambda of: of.load_weights(),
        "metrics.safetensors": lambda of: of.load_metrics(),
        snapshots[1].name: lambda of: of.load_snapshot(SNAPSHOT_EVERY),
    }
    for name, load in loads.items():
        place = seed / name if name in names else seed / "snapshots" / name
        kept = place.with_suffix(".kept")
        shutil.copy(place, kept)
        for other in files:
            if other.read_bytes() == place.read_bytes():
                continue  # the last snapshot holds the weights themselves
            shutil.copy(other, place)
            tried += 1
            try:
                load(RunFolder.read(folder).seed(0))
                failed.append(f"{other.name} as {name}")
            except UserError:
                pass
            shutil.copy(kept, place)
        kept.unlink()
    other = folder.with_name("other")
    shutil.copytree(folder, other)
    record = (other / "config.json").read_text()
    (other / "config.json").write_text(record.replace('"num_trials": 5', '"num_trials": 6'))
    tried += 1
    try:
        RunFolder.open(other, EXPERIMENT.name, CONFIG.training).seed(0)
        failed.append("a run of other settings")
    except UserError:
        pass
    return Row("a file of the run in the place of another of it", tried, len(failed), examples=tuple(failed))


if __name__ == "__main__":
    main(run)
