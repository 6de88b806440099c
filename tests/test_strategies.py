"""What networks' choices rest on, at the end of training and along it."""

import contextlib
import io
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib import image
from shown import check_shown
from test_compare import table  # noqa: F401

from prefrontal import cli
from prefrontal.analysis.published import NETWORKS
from prefrontal.analysis.regression import indices, regress
from prefrontal.analysis.regressors import multi_back
from prefrontal.configs import TwoStepConfig
from prefrontal.experiments import find_experiment
from prefrontal.experiments.studies import study_of
from prefrontal.experiments.studies.emergence import _measures, _since
from prefrontal.experiments.studies.emergence_models import best_models
from prefrontal.experiments.studies.two_step_weights import _compatible, _verdicts
from prefrontal.figures.strategies import strategies_figure
from prefrontal.fitting.simulation import simulate

WEIGHTS, EMERGENCE = find_experiment("wang2018-two-step-weights"), find_experiment("emergence")
TINY = ["--task.num-trials", "10", "--task.encoding", "trial", "--agent.hidden-size", "4", "--train.unroll", "None"]


def prefrontal(*arguments: str | Path) -> str:
    """What the command prints when all goes well."""
    with contextlib.redirect_stdout(io.StringIO()) as printed, contextlib.redirect_stderr(io.StringIO()):
        cli.main(list(map(str, arguments)))
    return printed.getvalue()


# Figure 5e


def paper_weights(num_seeds: int = 8, scatter: float = 0.1) -> pd.DataFrame:
    """Networks whose weights scatter about those of the paper, and have just these for a mean."""
    rng = np.random.default_rng(0)
    columns = {}
    for kind, values in NETWORKS.weights.items():
        for lag, value in enumerate(values, 1):
            noise = rng.normal(0, scatter, num_seeds)
            columns[f"{kind}_{lag}"] = value + noise - noise.mean()
    return pd.DataFrame(columns)


def test_the_papers_own_weights_pass_and_others_do_not() -> None:
    weights = paper_weights()
    verdicts = {verdict["name"]: verdict for verdict in _verdicts(WEIGHTS.criteria, weights, indices(weights))}
    assert len(verdicts) == 20 + 3 + 2
    assert all(verdict["passed"] for verdict in verdicts.values())
    assert verdicts["uncommon unrewarded, 2 back"]["published"] == 2.71
    # Turned round, the same weights are those of a model-free learner.
    swapped = weights.rename(
        columns=lambda name: name.replace("uncommon_unr", "x").replace("common_unr", "uncommon_unr")
    )
    swapped = swapped.rename(columns=lambda name: name.replace("x", "common_unr", 1) if name.startswith("x") else name)
    failed = {v["name"] for v in _verdicts(WEIGHTS.criteria, swapped, indices(swapped)) if not v["passed"]}
    assert {"common unrewarded, 1 back", "model-based index > 15 in every seed (least)"} <= failed


def test_every_seed_is_held_to_the_limits() -> None:
    weights = paper_weights()
    each = indices(weights)
    each.loc[3, "model_free"] = -2.1
    last = _verdicts(WEIGHTS.criteria, weights, each)[-1]
    assert (last["name"], last["measured"], last["passed"]) == (
        "|model-free index| < 2 in every seed (most)",
        2.1,
        False,
    )


def test_two_means_of_one_population_are_compatible_in_95_of_100_cases() -> None:
    """4,000 pairs of eight seeds: the share of verdicts yes within four standard errors of .95."""
    rng = np.random.default_rng(0)
    passed = [_compatible("", rng.normal(0, 1, 8), rng.normal(0, 1 / np.sqrt(8)))["passed"] for _ in range(4_000)]
    assert abs(np.mean(passed) - 0.95) < 4 * np.sqrt(0.95 * 0.05 / 4_000)


@pytest.mark.thorough
def test_shipped_networks_are_weighed_from_one_command(tmp_path: Path) -> None:
    options = ["--pretrained", "--seeds", "0", "1", "--test.num-episodes", "40", "--out", tmp_path / "out"]
    said = prefrontal("reproduce", "wang2018-two-step-weights", *options)
    assert max(len(line) for line in said.splitlines() if not line.startswith("Files: ")) <= 80
    assert "model-based index" in said
    results = json.loads((tmp_path / "out" / "results.json").read_text())
    assert results["seeds"] == [0, 1]
    assert min(results["indices"]["model_based"]["per_seed"]) > 10
    assert image.imread(tmp_path / "out" / "figure.png").ndim == 3
    assert study_of(WEIGHTS).summary(results)["model_based"] == results["indices"]["model_based"]["mean"]
    check_shown(WEIGHTS, tmp_path / "out")


# Along training


def test_indices_along_training_are_those_of_the_regression(table) -> None:  # noqa: F811
    table = table.assign(missed=False)
    measured = _measures(table)
    direct = indices(regress(multi_back(table), ridge=0.16).weights)
    np.testing.assert_allclose(measured[list(direct)], direct)
    nearly_all = table.assign(missed=(table["subject"] == 2) & (table["trial"] > 300))
    gaps = _measures(nearly_all)
    assert gaps["model_based"].isna().tolist() == [False, False, True, False]
    assert _measures(table.assign(missed=True))["model_based"].isna().all()


def course_of(model_based: list[list[float]]) -> pd.DataFrame:
    rows = [
        {"seed": seed, "episode": 100 * moment, "model_based": value}
        for seed, values in enumerate(model_based)
        for moment, value in enumerate(values)
    ]
    return pd.DataFrame(rows)


def test_a_network_is_model_based_from_when_it_stays_so() -> None:
    course = course_of([[0, 12, 5, 11, 20], [0, 1, 2, 3, 4], [11, 12, 13, 14, 15], [np.nan, 0, 10, 10, 10]])
    np.testing.assert_array_equal(_since(course, 10.0), [300, np.nan, 0, 200])


FEW_MODELS = ("hybrid", "model-based", "sarsa-lambda", "biased-random")
"""Each takes seconds to compile."""


@pytest.mark.thorough
def test_the_best_model_is_the_one_that_played(monkeypatch) -> None:
    """Three agents with a thousand trials each, without a doubt who is who."""
    monkeypatch.setattr("prefrontal.experiments.studies.emergence_models.MODELS", FEW_MODELS)
    players = {
        "model-based": {"inverse_temperature": 10.0, "second_learning_rate": 0.6},
        "sarsa-lambda": {"inverse_temperature": 10.0, "first_learning_rate": 0.6, "second_learning_rate": 0.6},
        "biased-random": {"bias": 0.5},
    }
    config = TwoStepConfig()
    played = [
        simulate(name, config, {key: np.full(1, value) for key, value in values.items()}, num_sessions=10)
        for name, values in players.items()
    ]
    together = pd.concat([part.assign(subject=number) for number, part in enumerate(played)], ignore_index=True)
    found = best_models(together, config)
    assert found["best_model"].tolist() == list(players)
    assert found["weight"][0] > 0.8
    assert found["weight"][1] < 0.3
    criteria = found[[f"bic_{model}" for model in FEW_MODELS]]
    np.testing.assert_array_equal(criteria.idxmin(axis=1).str.removeprefix("bic_"), found["best_model"])


@pytest.mark.thorough
def test_emergence_from_one_command(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("prefrontal.experiments.studies.emergence.LEAST_TRIALS", 50)
    monkeypatch.setattr("prefrontal.experiments.studies.emergence_models.MODELS", FEW_MODELS[::3])
    out = tmp_path / "run"
    options = [*TINY, "--train.num-episodes", "100", "--snapshot-every", "50", "--seeds", "0", "1"]
    said = prefrontal("reproduce", "emergence", *options, "--test.num-episodes", "20", "--out", out)
    assert max(len(line) for line in said.splitlines() if not line.startswith("Files: ")) <= 80
    course = pd.read_csv(out / "emergence.csv")
    assert course[["seed", "episode"]].to_numpy().tolist() == [[s, e] for e in (0, 50, 100) for s in (0, 1)]
    assert course[["model_based", "model_free", "perseveration", "weight"]].notna().all(axis=None)
    results = json.loads((out / "results.json").read_text())
    assert results["last"]["reward"]["per_seed"] == pytest.approx(course["reward"][-2:].tolist(), rel=1e-4)
    assert set(results["best_models"].values()) <= set(FEW_MODELS[::3])
    assert results["verdicts"][0]["passed"] is False  # so short a training teaches nothing
    assert study_of(EMERGENCE).summary(results)["reward"] == results["last"]["reward"]["mean"]
    check_shown(EMERGENCE, out)
    assert image.imread(out / "figure.png").ndim == 3


@pytest.mark.thorough
def test_a_run_without_snapshots_is_refused(tmp_path: Path, capsys) -> None:
    options = [*TINY, "--train.num-episodes", "50", "--seeds", "0", "--out", str(tmp_path / "run")]
    prefrontal("train", "emergence", *options)
    seed = tmp_path / "run" / "seed-000"
    (seed / "snapshots").rename(tmp_path / "aside")
    with pytest.raises(SystemExit):
        cli.main(["evaluate", "emergence", *options])
    told = " ".join(capsys.readouterr().err.split())
    assert re.search(r"must hold snapshots, got none: it was trained without", told)


def test_the_course_is_drawn_as_it_went() -> None:
    rng = np.random.default_rng(0)
    rows = [
        {
            "seed": seed,
            "episode": episode,
            "reward": 50 + episode / 100,
            **dict.fromkeys(("model_based", "model_free", "perseveration"), rng.normal()),
            **dict.fromkeys(("common_rewarded", "uncommon_rewarded", "common_unrewarded", "uncommon_unrewarded"), 0.5),
            "weight": rng.random() if episode % 1000 == 0 else np.nan,
            "best_model": ["hybrid", "biased-random"][seed % 2] if episode % 1000 == 0 else None,
        }
        for episode in range(0, 2001, 500)
        for seed in range(3)
    ]
    course = pd.DataFrame(rows)
    rewards = {"chance": 50.0, "oracle": 74.0}
    figure = strategies_figure(course, "Title", rewards=rewards)
    assert len(figure.axes) == 5
    lines = {line.get_gid(): line for ax in figure.axes for line in ax.lines if line.get_gid()}
    means = course.groupby("episode")[["model_based"]].mean()
    np.testing.assert_allclose(lines["mean-model_based"].get_ydata(), means["model_based"])
    told = course[course["best_model"] == "hybrid"].groupby("episode")["weight"].mean()  # not of who chooses at random
    np.testing.assert_array_equal(lines["mean-weight"].get_xdata(), told.index)
    np.testing.assert_allclose(lines["mean-weight"].get_ydata(), told)
    unfitted = strategies_figure(course.drop(columns=["weight", "best_model"]), "Title", rewards=rewards)
    assert len(unfitted.axes) == 3


def test_experiments_say_what_they_need() -> None:
    assert WEIGHTS.networks == "wang2018-two-step"
    assert EMERGENCE.snapshot_every
    assert replace(EMERGENCE.config, test=WEIGHTS.config.test) == WEIGHTS.config
