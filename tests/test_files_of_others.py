"""Files as other programs write them: what comes out of each, or the sentence that refuses it."""

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from prefrontal import cli
from prefrontal.analysis.behaviour import stay_probability
from prefrontal.commands.analyse import Options, _tables
from prefrontal.commands.options import read_options
from prefrontal.configs.two_step import TRIAL_KINDS
from prefrontal.trials.formats import overview

FILES = Path(__file__).parent / "data" / "files"

BASE = ("2 subjects, 80 trials, 0 missed,", (0.892, 0, 0.117, 0.7))
MISS = ("2 subjects, 80 trials, 14 missed (18 %),", (0.955, 0, 0.138, 0.625))
PRACTISED = ("1 subject, 24 trials, 0 missed,", (1, 0, 0.143, 1))
RARE = "`rare` calls 22% of transitions common, less than half"
ZERO = "10 practice trials, numbered 0, are left out"
never = np.nan

READ = [
    (["01_missing_zero.csv", "--missing", "choice=0", "state=0", "choice2=0"], "2 subjects, 80 trials, 5 missed (6 %),",
     (0.92, 0, 0.059, 0.7), ""),
    (["02_named_column_absent.csv", "--columns", "subject=ppt", "missed=slow"], *MISS, ""),
    (["03_subject_called_ID.csv"], *BASE, "Columns of other names are taken for ours: subject=ID"),
    (["03_subject_called_ID.csv", "--columns", "subject=ID"], *BASE, ""),
    (["04_rare_is_one.csv", "--columns", "common=rare"], "2 subjects, 80 trials, 0 missed, common 22 %",
     (0, 0.892, 0.7, 0.117), RARE),
    (["04_rare_is_one.csv", "--columns", "common=rare", "--values", "common=1,0"], *BASE, ""),
    (["05_hbayesdm_short.txt"], "1 subject, 10 trials, 0 missed, common 30 %", (0.5, 0, 1, 0),
     "calls 30% of transitions"),
    (["07_jspsych_practice.csv"], *PRACTISED, ZERO),
    (["07b_jspsych.json", "--format", "jspsych"], *PRACTISED, ZERO),
    (["07b_jspsych.json"], *PRACTISED, ZERO),
    (["08_own_plain.csv"], *BASE, ""),
    (["08_own_quoted.csv"], *BASE, ""),
    (["08_own_semicolon.csv"], *BASE, ""),
    (["09_assigned_afresh.csv", "--columns", "choice="], *BASE, ""),
    (["10_fit_nobody_answered.csv"], "2 subjects, 40 trials, 0 missed", (0.857, 0, 0.05, 0.5),
     "Left out, without a trial that was not missed: s3 (1 of 3)."),
    (["11_mixed_does_not_settle.csv"], "17 subjects, 136 trials, 0 missed", (1, 0.786, 1, 0.923), ""),
    (["13_mapping_reversed.csv"], "1 subject, 60 trials, 0 missed, common 67 %", (0.818, 0.5, 0.222, 0.455),
     "in 1 of 1 subjects (s1) another one seems to be the common one from some trial on"),
    (["13_mapping_reversed.csv", "--columns", "block=block"], "1 subject, 60 trials, 0 missed, common 82 %",
     (0.88, 0, 0.13, 1), ""),
    (["15_deterministic_17.csv"], "17 subjects, 136 trials, 0 missed, common 100 %", (0.632, never, 0.287, never), ""),
    (["19_rt_zero.csv", "--columns", "rt_unit=ms"], "1 subject, 20 trials, 0 missed", (1, 0, 0, 1),
     "`rt` is 0 in 1 of 20 trials"),
    (["21_missing_float.csv", "--missing", "-1"], *MISS, ""),
    (["22_bids_na.tsv"], *MISS, ""),
    (["23_decimal_comma.csv"], *BASE, ""),
    (["24_trailing_rows.csv"], *BASE, ""),
    (["26_interleaved.csv"], *BASE, ""),
    (["29_jspsych_2st_now.csv"], "1 subject, 40 trials, 1 missed (2 %),", (0.933, 0, 0.083, 1), ""),
    (["30_screen_numbers.csv", "--columns", "trial=trial_index"], *BASE, "`trial_index` goes up by 3"),
    (["32_lr=0.1/trials.csv"], *BASE, ""),
    (["35_two_rows_a_trial.csv"], "1 subject, 12 trials, 1 missed (8 %),", (1, 0, 0, never), ""),
    (["all=36_s1.csv", "all=36_s2.csv"], *BASE, ""),
]  # fmt: skip
"""What is asked, the beginning of what was read, stay probabilities (mean over subjects) after common rewarded,
uncommon rewarded, common unrewarded, uncommon unrewarded, and what is warned of. The numbers are of plain pandas."""

REFUSED = [
    (["01_missing_zero.csv", "--missing", "0"],
     "`missing` must be no value of a trial that was not missed, got 0, which reward holds in row 1 where all else is "
     "there. Say in which columns: missing choice=0 state=0 choice2=0."),
    (["02_named_column_absent.csv", "--columns", "subject=ppt", "missed=Slow"],
     "got missed=Slow. There are ppt, trial,"),
    (["02_named_column_absent.csv", "--columns", "subject=participant", "trial=", "missed=slow"],
     "`columns` must name columns that are there, got subject=participant."),
    (["09_assigned_afresh.csv"],
     "got another in row 0, of subject s1. Where options are assigned to states afresh, say choice="),
    (["09_assigned_afresh.csv", "--columns", "state="],
     "`state` must be kept where options are assigned to states afresh"),
    (["16_heading_twice.csv"], "`columns` must have a name of their own each, got reward twice."),
    (["17_heading_only.csv"], "`table` must hold a trial, got a heading only."),
    (["18_empty.jsonl"], "`text` must tell of a trial as `trial` describes it, got none."),
    (["attack-dup.csv"], "`columns` must have a name of their own each, got reward twice."),
    (["attack-dup-hb.tsv"], "`columns` must have a name of their own each, got level2_choice twice."),
    (["attack-jspsych-no-transition.csv"], "`outcome` must be there, of the plug-in two-step-trial"),
    (["attack-own-400-digits.csv"], "must be a whole number"),
    (["attack-psych-RTs-number.jsonl"], "participant 1, `RTs` must be a list of times, got 5."),
    (["attack-psych-announced-5000-digits.jsonl"], "`text` must tell of a trial as `trial` describes it, got none."),
    (["attack-psych-no-trials.jsonl"], "`text` must tell of a trial as `trial` describes it, got none."),
]  # fmt: skip


def read(arguments: list[str]) -> tuple[pd.DataFrame, list[str]]:
    """The only table that `prefrontal analyse` reads, and what it warns of."""
    options = read_options(Options, arguments, program="prefrontal analyse", description="")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        (table,) = _tables(options).values()
    assert {warning.category for warning in caught} <= {UserWarning}
    return table, [str(warning.message) for warning in caught]


def refusal(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """The one sentence, and nothing else, with which `prefrontal analyse` refuses."""
    with pytest.raises(SystemExit) as end:
        cli.main(["analyse", *arguments])
    told = capsys.readouterr()
    assert (end.value.code, told.out) == (2, "")
    lines = told.err.splitlines()
    assert all(line.startswith("Warning: ") for line in lines[:-1])
    assert len(lines[-1]) < 600
    return lines[-1]


@pytest.mark.parametrize(("arguments", "begins", "stays", "warned"), READ, ids=lambda value: str(value)[:50])
def test_what_is_read_is_right(arguments, begins, stays, warned, monkeypatch):
    monkeypatch.chdir(FILES)
    table, told = read(arguments)
    assert overview(table).startswith(begins)
    mean = stay_probability(table)[list(TRIAL_KINDS)].mean().to_numpy()
    np.testing.assert_allclose(mean, stays, atol=6e-4)
    assert len(told) == bool(warned)
    assert warned in "".join(told)


@pytest.mark.parametrize(("arguments", "message"), REFUSED, ids=lambda value: str(value)[:50])
def test_what_cannot_be_read_is_refused_in_a_sentence(arguments, message, monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(FILES)
    assert message in refusal([*arguments, "--out", str(tmp_path / "out")], capsys)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["08_own_plain.csv", "08_own_quoted.csv", "08_own_semicolon.csv"])
def test_our_own_table_keeps_the_better_state_however_it_was_saved(name):
    table, _ = read([str(FILES / name)])
    pd.testing.assert_frame_equal(table, read([str(FILES / "08_own_plain.csv")])[0])
    assert "better_state" in table


def test_states_stay_as_they_are_in_the_file_where_options_are_assigned_afresh():
    table, _ = read([str(FILES / "09_assigned_afresh.csv"), "--columns", "choice="])
    raw = pd.read_csv(FILES / "09_assigned_afresh.csv")
    assert (table["state"] == raw["state"]).all()
    assert (table["common"] == raw["common"]).all()


def test_response_times_are_those_of_the_file():
    table, _ = read([str(FILES / "23_decimal_comma.csv")])
    assert table["rt"][0] == 0.9
    table, _ = read([str(FILES / "19_rt_zero.csv"), "--columns", "rt_unit=ms"])
    assert table["rt"].isna().sum() == 1
    table, _ = read([str(FILES / "29_jspsych_2st_now.csv")])
    assert table.loc[~table["missed"], ["rt", "rt2"]].drop_duplicates().to_numpy().tolist() == [[0.512, 0.634]]
    table, _ = read([str(FILES / "35_two_rows_a_trial.csv")])
    assert table.loc[~table["missed"], ["rt", "rt2"]].drop_duplicates().to_numpy().tolist() == [[0.6125, 0.431]]
