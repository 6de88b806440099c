"""A fitted network is an agent: read again it is itself, it plays, it is lesioned, and it is checked as models are."""

import contextlib
import io
import json
from dataclasses import replace
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest

import prefrontal as pf
from prefrontal import cli
from prefrontal.errors import UserError

NETWORKS = jax.vmap(lambda key: pf.TwoStepNetwork("gru", 2, key=key))(jax.random.split(jax.random.key(0), 3))
TASK = pf.TwoStepConfig(num_trials=30)


def refused(*arguments: str | Path) -> str:
    told = io.StringIO()
    with contextlib.redirect_stderr(told), pytest.raises(SystemExit) as end:
        cli.main(list(map(str, arguments)))
    assert end.value.code == 2
    return told.getvalue()


@pytest.mark.parametrize(
    "cell", ["sgru", *(pytest.param(cell, marks=pytest.mark.thorough) for cell in ("gru", "lstm", "rnn"))]
)
def test_a_network_is_told_from_its_file(cell, tmp_path: Path) -> None:
    two_step = pf.TwoStepNetworkAgent(pf.TwoStepNetwork(cell, 3, second_options=2, key=jax.random.key(1)), "stage")
    bandit = pf.BanditNetworkAgent(pf.BanditNetwork(cell, 2, num_arms=4, scale=3.0, key=jax.random.key(1)))
    for name, agent in {"two-step": two_step, "bandit": bandit}.items():
        path = pf.save_agent(agent, tmp_path / f"{name}.safetensors")
        assert eqx.tree_equal(pf.load_network(path), agent)


def test_another_agent_is_none_of_these(tmp_path: Path) -> None:
    agent = pf.RecurrentConfig(hidden_size=2).make(TASK.make(), jax.random.key(0))
    path = pf.save_agent(agent, tmp_path / "agent.safetensors")
    with pytest.raises(UserError, match=r"^`path` must hold a network that was fitted to choices, got .* RecurrentAge"):
        pf.load_network(path)


@pytest.mark.thorough
def test_each_network_plays_as_one_subject_by_its_own_probabilities() -> None:
    """One that always takes choice 1, one that never does; and with its units silenced, either at chance."""
    eager = eqx.tree_at(lambda n: (n.first, n.first_bias), NETWORKS, (0 * NETWORKS.first, jnp.array([50.0, -50, 0])))
    table = pf.simulate_networks(eager, TASK, num_sessions=2)
    assert table.groupby("subject")["choice"].mean().tolist()[:2] == [1, 0]
    assert table.groupby(["subject", "session"]).size().tolist() == [30] * 6
    strong = eqx.tree_at(lambda n: n.first, NETWORKS, 1e3 * NETWORKS.first)
    whole, lesioned = (pf.simulate_networks(strong, TASK, silence=silence) for silence in ((), (0, 1)))
    assert not whole["choice"].equals(lesioned["choice"])
    assert whole["better_state"].equals(lesioned["better_state"])
    assert 0.2 < lesioned["choice"].mean() < 0.8
    with pytest.raises(UserError, match=r"^`config` must ask for second-stage choices where the networks"):
        pf.simulate_networks(NETWORKS, pf.DawTwoStepConfig(num_trials=5))


@pytest.mark.thorough
def test_networks_are_checked_as_models_are() -> None:
    """Networks without a preference behave like people without one, and not like people who always stay."""
    table = pf.simulate("biased-random", pf.TwoStepConfig(num_trials=60), {"bias": np.zeros(4)}, seed=3)
    quick = pf.NetworkRecipe(num_steps=2)
    fit = pf.fit_networks(table, "gru-1", num_outer=0, num_inner=2, num_seeds=1, sharing="one", recipe=quick)["gru-1"]
    fit = replace(fit, networks=eqx.tree_at(lambda n: n.first, fit.networks, 0 * fit.networks.first))
    check = pf.check_fit(table, fit, num_simulations=3)
    assert check.model == "gru-1"
    assert check.table.loc[("stay", "common_rewarded"), "simulated"] == pytest.approx(0.5, abs=0.15)
    with pytest.raises(UserError, match=r"^`table` must hold the subjects who were fitted"):
        pf.check_fit(table[table["subject"] > 0], fit)
    model = pf.fit_model(table, "biased-random", num_starts=2)  # neither knows of the task that both are to play
    known = pf.KnownTask(common_probability=0.9)
    tasks = [pf.check_fit(table, one, task=known, num_simulations=3).task for one in (fit, model)]
    assert tasks == [pf.TwoStepConfig(num_trials=60, common_probability=0.9)] * 2


def test_networks_play_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    for place in range(2):
        network = jax.tree.map(lambda leaf, place=place: leaf[place], NETWORKS)
        pf.save_agent(pf.TwoStepNetworkAgent(network, "stage"), tmp_path / "gru-2" / f"{place:04d}.safetensors")
    out = tmp_path / "played.csv"
    cli.main(["simulate", str(tmp_path / "gru-2"), "--num-trials", "15", "--silence", "1", "--out", str(out)])
    assert "30 in all, of 2 networks" in capsys.readouterr().out
    assert pd.read_csv(out)["subject"].nunique() == 2
    again = tmp_path / "again.csv"
    assert "`parameters` must be for a model" in refused("simulate", tmp_path / "gru-2", "--parameters", "weight=1")
    assert "`num_subjects` must be for a model" in refused("simulate", tmp_path / "gru-2", "--num-subjects", "3")
    assert "which holds none" in refused("simulate", tmp_path, "--out", again)
    assert "`silence` must be for fitted networks" in refused("simulate", "hybrid", "--silence", "0", "--out", again)
    assert "`units` must be numbers from 0 to 1" in refused(
        "simulate", tmp_path / "gru-2", "--silence", "5", "--out", again
    )
    assert "`form` must ask for second-stage choices" in refused(
        "simulate", tmp_path / "gru-2", "--form", "daw", "--out", again
    )
    bandit = pf.BanditNetworkAgent(pf.BanditNetwork("gru", 1, key=jax.random.key(0)))
    path = pf.save_agent(bandit, tmp_path / "bandit.safetensors")
    assert "which are of a bandit" in refused("simulate", path, "--out", again)
    assert "or a folder or file of fitted networks, got gru-9" in refused("simulate", "gru-9")


def test_a_teacher_is_a_network_among_networks(tmp_path: Path) -> None:
    pf.write_table(tmp_path / "mine.csv", pf.simulate_networks(NETWORKS, pf.TwoStepConfig(num_trials=4)))
    asked = ["fit", tmp_path / "mine.csv", "--out", tmp_path / "fit"]
    for given in (["--models", "hybrid", "--teacher", "gru-9"], ["--models", "gru-1", "--teacher", "hybrid"]):
        assert "`teacher` must be a network that others among the models learn from" in refused(*asked, *given)


@pytest.mark.thorough
def test_a_network_teaches_others_from_the_command_line(tmp_path: Path) -> None:
    pf.write_table(tmp_path / "mine.csv", pf.simulate_networks(NETWORKS, pf.TwoStepConfig(num_trials=20)))
    asked = ["--models", "rnn-1", "--teacher", "rnn-2", "--num-folds", "2", "--num-simulations", "0"]
    cli.main(["fit", str(tmp_path / "mine.csv"), *asked, "--out", str(tmp_path / "fit")])
    held_out = pd.read_csv(tmp_path / "fit" / "held-out.csv")
    assert held_out.groupby("model").size().to_dict() == {"rnn-1": 6, "rnn-2": 6}
    record = json.loads((tmp_path / "fit" / "held-out.json").read_text())
    assert record["sharing"] == {"rnn-2": "one", "rnn-1": "alone"}
