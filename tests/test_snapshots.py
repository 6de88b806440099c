"""Weights kept along the way, and learning curves."""

import numpy as np
import pytest
from sessions import AGENT, STEPS_PER_CHUNK, TASK, TRAIN, seed_of, send, when

from prefrontal.errors import Stopped, UserError
from prefrontal.learning import group
from prefrontal.learning.jobs import Job, train_jobs
from prefrontal.learning.trained import load_snapshots
from prefrontal.runs.folder import RunFolder


def train(folder, seed=0, snapshot_every=None):
    run = RunFolder.open(folder, "tiny", {})
    train_jobs([Job(run.seed(seed), TASK, AGENT, TRAIN, snapshot_every)])
    return run.seed(seed)


@pytest.fixture(autouse=True)
def short_chunks(monkeypatch):
    monkeypatch.setattr(group, "STEPS_PER_CHUNK", STEPS_PER_CHUNK)


@pytest.mark.thorough
def test_snapshots_change_no_bit_and_end_in_the_weights(tmp_path):
    without, kept = train(tmp_path / "without"), train(tmp_path / "with", snapshot_every=80)
    weights = kept.load_weights()[0]
    for name, array in without.load_weights()[0].items():
        np.testing.assert_array_equal(array, weights[name])
    assert kept.snapshots() == [0, 80, 160, 240, 320, 400]
    for name, array in kept.load_snapshot(400).items():
        np.testing.assert_array_equal(array, weights[name])
    assert any((kept.load_snapshot(80)[name] != weights[name]).any() for name in weights)


def test_a_snapshot_is_the_network_that_was_trained_so_far(tmp_path):
    """The same weights as a stop at that episode leaves."""
    episodes, agents = zip(*load_snapshots(train(tmp_path / "run", snapshot_every=50), TASK, AGENT), strict=True)
    assert episodes[0] == 0
    with when("advance", send(2), call=2), pytest.raises(Stopped):
        train(tmp_path / "stopped")
    progress = seed_of(tmp_path / "stopped").load_progress()
    assert progress is not None
    at = episodes.index(progress.facts["episode"])
    np.testing.assert_array_equal(agents[at].cell.kernel, progress.arrays["state/agent.kernel"])


def test_a_resumed_training_has_the_same_snapshots(tmp_path):
    straight = train(tmp_path / "straight", snapshot_every=100)
    with when("advance", send(2), call=2), pytest.raises(Stopped):
        train(tmp_path / "stopped", snapshot_every=100)
    resumed = train(tmp_path / "stopped", snapshot_every=100)
    assert resumed.snapshots() == straight.snapshots()
    for episode in straight.snapshots():
        for name, array in straight.load_snapshot(episode).items():
            np.testing.assert_array_equal(array, resumed.load_snapshot(episode)[name])


def test_a_training_that_goes_on_says_which_weights_were_not_kept(tmp_path):
    """And keeps those of the moment from which it goes on."""
    with when("advance", send(2), call=2), pytest.raises(Stopped):
        train(tmp_path / "run")
    progress = seed_of(tmp_path / "run").load_progress()
    assert progress is not None
    episode = progress.facts["episode"]
    assert episode == 100
    told = r"Seed 0 goes on from episode 100: the weights of 2 moments before, from episode 0 on, were not kept\."
    with pytest.warns(RuntimeWarning, match=told):
        resumed = train(tmp_path / "run", snapshot_every=50)
    assert resumed.snapshots() == [100, 150, 200, 250, 300, 350, 400]


def test_a_seed_without_snapshots_says_so(tmp_path):
    with pytest.raises(UserError, match=r"must hold snapshots, got none: it was trained without. Train in another"):
        train(tmp_path / "run").snapshots()


def test_a_learning_curve_is_the_mean_over_whole_blocks(tmp_path):
    seed = train(tmp_path / "run")
    reward = seed.load_metrics()["reward"]
    curve = seed.learning_curve()
    np.testing.assert_array_equal(curve.episode, np.arange(1, 401))
    np.testing.assert_array_equal(curve.reward, reward)
    curve = seed.learning_curve(most_values=60)
    np.testing.assert_array_equal(curve.episode, 7 * np.arange(1, 58))
    np.testing.assert_allclose(curve.reward, [reward[7 * i : 7 * i + 7].mean() for i in range(57)], rtol=1e-6)


def test_a_learning_curve_kept_as_means_counts_their_episodes(tmp_path):
    seed = RunFolder.open(tmp_path / "run", "tiny", {}).seed(0)
    seed.save_metrics({"reward": np.arange(6.0)}, episodes_per_value=25)
    curve = seed.learning_curve(most_values=3)
    assert (curve.episode.tolist(), curve.reward.tolist()) == ([50, 100, 150], [0.5, 2.5, 4.5])
