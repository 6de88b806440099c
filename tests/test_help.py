"""Every page of help is read at 80 columns, tells a command's own options first, and says what to give in words."""

import contextlib
import io
import re

import pytest

from prefrontal import cli
from prefrontal.commands import COMMANDS
from prefrontal.commands.help import Section, field_texts, options_of, page, paragraphs
from prefrontal.configs import InterventionConfig, RecurrentConfig
from prefrontal.experiments import EXPERIMENTS

NAME = "wang2018-two-step"
OF_EXPERIMENTS = ("train", "evaluate", "reproduce", "figure", "bench", "intervene")
SCREEN = 42
"""Lines that a command may take to tell what it alone can do: a screen, or just so."""
SHARED = ("reading options:", "task options:", "agent options:", "train options:", "test options:")
"""What several commands take: told below a command's own options."""
PAGES = [[command] for command in COMMANDS] + [[command, NAME] for command in OF_EXPERIMENTS]
PAGES += [["animate", NAME], ["simulate", "hybrid"], ["recover", "hybrid", "--form", "daw"], []]


@pytest.fixture(autouse=True)
def _eighty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


def told(*arguments: str) -> str:
    with contextlib.redirect_stdout(io.StringIO()) as printed, contextlib.suppress(SystemExit):
        cli.main([*arguments, "--help"])
    return printed.getvalue()


@pytest.mark.parametrize("arguments", PAGES, ids=" ".join)
def test_a_page_fits_a_screen_and_says_what_to_give_in_words(arguments: list[str]) -> None:
    text = told(*arguments)
    lines = text.splitlines()
    assert max(map(len, lines)) <= 80
    assert not [line for line in lines if line != line.rstrip()]
    own = next((place for place, line in enumerate(lines) if line in SHARED), len(lines))
    assert own <= SCREEN or arguments[:1] == ["intervene"]
    assert own <= 52  # it has the most to say for itself
    assert not re.search(r"\{None\}|\b(STR|INT|FLOAT)\b|\(default: (None)?\)|\[\.\.\.\]| X --help", text)


@pytest.mark.parametrize("command", ["evaluate", "figure", "intervene", "bench"])
def test_what_does_not_train_tells_of_no_training(command: str) -> None:
    for text in (told(command), told(command, NAME)):
        assert not re.search(r"--(train|task|agent)\.|--(plot|snapshot)-every|--sweep|--dry-run", text)
        assert f"prefrontal train {NAME} --help" in " ".join(text.split())


@pytest.mark.parametrize("command", ["train", "reproduce"])
@pytest.mark.parametrize("name", ["", NAME])
def test_sweeps_are_found_in_the_help_of_who_takes_them(command: str, name: str) -> None:
    text = " ".join(told(command, *[name] * bool(name)).split())
    assert "--sweep OPTION VALUE ..." in text
    assert "Twice: every combination." in text
    assert ("sweep-HASH.csv" in text) == (command == "reproduce")


def test_bench_tells_of_what_it_takes_alone() -> None:
    assert re.findall(r"^  --(\S+)", told("bench", NAME), re.MULTILINE) == ["seeds", "full", "out", "config", "quiet"]


def test_lines_are_as_wide_as_the_terminal_but_no_wider_than_eyes_like(monkeypatch: pytest.MonkeyPatch) -> None:
    for columns, widest in (("60", 60), ("95", 95), ("300", 100)):
        monkeypatch.setenv("COLUMNS", columns)
        longest = max(map(len, told("intervene", NAME).splitlines()))
        assert widest - 12 <= longest <= widest


def test_texts_of_fields_come_from_their_docstrings() -> None:
    texts = field_texts(InterventionConfig)
    assert texts["silence"] == "Units held at zero, by number."
    assert texts.keys() == set(InterventionConfig.__dataclass_fields__)


def test_defaults_are_told_where_there_are_any() -> None:
    (_, section) = options_of(RecurrentConfig, RecurrentConfig(hidden_size=7), prefix="agent.")
    entries = {entry.name.split()[0]: entry for entry in section.entries}
    assert entries["--agent.hidden-size"].text == "Recurrent units. (default: 7)"
    assert "--[no-]agent.head-bias" in entries


def test_paragraphs_keep_what_is_set_in() -> None:
    assert paragraphs("One\nline.\n\nAnother:\n  kept   so\nand on") == [
        "One line.",
        "",
        "Another:",
        "  kept   so",
        "and on",
    ]
    assert page(["do THIS"], "It does.", [Section("options", ())]) == "usage: prefrontal do THIS\n\nIt does.\n"


def test_help_is_there_of_every_experiment() -> None:
    for name in EXPERIMENTS:
        assert told("figure", name).startswith(f"usage: prefrontal figure {name} [OPTIONS]\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["fit", "x.csv", "--modles", "hybrid"],
            "must be one of `prefrontal fit`, got --modles. Did you mean --models?",
        ),
        (["fit", "x.csv", "--num_start=3"], "got --num-start. Did you mean --num-starts? Try `prefrontal fit --help`."),
        (["fit", "x.csv", "--seed", "a"], "`--seed` must be a whole number, got a. Try `prefrontal fit --help`."),
        (["fit", "x.csv", "--seed"], "`--seed` must be a whole number, got nothing."),
        (["fit", "x.csv", "--method", "mpa"], "`--method` must be one of mle, map, em, hierarchical, got mpa."),
        (["train", NAME, "--seeds", "1", "x"], "`--seeds` must be whole numbers, got 1 x."),
        (
            ["train", NAME, "more"],
            f"must be options of `prefrontal train {NAME}` and their values, got more.",
        ),
        (["train", NAME, "--trian.discount=.9"], "got --trian.discount. Did you mean --train.discount?"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_options_are_refused_in_a_sentence(arguments: list[str], said: str) -> None:
    with contextlib.redirect_stderr(io.StringIO()) as printed, pytest.raises(SystemExit, match=r"^2$"):
        cli.main(arguments)
    (line,) = printed.getvalue().splitlines()
    assert said in line
