"""`prefrontal animate` films runs and networks that come with the package, and refuses what it cannot film."""

from pathlib import Path

import pytest
from PIL import Image

from prefrontal import cli
from prefrontal.commands import animate
from prefrontal.configs import RecurrentConfig, TrainConfig, TwoStepConfig
from prefrontal.experiments import ExperimentConfig, find_experiment
from prefrontal.experiments.workflow import train_run
from prefrontal.runs.files import write_text
from prefrontal.runs.shipped import shipped_folder, shipped_names

NAME = "wang2018-two-step"
CONFIG = ExperimentConfig(
    task=TwoStepConfig(num_trials=4, encoding="stage"),
    agent=RecurrentConfig(hidden_size=3),
    train=TrainConfig(num_episodes=60),
)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train_run(find_experiment(NAME), CONFIG, [3, 5], tmp_path_factory.mktemp("run") / "run", snapshot_every=30)


def prefrontal(*arguments: str | Path) -> None:
    cli.main(["animate", *map(str, arguments)])


def pictures(path: Path) -> int:
    with Image.open(path) as gif:
        assert gif.size == (800, 500)
        return gif.n_frames


@pytest.mark.thorough
def test_a_run_is_filmed(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    prefrontal(run, "--out", tmp_path / "play.gif")
    assert capsys.readouterr().out == f"{tmp_path / 'play.gif'}\n"
    assert pictures(tmp_path / "play.gif") == 3 * 4  # fewer trials than are shown by default
    prefrontal(run, "--out", tmp_path / "again.gif")
    assert (tmp_path / "again.gif").read_bytes() == (tmp_path / "play.gif").read_bytes()


@pytest.mark.thorough
def test_what_is_filmed_is_what_was_asked_for(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filmed = []

    def film(trajectory, task, path, **said):
        filmed.append((trajectory, task, said))
        return path

    monkeypatch.setattr("prefrontal.figures.animated.animation.save_animation", film)
    prefrontal(run, "--out", tmp_path / "a.gif")
    prefrontal(run, "--out", tmp_path / "a.gif", "--seed", "5", "--first-trial", "2", "--frames-per-second", "4")
    prefrontal(run, "--out", tmp_path / "a.gif", "--after", "30", "--num-trials", "1")
    prefrontal(run, "--out", tmp_path / "a.gif", "--after", "60", "--episode", "1")
    titles = [said["title"] for _, _, said in filmed]
    last = f"{NAME}, seed 3, after 60 training episodes"
    assert titles == [
        last,
        last.replace("seed 3", "seed 5"),
        last.replace("60", "30"),
        last,
    ]
    assert [said["num_trials"] for _, _, said in filmed] == [4, 2, 1, 4]
    assert [(said["first_trial"], said["frames_per_second"]) for _, _, said in filmed][1] == (2, 4.0)
    assert all(task == CONFIG.task for _, task, _ in filmed)
    values = [trajectory.value.tolist() for trajectory, _, _ in filmed]
    assert len(set(map(tuple, values))) == 4  # another network, other weights, another episode


def test_a_network_that_comes_with_the_package_is_filmed(tmp_path: Path) -> None:
    prefrontal(NAME, "--out", tmp_path / "play.gif", "--num-trials", "1", "--seed", "7")
    assert pictures(tmp_path / "play.gif") == 3


def test_a_folder_that_has_an_experiments_name_and_is_no_run_is_passed_over(tmp_path: Path, monkeypatch) -> None:
    """As there is one in runs/."""
    (tmp_path / NAME / "1a2b3c4d").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    folder, _ = animate._run_of(NAME)
    assert folder.path == shipped_folder(NAME)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "`animate` must be followed by a run's folder or an experiment, got nothing. Write it as in: prefrontal"),
        (("--out", "a.gif"), "`animate` must be followed by a run's folder or an experiment, got --out. Write it"),
        (("nowhere", "--out", "a.gif"), "`nowhere` must be the folder of a run or an experiment whose networks come "),
        (("empty", "--out", "a.gif"), "`empty` must be a run folder, got one without config.json. Check --out, or"),
        (("RUN/seed-003", "--out", "a.gif"), "must be a run folder, got that of one seed. Give the one above:"),
        (("RUN", "--out", "a."), "`path` must end in .gif or .mp4, got a.. Give another --out."),
        (("RUN", "--out", "a.gi"), "`path` must end in .gif or .mp4, got a.gi. Give another --out."),
        (("RUN", "--out", "there.gif"), "`there.gif` must be a new file, got one that exists. Give another --out;"),
        (("RUN", "--out", "a.gif", "--seed", "4"), "must be there, got a seed not trained to its end. Train it:"),
        (("RUN", "--out", "a.gif", "--after", "40"), "`after` must be one of 0, 30, 60, got 40."),
        (("RUN", "--out", "a.gif", "--episode", "-1"), "`episode` must be a whole number from 0 to 4294967295, got -1"),
        (("RUN", "--out", "a.gif", "--first-trial", "4"), "`first_trial` must be from 0 to 3, got 4. The episode has"),
        (("RUN", "--out", "a.gif", "--num-trials", "0"), "`num_trials` must be a whole number of at least 1, got 0."),
        (("RUN", "--out", "a.gif", "--frames-per-second", "0"), "`frames_per_second` must be from 0.1 to 50, got 0.0."),
    ],
)
def test_refusals(
    run: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "there.gif").touch()
    with pytest.raises(SystemExit) as end:
        prefrontal(*(argument.replace("RUN", str(run)) for argument in arguments))
    told = capsys.readouterr().err
    assert end.value.code == 2
    assert message in told
    assert told.count("\n") == 1
    assert {path.name for path in tmp_path.iterdir()} == {"empty", "there.gif"}
    assert (tmp_path / "there.gif").read_bytes() == b""


def test_a_run_on_another_task_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch) -> None:
    (tmp_path / "run").mkdir()
    write_text(tmp_path / "run" / "config.json", '{"experiment": "other", "config": {}}')

    class Other:
        config = type("Config", (), {"task": object()})

    monkeypatch.setattr(animate, "find_experiment", lambda name: Other)
    with pytest.raises(SystemExit):
        prefrontal(tmp_path / "run", "--out", tmp_path / "a.gif")
    told = capsys.readouterr().err
    assert "must be a run on the two-step task or on Harlow's, got one of other. Only these tasks" in told


def test_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        prefrontal("--help")
    assert end.value.code == 0
    assert "--frames-per-second NUMBER" in capsys.readouterr().out
    assert NAME in shipped_names()
    with pytest.raises(SystemExit) as end:
        prefrontal(NAME, "--help")
    assert end.value.code == 0
    assert "--num-trials" in capsys.readouterr().out
