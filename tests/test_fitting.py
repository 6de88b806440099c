"""Fits: against closed forms, against scipy on the same function; simulated subjects who come back as themselves."""

import inspect
import re

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
import scipy.optimize
import scipy.stats

from prefrontal.agents.two_step import LIBRARY, find_model
from prefrontal.agents.two_step.parameters import Beta, Gamma, Normal, Parameter
from prefrontal.configs import KnownTask, TwoStepConfig
from prefrontal.configs.models import MODELS
from prefrontal.errors import UserError
from prefrontal.fitting.choices import batch_of
from prefrontal.fitting.fit import _errors, draw_candidates, fit_model
from prefrontal.fitting.recovery import ModelRecovery, ParameterRecovery, recover_models, recover_parameters
from prefrontal.fitting.search import double_precision, log_densities
from prefrontal.fitting.simulation import draw_values, simulate

TASK = TwoStepConfig(num_trials=200)


def two_visits() -> pd.DataFrame:
    """Three subjects who win-stay and lose-shift, each in two sessions; some trials are missed."""
    values = {"stay": np.array([0.9, 0.7, 0.6]), "shift": np.array([0.8, 0.4, 0.6])}
    table = simulate("win-stay-lose-shift", TASK, values, num_sessions=2, seed=1)
    missed = np.random.default_rng(2).random(len(table)) < 0.1
    return table.assign(missed=missed)


def stays_by_hand(table: pd.DataFrame) -> dict[str, tuple[int, int]]:
    """(stays, chances) after "reward" and after "none", skipping missed trials, within sessions."""
    counts = {"reward": [0, 0], "none": [0, 0]}
    for _, session in table[~table["missed"]].groupby("session"):
        before = None
        for row in session.itertuples():
            if before is not None:
                pair = counts["reward" if before.reward else "none"]
                pair[0] += row.choice == before.choice
                pair[1] += 1
            before = row
    return {name: (stays, chances) for name, (stays, chances) in counts.items()}


def test_maximum_likelihood_is_the_closed_form():
    """Win-stay-lose-shift: shares of stays, binomial standard errors, and their log-likelihood, AIC and BIC."""
    table = two_visits()
    fit = fit_model(table, "win-stay-lose-shift", method="mle", num_starts=4).table
    for row in fit.to_dict("records"):
        own = table[table["subject"] == row["subject"]]
        counts = stays_by_hand(own)
        likelihood = 2 * np.log(0.5)
        for name, kind in (("stay", "reward"), ("shift", "none")):
            stays, chances = counts[kind]
            share = stays / chances if name == "stay" else 1 - stays / chances
            assert row[name] == pytest.approx(share, abs=1e-5)
            assert row[f"se_{name}"] == pytest.approx(np.sqrt(share * (1 - share) / chances), rel=1e-3)
            likelihood += scipy.stats.binom.logpmf(stays, chances, stays / chances)
            likelihood -= scipy.special.gammaln(chances + 1) - scipy.special.gammaln(stays + 1)
            likelihood += scipy.special.gammaln(chances - stays + 1)
        assert row["log_likelihood"] == pytest.approx(likelihood, abs=1e-6)
        num = int((~own["missed"]).sum())
        assert (row["num_choices"], row["num_parameters"]) == (num, 2)
        assert row["aic"] == pytest.approx(4 - 2 * likelihood, abs=1e-5)
        assert row["bic"] == pytest.approx(2 * np.log(num) - 2 * likelihood, abs=1e-5)
        assert row["converged"]


@pytest.mark.thorough
def test_a_posterior_mode_is_the_closed_form_and_sessions_can_be_told_apart():
    """Beta(a, b): the mode of Beta(stays + a, leaves + b)."""
    table = two_visits()
    fit = fit_model(table, "win-stay-lose-shift", method="map", by="session", num_starts=4).table
    assert list(zip(fit["subject"], fit["session"], strict=True)) == [(i, k) for i in range(3) for k in range(2)]
    for row in fit.to_dict("records"):
        own = table[(table["subject"] == row["subject"]) & (table["session"] == row["session"])]
        stays, chances = stays_by_hand(own)["reward"]
        assert row["stay"] == pytest.approx((stays + 0.1) / (chances + 0.2), abs=1e-5)


def test_a_parameter_at_its_bound_has_no_standard_error():
    table = two_visits().assign(choice=1, missed=False)
    fit = fit_model(table, "win-stay-lose-shift", method="mle", num_starts=4).table
    assert (fit["stay"] > 0.999).all()
    assert (fit["shift"] < 0.001).all()
    assert fit["se_stay"].isna().all()
    np.testing.assert_allclose(fit["log_likelihood"], 2 * np.log(0.5), atol=1e-3)


def test_a_subjects_fit_does_not_depend_on_the_others():
    table = two_visits()
    others = table["subject"] != 1
    changed = table.assign(choice=np.where(others, 1 - table["choice"] * table["reward"], table["choice"]))
    one, other = (fit_model(each, "win-stay-lose-shift", method="mle", num_starts=4).table for each in (table, changed))
    assert (one.loc[[0, 2], "stay"] != other.loc[[0, 2], "stay"]).all()
    pd.testing.assert_series_equal(one.loc[1], other.loc[1])


NUM_RESTARTS = 20


@pytest.mark.thorough
def test_pure_strategies_come_back_and_no_fit_is_worse_than_scipys():
    """Hybrid, maximum likelihood: model-free subjects have w near 0, model-based ones near 1; and 20 random starts of
    scipy's BFGS on the same function find nothing better. A small copy of what docs/models.md reports."""
    values = {"weight": np.repeat([0.0, 1.0], 8), "trace": np.full(16, 0.6)}
    table = simulate("hybrid", TwoStepConfig(num_trials=500), values, seed=3)
    fit = fit_model(table, "hybrid", method="mle", num_starts=8)
    weight = fit.table["weight"].to_numpy()
    assert np.median(weight[:8]) < 0.2
    assert np.median(weight[8:]) > 0.8

    subjects = [0, 8]
    with double_precision():
        batch = batch_of(table[table["subject"].isin(subjects)])
        model, parameters = find_model("hybrid").model(KnownTask()), find_model("hybrid").parameters(KnownTask())

        @jax.jit
        def slope(u, sessions):
            return jax.value_and_grad(lambda u: -log_densities(u, model, parameters, sessions)[0])(u)

        rng = np.random.default_rng(4)
        for place, subject in enumerate(subjects):
            sessions = jax.tree.map(lambda leaf, place=place: leaf[place], batch.choices)

            def function(u, sessions=sessions):
                value, gradient = slope(jnp.asarray(u), sessions)
                return float(value), np.asarray(gradient)

            starts = rng.normal(size=(NUM_RESTARTS, len(parameters)))
            ends = [scipy.optimize.minimize(function, start, jac=True, method="BFGS").fun for start in starts]
            assert fit.table.loc[subject, "log_likelihood"] >= -np.nanmin(ends) - 1e-3


PARAMETERS = {
    f"{name}.{key}": parameter
    for name, two in ((name, two) for name in MODELS for two in (False, True) if (name, two) != ("bayes-optimal", True))
    for key, parameter in LIBRARY[name].parameters(KnownTask(second_choices=two)).items()
}


@pytest.mark.parametrize("parameter", PARAMETERS.values(), ids=PARAMETERS)
def test_a_parameter_and_its_unbounded_number_are_one(parameter: Parameter):
    draws = parameter.draw(np.random.default_rng(0), 200)
    assert ((draws > parameter.low) & (draws < parameter.high)).all()
    assert parameter.low <= parameter.typical[0] < parameter.typical[1] < parameter.high
    with double_precision():
        u = parameter.unconstrain(draws)
        np.testing.assert_allclose(parameter.constrain(u), draws, rtol=1e-9, atol=1e-9)
        assert (np.asarray(jax.vmap(jax.grad(parameter.constrain))(u)) > 0).all()


@pytest.mark.parametrize(
    ("prior", "low", "high", "reference"),
    [
        (Beta(1.1, 1.1), 0.0, 1.0, scipy.stats.beta(1.1, 1.1)),
        (Beta(1.1, 1.1), 0.0, 0.5, scipy.stats.beta(1.1, 1.1, scale=0.5)),
        (Gamma(1.2, 5.0), 0.0, float("inf"), scipy.stats.gamma(1.2, scale=5.0)),
        (Normal(0.0, 1.0), -20.0, 20.0, scipy.stats.norm(0.0, 1.0)),
    ],
)
def test_priors_are_the_distributions_they_are_called(prior, low, high, reference):
    """Log densities up to a constant; draws by a Kolmogorov-Smirnov test."""
    parameter = Parameter("x", low, high, prior, (low, high))
    values = reference.ppf([0.1, 0.3, 0.6, 0.9])
    ours, theirs = np.asarray(parameter.log_prior(jnp.asarray(values))), reference.logpdf(values)
    np.testing.assert_allclose(ours - ours[0], theirs - theirs[0], rtol=1e-4, atol=1e-5)
    draws = parameter.draw(np.random.default_rng(1), 2000)
    assert scipy.stats.kstest(draws, reference.cdf).pvalue > 1e-6


@pytest.mark.thorough
def test_recovery_tells_how_near_the_fits_come():
    """Of a biased chooser, whose fit is the log odds of its choices, nothing is lost but sampling error."""
    done = []
    recovery = recover_parameters("biased-random", TASK, num_subjects=40, num_starts=2, seed=5, told=done.append)
    assert sum(done) == 40
    summary = recovery.summary.loc["bias"]
    assert summary["pearson"] > 0.9
    assert abs(summary["bias"]) < 0.1
    assert scipy.stats.binomtest(round(summary["coverage"] * 40), 40, 0.95).pvalue > 1e-3


def test_recovery_summary_is_its_definitions():
    subjects = pd.DataFrame(
        {"subject": [0, 1, 2], "parameter": "w", "true": [0.0, 0.5, 1.0], "estimate": [0.1, 0.4, 1.0]}
    ).assign(standard_error=[0.1, 0.01, np.nan])
    summary = ParameterRecovery("hybrid", subjects).summary.loc["w"]
    assert summary["pearson"] == pytest.approx(np.corrcoef([0, 0.5, 1], [0.1, 0.4, 1.0])[0, 1])
    assert summary["spearman"] == pytest.approx(1.0)
    assert summary["bias"] == pytest.approx(0.0)
    assert summary["rmse"] == pytest.approx(np.sqrt(0.02 / 3))
    assert (summary["coverage"], summary["num_with_error"]) == (0.5, 2)


def test_confusion_counts_the_smallest_criterion():
    rows = [("a", 0, "a", 1.0), ("a", 0, "b", 2.0), ("a", 1, "a", 3.0), ("a", 1, "b", 2.0)]
    rows += [("b", 0, "a", 5.0), ("b", 0, "b", 2.0), ("b", 1, "a", 3.0), ("b", 1, "b", 2.5)]
    subjects = pd.DataFrame(rows, columns=["simulated", "subject", "fitted", "bic"])
    confusion = ModelRecovery("bic", subjects).confusion
    np.testing.assert_array_equal(confusion.loc[["a", "b"], ["a", "b"]], [[0.5, 0.5], [0.0, 1.0]])


def test_subjects_are_drawn_uniformly_over_typical_ranges_or_from_their_priors():
    """Kolmogorov-Smirnov tests: false-alarm rate 1e-6 each, of eight."""
    parameters = LIBRARY["hybrid"].parameters(KnownTask())
    inverse_temperature = scipy.stats.gamma(1.2, scale=5.0)
    priors = {
        "first_learning_rate": scipy.stats.beta(1.1, 1.1).cdf,
        "inverse_temperature": lambda x: inverse_temperature.cdf(x) / inverse_temperature.cdf(20),  # none is above 20
        "perseveration": scipy.stats.norm.cdf,
        "weight": scipy.stats.beta(1.1, 1.1).cdf,
    }
    typical = draw_values(parameters, 2000, np.random.default_rng(0))
    drawn = draw_values(parameters, 2000, np.random.default_rng(0), from_prior=True)
    assert list(typical) == list(drawn) == list(parameters)
    for name, prior in priors.items():
        low, high = parameters[name].typical
        assert scipy.stats.kstest((typical[name] - low) / (high - low), "uniform").pvalue > 1e-6
        assert scipy.stats.kstest(drawn[name], prior).pvalue > 1e-6
    # Nor does one parameter tell another.
    assert np.abs(np.corrcoef(list(typical.values())) - np.eye(len(typical))).max() < 0.15


@pytest.mark.parametrize("seed", [0, 1])
def test_a_search_does_not_begin_with_the_parameters_that_are_to_be_found(seed):
    """Recovery and `simulate --draw` draw subjects' parameters with the seed that the fit of them gets too."""
    parameters = LIBRARY["hybrid"].parameters(KnownTask())
    with double_precision():
        starts = draw_candidates(parameters, 200, seed)
        np.testing.assert_array_equal(starts, draw_candidates(parameters, 200, seed))
        first = np.asarray(next(iter(parameters.values())).constrain(jnp.asarray(starts[:, 0])))
    for entropy in (seed, *([seed, number] for number in range(len(MODELS)))):
        true = draw_values(parameters, 100, np.random.default_rng(entropy), from_prior=True)
        nearest = np.abs(true["first_learning_rate"][:, None] - first).min(axis=1)
        assert (nearest < 1e-7).sum() == 0


def refused(call) -> str:
    with pytest.raises(UserError) as caught:
        call()
    return str(caught.value)


def test_wrong_questions_are_refused():
    table = two_visits()
    loose = inspect.unwrap(fit_model)  # so that the message for people comes before the check of types
    assert refused(lambda: loose(table, "hybrid", method="best")).startswith("`method` must be one of mle, map")
    assert "Did you mean hybrid?" in refused(lambda: fit_model(table, "hybird"))
    assert "`parameters` must be of" in refused(lambda: fit_model(table, "hybrid", fixed={"gamma": 1.0}))
    assert refused(lambda: fit_model(table, "hybrid", fixed={"weight": 2.0})) == "`weight` must be from 0 to 1, got 2."
    assert "must leave a parameter" in refused(lambda: fit_model(table, "biased-random", fixed={"bias": 0.0}))
    assert "`num_starts` must be" in refused(lambda: fit_model(table, "hybrid", num_starts=0))
    seconds = KnownTask(second_choices=True)
    assert "`second_choices` must be as in the table" in refused(lambda: fit_model(table, "hybrid", task=seconds))
    every = table.assign(missed=True)
    assert "must hold a trial that was not missed" in refused(lambda: fit_model(every, "hybrid"))
    both = table.assign(choice2=1)
    assert re.match("`models` must be without bayes-optimal", refused(lambda: fit_model(both, "bayes-optimal")))
    with pytest.raises(UserError, match="one value a subject"):
        simulate("hybrid", TASK, {"weight": np.zeros(2), "trace": np.zeros(3)})
    with pytest.raises(UserError, match="`parameters` must be free ones"):
        recover_parameters("sarsa-0", TASK, values={"weight": 0.5}, num_subjects=2)


@pytest.mark.parametrize("wrong", [{"draws": "posterior"}, {"method": "em"}, {"criterion": "dic"}])
def test_what_a_recovery_cannot_do_is_refused_before_anything_is_simulated(monkeypatch, wrong):
    monkeypatch.setattr("prefrontal.fitting.recovery.simulate", lambda *_, **__: pytest.fail("it was simulated"))
    said = rf"^`{next(iter(wrong))}` must be one of "
    with pytest.raises(UserError, match=said):
        inspect.unwrap(recover_models)(["hybrid", "biased-random"], TASK, **wrong)  # before the check of types
    if "criterion" not in wrong:
        with pytest.raises(UserError, match=said):
            inspect.unwrap(recover_parameters)("hybrid", TASK, **wrong)


@pytest.mark.thorough
def test_the_last_seed_is_one():
    made = recover_models(["win-stay-lose-shift", "biased-random"], TASK, num_subjects=2, num_starts=2, seed=2**32 - 1)
    assert made.confusion.shape == (2, 2)


@pytest.mark.parametrize(
    "hessian",
    [np.ones((2, 2)), np.diag([1.0, 1e-17]), np.array([[1.0, 1.0], [1.0, np.nextafter(1.0, 2.0)]]), -np.eye(2)],
    ids=["singular", "flat", "singular but for rounding", "a maximum"],
)
def test_a_hessian_without_an_inverse_gives_no_standard_errors(hessian):
    assert np.isnan(_errors(hessian, np.array([True, True]))).all()


def test_standard_errors_are_those_of_the_inverse_hessian_of_what_is_inside():
    hessian = np.array([[4.0, 0.0, 9.0], [0.0, 25.0, 9.0], [9.0, 9.0, np.nan]])
    np.testing.assert_allclose(_errors(hessian, np.array([True, True, False])), [0.5, 0.2, np.nan])
