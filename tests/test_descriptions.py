"""One description of a file: said once, shown, kept beside the file, and found again by every command and by Python."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from test_commands_on_tables import run
from test_files_of_others import BASE, FILES, read, refusal

import prefrontal as pf
from prefrontal import cli
from prefrontal.errors import UserError
from prefrontal.trials.kept import find_kept, kept_path

PLAIN = pd.read_csv(FILES / "08_own_plain.csv", dtype=str)
"""Two people of 40 trials."""
SAID = ["--columns", "choice=key", "state=world", "rt=latency", "--rt-unit", "ms", "--void", "-1"]


def study(folder: Path, **columns: object) -> Path:
    """A study of two people as a student has it, with two missed trials."""
    cells = PLAIN.rename(columns={"subject": "participant", "trial": "trial_number", "reward": "coins"})
    cells["key"] = PLAIN["choice"].map({"0": "left", "1": "right"})
    cells["world"] = PLAIN["state"].map({"0": "red", "1": "blue"})
    cells = cells[["participant", "trial_number", "key", "world", "coins"]].assign(latency="552", mood="4", **columns)
    cells.loc[[3, 50], ["key", "world", "coins"]] = "-1"
    path = folder / "study.csv"
    cells.to_csv(path, index=False)
    return path


def test_what_was_understood_stands_above_all_else(tmp_path):
    path = study(tmp_path)
    said, _ = run("analyse", path, *SAID, "--out", tmp_path / "out")
    above = said[: said.index("mean over subjects")].splitlines()
    assert above[:14] == [
        "2 subjects, 80 trials, 2 missed (2 %), common 78 %, rewarded 49 %, 1 session ",
        "each, median rt .55 s",
        "study.csv",
        "  trials    40 a subject",
        "  subject   participant: s1, s2",
        "  trial     trial_number",
        "  choice    key: left is 0; right is 1",
        "  state     world: red is 0; blue is 1; 0 is where choice 0 commonly leads",
        "  common    no column: told from counts, for each subject",
        "  reward    coins: 0 is 0; 1 is 1",
        "  missed    no column: where a choice, state or reward is empty, NA, -1",
        "  rt        latency, in ms",
        "  unused    mood",
        f"Kept for the next time: {tmp_path / 'study.columns.toml'}",
    ]


@pytest.mark.thorough
def test_what_was_said_once_is_found_by_every_command_and_by_python(tmp_path):
    path = study(tmp_path)
    with pytest.raises(UserError, match="must include choice, state"):
        pf.read_trials(path)
    run("analyse", path, *SAID, "--out", tmp_path / "out")
    table = pf.read_trials(path)
    assert pf.overview(table).startswith("2 subjects, 80 trials, 2 missed (2 %)")
    said, _ = run("analyse", path, "--out", tmp_path / "again")
    assert said.splitlines()[2] == "study.csv, with study.columns.toml"
    assert "Kept" not in said
    columns = pf.kept_columns(path)
    assert columns is not None
    assert (columns.subject, columns.choice, columns.rt_unit, columns.void) == ("participant", "key", "ms", ("-1",))
    pd.testing.assert_frame_equal(pf.read_trials(path, columns=columns), table)
    understood = pf.understand(path)
    assert understood.columns == columns
    assert understood.unused == ("mood",)
    assert "choice    key: left is 0; right is 1" in str(understood)
    kept = (tmp_path / "study.columns.toml").read_text().splitlines()
    assert 'choice = "key"' in kept  # said
    assert [line for line in kept if line.startswith("trial =")] == [
        'trial = "trial_number"  # guessed from the file, not said'
    ]


@pytest.mark.thorough
def test_fit_and_recover_find_it_too(tmp_path):
    path = study(tmp_path)
    options = ["--models", "biased-random", "--num-starts", "2"]
    said, _ = run("fit", path, *SAID, *options, "--out", tmp_path / "fit")
    assert "  choice    key: left is 0; right is 1" in said.splitlines()
    assert (tmp_path / "study.columns.toml").exists()
    said, _ = run("fit", path, *options, "--out", tmp_path / "fit2")
    assert said.splitlines()[2] == "study.csv, with study.columns.toml"
    assert (tmp_path / "fit" / "biased-random.csv").read_text() == (tmp_path / "fit2" / "biased-random.csv").read_text()


@pytest.mark.thorough
def test_nothing_is_kept_over_what_is_kept(tmp_path):
    path = study(tmp_path)
    run("analyse", path, *SAID, "--out", tmp_path / "out")
    before = (tmp_path / "study.columns.toml").read_text()
    _, warned = run("analyse", path, "--columns", "rt=", "--out", tmp_path / "out", "--overwrite")
    assert "What was said of the columns is not kept: `" in warned
    assert 'Edit or delete it first; it lacks: rt = "".' in warned
    assert (tmp_path / "study.columns.toml").read_text() == before
    assert "rt" not in read([str(path), "--columns", "rt="])[0]
    with pytest.raises(UserError, match=r"study\.columns\.toml` must be kept as it is, got another description"):
        pf.keep_columns(path, pf.Columns(choice="key"))
    assert pf.keep_columns(path, pf.kept_columns(path) or pf.Columns()) == tmp_path / "study.columns.toml"


def test_a_description_comes_back_as_it_was_kept(tmp_path):
    columns = pf.Columns(
        subject='who "she" is\x7f',
        trial="",
        choice="Wahl (1.)",
        rt_unit="ms",
        values={"choice": ("links", "rechts")},
        void=("-1", "kein\tWert"),
        void_in={"reward": ("9",)},
        rows={"Art der Zeile": ("Wahl", "Antwort")},
        mapping="all",
        reward_above=-0.5,
        format="columns",
    )
    pf.keep_columns(tmp_path / "a.csv", columns)
    assert pf.kept_columns(tmp_path / "a.csv") == columns
    assert pf.kept_columns(tmp_path / "b.csv") is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("choise = 'x'", "it has choise; there are subject, session"),
        ("choice = 3", "`choice` must be a text, got 3"),
        ("[values]\nchoice = 3", "`values.choice` must be a list of texts, got 3"),
        ("rt_unit = 'h'", "`rt_unit` must be one of s, ms, got 'h'"),
        ("mapping = 'mine'", "`mapping` must be one of subject, all, values, got 'mine'"),
        ("choice", "Expected '=' after a key"),
    ],
)
def test_what_is_no_description_is_refused_in_a_sentence(text, message, tmp_path, capsys):
    path = study(tmp_path)
    (tmp_path / "study.columns.toml").write_text(text)
    told = refusal([str(path), "--out", str(tmp_path / "out")], capsys)
    assert told.startswith(
        f"`{tmp_path / 'study.columns.toml'}` must be a description of study.csv, got another text ("
    )
    assert message in told


@pytest.mark.thorough
def test_files_of_one_folder_share_a_description(tmp_path):
    for name, part in PLAIN.groupby("subject"):
        part.drop(columns="subject").rename(columns={"choice": "key"}).to_csv(tmp_path / f"{name}.csv", index=False)
    (tmp_path / "notes.csv").write_text("nothing\n")
    said, _ = run("analyse", f"people={tmp_path}/s*.csv", "--columns", "choice=key", "--out", tmp_path / "out")
    lines = said.splitlines()
    assert lines[0].startswith(BASE[0])
    assert lines[1] == "s1.csv and another file like it"
    assert lines[2:4] == ["  trials    40 a subject", "  subject   no column: called by their files"]
    assert f"Kept for the next time: {tmp_path / 'columns.toml'}" in lines
    kept = (tmp_path / "columns.toml").read_text()
    assert 'files = ["s*.csv"]\n' in kept
    assert 'trial = "trial"\nchoice = "key"\n' in kept
    assert pf.kept_columns(tmp_path / "s2.csv") is not None
    assert pf.kept_columns(tmp_path / "notes.csv") is None
    table, _ = read([f"people={tmp_path}/s*.csv"])
    assert pf.overview(table).startswith(BASE[0])
    files = sorted(tmp_path.glob("s*.csv"))
    pd.testing.assert_frame_equal(pf.read_trials(files), table)
    with pytest.raises(UserError, match="`path` must name a file of trials or more, got none"):
        pf.read_trials([])
    with pytest.raises(UserError, match="must be of files of one folder"):
        kept_path([tmp_path / "s1.csv", tmp_path / "out" / "s2.csv"])
    (tmp_path / "columns.toml").write_text("anything = 1\n")  # somebody else's
    assert find_kept(tmp_path / "s1.csv") is None


# Usual names, and where they may be wrong


@pytest.mark.parametrize("who", ["participant", "subj", "subjID", "ID", "Participant ID", "PROLIFIC_PID"])
@pytest.mark.parametrize("reward", ["outcome", "points", "Rewarded"])
def test_usual_names_are_recognised(who, reward, tmp_path):
    cells = PLAIN.rename(columns={"subject": who, "trial": "trial_number", "choice": "choice_1", "reward": reward})
    cells = cells.rename(columns={"state": "final_state"}).drop(columns=["session", "better_state", "common"])
    cells.to_csv(tmp_path / "t.csv", index=False)
    table, told = read([str(tmp_path / "t.csv")])
    assert pf.overview(table).startswith(BASE[0])
    assert told == [
        f"Columns of other names are taken for ours: subject={who}, trial=trial_number, choice=choice_1, "
        f"state=final_state, reward={reward}. Say so, or what is right, with `columns`."
    ]


def test_people_are_never_merged_into_one_without_a_word(tmp_path, capsys):
    """NEWCOMER N4: with columns said, but not who chose."""
    core = PLAIN[["trial", "choice", "state", "reward"]]
    path, out = tmp_path / "t.csv", ["--out", str(tmp_path / "out")]
    several = {
        "code": np.repeat(["ann", "ben"], 40),
        "vp code": np.repeat(["107", "111"], 40),
        "participant's name": np.repeat(["ann", "ben"], 40),
    }
    for name, who in several.items():
        core.drop(columns="trial").assign(**{name: who}).to_csv(path, index=False)
        told = refusal([str(path), "--columns", "choice=choice", *out], capsys)
        assert told.startswith(f"{path}: `subject` must be said where ")
        assert f"{name} with 2 names" in told
        assert "say --subject COLUMN, or --subject '' where all rows are of one person" in told
        assert pf.overview(read([str(path), "--subject", name])[0]).startswith(BASE[0])
    with pytest.raises(UserError, match='say subject="COLUMN", or subject="" where all rows are of one person'):
        pf.read_trials(path)
    core.rename(columns={"trial": "k"}).to_csv(path, index=False)
    assert "a column counts up and starts again, got nothing said and k" in refusal([str(path), *out], capsys)
    for name in ("block", "run"):  # of one person
        core.drop(columns="trial").assign(**{name: np.repeat([10, 20], 40)}).to_csv(path, index=False)
        assert "No column says who chose: all 80 rows" in "".join(read([str(path)])[1])


def test_of_two_columns_that_may_say_who_chose_the_one_that_merges_is_not_taken(tmp_path, capsys):
    path, out = tmp_path / "t.csv", ["--out", str(tmp_path / "out")]
    PLAIN.assign(participant=PLAIN["subject"], subject="1").drop(columns="common").to_csv(path, index=False)
    told = refusal([str(path), *out], capsys)
    assert "got subject (1 name) and participant (2 names). Say --subject subject or --subject participant." in told
    assert pf.overview(read([str(path), "--subject", "participant"])[0]).startswith(BASE[0])
    PLAIN.assign(id=PLAIN["subject"]).to_csv(path, index=False)  # says the same
    assert read([str(path)])[1] == []


def test_two_columns_of_outcomes_are_asked_about(tmp_path, capsys):
    path = tmp_path / "t.csv"
    cells = PLAIN[["subject", "trial", "choice", "state"]].assign(outcome=PLAIN["reward"], win=PLAIN["choice"])
    cells.to_csv(path, index=False)
    told = refusal([str(path), "--out", str(tmp_path / "out")], capsys)
    assert "`reward` must be said where several columns may hold it, got outcome, win. Say reward=COLUMN." in told
    cells.assign(win=PLAIN["reward"].map({"0": "no", "1": "yes"})).to_csv(path, index=False)
    assert pf.overview(read([str(path)])[0]).startswith(BASE[0])


# What stands between the trials


def test_filler_rows_are_left_out_and_missed_trials_are_kept(tmp_path):
    path = study(tmp_path)
    cells = pd.read_csv(path, dtype=str)
    screens = pd.DataFrame({"participant": ["s1", "s2", "s1"], "mood": ["hello", "", "rest"], "latency": ""})
    pd.concat([screens[:2], cells[:40], screens[2:], cells[40:]]).to_csv(path, index=False)
    table, told = read([str(path), *SAID])
    assert pf.overview(table).startswith("2 subjects, 80 trials, 2 missed (2 %)")
    assert "3 rows without a trial, or anything else of one, are left out" in "".join(told)


def test_rows_may_be_chosen(tmp_path, capsys):
    path = study(tmp_path, screen="choice")
    cells = pd.read_csv(path, dtype=str)
    pd.concat([cells, cells.assign(screen="feedback")]).sort_index(kind="stable").to_csv(path, index=False)
    table, _ = read([str(path), *SAID, "--rows", "screen=choice"])
    assert pf.overview(table).startswith("2 subjects, 80 trials, 2 missed (2 %)")
    told = refusal([str(path), *SAID, "--rows", "screen=test", "--out", str(tmp_path / "out")], capsys)
    assert "got screen=test, which no row holds. It holds choice, feedback." in told


def test_trials_that_start_again_in_every_block_go_on(tmp_path, capsys):
    path = tmp_path / "t.csv"
    number = PLAIN["trial"].astype(int)
    cells = PLAIN.assign(trial=(number % 20 + 1).astype(str)).drop(columns="session")
    cells.to_csv(path, index=False)
    table, told = read([str(path)])
    assert table["trial"].tolist() == [*range(40), *range(40)]
    assert pf.stay_probability(table).mean().round(3).tolist() == list(BASE[1])
    assert "`trial` starts again once for each subject: taken for blocks, and numbered on." in told[-1]
    twice = pd.concat([PLAIN, PLAIN[:40].assign(subject="s2")])  # two people called s2
    twice.drop(columns="session").to_csv(path, index=False)
    told = refusal([str(path), "--out", str(tmp_path / "out")], capsys)
    assert "numbers that start again for subject s2 and not for all. Are two people called alike?" in told


def test_points_are_cut_where_it_is_said(tmp_path):
    path = tmp_path / "t.csv"
    points = PLAIN["reward"].map({"0": "-2,5", "1": "3"})
    PLAIN[["subject", "trial", "choice", "state"]].assign(points=points).to_csv(path, index=False, sep=";")
    with pytest.raises(UserError, match=r"`points` must be 0 or 1, true or false, got 3 in row 0"):
        pf.read_trials(path)
    table, _ = read([str(path), "--reward-above", "0"])
    assert pf.overview(table).startswith(BASE[0])
    assert "reward    points: 1 above 0, else 0" in str(pf.understand(path, columns=pf.Columns(reward_above=0.0)))


@pytest.mark.parametrize(
    "form", ["bom", "crlf", "cr", "quoted", "semicolons", "decimal commas", "interleaved", "2 and 3"]
)
def test_the_same_study_however_it_was_saved(form, tmp_path):
    path = study(tmp_path)
    right = read([str(path), *SAID])[0]
    cells = pd.read_csv(path, dtype=str)
    if form == "decimal commas":
        cells["latency"] = "552,0"
    if form == "2 and 3":
        cells["world"] = cells["world"].replace({"red": "2", "blue": "3"})
    if form == "interleaved":
        cells = cells.sort_values("trial_number", key=lambda column: column.astype(int), kind="stable")
    how = {"semicolons": {"sep": ";"}, "decimal commas": {"sep": ";"}, "quoted": {"quoting": 1}}.get(form, {})
    text = cells.to_csv(index=False, **how)
    ends = {"crlf": "\r\n", "cr": "\r"}.get(form, "\n")
    path.write_bytes(("\ufeff" * (form == "bom") + text.replace("\n", ends)).encode())
    pd.testing.assert_frame_equal(read([str(path), *SAID])[0], right)


@pytest.mark.parametrize("void", ["#N/A", "NA", "n/a", "NaN", "NULL", ""])
def test_nothing_is_nothing_in_every_program(void, tmp_path):
    path = study(tmp_path)
    right = read([str(path), *SAID])[0]
    path.write_text(path.read_text().replace("-1", void))
    pd.testing.assert_frame_equal(read([str(path), *SAID])[0], right)


def test_the_mapping_is_told_by_everybody_or_said(tmp_path, capsys):
    """Of two short sessions of one task one is tied, so that its counts do not tell; those of both do."""
    path = tmp_path / "short.csv"
    rows = [("a", "X", "X"), ("a", "Y", "Y"), ("a", "X", "X"), ("a", "Y", "X")]
    rows += [("b", "X", "Y"), ("b", "Y", "Y"), ("b", "X", "X"), ("b", "Y", "X")]
    table = pd.DataFrame(rows, columns=["subject", "choice", "state"]).assign(reward=[0, 1] * 4)
    table.to_csv(path, index=False)
    told = refusal([str(path), "--out", str(tmp_path / "out")], capsys)
    assert (
        "got a tie for subject b. Say which transitions were common: by a column, common=COLUMN; --mapping all" in told
    )
    right = (table["choice"] == table["state"]).astype(int).tolist()
    assert read([str(path), "--mapping", "all"])[0]["common"].tolist() == right
    assert read([str(path), "--mapping", "values"])[0]["common"].tolist() == right
    swapped, _ = read([str(path), "--mapping", "values", "--values", "state=Y,X"])
    assert swapped["common"].tolist() == [1 - common for common in right]
    assert (
        run("table", path, "--mapping", "all", "--out", tmp_path / "clean.csv")[0].count("of all subjects together")
        == 1
    )
    assert pf.read_trials(path)["common"].tolist() == right  # it was kept


def test_a_description_that_cannot_be_read_is_not_passed_over(tmp_path):
    path = study(tmp_path)
    (tmp_path / "study.columns.toml").write_bytes(b"choice = '\xff'")
    with pytest.raises(UserError, match=r"study\.columns\.toml"):
        pf.read_trials(path)


def test_a_number_that_means_none_is_told_how_to_say_so(tmp_path, capsys):
    path = tmp_path / "numbers.csv"
    pd.DataFrame({"subject": "a", "choice": [1, 2, -1, 2], "state": [1, 2, -1, 1], "reward": [0, 1, -1, 1]}).to_csv(
        path
    )
    told = refusal([str(path), "--out", str(tmp_path / "out")], capsys)
    assert "got -1 in row 2. Say what stands for 0 and for 1, or, where -1 means none, say so: --missing -1." in told
    assert read([str(path), "--void", "-1"])[0]["missed"].tolist() == [0, 0, 1, 0]


# The commands that come with it


def test_any_file_becomes_one_plain_table(tmp_path, capsys):
    path = study(tmp_path)
    said, _ = run("table", path, *SAID, "--out", tmp_path / "clean.csv")
    assert said.splitlines()[-1] == f"Trials: {tmp_path / 'clean.csv'}, 80 in all"
    assert "  choice    key: left is 0; right is 1" in said.splitlines()
    assert run("table", f"people={tmp_path}/stud*.csv", *SAID, "--out", tmp_path / "2.csv")[0].endswith("80 in all\n")
    clean = pf.read_table(tmp_path / "clean.csv")
    pd.testing.assert_frame_equal(clean, pf.read_trials(path))
    for arguments, message in (
        ([str(path), "--out", str(tmp_path / "clean.csv")], "`out` must be new, got "),
        ([], "`table` must follow `table`, got nothing."),
    ):
        with pytest.raises(SystemExit):
            cli.main(["table", *arguments])
        assert message in capsys.readouterr().err


def test_an_example_comes_with_the_package(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said, _ = run("example", "people.csv")
    assert said == "Trials: people.csv. Look at them, then try: prefrontal analyse people.csv\n"
    table, told = read(["people.csv"])
    raw = pd.read_csv("people.csv")
    assert told == []
    assert pf.overview(table) == (
        f"12 subjects, 1,440 trials, {raw['choice'].isna().sum()} missed (2 %), common 81 %, "
        f"rewarded {100 * raw['reward'].mean():.0f} %, 1 session each, median rt .62 s"
    )
    assert cli_refusal(capsys, "example", "people.csv").startswith("`file` must be new, got people.csv")
    assert cli_refusal(capsys, "example").startswith("`file` must follow `example` alone, got nothing.")
    with pytest.raises(SystemExit) as end:
        run("example", "--help")
    assert end.value.code == 0


def cli_refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as end:
        cli.main(list(arguments))
    assert end.value.code == 2
    return capsys.readouterr().err


@pytest.mark.thorough
def test_recovery_may_be_of_as_many_as_a_study_has(tmp_path, capsys):
    path = study(tmp_path)
    options = ["--num-starts", "2", "--num-subjects", "3", "--out", str(tmp_path / "out")]
    said, _ = run("recover", "biased-random", "--like", path, *SAID, *options)
    assert said.startswith("2 subjects, 80 trials, 2 missed (2 %)")
    record = json.loads((tmp_path / "out" / "recovery.json").read_text())["options"]
    assert (record["num_subjects"], record["num_sessions"], record["task"]["num_trials"]) == (3, 1, 40)
    told = cli_refusal(capsys, "recover", "hybrid", "--form", "daw", "--like", str(path), "--out", str(tmp_path / "o"))
    assert "`form` must be as in the study, got a study without second-stage choices." in told
    told = cli_refusal(capsys, "recover", "hybrid", "--subject", "ppt", "--out", str(tmp_path / "o"))
    assert told.startswith("`like` must name a file of trials")
