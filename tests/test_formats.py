"""Trial tables from the files of others: what comes in is what was there, whatever it was called."""

import json
import re
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulated_people import CHOICES, TRUTH, read_truth
from simulated_people import people as simulated_people

from prefrontal.errors import UserError
from prefrontal.trials.columns import from_cells
from prefrontal.trials.formats import (
    Columns,
    detect_format,
    read_columns,
    read_hbayesdm,
    read_jspsych,
    read_psych,
    read_trials,
    write_hbayesdm,
)
from prefrontal.trials.table import check_table, write_table

PEOPLE = Path(__file__).parents[2] / "shared" / "data" / "people"
needs_people = pytest.mark.skipif(
    not PEOPLE.exists(), reason="may not be distributed with the tests, and is not at ../shared/data/people"
)


def make_table(num_subjects=3, num_trials=40, seed=0, **columns) -> pd.DataFrame:
    """A table of random choices, two sessions a subject, 80 % of transitions common."""
    rng = np.random.default_rng(seed)
    num = num_subjects * 2 * num_trials
    table = pd.DataFrame(
        {
            "subject": np.repeat(np.arange(num_subjects), 2 * num_trials),
            "session": np.tile(np.repeat([0, 1], num_trials), num_subjects),
            "trial": np.tile(np.arange(num_trials), 2 * num_subjects),
            "choice": rng.integers(0, 2, num),
            "common": rng.random(num) < 0.8,
            "choice2": rng.integers(0, 2, num),
            "reward": rng.integers(0, 2, num),
            "missed": False,
            "rt": rng.uniform(0.2, 1.5, num).round(3),
            "rt2": rng.uniform(0.2, 1.5, num).round(3),
        }
    ).assign(**columns)
    # Both choices, and both second choices in both states, by everybody.
    first = table["trial"] < 4
    table.loc[first, "choice"] = table.loc[first, "trial"] % 2
    table.loc[first, "common"] = True
    table.loc[first, "choice2"] = table.loc[first, "trial"] // 2
    table.insert(4, "state", np.where(table["common"], table["choice"], 1 - table["choice"]))
    return check_table(table)


def as_cells(table: pd.DataFrame) -> pd.DataFrame:
    return table.astype(str)


@pytest.fixture
def table() -> pd.DataFrame:
    return make_table()


def test_our_own_table_is_read_as_it_is(table, tmp_path):
    write_table(tmp_path / "trials.csv", table)
    for kind in ("auto", "prefrontal", "columns"):
        pd.testing.assert_frame_equal(read_trials(tmp_path / "trials.csv", format=kind), table)
    with pytest.raises(UserError, match=re.escape("`format` must be one of auto, prefrontal, columns, hbayesd")):
        read_trials(tmp_path / "trials.csv", format="excel")


@pytest.mark.parametrize(
    ("name", "heading", "kind"),
    [
        ("them.zip", "", "psych"),
        ("them.jsonl", "{}", "psych"),
        ("them.txt", "subjID\ttrial\tlevel1_choice\tlevel2_choice\treward", "hbayesdm"),
        ("them.csv", "trial_type,trial_index,state_1_choice,transition", "jspsych"),
        ("them.csv", "rt,two_step_task_info", "jspsych"),
        ("them.csv", "subject,session,trial,choice,state,common,reward,anything", "prefrontal"),
        ("them.csv", "\ufeffchoice;state;reward", "columns"),
    ],
)
def test_the_format_is_told_from_name_and_first_line(tmp_path, name, heading, kind):
    (tmp_path / name).write_text(heading + "\n", encoding="utf-8")
    assert detect_format(tmp_path / name) == kind


def test_a_file_that_is_not_there_has_no_format(tmp_path):
    with pytest.raises(UserError, match=re.escape(f"a file that can be read, got {tmp_path / 'none.csv'}")):
        read_trials(tmp_path / "none.csv")


@given(data=st.data())
@pytest.mark.thorough
def test_names_do_not_matter(data):
    """Every subject has its own names for choices, states and second choices; only their order is kept."""
    table = make_table(seed=data.draw(st.integers(0, 100)))
    cells = as_cells(table).drop(columns="common")
    pair = st.lists(st.sampled_from("ABCDEFGHJKLMNOPQRSTUVWXYZ"), min_size=2, max_size=2, unique=True)
    own_second = data.draw(st.booleans())
    for subject in range(3):
        rows = table["subject"] == subject
        choices, states = sorted(data.draw(pair)), data.draw(pair)
        seconds = [sorted(data.draw(pair)) for _ in range(2)] if own_second else [sorted(data.draw(pair))] * 2
        cells.loc[rows, "choice"] = [choices[choice] for choice in table.loc[rows, "choice"]]
        cells.loc[rows, "state"] = [states[state] for state in table.loc[rows, "state"]]
        cells.loc[rows, "choice2"] = [
            seconds[state][choice] + own_second * str(state)
            for state, choice in zip(table.loc[rows, "state"], table.loc[rows, "choice2"], strict=True)
        ]
    pd.testing.assert_frame_equal(from_cells(cells, Columns()), table)


@pytest.mark.parametrize("base", [0, 1])
@pytest.mark.parametrize("four", [False, True])
def test_numbers_from_0_or_from_1(table, base, four):
    cells = table.assign(
        choice=table["choice"] + base,
        state=table["state"] + base,
        choice2=table["choice2"] + 2 * table["state"] * four + base,
        trial=table["trial"] + base,
        session=table["session"] + base,
    )
    pd.testing.assert_frame_equal(from_cells(as_cells(cells), Columns()), table)
    pd.testing.assert_frame_equal(from_cells(as_cells(cells.drop(columns="common")), Columns()), table)
    pd.testing.assert_frame_equal(from_cells(as_cells(cells.drop(columns="missed")), Columns()), table)
    pd.testing.assert_frame_equal(from_cells(as_cells(cells.drop(columns="state")), Columns()), table)


def test_states_named_the_other_way_round_are_told_by_their_common_choice(table):
    cells = as_cells(table.assign(state=1 - table["state"]))
    pd.testing.assert_frame_equal(from_cells(cells, Columns()), table)


def test_columns_and_values_are_as_said(table, tmp_path):
    cells = as_cells(table).rename(columns={"subject": "who", "choice": "key", "rt": "latency", "common": "kind"})
    cells["key"] = cells["key"].map({"0": "right", "1": "left"})
    cells["kind"] = np.where(table["common"], "common", "rare")
    cells["latency"] = (table["rt"] * 1000).astype(str)
    columns = Columns(
        subject="who",
        choice="key",
        common="kind",
        rt="latency",
        rt2="",
        rt_unit="ms",
        values={"choice": ("right", "left")},
    )
    expected = table.drop(columns="rt2")
    for separator in ",;\t":
        (tmp_path / "them.txt").write_text("\ufeff" + cells.to_csv(index=False, sep=separator))
        pd.testing.assert_frame_equal(read_columns(tmp_path / "them.txt", columns), expected)


def test_one_subject_one_session_and_trials_in_order(table):
    one = table[(table["subject"] == 0) & (table["session"] == 0)]
    cells = as_cells(one.drop(columns=["subject", "session", "trial"]))
    read = from_cells(cells, Columns())
    assert (read["subject"] == 1).all()
    pd.testing.assert_frame_equal(read.drop(columns="subject"), one.drop(columns="subject"))


def test_sessions_may_have_names(table):
    cells = as_cells(table.assign(session=np.where(table["session"] == 0, "morning", "evening")))
    pd.testing.assert_frame_equal(from_cells(cells, Columns()), table)


@pytest.mark.parametrize("void", ["", "NA", "null", "-1"])
@pytest.mark.parametrize("said", [True, False])
def test_missed_trials_hold_nothing_and_say_so(table, void, said):
    missed = np.arange(len(table)) % 7 == 5
    cells = as_cells(table.assign(missed=missed))
    for name in ("choice", "state", "common", "choice2", "reward", "rt", "rt2"):
        cells.loc[missed, name] = void
    read = from_cells(cells if said else cells.drop(columns="missed"), Columns(void=("", "NA", "null", "-1")))
    assert (read["missed"] == missed).all()
    assert (read.loc[missed, ["choice", "choice2", "reward", "common"]] == 0).all(axis=None)
    assert read.loc[missed, ["rt", "rt2"]].isna().all(axis=None)
    pd.testing.assert_frame_equal(read[~missed], table[~missed])
    second_only = as_cells(table.drop(columns="missed"))
    second_only.loc[missed, ["choice2", "reward", "rt2"]] = "NA"
    assert (from_cells(second_only, Columns())["missed"] == missed).all()


BAD_CELLS = [
    ("choice", "2", "`choice` must be 0 or 1 (or 1 or 2 throughout), got 2 in row 5. Say what stands for 0"),
    ("choice", "37", "`choice` must be 0 or 1 (or 1 or 2 throughout), got 37 in row 5."),
    ("choice", "left", "`choice` must be one of two values of each subject, got a third, left, in row 5."),
    ("state", "B", "`state` must be one of two values of each subject, got a third, B, in row 5."),
    ("common", "maybe", "`common` must be 0 or 1, true or false, got maybe in row 5."),
    ("common", "flip", "`common` must go with choice and state in every trial of a subject, got another in row 5"),
    ("choice2", "3", "`choice2` must be one of the two values of its state, got 3 in row 5."),
    ("choice2", "7", "`choice2` must be 0 to 3 (or 1 to 4 throughout), got 7 in row 5."),
    ("reward", "0.5", "`reward` must be 0 or 1, true or false, got 0.5 in row 5."),
    ("reward", "", "`reward` must have a value in a trial that was not missed, got none in row 5."),
    ("missed", "2", "`missed` must be 0 or 1, true or false, got 2 in row 5."),
    ("session", "", "`session` must be named in every row, got none in row 5."),
    ("subject", "", "`subject` must be named in every row, got none in row 5."),
    ("trial", "one", "`trial` must be a whole number, got one in row 5."),
    ("trial", "3", "`trial` must ascend within a session, got 3 after 4 in row 5."),
    ("rt", "-20", "`rt` must be a time above 0, got -20 in row 5."),
    ("rt", "fast", "`rt` must be a time above 0, got fast in row 5."),
]


@pytest.mark.parametrize(("column", "value", "message"), BAD_CELLS)
def test_bad_cells_are_refused_with_row_and_column(table, tmp_path, column, value, message):
    cells = as_cells(table)
    cells["choice2"] = (table["choice2"] + 2 * table["state"]).astype(str)
    if column == "choice2" and value == "3":
        value = "3" if table["state"][5] == 0 else "0"
        message = message.replace("got 3", f"got {value}")
    cells.loc[5, column] = str(not table["common"][5]) if value == "flip" else value
    path = tmp_path / "them.csv"
    path.write_text(cells.to_csv(index=False))
    with pytest.raises(UserError, match=re.escape(f"{path}: {message}")):
        read_columns(path)


def test_what_cannot_be_told_apart_is_asked_for(table):
    cells = as_cells(table)
    with pytest.raises(UserError, match="`choice` must tell 0 and 1 apart, got 1 in every row"):
        from_cells(cells.assign(choice="1").drop(columns="common"), Columns())
    with pytest.raises(UserError, match=r"`rt` must be in seconds, got a median of .* Say they are in ms"):
        from_cells(cells.assign(rt="700"), Columns())
    with pytest.raises(UserError, match="must include choice, reward, state, got subject"):
        from_cells(cells[["subject"]], Columns())
    tied = as_cells(pd.DataFrame({"choice": [0, 1, 0, 1], "state": [0, 1, 1, 0], "reward": 1}))
    with pytest.raises(UserError, match="`state` must follow one choice more often than the other, got a tie for subj"):
        from_cells(tied, Columns())
    with pytest.raises(UserError, match=re.escape("`values` must give two values of `choice`, for 0 and for 1, got")):
        Columns(values={"choice": ("left", "left")})
    with pytest.raises(UserError, match=re.escape("`values` must be one of choice, state, common, choice2, reward, m")):
        Columns(values={"rt": ("0", "1")})


def test_a_transition_that_counts_hardly_tell_is_warned_of():
    choice = np.tile([0, 1], 50)
    table = pd.DataFrame({"choice": choice, "state": np.where(np.arange(100) < 54, choice, 1 - choice), "reward": 1})
    table.loc[::3, "reward"] = 0
    with pytest.warns(UserWarning, match=re.escape("in 1 of 1 subjects (1) it is under 60% of trials")):
        from_cells(as_cells(table), Columns())


def test_files_that_are_no_tables_are_refused(tmp_path):
    path = tmp_path / "them.csv"
    with pytest.raises(UserError, match="a file that can be read"):
        read_columns(path)
    for row in ("0,1", "0,1,1,1"):
        path.write_text(f"choice,state,reward\n0,1,1\n{row}\n")
        message = f"{path}: every row must have 3 cells, got {len(row) // 2 + 1} in row 3 (the heading is row 1)."
        with pytest.raises(UserError, match=re.escape(message)):
            read_columns(path)
    for text in ("", "\xff\xfe"):
        path.write_text(text, encoding="latin-1")
        with pytest.raises(UserError, match=re.escape(f"`path` must be a table of text, got {path}")):
            read_columns(path)


# hBayesDM


def test_hbayesdm_there_and_back(tmp_path):
    table = make_table().drop(columns=["rt", "rt2"])
    table = table[(table["session"] == 0) & (table["trial"] % 9 != 4)].reset_index(drop=True)
    path = tmp_path / "them.tsv"
    write_hbayesdm(path, table.assign(missed=table["trial"] == 7))
    kept = table[table["trial"] != 7].reset_index(drop=True)
    pd.testing.assert_frame_equal(read_hbayesdm(path), kept)
    lines = path.read_text().splitlines()
    assert lines[0].split("\t") == ["subjID", "trial", "level1_choice", "level2_choice", "reward"]
    rows = np.array([line.split("\t") for line in lines[1:]], int)
    assert set(rows[:, 2]) == {1, 2}
    assert set(rows[:, 3]) == {1, 2, 3, 4}
    assert ((rows[:, 3] > 2) == (rows[:, 2] == 2))[kept["common"]].all()


def test_hbayesdm_refuses(table, tmp_path):
    path = tmp_path / "them.tsv"
    with pytest.raises(UserError, match="`session` must be one a subject, got several of subject 0"):
        write_hbayesdm(path, table)
    with pytest.raises(UserError, match="`table` must have second-stage choices"):
        write_hbayesdm(path, table.drop(columns="choice2"))
    path.write_text("subjID\tlevel1_choice\tlevel2_choice\treward\n1\t1\t5\t0\n")
    with pytest.raises(UserError, match=re.escape(f"{path}: `level2_choice` must be 1 to 4, got 5 in row 0.")):
        read_hbayesdm(path)
    path.write_text("subjID\tlevel1_choice\treward\n1\t1\t0\n")
    with pytest.raises(UserError, match="`columns` must include level2_choice, got subjID, level1_choice, reward"):
        read_hbayesdm(path)


def test_the_simulated_people_are_what_their_loops_make():
    choices, truth = simulated_people()
    assert CHOICES.read_text(encoding="utf-8") == choices
    assert TRUTH.read_text(encoding="utf-8").splitlines()[0] == truth.splitlines()[0]
    made = [[float(cell) for cell in line.split("\t")] for line in truth.splitlines()[1:]]
    np.testing.assert_allclose([list(person.values()) for person in read_truth()], made, rtol=1e-9, atol=2e-6)


@pytest.mark.parametrize(
    "path", [CHOICES, pytest.param(PEOPLE / "hbayesdm_ts_example.tsv", marks=needs_people)], ids=lambda path: path.name
)
def test_hbayesdm_example_is_read_whole(tmp_path, path):
    table, raw = read_hbayesdm(path), pd.read_csv(path, sep="\t")
    assert table["subject"].nunique() == 11
    np.testing.assert_array_equal(table["trial"], raw["trial"] - 1)
    np.testing.assert_array_equal(table["choice"], raw["level1_choice"] - 1)
    np.testing.assert_array_equal(2 * table["state"] + table["choice2"] + 1, raw["level2_choice"])
    np.testing.assert_array_equal(table["reward"], raw["reward"])
    share = table.groupby("subject")["common"].mean()  # 70 % were common in the experiment
    assert (abs(share - 0.7) < 4.5 * np.sqrt(0.7 * 0.3 / 197)).all()
    write_hbayesdm(tmp_path / "back.tsv", table)
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "back.tsv", sep="\t"), raw.iloc[:, :5])


# jsPsych


def test_jspsych_rows_of_the_two_step_plugin(table, tmp_path):
    one = table[(table["subject"] == 0) & (table["session"] == 0)].reset_index(drop=True)
    missed = one["trial"].isin([3, 11])
    rows = pd.DataFrame(
        {
            "trial_type": "two-step-trial",
            "trial_index": one["trial"] + 9,
            "state_1_choice": one["choice"],
            "state_1_rt": one["rt"] * 1000,
            "transition": one["common"].astype(int),
            "state": one["state"],
            "state_2_choice": one["choice2"] + 2 * one["state"],
            "state_2_rt": one["rt2"] * 1000,
            "outcome": one["reward"],
        }
    ).astype(object)
    rows.loc[missed, ["state_1_choice", "state_1_rt", "state", "state_2_choice", "state_2_rt", "outcome"]] = None
    screens = pd.DataFrame({"trial_type": ["instructions", "survey-text"], "trial_index": [0, 99]})
    data = pd.concat([screens[:1], rows, screens[1:]])
    path = tmp_path / "ada.csv"
    path.write_text(data.to_csv(index=False))
    read = read_jspsych(path)
    assert set(read["subject"]) == {"ada"}
    expected = one.assign(subject="ada", missed=missed)
    pd.testing.assert_frame_equal(read[~missed], expected[~missed])
    assert read["missed"].equals(missed.rename("missed"))
    path.write_text(data.assign(subject_id=17, run_id=2).to_csv(index=False))
    assert set(read_jspsych(path)["subject"]) == {17}
    path.write_text(screens.to_csv(index=False))
    with pytest.raises(UserError, match="`state_1_choice` must be there, of the plug-in two-step-trial"):
        read_jspsych(path)


def test_jspsych_2st_objects(table, tmp_path):
    one = table[(table["subject"] == 0) & (table["session"] == 0)].drop(columns=["rt", "rt2"]).reset_index(drop=True)
    missed = one["trial"] == 5
    info = [
        json.dumps(
            {
                "trial_n": row.trial + 1,
                "reward_probs": {"2AA": 0.3},
                "step_1_action": "1" + "AB"[row.choice],
                "step_2": "2" + "AB"[row.state],
                "transition": "common" if row.common else "rare",
                "step_2_action": None if row.trial == 5 else "2" + "AB"[row.state] + "AB"[row.choice2],
                "reward": None if row.trial == 5 else bool(row.reward),
                "timeout": row.trial == 5,
            }
        )
        for row in one.itertuples()
    ]
    cells = pd.DataFrame({"rt": 100, "subject": "ada", "two_step_task_info": ["", *info, "null"]})
    path = tmp_path / "them.csv"
    path.write_text(cells.to_csv(index=False))
    read = read_jspsych(path)
    pd.testing.assert_frame_equal(read[~missed], one[~missed].assign(subject="ada"))
    assert read["missed"].equals(missed.rename("missed"))
    path.write_text(cells.replace("null", "[1]").to_csv(index=False))
    with pytest.raises(UserError, match=re.escape("`two_step_task_info` must be JSON objects, got [1] in row 41.")):
        read_jspsych(path)


# Psych-101 and 201


def told(table: pd.DataFrame, names=("MZ", "SA", "RW")) -> str:
    """The trials of one person in words, one session after the other."""
    lines = ["You will make choices. Your goal is to maximize your rewards over 40 trials.", ""]
    for row in table.itertuples():
        if row.trial == 0 and row.session == 1:
            lines += ["", "You are now back 18 months later to undertake the same task over 41 new trials."]
        state = names[1][row.state]
        lines.append(
            f"You are presented with first-stage options M and Z. You choose <<{names[0][row.choice]}>>. "
            f"This leads to state {state}. In state {state}, you choose <<{names[2][row.choice2]}>>. "
            f"You receive {'a' if row.reward else 'no'} reward."
        )
    return "\n".join(lines) + "\n\n"


def people(table) -> list[dict]:
    names = [("MZ", "SA", "RW"), ("BC", "AS", "LV"), ("CX", "TU", "DG")]
    persons = []
    for subject, own in zip(range(3), names, strict=True):
        rows = table[table["subject"] == subject]
        times = (1000 * rows[["rt", "rt2"]]).round().astype(int).to_numpy().ravel().tolist()
        persons.append({"text": told(rows, own), "participant": str(subject + 1), "RTs": times})
    return persons


def test_psych_text_of_several_people_and_visits(table, tmp_path):
    path = tmp_path / "prompts.jsonl"
    path.write_text("\n".join(map(json.dumps, people(table))) + "\n")
    with pytest.warns(UserWarning, match="3 of the 243 trials that the text announces are not in it"):
        read = read_psych(path)
    pd.testing.assert_frame_equal(read, table.assign(subject=table["subject"] + 1))
    with zipfile.ZipFile(tmp_path / "prompts.zip", "w") as archive:
        archive.write(path, "prompts.jsonl")
    with pytest.warns(UserWarning, match="announces"):
        pd.testing.assert_frame_equal(read_psych(tmp_path / "prompts.zip"), read)


def test_psych_text_in_other_words(tmp_path):
    text = "Go.\nYou take <<X>> to p and earn 1.\nYou take <<Y>> to q and earn 0.\nYou take <<X>> to p and earn 0."
    path = tmp_path / "prompts.jsonl"
    path.write_text(json.dumps({"text": text, "participant": 3}))
    table = read_psych(path, trial=r"<<(?P<choice>\w)>> to (?P<state>\w) and earn (?P<reward>[01])")
    assert table["choice"].tolist() == [0, 1, 0]
    assert table["reward"].tolist() == [1, 0, 0]
    assert "rt" not in table


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda p: p | {"RTs": p["RTs"][:-1]}, "participant 2, `RTs` must hold a time a choice, 160, got 159."),
        (
            lambda p: p | {"text": p["text"].replace("leads", "lead", 1)},
            "participant 2, line 3 of `text` must be a trial as `trial` describes it, got: You are presented",
        ),
        (lambda p: {"RTs": p["RTs"]}, "participant 2 must have 'text', got RTs."),
        (lambda p: [], "line 2 must be a JSON object, got []."),
    ],
)
def test_psych_text_that_is_damaged_is_refused(table, tmp_path, change, message):
    persons = people(table)
    persons[1] = change(persons[1])
    path = tmp_path / "prompts.jsonl"
    path.write_text("\n".join(map(json.dumps, persons)))
    with pytest.raises(UserError, match=re.escape(f"{path}: {message}")):
        read_psych(path)


@needs_people
@pytest.mark.filterwarnings("ignore:.*trials that the text announces")
@pytest.mark.thorough
def test_554_people_are_read_whole():
    path = PEOPLE / "shahar2019_psych201.jsonl.zip"
    table = read_psych(path)
    with zipfile.ZipFile(path) as archive:
        persons = [json.loads(line) for line in archive.read("prompts.jsonl").decode().splitlines()]
    assert len(persons) == table["subject"].nunique() == 554
    assert 2 * len(table) == sum(person["text"].count("<<") for person in persons)
    np.testing.assert_allclose(
        1000 * table[["rt", "rt2"]].to_numpy().ravel(), np.concatenate([person["RTs"] for person in persons])
    )
    assert table["reward"].sum() == sum(person["text"].count("You receive a reward.") for person in persons)
    assert (table.groupby("subject")["session"].nunique() == 2).all()
    assert set(table.groupby(["subject", "session"])["trial"].max().groupby("session").max()) == {119, 199}
    share = table.groupby("subject")["common"].mean()  # 70 % were common in the experiment
    assert abs(share.mean() - 0.7) < 0.005
    assert share.min() > 0.6


def test_columns_without_a_name_are_passed_over(tmp_path):
    path = tmp_path / "study.csv"
    path.write_text("subject,,,choice,state,reward\n" + "s1,x,y,0,0,1\ns1,x,z,1,1,0\ns1,x,z,0,0,0\n")
    assert read_trials(path)["choice"].tolist() == [0, 1, 0]
