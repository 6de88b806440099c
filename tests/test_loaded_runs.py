"""Runs in Python: loaded by their folder, with agents, settings and learning curves."""

import os
from dataclasses import dataclass, replace
from pathlib import Path

import jax
import numpy as np
import pytest
from test_folders import TINY, TWO_STEP, put_run

import prefrontal as pf
from prefrontal.errors import UserError
from prefrontal.experiments import find_experiment
from prefrontal.runs.arrays import named_arrays


@dataclass(frozen=True)
class OwnTask(pf.TwoStepConfig):
    """A task of one's own."""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_run_is_loaded_by_its_folder(here: Path) -> None:
    written = put_run(TWO_STEP, TINY, here / "mine", seeds=(2, 0))
    run = pf.load_run("mine")
    assert (run.experiment.name, run.seeds, run.at) == (TWO_STEP.name, (0, 2), "last")
    assert run.config == replace(TINY, test=TWO_STEP.config.test)  # which no run depends on
    assert run.results is None
    assert repr(run) == f"Run('mine', experiment={TWO_STEP.name!r}, seeds=(0, 2))"
    assert run.agents.seeds == (0, 2)
    for agent, seed in zip(run.agents, (0, 2), strict=True):
        saved, _ = written.seed(seed).load_weights()
        assert {name: array.tobytes() for name, array in named_arrays(agent).items()} == {
            name: array.tobytes() for name, array in saved.items()
        }
    assert run.agents.metrics["reward"].shape == (2, TINY.train.num_episodes)
    assert run.learning.columns.tolist() == ["seed", "episode", "reward"]
    assert run.learning["episode"].tolist() == [*range(1, 31)] * 2
    np.testing.assert_allclose(run.learning["reward"], np.tile(np.linspace(1, 5, 30), 2))
    assert pf.evaluate(run.agents[0], run.task, jax.random.key(0), num_episodes=3).reward.shape[0] == 3
    assert pf.plot_learning(run.agents).axes


def test_agents_of_another_moment(here: Path) -> None:
    run = put_run(TWO_STEP, TINY, here / "mine", kept=(0, 15))
    arrays = {name: np.zeros_like(array) for name, array in run.seed(0).load_weights()[0].items()}
    run.seed(0).save_snapshot(15, arrays)
    (agent,) = pf.load_run("mine", at=15).agents
    assert not any(array.any() for array in named_arrays(agent).values())
    (agent,) = pf.load_run("mine", at="best").agents  # reward rises to the end
    assert any(array.any() for array in named_arrays(agent).values())
    with pytest.raises(UserError, match=r"`at` must be a moment of seed 0 that was kept \(0, 15\), best or last"):
        _ = pf.load_run("mine", at=7).agents


def test_variants(here: Path) -> None:
    experiment = find_experiment("ritter2018-cued-bandits")
    for name, variant in experiment.variants(experiment.config).items():
        put_run(experiment, variant, here / "mine" / name)
    with pytest.raises(UserError, match=r"must be the folder of a run, got one without config\.json"):
        pf.load_run("mine", variant="memory")  # nothing says what the parts are of
    run = pf.load_run("mine", variant="memory", experiment=experiment)
    assert type(run.agents[0]).__name__ == "EpisodicAgent"
    with pytest.raises(UserError, match=r"`variant` must be one of 'memory', 'no-memory', got ''"):
        pf.load_run("mine", experiment=experiment)


def test_borrowed_networks_are_those_of_the_run_with_the_same_settings(here: Path) -> None:
    """Even where that was given a name; and a folder of results knows them."""
    from prefrontal.experiments.places import check_results_folder

    lesions = find_experiment("two-step-lesions")
    put_run(TWO_STEP, TINY, Path("runs") / TWO_STEP.name / "named", seeds=(0, 5))
    put_run(TWO_STEP, replace(TINY, train=pf.TrainConfig(num_episodes=20)), Path("runs") / TWO_STEP.name / "also")
    check_results_folder(lesions, TINY, here / "lesions")
    run = pf.load_run("lesions")
    assert (run.experiment.name, run.seeds, run.folder.path.name) == ("two-step-lesions", (0, 5), "named")


def test_configs_of_ones_own(here: Path) -> None:
    config = replace(TINY, task=OwnTask(num_trials=12))
    put_run(TWO_STEP, config, here / "mine")
    with pytest.raises(UserError, match=r"must be of configs of the package, got OwnTask"):
        pf.load_run("mine")
    assert pf.load_run("mine", config=config).agents.seeds == (0,)
    with pytest.raises(UserError, match=r"`config` must be that of the run in .*: `train.num_episodes` is 30"):
        pf.load_run("mine", config=replace(config, train=pf.TrainConfig(num_episodes=20)))


def test_what_is_no_trained_run_is_refused(here: Path) -> None:
    os.mkdir("empty")
    with pytest.raises(UserError, match=r"`empty` must be the folder of a run, got one without config\.json"):
        pf.load_run("empty")
    run = put_run(TWO_STEP, TINY, here / "mine")
    with pytest.raises(UserError, match=r"got that of one seed. Give the one above: `mine`"):
        pf.load_run("mine/seed-000")
    (run.seed(0).path / "finished.json").unlink()
    with pytest.raises(UserError, match=r"must hold a seed that is trained to its end, got none\. Train it"):
        pf.load_run("mine")
