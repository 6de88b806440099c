"""`analyse` and `fit` on tables that people bring: what stands above, what is left out, and names of all kinds."""

import contextlib
import io
import json
import shutil
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from test_files_of_others import FILES, refusal

from prefrontal import cli
from prefrontal.trials.formats import overview, read_trials, with_trials
from prefrontal.trials.table import check_table

LINE = "2 subjects, 80 trials, 0 missed, common 78 %, rewarded 48 %, 1 session each"


def run(*arguments: str | Path) -> tuple[str, str]:
    """What a command prints, and what it warns of; a warning of NumPy's or SciPy's is an error."""
    with (
        contextlib.redirect_stdout(io.StringIO()) as said,
        contextlib.redirect_stderr(io.StringIO()) as warned,
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("error", RuntimeWarning)
        cli.main(list(map(str, arguments)))
    return said.getvalue(), warned.getvalue()


def copied(folder: Path, name: str) -> Path:
    """A file of trials in a folder where a description may be kept beside it."""
    return Path(shutil.copy(FILES / name, folder / name))


def record_of(path: Path) -> dict:
    """A JSON file; what JSON does not know, NaN and Infinity, is an error."""

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    return json.loads(path.read_text(), parse_constant=refuse)


def test_one_line_says_what_was_read():
    table = pd.DataFrame(
        {
            "subject": np.repeat(["a", "b", "c"], 60),
            "session": 0,
            "trial": np.tile(np.arange(60), 3),
            "choice": 0,
            "state": 0,
            "common": np.arange(180) % 100 < 66,
            "reward": (np.arange(180) % 25 < 13).astype(int),
            "missed": np.arange(180) % 15 == 14,
            "rt": 0.61,
        }
    )
    kept = table[~table["missed"]]
    shares = f"common {100 * kept['common'].mean():.0f} %, rewarded {100 * kept['reward'].mean():.0f} %"
    assert overview(table) == f"3 subjects, 180 trials, 12 missed (7 %), {shares}, 1 session each, median rt .61 s"
    one = table[table["subject"] == "a"].assign(missed=False, rt=1.234)
    assert overview(one).startswith("1 subject, 60 trials, 0 missed, common ")
    assert overview(one).endswith(" %, 1 session, median rt 1.23 s")
    visits = table.assign(session=(table["subject"] == "b") & (table["trial"] > 29))
    assert ", 1 to 2 sessions each, " in overview(visits)
    assert overview(check_table(one[:0])) == "0 subjects, 0 trials, 0 missed, 0 sessions each"


@pytest.mark.thorough
def test_the_line_stands_above_an_analysis_and_in_its_record(tmp_path):
    said, _ = run("analyse", FILES / "08_own_plain.csv", "--out", tmp_path / "one")
    assert said.startswith(LINE + "\n")
    assert record_of(tmp_path / "one" / "analysis.json")["groups"]["08_own_plain"]["read"] == LINE
    two = [f"a={copied(tmp_path, '08_own_plain.csv')}", f"b={copied(tmp_path, '19_rt_zero.csv')}", "--rt-unit", "ms"]
    said, _ = run("analyse", *two, "--out", tmp_path / "two")
    lines = said.splitlines()
    assert lines[0] == f"a: {LINE}"
    assert lines[1].startswith("b: 1 subject, 20 trials, 0 missed, common 80 %, ")
    assert max(len(line) for line in lines if not line.startswith(("Files: ", "Kept for"))) <= 80


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        ("15_deterministic_17.csv", "must have regressors that can be told apart"),
        ("11_mixed_does_not_settle.csv", "settle"),
    ],
)
@pytest.mark.thorough
def test_mixed_effects_that_cannot_be_estimated_take_nothing_with_them(file, reason, tmp_path):
    _, warned = run(
        "analyse", f"people={FILES / file}", f"others={FILES / '08_own_plain.csv'}", "--out", tmp_path / "out"
    )
    assert "Warning: people: mixed effects of the one-back regression are left out: `design` must " in warned
    groups = record_of(tmp_path / "out" / "analysis.json")["groups"]
    assert groups["people"]["one_back_mixed"] is None
    assert reason in groups["people"]["one_back_mixed_left_out"]
    assert groups["people"]["num"] == 17
    assert groups["others"]["one_back"]["correct"]["mean"] == pytest.approx(-0.03, abs=0.005)
    assert (tmp_path / "out" / "figure.png").exists()


def test_who_has_no_two_trials_in_a_row_is_left_out_by_name(tmp_path):
    table = pd.read_csv(FILES / "08_own_plain.csv")
    lone = table[:1].assign(subject="hasty")
    odd = table[table["trial"] % 2 == 0].assign(subject="every second")
    pd.concat([table, lone, odd[odd["subject"] == "every second"][:9]]).to_csv(tmp_path / "t.csv", index=False)
    said, warned = run("analyse", tmp_path / "t.csv", "--out", tmp_path / "out")
    assert said.startswith("4 subjects, 90 trials")
    assert "t, without two trials that follow one another: hasty, every second (2 of 4)." in warned
    assert record_of(tmp_path / "out" / "analysis.json")["groups"]["t"]["num"] == 2


@pytest.mark.parametrize("name", ["[/x]", "$x^{$", "[bold]x", r"\frac", "人 and ½", "a_b^c"])
@pytest.mark.thorough
def test_a_group_may_be_called_anything(name, tmp_path):
    said, warned = run("analyse", f"{name}={FILES / '08_own_plain.csv'}", "--out", tmp_path / "out")
    assert name in said
    assert "Glyph" not in warned
    assert list(record_of(tmp_path / "out" / "analysis.json")["groups"]) == [name]


def test_names_from_files_cannot_speak_to_the_terminal(tmp_path, capsys):
    (tmp_path / "t.csv").write_text("subject,choice,state,reward\n\x1b[31mred,0,0,maybe\n[/x],1,1,0\n")
    told = refusal([str(tmp_path / "t.csv"), "--out", str(tmp_path / "out")], capsys)
    assert "got maybe in row 0" in told
    (tmp_path / "t.csv").write_text("subject,choice,state,reward\na,0,0,\x1b[31m\nb,1,1,0\n")
    assert "\x1b" not in refusal([str(tmp_path / "t.csv"), "--out", str(tmp_path / "out")], capsys)


@pytest.mark.thorough
def test_fits_take_the_options_of_analyses(tmp_path):
    options = ["--columns", "common=rare", "--values", "common=1,0", "--models", "biased-random", "--num-starts", "2"]
    said, _ = run("fit", copied(tmp_path, "04_rare_is_one.csv"), *options, "--out", tmp_path / "out")
    assert said.startswith(LINE + "\n")
    assert record_of(tmp_path / "out" / "fit.json")["read"] == LINE
    said, _ = run("fit", FILES / "36_s1.csv", FILES / "36_s2.csv", *options[4:], "--out", tmp_path / "two")
    assert said.startswith(LINE + "\n")
    assert pd.read_csv(tmp_path / "two" / "biased-random.csv")["subject"].tolist() == ["36_s1", "36_s2"]


@pytest.mark.thorough
def test_fits_leave_out_by_name_who_missed_every_trial(tmp_path):
    models = ["--models", "biased-random", "win-stay-lose-shift", "--num-starts", "3"]
    said, warned = run("fit", FILES / "10_fit_nobody_answered.csv", *models, "--out", tmp_path / "out")
    assert warned.startswith("Warning: Left out, without a trial that was not missed: s3 (1 of 3).\n")
    assert said.startswith("2 subjects, 40 trials, 0 missed, common 85 %")
    row = record_of(tmp_path / "out" / "fit.json")["comparison"]["biased-random"]
    assert row["bic"] == pytest.approx(29.94 + 30.53, abs=0.01)
    table = pd.read_csv(tmp_path / "out" / "biased-random.csv")
    assert table["subject"].tolist() == ["s1", "s2"]
    assert (tmp_path / "out" / "comparison.png").exists()


def test_a_session_without_trials_has_no_parameters_of_its_own():
    table = read_trials(FILES / "08_own_plain.csv")
    table["session"] = (table["trial"] >= 20).astype("int32")
    table["missed"] = (table["subject"] == "s2") & (table["session"] == 1)
    assert len(with_trials(table)) == 80
    with pytest.warns(UserWarning, match=r"Left out, a session without a trial that was not missed: s2 \(1 of 2\)"):
        assert len(with_trials(table, by="session")) == 60
