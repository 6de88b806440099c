"""Snapshots are tested as the final networks are, drawn, and shown by TensorBoard; training itself does not notice."""

import io
import json
import signal
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from sessions import send, when
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from prefrontal.commands.options import parse
from prefrontal.configs import RecurrentConfig, TestConfig, TrainConfig, TwoStepConfig
from prefrontal.configs.two_step import TRIAL_KINDS
from prefrontal.errors import Stopped, UserError
from prefrontal.experiments import ExperimentConfig, find_experiment
from prefrontal.experiments.studies import study_of
from prefrontal.experiments.studies.two_step_course import write_course
from prefrontal.experiments.workflow import evaluate_run, train_run
from prefrontal.figures.course import read_course
from prefrontal.runs.folder import RunFolder

pytestmark = pytest.mark.thorough

EXPERIMENT = find_experiment("wang2018-two-step")
CONFIG = ExperimentConfig(
    task=TwoStepConfig(num_trials=10, encoding="trial"),
    agent=RecurrentConfig(hidden_size=4),
    train=TrainConfig(num_episodes=120, learning_rate=2e-2),
    test=TestConfig(num_episodes=20),
)
SEEDS = (0, 2)
MOMENTS = [0, 40, 80, 120]
ALL = {"images": 0, "scalars": 0}
"""TensorBoard thins out what it shows unless told otherwise."""


def trained(folder: Path, seeds=SEEDS, **every) -> Path:
    return train_run(EXPERIMENT, CONFIG, seeds, folder, **every)


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose training was watched; tested and drawn."""
    folder = trained(tmp_path_factory.mktemp("watched") / "run", plot_every=40)
    evaluate_run(EXPERIMENT, CONFIG, SEEDS, folder)
    study_of(EXPERIMENT).draw(folder)
    return folder


def record(folder: Path, seed: int, episode: int) -> dict:
    return json.loads((folder / f"seed-{seed:03d}" / "course" / f"episode-{episode:06d}.json").read_text())


def table(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "course.csv", index_col=["seed", "episode"])


@pytest.mark.thorough
def test_each_moment_is_tested_and_drawn(watched: Path) -> None:
    assert table(watched).index.tolist() == [(seed, moment) for seed in SEEDS for moment in MOMENTS]
    for (seed, moment), row in table(watched).iterrows():
        measured = record(watched, seed, moment)
        assert measured["test"] == asdict(CONFIG.test)
        for name in ("reward", *TRIAL_KINDS):
            assert row[name] == pytest.approx(measured[name], rel=1e-5)
        with Image.open(watched / f"seed-{seed:03d}" / "course" / f"episode-{moment:06d}.png") as picture:
            assert picture.size == (360, 300)
    for suffix in ("png", "svg", "pdf"):
        assert (watched / f"course.{suffix}").exists()
    assert (table(watched).groupby("seed")["common_rewarded"].nunique() > 1).all()  # as the weights do


@pytest.mark.thorough
def test_the_last_moment_is_the_result_itself(watched: Path) -> None:
    results = json.loads((watched / "results.json").read_text())
    for number, seed in enumerate(SEEDS):
        last = record(watched, seed, 120)
        assert last["reward"] == results["reward_per_episode"]["per_seed"][number]
        for name in TRIAL_KINDS:
            assert last[name] == results["stay_probability"][name]["per_seed"][number]


@pytest.mark.thorough
def test_tensorboard_shows_the_same(watched: Path) -> None:
    for seed in SEEDS:
        folder = watched / f"seed-{seed:03d}"
        events = EventAccumulator(str(folder), size_guidance=ALL).Reload()
        for name, tag in (("reward", "test/reward"), *((name, f"stay/{name}") for name in TRIAL_KINDS)):
            shown = {event.step: event.value for event in events.Scalars(tag)}
            assert shown == pytest.approx({moment: record(watched, seed, moment)[name] for moment in MOMENTS})
        images = events.Images("stay_probability")
        assert [image.step for image in images] == MOMENTS
        for image in images:
            assert (image.width, image.height) == Image.open(io.BytesIO(image.encoded_image_string)).size
            kept = folder / "course" / f"episode-{image.step:06d}.png"
            assert image.encoded_image_string == kept.read_bytes()


@pytest.mark.thorough
def test_training_does_not_notice(watched: Path, tmp_path: Path) -> None:
    plain, seen = RunFolder.read(trained(tmp_path / "run")), RunFolder.read(watched)
    assert not (plain.path / "seed-000" / "course").exists()
    for seed in SEEDS:
        for kept in (lambda folder: folder.load_weights()[0], lambda folder: folder.load_metrics()):
            one, other = kept(plain.seed(seed)), kept(seen.seed(seed))
            assert one.keys() == other.keys()
            for name in one:
                np.testing.assert_array_equal(one[name], other[name])


@pytest.mark.thorough
@pytest.mark.parametrize("method", ["advance", "start"])
def test_a_stop_on_the_way_changes_nothing(watched: Path, tmp_path: Path, method: str) -> None:
    """A stop after two chunks, at a moment that is saved and seen; and one before the first episode is."""
    with when(method, send(signal.SIGINT), call=2 if method == "advance" else 1), pytest.raises(Stopped):
        trained(tmp_path / "run", plot_every=40)
    seen = {path.name for path in (tmp_path / "run" / "seed-000" / "course").glob("*.json")}
    assert seen == {f"episode-{moment:06d}.json" for moment in ((0, 40, 80) if method == "advance" else (0,))}
    trained(tmp_path / "run", plot_every=40)
    for path in watched.glob("seed-*/course/*"):
        assert (tmp_path / "run" / path.relative_to(watched)).read_bytes() == path.read_bytes()
    events = EventAccumulator(str(tmp_path / "run" / "seed-000"), size_guidance=ALL).Reload()
    assert [image.step for image in events.Images("stay_probability")] == MOMENTS


@pytest.mark.thorough
def test_snapshots_kept_unseen_are_tested_later(watched: Path, tmp_path: Path) -> None:
    folder = trained(tmp_path / "run", snapshot_every=40)
    assert not list(folder.glob("seed-*/course"))
    evaluate_run(EXPERIMENT, CONFIG, SEEDS, folder)
    assert (folder / "course.csv").read_bytes() == (watched / "course.csv").read_bytes()


@pytest.mark.thorough
def test_another_test_and_a_damaged_file_are_measured_anew(watched: Path, tmp_path: Path) -> None:
    folder = trained(tmp_path / "run", snapshot_every=120)
    longer = replace(CONFIG, test=TestConfig(num_episodes=40))
    for config in (CONFIG, longer):
        write_course(config, RunFolder.read(folder), SEEDS, folder)
        assert record(folder, 0, 120)["test"] == asdict(config.test)
    damaged = folder / "seed-000" / "course" / "episode-000120.json"
    for text in ("{", "[]", '{"test": 5}', ""):
        damaged.write_text(text)
        write_course(CONFIG, RunFolder.read(folder), SEEDS, folder)
        assert record(folder, 0, 120) == record(watched, 0, 120)


def test_seeds_that_were_kept_at_other_moments_are_drawn_at_those_they_share(tmp_path: Path) -> None:
    trained(tmp_path / "run", seeds=[0], snapshot_every=40)
    trained(tmp_path / "run", seeds=[1], snapshot_every=60)
    trained(tmp_path / "run", seeds=[2])
    evaluate_run(EXPERIMENT, CONFIG, (0, 1, 2), tmp_path / "run")
    curves = read_course(tmp_path / "run")
    assert curves is not None
    assert curves.episodes.tolist() == [0, 120]
    rows = table(tmp_path / "run")
    np.testing.assert_array_equal(curves.reward, rows["reward"].unstack()[[0, 120]])
    for name in TRIAL_KINDS:
        np.testing.assert_array_equal(curves.stay[name], rows[name].unstack()[[0, 120]])


def test_without_snapshots_there_is_no_such_figure(tmp_path: Path) -> None:
    folder = trained(tmp_path / "run")
    evaluate_run(EXPERIMENT, CONFIG, SEEDS, folder)
    assert not list(folder.glob("**/course*"))
    assert {path.stem for path in study_of(EXPERIMENT).draw(folder)} == {"figure"}


def test_weights_that_were_not_kept_cannot_be_asked_for_later(watched: Path, tmp_path: Path) -> None:
    """Those that were, can."""
    trained(watched, plot_every=40)
    trained(watched, snapshot_every=120)
    folder = trained(tmp_path / "run", snapshot_every=40)
    before = sorted(path for path in folder.rglob("*"))
    for every in ({"plot_every": 20}, {"snapshot_every": 60}):
        (name,) = every
        with pytest.raises(UserError, match=rf"`{name}` must go with a training that is still to be done, got .* of "):
            trained(folder, **every)
    assert sorted(path for path in folder.rglob("*")) == before


def test_a_moment_that_another_version_tested_is_tested_again(tmp_path: Path, monkeypatch) -> None:
    folder = trained(tmp_path / "run", seeds=[0], snapshot_every=120)
    write_course(CONFIG, RunFolder.read(folder), [0], folder)
    measured = record(folder, 0, 120)
    path = folder / "seed-000" / "course" / "episode-000120.json"
    path.write_text(json.dumps({**measured, "reward": 999.0, "versions": {**measured["versions"], "jax": "0.0.1"}}))
    write_course(CONFIG, RunFolder.read(folder), [0], folder)
    assert record(folder, 0, 120) == measured


@pytest.mark.parametrize("text", ["", "seed,episode\n0,40\n", "not,a\ntable,\n"])
def test_a_table_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "course.csv").write_text(text)
    with pytest.raises(UserError, match=r"course\.csv` must be a table of tests, got .*\. Evaluate the run again\."):
        read_course(tmp_path)


def test_refusals(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"`plot_every` must be as `snapshot_every`, 50, got 40\. Leave one of them"):
        trained(tmp_path / "run", plot_every=40, snapshot_every=50)
    unseen = find_experiment("wang2018-matching")
    with pytest.raises(UserError, match=r"`plot_every` must go with an experiment that can be drawn in training, got"):
        train_run(unseen, unseen.config, [0], tmp_path / "run", plot_every=40)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("command", "options", "got"), [("evaluate", [], "evaluate"), ("reproduce", ["--pretrained"], "--pretrained")]
)
def test_what_is_not_trained_cannot_be_watched(command: str, options: list[str], got: str) -> None:
    with pytest.raises(UserError, match=f"`--plot-every` must go with train or reproduce, got {got}"):
        parse(command, EXPERIMENT, ["--plot-every", "500", *options])
