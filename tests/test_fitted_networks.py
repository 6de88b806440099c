"""Networks fitted to behaviour: they predict what they would choose, learn nothing of what is held out, and are scored
as cognitive models are."""

import os
import subprocess
import sys
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest

import prefrontal as pf
from prefrontal.configs.models import KnownTask
from prefrontal.errors import UserError
from prefrontal.fitting.choices import batch_of
from prefrontal.fitting.folds import make_folds
from prefrontal.fitting.likelihood import session_log_likelihood, trial_log_likelihoods, trial_log_probabilities
from prefrontal.fitting.networks.lanes import replay, trials_of
from prefrontal.fitting.networks.naming import network_kind
from prefrontal.fitting.networks.nested import inner_folds
from prefrontal.fitting.networks.scoring import num_variables
from prefrontal.fitting.networks.training import log_likelihoods

QUICK = pf.NetworkRecipe(num_steps=12)
NETWORK = pf.TwoStepNetwork("gru", 2, second_options=2, key=jax.random.key(3))


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    config = pf.TwoStepConfig(num_trials=40)
    return pf.simulate("model-based", config, {"inverse_temperature": np.full(3, 5.0)}, seed=2)


@pytest.fixture(scope="module")
def fit(table: pd.DataFrame) -> pf.NetworkFit:
    return pf.fit_networks(table, "gru-1", sharing="alone", num_outer=2, num_inner=2, num_seeds=2, recipe=QUICK)[
        "gru-1"
    ]


@pytest.mark.parametrize(
    "cell", ["lstm", *(pytest.param(cell, marks=pytest.mark.thorough) for cell in ("gru", "rnn", "sgru"))]
)
def test_a_network_plays_by_the_probabilities_that_it_is_fitted_with(cell: str) -> None:
    network = pf.TwoStepNetwork(cell, 2, second_options=2, key=jax.random.key(0))  # pyright: ignore[reportArgumentType]
    task = pf.DawTwoStepConfig(num_trials=12).make()
    played = eqx.filter_jit(pf.evaluate)(
        pf.TwoStepNetworkAgent(network, "stage"), task, jax.random.key(1), num_episodes=2
    )
    sessions = batch_of(pf.trial_table(played.event)).choices
    first, second = jax.vmap(trial_log_probabilities, (None, 0))(network, jax.tree.map(lambda x: x[0], sessions))
    policy = jax.nn.log_softmax(played.logits)
    assert np.allclose(policy[:, ::2], first, atol=1e-5)
    assert np.allclose(policy[:, 1::2], second, atol=1e-5)


@pytest.mark.thorough
def test_a_lesion_acts_on_the_units() -> None:
    task = pf.TwoStepConfig(num_trials=6).make()
    agent = pf.TwoStepNetworkAgent(pf.TwoStepNetwork("lstm", 3, key=jax.random.key(0)), "fixation")
    lesioned = pf.rollout(pf.silenced(agent, [0, 2]), task, jax.random.key(0)).activity
    assert not np.asarray(lesioned)[:, [0, 2]].any()
    assert np.asarray(lesioned)[:, 1].any()


@pytest.mark.thorough
def test_missed_trials_are_passed_over_and_not_closed_up() -> None:
    config = pf.DawTwoStepConfig(num_trials=20)
    table = pf.simulate("hybrid", config, {"weight": np.array([0.5])}, seed=1)
    missed = table.assign(missed=table["trial"].eq(7), choice=table["choice"].where(table["trial"].ne(7), 0))
    without = table[table["trial"].ne(7)]
    all_but_one, gone = (batch_of(one).choices for one in (missed, without))
    whole, closed = (np.asarray(log_likelihoods(NETWORK, one))[0, 0] for one in (all_but_one, gone))
    assert whole[7] == 0
    assert np.allclose(np.delete(whole, 7), closed, atol=1e-5)
    assert len(whole) == 20


@pytest.mark.parametrize(
    "cell", ["lstm", "sgru", *(pytest.param(cell, marks=pytest.mark.thorough) for cell in ("gru", "rnn"))]
)
def test_many_networks_at_once_are_replayed_as_each_alone(cell: str) -> None:
    """With missed trials, second choices, sessions of unlike length in two parts, and two networks that watch other
    trials than they learn from."""
    daw = pf.simulate("hybrid", pf.DawTwoStepConfig(num_trials=15), {"weight": np.full(3, 0.5)}, seed=1)
    daw = daw.assign(missed=daw["trial"].eq(4))[(daw["subject"] != 1) | (daw["trial"] < 9)]
    sessions = jax.tree.map(lambda leaf: leaf[:, 0], batch_of(daw).choices)
    keys = jax.random.split(jax.random.key(5), 2)
    networks = jax.vmap(lambda key: pf.TwoStepNetwork(cell, 3, second_options=2, key=key))(keys)  # pyright: ignore
    each = np.asarray(jax.vmap(jax.vmap(trial_log_likelihoods, (None, 0)), (0, None))(networks, sessions))
    fitted = (np.arange(15)[:, None] % 3 == np.array([0, 1])) & np.ones((3, 1, 1), bool)
    counts = np.asarray(sessions.counts)[..., None]
    last = jax.tree.map(lambda leaf: jnp.moveaxis(leaf, 0, -1), networks)
    parts = trials_of(sessions, fitted & counts, ~fitted & counts, None, last, num_parts=2)
    replayed = [replay(last, jax.tree.map(lambda leaf, part=part: leaf[part, 0], parts)) for part in range(2)]
    learned, watched = (sum(found) for found in zip(*replayed, strict=True))
    mine = np.moveaxis(fitted, -1, 0)
    assert np.allclose(learned, (each * mine).sum((1, 2)), atol=1e-4)
    assert np.allclose(watched, (each * ~mine).sum((1, 2)), atol=1e-4)


@pytest.mark.thorough
def test_the_likelihood_is_that_of_cognitive_models() -> None:
    table = pf.simulate("hybrid", pf.DawTwoStepConfig(num_trials=9), {"weight": np.array([0.5])}, seed=1)
    choices = batch_of(table).choices
    one = jax.tree.map(lambda leaf: leaf[0, 0], choices)
    assert float(session_log_likelihood(NETWORK, one)) == pytest.approx(float(log_likelihoods(NETWORK, choices).sum()))


def test_inner_folds_leave_the_outer_one_out(table: pd.DataFrame) -> None:
    folds = make_folds(batch_of(table), num_folds=4)
    for outer in range(4):
        inner = inner_folds(folds, outer, 3)
        assert (inner[folds.held_out(outer)] == -1).all()
        assert set(inner[folds.fitted(outer)]) == {0, 1, 2}
    assert (inner_folds(folds, folds.num, 3) >= 0).all()


@pytest.mark.thorough
def test_the_table_has_a_row_for_everybody_and_every_fold(fit: pf.NetworkFit, table: pd.DataFrame) -> None:
    assert fit.table[["subject", "fold"]].to_numpy().tolist() == [[s, f] for s in range(3) for f in range(2)]
    assert fit.table["num_choices"].sum() == len(table)
    assert np.allclose(np.log(fit.table["normalised_likelihood"]), fit.table["nats"])
    assert fit.table["num_steps"].between(0, QUICK.num_steps - 1).all()


def test_what_is_held_out_is_scored_by_a_network_that_did_not_learn_from_it(fit: pf.NetworkFit, table: pd.DataFrame):
    likelihood = np.asarray(
        log_likelihoods(jax.tree.map(lambda leaf: jnp.asarray(leaf[1, 0]), fit.by_fold), batch_of(table).choices)
    )
    held = fit.folds.held_out(0)[1]
    assert fit.table["log_likelihood"][2] == pytest.approx(likelihood[1][held].sum(), abs=1e-4)


@pytest.mark.thorough
def test_subjects_do_not_know_each_other(fit: pf.NetworkFit, table: pd.DataFrame) -> None:
    alone = pf.fit_networks(
        table[table["subject"] == 1], "gru-1", sharing="alone", num_outer=2, num_inner=2, num_seeds=2, recipe=QUICK
    )["gru-1"]
    among = fit.table[fit.table["subject"] == 1]
    assert np.allclose(alone.table["log_likelihood"], among["log_likelihood"], atol=1e-3)
    assert alone.table["num_steps"].tolist() == among["num_steps"].tolist()


@pytest.mark.thorough
def test_one_device_finds_what_several_do(table: pd.DataFrame, tmp_path: Path) -> None:
    """In a process of its own, whose JAX has one device; the group's networks, and everybody's."""
    kept, found = tmp_path / "table.csv", tmp_path / "found.csv"
    table.to_csv(kept, index=False)
    options = "num_outer=2, num_inner=2, num_seeds=2, recipe=pf.NetworkRecipe(num_steps=12)"
    code = f"""
import jax, pandas as pd, prefrontal as pf
assert jax.local_device_count() == 1
pf.fit_networks(pd.read_csv({str(kept)!r}), "gru-1", {options})["gru-1"].table.to_csv({str(found)!r})
"""
    subprocess.run([sys.executable, "-c", code], check=True, env=os.environ | {"JAX_NUM_CPU_DEVICES": "1"})
    assert jax.local_device_count() > 1
    here = pf.fit_networks(table, "gru-1", num_outer=2, num_inner=2, num_seeds=2, recipe=QUICK)["gru-1"].table
    serial = pd.read_csv(found)
    assert np.allclose(here["log_likelihood"], serial["log_likelihood"], atol=1e-3)
    assert here["num_steps"].tolist() == serial["num_steps"].tolist()


@pytest.mark.thorough
@pytest.mark.parametrize("sharing", ["group", "one"])
def test_a_group_shares(table: pd.DataFrame, sharing: str) -> None:
    found = pf.fit_networks(
        table,
        "rnn-1",
        sharing=sharing,
        num_outer=2,
        num_inner=2,
        num_seeds=1,
        recipe=QUICK,  # pyright: ignore
    )["rnn-1"]
    kernels = np.asarray(found.networks.cell.kernel)
    assert (kernels == kernels[:1]).all() == (sharing == "one")


@pytest.mark.thorough
def test_a_network_teaches_a_smaller_one(fit: pf.NetworkFit, table: pd.DataFrame) -> None:
    options = {"num_outer": 2, "num_inner": 2, "num_seeds": 1, "recipe": QUICK}
    student = pf.fit_networks(table, "rnn-1", teacher=fit, **options)["rnn-1"]  # pyright: ignore[reportArgumentType]
    assert student.table["nats"].lt(0).all()
    with pytest.raises(UserError, match=r"^`teacher` must be fitted to the same table with the same folds"):
        pf.fit_networks(table, "rnn-1", teacher=fit, num_outer=3, num_inner=2, recipe=QUICK)


@pytest.mark.parametrize(
    "changed",
    [
        lambda table: table.assign(reward=1 - table["reward"]),
        lambda table: table.assign(choice=1 - table["choice"], common=~table["common"]),
        lambda table: table.assign(subject=table["subject"] + 1),
    ],
)
def test_a_teacher_of_another_table_of_the_same_shape_is_refused(fit: pf.NetworkFit, table: pd.DataFrame, changed):
    with pytest.raises(UserError, match=r"^`teacher` must be fitted to the same table with the same folds"):
        pf.fit_networks(changed(table), "rnn-1", teacher=fit, num_outer=2, num_inner=2, recipe=QUICK)


def test_a_fitted_network_is_kept(fit: pf.NetworkFit, tmp_path) -> None:
    path = pf.save_agent(fit.agent(2, "trial"), tmp_path / "agent.safetensors")
    like = pf.TwoStepNetworkAgent(pf.TwoStepNetwork("gru", 1, key=jax.random.key(0)), "trial")
    assert eqx.tree_equal(pf.load_agent(path, like=like), fit.agent(2, "trial"))


@pytest.mark.thorough
def test_models_are_scored_without_what_is_held_out(table: pd.DataFrame) -> None:
    scores = pf.score_models(table, "biased-random", num_outer=2, num_starts=2)
    own = table[table["subject"] == 0]["choice"].to_numpy()
    learned, held = own[20:], own[:20]
    bias = np.linspace(-6, 6, 20_001)
    posterior = learned.sum() * -np.log1p(np.exp(-bias)) - (1 - learned).sum() * np.log1p(np.exp(bias)) - bias**2 / 2
    best = 1 / (1 + np.exp(-bias[posterior.argmax()]))
    expected = np.log(np.where(held == 1, best, 1 - best)).sum()
    assert scores["log_likelihood"][0] == pytest.approx(expected, abs=0.02)


@pytest.mark.thorough
def test_what_is_fixed_is_held_where_models_are_scored(table: pd.DataFrame) -> None:
    """With stay at a half, the most probable shift is that of counts; a model without a `stay` is fitted as ever."""
    names = ["win-stay-lose-shift", "biased-random"]
    scores = pf.score_models(table, names, fixed={"stay": 0.5}, num_outer=2, num_starts=2)
    free = pf.score_models(table, names, num_outer=2, num_starts=2)
    held, not_held = (one[one["model"] == names[0]]["log_likelihood"].to_numpy() for one in (scores, free))
    assert np.abs(held - not_held).max() > 0.5
    assert scores[scores["model"] == names[1]].equals(free[free["model"] == names[1]])
    own = table[table["subject"] == 0]
    choice, reward = own["choice"].to_numpy(), own["reward"].to_numpy()
    lost, left = reward[:-1] == 0, choice[1:] != choice[:-1]  # of trials 1 to 39
    learned = np.arange(1, 40) >= 20
    shift = (np.sum(left & lost & learned) + 0.1) / (np.sum(lost & learned) + 0.2)
    probability = np.where(lost, np.where(left, shift, 1 - shift), 0.5)[~learned]
    assert held[0] == pytest.approx(np.log(0.5) + np.log(probability).sum(), abs=1e-3)
    with pytest.raises(UserError, match=r"^`fixed` must name a free parameter of a model, got weight\."):
        pf.score_models(table, names, fixed={"weight": 1.0})


@pytest.mark.thorough
def test_people_are_held_out_with_the_parameters_of_the_others(table: pd.DataFrame) -> None:
    """The bias of everybody else together, by the closed form of a normal prior on the log odds."""
    scores = pf.score_models(table, "biased-random", over="people", num_outer=3, num_starts=2)
    assert scores["fold"].nunique() == len(scores) == 3
    for row in scores.itertuples():
        learned = table.loc[table["subject"] != row.subject, "choice"].to_numpy()
        held = table.loc[table["subject"] == row.subject, "choice"].to_numpy()
        bias = np.linspace(-6, 6, 20_001)
        ones, zeros = learned.sum(), (1 - learned).sum()
        best = bias[np.argmax(-ones * np.log1p(np.exp(-bias)) - zeros * np.log1p(np.exp(bias)) - bias**2 / 2)]
        expected = np.log(1 / (1 + np.exp(np.where(held == 1, -best, best)))).sum()
        assert row.log_likelihood == pytest.approx(expected, abs=0.02)


def test_what_is_carried_from_trial_to_trial_is_counted() -> None:
    """By hand: choice and outcome of the last trial; two values, two more and a choice; with second-stage options the
    four values of these, in the place of those of their states."""
    plain, daw = KnownTask(), KnownTask(second_choices=True)
    assert [num_variables("win-stay-lose-shift", task) for task in (plain, daw)] == [2, 6]
    assert [num_variables("hybrid", task) for task in (plain, daw)] == [5, 7]
    assert [num_variables("biased-random", task) for task in (plain, daw)] == [0, 4]
    assert num_variables("lstm-2", plain) == 4


def test_what_is_held_out_is_compared_by_subject() -> None:
    rows = pd.DataFrame(
        {
            "model": ["gru-1"] * 2 + ["hybrid"] * 2,
            "subject": [0, 1] * 2,
            "log_likelihood": [-5.0, -6, -4, -7],
            "num_choices": 10,
        }
    )
    compared = pf.compare_held_out(rows, second_choices=True)
    assert compared["nats"].tolist() == pytest.approx([-0.55, -0.55])
    assert compared.loc["gru-1", "num_variables"] == 1
    assert compared["num_best"].tolist() == [1, 1]
    with pytest.raises(UserError, match=r"^`rows` must be of the same held-out choices"):
        pf.compare_held_out(rows.assign(num_choices=[10, 10, 10, 9]))


def test_a_portrait_tells_how_the_preference_moves(table: pd.DataFrame) -> None:
    one = table[table["subject"] == 0]
    portrait = pf.phase_portrait(pf.TwoStepNetwork("gru", 1, key=jax.random.key(0)), one)
    assert len(portrait) == len(one) - 1
    assert np.allclose(portrait["log_odds"].diff()[1:], portrait["change"][:-1], atol=1e-5)
    with pytest.raises(UserError, match=r"^`table` must be of one subject, got 3\."):
        pf.phase_portrait(pf.Hybrid(), table)


@pytest.mark.thorough
def test_two_units_flow_to_their_fixed_points(table: pd.DataFrame) -> None:
    network = pf.TwoStepNetwork("gru", 2, key=jax.random.key(0))
    points = pf.trial_fixed_points(network)
    rest = points[points["stability"] == "attractor"].iloc[0]
    kind = jnp.eye(8)[int(4 * rest["choice"] + 2 * rest["state"] + rest["reward"])]
    state = type(network.init())(h=jnp.array([rest["unit_0"], rest["unit_1"]], jnp.float32))
    assert np.allclose(network.cell(kind, state).h, state.h, atol=1e-3)
    assert len(pf.plot_flow(network).axes) == 8
    assert len(pf.plot_portrait(pf.phase_portrait(network, table[table["subject"] == 0])).axes) == 2
    with pytest.raises(UserError, match=r"^`network` must be a gru or an rnn of two units, got a LSTM of 2\."):
        pf.flow_field(pf.TwoStepNetwork("lstm", 2, key=jax.random.key(0)))


def test_networks_have_names(table: pd.DataFrame) -> None:
    assert network_kind("lstm-8").num_variables == 16
    for name in ("gru", "gru-0", "gru-101", "hybird", "cnn-2"):
        with pytest.raises(UserError, match=rf"^`models` must be .*gru-2.*got {name}\."):
            network_kind(name)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"names": []}, "`names` must hold a network or more, got none"),
        ({"num_inner": 1}, "`num_inner` must be 2 or more, got 1"),
        ({"over": "people", "sharing": "group"}, '`sharing` must be "one" where people are held out, got group'),
        ({"num_outer": 1}, "`num_folds` must be 2 or more, got 1"),
    ],
)
def test_what_cannot_be_is_refused(table: pd.DataFrame, options: dict, told: str) -> None:
    with pytest.raises(UserError, match=told):
        pf.fit_networks(table, **({"names": "gru-1", "recipe": QUICK} | options))


@pytest.mark.thorough
def test_the_command_fits_networks_beside_models(table: pd.DataFrame, tmp_path, capsys) -> None:
    from prefrontal import cli

    pf.write_table(tmp_path / "mine.csv", table)
    out = tmp_path / "fit"
    cli.main(
        ["fit", str(tmp_path / "mine.csv"), "--models", "biased-random", "gru-2", "--num-folds", "2", "--out", str(out)]
    )
    rows = pd.read_csv(out / "held-out.csv")
    assert rows.groupby("model").size().to_dict() == {"biased-random": 6, "gru-2": 6}
    assert {"held-out.png", "gru-2-portrait.png", "gru-2-flow.png", "held-out.json", "fit.json"} <= {
        file.name for file in out.iterdir()
    }
    assert len(list((out / "agents" / "gru-2").iterdir())) == 3
    assert "log-likelihood a held-out choice" in " ".join(capsys.readouterr().out.split())
