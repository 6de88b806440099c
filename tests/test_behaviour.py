"""Stay probabilities against a slow loop and against behaviour whose answer is known."""

import inspect
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prefrontal.analysis.behaviour import stay_counts, stay_probability
from prefrontal.configs.two_step import TRIAL_KINDS
from prefrontal.errors import UserError


def make_table(rows, **columns) -> pd.DataFrame:
    """Rows (choice, common, reward), of one session unless `columns` says otherwise."""
    choice, common, reward = np.array(rows).reshape(-1, 3).T
    table = pd.DataFrame({"subject": 0, "session": 0, "trial": range(len(choice))})
    table = table.assign(choice=choice, common=common == 1, reward=reward, missed=False, better_state=0)
    return table.assign(state=np.where(common, choice, 1 - choice), **columns)


@st.composite
def tables(draw):
    """Up to three subjects with up to three sessions each, with missed trials and gaps in the numbers."""
    binary = st.integers(0, 1)
    parts = []
    for subject in range(draw(st.integers(1, 3))):
        for session in range(draw(st.integers(1, 3))):
            rows = draw(st.lists(st.tuples(binary, binary, binary), min_size=1, max_size=8))
            gaps = draw(st.lists(st.integers(1, 2), min_size=len(rows), max_size=len(rows)))
            missed = draw(st.lists(st.booleans(), min_size=len(rows), max_size=len(rows)))
            trial = np.cumsum(gaps) - draw(binary)
            parts.append(make_table(rows, subject=f"s{subject}", session=session, trial=trial, missed=missed))
    return pd.concat(parts, ignore_index=True)


def slow_counts(table, trials):
    counts = {}
    for (subject, _), session in table.groupby(["subject", "session"], sort=False):
        mine = counts.setdefault(subject, {name: [0, 0] for name in TRIAL_KINDS})
        by_number = {row.trial: row for row in session.itertuples()}
        for number, row in by_number.items():
            before = by_number.get(number - 1)
            if before is None or before.missed or row.missed or (trials == "first" and number != 1):
                continue
            name = ("common" if before.common else "uncommon") + ("_rewarded" if before.reward else "_unrewarded")
            mine[name][0] += row.choice == before.choice
            mine[name][1] += 1
    return counts


@pytest.mark.parametrize("trials", ["all", "first"])
@settings(deadline=None, max_examples=60)
@given(table=tables())
def test_stays_agree_with_a_slow_loop(trials, table):
    counts = stay_counts(table, trials=trials)
    probability = stay_probability(table, trials=trials)
    expected = slow_counts(table, trials)
    assert list(counts.index) == list(probability.index) == list(expected)
    assert list(probability.columns) == list(TRIAL_KINDS)
    for subject, conditions in expected.items():
        for name, (stays, pairs) in conditions.items():
            assert counts.loc[subject, (name, "stays")] == stays
            assert counts.loc[subject, (name, "pairs")] == pairs
            np.testing.assert_equal(probability.loc[subject, name], stays / pairs if pairs else np.nan)


def test_known_session():
    # After each trial but the last, in order: stay, leave, stay, leave, stay.
    rows = [(0, 1, 1), (0, 0, 1), (1, 1, 0), (1, 1, 0), (0, 0, 0), (0, 1, 1)]
    probability = stay_probability(make_table(rows))
    np.testing.assert_array_equal(probability.loc[0], [1.0, 0.0, 0.5, 1.0])


def test_first_pairs_only():
    sessions = [[(0, 1, 1), (0, 1, 1), (1, 1, 1)], [(1, 1, 1), (0, 1, 1)], [(1, 0, 0), (1, 1, 0), (1, 1, 0)]]
    table = pd.concat(make_table(rows, session=number) for number, rows in enumerate(sessions))
    np.testing.assert_array_equal(stay_probability(table, trials="first").loc[0], [0.5, np.nan, np.nan, 1.0])


def test_sessions_and_subjects_do_not_touch():
    table = pd.concat(
        [
            make_table([(0, 1, 1)], session=0),
            make_table([(0, 1, 1)], session=1, trial=1),
            make_table([(0, 1, 1)], subject=1, session=1, trial=2),
        ]
    )
    assert stay_counts(table).to_numpy().sum() == 0
    assert stay_probability(table).isna().all(axis=None)


@pytest.mark.parametrize("missed", [[True, False], [False, True]])
def test_missed_trials_make_no_pair(missed):
    assert stay_counts(make_table([(0, 1, 1), (0, 1, 1)], missed=missed)).to_numpy().sum() == 0


def test_table_without_the_missed_column_has_none_missed():
    table = make_table([(0, 1, 1), (0, 1, 1)]).drop(columns="missed")
    assert stay_counts(table).loc[0, ("common_rewarded", "pairs")] == 1


def agent_table(stays_after, *, num_trials=40_000) -> pd.DataFrame:
    """Trials of an agent that repeats its choice with probability `stays_after[common, reward]`."""
    rng = np.random.default_rng(0)
    common, reward, draw = rng.random(num_trials) < 0.7, rng.integers(0, 2, num_trials), rng.random(num_trials)
    leaves = draw >= np.array(stays_after)[common.astype(int), reward]
    choice = np.concatenate([[0], np.cumsum(leaves)[:-1] % 2])
    return make_table(np.stack([choice, common, reward], axis=1))


@pytest.mark.parametrize(
    "stays_after",
    [[[0.2, 0.8], [0.2, 0.8]], [[0.8, 0.2], [0.2, 0.8]], [[0.5, 0.5], [0.5, 0.5]]],
    ids=["model-free", "model-based", "random"],
)
def test_agents_of_known_stay_probabilities_come_back(stays_after):
    """False-alarm rate below 1e-6 a case: each of four proportions within 5.5 standard errors of the truth."""
    table = agent_table(stays_after)
    pairs = stay_counts(table).xs("pairs", axis="columns", level="count").loc[0].to_numpy()
    expected = np.array([stays_after[1][1], stays_after[0][1], stays_after[1][0], stays_after[0][0]])
    measured = stay_probability(table).loc[0].to_numpy()
    assert (abs(measured - expected) < 5.5 * np.sqrt(expected * (1 - expected) / pairs)).all()


def test_bad_questions_are_refused():
    table = make_table([(0, 1, 1), (0, 1, 1)])
    with pytest.raises(UserError, match=re.escape("`trials` must be one of all, first, got 'last'.")):
        # Where calls are checked against their annotations, the check would come before the message for people.
        inspect.unwrap(stay_counts)(table, trials="last")
    with pytest.raises(UserError, match="`columns` must include choice"):
        stay_counts(table.drop(columns="choice"))
