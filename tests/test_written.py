"""What commands write: never over what they read, and nothing of anybody's unasked."""

import os
from pathlib import Path

import pytest
from test_mistakes import contents, refused
from test_pooled import people, written

from prefrontal import cli
from prefrontal.runs.shipped import shipped_folder


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    people(tmp_path / "people.csv")
    (tmp_path / "link.csv").symlink_to("people.csv")
    os.link("people.csv", "hard.csv")
    (tmp_path / "folder").mkdir()
    os.link("people.csv", "folder/stay.csv")
    os.link("people.csv", "folder/subjects.csv")
    return tmp_path


@pytest.mark.parametrize(
    ("command", "got"),
    [
        ("table people.csv --out people.csv", "people.csv, which is one"),
        ("table people.csv --out ./link.csv", "link.csv, which is people.csv"),
        ("table people.csv --out hard.csv", "hard.csv, which is people.csv"),
        ("table link.csv --out people.csv", "people.csv, which is link.csv"),
        ("table p*.csv --out people.csv", "people.csv, which is one"),
        ("table all=people.csv --out people.csv", "people.csv, which is one"),
        ("analyse people.csv --out folder", "folder/stay.csv, which is people.csv"),
        ("recover hybrid --like people.csv --out folder", "folder/subjects.csv, which is people.csv"),
        ("play export people.csv --out people.csv", "people.csv, which is one"),
        ("play export people.csv --out link.csv --format sessions", "link.csv, which is people.csv"),
    ],
)
def test_a_file_that_is_read_is_never_written(command: str, got: str, here: Path) -> None:
    before = contents(here)
    assert refused(*command.split(), "--overwrite") == (
        f"`out` must not be a file that is read, got {got}. Give another --out."
    )
    assert contents(here) == before


def test_fitted_networks_and_runs_are_never_written(here: Path) -> None:
    weights = next(iter(sorted(shipped_folder("wang2018-two-step").rglob("*.safetensors"))))
    (here / "network.safetensors").write_bytes(weights.read_bytes())
    told = refused("simulate", "network.safetensors", "--out", "network.safetensors", "--overwrite")
    assert told.startswith("`out` must not be a file that is read, got network.safetensors")


@pytest.mark.parametrize("overwrite", [[], ["--overwrite"]])
@pytest.mark.parametrize(
    "command",
    ["table people.csv", "simulate hybrid", "report x", "animate wang2018-two-step", "play export people.csv"],
)
def test_a_file_cannot_take_the_place_of_a_folder(command: str, overwrite: list[str], here: Path) -> None:
    (here / "folder.gif").mkdir()
    out = "folder.gif" if "animate" in command else "folder"
    told = refused(*command.split(), "--out", out, *overwrite)
    assert told == f"`out` must be a file, got a folder, {out}. Give another --out."
    assert refused("example", "folder") == "`file` must be a file, got a folder, folder. Give another name."
    assert refused("import-tf1", "x", "--out", "folder").startswith("`--out` must be a file, got a folder, folder.")


def test_an_example_that_is_there_is_given_another_name() -> None:
    assert refused("example", "people.csv") == "`file` must be new, got people.csv, which is there. Give another name."


@pytest.mark.parametrize("command", ["table", "simulate hybrid", "report", "animate", "play export"])
def test_help_says_that_whatever_is_there_is_replaced(command: str, capsys) -> None:
    with pytest.raises(SystemExit):
        cli.main([*command.split(), "--help"])
    assert ", whatever " in " ".join(capsys.readouterr().out.split()).partition("--overwrite ")[2]


def test_what_is_asked_for_is_replaced(here: Path, capsys) -> None:
    cli.main(["table", "people.csv", "--out", "clean.csv"])
    (here / "thesis.txt").write_text("my thesis")
    assert "`out` must be new, got thesis.txt" in refused("table", "people.csv", "--out", "thesis.txt")
    cli.main(["table", "people.csv", "--out", "thesis.txt", "--overwrite"])
    assert (here / "thesis.txt").read_bytes() == (here / "clean.csv").read_bytes()


def test_a_recovery_that_is_refused_leaves_no_folder(here: Path) -> None:
    told = refused("recover", "hybrid", "--parameters", "wieght=.5")
    assert "got wieght. Did you mean weight?" in told
    written(here, "both")
    refused("recover", "hybrid", "--num-subjects", "2", "--num-trials", "5", "--parameters", "weight=7")
    assert not (here / "recovery").exists()
