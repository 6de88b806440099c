"""Faults of `test_files_of_others` in what jsPsych writes and in text, each kind in files that nobody brought."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from test_files_of_others import FILES, PRACTISED, ZERO, read, refusal

from prefrontal.analysis.behaviour import stay_probability
from prefrontal.configs.two_step import TRIAL_KINDS
from prefrontal.trials.formats import overview

PLUGIN = pd.read_csv(FILES / "07_jspsych_practice.csv", dtype=str, keep_default_na=False)
ROWS = json.loads((FILES / "07b_jspsych.json").read_text())
OBJECTS = pd.read_csv(FILES / "29_jspsych_2st_now.csv", dtype=str, keep_default_na=False)
SCREENS = pd.read_csv(FILES / "35_two_rows_a_trial.csv", dtype=str, keep_default_na=False)
FOUND = ("1 subject, 40 trials, 1 missed (2 %),", (0.933, 0, 0.083, 1))
FOLDED = ("1 subject, 12 trials, 1 missed (8 %),", (1, 0, 0, np.nan))


def csv(table: pd.DataFrame) -> str:
    return table.to_csv(index=False)


def objects() -> list[dict]:
    """The rows of the file 29 as jsPsych has them in memory: objects within objects."""
    rows = OBJECTS.to_dict("records")
    return [row | {"two_step_task_data": json.loads(row["two_step_task_data"] or "null")} for row in rows]


def numbered_from_0() -> pd.DataFrame:
    """Real trials from 0, without practice, the first one missed and run again under its number."""
    real = PLUGIN[PLUGIN["trial"] != "0"].copy()
    real["trial"] = [str(int(trial) - 1) if trial else "" for trial in real["trial"]]
    first = real.index[real["trial"] == "0"][0]
    void = dict.fromkeys(("state_1_choice", "state", "state_2_choice", "outcome", "state_1_rt", "state_2_rt"), "")
    return pd.concat([real.loc[: first - 1], real.loc[[first]].assign(**void), real.loc[first:]])


def two_people() -> pd.DataFrame:
    return pd.concat([PLUGIN.assign(subject_id=name) for name in ("ann", "bob")])


RIGHT = {
    "practice said by a column": (
        csv(PLUGIN.assign(trial="", practice=PLUGIN["trial"].eq("0"))),
        *PRACTISED,
        "10 practice trials are left out",
    ),
    "practice said by any column": (
        csv(PLUGIN.assign(trial="", block_type=PLUGIN["trial"].replace({"0": "practice", "": "none"}))),
        *PRACTISED,
        "10 practice trials are left out, as block_type says",
    ),
    "practice of each of two people": (
        csv(two_people()),
        "2 subjects, 48 trials, 0 missed,",
        PRACTISED[1],
        "20 practice trials, numbered 0",
    ),
    "no practice, numbers from 0, one missed and run again": (
        csv(numbered_from_0()),
        "1 subject, 25 trials, 1 missed (4 %),",
        PRACTISED[1],
        "",
    ),
    "a list a line, a person each": (
        "\n".join([json.dumps(ROWS)] * 2),
        "2 subjects, 48 trials, 0 missed,",
        PRACTISED[1],
        "20 practice trials, numbered 0",
    ),
    "a list under a name": (json.dumps({"trials": ROWS}), *PRACTISED, ZERO),
    "a list of lists": (json.dumps([ROWS]), *PRACTISED, ZERO),
    "objects in objects": (json.dumps(objects()), *FOUND, ""),
    "the older column, no response times": (
        csv(
            OBJECTS.rename(columns={"two_step_task_data": "two_step_task_info"}).replace(
                {"two_step_task_info": r'"step_\d_rt": \d+, '}, {"two_step_task_info": ""}, regex=True
            )
        ),
        *FOUND,
        "",
    ),
    "screens named as the Hartley lab does": (
        csv(SCREENS.rename(columns={"stage": "trial_stage", "practice": "practice_trial"})),
        *FOLDED,
        "",
    ),
    "screens in JSON, practice before them": (
        json.dumps([*SCREENS[:4].assign(practice="practice").to_dict("records"), *SCREENS.to_dict("records")]),
        *FOLDED,
        "practice trials are left out",
    ),
}

DEEP = "[" * 100_000
ENTRY = b"PK\x01\x02\x14\x03\x14\x00"
"""How the entry of a file in a zip begins."""
TRIAL = "You choose <<a>>. This leads to state x. In state x, you choose <<b>>. You receive a reward."

WRONG = {
    "jsPsych without an outcome": ("them.csv", csv(PLUGIN.drop(columns="outcome")), "`outcome` must be there"),
    "two columns outcome": ("them.csv", csv(PLUGIN).replace("state_2_rt", "outcome"), "got outcome twice"),
    "jsPsych, heading only": ("them.csv", csv(PLUGIN[:0]), "`state_1_choice` must be there"),
    "a second screen without a first": (
        "them.csv",
        csv(SCREENS.drop(index=[3, 6])),
        "`stage` must be 1 in the row before one of 2",
    ),
    "no transition in screens": (
        "them.csv",
        csv(SCREENS.assign(transition="")),
        "must hold a trial that was not missed",
    ),
    "nothing in the objects": ("them.csv", csv(OBJECTS.assign(two_step_task_data="")), "must hold a trial, got none"),
    "a list in the objects": (
        "them.csv",
        csv(OBJECTS.assign(two_step_task_data="[1]")),
        "must be JSON objects, got [1] in row 0",
    ),
    "nested in the objects": ("them.csv", csv(OBJECTS.assign(two_step_task_data=DEEP)), "must be JSON, got [[["),
    "nested JSON": ("them.json", DEEP, "must be JSON, got [[["),
    "JSON of numbers": ("them.json", "[1, 2, 3]", "must be a list of objects"),
    "JSON cut off": ("them.json", json.dumps(ROWS)[:-5], "must be JSON, got [{"),
    "a whole file is not told again": ("them.json", json.dumps([{"a": "x" * 9999}]), "`state_1_choice` must be there"),
    "psych, nested": ("them.jsonl", DEEP, "line 1 must be JSON"),
    "psych, blank lines": ("them.jsonl", "\n\n  \n", "`text` must tell of a trial"),
    "psych, text a number": ("them.jsonl", '{"text": 5}', "participant 1 must have 'text'"),
    "psych, RTs an object": (
        "them.jsonl",
        json.dumps({"text": TRIAL, "RTs": {"a": 1}}),
        "`RTs` must be a list of times",
    ),
    "psych, RTs words": (
        "them.jsonl",
        json.dumps({"text": TRIAL * 1, "RTs": ["fast", 5]}),
        "`rt` must be a time above 0",
    ),
    "psych, a name that is a list": (
        "them.jsonl",
        '{"text": "a <<b>>", "participant": ' + "[" * 40 + "]" * 40 + "}",
        "line 1",
    ),
}


@pytest.mark.parametrize("name", RIGHT)
def test_right_in_other_clothes(name, tmp_path):
    text, begins, stays, warned = RIGHT[name]
    path = tmp_path / ("them.json" if text[0] in "[{" else "them.csv")
    path.write_text(text)
    table, told = read([str(path)])
    assert overview(table).startswith(begins)
    mean = stay_probability(table)[list(TRIAL_KINDS)].mean().to_numpy()
    np.testing.assert_allclose(mean, stays, atol=6e-4)
    assert len(told) == bool(warned), told
    assert warned in "".join(told)


def test_text_may_hold_any_end_of_line(tmp_path):
    path = tmp_path / "them.jsonl"
    text = "\n".join([TRIAL, "and\u2028now\x85", TRIAL.replace("<<a>>", "<<c>>").replace("x", "y")])
    path.write_text(json.dumps({"text": text}, ensure_ascii=False), encoding="utf-8")
    assert overview(read([str(path)])[0]).startswith("1 subject, 2 trials")


@pytest.mark.parametrize("name", WRONG)
def test_refused_in_other_clothes(name, tmp_path, capsys):
    file, text, message = WRONG[name]
    (tmp_path / file).write_text(text)
    assert message in refusal([str(tmp_path / file), "--out", str(tmp_path / "out")], capsys)


def zipped(path: Path, *texts: str, how: int = zipfile.ZIP_DEFLATED) -> bytes:
    with zipfile.ZipFile(path, "w", how) as archive:
        for number, text in enumerate(texts):
            archive.writestr(f"{number}.jsonl", text)
    return path.read_bytes()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: data.replace(b"You choose", b"You chose!"), "or a zip of them"),  # stored: a wrong checksum
        (lambda data: data[:6] + b"\x01" + data[7:].replace(ENTRY + b"\x00", ENTRY + b"\x01"), "zip"),  # encrypted
        (lambda data: data.replace(ENTRY, ENTRY[:-2] + b"\x63\x00"), "zip"),  # of version 9.9
        (lambda data: data[:20] + data[40:], "JSON"),
    ],
)
def test_a_damaged_zip_is_refused(change, message, tmp_path, capsys):
    path = tmp_path / "them.zip"
    path.write_bytes(change(zipped(path, json.dumps({"text": TRIAL}), how=zipfile.ZIP_STORED)))
    assert message in refusal([str(path), "--out", str(tmp_path / "out")], capsys)


def test_a_zip_that_holds_too_much_is_not_unpacked(tmp_path, capsys, monkeypatch):
    path = tmp_path / "them.zip"
    zipped(path, " " * 3_000_000)
    assert path.stat().st_size < 10_000
    monkeypatch.setattr("prefrontal.trials.text.LEAST_BYTES", 2**21)
    told = refusal([str(path), "--out", str(tmp_path / "out")], capsys)
    assert "a zip of its size must hold at most 2 MB, got 3." in told
    zipped(path, "", "")
    assert "the zip must hold one file, got 0.jsonl, 1.jsonl." in refusal([str(path), "--out", str(tmp_path)], capsys)
    zipped(path, "")
    assert "`text` must tell of a trial" in refusal([str(path), "--out", str(tmp_path / "out")], capsys)


def test_a_psych_announcement_of_many_digits_is_no_number(tmp_path):
    path = tmp_path / "them.jsonl"
    text = f"over {'9' * 5000} trials\n" + "\n".join([TRIAL, TRIAL.replace("<<a>>", "<<c>>").replace("x", "y")])
    path.write_text(json.dumps({"text": text}))
    assert overview(read([str(path)])[0]).startswith("1 subject, 2 trials")
