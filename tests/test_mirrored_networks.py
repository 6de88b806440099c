"""Networks that learn each session once more with options and states swapped."""

from dataclasses import replace

import jax
import numpy as np
import pandas as pd
import pytest

import prefrontal as pf
from prefrontal.errors import UserError
from prefrontal.fitting.choices import batch_of
from prefrontal.fitting.folds import make_folds
from prefrontal.fitting.networks.training import Task, log_likelihoods, mirrored

QUICK = pf.NetworkRecipe(num_steps=12)
START = pf.TwoStepNetwork("gru", 1, key=jax.random.key(0))


def played(num_subjects: int, **parameters: float) -> pd.DataFrame:
    values = {name: np.full(num_subjects, value) for name, value in parameters.items()}
    return pf.simulate("hybrid", pf.TwoStepConfig(num_trials=40), {"weight": np.full(num_subjects, 0.5), **values})


def in_a_mirror(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(choice=1 - table["choice"], state=1 - table["state"])


def test_the_second_half_is_the_table_with_both_swapped() -> None:
    table = played(2)
    batch = batch_of(table)
    folds = make_folds(batch, num_folds=2)
    twice = mirrored(Task(batch.choices, folds.fitted(0)[:, None], folds.fitted(0)[:, None].astype(int), START))
    first, second = (jax.tree.map(lambda leaf, at=at: np.asarray(leaf)[:, [at]], twice.choices) for at in (0, 1))
    expected = (batch.choices, batch_of(in_a_mirror(table)).choices)
    for found, wanted in zip((first, second), expected, strict=True):
        jax.tree.map(np.testing.assert_array_equal, found, jax.tree.map(np.asarray, wanted))
    assert (twice.fitted[:, 0, 0] == twice.fitted[:, 0, 1]).all()


@pytest.mark.thorough
def test_what_is_its_own_mirror_is_fitted_as_without_one() -> None:
    """Somebody with a session and its mirror: both ways say the same, for as many steps."""
    table = played(1)
    table = pd.concat([table, in_a_mirror(table).assign(session=1)])
    found = [
        pf.fit_networks(table, "gru-1", num_outer=0, num_inner=2, num_seeds=1, recipe=replace(QUICK, mirrored=on))
        for on in (False, True)
    ]
    plain, twice = (fits["gru-1"] for fits in found)
    sessions = batch_of(table).choices
    for one, other in zip(jax.tree.leaves(plain.networks), jax.tree.leaves(twice.networks), strict=True):
        assert np.allclose(one, other, atol=2e-3)
    both = [log_likelihoods(jax.tree.map(lambda leaf: leaf[0], fit.networks), sessions).sum() for fit in (plain, twice)]
    assert np.allclose(*both, atol=1e-2)


@pytest.mark.thorough
@pytest.mark.parametrize("sharing", ["alone", "group", "one"])
def test_what_is_held_out_is_scored_once(sharing: str) -> None:
    """Whoever prefers an option whatever comes of it is predicted at chance, and the rows are those of the choices."""
    table = played(3).assign(choice=0)
    options = {"num_outer": 2, "num_inner": 2, "num_seeds": 1, "sharing": sharing}
    recipe = pf.NetworkRecipe(num_steps=60, mirrored=True)
    fit = pf.fit_networks(table, "gru-1", recipe=recipe, **options)["gru-1"]  # pyright: ignore[reportArgumentType]
    assert fit.table["num_choices"].tolist() == [20] * 6
    network = jax.tree.map(lambda leaf: leaf[0], fit.networks)
    one, other = (np.asarray(log_likelihoods(network, batch_of(t).choices)).sum() for t in (table, in_a_mirror(table)))
    assert one == pytest.approx(other, abs=3)
    teacher = pf.fit_networks(table, "gru-2", recipe=recipe, **options | {"sharing": "one"})["gru-2"]  # pyright: ignore
    options = {"num_outer": 2, "num_inner": 2, "num_seeds": 1}
    student = pf.fit_networks(table, "gru-1", recipe=recipe, teacher=teacher, **options)["gru-1"]
    assert student.table["num_choices"].tolist() == [20] * 6


def test_pulls_have_no_mirror() -> None:
    pulls = pd.DataFrame({"subject": 0, "block": 0, "trial": range(6), "arm": [0, 1, 2, 3, 0, 1], "reward": 1.0})
    with pytest.raises(UserError, match=r"^`recipe` must not be mirrored where networks are fitted to pulls"):
        pf.fit_networks(pulls, "gru-1", recipe=pf.NetworkRecipe(mirrored=True))
