"""Files of JSON and tables notice damage: bits turned over, and bytes cut off."""

import json
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from prefrontal.configs.models import KnownTask
from prefrontal.errors import UserError
from prefrontal.reports.recovered import recoveries
from prefrontal.runs.folder import RunFolder
from prefrontal.runs.parts import keeping
from prefrontal.runs.results import INTERVENTION, read_learning, read_results, read_table, write_results
from prefrontal.runs.seals import CHECKSUMS, is_whole, read_sealed, sealed

DOCUMENT = {"end": "done", "seconds": 1.5, "progress": {"share": 0.25}}


def damaged(data: bytes) -> list[bytes]:
    """`data` with each bit turned over, and with each byte and all after it cut off."""
    flipped = [
        data[:place] + bytes([data[place] ^ 1 << bit]) + data[place + 1 :]
        for place in range(len(data))
        for bit in range(8)
    ]
    return [*flipped, *(data[:length] for length in range(len(data)))]


def unnoticed(path: Path, read: Callable[[], object], step: int = 1) -> list[bytes]:
    """What the file `path` may hold without that anybody notices, and is not what it held; of each `step` one tried."""
    whole, passed = path.read_bytes(), []
    before = read()
    for data in damaged(whole)[::step]:
        path.write_bytes(data)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                if repr(read()) != repr(before):
                    passed.append(data)
        except (UserError, RuntimeWarning):
            continue
    path.write_bytes(whole)
    return passed


def test_a_document_notices_every_change(tmp_path: Path) -> None:
    path = tmp_path / "end.json"
    path.write_text(json.dumps(sealed(DOCUMENT)))
    assert {**DOCUMENT, "sha256": read_sealed(path)["sha256"]} == read_sealed(path)
    assert unnoticed(path, lambda: read_sealed(path), step=5) == []


def test_a_document_of_an_earlier_version_passes(tmp_path: Path) -> None:
    assert is_whole(DOCUMENT)
    assert not is_whole([DOCUMENT])
    path = tmp_path / "finished.json"
    path.write_text(json.dumps({"time": "2026-01-31T12:00:00+00:00"}))
    read_sealed(path)


def test_a_number_seals_as_what_it_is_read_as() -> None:
    assert is_whole(json.loads(json.dumps(sealed({"share": np.float32(0.1), "rungs": {2: (1, np.nan)}}))))


@pytest.mark.parametrize("name", ["finished.json", "environment.json"])
def test_damage_of_a_seeds_marks_is_told_and_costs_nothing(tmp_path: Path, name: str) -> None:
    run = RunFolder.open(tmp_path / "run", "two-step", {})
    seed = run.seed(3)
    seed.save_weights({"kernel": np.ones(3)}, {})
    seed.save_metrics({"reward": np.ones(1)})
    seed.finish()
    run.seed(3)
    path = seed.path / name
    path.write_bytes(path.read_bytes().replace(b"20", b"21", 1))
    told = rf"{name}` must be as it was written, got one that does not match .* copy\. Nothing is computed from it\."
    with pytest.warns(RuntimeWarning, match=told):
        again = run.seed(3)
    assert again.status == "finished"
    again.load_weights()


def test_an_intervention_notices_damage(tmp_path: Path) -> None:
    (tmp_path / INTERVENTION).write_text('{"kind": "silence", "units": [1]}')
    write_results(tmp_path, {"experiment": "a", "seeds": [0]})
    assert unnoticed(tmp_path / INTERVENTION, lambda: read_results(tmp_path), step=7) == []


def test_a_recovery_notices_damage(tmp_path: Path) -> None:
    record = {
        "options": {"models": ["hybrid"], "num_subjects": 8, "num_sessions": 1, "task": {"num_trials": 200}},
        "summary": {"weight": {"pearson": 0.75}},
    }
    folder = tmp_path / "recovery"
    with keeping(folder, {}):
        (folder / "recovery.json").write_text(json.dumps(record))

    def found(asked: str | None) -> object:
        return recoveries(["hybrid"], KnownTask(), pd.DataFrame(), tmp_path / "fit", asked)

    assert "weight" in repr(found(None))
    for asked in (None, str(folder)):  # found by itself, and named
        assert unnoticed(folder / "recovery.json", lambda asked=asked: found(asked), step=17) == []
    with keeping(folder, {}):
        (folder / "recovery.json").write_text(json.dumps(record | {"more": 1}))
        assert "weight" in repr(found(None))  # what is being written anew has no checksum


def test_results_and_their_tables_notice_damage(tmp_path: Path) -> None:
    for name in ("learning.csv", "stay.csv"):
        (tmp_path / name).write_text("variant,seed,episode,reward\n,0,50,1.5\n")
    write_results(tmp_path, {"experiment": "a", "seeds": [0]})
    reads = {
        "results.json": lambda: read_results(tmp_path),
        "learning.csv": lambda: read_learning(tmp_path).to_dict(),
        "stay.csv": lambda: read_table(tmp_path / "stay.csv").to_dict(),
        CHECKSUMS: lambda: read_results(tmp_path),
    }
    for name, read in reads.items():
        assert unnoticed(tmp_path / name, read, step=11) == [], name
    (tmp_path / "stay.csv").write_text("mine")
    with pytest.raises(UserError, match=r"stay\.csv` must be as it was written, got .* Evaluate the run again\."):
        read_table(tmp_path / "stay.csv")
    read_results(tmp_path)
    (tmp_path / CHECKSUMS).unlink()
    with pytest.raises(KeyError):  # of an earlier version, it is read as ever
        _ = read_table(tmp_path / "stay.csv")["reward"]
