"""Trainings whose numbers become infinite: told where, kept as they were before, and never taken for trained."""

import numpy as np
import pytest
from sessions import AGENT, TASK, seed_of
from test_train import lever

from prefrontal.cli import main
from prefrontal.configs import TrainConfig
from prefrontal.errors import UserError
from prefrontal.learning import group
from prefrontal.learning.breakdown import breakdown
from prefrontal.learning.jobs import Job, train_jobs
from prefrontal.learning.trained import load_agents
from prefrontal.learning.training import train_agents
from prefrontal.runs.folder import RunFolder

pytestmark = pytest.mark.thorough

BROKEN = TrainConfig(num_episodes=100, unroll=5, learning_rate=1e38)


def test_where_it_broke_down():
    metrics = {"reward": np.ones(6), "weight_norm": np.array([1, 1, 1, 1, np.nan, np.nan])}
    config = TrainConfig(num_episodes=100, unroll=5)
    found = breakdown(3, config, 20, 10, metrics)
    assert str(found) == "seed 3 in episode 15 (updates 57 to 60: weight_norm)"
    assert found is not None
    assert found.last_good == 14
    found = breakdown(0, TrainConfig(num_episodes=100, episodes_per_update=4), 20, 8, metrics)
    assert str(found) == "seed 0 in episode 13 (update 4: weight_norm)"
    assert breakdown(0, config, 20, 0, {"reward": np.ones(3)}) is None


@pytest.fixture(scope="module")
def broken(tmp_path_factory):
    """Of three seeds in one group the one in the middle has a rate that no float can hold; and what was told."""
    run = RunFolder.open(tmp_path_factory.mktemp("broken"), "tiny", {})
    good = TrainConfig(num_episodes=100, unroll=5)
    jobs = [Job(run.seed(seed), TASK, AGENT, BROKEN if seed == 1 else good) for seed in range(3)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(group, "STEPS_PER_CHUNK", 500)
        with pytest.raises(UserError, match="must keep every number finite") as caught:
            train_jobs(jobs, seconds_between_saves=0.0)
    return run, str(caught.value)


@pytest.mark.thorough
def test_the_others_are_trained_and_it_is_not(broken):
    run, told = broken
    assert "of seed 1 in episode " in told
    assert "It does not count as trained." in told
    assert [run.seed(seed).status for seed in range(3)] == ["finished", "partial", "finished"]


def test_the_state_before_is_kept(broken):
    run, told = broken
    progress = run.seed(1).load_progress()
    assert progress is not None
    assert f"in episode {progress.facts['episode'] + 1} " in told
    assert all(np.isfinite(array).all() for array in progress.arrays.values() if array.dtype.kind == "f")
    assert len(progress.arrays["metrics/reward"]) == progress.facts["episode"]


def test_its_weights_are_refused_where_an_earlier_version_saved_them(tmp_path):
    run = RunFolder.open(tmp_path, "tiny", {})
    train_jobs([Job(run.seed(0), TASK, AGENT, TrainConfig(num_episodes=50, unroll=5))])
    arrays, facts = seed_of(tmp_path).load_weights()
    seed_of(tmp_path).save_weights({name: np.full_like(array, np.nan) for name, array in arrays.items()}, facts)
    with pytest.raises(UserError, match="must hold finite weights, got infinite ones or none"):
        load_agents(run, TASK, AGENT, [0])


def test_agents_without_a_folder():
    with pytest.raises(UserError, match=r"must keep every number finite.*seed 4 in episode \d+ \(update"):
        train_agents(lever(0.3, 0.7), AGENT, TrainConfig(num_episodes=20, learning_rate=1e38), seeds=[4])


@pytest.mark.thorough
def test_from_the_command_line(tmp_path, capsys):
    small = "--seeds 0 --task.num-trials 5 --train.unroll 15 --agent.hidden-size 4 --train.num-episodes 60"
    options = [*small.split(), "--train.learning-rate", "1e38", "--out", str(tmp_path / "r")]
    with pytest.raises(SystemExit, match=r"^2$"):
        main(["train", "wang2018-two-step", *options])
    told = capsys.readouterr()
    assert "Trained" not in told.out
    assert "`train` must keep every number finite" in " ".join(told.err.split())
    with pytest.raises(SystemExit, match=r"^2$"):
        main(["evaluate", "wang2018-two-step", *options])


def test_snapshots_lie_between_updates(tmp_path):
    run = RunFolder.open(tmp_path, "tiny", {})
    config = TrainConfig(num_episodes=40, unroll=5, episodes_per_update=4)
    with pytest.raises(UserError, match=r"^`snapshot_every` must be a multiple of `episodes_per_update`, 4, got 10\."):
        train_jobs([Job(run.seed(0), TASK, AGENT, config, snapshot_every=10)])
