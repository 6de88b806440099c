"""The networks that come with the package."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

import prefrontal
from prefrontal import cli
from prefrontal.errors import UserError
from prefrontal.experiments import find_experiment
from prefrontal.experiments.studies import study_of
from prefrontal.experiments.workflow import evaluate_run
from prefrontal.learning.trained import load_agents
from prefrontal.runs.folder import RunFolder
from prefrontal.runs.shipped import SHIPPED, shipped_folder, shipped_names, shipped_results, shipped_seeds

NAME = "wang2018-two-step"


@pytest.mark.parametrize("name", shipped_names())
def test_a_set_is_whole_and_of_the_preset_as_it_is_now(name):
    experiment = find_experiment(name)
    results = {"chosen": {"": [{"variant": path.name} for path in shipped_folder(name).iterdir() if path.is_dir()]}}
    variants = experiment.variants(experiment.config)
    for variant in study_of(experiment).kept(experiment.config, results):
        config = variants[variant]
        run = RunFolder.open(shipped_folder(name) / variant, name, config.training)
        assert tuple(run.seeds()) == shipped_seeds(name)
        agents = load_agents(run, config.task.make(), config.agent, run.seeds())
        assert len(agents) == len(run.seeds())
        for seed in run.seeds():
            curve = run.seed(seed).learning_curve()
            assert np.isfinite(curve.reward).all()
            # Whole blocks only: less than a block of the training's end may be missing.
            assert config.train.num_episodes - curve.episode[0] < curve.episode[-1] <= config.train.num_episodes


@pytest.mark.parametrize("name", shipped_names())
def test_a_card_tells_what_it_is_and_is_small(name):
    card = (shipped_folder(name) / "README.md").read_text()
    assert f"# Networks of `{name}`" in card
    assert f"prefrontal evaluate {name} --pretrained" in card
    assert "| measured |" in card
    assert max(path.stat().st_size for path in shipped_folder(name).rglob("*")) < 2**20
    assert not any(path.suffix in (".pkl", ".npy") for path in SHIPPED.rglob("*"))


def test_the_networks_of_the_two_step_task_do_what_their_card_says(tmp_path, capsys):
    cli.main(["reproduce", NAME, "--pretrained", "--test.num-episodes", "100", "--out", str(tmp_path)])
    results = json.loads((tmp_path / "results.json").read_text())
    assert results["seeds"] == list(range(8))
    # An episode's reward has a standard deviation of about 5; the mean of 800 is known to .2.
    told = shipped_results(NAME)["reward_per_episode"]["mean"]
    assert told == pytest.approx(69.3, abs=0.3)
    assert results["reward_per_episode"]["mean"] == pytest.approx(told, abs=4 * 5 / math.sqrt(800))
    assert all(verdict["passed"] for verdict in results["verdicts"])
    assert (tmp_path / "figure.png").exists()
    assert f"Files: {tmp_path}" in capsys.readouterr().out
    assert not (shipped_folder(NAME) / "results.json").exists()


@pytest.mark.thorough
def test_of_the_bandits_the_best_of_each_distribution_come(tmp_path, monkeypatch):
    monkeypatch.setattr("prefrontal.experiments.studies.bandits.NUM_BASELINE_EPISODES", 40)  # of what is not held here
    experiment = find_experiment("wang2016-bandits")
    there = sorted(path.name for path in shipped_folder(experiment.name).iterdir() if path.is_dir())
    per_distribution = {
        arms: sum(name.startswith(f"{arms}-") for name in there) for arms in experiment.criteria.settings
    }
    assert per_distribution == dict.fromkeys(experiment.criteria.settings, experiment.criteria.num_best)
    agent = prefrontal.load_pretrained(experiment.name, variant=there[0])
    assert agent.policy.shape == (48, 2)
    short = replace(experiment.config, test=replace(experiment.config.test, num_episodes=20))
    _, results = evaluate_run(experiment, short, [0], tmp_path, pretrained=True)
    assert sorted(one["variant"] for chosen in results["chosen"].values() for one in chosen) == there


def test_a_network_is_loaded_by_name_and_seed():
    agent = prefrontal.load_pretrained(NAME, seed=3)
    weights, _ = RunFolder.read(shipped_folder(NAME)).seed(3).load_weights()
    np.testing.assert_array_equal(agent.cell.kernel, weights["kernel"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": NAME, "seed": 99}, "`seed` must be one of 0, 1, 2, 3, 4, 5, 6, 7, got 99."),
        ({"name": NAME, "variant": "x"}, "`variant` must be one of '', got 'x'."),
        ({"name": "nothing"}, "`experiment` must be one of "),
    ],
)
def test_a_network_that_does_not_come_is_refused(arguments, message):
    with pytest.raises(UserError) as refusal:
        prefrontal.load_pretrained(**arguments)
    assert str(refusal.value).startswith(message)


def test_a_set_that_does_not_come_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr("prefrontal.runs.shipped.SHIPPED", tmp_path)
    with pytest.raises(UserError, match=rf"`--pretrained` must go with .* got {NAME}. Train it instead: prefrontal"):
        shipped_folder(NAME)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["evaluate", NAME, "--pretrained", "--agent.hidden-size", "4"],
            "`--pretrained` must go with the preset's own",
        ),
        (["train", NAME, "--pretrained"], "`--pretrained` must go with evaluate, figure or reproduce, got train."),
    ],
)
def test_what_pretrained_does_not_go_with_is_refused(arguments, message, capsys):
    with pytest.raises(SystemExit) as end:
        cli.main(arguments)
    assert end.value.code == 2
    assert message in " ".join(capsys.readouterr().err.split())


def test_seeds_that_do_not_come_are_refused(tmp_path):
    experiment = find_experiment(NAME)
    with pytest.raises(
        UserError, match=r"^`seeds` must be of the networks of .* that come with the package, 0, .*, got 99\."
    ):
        evaluate_run(experiment, experiment.config, [99], tmp_path / "out", pretrained=True)
    assert not (shipped_folder(NAME) / "seed-099").exists()
    assert not (tmp_path / "out").exists()


def test_the_folder_of_a_run_is_sent_where_it_is_loaded(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(UserError, match=r"got the folder of a run, .*\. Load its own: load_run\(.*\)\.agents\."):
        prefrontal.load_pretrained(str(tmp_path))
