"""What stands for 0 and for 1 in the files of a group, and whom their rows are of."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from test_commands_on_tables import run
from test_files_of_others import refusal

import prefrontal as pf
from prefrontal.errors import UserError
from prefrontal.trials.formats import understand_files

WORDS = {
    "both": ("left", "right"),
    "right": ("left", "right"),
    "other": ("L", "R"),
    "keys": ("37", "39"),
    "key": ("37", "39"),
    "numbers": ("1", "2"),
    "one": ("1", "2"),
    "own": ("left", "right"),
}
"""What two choices are called, by file; in `right`, `key` and `one` only one was made."""


def written(folder: Path, *files: str, **columns: str) -> list[str]:
    """The paths of files in which the second choice, and in some the first, leads to its own state in 3 of 4 trials."""
    for file in files:
        trial = np.arange(40)
        choice = {"right": 1, "key": 1, "one": 0}.get(file, trial // 2 % 2) + 0 * trial
        state = np.where(trial % 4 == 3, 1 - choice, choice)
        cells = {
            "trial": trial,
            "choice": np.array(WORDS[file])[choice],
            "state": np.array(["red", "blue"])[state],
            "reward": trial // 3 % 2,
            **columns,
        }
        pd.DataFrame(cells).to_csv(folder / f"{file}.csv", index=False)
    return [str(folder / f"{file}.csv") for file in files]


@pytest.mark.parametrize(
    ("files", "alone", "value"), [(("both", "right"), 0, 1), (("right", "both"), 0, 1), (("keys", "key"), None, 1)]
)
def test_a_file_that_lacks_a_value_is_read_as_the_others_are(files, alone, value, tmp_path):
    paths = written(tmp_path, *files)
    table = pf.read_trials(paths)
    lacking = "key" if "key" in files else "right"
    assert set(table.loc[table["subject"] == lacking, "choice"]) == {value}
    other = table.loc[table["subject"] != lacking]
    assert other["choice"].tolist() == (np.arange(40) // 2 % 2).tolist()
    if alone is not None:
        assert set(pf.read_trials(tmp_path / f"{lacking}.csv")["choice"]) == {alone}


def test_a_number_that_says_nothing_alone_is_told_by_the_others(tmp_path):
    paths = written(tmp_path, "numbers", "one")
    with pytest.raises(UserError, match="`choice` must tell 0 and 1 apart, got 1 in every row"):
        pf.read_trials(paths[1])
    table = pf.read_trials(paths)
    assert set(table.loc[table["subject"] == "one", "choice"]) == {0}


@pytest.mark.parametrize(
    ("files", "got"),
    [
        (("both", "other"), "got left,right in both.csv and L,R in other.csv"),
        (("both", "numbers"), "got left,right in both.csv and 1,2 in numbers.csv"),
        (("right", "other"), "got L,R in other.csv and right in right.csv"),
    ],
)
def test_files_whose_choices_cannot_be_matched_are_refused_with_the_way_out(files, got, tmp_path, capsys):
    paths = written(tmp_path, *files)
    told = refusal([f"all={path}" for path in paths] + ["--out", str(tmp_path / "out")], capsys)
    assert told.startswith(f"`choice` must have the same two values in every file of a group, {got}. Call them alike,")
    last = Path(paths[1] if files[0] != "right" else paths[0])
    assert f"prefrontal table {last} --values choice=" in told
    words = ",".join(WORDS[last.stem])
    run("table", last, "--values", f"choice={words}", "--out", tmp_path / "clean.csv")
    assert len(pf.read_trials(paths)) == 80


def test_scripts_are_told_in_their_own_words(tmp_path):
    paths = written(tmp_path, "both", "other")
    with pytest.raises(
        UserError, match=r'keep_columns\(".*other\.csv", Columns\(values=\{"choice": \(\'L\', \'R\'\)\}'
    ):
        pf.read_trials(paths)
    pf.keep_columns(paths[1], pf.Columns(values={"choice": ("R", "L")}))
    table = pf.read_trials(paths)
    assert table.loc[table["subject"] == "other", "choice"].tolist() == (1 - np.arange(40) // 2 % 2).tolist()


def test_our_own_table_beside_other_words_is_refused(tmp_path):
    (path,) = written(tmp_path, "both")
    pf.write_table(tmp_path / "clean.csv", pf.read_trials([path, *written(tmp_path, "right")]))
    paths = [str(tmp_path / "clean.csv"), *written(tmp_path, "own")]
    with pytest.raises(UserError, match=r"got 0,1 in clean\.csv and left,right in own\.csv"):
        pf.read_trials(paths)


def test_people_with_symbols_of_their_own_are_warned_of(tmp_path):
    paths = written(tmp_path, "both", "other", "numbers")
    with pytest.warns(
        UserWarning, match=r"`choice` has other values from file to file \(left,right; L,R; 1,2\): taken"
    ):
        table = pf.read_trials(paths)
    assert len(table) == 120


def test_of_each_file_its_own_people_and_trials_are_told(tmp_path):
    paths = written(tmp_path, "both", "right")
    for path in paths:
        frame = pd.read_csv(path)
        frame[: 40 if "both" in path else 30].assign(subject=Path(path).stem).to_csv(path, index=False)
    said, _ = run("table", *paths, "--out", tmp_path / "clean.csv")
    lines = said.splitlines()
    assert [line for line in lines if line.startswith("  subject")] == [
        "  subject   subject: both",
        "  subject   subject: right",
    ]
    assert [line for line in lines if line.startswith("  trials")] == [
        "  trials    40 a subject",
        "  trials    30 a subject",
    ]


def test_what_was_told_by_all_is_in_the_description(tmp_path):
    files = understand_files(written(tmp_path, "both", "right"))
    assert {understood.columns.values["choice"] for understood in files.values()} == {("left", "right")}


def people(path: Path) -> Path:
    """Twelve people in one file."""
    rng = np.random.default_rng(0)
    choice = rng.integers(0, 2, 480)
    state = np.where(np.arange(480) % 4 < 3, choice, 1 - choice)
    who = np.repeat([f"p{number}" for number in range(12)], 40)
    cells = {"subject": who, "choice": choice, "state": state, "reward": rng.integers(0, 2, 480)}
    pd.DataFrame(cells).to_csv(path, index=False)
    return path


def test_people_who_are_merged_because_it_was_said_are_warned_of_every_time(tmp_path):
    path = people(tmp_path / "people.csv")
    sentence = "12 names in `subject` are read as one person's, as it is said that no column names people."
    first = run("table", path, "--subject", "", "--out", tmp_path / "1.csv")
    assert "Kept for the next time" in first[0]
    second = run("table", path, "--out", tmp_path / "2.csv")  # as it is kept beside the file
    for said, warned in (first, second):
        assert said.startswith("1 subject, 480 trials")
        assert " ".join(warned.split()) == f"Warning: {sentence} Say --subject subject where they are several people's."
    with pytest.warns(UserWarning, match="12 names in `subject` are read as one person's"):
        pf.read_trials(path)


def test_one_persons_name_that_is_left_out_is_not_warned_of(tmp_path):
    path = people(tmp_path / "people.csv")
    frame = pd.read_csv(path)
    frame[frame["subject"] == "p0"].to_csv(path, index=False)
    assert run("table", path, "--subject", "", "--out", tmp_path / "1.csv")[1] == ""


@pytest.mark.parametrize("scale", [1, 1000])
def test_names_in_capitals_are_taken_with_the_response_time(scale, tmp_path, capsys):
    path = people(tmp_path / "people.csv")
    frame = pd.read_csv(path).assign(rt=0.5 * scale, rt2=0.6 * scale)
    frame.rename(columns=str.upper).to_csv(path, index=False)
    if scale == 1000:
        told = refusal([str(path), "--out", str(tmp_path / "out")], capsys)
        assert "`RT` must be in seconds, got a median of 500. Say they are in ms: --rt-unit ms." in told
    table = pf.read_trials(path, columns=pf.Columns(rt_unit="ms" if scale == 1000 else "s"))
    assert set(table["rt"]) == {0.5}
    assert set(table["rt2"]) == {0.6}
