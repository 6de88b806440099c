"""Pulls of a restless bandit in lines of JSON: read as they stand, fitted, and scored one pull ahead."""

import json

import numpy as np
import pandas as pd
import pytest

import prefrontal as pf
from prefrontal.errors import UserError


def line(subject="ann", block="1", **changes) -> dict:
    first = {"trial_index": 0, "action": 3, "reward": 54, "info": {"rt": 512}}
    trials = [
        first | changes,
        {"trial_index": 1, "action": None, "reward": None},
        {"trial_index": 4, "action": 1, "reward": 7.5},
    ]
    return {"context": {"subject_id": subject, "metadata": {"block_id": block}}, "trials": trials}


def written(path, *lines):
    path.write_text("\n".join(json.dumps(one) for one in lines) + "\n\n")
    return path


def test_pulls_are_read_as_they_stand(tmp_path) -> None:
    table = pf.read_mindrl(written(tmp_path / "pulls.jsonl", line(), line(block="2"), line(subject="bob")))
    assert table["subject"].tolist() == ["ann"] * 6 + ["bob"] * 3
    assert table["trial"].tolist()[:3] == [0, 1, 4]
    assert table["arm"].tolist()[:3] == [2, 0, 0]
    assert table["missed"].tolist()[:3] == [False, True, False]
    assert table["rt"].tolist()[0] == 512
    assert table["rt"].isna().sum() == 6


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ([line(action=5)], r"line 1, trial 0: `action` must be from 1 to 4, or null, got 5\."),
        ([line(action=True)], r"`action` must be from 1 to 4, or null, got True\."),
        ([line(reward="54")], r"`reward` must be a number, or null, got 54\."),
        ([line(trial_index=-1)], r"`trial_index` must be a whole number from 0, got -1\."),
        ([line(info={"rt": "fast"})], r"`rt` must be a number, or null, got fast\."),
        ([line(), line()], r"`trial_index` must differ within a block, got 0 again in block 1 of ann\."),
        ([{"trials": []}], r"line 1 must have \"context\" with \"subject_id\", and \"trials\""),
        ([{"context": {"subject_id": 1}, "trials": []}], r"`trials` must tell of a pull, got none\."),
        ([{"context": {"subject_id": 1}, "trials": [3]}], r"line 1, trial 0 must be a JSON object, got 3\."),
    ],
)
def test_what_is_no_trajectory_is_refused(given: list, told: str, tmp_path) -> None:
    with pytest.raises(UserError, match=told):
        pf.read_mindrl(written(tmp_path / "pulls.jsonl", *given))


def pulls(num_subjects: int, num_trials: int = 120) -> pd.DataFrame:
    """Of people who follow the better of drifting arms, two blocks each."""
    rng = np.random.default_rng(1)
    rows = []
    for subject in range(num_subjects):
        for block in range(2):
            values, means = np.zeros(4), rng.normal(size=4)
            for trial in range(num_trials):
                means += 0.2 * rng.normal(size=4)
                weights = np.exp(3 * values - np.max(3 * values))
                arm = rng.choice(4, p=weights / weights.sum())
                reward = means[arm]
                values[arm] += 0.5 * (reward - values[arm])
                rows.append((f"p{subject}", block, trial, arm, reward, False))
    return pd.DataFrame(rows, columns=["subject", "block", "trial", "arm", "reward", "missed"])


def test_later_pulls_and_other_people_are_scored_one_pull_ahead() -> None:
    table = pulls(3)
    known = table["subject"].ne("p2")
    scores = pf.score_restless(table[known & table["block"].eq(0)], table[table["block"].eq(1)])
    assert scores["seen"].tolist() == [True, True, False]
    assert scores["num_pulls"].tolist() == [120] * 3
    assert (scores["nll"] < 0.8 * np.log(4)).all()
    with pytest.raises(UserError, match=r"^`scored` must hold no block that was learned from, got block 0 of p0\."):
        pf.score_restless(table, table)
    with pytest.raises(UserError, match=r"^`learned` must have arm\."):
        pf.score_restless(table.drop(columns="arm"), table)
