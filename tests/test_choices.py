"""Choices as arrays, of tables as people have them: who is called what, in which order, and how much there is."""

import jax
import numpy as np
import pandas as pd
import pytest
from test_likelihood import random_table

import prefrontal as pf
from prefrontal.errors import UserError
from prefrontal.fitting.choices import batch_of
from prefrontal.fitting.pulls import pulls_of


def three_people() -> pd.DataFrame:
    """Of two sessions each, that have the same labels; trials begin at 1, and the first and the last were missed."""
    parts = [
        random_table(seed).query("subject == 0 and session == 0").assign(subject=seed // 2, session=4 + seed % 2)
        for seed in range(6)
    ]
    table = pd.concat(parts, ignore_index=True)
    return table.assign(trial=table["trial"] + 1, missed=table["trial"].isin([0, 5, 39]))


def pulled() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"subject": np.repeat([0, 1, 2], 20), "block": np.tile(np.repeat([3, 7], 10), 3)})
    pulls = {"arm": rng.integers(4, size=60), "reward": rng.normal(size=60), "missed": False}
    return table.assign(trial=np.tile(range(10), 6), **pulls)


def same(one, other) -> bool:
    return jax.tree.all(jax.tree.map(np.allclose, one, other))


@pytest.mark.parametrize("by", ["subject", "session"])
def test_people_whose_sessions_do_not_stand_together_are_laid_out_as_if_they_did(by) -> None:
    """As in a table of all first visits, and then all second ones."""
    table = three_people()
    later = table.sort_values("session", kind="stable", ignore_index=True)
    apart, together = batch_of(later, by=by), batch_of(table, by=by)
    assert apart.choices.choice.shape == together.choices.choice.shape
    order = together.units.merge(apart.units.reset_index())["index"].to_numpy()
    assert same(jax.tree.map(lambda leaf: leaf[order], apart.choices), together.choices)


def test_regressors_of_sessions_that_do_not_stand_together_are_in_their_rows() -> None:
    table = three_people().drop(columns="choice2")
    later = table.sort_values("session", kind="stable", ignore_index=True)
    fit = pf.fit_model(table, "biased-random", num_starts=2)
    keys = ["subject", "session", "trial"]
    found = pf.trial_regressors(later, fit).merge(pf.trial_regressors(table, fit), on=keys)
    assert len(found) == len(table)
    assert found["choice_probability_x"].equals(found["choice_probability_y"])


def names_of(table: pd.DataFrame) -> dict[str, pd.Series]:
    """The same three people, called otherwise; the categorical was cut out of a larger one."""
    text = table["subject"].map({0: "b", 1: "a", 2: "c"})
    return {
        "text": text,
        "objects": text.astype(object),
        "categories": pd.Series(pd.Categorical(text, categories=["c", "x", "a", "b"])),
        "both": table["subject"].map({0: 10, 1: "a", 2: 9}).astype(object),
        "negative": table["subject"] - 5,
    }


@pytest.mark.parametrize("kind", ["text", "objects", "categories", "both", "negative"])
def test_names_make_no_difference(kind: str) -> None:
    table = three_people()
    batch = batch_of(table.assign(subject=names_of(table)[kind]))
    assert same(batch.choices, batch_of(table).choices)
    assert batch.units["subject"].dtype != "category"
    pulls = pulled()
    found = pulls_of(pulls.assign(subject=names_of(pulls)[kind]))
    back = dict(zip(names_of(pulls)[kind], pulls["subject"], strict=True))
    order = [back[name] for name in found.units["subject"]]
    assert sorted(order) == [0, 1, 2]
    assert same(found.choices, jax.tree.map(lambda leaf: leaf[order], pulls_of(pulls).choices))


def test_a_pull_of_nobody_is_refused() -> None:
    table = pulled()
    with pytest.raises(UserError, match=r"^`subject` must be told of every pull, got none of some\."):
        pulls_of(table.assign(subject=table["subject"].where(table["subject"] > 0)))


def test_pulls_are_taken_by_block_and_trial_in_whatever_order_they_come() -> None:
    table = pulled()
    assert same(pulls_of(table.sample(frac=1.0, random_state=1)).choices, pulls_of(table).choices)
    named = table.assign(block=table["block"].map({3: "first", 7: "second"}))
    assert same(pulls_of(named).choices, pulls_of(table).choices)


def test_a_portrait_has_the_labels_of_its_table() -> None:
    """Of the trials that were not missed, but for the last of each session."""
    table = three_people().query("subject == 1")
    portrait = pf.phase_portrait(pf.Hybrid(), table)
    there = table[~table["missed"]]
    expected = there[there["session"].eq(there["session"].shift(-1))]
    columns = ["session", "trial", "choice", "reward"]
    assert portrait[columns].astype(int).to_numpy().tolist() == expected[columns].astype(int).to_numpy().tolist()
    assert portrait["session"].unique().tolist() == [4, 5]
    for _, own in portrait.groupby("session"):
        assert np.allclose((own["log_odds"] + own["change"])[:-1], own["log_odds"][1:], atol=1e-6)


def test_one_trial_is_enough_for_a_fit() -> None:
    """And has no portrait: nothing follows it."""
    one = random_table(0).iloc[:1].assign(missed=False).drop(columns="choice2")
    fit = pf.fit_model(one, "biased-random", num_starts=2).table
    assert np.isfinite(fit[["log_likelihood", "aic", "bic", "bias"]]).all(axis=None)
    assert len(pf.trial_regressors(one, pf.fit_model(one, "hybrid", num_starts=2))) == 1
    assert len(pf.phase_portrait(pf.Hybrid(), one)) == 0


def test_fits_of_other_choices_of_the_same_people_are_not_compared() -> None:
    """As many choices, of the same people: only the rewards differ."""
    table = three_people().drop(columns="choice2")
    first, same_again, other = (
        pf.fit_model(own, "biased-random", num_starts=2)
        for own in (table, table, table.assign(reward=1 - table["reward"]))
    )
    assert pf.compare_fits({"first": first, "again": same_again}).best.tolist() == ["first"] * 3
    with pytest.raises(UserError, match=r"^`fits` must be of the same choices, got others in other than in first\."):
        pf.compare_fits({"first": first, "other": other})
