"""Sweeps: many settings, one program."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from prefrontal import cli, devices
from prefrontal.commands.settings import split_sweeps, sweep_settings
from prefrontal.configs import RecurrentConfig, TestConfig, TrainConfig, TwoStepConfig
from prefrontal.errors import UserError
from prefrontal.experiments import ExperimentConfig, find_experiment
from prefrontal.experiments.settings import Setting
from prefrontal.experiments.sweep import run_sweep
from prefrontal.experiments.workflow import train_run
from prefrontal.learning import lanes
from prefrontal.runs.folder import RunFolder

TINY = ExperimentConfig(
    task=TwoStepConfig(num_trials=5, encoding="trial"),
    agent=RecurrentConfig(hidden_size=3),
    train=TrainConfig(num_episodes=60, unroll=None),
    test=TestConfig(num_episodes=4),
)
EXPERIMENT = find_experiment("wang2018-two-step")


def test_sweeps_are_taken_out_of_the_arguments():
    rest, sweeps = split_sweeps(
        [
            "--seeds",
            "0",
            "1",
            "--sweep",
            "train.discount",
            ".8",
            ".9",
            "--sweep",
            "task.num-trials",
            "5",
            "6",
            "--out",
            "x",
        ]
    )
    assert rest == ["--seeds", "0", "1", "--out", "x"]
    assert sweeps == {"train.discount": [".8", ".9"], "task.num-trials": ["5", "6"]}


@pytest.mark.parametrize("arguments", [["--sweep"], ["--sweep", "train.discount"], ["--sweep", "train.discount", ".8"]])
def test_a_sweep_without_values_is_refused(arguments):
    with pytest.raises(UserError, match="`--sweep` must be followed by an option and two or more values, got"):
        split_sweeps([*arguments, "--out", "x"])


def test_an_option_swept_twice_is_refused():
    with pytest.raises(UserError, match="`--sweep a` must be given once, got it twice"):
        split_sweeps(["--sweep", "a", "1", "2", "--sweep", "a", "3", "4"])


def test_settings_are_every_combination():
    sweeps = {"train.discount": [".8", ".9"], "task.num-trials": ["5", "6", "7"]}
    points = sweep_settings("train", EXPERIMENT, ["--train.unroll", "None", "--task.encoding", "trial"], sweeps)
    seen = [(point.config.train.discount, point.config.task.num_trials) for point in points]
    assert seen == [(discount, num) for discount in (0.8, 0.9) for num in (5, 6, 7)]


@pytest.mark.parametrize(
    ("option", "values"),
    [
        ("test.num-episodes", ["5", "6"]),
        ("seeds", ["0", "1"]),
        ("train.discount", [".9", "0.90"]),
        ("episodes", ["5", "6"]),
    ],
)
def test_settings_that_train_the_same_networks_are_refused(option, values):
    told = (
        f"`--sweep` must give settings that train different networks, got {option} {values[0]} and {option} {values[1]}"
    )
    with pytest.raises(UserError, match=re.escape(told)):
        sweep_settings("train", EXPERIMENT, [], {option: values})


@pytest.mark.fully_compiled
@pytest.mark.thorough
def test_a_sweep_gives_each_setting_the_weights_it_has_alone(tmp_path, monkeypatch):
    """Two discounts, two learning rates, two seeds: eight learners in one program, as if each had been alone."""
    signatures = set()
    once = lanes._train_lanes

    def spy(by_device, arrays, program):
        signatures.add((program, devices.signature(arrays)))
        return once(by_device, arrays, program)

    monkeypatch.setattr(lanes, "_train_lanes", spy)
    points = [
        Setting(
            {"discount": str(discount), "rate": str(rate)},
            replace(TINY, train=replace(TINY.train, discount=discount, learning_rate=rate)),
        )
        for discount in (0.5, 0.9)
        for rate in (1e-3, 1e-2)
    ]
    table, path = run_sweep(EXPERIMENT, points, [0, 1], tmp_path)
    assert len(signatures) == 1
    assert sorted(file.suffix for file in tmp_path.glob(f"{path.stem}.*")) == [".csv", ".pdf", ".png", ".svg"]

    assert list(table["discount"]) == ["0.5", "0.5", "0.9", "0.9"]
    pd.testing.assert_frame_equal(pd.read_csv(path, dtype={"discount": str, "rate": str}), table)
    for point, folder in list(zip(points, table["run"], strict=True))[1:3]:
        alone = train_run(EXPERIMENT, point.config, [1], tmp_path / "alone" / EXPERIMENT.folder(point.config).name)
        together = RunFolder.read(folder).seed(1).load_weights()[0]
        for name, array in RunFolder.read(alone).seed(1).load_weights()[0].items():
            np.testing.assert_array_equal(array, together[name])


@pytest.mark.thorough
def test_settings_of_different_shapes_train_too(tmp_path):
    points = [
        Setting({"units": str(units)}, replace(TINY, agent=replace(TINY.agent, hidden_size=units))) for units in (2, 3)
    ]
    table, _ = run_sweep(EXPERIMENT, points, [0], tmp_path)
    assert table["reward"].between(0, 5).all()
    assert table["reward_low"].isna().all()  # one seed has no interval


@pytest.mark.parametrize("command", ["evaluate", "figure", "bench"])
def test_only_training_commands_sweep(command, capsys):
    with pytest.raises(SystemExit) as exit_:
        cli.main([command, EXPERIMENT.name, "--sweep", "train.discount", ".8", ".9"])
    assert exit_.value.code == 2
    assert f"`--sweep` must follow train or reproduce, got {command}." in " ".join(capsys.readouterr().err.split())
