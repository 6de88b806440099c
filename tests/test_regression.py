"""Regressions: regressors against a slow loop, fits against statsmodels, and behaviour whose weights are known."""

import re
import warnings

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from calls import num_calls
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from prefrontal.analysis.logistic import FALLBACK_RIDGE, fit_logistic, separates
from prefrontal.analysis.mixed import regress_mixed
from prefrontal.analysis.regression import indices, kind_weights, over_subjects, regress
from prefrontal.analysis.regressors import Design, lagged, multi_back, one_back
from prefrontal.configs.two_step import TRIAL_KINDS
from prefrontal.errors import UserError
from prefrontal.trials.table import check_table


@st.composite
def tables(draw):
    """Up to three subjects with up to three sessions each, with missed trials and gaps in the numbers."""
    binary = st.integers(0, 1)
    parts = []
    for subject in range(draw(st.integers(1, 3))):
        for session in range(draw(st.integers(1, 3))):
            rows = draw(st.lists(st.tuples(*[binary] * 5), min_size=1, max_size=8))
            gaps = draw(st.lists(st.integers(1, 3), min_size=len(rows), max_size=len(rows)))
            choice, common, reward, missed, better = np.array(rows).T
            part = pd.DataFrame({"subject": f"s{subject}", "session": session, "trial": np.cumsum(gaps) - 1})
            part = part.assign(choice=choice, common=common, reward=reward, missed=missed, better_state=better)
            parts.append(part.assign(state=np.where(common, choice, 1 - choice)))
    return check_table(pd.concat(parts, ignore_index=True))


def slow_rows(table):
    """Every trial not missed, with the trials before it by lag, the missed ones taken out."""
    for (subject, _), session in table.groupby(["subject", "session"], sort=False):
        by_number = {row.trial: row for row in session.itertuples() if not row.missed}
        for number, row in by_number.items():
            yield subject, row, {lag: by_number.get(number - lag) for lag in range(1, 11)}


@settings(deadline=None, max_examples=60)
@given(table=tables(), num_lags=st.integers(1, 10))
def test_kinds_of_trial_agree_with_a_slow_loop_and_keep_to_their_session(table, num_lags):
    design = multi_back(table, num_lags=num_lags)
    rows = list(slow_rows(table))
    assert design.choice.tolist() == [row.choice == 1 for _, row, _ in rows]
    assert [design.subjects[number] for number in design.subject] == [subject for subject, _, _ in rows]
    for place, (_, _, before) in enumerate(rows):
        for name, value in zip(design.regressors, design.values[place], strict=True):
            if name == "bias":
                assert value == 1
                continue
            kind, _, lag = name.rpartition("_")
            row = before[int(lag)]
            transition, outcome = kind.split("_")
            same = row is not None and (row.common, row.reward) == (transition == "common", outcome == "rewarded")
            assert value == ((1 if row.choice else -1) if same else 0)
    half = lagged(table, num_lags=num_lags)
    assert half.regressors == design.regressors[:-1]
    np.testing.assert_array_equal(2 * half.values, design.values[:, :-1])


@settings(deadline=None, max_examples=60)
@given(table=tables())
def test_one_back_agrees_with_a_slow_loop(table):
    design = one_back(table, correct=True)
    rows = [(subject, row, before[1]) for subject, row, before in slow_rows(table) if before[1] is not None]
    assert design.choice.tolist() == [row.choice == 1 for _, row, _ in rows]
    for values, (_, _, before) in zip(design.values, rows, strict=True):
        side = before.choice - 0.5
        reward, common = 2 * before.reward - 1, 2 * before.common - 1
        expected = [side, side * reward, side * common, side * reward * common, before.better_state - 0.5]
        np.testing.assert_array_equal(values, expected)
    assert one_back(table).regressors == design.regressors[:-1]


def logistic_data(num=400, size=4, seed=0, scale=1.0):
    rng = np.random.default_rng(seed)
    x = rng.integers(-1, 2, (num, size)).astype(float)
    y = rng.random(num) < 1 / (1 + np.exp(-x @ rng.normal(0, scale, size)))
    return x, y


@pytest.mark.parametrize("seed", range(5))
def test_maximum_likelihood_is_that_of_statsmodels(seed):
    x, y = logistic_data(seed=seed)
    fit, oracle = fit_logistic(x, y), sm.Logit(y, x).fit(disp=0, method="newton", tol=1e-10)
    np.testing.assert_allclose(fit.weights, oracle.params, atol=1e-6)
    np.testing.assert_allclose(np.sqrt(np.diag(fit.covariance)), oracle.bse, rtol=1e-4)
    assert fit.log_likelihood == pytest.approx(oracle.llf, abs=1e-8)
    assert (fit.verdict, fit.ridge, fit.num) == ("", 0, len(y))


@pytest.mark.parametrize("ridge", [0.01, 0.16, 3.0])
def test_ridge_is_the_maximum_of_the_penalised_likelihood(ridge):
    x, y = logistic_data(num=50)

    def loss(weights):
        log_odds = np.where(y, x @ weights, -x @ weights)
        return np.logaddexp(0, -log_odds).sum() + ridge / 2 * weights @ weights

    best = minimize(loss, np.zeros(4), method="BFGS", options={"gtol": 1e-7})
    np.testing.assert_allclose(fit_logistic(x, y, ridge=ridge).weights, best.x, atol=1e-5)


def test_strong_but_overlapping_choices_keep_their_maximum_likelihood():
    """One trial in ten thousand against log odds of about 28: near-deterministic, not separated."""
    x = np.repeat([[1.0, 0.0], [1.0, 1.0], [-1.0, 1.0]], 10_000, axis=0)
    y = x[:, 0] > 0
    y[[0, 10_000, 20_000]] ^= True
    fit = fit_logistic(x, y)
    assert fit.verdict == ""
    np.testing.assert_allclose(fit.weights, sm.Logit(y, x).fit(disp=0, tol=1e-12).params, atol=1e-5)


@pytest.mark.parametrize("hidden", ["complete", "quasi"])
def test_separation_is_found_and_said(hidden):
    rng = np.random.default_rng(0)
    x = rng.integers(-1, 2, (300, 3)).astype(float)
    side = x @ [1.0, -2.0, 0.5]
    y = (side > 0) | ((side == 0) & (rng.random(300) < 0.5))
    if hidden == "complete":
        x, y = x[side != 0], y[side != 0]
    assert separates(x, y)
    fit = fit_logistic(x, y)
    assert (fit.verdict, fit.ridge) == ("separated", FALLBACK_RIDGE)
    np.testing.assert_allclose(fit.weights, fit_logistic(x, y, ridge=FALLBACK_RIDGE).weights)
    with pytest.raises(UserError, match="`ridge` must be above 0 where the regressors are separated"):
        fit_logistic(x, y, ridge=0.0)
    flipped = y.copy()
    flipped[np.flatnonzero(x @ [1.0, -2.0, 0.5] != 0)[:20]] ^= True
    assert not separates(x, flipped)
    assert fit_logistic(x, flipped).verdict == ""


def test_collinear_regressors_are_said():
    x, y = logistic_data()
    doubled = np.column_stack([x, x[:, 0]])
    fit = fit_logistic(doubled, y)
    assert fit.verdict == "collinear"
    assert fit.weights[0] == pytest.approx(fit.weights[-1])


def test_bad_fits_are_refused():
    x, y = logistic_data()
    with pytest.raises(UserError, match=re.escape("`ridge` must be at least 0, got -1.0")):
        fit_logistic(x, y, ridge=-1.0)
    with pytest.raises(UserError, match="`outcomes` must be at least one trial, got none"):
        fit_logistic(x[:0], y[:0])


def simulate(weights: dict, num_subjects=1, num_trials=4_000, num_lags=5, seed=0):
    """People who choose by a `multi_back` regression of the given weights, on the task of Wang et al. (2018)."""
    rng = np.random.default_rng(seed)
    parts = []
    for subject in range(num_subjects):
        better, rows, past = 0, [], []
        for trial in range(num_trials):
            log_odds = sum(
                weights[kind][lag] * side for lag, (kind, side) in enumerate(reversed(past[-num_lags:]), start=0)
            )
            choice = int(rng.random() < 1 / (1 + np.exp(-log_odds)))
            better = 1 - better if rng.random() < 0.025 else better
            common = rng.random() < 0.8
            state = choice if common else 1 - choice
            reward = int(rng.random() < (0.9 if state == better else 0.1))
            past.append((TRIAL_KINDS[2 * (1 - reward) + (1 - common)], 2 * choice - 1))
            rows.append((subject, 0, trial, choice, state, common, reward, better))
        columns = ["subject", "session", "trial", "choice", "state", "common", "reward", "better_state"]
        parts.append(pd.DataFrame(rows, columns=columns))
    return check_table(pd.concat(parts, ignore_index=True))


PLANNER = dict(zip(TRIAL_KINDS, np.outer([1.2, -0.7, -0.6, 1.0], [1, 0.6, 0.3, 0.15, 0.05]), strict=True))


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e200])
def test_a_regressor_that_is_no_number_is_refused_by_its_name(bad):
    """With and without a ridge, and with mixed effects: none may look for a downhill step for ever."""
    rng = np.random.default_rng(0)
    values = rng.normal(size=(240, 2))
    values[130, 1] = bad
    subject = np.repeat(np.arange(12), 20)
    design = Design("mine", ("bias", "speed"), values, rng.random(240) < 0.5, subject, tuple("abcdefghijkl"))
    for ridge in (None, 1.0):
        with pytest.raises(UserError, match=r"^Column 1 of `regressors` must be a number below 1e\+100 in every trial"):
            fit_logistic(values, design.choice, ridge=ridge)
        with pytest.raises(UserError, match=rf"^subject g: `speed` must be a number .*, got {re.escape(f'{bad:g}')}\."):
            regress(design, ridge=ridge)
    with pytest.raises(UserError, match=r"^`speed` must be a number"):
        regress_mixed(design)


def test_a_step_that_leads_nowhere_ends_the_search(monkeypatch):
    """However the loss is rounded: with every step said to lead uphill, the search stays where it is."""
    rng = np.random.default_rng(0)
    values, subject = rng.normal(size=(240, 1)), np.repeat(np.arange(12), 20)
    design = Design("mine", ("bias",), values, rng.random(240) < 0.5, subject, tuple("abcdefghijkl"))
    told = iter(range(10**9))
    monkeypatch.setattr("numpy.logaddexp", lambda a, b: np.full(np.broadcast(a, b).shape, float(next(told))))
    fit = fit_logistic(values, design.choice, ridge=1.0)
    assert np.isfinite(fit.weights).all()
    assert np.isfinite(regress_mixed(design).weights.to_numpy()).all()


def test_weights_of_simulated_choices_come_back():
    """False-alarm rate about 1e-4: each of 21 estimates within 4.5 of its standard errors."""
    result = regress(multi_back(simulate(PLANNER, num_trials=8_000)))
    truth = np.concatenate([*PLANNER.values(), [0.0]])
    away = (result.weights.loc[0] - truth) / result.errors.loc[0]
    assert (abs(away) < 4.5).all(), away


def test_indices_are_the_sums_of_the_papers_weights():
    """Figure 5e of Wang et al. (2018), summed by hand."""
    published = {
        "common_rewarded": [3.41, 2.87, 0.81, 0.30, 0.14],
        "uncommon_rewarded": [-1.94, -0.86, -0.51, -0.13, -0.03],
        "common_unrewarded": [-1.84, -0.93, -0.23, -0.10, -0.04],
        "uncommon_unrewarded": [3.27, 2.71, 0.90, 0.34, 0.16],
    }
    row = {f"{kind}_{lag + 1}": value for kind, values in published.items() for lag, value in enumerate(values)}
    weights = pd.DataFrame([row | {"bias": 0.3}], index=pd.Index(["paper"], name="subject"))
    found = indices(weights).loc["paper"]
    np.testing.assert_allclose(found, [21.52, -0.18, 8.30], atol=1e-9)
    assert kind_weights(weights).loc["paper", ("uncommon_rewarded", 3)] == -0.51
    with pytest.raises(UserError, match="`weights` must be of a regression on kinds of trial, got stay"):
        indices(pd.DataFrame({"stay": [1.0]}))


def test_one_back_is_half_a_stay_regression_turned_round():
    """With sides balanced, twice the weights of P(stay) on reward and transition coded ± 1."""
    table = simulate(PLANNER, num_trials=3_000)
    weights = regress(one_back(table)).weights.loc[0]
    before, after = table.iloc[:-1], table.iloc[1:]
    reward, common = 2.0 * before["reward"] - 1, 2.0 * before["common"] - 1
    x = np.column_stack([np.ones(len(before)), reward, common, reward * common])
    oracle = sm.Logit(before["choice"].to_numpy() == after["choice"].to_numpy(), x).fit(disp=0)
    np.testing.assert_allclose(weights, 2 * oracle.params, atol=1e-5)


def test_subjects_that_separate_are_named_and_sessions_without_pairs_refused():
    table = simulate(PLANNER, num_subjects=3, num_trials=60)
    table.loc[table["subject"] == 1, "choice"] = 1
    with pytest.warns(UserWarning, match=re.escape("one_back: in 1 of 3 subjects (1) choices are told apart")):
        result = regress(one_back(table))
    assert result.quality["verdict"].tolist() == ["", "separated", ""]
    assert result.quality["num"].tolist() == [59] * 3
    with pytest.raises(UserError, match=r"must have trials that follow one another, got none of subject 2. Drop it."):
        regress(one_back(table[(table["subject"] != 2) | (table["trial"] == 0)]))
    with pytest.raises(UserError, match="`table` must have `better_state` for the regressor `correct`, got none"):
        one_back(table.drop(columns="better_state"), correct=True)
    with pytest.raises(UserError, match="`num_lags` must be a whole number of at least 1, got 0"):
        multi_back(table, num_lags=0)


def test_second_level_is_students_test():
    from scipy.stats import ttest_1samp

    weights = pd.DataFrame(np.random.default_rng(0).normal(0.3, 1, (12, 2)), columns=["a", "b"])
    weights.iloc[3, 1] = np.nan
    group = over_subjects(weights)
    for name in weights:
        oracle = ttest_1samp(weights[name].dropna(), 0)
        assert group.loc[name, ["t", "p"]].tolist() == pytest.approx([oracle.statistic, oracle.pvalue])
        interval = oracle.confidence_interval()
        assert group.loc[name, ["low", "high"]].tolist() == pytest.approx([interval.low, interval.high])
    assert group["num"].tolist() == [12, 11]


# Mixed effects


def population(num_subjects=200, num_trials=60, seed=0):
    """Choices of subjects whose two weights are drawn from a normal distribution: its mean, and their covariance."""
    rng = np.random.default_rng(seed)
    mean, covariance = np.array([0.8, -0.4]), np.array([[1.0, 0.3], [0.3, 0.25]])
    weights = rng.multivariate_normal(mean, covariance, num_subjects)
    x = rng.choice([-1.0, 1.0], (num_subjects, num_trials, 2))
    y = rng.random((num_subjects, num_trials)) < 1 / (1 + np.exp(-np.einsum("stw,sw->st", x, weights)))
    subject = np.repeat(np.arange(num_subjects), num_trials)
    design = Design("simulated", ("a", "b"), x.reshape(-1, 2), y.ravel(), subject, tuple(range(num_subjects)))
    return design, mean, np.cov(weights.T, bias=True)


def test_a_population_comes_back():
    """Each mean within 4 standard errors, in each of 20 populations, and the covariance, averaged over them."""
    away, spread, drawn = [], [], []
    for seed in range(20):
        design, mean, covariance = population(num_trials=200, seed=seed)
        fitted = regress_mixed(design)
        away.append((fitted.group["mean"] - mean) / fitted.group["error"])
        spread.append(fitted.covariance.to_numpy())
        drawn.append(covariance)
    away = np.array(away)
    assert (abs(away) < 4).all()
    # The standard errors are the scatter of the estimates: a chi-squared of 40 degrees, within its central 99.9 %.
    assert 17 < (away**2).sum() < 77
    # With 200 trials a subject, Laplace's method finds 4 to 5 per cent too little.
    np.testing.assert_allclose(np.mean(spread, axis=0), np.mean(drawn, axis=0), rtol=0.08)


def test_mixed_effects_are_those_of_the_exact_likelihood():
    """One random intercept: the marginal likelihood, integrated by quadrature and maximised by scipy."""
    rng = np.random.default_rng(1)
    num_subjects, num_trials = 80, 100
    truth = rng.normal(0.7, 0.8, num_subjects)
    happened = rng.binomial(num_trials, 1 / (1 + np.exp(-truth)))
    nodes, node_weights = np.polynomial.hermite_e.hermegauss(60)

    def loss(parameters):
        log_odds = parameters[0] + np.exp(parameters[1]) * nodes
        each = np.outer(happened, log_odds) - num_trials * np.logaddexp(0, log_odds)
        return -np.log(np.exp(each - each.max(axis=1, keepdims=True)) @ node_weights).sum() - each.max(axis=1).sum()

    exact = minimize(loss, [0.0, 0.0]).x
    subject = np.repeat(np.arange(num_subjects), num_trials)
    choice = np.concatenate([np.arange(num_trials) < count for count in happened])
    design = Design("one", ("bias",), np.ones((len(choice), 1)), choice, subject, tuple(range(num_subjects)))
    group = regress_mixed(design).group.loc["bias"]
    assert group["mean"] == pytest.approx(exact[0], abs=0.01)
    assert group["sd"] == pytest.approx(np.exp(exact[1]), abs=0.02)


def test_mixed_effects_hold_subjects_that_separate():
    design, mean, _ = population(num_trials=12)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        separated = (regress(design).quality["verdict"] != "").to_numpy()
    assert separated.sum() > 10
    fitted = regress_mixed(design)
    assert (abs(fitted.group["mean"] - mean) < 4 * fitted.group["error"]).all()
    assert np.isfinite(fitted.weights).all(axis=None)
    few = Design("few", design.regressors, design.values[:24], design.choice[:24], design.subject[:24], (0, 1))
    with pytest.raises(UserError, match=r"must have more subjects than its 2 regressors .*, got 2"):
        regress_mixed(few)


def test_ten_times_the_trials_take_no_more_calls():
    """No loop over trials: seconds would depend on the machine, calls do not."""

    def calls(num_trials: int) -> int:
        table = simulate(PLANNER, num_trials=num_trials)
        many = pd.concat([table.assign(subject=number, session=session) for number in range(4) for session in range(3)])
        return num_calls(lambda: regress(multi_back(many)))

    calls(150)  # what is imported at the first call
    assert calls(1_500) < 1.5 * calls(150)
