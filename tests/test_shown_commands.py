"""Every command that a page shows is read by the command line as it stands there: its options and their values."""

import re
import tomllib

import pytest
from shown_blocks import PAGES, ROOT, Line, blocks, commands, fenced, name_of, shell_lines

from prefrontal import cli
from prefrontal.commands import COMMANDS, bench, experiment, intervene, options
from prefrontal.experiments import find_experiment
from prefrontal.runs.folder import RunFolder

SHOWN = list({tuple(line.words()): line for line in commands()}.values())
WITHOUT_OPTIONS = ("list", "example")
"""Quick commands that take no options: they are run."""
OTHERS = ("make", "pip", "source", "tensorboard", "ray", ".venv/bin/pip")
"""Programs beside ours that pages show at work: who has them knows whether they work."""
LIKE_CODE = re.compile(r"(\w+ = )?(pf|jax|jnp|np|pd)\.|import |from \w+ import |print\(")
RUNS = {"RUN": "forgetful"}
"""What stands in the place of words that people are to replace."""


class Read(Exception):
    """The command line has been read."""


def reading(function):
    """`function`, after which the command ends."""

    def read(*arguments, **named):
        function(*arguments, **named)
        raise Read

    return read


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A folder with the runs, fits and the file of settings that pages speak of, none of them trained."""
    folder, one = tmp_path_factory.mktemp("shown"), find_experiment("wang2018-two-step")
    named = {word for line in SHOWN for word in line.words() if re.fullmatch(r"runs/[\w-]+/[\w-]+", word)}
    for place in named | {"runs/wang2018-two-step/1a2b3c4d"}:
        RunFolder.open(folder / place, one.name, one.config.training)
    (folder / "fit" / "agents" / "gru-2").mkdir(parents=True)
    (settings,) = blocks("docs/runs.md", "toml")
    (folder / "mine.toml").write_text(settings)
    return folder


@pytest.fixture
def nothing_done(monkeypatch, runs):
    """In a folder with runs, commands end when their options are read."""
    monkeypatch.chdir(runs)
    parse = options.parse
    for module in (experiment, intervene, bench):
        monkeypatch.setattr(module, "parse", reading(parse))
    monkeypatch.setattr(experiment, "sweep_settings", reading(experiment.sweep_settings))
    return monkeypatch


def read(line: Line, patch: pytest.MonkeyPatch) -> None:
    """Have the command line read what a page shows; nothing is done."""
    program, command, *words = [RUNS.get(word, word) for word in line.words()]
    assert program == "prefrontal"
    assert command in COMMANDS
    if "--sweep" in words:
        patch.setattr(experiment, "parse", options.parse)
    if COMMANDS[command].module not in ("experiment", "intervene", "bench"):
        patch.setattr(options.tyro, "cli", reading(options.tyro.cli))
    if command in WITHOUT_OPTIONS:
        cli.main([command, *words])
    else:
        with pytest.raises((Read, SystemExit) if "--help" in words else Read):
            cli.main([command, *words])


@pytest.mark.parametrize("line", SHOWN, ids=lambda line: f"{line.page}: {line.text}"[:100])
def test_a_command_is_read_as_it_stands_there(line, nothing_done):
    read(line, nothing_done)


def test_a_wrong_one_is_noticed(nothing_done):
    """So that the test before this one can fail."""
    for wrong in ("prefrontal train wang2018-two-step --train.discuont .8", "prefrontal fit x.csv --num-starts many"):
        with pytest.raises(SystemExit):
            read(Line("nowhere", wrong), nothing_done)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_no_block_is_of_a_kind_that_no_test_looks_at(page):
    """Python runs (test_shown_python.py), settings are read, commands are (above); the rest is what programs print."""
    assert {language for language, _ in fenced(page)} <= {"", "python", "toml"}
    for _, text in (block for block in fenced(page) if block[0] == "toml"):
        assert tomllib.loads(text)
    targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    for line in shell_lines(page):
        assert not LIKE_CODE.match(line.text), f"{line}: put it between fences, as python."
        if line.text.startswith("make "):
            assert line.words()[1] in targets, line
        if line.text.startswith(OTHERS):
            assert "prefrontal " not in line.text.partition("#")[0] or "ray exec" in line.text, line


def test_scripts_that_pages_name_are_there():
    for page in PAGES:
        for path in re.findall(r"\bpython ((?:scripts|benchmarks)/[\w/.]+\.py)", page.read_text(encoding="utf-8")):
            assert (ROOT / path).exists(), f"{page}: {path}"
