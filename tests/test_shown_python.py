"""Every block of Python that a page shows runs as it stands there, but for the length of training."""

import re
import sys
from pathlib import Path

import jax
import numpy as np
import pandas as pd
import pytest
from shown_blocks import PAGES, blocks, commands, name_of

import prefrontal as pf
from prefrontal import cli

ELSEWHERE = {"README.md": "test_readme.py", "docs/own.md": "test_own_docs.py"}
"""Pages whose blocks other tests run, and hold to what they print."""
HERE = {
    "docs/activity.md": 2,
    "docs/analyses.md": 1,
    "docs/environments.md": 6,
    "docs/episodic.md": 1,
    "docs/interventions.md": 1,
    "docs/networks-on-behaviour.md": 2,
    "docs/runs.md": 1,
    "docs/tutorial-engineer.md": 4,
}
"""How many blocks the tests below run of each page."""
TASK = pf.CuedBanditConfig(context_size=20)


def run(name, *, variables=None, first=0, last=None):
    """The blocks of a page, one after the other, in little time; and what they leave."""
    variables = {} if variables is None else variables
    for code in blocks(name)[first:last]:
        short = re.sub(r"num_episodes=[\d_]{3,}", "num_episodes=20", code)
        short = short.replace('["gru-1", "gru-2", "gru-4"]', '["gru-2"]')
        short = re.sub(r"num_epochs=\d+", "num_epochs=1", short)
        exec(re.sub(r"seeds=range\(\d+\)", "seeds=[0]", short), variables)
    return variables


def test_every_block_is_run_by_a_test():
    shown = {name_of(page): len(blocks(name_of(page))) for page in PAGES}
    assert {name: number for name, number in shown.items() if number and name not in ELSEWHERE} == HERE
    for test in ELSEWHERE.values():
        assert Path(__file__).with_name(test).exists()


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])


def test_a_table_of_ones_own(capsys):
    rows = {
        "ppt": ["ann"] * 4,
        "resp": ["left", "right", -1, "right"],
        "state": [0, 1, 1, 1],
        "reward": [1, 0, 0, 1],
        "latency": [500] * 4,
    }
    pd.DataFrame(rows).to_csv("study.csv", index=False)
    table = run("docs/analyses.md")["table"]
    assert table["missed"].tolist() == [False, False, True, False]
    assert table["rt"].iloc[0] == 0.5
    assert "1 subject, 4 trials, 1 missed" in capsys.readouterr().out


@pytest.mark.thorough
def test_activity_is_read_where_a_run_has_left_it(capsys):
    cli.main(["evaluate", "wang2018-two-step-rpe", "--pretrained", "--episodes", "2"])
    run("docs/activity.md", first=1)
    assert "Coordinates:\n    seed     int64 8B 3\n" in capsys.readouterr().out


@pytest.mark.thorough
def test_environments_of_gymnasium_and_a_network_handed_out(capsys):
    pytest.importorskip("gymnasium", reason="gymnasium is not installed: pip install 'prefrontal[gymnasium]'.")
    run("docs/environments.md", last=2)
    assert "common_rewarded" in capsys.readouterr().out
    assert run("docs/environments.md", first=4)["action"] in (0, 1, 2)
    sys.modules.pop("policy")


@pytest.mark.thorough
def test_environments_of_gymnax():
    pytest.importorskip("gymnax", reason="gymnax is not installed: pip install 'prefrontal[gymnax]'.")
    assert run("docs/environments.md", first=2, last=4)["agents"].metrics["reward"].shape == (1, 20)


@pytest.mark.thorough
def test_episodes_that_are_remembered():
    given = {"pf": pf, "jax": jax, "task": TASK.make()}
    assert run("docs/episodic.md", variables=given)["played"].reward.shape[:2] == (1, 20)


@pytest.mark.thorough
def test_a_network_is_lesioned(capsys):
    run("docs/interventions.md")
    assert float(capsys.readouterr().out) < 74


@pytest.mark.thorough
def test_networks_are_fitted_to_a_table(capsys):
    people = {"weight": [0.2, 0.8], "inverse_temperature": [3.0] * 2}
    table = pf.simulate("hybrid", pf.TwoStepConfig(num_trials=30), {name: np.array(people[name]) for name in people})
    given = {"pf": pf, "pd": pd, "jax": jax, "table": table}
    assert list(run("docs/networks-on-behaviour.md", variables=given)["fits"]) == ["gru-2"]
    assert "latent-state" in capsys.readouterr().out


@pytest.mark.thorough
def test_a_run_is_loaded():
    experiment = pf.find_experiment("wang2018-two-step")
    config = pf.replace(experiment.config, {"train.num_episodes": 20, "task.num_trials": 20})
    pf.train_run(experiment, config, seeds=[0], out=Path("runs/wang2018-two-step/forgetful"), snapshot_every=10)
    assert run("docs/runs.md", variables={"pf": pf, "jax": jax})["run"].config == config
    assert Path("learning.png").exists()


@pytest.mark.thorough
def test_the_tutorial_for_an_engineer(capsys):
    run("docs/tutorial-engineer.md")
    told = capsys.readouterr().out
    assert re.search(r"^planner: \d\d\.\d of 100; \{'common_rewarded'", told, re.MULTILINE)
    assert Path("learning.png").exists()


@pytest.mark.thorough
def test_the_tutorial_for_a_psychologist(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    example, analyse, fit, recover, _ = (
        line.words()[1:] for line in commands() if line.page == "docs/tutorial-psychologist.md"
    )
    cli.main(example)
    cli.main(analyse)
    told = capsys.readouterr().out
    shown = (Path(__file__).parents[1] / "docs" / "tutorial-psychologist.md").read_text(encoding="utf-8")
    rows = re.findall(r"^ {6}(stay, .*)$", shown, re.MULTILINE)
    assert len(rows) == 4
    for row in rows:
        assert row in told
    cli.main([*fit, "--num-starts", "2"])
    assert re.search(r" hybrid +6 .* 11 ", capsys.readouterr().out)
    cli.main([*recover, "--num-starts", "2"])
    assert re.search(r"^ weight +\.?\d", capsys.readouterr().out, re.MULTILINE)
