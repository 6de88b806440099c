"""The command `prefrontal`, from its first word to the last file."""

import contextlib
import dataclasses
import io
import json
import re
import shutil
import signal
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jax
import matplotlib.image
import numpy as np
import pytest
from sessions import STEPS_PER_CHUNK, saved_episode, seed_of, send, wait_for, when
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from prefrontal import cli
from prefrontal.analysis.behaviour import stay_probability
from prefrontal.configs import RecurrentConfig, TwoStepConfig
from prefrontal.experiments import EXPERIMENTS
from prefrontal.learning import group
from prefrontal.learning.monitor import TAGS
from prefrontal.learning.trained import load_agents
from prefrontal.rollouts.evaluation import evaluate
from prefrontal.runs.folder import RunFolder
from prefrontal.runs.shipped import shipped_verdicts
from prefrontal.trials.table import read_table

NAME = "wang2018-two-step"
TASK = ["--task.num-trials", "10", "--task.encoding", "trial"]
TINY = [*TASK, "--agent.hidden-size", "4", "--train.num-episodes", "200", "--train.unroll", "None"]
TESTED = ["--seeds", "3", "1", "--test.num-episodes", "20"]
COMMAND = str(Path(sys.executable).with_name("prefrontal"))


def prefrontal(*arguments: str | Path) -> str:
    """What the command prints when all goes well."""
    with contextlib.redirect_stdout(io.StringIO()) as printed, contextlib.redirect_stderr(io.StringIO()):
        cli.main(list(map(str, arguments)))
    return printed.getvalue()


@pytest.fixture(scope="module")
def reproduced(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of a tiny run, and what was printed."""
    folder = tmp_path_factory.mktemp("reproduced") / "run"
    return folder, prefrontal("reproduce", NAME, *TINY, *TESTED, "--out", folder)


@pytest.fixture
def run(reproduced: tuple[Path, str], tmp_path: Path) -> Path:
    """A copy of that run, to be damaged."""
    return Path(shutil.copytree(reproduced[0], tmp_path / "run"))


@pytest.fixture(scope="module")
def results(reproduced: tuple[Path, str]) -> dict[str, Any]:
    return json.loads((reproduced[0] / "results.json").read_text())


@pytest.mark.thorough
def test_results_have_the_structure_that_is_promised(results: dict[str, Any]) -> None:
    assert results.keys() == {
        *("experiment", "seeds", "reward_per_episode", "stay_probability", "verdicts", "config", "versions"),
        *("test_episodes", "published_source", "networks", "changed", "comparable", "seeds_of_preset"),
    }
    assert results["networks"] == {"from": "run", "trained_by": NAME}
    assert "--task.num-trials 10" in results["changed"]
    assert not results["comparable"]  # nothing is published about ten trials
    assert (results["experiment"], results["seeds"], results["test_episodes"]) == (NAME, [3, 1], 20)
    reward = results["reward_per_episode"]
    assert reward.keys() == {"per_seed", "mean", "interval95", "chance", "bayes_optimal", "oracle"}
    assert reward["mean"] == pytest.approx(np.mean(reward["per_seed"]))
    assert (reward["chance"], reward["oracle"]) == (pytest.approx(5.0), pytest.approx(7.4))
    assert 5.0 < reward["bayes_optimal"] < 7.4
    assert results["stay_probability"].keys() == EXPERIMENTS[NAME].published.keys()
    for part in results["stay_probability"].values():
        assert part.keys() == {"per_seed", "mean", "interval95", "published", "bayes_optimal"}
        low, high = part["interval95"]
        assert 0 <= low <= part["mean"] <= high <= 1
        assert part["mean"] == pytest.approx(np.mean(part["per_seed"]))
        assert part["published"] is None
    assert len(results["verdicts"]) == 4
    for verdict in results["verdicts"]:
        assert verdict.keys() == {"name", "published", "measured", "tolerance", "passed"}
        assert verdict["passed"] is None
    config = results["config"]
    assert config.keys() == {"task", "agent", "train", "test"}
    assert (config["task"]["num_trials"], config["agent"]["hidden_size"], config["train"]["unroll"]) == (10, 4, None)
    assert results["versions"]["prefrontal"] == version("prefrontal")
    assert results["versions"]["jax"] == jax.__version__


def test_the_trial_table_holds_what_the_results_say(reproduced: tuple[Path, str], results: dict[str, Any]) -> None:
    table = read_table(reproduced[0] / "trials.csv")
    assert len(table) == 2 * 20 * 10
    stay = stay_probability(table)
    for name, part in results["stay_probability"].items():
        assert stay.loc[[3, 1], name].tolist() == part["per_seed"]
    earned = table.groupby("subject")["reward"].sum() / 20
    assert earned.loc[[3, 1]].tolist() == pytest.approx(results["reward_per_episode"]["per_seed"])


def test_the_report_is_printed_and_says_where_the_files_are(reproduced: tuple[Path, str], results: dict) -> None:
    folder, printed = reproduced
    lines = printed.splitlines()
    assert lines[0].strip() == f"{NAME}: 2 seeds (the preset has 8), 20 test episodes each"
    assert lines[-1] == f"Files: {folder}"
    (row,) = [line.split() for line in lines if line.strip().startswith("common rewarded")]
    assert row[2] == f"{results['stay_probability']['common_rewarded']['mean']:.3f}"
    assert "0.989" not in printed  # which is published of another task


def test_figures_are_drawn_and_not_blank(run: Path) -> None:
    image = matplotlib.image.imread(run / "figure.png")[..., :3]
    inked = (image < 0.9).any(axis=-1)
    assert 0.01 < inked.mean() < 0.6
    halves = np.array_split(inked, 2, axis=1)
    assert all(half.mean() > 0.005 for half in halves), "the bars and the learning curves"
    svg = (run / "figure.svg").read_text()
    assert svg.count("<path") > 20
    pdf = (run / "figure.pdf").read_bytes()
    assert pdf.startswith(b"%PDF-")
    assert pdf.rstrip().endswith(b"%%EOF")


def test_a_figure_is_drawn_again_from_the_files_alone(run: Path) -> None:
    drawn = {path.name: path.read_bytes() for path in run.glob("figure.*")}
    for path in [*run.glob("figure.*"), *run.glob("seed-*/weights.safetensors"), *run.glob("seed-*/state*")]:
        path.unlink()
    printed = prefrontal("figure", NAME, *TINY, "--out", run)
    assert sorted(printed.split()) == sorted(str(run / name) for name in drawn)
    assert {path.name: path.read_bytes() for path in run.glob("figure.*")} == drawn


def test_training_and_testing_apart_give_what_reproduce_gives(reproduced: tuple[Path, str], tmp_path: Path) -> None:
    out = ["--out", tmp_path / "run"]
    assert f"Trained: {tmp_path / 'run'}\n" in prefrontal("train", NAME, *TINY, *TESTED, *out)
    assert not (tmp_path / "run" / "results.json").exists()
    prefrontal("evaluate", NAME, *TINY, *TESTED, *out)
    for name in ("results.json", "trials.csv", "seed-001/weights.safetensors", "seed-003/metrics.safetensors"):
        assert (tmp_path / "run" / name).read_bytes() == (reproduced[0] / name).read_bytes()


def test_tensorboard_shows_the_saved_metrics(reproduced: tuple[Path, str]) -> None:
    for seed in (1, 3):
        folder = RunFolder.read(reproduced[0]).seed(seed)
        metrics = folder.load_metrics()
        events = EventAccumulator(str(folder.path)).Reload()
        assert set(events.Tags()["scalars"]) == {
            *("perf/reward", "perf/value", "loss/policy", "loss/value", "loss/entropy"),
            *("norm/gradient", "norm/weights"),
        }
        for tag, name in TAGS.items():
            assert [event.step for event in events.Scalars(tag)] == [50, 100, 150, 200]
            shown = [event.value for event in events.Scalars(tag)]
            np.testing.assert_allclose(shown, metrics[name].reshape(4, 50).mean(axis=1), rtol=1e-5)


def test_saved_weights_make_the_agent_that_was_tested(reproduced: tuple[Path, str], results: dict[str, Any]) -> None:
    task = TwoStepConfig(num_trials=10, encoding="trial").make()
    agents = load_agents(RunFolder.read(reproduced[0]), task, RecurrentConfig(hidden_size=4), seeds=[3, 1])
    for agent, (seed, tested) in zip(
        agents.values(), zip((3, 1), results["reward_per_episode"]["per_seed"], strict=True), strict=True
    ):
        key = jax.random.fold_in(jax.random.key(0), seed)
        assert float(evaluate(agent, task, key, num_episodes=20).reward.sum(1).mean()) == pytest.approx(tested)


@pytest.mark.parametrize("arguments", [(), ("help",), ("--help",), ("-h",)])
def test_help_tells_every_command(arguments: tuple[str, ...]) -> None:
    printed = prefrontal(*arguments)
    assert printed == cli.USAGE
    for command in ("list", "reproduce", "train", "evaluate", "figure", "bench"):
        assert re.search(rf"^  {command} +\S", printed, re.MULTILINE)
    assert max(map(len, printed.splitlines())) <= 80


def test_list_tells_of_every_experiment_what_it_shows_and_whether_it_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    printed = prefrontal("list")
    for experiment in EXPERIMENTS.values():
        duration = experiment.duration.replace("minutes", "min").replace("minute", "min")
        parts = (experiment.name, f"{re.sub('[()]', '', experiment.paper.split(',')[0])}, {experiment.shows}", duration)
        assert re.search(" +".join(map(re.escape, parts)), printed)
    held, verdicts = shipped_verdicts(NAME)
    assert re.search(rf"^{NAME} .* {held}/{verdicts} *$", printed, re.MULTILINE)
    monkeypatch.setenv("COLUMNS", "80")
    lines = prefrontal("list").splitlines()
    assert max(map(len, lines)) <= 80
    assert len(lines) <= 2 * len(EXPERIMENTS) + 10, "two lines a row at the most"
    (own,) = [line.split() for line in lines if line.startswith(f"{NAME} ")]
    assert own[-3:] == ["10", "s", f"{held}/{verdicts}"]


def test_version() -> None:
    assert prefrontal("--version") == f"prefrontal {version('prefrontal')}\n"


@pytest.mark.parametrize("command", ["reproduce", "train", "evaluate", "figure", "bench"])
def test_help_of_a_command_without_experiment_tells_what_to_give(command: str) -> None:
    with contextlib.redirect_stdout(io.StringIO()) as printed, pytest.raises(SystemExit) as end:
        cli.main([command, "--help"])
    assert end.value.code == 0
    assert printed.getvalue().startswith(f"usage: prefrontal {command} EXPERIMENT [OPTIONS]\n")
    assert f"{NAME} --help`" in " ".join(printed.getvalue().split())


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_help_of_an_experiment_lists_every_number_in_eighty_columns(name: str, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), pytest.raises(SystemExit) as end:
        cli.main(["reproduce", name, "--help"])
    assert end.value.code == 0
    text = printed.getvalue()
    assert max(map(len, text.splitlines())) <= 80
    config = EXPERIMENTS[name].config
    parts = {"task": config.task, "agent": config.agent, "train": config.train, "test": config.test}
    options = {
        f"{part}.{field.name}": getattr(config, field.name)
        for part, config in parts.items()
        for field in dataclasses.fields(config)
    }
    for option in ["seeds", "out", *options]:
        assert re.search(rf"--(\[no-\])?{option.replace('_', '-')}\b", text), option
    told = [value for value in options.values() if value not in (None, (), False)]
    assert len(re.findall(r"\(default: ", " ".join(text.split()))) >= len(told)


def test_help_comes_at_once() -> None:
    """It imports nothing but Python's own modules, ours and what prints: what would take seconds is not among them."""
    script = """
import sys
before = set(sys.modules)
from prefrontal import cli
cli.main(["--help"])
print(*{name.partition(".")[0] for name in set(sys.modules) - before} - set(sys.stdlib_module_names))
"""
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert done.stdout.startswith(cli.USAGE)
    assert set(done.stdout.removeprefix(cli.USAGE).split()) <= {
        "prefrontal",
        "rich",
        "attr",
    }  # older ones of rich import attrs


def test_help_and_list_start_no_jax() -> None:
    script = f"""
import contextlib, sys
import prefrontal
from prefrontal import cli
for arguments in (["--help"], ["list"], ["train", "{NAME}", "--help"], ["train", "{NAME}", "--task.num-trials", "0"]):
    with contextlib.suppress(SystemExit):
        cli.main(arguments)
    assert not {{"jax", "jaxlib", "equinox"}} & set(sys.modules), arguments
"""
    subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)


@pytest.mark.parametrize(
    ("signals", "code", "message"),
    [
        ([signal.SIGINT], 130, "Stopped, and saved. The same command goes on from there."),
        ([signal.SIGTERM], 143, "Stopped, and saved. The same command goes on from there."),
        ([signal.SIGINT] * 2, 130, "Stopped. What was saved before is intact; the same command goes on from there."),
    ],
)
def test_a_stopped_command_says_so(
    tmp_path: Path, capsys, monkeypatch, signals: list[int], code: int, message: str
) -> None:
    monkeypatch.setattr(group, "STEPS_PER_CHUNK", STEPS_PER_CHUNK)
    with when("advance", send(*signals), call=2), pytest.raises(SystemExit) as end:
        cli.main(["reproduce", NAME, *TINY, "--seeds", "0", "--out", str(tmp_path / "run")])
    assert end.value.code == code
    assert capsys.readouterr().err.splitlines()[-1] == message
    assert seed_of(tmp_path / "run").status == ("partial" if len(signals) == 1 else "absent")


def test_what_begins_anew_does_not_say_that_it_goes_on(capsys, monkeypatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("prefrontal.cli._dispatch", interrupted)
    for command, told in (("analyse", "is intact."), ("evaluate", "is intact; the same command goes on from there.")):
        with pytest.raises(SystemExit) as end:
            cli.main([command])
        assert (end.value.code, capsys.readouterr().err) == (130, f"Stopped. What was saved before {told}\n")


@pytest.mark.thorough
def test_the_real_command_stops_at_sigterm(tmp_path: Path) -> None:
    command = [COMMAND, "train", NAME, *TINY, "--train.num-episodes", "10000000", "--seeds", "0", "1", "--out", "run"]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as process:
        wait_for(lambda: any(tmp_path.glob("run/seed-001/events*")), process)
        process.send_signal(signal.SIGTERM)
        assert process.stderr is not None
        told = process.stderr.read()
    assert process.returncode == 143
    assert told.endswith("Stopped, and saved. The same command goes on from there.\n")
    assert "Traceback" not in told
    assert saved_episode(tmp_path / "run", 0) == saved_episode(tmp_path / "run", 1)
