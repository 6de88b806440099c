"""Networks fitted to the pulls of a restless bandit: they predict what they would pull, and are scored as the learner
is."""

import json
from dataclasses import replace
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
from test_fitted_agents import refused

import prefrontal as pf
from prefrontal import cli
from prefrontal.agents.bandit_models import BanditAgent, RescorlaWagner
from prefrontal.errors import UserError
from prefrontal.fitting.networks.lanes import replay, trials_of
from prefrontal.fitting.pulls import pull_log_likelihoods, pulls_of

QUICK = pf.NetworkRecipe(num_steps=12)
FEW = {"num_outer": 2, "num_inner": 2, "num_seeds": 1, "recipe": QUICK}


def played(num_subjects: int, num_trials: int = 40) -> pd.DataFrame:
    """Of simulated people on four arms, two blocks each; each missed one pull."""
    task = pf.BanditConfig(num_trials=num_trials, num_arms=4).make()
    learner = BanditAgent(RescorlaWagner(num_arms=4, inverse_temperature=8.0))
    rows = []
    for subject in range(num_subjects):
        found = pf.evaluate(learner, task, jax.random.key(subject), num_episodes=2)
        for block in range(2):
            own = {"arm": np.asarray(found.action)[block], "reward": 50 + 10 * np.asarray(found.reward)[block]}
            rows.append(pd.DataFrame({"subject": f"p{subject}", "block": block, "trial": range(num_trials)} | own))
    table = pd.concat(rows, ignore_index=True)
    return table.assign(missed=table["trial"].eq(7))


@pytest.fixture(scope="module")
def pulls() -> pd.DataFrame:
    return played(3)


@pytest.mark.parametrize(
    "cell", ["gru", *(pytest.param(cell, marks=pytest.mark.thorough) for cell in ("lstm", "sgru", "rnn"))]
)
def test_a_network_pulls_by_the_probabilities_that_it_is_fitted_with(cell) -> None:
    """Rewards as they are paid in the one, in standard deviations in the other."""
    network = pf.BanditNetwork(cell, 2, num_arms=4, centre=0.5, scale=0.5, key=jax.random.key(0))
    task = pf.BanditConfig(num_trials=15, num_arms=4).make()
    own = pf.rollout(pf.BanditNetworkAgent(network), task, jax.random.key(1))
    table = pd.DataFrame({"subject": 0, "block": 0, "trial": range(15), "arm": own.action, "reward": own.reward})
    batch = pulls_of(table, like=replace(pulls_of(table), centre=0.5, scale=0.5))
    block = jax.tree.map(lambda leaf: leaf[0, 0], batch.choices)
    expected = jax.nn.log_softmax(own.logits)[np.arange(15), np.asarray(own.action)]
    assert np.allclose(pull_log_likelihoods(network, block), expected, atol=1e-5)


def test_missed_pulls_are_passed_over(pulls: pd.DataFrame) -> None:
    network = pf.BanditNetwork("gru", 2, num_arms=4, key=jax.random.key(2))
    whole, closed = (
        jax.tree.map(lambda leaf: leaf[0, 0], pulls_of(one, like=pulls_of(pulls)).choices)
        for one in (pulls, pulls[~pulls["missed"]])
    )
    likelihood = np.asarray(pull_log_likelihoods(network, whole))
    assert likelihood[7] == 0
    assert np.allclose(np.delete(likelihood, 7), pull_log_likelihoods(network, closed), atol=1e-5)


def test_it_learns_the_arms_and_is_scored_beside_the_learner(pulls: pd.DataFrame) -> None:
    fit = pf.fit_networks(pulls, "gru-1", sharing="alone", **FEW)["gru-1"]
    assert fit.table["num_choices"].tolist() == [39] * 6
    learner = pf.score_models(pulls, "forgetting", num_outer=2)
    compared = pf.compare_held_out(pd.concat([learner, fit.table]), second_choices=False)
    assert compared["num_variables"].to_dict() == {"forgetting": 5, "gru-1": 1}
    assert compared.loc["forgetting", "nats"] > -1.2 > -np.log(4)
    bandit = pf.BanditConfig(num_trials=10, num_arms=4).make()
    assert pf.evaluate(fit.agent(1), bandit, jax.random.key(0), num_episodes=2).activity.shape == (2, 10, 1)


@pytest.mark.thorough
def test_others_are_scored_with_the_network_of_the_group() -> None:
    pulls = played(8, 60)
    known = pulls["subject"].lt("p6")
    learned, scored = pulls[known & pulls["block"].eq(0)], pulls[pulls["block"].eq(1)]
    scores = pf.score_restless(learned, scored, "gru-2", recipe=pf.NetworkRecipe(num_steps=60))
    assert scores["seen"].tolist() == [True] * 6 + [False] * 2
    assert scores["num_pulls"].tolist() == [59] * 8
    assert scores["nll"].mean() < np.log(4)
    with pytest.raises(UserError, match=r"^`scored` must hold no block that was learned from"):
        pf.score_restless(pulls, pulls, "gru-2")


@pytest.mark.thorough
def test_people_are_held_out_with_the_medians_of_the_others(pulls: pd.DataFrame) -> None:
    """Everybody's rewards have one mean and spread here: they are scaled by those of whom the learner is fitted to."""
    paid = pulls["reward"].where(~pulls["missed"]).groupby(pulls["subject"])
    pulls = pulls.assign(reward=((pulls["reward"] - paid.transform("mean")) / paid.transform("std", ddof=0)))
    scores = pf.score_models(pulls, "forgetting", over="people", num_outer=3)
    for name in pulls["subject"].unique():
        without = pulls["subject"].ne(name)
        expected = pf.score_restless(pulls[without], pulls[~without])
        found = scores.loc[scores["subject"].eq(name), "nats"].item()
        assert found == pytest.approx(-expected["nll"].item(), abs=1e-3)


def test_many_networks_at_once_are_replayed_as_each_alone(pulls: pd.DataFrame) -> None:
    blocks = jax.tree.map(lambda leaf: leaf[:, 0], pulls_of(pulls).choices)
    keys = jax.random.split(jax.random.key(5), 2)
    networks = jax.vmap(lambda key: pf.BanditNetwork("gru", 3, num_arms=4, key=key))(keys)
    each = np.asarray(jax.vmap(jax.vmap(pull_log_likelihoods, (None, 0)), (0, None))(networks, blocks))
    fitted = (np.arange(40)[:, None] % 3 == np.array([0, 1])) & blocks.counts[..., None]
    watched = ~fitted & blocks.counts[..., None]
    last = jax.tree.map(lambda leaf: jnp.moveaxis(leaf, 0, -1), networks)
    parts = trials_of(blocks, fitted, watched, None, last, num_parts=2)
    replayed = [replay(last, jax.tree.map(lambda leaf, part=part: leaf[part, 0], parts)) for part in range(2)]
    learned, seen = (sum(found) for found in zip(*replayed, strict=True))
    assert np.allclose(learned, (each * np.moveaxis(fitted, -1, 0)).sum((1, 2)), atol=1e-4)
    assert np.allclose(seen, (each * np.moveaxis(watched, -1, 0)).sum((1, 2)), atol=1e-4)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"arm": 4}, r"^`arm` must be from 0 to 3, got 4\."),
        ({"reward": np.nan}, r"^`reward` must be a number of every pull that was not missed\."),
        ({"missed": True}, r"^`table` must hold a pull that was not missed, got none\."),
    ],
)
def test_what_are_no_pulls_is_refused(pulls: pd.DataFrame, change: dict, told: str) -> None:
    with pytest.raises(UserError, match=told):
        pf.fit_networks(pulls.assign(**change), "gru-1", **FEW)


def test_models_of_another_task_are_refused(pulls: pd.DataFrame) -> None:
    with pytest.raises(UserError, match=r"^`names` must be forgetting where pulls are scored, got hybrid\."):
        pf.score_models(pulls, "hybrid")
    with pytest.raises(UserError, match=r'^`by` must be "subject" of pulls'):
        pf.fit_networks(pulls, "gru-1", by="session", **FEW)


def as_mindrl(path: Path, table: pd.DataFrame) -> Path:
    lines = []
    for (subject, block), own in table.groupby(["subject", "block"]):
        trials = [
            {"trial_index": row.trial, "action": None if row.missed else row.arm + 1, "reward": row.reward}
            for row in own.itertuples()
        ]
        lines.append({"context": {"subject_id": subject, "metadata": {"block_id": block}}, "trials": trials})
    path.write_text("\n".join(json.dumps(line, default=float) for line in lines))
    return path


def test_what_is_asked_of_pulls_is_checked(pulls: pd.DataFrame, tmp_path: Path) -> None:
    path = as_mindrl(tmp_path / "pulls.jsonl", pulls)
    assert "`models` must be forgetting, or networks such as gru-4" in refused("fit", path, "--out", tmp_path / "fit")
    asked = ["fit", path, "--models", "forgetting", "--out", tmp_path / "fit"]
    assert "`method` must be left out for pulls of a bandit" in refused(*asked, "--method", "em")
    assert "got trial 0 of block 0 of p0 in two files" in refused(*asked[:2], path, *asked[2:])


@pytest.mark.parametrize(
    "given",
    [
        *("--method em", "--by session", "--fix weight=1", "--regressors", "--recovery quick", "--teacher gru-2"),
        *("--num-simulations 5", "--num-starts 3", "--common-probability .9", "--better-reward-probability .8"),
        *("--worse-reward-probability .2", "--reversal-probability .1", "--num-warmup 5", "--num-samples 5"),
        *("--num-chains 1", "--target-acceptance .8", "--columns subject=ppt", "--missing -1"),
    ],
)
def test_what_pulls_know_nothing_of_is_refused(given: str, pulls: pd.DataFrame, tmp_path: Path) -> None:
    path = as_mindrl(tmp_path / "pulls.jsonl", pulls)
    told = refused("fit", path, "--models", "forgetting", "--out", tmp_path / "fit", *given.split())
    name = given.split()[0].removeprefix("--").replace("-", "_")
    assert f"`{name}` must be left out for pulls of a bandit" in told
    assert not (tmp_path / "fit").exists()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("--held-out people --num-folds 5", "`num_folds` must be no more than there are subjects, got 5"),
        ("--num-folds 1", "`num_folds` must be 2 or more, got 1"),
        ("--sharing one", "`sharing` must go with networks, got one without any"),
    ],
)
def test_folds_of_pulls_are_made_before_any_is_fitted(given, message, pulls, tmp_path: Path, monkeypatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("work was begun")

    monkeypatch.setattr("prefrontal.reports.pulls.fit_restless", never)
    path = as_mindrl(tmp_path / "pulls.jsonl", pulls)
    told = refused("fit", path, "--models", "forgetting", "--out", tmp_path / "fit", *given.split())
    assert message in told
    assert not (tmp_path / "fit").exists()


@pytest.mark.thorough
def test_the_command_fits_pulls(pulls: pd.DataFrame, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    path, out = as_mindrl(tmp_path / "pulls.jsonl", pulls), tmp_path / "fit"
    asked = ["--models", "forgetting", "gru-1", "--num-folds", "2", "--sharing", "one", "--out", str(out)]
    cli.main(["fit", str(path), *asked])
    told = " ".join(capsys.readouterr().out.split())
    assert "3 subjects, 6 blocks, 240 pulls, 6 missed" in told
    assert pd.read_csv(out / "held-out.csv").groupby("model").size().to_dict() == {"forgetting": 6, "gru-1": 6}
    assert pd.read_csv(out / "forgetting.csv")["learning_rate"].between(0, 1).all()
    assert len(list((out / "agents" / "gru-1").iterdir())) == 3
    assert pf.load_network(out / "agents" / "gru-1" / "0000.safetensors").network.arms.shape == (1, 4)
