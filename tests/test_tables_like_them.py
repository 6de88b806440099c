"""Faults of `test_files_of_others`, in other clothes: each of its kinds in tables that nobody brought."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from test_files_of_others import BASE, FILES, MISS, read, refusal

from prefrontal.analysis.behaviour import stay_probability
from prefrontal.configs.two_step import TRIAL_KINDS
from prefrontal.trials.formats import Columns, overview, read_trials

PLAIN = pd.read_csv(FILES / "08_own_plain.csv", dtype=str)
"""Two people of 40 trials: subject, session, trial, choice, state, common, choice2, reward, better_state."""
CORE = PLAIN[["subject", "trial", "choice", "state", "reward"]]
NUMBER = PLAIN["trial"].astype(int)
MISSED = pd.read_csv(FILES / "22_bids_na.tsv", sep="\t", dtype=str, keep_default_na=False)
"""The same with 14 missed trials, n/a."""
AFRESH = pd.read_csv(FILES / "09_assigned_afresh.csv", dtype=str)
REVERSED = pd.read_csv(FILES / "13_mapping_reversed.csv", dtype=str)

Frame = pd.DataFrame
Text = Callable[[Frame], str]


def csv(table: Frame, **how) -> str:
    return table.to_csv(index=False, **how)


def practice(table: Frame, num: int = 6, **columns: str) -> Frame:
    """`table` behind `num` practice trials of its first subject."""
    more = table.iloc[:num].assign(**columns)
    return pd.concat([more, table], ignore_index=True)


def swapped(table: Frame, name: str, **words: str) -> Frame:
    return table.assign(**{name: table[name].replace({key[1:]: word for key, word in words.items()})})


RIGHT = {
    # 01: what marks a missed trial is also a value
    "missing in a column, -1 a loss": (
        csv(swapped(MISSED, "reward", _0="-1").replace("n/a", "-1")),
        ["--missing", "choice=-1", "state=-1", "--values", "reward=-1,1"],
        MISS,
        "",
    ),
    "missing 9 where 9 is nothing else": (csv(MISSED.replace("n/a", "9")), ["--missing", "9"], MISS, ""),
    # 02, 03: who chose
    "participant and trial_number": (
        csv(CORE.rename(columns={"subject": "participant", "trial": "trial_number"})),
        [],
        BASE,
        "subject=participant, trial=trial_number",
    ),
    "subjID among others, capitals": (
        csv(CORE.assign(id=range(80)).rename(columns={"subject": "SubjID", "choice": "Choice"})),
        [],
        BASE,
        "subject=SubjID",
    ),
    "an id that numbers the rows is nobody": (
        csv(CORE[CORE["subject"] == "s1"].drop(columns="subject").assign(id=range(40))),
        [],
        ("1 subject, 40 trials,", None),
        "No column says who chose: all 40 rows",
    ),
    "one person, said": (
        csv(CORE[CORE["subject"] == "s1"].drop(columns="subject")),
        ["--columns", "subject="],
        ("1 subject, 40 trials,", None),
        "",
    ),
    # 04: rare for common
    "TRUE where the transition was unusual": (
        csv(
            PLAIN[["subject", "trial", "choice", "reward"]].assign(
                odd=PLAIN["common"].map({"TRUE": "FALSE", "FALSE": "TRUE"})
            )
        ),
        ["--columns", "common=odd"],
        ("2 subjects, 80 trials, 0 missed, common 22 %", (0, 0.892, 0.7, 0.117)),
        "`odd` calls 22% of transitions common",
    ),
    "one of three people the other way round": (
        csv(
            pd.concat(
                [
                    PLAIN,
                    PLAIN[PLAIN["subject"] == "s1"].assign(
                        subject="s3", common=lambda part: part["common"].map({"TRUE": "0", "FALSE": "1"})
                    ),
                ]
            ).drop(columns=["state", "better_state"])
        ),
        [],
        ("3 subjects, 120 trials,", None),
        "less than half of transitions common in 1 of 3 subjects (s3)",
    ),
    # 07: practice
    "a column is_practice": (
        csv(practice(CORE.assign(is_practice="false"), is_practice="true")),
        [],
        BASE,
        "6 practice trials",
    ),
    "a phase called practice": (
        csv(practice(CORE.assign(phase="main"), num=3, phase="Practice")),
        [],
        BASE,
        "3 practice trials are left out, as phase says",
    ),
    # 08: our own columns
    "row names and quotes, as R writes them": (PLAIN.to_csv(quoting=2), [], BASE, ""),
    "tabs": (csv(PLAIN, sep="\t"), [], BASE, ""),
    "our columns in codes of their own": (
        csv(
            PLAIN.replace({"0": "left", "1": "right"}).assign(session="0", trial=PLAIN["trial"], reward=PLAIN["reward"])
        ),
        [],
        BASE,
        "",
    ),
    # 09: assigned afresh
    "planets and words": (
        csv(swapped(swapped(AFRESH, "state", _0="blue", _1="red"), "common", _0="rare", _1="common")),
        ["--columns", "choice="],
        BASE,
        "",
    ),
    "states from 1": (csv(swapped(AFRESH, "state", _1="2", _0="1")), ["--columns", "choice="], BASE, ""),
    # 10: nobody answered
    "a third person of missed trials, said by a column": (
        csv(pd.concat([CORE.assign(missed="0"), CORE[:4].assign(subject="s3", missed="1")])),
        [],
        BASE,
        "without a trial that was not missed: s3 (1 of 3)",
    ),
    "one trial only, and void": (
        csv(pd.concat([CORE, CORE[:1].assign(subject="s0", choice="NA", state="NA", reward="NA")])),
        [],
        BASE,
        "s0 (1 of 3)",
    ),
    # 13: reversal
    "one of two people": (
        csv(pd.concat([REVERSED, REVERSED.iloc[:45].assign(subject="s2", block="0")])),
        [],
        ("2 subjects, 105 trials,", None),
        "in 1 of 2 subjects (s1) another one seems to be the common one",
    ),
    "blocks by name, two people": (
        csv(pd.concat([REVERSED, REVERSED.assign(subject="s2")]).replace({"block": {"0": "a", "1": "b"}})),
        ["--columns", "block=block"],
        ("2 subjects, 120 trials, 0 missed, common 82 %", (0.88, 0, 0.13, 1)),
        "",
    ),
    # 19: rt of 0
    "zero in seconds, in our own table": (
        csv(PLAIN.assign(rt=np.where(NUMBER == 3, "0", "0.5"))),
        [],
        BASE,
        "`rt` is 0 in 2 of 80",
    ),
    "0.0 in rt2": (
        csv(CORE.assign(choice2=PLAIN["choice2"], rt2=np.where(NUMBER == 3, "0.0", "480.5"))),
        ["--columns", "rt_unit=ms"],
        BASE,
        "`rt2` is 0 in 2 of 80",
    ),
    # 21: numbers however they are written
    "99 is 99.00": (csv(MISSED.replace("n/a", "99.00")), ["--missing", "99"], MISS, ""),
    "values 1.0 and 2.0 said as 1 and 2": (
        csv(swapped(swapped(CORE, "choice", _1="2.0", _0="1.0"), "state", _1="2.0", _0="1.0")),
        ["--values", "choice=1,2", "state=1,2"],
        BASE,
        "",
    ),
    # 22: void
    "#N/A of a spreadsheet": (csv(MISSED.replace("n/a", "#N/A")), [], MISS, ""),
    "a point, and NULL": (
        csv(MISSED.assign(choice=MISSED["choice"].replace("n/a", "NULL")).replace("n/a", ".")),
        [],
        MISS,
        "",
    ),
    "anything at all in a trial that a column calls missed": (
        csv(MISSED.assign(missed=MISSED["choice"].eq("n/a")).replace("n/a", "timeout")),
        [],
        MISS,
        "",
    ),
    # 23: decimal commas
    "tabs and decimal commas": (csv(CORE.assign(rt="0,75"), sep="\t"), [], BASE, ""),
    "quoted decimal commas": (csv(CORE.assign(rt="0,75")), [], BASE, ""),
    # 24: empty rows
    "an empty row in the middle, our own table": (csv(PLAIN).replace("s2,0,0,", ",,,,,,,,\ns2,0,0,"), [], BASE, ""),
    "a separator too many in every row": (
        csv(CORE, sep=";").replace("\n", ";\n").replace("reward;\n", "reward\n"),
        [],
        BASE,
        "",
    ),
    "lines that end as on an old Macintosh": (csv(CORE).replace("\n", "\r"), [], BASE, ""),
    "an end of line, or what some take for one, in a cell": (
        csv(CORE.assign(note="a\nb\u2028c\x85d")),
        [],
        BASE,
        "",
    ),
    # 26: order
    "rows in no order": (csv(PLAIN.sample(frac=1, random_state=0)), [], BASE, ""),
    "trials of two sessions in turn": (
        csv(CORE.assign(session=PLAIN["subject"], subject="p").sort_values("trial", kind="stable")),
        [],
        ("1 subject, 80 trials, 0 missed, common 78 %, rewarded 48 %, 2 sessions", None),
        "",
    ),
    # 30: screens
    "two screens a trial, with gaps": (
        csv(MISSED.assign(trial=(2 * MISSED["trial"].astype(int) + 7).astype(str))[MISSED["choice"] != "n/a"]),
        [],
        ("2 subjects, 66 trials, 0 missed", (0.955, 0, 0.138, 0.625)),
        "`trial` goes up by 2",
    ),
    "five screens a trial, each person from elsewhere": (
        csv(CORE.assign(trial=(5 * NUMBER + CORE["subject"].map({"s1": 3, "s2": 211})).astype(str))),
        [],
        BASE,
        "goes up by 5",
    ),
}
"""Text, options, what is read and how people stay (None: not looked at), and a warning."""

WRONG = {
    "missing 1 where a reward is 1": (
        csv(MISSED.replace("n/a", "1")),
        ["--missing", "1"],
        "`missing` must be no value of a trial that was not missed, got 1",
    ),
    "missing -1 where a loss is -1": (
        csv(swapped(MISSED, "reward", _0="-1").replace("n/a", "-1")),
        ["--missing", "-1"],
        "got -1, which reward holds in row 1",
    ),
    "a response time that is not there": (csv(CORE), ["--columns", "rt=latency"], "got rt=latency. There are subject,"),
    "a block that is not there": (csv(CORE), ["--columns", "block=run"], "got block=run."),
    "a counter starts again": (
        csv(CORE.drop(columns="subject").rename(columns={"trial": "k"})),
        [],
        "`subject` must be said where a column counts up and starts again, got nothing said and k:",
    ),
    "trials start again": (csv(CORE.drop(columns="subject")), [], "got nothing said and trial:"),
    "people in a column of another name": (
        csv(CORE.drop(columns="trial").rename(columns={"subject": "code of participant"})),
        [],
        "`subject` must be said where people are named, got nothing said and a column code of participant",
    ),
    "afresh, words": (csv(swapped(AFRESH, "common", _0="rare", _1="common")), [], "say choice= with nothing after it"),
    "afresh, planets left out": (
        csv(swapped(AFRESH, "state", _0="blue", _1="red")),
        ["--columns", "state="],
        "`state` must be kept where",
    ),
    "reversed at half": (
        csv(
            pd.concat([REVERSED[:10], swapped(REVERSED[:10], "state", _0="1", _1="0")]).assign(
                trial=[str(trial) for trial in range(20)]
            )
        ),
        [],
        "`state` must follow one choice more often than the other, got a tie",
    ),
    "everybody missed everything": (csv(CORE.assign(missed="1")), [], "`table` must hold a trial that was not missed"),
    "only gaps": (csv(CORE.assign(trial=2 * NUMBER + NUMBER // 2)), [], "must go up by 1"),
    "two columns rt": (csv(CORE.assign(rt="1", rt2="1")).replace("rt2", "rt"), [], "got rt twice"),
    "our own, semicolons, two columns trial": (csv(PLAIN, sep=";").replace("session", "trial"), [], "got trial twice"),
    "a heading of our own": (csv(PLAIN[:0]), [], "`table` must hold a trial"),
    "a heading of hBayesDM": ("subjID\tlevel1_choice\tlevel2_choice\treward\n", [], "`table` must hold a trial"),
    "thousands in a response time": (
        csv(CORE.assign(rt="1,234"), sep=";"),
        ["--columns", "rt_unit=ms"],
        "got 1,234 in row 0",
    ),
    "seconds said to be ms": (
        csv(CORE.assign(rt="0.7")),
        ["--columns", "rt_unit=ms"],
        "must be in ms, got a median of 0.7.",
    ),
    "a spreadsheet": ("PK\x03\x04\udcff\udcfe", [], "Save a spreadsheet or packed file as CSV"),
    "all practice": (csv(CORE.assign(practice="1")), [], "`practice` must leave trials"),
    "a trial of 400 digits": (csv(CORE.assign(trial="9" * 400)), [], "must be a whole number"),
    "a choice of 5,000 letters": (
        csv(CORE.assign(choice=CORE["choice"].where(NUMBER != 4, "x" * 5000))),
        [],
        "got a third, xxx",
    ),
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "them.csv"


@pytest.mark.parametrize("name", RIGHT)
def test_right_in_other_clothes(name, path):
    text, options, (begins, stays), warned = RIGHT[name]
    path.write_text(text)
    table, told = read([str(path), *options])
    assert overview(table).startswith(begins)
    if stays:
        mean = stay_probability(table)[list(TRIAL_KINDS)].mean().to_numpy()
        np.testing.assert_allclose(mean, stays, atol=6e-4)
    assert len(told) == bool(warned), told
    assert warned in "".join(told)


@pytest.mark.parametrize("name", WRONG)
def test_refused_in_other_clothes(name, path, capsys):
    text, options, message = WRONG[name]
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    assert message in refusal([str(path), *options, "--out", str(path.parent / "out")], capsys)


def test_the_better_state_goes_with_the_states_whatever_they_are_called(path):
    named = PLAIN.assign(
        **{name: PLAIN[name].map({"0": "red", "1": "blue"}) for name in ("state", "better_state")},
        choice=PLAIN["choice"].map({"0": "1", "1": "2"}),
    )
    path.write_text(csv(named))
    pd.testing.assert_frame_equal(
        read([str(path)])[0].drop(columns="missed"), read([str(FILES / "08_own_plain.csv")])[0]
    )


def test_hbayesdm_needs_no_counts(tmp_path):
    """Ties, and one choice only, which counts cannot tell."""
    path = tmp_path / "them.txt"
    rows = [(1, 1, 1), (1, 3, 0), (1, 2, 1), (1, 4, 1)]
    lines = [f"p\t{choice}\t{second}\t{reward}" for choice, second, reward in rows]
    path.write_text("subjID\tlevel1_choice\tlevel2_choice\treward\n" + "\n".join(lines))
    table = read_trials(path)
    assert table["common"].tolist() == [True, False, True, False]
    assert table["state"].tolist() == [0, 1, 0, 1]
    path.write_text(path.read_text().replace("p\t1\t", "p\t2\t"))
    table = read_trials(path)
    assert table["common"].tolist() == [False, True, False, True]
    assert table["choice"].tolist() == [1, 1, 1, 1]


def test_what_is_said_on_the_command_line_is_what_python_says(path):
    path.write_text(csv(MISSED.rename(columns={"subject": "ppt", "choice": "key"}).replace("n/a", "-1")))
    said, _ = read([str(path), "--columns", "subject=ppt", "choice=key", "--missing", "-1"])
    pd.testing.assert_frame_equal(said, read_trials(path, columns=Columns(subject="ppt", choice="key", void=("-1",))))
