"""Generative checks of fits: the right model behaves like those who were fitted, a wrong one does not."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from prefrontal.configs import KnownTask, TwoStepConfig
from prefrontal.errors import Notice, UserError
from prefrontal.fitting.checks import FitCheck, check_fit
from prefrontal.fitting.fit import Fit
from prefrontal.fitting.recovery import ParameterRecovery
from prefrontal.fitting.simulation import simulate
from prefrontal.reports import recovered
from prefrontal.reports.checks import report_checks
from prefrontal.reports.recovered import recoveries, show_unrecovered

STAY = np.linspace(0.6, 0.95, 8)
TABLE = simulate("win-stay-lose-shift", TwoStepConfig(num_trials=150), {"stay": STAY, "shift": 1.3 - STAY}, seed=3)


def fitted(model: str, **values: np.ndarray) -> Fit:
    """A fit that found these values."""
    table = pd.DataFrame({"subject": np.arange(len(STAY)), **values})
    return Fit(model, "mle", KnownTask(), tuple(values), {}, table)


@pytest.fixture(scope="module")
def right() -> FitCheck:
    return check_fit(TABLE, fitted("win-stay-lose-shift", stay=STAY, shift=1.3 - STAY), num_simulations=8)


def test_the_model_that_made_the_choices_behaves_like_them(right):
    assert right.distance < 2 * right.null.max()
    stay = right.table.loc["stay"]
    rewarded = ["common_rewarded", "uncommon_rewarded"]
    np.testing.assert_allclose(stay.loc[rewarded, "simulated"], STAY.mean(), atol=0.03)
    np.testing.assert_allclose(stay.loc[rewarded, "observed"], STAY.mean(), atol=0.05)
    assert (stay.loc[rewarded, "r"] > 0.8).all()
    assert (right.table["low"] <= right.table["high"]).all()


def test_a_model_that_learns_nothing_does_not(right):
    wrong = check_fit(TABLE, fitted("biased-random", bias=np.zeros(len(STAY))), num_simulations=8)
    assert wrong.distance > 3 * wrong.null.max() > 0
    assert wrong.p == pytest.approx(1 / 9)
    assert wrong.table.loc[("one_back", "reward"), "p"] < 0.001
    assert wrong.distance > 2 * right.distance


@pytest.mark.thorough
def test_missed_trials_and_sessions_of_unlike_length_are_kept():
    rng = np.random.default_rng(0)
    second = TABLE.assign(session=1).loc[(TABLE["trial"] < 40).to_numpy()]
    table = pd.concat([TABLE, second]).sort_values(["subject", "session", "trial"], kind="stable")
    table = table.assign(missed=rng.random(len(table)) < 0.1).reset_index(drop=True)
    check = check_fit(table, fitted("biased-random", bias=np.zeros(len(STAY))), num_simulations=3)
    np.testing.assert_allclose(check.table.loc["stay", "simulated"], 0.5, atol=0.08)
    assert isinstance(check.task, TwoStepConfig)
    assert check.task.num_trials == 150


def test_all_are_checked_on_the_task_that_is_given(tmp_path):
    """Whatever each fit took as given."""
    known = KnownTask(common_probability=0.9, reversal_probability=0.1)
    fits = {"biased-random": fitted("biased-random", bias=np.zeros(len(STAY)))}
    check = check_fit(TABLE, fits["biased-random"], task=known, num_simulations=3)
    assert isinstance(check.task, TwoStepConfig)
    assert (check.task.common_probability, check.task.reversal_probability) == (0.9, 0.1)
    found = report_checks(TABLE, fits, tmp_path, task=known, num=3, seed=0)
    assert found["biased-random"]["distance"] == check.distance


def test_others_than_were_fitted_are_refused():
    fit = fitted("biased-random", bias=np.zeros(len(STAY)))
    with pytest.raises(UserError, match="must hold the subjects who were fitted, got others than the 8"):
        check_fit(TABLE.loc[(TABLE["subject"] > 0).to_numpy()], fit)
    with pytest.raises(UserError, match="`num_simulations` must be a whole number of at least 3, got 2"):
        check_fit(TABLE, fit, num_simulations=2)


def test_parameters_whose_fits_say_little_are_marked():
    rng = np.random.default_rng(0)
    true = rng.random(200)
    made = {"found": (true, true + 0.1 * rng.normal(size=200)), "lost": (true, rng.random(200))}
    made["shared"] = (np.full(200, 0.5), rng.random(200))
    parts = [
        pd.DataFrame({"subject": range(200), "parameter": name, "true": one, "estimate": other, "standard_error": 0.1})
        for name, (one, other) in made.items()
    ]
    summary = ParameterRecovery("hybrid", pd.concat(parts)).summary
    assert summary["recovered"].to_dict() == {"found": True, "lost": False, "shared": None}


def test_a_recovery_beside_the_fits_is_found_and_its_marks_are_told(tmp_path, capsys):
    folder = tmp_path / "recovery"
    folder.mkdir()
    options = {"models": ["hybrid"], "num_subjects": 100, "num_sessions": 2, "task": {"num_trials": 200}}
    summary = {"weight": {"pearson": 0.61}, "trace": {"pearson": 0.26}, "perseveration": {"pearson": None}}
    (folder / "recovery.json").write_text(json.dumps({"options": options, "summary": summary}))
    for asked in (None, str(folder), str(tmp_path)):
        found = recoveries(["hybrid", "sarsa-0"], KnownTask(), TABLE, tmp_path / "fit", asked)
        assert list(found) == ["hybrid"]
    record = show_unrecovered(found, Console(width=200))
    assert record["hybrid"]["unrecovered"] == ["trace"]
    told = capsys.readouterr().out
    assert "100 simulated subjects x 2 x 200 trials in recovery: NOT recovered, r below 0.5: trace (0.26)." in told
    assert recoveries(["sarsa-0"], KnownTask(), TABLE, tmp_path / "fit", None) == {}
    with pytest.raises(
        UserError, match="`recovery` must be a folder that `prefrontal recover` wrote of one of sarsa-0"
    ):
        recoveries(["sarsa-0"], KnownTask(), TABLE, tmp_path / "fit", str(folder))


def recovery_of(folder, **options) -> None:
    usual = {"models": ["hybrid"], "num_subjects": 100, "num_sessions": 1, "task": {"num_trials": 200}}
    summary = {"weight": {"pearson": 0.3}, "trace": {"pearson": 0.2}}
    folder.mkdir()
    (folder / "recovery.json").write_text(json.dumps({"options": usual | options, "summary": summary}))


def test_it_is_said_what_a_recovery_was_of(tmp_path):
    recovery_of(tmp_path / "recovery", form="akam", method="mle", parameters=["weight=0"])
    found = recoveries({"hybrid": {"trace": 1.0}}, KnownTask(), TABLE, tmp_path / "fit", None)
    assert found["hybrid"].correlations == {"weight": 0.3}  # of what is fitted
    assert found["hybrid"].told == (
        "100 simulated subjects x 200 trials in recovery, form akam, by mle, all with weight=0, where trace was "
        "fitted, too"
    )


def test_a_recovery_of_another_task_is_passed_over(tmp_path):
    recovery_of(tmp_path / "recovery", form="daw", method="mle")
    told = r"recovery, of hybrid with second-stage choices is passed over: the table is without second-stage choices\."
    with pytest.warns(Notice, match=told):
        assert recoveries(["hybrid"], KnownTask(), TABLE, tmp_path / "fit", None) == {}
    with pytest.raises(UserError, match="`recovery` must be of a task without second-stage choices, as the table is"):
        recoveries(["hybrid"], KnownTask(), TABLE, tmp_path / "fit", str(tmp_path / "recovery"))
    there = recoveries(["hybrid"], KnownTask(second_choices=True), TABLE, tmp_path / "fit", None)
    assert list(there) == ["hybrid"]


@pytest.mark.thorough
def test_a_quick_recovery_holds_what_the_fit_holds(monkeypatch):
    monkeypatch.setattr(recovered, "NUM_SUBJECTS", 8)
    held = {"win-stay-lose-shift": {"stay": 0.8}}
    found = recoveries(held, KnownTask(), TABLE, Path(), "quick")["win-stay-lose-shift"]
    assert found.told == "8 simulated subjects x 150 trials, by map, stay=0.8 held"
    assert list(found.correlations) == ["shift"]
