"""Trial-wise regressors: a simulated agent's are its own, by a plain loop; what is missed has none."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import prefrontal as pf
from prefrontal.errors import UserError
from prefrontal.fitting.simulation import simulate

VALUES = {
    "first_learning_rate": 0.4,
    "second_learning_rate": 0.3,
    "trace": 0.6,
    "weight": 0.7,
    "inverse_temperature": 3.0,
    "second_inverse_temperature": 4.0,
    "perseveration": 0.2,
}


def fitted(name: str, table: pd.DataFrame, values: dict[str, float]) -> pf.Fit:
    """A fit that found `values` for everybody."""
    known = pf.KnownTask(second_choices="choice2" in table)
    units = table[["subject"]].drop_duplicates().reset_index(drop=True)
    return pf.Fit(name, "map", known, tuple(values), {}, units.assign(**values))


@pytest.fixture(scope="module")
def played() -> pd.DataFrame:
    table = simulate(
        "hybrid", pf.DawTwoStepConfig(num_trials=40), {name: np.full(2, value) for name, value in VALUES.items()},
        num_sessions=2, seed=5,
    )  # fmt: skip
    return table.assign(missed=np.random.default_rng(0).random(len(table)) < 0.1)


def by_hand(session: pd.DataFrame, weight: float) -> pd.DataFrame:
    """Daw's equations, a trial after the other."""
    first, second, last = np.zeros(2), np.zeros((2, 2)), np.zeros(2)
    rows = []
    for row in session.itertuples():
        if row.missed:
            rows.append({})
            continue
        best = second.max(axis=1)
        planned = np.array([0.7 * best[0] + 0.3 * best[1], 0.3 * best[0] + 0.7 * best[1]])
        both = weight * planned + (1 - weight) * first
        logits = VALUES["inverse_temperature"] * (both + VALUES["perseveration"] * last)
        p = np.exp(logits) / np.exp(logits).sum()
        p2 = np.exp(VALUES["second_inverse_temperature"] * second[row.state])
        p2 /= p2.sum()
        reached = second[row.state, row.choice2]
        rows.append(
            {
                "choice_probability": p[row.choice],
                "choice_entropy": -(p * np.log(p)).sum(),
                "choice2_probability": p2[row.choice2],
                "choice2_entropy": -(p2 * np.log(p2)).sum(),
                "chosen_value_model_free": first[row.choice],
                "unchosen_value_model_free": first[1 - row.choice],
                "chosen_value_model_based": planned[row.choice],
                "unchosen_value_model_based": planned[1 - row.choice],
                "chosen_value": both[row.choice],
                "unchosen_value": both[1 - row.choice],
                "second_value": reached,
                "stage2_error_model_free": reached - first[row.choice],
                "stage2_error_model_based": reached - planned[row.choice],
                "stage2_error": reached - both[row.choice],
                "reward_error": row.reward - reached,
            }
        )
        error = row.reward - reached
        first[row.choice] += VALUES["first_learning_rate"] * (reached - first[row.choice] + VALUES["trace"] * error)
        second[row.state, row.choice2] += VALUES["second_learning_rate"] * error
        last = np.eye(2)[row.choice]
    return pd.DataFrame(rows)


@pytest.mark.parametrize("weight", [0.7, 1.0])
def test_an_agents_signals_are_its_own(played, weight):
    found = pf.trial_regressors(played, fitted("hybrid", played, VALUES | {"weight": weight}))
    assert found[["subject", "session", "trial"]].equals(played[["subject", "session", "trial"]])
    right = pd.concat(by_hand(part, weight) for _, part in played.groupby(["subject", "session"], sort=False))
    assert list(found.columns[3:]) == list(right.columns)
    np.testing.assert_allclose(found[list(right)].to_numpy(), right.to_numpy(), atol=1e-6)
    assert found.loc[played["missed"].to_numpy(), "reward_error"].isna().all()


def test_beliefs_are_by_bayes_rule_and_surprise_is_of_the_outcome(played):
    table = played.drop(columns=["choice2"]).assign(missed=False)
    values = {"reversal_probability": 0.1, "inverse_temperature": 3.0, "perseveration": 0.0}
    found = pf.trial_regressors(table, fitted("latent-state", table, values))
    one = table[(table["subject"] == table["subject"].iloc[0]) & (table["session"] == 0)]
    p, good = 0.5, 0.9
    for row, signals in zip(one.itertuples(), found.to_dict("records"), strict=False):
        own = p if row.state == 0 else 1 - p
        win = own * good + (1 - own) * (1 - good)
        outcome = win if row.reward else 1 - win
        after = own * (good if row.reward else 1 - good) / outcome
        assert signals["belief"] == pytest.approx(own, abs=1e-9)
        assert signals["belief_change"] == pytest.approx(after - own, abs=1e-9)
        assert signals["outcome_surprise"] == pytest.approx(-np.log(outcome), abs=1e-9)
        divergence = after * np.log(after / own) + (1 - after) * np.log((1 - after) / (1 - own))
        assert signals["belief_surprise"] == pytest.approx(divergence, abs=1e-9)
        p = after if row.state == 0 else 1 - after
        p = p * 0.9 + (1 - p) * 0.1


def test_each_column_is_described(played):
    found = pf.trial_regressors(played, fitted("hybrid", played, VALUES))
    told = pf.describe_regressors(found)
    assert list(told) == list(found.columns[3:])
    assert "above 0 where it is better than expected" in told["reward_error"]["Description"]


def test_others_than_were_fitted_are_refused(played):
    fit = fitted("hybrid", played, VALUES)
    others = replace(fit, table=fit.table.assign(subject=["x", "y"]))
    with pytest.raises(UserError, match="`table` must hold the subjects who were fitted, got others: 2 where 2"):
        pf.trial_regressors(played, others)
