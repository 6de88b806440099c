"""Each refusal says what to do, in one sentence or two; what is misspelt is told with what was meant."""

from pathlib import Path

import pandas as pd
import pytest
from test_mistakes import refused
from test_pooled import people

import prefrontal as pf
from prefrontal import cli
from prefrontal.errors import UserError, did_you_mean


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    people(tmp_path / "people.csv")
    return tmp_path


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("animate wang2018-two-step", "`--out` must be given, got none. Try `prefrontal animate wang2018-two-step --h"),
        ("play export", "`FILE|URL` must be given, got nothing. Try `prefrontal play export --help`."),
        ("play export people.csv", "`--out` must be given, got none. Try `prefrontal play export --help`."),
        ("compare a", "`RUN RUN` must be given, got a. Try `prefrontal compare --help`."),
        ("table people.csv --rt-unit min", "`--rt-unit` must be one of s, ms, got min. Try"),
        (
            "analyse people.csv --mapping nonsense",
            "`--mapping` must be one of subject, all, values, got nonsense. Try",
        ),
        ("table people.csv --format hbayesdn", "got hbayesdn. Did you mean hbayesdm? Try `prefrontal table --help`."),
        ("table people.csv --columns choise=resp", "got choise. Did you mean choice?"),
        ("table people.csv --values choise=a,b", "got 'choise'. Did you mean choice?"),
        ("table people.csv --columns choice", "must be written NAME=COLUMN, as in choice=resp, got choice."),
        ("table people.csv --rows trial", "must be written COLUMN=VALUE, as in screen=choice, got trial."),
        ("table people.csv --values choice", "must be written NAME=ZERO,ONE, as in choice=left,right, got choice."),
        ("simulate hybird", "got hybird. Did you mean hybrid?"),
        ("recover hybrid hybird", "got hybird. Did you mean hybrid?"),
        ("simulate hybrid --form wnag", "must be one of wang, daw, akam, miller, got wnag. Did you mean wang?"),
        ("simulate hybrid --parameters wieght=.5", "got wieght. Did you mean weight?"),
        ("train wang2018-two-step --recipe robst", "got 'robst'. Did you mean robust?"),
        ("train wang2018-two-step --seeds 1 1", "`seeds` must name each seed once, got 1 twice. Leave one out."),
        (
            "evaluate wang2018-two-step --pretrained --seeds 99",
            "`seeds` must be of the networks of wang2018-two-step that come with the package, 0, 1, 2, 3, 4, 5, 6, 7, "
            "got 99. Leave it out, or train your own: prefrontal train wang2018-two-step",
        ),
        ("analyse people.csv --num-lags 200", "of which people has 40 at most, got 200. Look fewer trials back."),
        ("table nofile.csv", "`file` must be a file that can be read, got nofile.csv (No such file or directory). Che"),
        ("help frobnicate", "`command` must be one of list, "),
    ],
)
def test_it_is_said_what_to_do(command: str, told: str) -> None:
    assert told in refused(*command.split())


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("experiments = ['wang2018-two-step']\nsedes = 1\n", "test, got sedes. Did you mean seeds?"),
        ("experiments = ['wang2018-two-step']\nseeds = [3, 3]\n", "`seeds` must name each seed once, got 3 twice."),
        (
            "experiments = ['wang2018-two-step']\nseeds = 1\n[train]\nnum_episods = 3\n",
            "got num_episods. Did you mean num_episodes?",
        ),
    ],
)
def test_a_misspelt_name_in_a_sweep_is_told(text: str, told: str) -> None:
    Path("a.toml").write_text(text)
    assert told in refused("sweep", "a.toml", "--plan")
    assert refused("sweep", "a.toml", "--plan", "--table") == (
        "`--plan` must go without --table, got both. Leave one of them out."
    )


def changed(row: int | None = None, **columns: object) -> None:
    """people.csv with a value in a row, or the whole column, replaced."""
    frame = pd.read_csv("people.csv").astype(object).assign(rt=0.5)
    for name, value in columns.items():
        if row is None:
            frame[name] = value(frame[name]) if callable(value) else value
        else:
            frame.loc[row, name] = value
    frame.to_csv("people.csv", index=False)


def told_of_the_table() -> str:
    return refused("table", "people.csv", "--out", "clean.csv")


@pytest.mark.parametrize(
    ("columns", "row", "told"),
    [
        (
            {"reward": lambda cells: 37 * cells},
            None,
            "Say what stands for 0 and for 1: --values reward=0,37; or above how many points is a reward: "
            "--reward-above 0",
        ),
        ({"reward": lambda cells: cells.index % 9}, None, "or above how many points is a reward: --reward-above 0"),
        ({"common": "maybe"}, 3, "got maybe in row 3. Say what stands for 0 and for 1."),
        ({"rt": -3}, 7, "Where it means none, say so: --missing rt=-3.0; or leave the times out: --columns rt="),
        ({"choice": lambda cells: cells.map({0: "left", 1: "right"})}, None, ""),
        ({"choice": 7}, 7, "or, where 7 means none, say so: --missing 7."),
    ],
)
def test_a_value_that_is_none_is_told_with_the_option_for_it(columns, row, told) -> None:
    if "common" in columns:
        changed(common=1)
    changed(row, **columns)
    if told:
        assert told in told_of_the_table()
        return
    changed(7, choice="middle")
    assert (
        "got a third, middle, in row 7. Where middle means none, say so: --missing middle; or say which rows are "
        "trials: --rows" in told_of_the_table()
    )


def test_scripts_are_told_of_arguments() -> None:
    changed(None, reward=lambda cells: 37 * cells)
    with pytest.raises(UserError, match=r"values=\{\"reward\": \('0', '37'\)\}; or above .*`reward_above` 0"):
        pf.read_trials("people.csv")


@pytest.mark.parametrize(("mark", "name"), [("|", "|"), (" ", "spaces"), (":", ":")])
def test_other_separators_are_told(mark: str, name: str) -> None:
    Path("people.csv").write_text(Path("people.csv").read_text().replace(",", mark))
    assert told_of_the_table() == (
        f"people.csv: `columns` must be separated by commas, semicolons or tabs, got {name} between them, as it seems. "
        "Save the table as CSV."
    )


def test_a_row_of_too_few_or_too_many_cells_is_found_in_a_spreadsheet() -> None:
    lines = Path("people.csv").read_text().splitlines()
    for cut, above, words in (
        (lines[4].rpartition(",")[0], "", "got 3 in row 6 (the heading is row 1). Fill in what is missing there,"),
        (lines[4] + ",5", "", "got 5 in row 6 (the heading is row 1). Put texts with a separator in quotes,"),
        (lines[4] + ",5", "sep=,\n", "got 5 in row 7 (the heading is row 2). Put texts with a separator in quotes,"),
    ):
        Path("wrong.csv").write_text(above + "\n".join([*lines[:2], "", *lines[2:4], cut, *lines[5:]]))
        assert words in refused("table", "wrong.csv", "--out", "clean.csv")


@pytest.mark.parametrize("text", ["", "\n\n"])
def test_an_empty_file_is_called_one(text: str) -> None:
    Path("people.csv").write_text(text)
    assert told_of_the_table() == (
        "`file` must be a table of text, got people.csv (it is empty). Is it the right file?"
    )


def test_help_may_stand_before_the_command(capsys) -> None:
    for words in (["help", "analyse"], ["analyse", "--help"]):
        with pytest.raises(SystemExit, match=r"^0$"):
            cli.main(words)
    first, second = capsys.readouterr().out.split("usage: ")[1:]
    assert first == second


def test_what_is_far_from_everything_is_not_guessed() -> None:
    assert did_you_mean("xyz", ["hybrid", "forgetting"]) == ""
    assert did_you_mean("xyz", ["hybrid"], always=True) == "Did you mean hybrid?"


def test_a_report_that_is_small_is_told_in_kilobytes(capsys, monkeypatch) -> None:
    from prefrontal.commands.report import run as report
    from prefrontal.reports import page

    monkeypatch.setattr(report, "_folder", lambda name: Path("people.csv").parent / "run")
    monkeypatch.setattr(report, "part_of", lambda path: None)
    monkeypatch.setattr(page, "render", lambda parts, compared: "x" * 12_345)
    cli.main(["report", "run", "--out", "page.html"])
    assert "Written: page.html (12 kB). Open it in any browser." in capsys.readouterr().out
