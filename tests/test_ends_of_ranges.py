"""Every cognitive model with every parameter, and everything that it knows of the task, at both ends of its range:
likelihoods and slopes are finite, likelihoods those of plain loops, and play follows the definition."""

from dataclasses import fields
from itertools import product

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
from test_likelihood import by_hand, log_likelihoods, random_table

import prefrontal as pf
from prefrontal.agents.bandit_models import RescorlaWagner
from prefrontal.agents.two_step import LIBRARY, AbstractTwoStepModel, with_values
from prefrontal.agents.two_step.library import LARGEST
from prefrontal.agents.two_step.parameters import parameters_of
from prefrontal.agents.volatility_observer import VolatilityObserver
from prefrontal.configs import KnownTask
from prefrontal.configs.models import MODELS
from prefrontal.errors import UserError
from prefrontal.fitting.choices import batch_of
from prefrontal.fitting.likelihood import subject_log_likelihood
from prefrontal.fitting.search import double_precision

QUICK = ("win-stay-lose-shift", "bayes-optimal")
"""Of the others, the long tests."""
ALL = [name if name in QUICK else pytest.param(name, marks=pytest.mark.thorough) for name in MODELS]


def recorded(*, second_choices: bool) -> pd.DataFrame:
    """Trials at random, some of them missed: of any model that is sure of something, some are impossible."""
    table = random_table(seed=3)
    return table if second_choices else table.drop(columns="choice2")


def known_facts(model: AbstractTwoStepModel) -> list[str]:
    """The fields that hold chances, known of the task."""
    return [own.name for own in fields(model) if not {"parameter", "static"} & set(own.metadata)]


def corners(bounds: dict[str, tuple[float, float]]) -> np.ndarray:
    """A row for all values at some of their ends, (corner, value)."""
    return np.array(list(product(*bounds.values())))


@pytest.mark.parametrize("second_choices", [False, True])
@pytest.mark.parametrize("name", ALL)
def test_likelihoods_and_slopes_are_finite_at_every_end(name: str, second_choices: bool) -> None:
    """In double precision, as models are fitted, and in single precision, as they play."""
    if name == "bayes-optimal" and second_choices:
        pytest.skip("it knows the task without second-stage choices")
    batch = batch_of(recorded(second_choices=second_choices))
    model = LIBRARY[name].model(KnownTask(second_choices=second_choices))
    free = parameters_of(model, model.second_options)
    bounds = {key: (own.low, min(own.high, LARGEST)) for key, own in free.items()}
    values = corners(bounds | dict.fromkeys(known_facts(model), (0.0, 1.0)))
    names, num_free = [*bounds, *known_facts(model)], len(free)

    def one(own, facts, sessions):
        at = with_values(model, names, [*own, *facts])
        return subject_log_likelihood(at, sessions)

    def found(dtype):
        own = jnp.asarray(values, dtype)
        each = jax.jit(jax.vmap(jax.value_and_grad(one), (0, 0, None)))
        return each(own[:, :num_free], own[:, num_free:], jax.tree.map(lambda leaf: leaf[0], batch.choices))

    with double_precision():
        likelihood, slope = found(jnp.float64)
        assert np.isfinite(likelihood).all()
        assert np.isfinite(slope).all()
    likelihood, slope = found(jnp.float32)
    assert np.isfinite(likelihood).all()
    assert np.isfinite(slope).all()


@pytest.mark.parametrize("second_choices", [False, True])
@pytest.mark.parametrize("name", ALL)
def test_at_every_end_likelihoods_are_those_of_plain_loops(name: str, second_choices: bool) -> None:
    """What a model never does has there a probability of 0, and here one that no number tells from it."""
    if name == "bayes-optimal" and second_choices:
        pytest.skip("it knows the task without second-stage choices")
    table, task = recorded(second_choices=second_choices), KnownTask(second_choices=second_choices)
    bounds = {key: (own.low, min(own.high, 20.0)) for key, own in LIBRARY[name].parameters(task).items()}
    values = [dict(zip(bounds, row, strict=True)) for row in corners(bounds).tolist()]
    found = log_likelihoods(name, table, task, values)
    expected = np.array([by_hand(name, table, task, row) for row in values])
    possible = np.isfinite(expected)
    assert np.allclose(found[possible], expected[possible], rtol=1e-9)
    assert (found[~possible] < -1e8).all()


@pytest.mark.parametrize(("stay", "shift"), list(product((0.0, 1.0), repeat=2)))
def test_win_stay_lose_shift_that_is_sure_plays_what_it_is_sure_of(stay: float, shift: float) -> None:
    given = {"stay": np.full(2, stay), "shift": np.full(2, shift)}
    table = pf.simulate("win-stay-lose-shift", pf.TwoStepConfig(num_trials=40), given)
    for _, own in table.groupby("subject"):
        stayed = np.diff(own["choice"]) == 0
        rewarded = own["reward"].to_numpy()[:-1] == 1
        assert (stayed[rewarded] == bool(stay)).all()
        assert (stayed[~rewarded] != bool(shift)).all()
        assert 0 < rewarded.sum() < len(rewarded)
    played = log_likelihoods("win-stay-lose-shift", table, KnownTask(), [{"stay": stay, "shift": shift}])
    assert np.allclose(played, np.log(0.5))  # of the first trial, by chance


@pytest.mark.thorough
def test_a_probability_held_at_its_end_is_fitted_around() -> None:
    """Whoever does what is impossible then has a likelihood of about nothing; the other probability is found in either
    case, as a share of trials is: a Beta(1.1, 1.1) prior adds .1 to both counts."""
    config, rate = pf.TwoStepConfig(num_trials=80), np.array([0.7, 0.7])
    table = pf.simulate("win-stay-lose-shift", config, {"stay": np.array([1.0, 0.6]), "shift": rate})
    fit = pf.fit_model(table, "win-stay-lose-shift", fixed={"stay": 1.0}, num_starts=2).table
    assert np.isfinite(fit[["log_likelihood", "aic", "bic", "shift", "se_shift"]]).all(axis=None)
    assert fit["log_likelihood"][0] > -80 * np.log(2)
    assert fit["log_likelihood"][1] < -1e8
    for subject, own in table.groupby("subject"):
        left = np.diff(own["choice"])[own["reward"].to_numpy()[:-1] == 0] != 0
        assert fit["shift"][subject] == pytest.approx((left.sum() + 0.1) / (len(left) + 0.2), abs=1e-3)


@pytest.mark.parametrize("value", [np.inf, 1e39, np.nan])
def test_a_value_that_is_no_number_in_single_precision_is_refused(value: float) -> None:
    with pytest.raises(UserError, match=r"^`inverse_temperature` must be from 0 to 1e\+30, got "):
        LIBRARY["hybrid-hbayesdm"].model(KnownTask(), {"inverse_temperature": value})


@pytest.mark.parametrize(("rate", "precision", "lapse"), list(product((0.0, 1.0), (0.0, 1e30), (0.0, 1.0))))
def test_a_learner_of_bandits_is_finite_at_every_end(rate: float, precision: float, lapse: float) -> None:
    """Arm 1 pays, then neither does; P is that of the definition."""

    def last(values):
        learner = RescorlaWagner(2, *values)
        beliefs = learner.init()
        for arm, reward in ((1, 1.0), (0, 0.0), (0, 0.0)):
            beliefs = learner.learn(beliefs, jnp.int32(arm), jnp.float32(reward))
        return learner.choose(beliefs)[0]

    values = jnp.array([rate, precision, lapse], jnp.float32)
    certain = 1.0 if rate and precision else 0.5
    logits, slopes = last(values), jax.jacobian(last)(values)
    assert np.isfinite(logits).all()
    assert np.isfinite(slopes).all()
    assert jax.nn.softmax(logits)[1] == pytest.approx((1 - lapse) * certain + lapse / 2)


def test_an_observer_that_meets_what_it_holds_impossible_learns_nothing_from_it() -> None:
    sure = pf.VolatilityConfig(stable_reward_probability=1.0, volatile_reward_probability=1.0, volatile_probability=0.0)
    observer = VolatilityObserver(sure)
    known = observer.learn(observer.init(), jnp.int32(0))
    after = observer.learn(known, jnp.int32(1))
    assert np.isfinite(after).all()
    assert float(after.sum()) == pytest.approx(1.0)


def test_the_signals_of_who_is_sure_are_finite_but_for_the_surprise_at_what_cannot_be() -> None:
    """State 0 is believed in from the first trial, and then pays nothing."""
    sure = KnownTask(better_reward_probability=1.0, worse_reward_probability=0.0, reversal_probability=0.0)
    rows = [(0, 0, 1), (0, 0, 0), (1, 1, 0), (0, 1, 1), (0, 0, 1)]
    table = pd.DataFrame(rows, columns=["choice", "state", "reward"])
    table = table.assign(subject=0, session=0, trial=range(5), common=table["choice"] == table["state"])
    given = {"inverse_temperature": 5.0, "perseveration": 0.0}
    fit = pf.Fit("bayes-optimal", "map", sure, tuple(given), {}, pd.DataFrame({"subject": [0]}).assign(**given))
    found = pf.trial_regressors(table, fit)
    assert found["belief"].tolist() == [0.5, 1.0, 0.0, 0.0, 1.0]
    assert np.isinf(found["outcome_surprise"]).tolist() == [False, True, False, True, False]
    assert np.isfinite(found.drop(columns="outcome_surprise")).all(axis=None)
