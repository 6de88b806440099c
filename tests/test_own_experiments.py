"""An experiment of one's own: trained, tested, drawn and swept by public names; settings replaced; what is shown."""

import math

import jax
import pandas as pd
import pytest

import prefrontal as pf
from prefrontal.experiments.records import changed_options

CONFIG = pf.ExperimentConfig(
    task=pf.BanditConfig(num_trials=6),
    agent=pf.RecurrentConfig(hidden_size=2),
    train=pf.TrainConfig(num_episodes=20),
    test=pf.TestConfig(num_episodes=5),
)


def measured(played):
    return {"last": played.reward[:, -1].mean(), "first": played.reward[:, 0].mean()}


def arms(**changes):
    return pf.own_experiment("arms", **{"config": CONFIG, "measure": measured, "seeds": [0, 1], **changes})


@pytest.fixture(scope="module")
def reproduced(tmp_path_factory):
    experiment = arms(claims={"last": (0.0, 1.0), "first": (2.0, math.inf), "reward per episode": (-math.inf, 6.0)})
    return experiment, *pf.reproduce(experiment, out=tmp_path_factory.mktemp("run") / "arms", report=False)


@pytest.mark.thorough
def test_it_is_trained_tested_and_drawn(reproduced, capsys):
    experiment, folder, results = reproduced
    table = pd.read_csv(folder / "measures.csv")
    assert table.columns.tolist() == ["seed", "last", "first", "reward per episode"]
    assert results["measures"]["last"]["per_seed"] == pytest.approx(table["last"].tolist())
    assert all(0 <= bound <= 1 for bound in results["measures"]["last"]["interval95"])  # it is a share
    assert {verdict["name"]: verdict["passed"] for verdict in results["verdicts"]} == {
        "last from 0 to 1": True,
        "first ≥ 2": False,
        "reward per episode ≤ 6": True,
    }
    assert results["comparable"]
    assert {path.name for path in folder.iterdir()} >= {"figure.png", "results.json", "learning.csv", "seed-001"}
    run = pf.load_run(folder, experiment=experiment)
    played = pf.evaluate(run.agents[0], experiment.task, _key(results["config"]["test"]["seed"], 0), num_episodes=5)
    assert float(played.reward[:, -1].mean()) == pytest.approx(table["last"][0])
    pf.reproduce(experiment, out=folder)
    assert "first ≥ 2" in capsys.readouterr().out


def _key(seed, network):
    return jax.random.fold_in(jax.random.key(seed), network)


def test_it_is_swept(tmp_path):
    table = pf.sweep(arms(), {"train.discount": [0.5, 0.9]}, seeds=[3], out=tmp_path)
    assert table.columns.tolist() == ["train.discount", "seed", "last", "first", "reward per episode", "run"]
    assert table["train.discount"].tolist() == [0.5, 0.9]
    figure = pf.plot_sweep(table, "last", x="train.discount", by="seed", title="Arms")
    assert [tick.get_text() for tick in figure.axes[0].get_xticklabels()] == ["0.5", "0.9"]
    with pytest.raises(pf.UserError, match="`x` must be a column, one of train"):
        pf.plot_sweep(table, "last", x="discount")
    with pytest.raises(pf.UserError, match=r"`settings` must hold values by option"):
        pf.sweep(arms(), {})
    with pytest.raises(pf.UserError, match=r"Did you mean train\.discount"):
        pf.sweep(arms(), {"train.discunt": [1.0]})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": "wang2018-two-step"}, "`name` must be a name of a folder, and none of the package's"),
        ({"name": "a/b"}, "`name` must be a name of a folder"),
        ({"claims": {"last": (0.9, 0.1)}}, r"`claims` must be ranges, lowest and highest, got \(0\.9, 0\.1\) for last"),
    ],
)
def test_what_is_no_experiment_is_refused(changes, message):
    arguments = {"config": CONFIG, "measure": measured, **changes}
    with pytest.raises(pf.UserError, match=message):
        pf.own_experiment(arguments.pop("name", "arms"), **arguments)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"measure": lambda played: played.reward.mean()}, "`measure` must return a number for each name"),
        ({"measure": lambda played: {"all": played.reward}}, "`measure` must return a number for each name"),
        ({"measure": lambda played: {"seed": 1.0}}, "`measure` must leave the name seed to the package"),
        (
            {"claims": {"lats": (0.0, 1.0)}},
            "`claims` must be on what is measured, last, first, reward per ep",
        ),
    ],
)
def test_what_cannot_be_measured_is_refused(reproduced, changes, message):
    with pytest.raises(pf.UserError, match=message):
        pf.evaluate_run(arms(**changes), out=reproduced[1])


def test_numbers_are_replaced():
    config = pf.find_experiment("wang2018-two-step").config
    other = pf.replace(config, {"train.discount": 0.8, "task.num-trials": 40}, hidden_size=8)
    assert (other.train.discount, other.task.num_trials, other.agent.hidden_size) == (0.8, 40, 8)
    assert config.train.discount == 0.9
    assert pf.replace(config.train, discount=0.5) == pf.replace(config, "train.discount", 0.5).train
    assert pf.replace(config, "agent", pf.RecurrentConfig(hidden_size=3)).agent.hidden_size == 3
    assert changed_options(pf.find_experiment("wang2018-two-step"), pf.replace(config, discount=0.8)) == [
        "--train.discount 0.8"
    ]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (("train.discuont", 0.8), "got none of that name. Did you mean train.discount?"),
        (("hiden_size", 8), "Did you mean agent.hidden_size?"),
        (("num_episodes", 8), "Say which: train.num_episodes or test.num_episodes."),
        (("xyz", 8), "There are: task, task.num_trials"),
        (("train.discount", "high"), "`train.discount` must be a number, got 'high'."),
        (("train.discount", 2.0), "`discount` must be a probability"),
        (("train.discount",), "`changes` must be a name with a value, or values by name"),
    ],
)
def test_what_cannot_be_replaced_is_refused(changes, message):
    with pytest.raises(pf.UserError) as refusal:
        pf.replace(pf.find_experiment("wang2018-two-step").config, *changes)
    assert message in str(refusal.value)


def test_what_is_printed_fits_a_screen(reproduced):
    told = repr(pf.find_experiment("wang2018-two-step"))
    assert told.splitlines()[0] == "Experiment wang2018-two-step"
    assert told.splitlines()[-1] == "  seeds  0-7"
    assert repr(reproduced[0]).splitlines() == [
        "Experiment arms",
        "  task   BanditConfig(num_trials=6)",
        "  agent  RecurrentConfig(hidden_size=2)",
        "  train  TrainConfig(num_episodes=20)",
        "  test   TestConfig(num_episodes=5)",
        "  seeds  0-1",
    ]
    estimates = pd.DataFrame({"subject": [0, 1], "stay": [0.9, 0.7], "shift": [0.5, 0.5]})
    sums = {"log_likelihood": -40.0, "num_parameters": 2, "aic": 84.0, "bic": 90.0, "converged": True}
    names = ("stay", "shift")
    fit = pf.Fit("win-stay-lose-shift", "map", pf.KnownTask(), names, {}, estimates.assign(**sums))
    assert repr(fit).splitlines()[0].startswith("win-stay-lose-shift fitted by map: 2 subjects, log-likelihood -")
    assert [line.split()[0] for line in repr(fit).splitlines()[2:4]] == ["stay", "shift"]
    assert "num_best" in repr(pf.compare_fits([fit]))
    episode = pf.rollout(
        reproduced[0].config.agent.make(reproduced[0].task, _key(0, 0)), reproduced[0].task, _key(0, 1)
    )
    assert repr(episode).startswith("Trajectory of 6 steps (time): observation (6,")
    assert "event: " in repr(episode)
    for shown in (told, repr(fit), repr(episode), repr(reproduced[0].config)):
        assert len(shown.splitlines()) <= 10
        assert len(shown) < 700


def test_what_there_is_is_told_by_topic():
    told = pf.__doc__.split("See `tests/test_examples.py`, where they run.")[1]
    names = told.replace(",", " ").split()
    assert set(pf.__all__) <= set(names)
    assert "\nFigures of your own results.\n" in told
