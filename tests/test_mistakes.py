"""Every mistake at the command line gets a sentence and exit code 2, and costs nothing."""

import contextlib
import io
import os
import shutil
import signal
import subprocess
import sys
import warnings
from pathlib import Path

import jax
import pytest

import prefrontal as pf
from prefrontal import cli
from prefrontal.commands import COMMANDS
from prefrontal.errors import Notice, UserError
from prefrontal.experiments import EXPERIMENTS
from prefrontal.runs.files import read_arrays, write_arrays
from prefrontal.runs.folder import RunFolder

NAME = "wang2018-two-step"
WORDS = ", ".join(COMMANDS)
NAMES = ", ".join(EXPERIMENTS)
TASK = ["--task.num-trials", "10", "--task.encoding", "trial", "--train.num-episodes", "100", "--train.unroll", "None"]
TINY = [*TASK, "--agent.hidden-size", "4", "--seeds", "0", "--test.num-episodes", "5"]
LARGER = [*TASK, "--agent.hidden-size", "6", "--seeds", "0"]


def prefrontal(*arguments: str | Path) -> None:
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        cli.main(list(map(str, arguments)))


def refused(*arguments: str | Path) -> str:
    """The one line that the command tells of a mistake."""
    told = io.StringIO()
    with contextlib.redirect_stderr(told), pytest.raises(SystemExit) as end:
        cli.main(list(map(str, arguments)))
    assert end.value.code == 2
    message, newline, rest = told.getvalue().partition("\n")
    assert (newline, rest) == ("\n", "")
    return message


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained")
    prefrontal("train", NAME, *TINY, "--out", folder / "run")
    prefrontal("train", NAME, *LARGER, "--out", folder / "larger")
    return folder


@pytest.fixture
def run(trained: Path, tmp_path: Path) -> Path:
    """A copy of a trained run, to be damaged."""
    return Path(shutil.copytree(trained / "run", tmp_path / "run"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["trian", NAME],
            f"`command` must be one of {WORDS}, got trian. Did you mean train? Try `prefrontal --help`.",
        ),
        (["--seeds", "1"], f"`command` must be one of {WORDS}, got --seeds. "),
        (["train"], f"`experiment` must follow `train`, got nothing. There are: {NAME}"),
        (["figure", "--out", "x"], f"`experiment` must follow `figure`, got --out. There are: {NAME}"),
        (["train", "wang2018-two"], f"`experiment` must be one of {NAMES}, got wang2018-two. Did you mean {NAME}?"),
    ],
)
def test_a_wrong_word_is_told_with_what_there_is(arguments: list[str], message: str) -> None:
    assert message.rstrip(".") in refused(*arguments)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--task.common-probability", "1.5"], "`common_probability` must be a probability from 0 to 1, got 1.5."),
        (
            ["--task.reversal-probability", "-0.1"],
            "`reversal_probability` must be a probability from 0 to 1, got -0.1.",
        ),
        (
            ["--task.better-reward-probability", "nan"],
            "`better_reward_probability` must be a probability from 0 to 1, got",
        ),
        (["--train.discount", "1.01"], "`discount` must be a probability from 0 to 1, got 1.01."),
        (["--task.num-trials", "0"], "`num_trials` must be a whole number of at least 1, got 0."),
        (["--train.num-episodes", "-3"], "`num_episodes` must be a whole number of at least 1, got -3."),
        (["--test.num-episodes", "0"], "`num_episodes` must be a whole number of at least 1, got 0."),
        (["--agent.hidden-size", "0"], "`hidden_size` must be a whole number of at least 1, got 0."),
        (["--train.unroll", "0"], "`unroll` must be a whole number of at least 1, got 0."),
        (["--train.unroll", "7"], "`unroll` must divide the 10 steps of an episode, got 7. Near it are 2, 5, 10."),
        (["--train.learning-rate", "nan"], "`learning_rate` must be at least 0, got nan."),
        (["--train.learning-rate", "inf"], "learning_rate` must be a finite number, got inf."),
        (["--train.max-gradient-norm", "0"], "`max_gradient_norm` must be above 0, got 0.0."),
        (["--train.rms-epsilon", "nan"], "`rms_epsilon` must be above 0, got nan."),
        (["--train.final-entropy-cost", "-1"], "`final_entropy_cost` must be at least 0, got -1.0."),
        (["--task.invalid-reward", "nan"], "invalid_reward` must be a finite number, got nan."),
        (["--agent.forget-bias", "inf"], "forget_bias` must be a finite number, got inf."),
        (["--seeds"], "`seeds` must be at least one seed, got none. Leave the option out for the preset's."),
        (["--seeds", "0", "-1"], "`seeds` must be a whole number from 0 to 4294967295, got -1."),
        (["--seeds", "4294967296"], "`seeds` must be a whole number from 0 to 4294967295, got 4294967296."),
        (["--test.seed", "-1"], "`test.seed` must be a whole number from 0 to 4294967295, got -1."),
    ],
)
def test_a_wrong_number_is_told_and_nothing_is_written(options: list[str], message: str, tmp_path: Path) -> None:
    assert message in refused("train", NAME, *TINY, *options, "--out", tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    "options",
    [
        ["--seeds", "1.5"],
        ["--seeds", "one"],
        ["--task.num-trials", "ten"],
        ["--train.learning-rate"],
        ["--train.optimiser", "sgd"],
        ["--task.num-trails", "10"],
        ["stray"],
    ],
)
def test_what_cannot_be_read_is_told_and_nothing_is_written(options: list[str], tmp_path: Path, capsys) -> None:
    with pytest.raises(SystemExit) as end:
        cli.main(["train", NAME, *TINY, "--out", str(tmp_path / "run"), *options])
    assert end.value.code == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert (options[-1] if len(options) == 1 else options[0]).lstrip("-") in told.err
    assert f"prefrontal train {NAME} --help" in told.err
    assert "Traceback" not in told.err
    assert not (tmp_path / "run").exists()


@pytest.mark.thorough
@pytest.mark.parametrize("command", ["reproduce", "train", "evaluate"])
def test_a_run_of_another_config_is_refused_with_both_ways_out(run: Path, command: str) -> None:
    before = contents(run)
    told = refused(command, NAME, *TINY, "--train.discount", "0.8", "--out", run)
    assert told == (
        f"`{run}` must hold the same experiment and config, got another: `train.discount` is 0.9 there, 0.8 asked for. "
        "Give another --out, or move or delete that folder yourself (prefrontal never deletes a run). With its own "
        "settings it is meant where its folder stands in the place of the experiment."
    )
    assert contents(run) == before


@pytest.mark.parametrize("command", ["reproduce", "train"])
def test_a_file_in_place_of_the_run_is_refused_and_kept(command: str, tmp_path: Path) -> None:
    (tmp_path / "thesis").write_text("mine")
    for out in (tmp_path / "thesis", tmp_path / "thesis" / "run"):
        told = refused(command, NAME, *TINY, "--out", out)
        assert told.startswith(f"`{out}` must be a folder or a place where one can be made, got: ")
    assert (tmp_path / "thesis").read_text() == "mine"


def test_evaluating_what_is_not_trained_is_refused_and_makes_nothing(run: Path, tmp_path: Path) -> None:
    told = refused("evaluate", NAME, *TINY, "--out", tmp_path / "none")
    assert (
        told == f"`{tmp_path / 'none'}` must be a run to test, got none there. Train it first, with the same options."
    )
    assert not (tmp_path / "none").exists()
    told = refused("evaluate", NAME, *TINY, "--seeds", "0", "5", "--out", run)
    assert told.startswith(f"`{run}/seed-005/weights.safetensors` must be there, got a seed not trained to its end.")
    assert not (run / "results.json").exists()


def test_a_figure_of_what_is_not_there_is_refused(run: Path, tmp_path: Path) -> None:
    told = refused("figure", NAME, "--out", tmp_path / "none")
    assert told.startswith(f"`{tmp_path / 'none' / 'results.json'}` must be there, got a run not evaluated yet.")
    told = refused("figure", NAME, *TINY, "--out", run)
    assert told == f"`{run / 'results.json'}` must be there, got a run not evaluated yet. Evaluate it first."


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-50] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("damage", [truncate, flip, Path.unlink])
def test_damaged_weights_are_named_with_what_to_do_and_nothing_is_lost(run: Path, damage) -> None:
    weights = run / "seed-000" / "weights.safetensors"
    (run / "results.json").write_text("{}")
    damage(weights)
    before = contents(run)
    told = refused("evaluate", NAME, *TINY, "--out", run)
    assert told.startswith(f"`{weights}` must be a ")
    train = f"prefrontal train {weights.parents[1]} --seeds 0"
    assert f"Without a copy, move `{weights.parent}` away and train again: `{train}" in told
    assert contents(run) == before


def test_weights_of_another_network_are_refused(run: Path, trained: Path) -> None:
    weights = run / "seed-000" / "weights.safetensors"
    shutil.copy(trained / "larger" / "seed-000" / "weights.safetensors", weights)
    told = refused("evaluate", NAME, *TINY, "--out", run)
    assert told.startswith(f"`{weights}` must be of seed 0 of the run `{run}`, got another's: ")
    assert "`agent.hidden_size` is 6 there, 4 asked for" in told
    # The same arrays under the record of this run: only their shapes tell.
    arrays, _ = read_arrays(weights)
    _, record = read_arrays(trained / "run" / "seed-000" / "weights.safetensors")
    write_arrays(weights, arrays, record)
    told = refused("evaluate", NAME, *TINY, "--out", run)
    assert told.startswith(f"`{weights}`: `kernel` must have shape (")
    assert told.endswith(
        "Give the file that belongs to this configuration, or the configuration that belongs to this file."
    )
    write_arrays(weights, {name: array for name, array in arrays.items() if name != "policy"}, record)
    assert "; missing: policy. Give the file" in refused("evaluate", NAME, *TINY, "--out", run)


def test_a_seed_in_training_is_refused(run: Path) -> None:
    seed = RunFolder.read(run).seed(1)
    with seed.lock():
        told = refused("train", NAME, *TINY, "--seeds", "0", "1", "--out", run)
    assert told == (
        f"`{seed.path}` must be free to train in, got one that is being trained by another process. "
        "Wait for it, or give another --out."
    )


def test_a_warning_is_told_without_where_in_the_code_it_arose(monkeypatch, capsys) -> None:
    monkeypatch.setattr(
        "prefrontal.commands.list.run",
        lambda *_: warnings.warn("Seed 0 goes on from before.", Notice, stacklevel=1),
    )
    cli.main(["list"])
    assert capsys.readouterr().err == "Warning: Seed 0 goes on from before.\n"


def run_with(redirection: str, *arguments: str, **environment: str) -> tuple[int, str]:
    """Exit code and standard error of the command under a shell's `redirection`."""
    command = f"exec {Path(sys.executable).with_name('prefrontal')} {' '.join(arguments)} {redirection}"
    around = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    ended = subprocess.run(
        ["sh", "-c", command], env={**around, **environment}, capture_output=True, text=True, check=False
    )
    return ended.returncode, ended.stderr


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_output_that_cannot_be_written_is_told(unbuffered: str) -> None:
    told = (
        "`standard output` must be a place that can be written, got: No space left on device. "
        "What was saved is intact. Send it elsewhere.\n"
    )
    assert run_with(">/dev/full", "--version", PYTHONUNBUFFERED=unbuffered) == (2, told)
    assert run_with(">/dev/full 2>&1", "--version", PYTHONUNBUFFERED=unbuffered) == (2, "")


@pytest.mark.parametrize(
    ("redirection", "arguments", "code"),
    [
        (">&-", ["--version"], 0),
        (">&- 2>&- <&-", ["--version"], 0),
        (">&- 2>&- <&-", ["trian"], 2),
        ("2>&-", ["trian"], 2),
        ("2>/dev/full", ["trian"], 2),
    ],
)
def test_closed_and_full_streams_do_not_change_what_a_command_does(
    redirection: str, arguments: list[str], code: int
) -> None:
    assert run_with(redirection, *arguments) == (code, "")


def test_closed_streams_lend_their_numbers_to_no_file(tmp_path: Path) -> None:
    """A library that complains to standard error must not write into what was opened since."""
    script = f"""
import os, sys
from prefrontal import cli
cli.main(["--version"])
with open({str(tmp_path / "file")!r}, "w") as file:
    os.write(1, b"out")
    os.write(2, b"complaint")
    sys.exit(file.fileno() < 3)
"""
    (tmp_path / "script.py").write_text(script)
    command = f"exec {sys.executable} {tmp_path / 'script.py'} <&- >&- 2>&-"
    assert subprocess.run(["sh", "-c", command], check=False).returncode == 0
    assert (tmp_path / "file").read_text() == ""


def test_a_name_that_the_terminal_cannot_show_is_shown_in_another_way(monkeypatch, capsysbinary) -> None:
    monkeypatch.setattr("prefrontal.commands.list.run", lambda *_: print("größe \udcff"))
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(sys.stdout.buffer, encoding="ascii"))
    cli.main(["list"])
    assert capsysbinary.readouterr().out == b"gr\\xf6\\xdfe \\udcff\n"


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 9 B.")])
def test_a_lack_of_memory_is_told(monkeypatch, error: Exception) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("prefrontal.commands.list.run", fail)
    told = refused("list")
    assert told.startswith("`memory` must hold what is asked for, got: ")
    assert told.endswith("before is intact. Take a smaller network, fewer trials or fewer episodes at once.")


def test_other_faults_are_not_taken_for_a_persons(monkeypatch) -> None:
    for error in (RuntimeError("ours"), OSError(5, "ours")):

        def fail(*_: object, error: Exception = error) -> None:
            raise error

        monkeypatch.setattr("prefrontal.commands.list.run", fail)
        with pytest.raises(type(error), match="ours"), contextlib.redirect_stdout(io.StringIO()):
            cli.main(["list"])


@pytest.mark.parametrize("arguments", [["--help"], ["train", NAME, "--help"]])
def test_a_reader_that_has_gone_ends_the_command_quietly(arguments: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [Path(sys.executable).with_name("prefrontal"), *arguments]
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    ended = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, env=buffered, check=False)
    os.close(writer)
    assert (ended.returncode, ended.stderr) == (128 + signal.SIGPIPE, b"")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["train", "harlow-counting", "--train.num-episodes", "2000"],
            "`train.num_episodes` must be more than 2,000, since harlow-counting looks at 4 moments",
        ),
        (["train", "wang2018-two-step", "--train.unroll", "7", "--dry-run"], "`unroll` must divide the "),
        (
            ["train", "two-step-lesions", "--out", "mine"],
            "`--out` must be left out of two-step-lesions, whose networks are those of ",
        ),
        (["animate", "episodic-harlow", "--out", "a.gif"], "got one of episodic-harlow. Only these tasks are filmed."),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_is_refused_before_anything_is_done(arguments, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert said in refused(*arguments)
    assert not list(tmp_path.rglob("seed-*"))


def test_a_strategy_plays_its_own_task():
    player = pf.StrategyAgent("ideal learner", pf.HarlowConfig())
    with pytest.raises(UserError, match="`task` must be Harlow's with objects of"):
        pf.evaluate(player, pf.TwoStepConfig(num_trials=3).make(), jax.random.key(0), num_episodes=1)
