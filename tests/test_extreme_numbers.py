"""Numbers at the ends of what numbers can be, in every field of every config, and on the command line."""

import warnings
from collections import Counter

import jax
import numpy as np
import pytest
from extreme_numbers import EXTREMES, made, numbers, tried, within

import prefrontal as pf
from prefrontal import cli, devices
from prefrontal.errors import MOST, UserError


def test_no_number_of_a_config_ends_in_anything_but_a_sentence():
    faults = Counter[str]()
    seen = set()
    for _, _, config, name in numbers():
        if (type(config), name) in seen:
            continue
        seen.add((type(config), name))
        for value in EXTREMES:
            with within(5, faults, f"{type(config).__name__}.{name} = {value}"):
                tried(config, name, value)
    assert faults == {}
    assert len(seen) > 100


@pytest.mark.thorough
def test_what_is_accepted_can_be_made():
    faults, seen = Counter[str](), set()
    for experiment, part, config, name in numbers():
        if part not in ("task", "agent") or (type(config), name) in seen or "Pixels" in type(config).__name__:
            continue
        seen.add((type(config), name))
        for value in (1, MOST):
            changed = tried(config, name, float(value) if isinstance(getattr(config, name), float) else value)
            if changed is not None:
                with within(20, faults, f"{type(config).__name__}.{name} = {value}"):
                    made(experiment, part, changed)
    assert faults == {}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--train.num-episodes", "1000000000000"], "must be a whole number of at most 2,147,483,647, got 1e+12"),
        (["--task.num-trials", "2147483647"], "`num_steps` must be a whole number of at most 2,147,483,647"),
        (["--seeds", "4294967296"], "must be a whole number from 0 to 4294967295, got 4294967296"),
        (["--seeds", "-1"], "must be a whole number from 0"),
        (["--test.seed", "4294967296"], "must be a whole number from 0 to 4294967295"),
        (["--train.discount", "1.0000001"], "must be a probability from 0 to 1"),
        (["--train.discount", "nan"], "got nan"),
        (["--train.learning-rate", "-1"], "must be at least 0"),
        (["--train.max-gradient-norm", "0"], "must be above 0"),
        (["--train.unroll", "0"], "must be a whole number of at least 1"),
        (["--agent.hidden-size", "0"], "must be a whole number of at least 1"),
    ],
)
def test_the_command_line_refuses_in_a_sentence(arguments, message, tmp_path, capsys):
    with pytest.raises(SystemExit) as end:
        cli.main(["train", "wang2018-two-step", "--out", str(tmp_path / "run"), *arguments])
    assert (end.value.code, message in capsys.readouterr().err) == (2, True)
    assert not (tmp_path / "run").exists()


def test_a_million_units_are_refused_before_there_are_any(monkeypatch):
    task = pf.TwoStepConfig(num_trials=2).make()
    monkeypatch.setattr(devices, "memory", lambda: 2**34)
    with pytest.raises(UserError, match=r"memory, 16\.0 GB, got one whose training needs 14,\d+\.\d GB\."):
        pf.train_agents(task, pf.RecurrentConfig(hidden_size=1_000_000), pf.TrainConfig(num_episodes=2), seeds=[0])


def test_an_update_that_fits_no_memory_is_refused(monkeypatch):
    task = pf.TwoStepConfig(num_trials=10_000_000).make()
    with pytest.raises(
        UserError, match=r"whose every step is kept until the gradient is taken, which needs [\d,]+\.\d"
    ):
        pf.train_agents(task, pf.RecurrentConfig(hidden_size=1_000), pf.TrainConfig(num_episodes=1), seeds=[0])


@pytest.mark.parametrize(
    "numbers",
    [
        {"rms_decay": 1.0}, {"rms_decay": 0.0}, {"max_gradient_norm": 1e-300}, {"discount": 0.0}, {"discount": 1.0},
        {"learning_rate": 0.0}, {"num_episodes": 1}, {"unroll": 1},
    ],
    ids=str,
)  # fmt: skip
@pytest.mark.thorough
def test_what_is_at_an_end_and_allowed_trains(numbers):
    task = pf.TwoStepConfig(num_trials=1, common_probability=1.0).make()
    config = pf.TrainConfig(**{"num_episodes": 3, **numbers})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        trained = pf.train_agents(task, pf.RecurrentConfig(hidden_size=1), config, seeds=[2**32 - 1])
    agent = trained[0]
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(agent) if hasattr(leaf, "dtype"))
