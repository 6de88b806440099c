"""Folds of cross-validation: every trial that counts is held out once, and by what it should be."""

import numpy as np
import pandas as pd
import pytest

from prefrontal.errors import UserError
from prefrontal.fitting.choices import batch_of
from prefrontal.fitting.folds import make_folds, usual_num_folds
from prefrontal.fitting.networks.beside import score_models


def trials(lengths: dict[str, list[int]]) -> pd.DataFrame:
    """A table in which each subject has sessions of so many trials, every seventh of them missed."""
    parts = [
        pd.DataFrame({"subject": name, "session": session, "trial": np.arange(num)})
        for name, own in lengths.items()
        for session, num in enumerate(own)
    ]
    table = pd.concat(parts, ignore_index=True)
    return table.assign(choice=0, state=0, common=True, reward=1.0, missed=table.index % 7 == 3)


def test_every_trial_that_counts_is_held_out_in_one_fold():
    batch = batch_of(trials({"a": [10, 12, 9], "b": [23], "c": [8, 30, 11, 12, 13, 14, 15]}))
    counts = np.asarray(batch.choices.counts)
    for over in ("sessions", "people"):
        folds = make_folds(batch, over=over, num_folds=3)
        held = sum(folds.held_out(fold).astype(int) for fold in range(folds.num))
        np.testing.assert_array_equal(held, counts)
        for fold in range(folds.num):
            np.testing.assert_array_equal(folds.held_out(fold) ^ folds.fitted(fold), counts)


def test_sessions_are_dealt_out_in_their_order_and_one_session_is_cut_into_blocks():
    batch = batch_of(trials({"a": [10, 12, 9], "b": [23], "c": [8, 30, 11, 12, 13, 14, 15]}))
    folds = make_folds(batch, num_folds=5)
    counts = np.asarray(batch.choices.counts)
    assert [np.unique(folds.number[2, session][counts[2, session]]).tolist() for session in range(7)] == [
        [0], [1], [2], [3], [4], [0], [1],
    ]  # fmt: skip
    assert np.unique(folds.number[0][counts[0]]).tolist() == [0, 1, 2]
    blocks = folds.number[1][counts[1]]
    assert (np.diff(blocks) >= 0).all()
    assert np.ptp(np.bincount(blocks)) <= 1
    assert folds.told == "Five folds: sessions, of 2 subjects; blocks of trials that follow one another, of 1 subject."


def test_over_people_all_visits_of_a_person_are_held_out_together():
    table = trials({name: [9, 8] for name in "abcdef"})
    by_visit = make_folds(batch_of(table, by="session"), over="people", num_folds=3, seed=4)
    by_subject = make_folds(batch_of(table), over="people", num_folds=3, seed=4)
    of_visit = by_visit.number.max(axis=(1, 2)).reshape(6, 2)
    np.testing.assert_array_equal(of_visit[:, 0], of_visit[:, 1])
    np.testing.assert_array_equal(of_visit[:, 0], by_subject.number.max(axis=(1, 2)))
    assert np.bincount(of_visit[:, 0]).tolist() == [2, 2, 2]


def test_there_are_as_many_folds_as_can_be_and_no_more_than_usual():
    several = batch_of(trials({"a": [3, 4], "b": [23], "c": [8]}))
    counted = int(np.asarray(several.choices.counts)[2].sum())
    assert usual_num_folds(several, "sessions", 10) == counted < 8
    assert usual_num_folds(several, "sessions", 4) == 4
    assert usual_num_folds(several, "people", 10) == 3
    assert usual_num_folds(batch_of(trials({"a": [3, 4]})), "sessions", 10) == 10  # dealt out by sessions, of two
    assert usual_num_folds(batch_of(trials({"a": [1]})), "sessions", 10) == 2  # which is refused


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"num_folds": 1}, "`num_folds` must be 2 or more, got 1."),
        ({"over": "people", "num_folds": 3}, "`num_folds` must be no more than there are subjects, got 3"),
        ({"num_folds": 30}, "`num_folds` must be no more than a session has trials, got 30"),
    ],
)
def test_folds_that_cannot_be_are_refused(options, message):
    with pytest.raises(UserError, match=message):
        make_folds(batch_of(trials({"a": [12], "b": [23]})), **options)


def test_nothing_to_score_is_refused():
    with pytest.raises(UserError, match=r"^`names` must hold a model or more, got none\."):
        score_models(trials({"a": [10, 12]}), [])
