"""What files of strangers may be: so large and no larger, data and nothing else."""

import gzip
import json
import os
import socket
import sqlite3
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import right_inputs

import prefrontal as pf
from prefrontal.errors import UserError
from prefrontal.experiments.records import read_document
from prefrontal.interop.policy import load_policy
from prefrontal.runs.inventory import find_runs
from prefrontal.runs.results import read_learning, read_results
from prefrontal.runs.spreadsheets import to_csv
from prefrontal.sweeps.spec import read_spec
from prefrontal.trials.binary.mat import Malformed, read_matlab
from prefrontal.trials.formats import FORMATS
from prefrontal.trials.text import LEAST_BYTES, MOST_COLUMNS, MOST_PLAIN

CELLS = "subject,choice,state,reward\n" + "s1,0,0,1\ns1,1,1,0\ns1,0,1,0\n" * 3


def test_a_small_zip_of_much_is_refused_before_it_is_unpacked(tmp_path):
    path = tmp_path / "t.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("t.jsonl", b" " * 3 * LEAST_BYTES)
    assert path.stat().st_size < LEAST_BYTES / 100
    with pytest.raises(UserError, match=r"a zip of its size must hold at most \d+ MB, got 12\."):
        pf.read_trials(path)


def test_a_small_gzip_of_much_is_refused(tmp_path):
    path = tmp_path / "t.csv.gz"
    path.write_bytes(gzip.compress(b" " * (LEAST_BYTES + 1), 1))
    with pytest.raises(UserError, match="a packed file of its size must hold at most 4 MB, got more"):
        pf.read_trials(path)


def test_a_small_matlab_file_of_much_is_refused():
    packed = right_inputs.matlab()[1]
    with pytest.raises(Malformed, match="compressed parts of more than 0 MB"):
        read_matlab(packed, 100)


@pytest.mark.parametrize("name", ["t.csv", "t.jsonl", "t.mat", "t.zip"])
def test_a_file_that_would_take_all_memory_is_refused_at_once(name, tmp_path):
    path = tmp_path / name
    path.touch()
    os.truncate(path, MOST_PLAIN + 1)  # of a hole, which takes no room
    with pytest.raises(UserError, match=r"must hold at most 256 MB, got 256 MB: .* Split it by people"):
        pf.read_trials(path)


def test_a_table_of_very_many_columns_is_refused_at_once(tmp_path):
    path = tmp_path / "t.csv"
    more = "".join(f",{number}" for number in range(MOST_COLUMNS))
    path.write_text(CELLS.replace("reward\n", f"reward{more}\n"))
    for format in ("auto", "prefrontal", "columns"):
        with pytest.raises(UserError, match=r"a table must have at most 2,000 columns, got 2,004\."):
            pf.read_trials(path, format=format)


def test_rows_that_share_no_name_make_no_table(tmp_path):
    path = tmp_path / "t.json"
    path.write_text(json.dumps([{"state_1_choice": 1, f"k{number % 1_000}": 1} for number in range(3_000)]))
    with pytest.raises(UserError, match=r"got 1,001 in 3,000 rows that hold 2 each\. Is it the right file\?"):
        pf.read_trials(path)


def test_a_database_that_computes_its_rows_is_refused(tmp_path):
    path = tmp_path / "t.sqlite"
    view = (
        "CREATE VIEW trials AS WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) SELECT 1 AS session, "
        "0 AS practice, x AS trial, 0 AS choice, 0 AS choice2, 0 AS rt, 0 AS rt2, 0 AS state, 0 AS reward, 0 AS missed "
        "FROM r"
    )
    for change, got in ((f"DROP TABLE trials; {view}", "no table trials"), (COMPUTED, "computed columns in trials")):
        path.write_bytes(right_inputs.people()[0])
        connection = sqlite3.connect(path)
        connection.executescript(change)
        connection.close()
        with pytest.raises(UserError, match=rf"must be a database of `prefrontal play`, got .* \({got}\)"):
            pf.read_trials(path)


COMPUTED = "ALTER TABLE trials ADD COLUMN more TEXT AS (zeroblob(1000000000)) VIRTUAL"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a" + ".a" * 100_000 + " = 1", "a key in more than 50 parts"),
        ("a = " + "[" * 20_000 + "]" * 20_000, "lists or tables within one another, too deep"),
        ("a = " + "[" * 60 + "]" * 60, "more than 50 deep"),
        ("# " + "x" * 2**20, "1,048,578 characters, more than 1,048,576"),
    ],
    ids=["dots", "depth", "less depth", "length"],
)
def test_toml_that_would_take_all_there_is_is_refused(text, message, tmp_path):
    (tmp_path / "t.toml").write_text(text)
    with pytest.raises(UserError, match=message):
        read_document(tmp_path / "t.toml")


def test_text_that_is_nearly_of_many_trials_is_refused_soon(tmp_path):
    """Where a line may match in many ways, the time to find that it does not grows with their number."""
    path = tmp_path / "t.jsonl"
    path.write_text(json.dumps({"text": "You press the arrow key for <<up>>. The left circle lights up.\n" * 3_000}))
    with pytest.raises(UserError, match="line 1 of `text` must be a trial"):
        pf.read_trials(path)


def test_matlab_files_are_read_as_scipy_reads_them():
    """Those that come with SciPy, which MATLAB wrote; SciPy's own reader is for whom it trusts."""
    import scipy.io.matlab
    from scipy.io import loadmat

    paths = sorted((Path(scipy.io.matlab.__file__).parent / "tests" / "data").glob("test*.mat"))
    if not paths:
        pytest.skip("SciPy is installed without its tests")
    compared = 0
    for path in paths:
        if "hdf5" in path.name:
            continue
        read = read_matlab(path.read_bytes(), 2**20)
        for name, value in loadmat(str(path), simplify_cells=True).items():
            if isinstance(value, np.ndarray) and value.dtype.kind in "iufU" and value.size:
                np.testing.assert_array_equal(read[name], value)
                compared += 1
    assert compared > 20


def test_two_billion_rows_of_no_letters_are_read_at_once():
    heading = np.array(
        [51, 2**31 - 1, 0, 0, 2], "<i4"
    )  # of version 4: text, its rows and columns, the length of its name
    assert read_matlab(heading.tobytes() + b"x\0", 2**20) == {"x": ""}


def test_a_matlab_file_that_lies_of_a_length_is_refused(tmp_path):
    """SciPy 1.17 ends in a segmentation fault on this one."""
    path = tmp_path / "t.mat"
    before, after = (b"\1\0\0\0%c\0\0\0\2\0\0\0\x08\0\0\0\2\3" % length for length in (0, 13))
    path.write_bytes(right_inputs.matlab()[0].replace(before, after, 1))
    with pytest.raises(UserError, match="`path` must be a MATLAB file"):
        pf.read_trials(path)


def test_a_sweep_of_more_than_anybody_can_run_is_refused(tmp_path):
    path = tmp_path / "t.toml"
    head = 'experiments = ["wang2018-two-step"]\n'
    for text, message in (
        ("seeds = 1_000_000_000_000\n", "`seeds` must be at most 1,000,000, got more"),
        ('seeds = 1\n[random]\nnum = 1_000_000_000\n"train.discount" = {low = 0, high = 1}\n', "at most 100,000 sett"),
        ('seeds = 1\n[random]\nnum = 2\nseed = -1\n"train.discount" = {low = 0, high = 1}\n', "`random.seed` must be"),
        ('seeds = 1\n[random]\nnum = 2\n"train.discount" = {low = 0, high = inf}\n', "must be a range to draw from"),
        (
            "seeds = 1\n[task]\nnum_trials = 1e300\n",
            "`num_trials` must be a whole number of at most 2,147,483,647, got 1e",
        ),
    ):
        path.write_text(head + text)
        with pytest.raises(UserError, match=message):
            read_spec(path)


def test_a_damaged_policy_is_refused(tmp_path):
    path = tmp_path / "t.npz"
    whole = right_inputs.policy()[1]
    for data in (b"", b"PK\3\4", whole[: len(whole) // 2], whole.replace(b"kernel", b"Kernel")):
        path.write_bytes(data)
        with pytest.raises(ValueError, match="`path` must be a file of a policy"):
            load_policy(path)
    with pytest.raises(FileNotFoundError):
        load_policy(tmp_path / "none.npz")


FORMULAS = [
    "=1+1",
    "@SUM(A1)",
    "+cmd|' /C calc'!A0",
    "-a",
    "'=1",
    "\t=1",
    "'ann",
    "-5",
    "<script>",
    "\x1b[31m",
    "$x^{$",
]


@pytest.mark.parametrize("seeds", ["[1e999]", "[0, Infinity]", '"ab"', "[1.5]", "[true]", "{}"])
def test_seeds_that_are_none_are_refused_and_listed_as_none(seeds, tmp_path):
    (tmp_path / "results.json").write_text(f'{{"experiment": "x", "seeds": {seeds}}}')
    with pytest.raises(UserError, match=r"results\.json` must be readable JSON"):
        read_results(tmp_path)
    assert [found.tested_seeds for found in find_runs(tmp_path)] in ([], [[]])


def test_names_that_are_formulas_are_none_in_a_table_and_read_back_as_they_are(tmp_path):
    table = pf.read_trials(_written(tmp_path / "t.csv", CELLS)).drop(columns="missed")
    table = pd.concat([table.assign(subject=name, **{"=group": name}) for name in FORMULAS], ignore_index=True)
    pf.write_table(tmp_path / "again.csv", table)
    lines = (tmp_path / "again.csv").read_text().splitlines()
    cells = [cell.strip('"') for line in lines for cell in line.split(",")]
    assert not [cell for cell in cells if cell[:1] in set("=+@\t\r") or cell[:2] == "-a"]
    again = pf.read_table(tmp_path / "again.csv")
    assert again["=group"].tolist() == table["=group"].tolist()
    pd.testing.assert_frame_equal(again, table, check_dtype=False)
    assert to_csv(table.set_index("subject")).startswith("subject,")


def test_no_reader_opens_an_address(monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("a connection is opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    for address in (
        "http://127.0.0.1:9/t.csv",
        "s3://lab/t.csv.gz",
        "http://127.0.0.1:9/t.mat",
        "ftp://127.0.0.1/t.zip",
    ):
        for format in ("auto", *FORMATS):
            with pytest.raises(UserError):
                pf.read_trials(address, format=format)
        for read in (pf.read_table, pf.read_mindrl, read_results, read_learning):
            with pytest.raises(UserError):
                read(Path(address))


def _written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path
