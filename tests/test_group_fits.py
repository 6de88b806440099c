"""Fits of populations: the group comes back, evidence is the integral, and one engine serves regressions too."""

import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
import scipy.integrate
import scipy.optimize
import scipy.stats
from simulated_people import CHOICES, TRUTH

import prefrontal as pf
from prefrontal.agents.two_step import find_model
from prefrontal.analysis.population import estimate_population
from prefrontal.configs.models import KnownTask
from prefrontal.errors import UserError
from prefrontal.fitting.choices import batch_of
from prefrontal.fitting.fit import parameters_to_fit
from prefrontal.fitting.group_draws import integrate_population
from prefrontal.fitting.group_search import _climb
from prefrontal.fitting.simulation import simulate

MEAN, SD, NUM = {"stay": 0.8, "shift": -0.3}, {"stay": 0.5, "shift": 0.7}, 60


@pytest.fixture(scope="module")
def population() -> tuple[pd.DataFrame, dict[str, np.ndarray]]:
    """Sixty subjects who win-stay and lose-shift, whose unbounded parameters are normal."""
    rng = np.random.default_rng(0)
    u = {name: rng.normal(MEAN[name], SD[name], NUM) for name in MEAN}
    parameters = find_model("win-stay-lose-shift").parameters(KnownTask())
    values = {name: np.asarray(parameters[name].constrain(jnp.asarray(u[name], jnp.float32))) for name in u}
    return simulate("win-stay-lose-shift", pf.TwoStepConfig(num_trials=120), values, seed=1), u


@pytest.fixture(scope="module")
def fit(population) -> pf.GroupFit:
    return pf.fit_group(population[0], "win-stay-lose-shift")


@pytest.mark.thorough
def test_the_group_comes_back(population, fit):
    """Mean and deviation of the sample that was drawn, within three standard errors of what noise allows."""
    assert fit.settled
    for name, u in population[1].items():
        row = fit.group.loc[name]
        assert row["mean"] == pytest.approx(u.mean(), abs=3 * row["error"])
        assert row["sd"] == pytest.approx(u.std(), rel=0.25)
        assert row["error"] == pytest.approx(SD[name] / np.sqrt(NUM), rel=0.5)
        assert row["low"] < row["median"] < row["high"]
        assert np.corrcoef(scipy.stats.norm.cdf(u), fit.table[name])[0, 1] > 0.9


@pytest.mark.thorough
def test_the_modes_are_the_modes(population, fit):
    """Of the closed form of stays and shifts, given the group."""
    table = population[0]
    before = table.groupby("subject").shift(1)
    stayed, rewarded = table["choice"] == before["choice"], before["reward"]
    for name, kind, sign in (("stay", 1, 1), ("shift", 0, -1)):
        counted = stayed[rewarded == kind].groupby(table["subject"][rewarded == kind]).agg(["sum", "size"])
        hits, num = counted["sum"].to_numpy(float), counted["size"].to_numpy(float)
        hits = hits if sign > 0 else num - hits
        mean, sd = fit.group.loc[name, ["mean", "sd"]]
        grid = np.linspace(-4, 4, 8001)
        log = scipy.stats.norm.logcdf(grid) * hits[:, None] + scipy.stats.norm.logcdf(-grid) * (num - hits)[:, None]
        best = grid[np.argmax(log - 0.5 * ((grid - mean) / sd) ** 2, axis=1)]
        np.testing.assert_allclose(fit.table[name], scipy.stats.norm.cdf(best), atol=2e-3)


@pytest.mark.thorough
def test_evidence_is_the_integral_over_the_group(population, fit):
    """Stay and shift are independent given the choices: two integrals, by quadrature."""
    table = population[0]
    row = fit.table.iloc[0]
    own = table[table["subject"] == row["subject"]]
    before, log_evidence = own.shift(1).iloc[1:], np.log(0.5)
    stayed = (own["choice"].iloc[1:] == before["choice"]).to_numpy()
    for name, kind in (("stay", 1), ("shift", 0)):
        did = stayed[before["reward"].to_numpy() == kind] == (name == "stay")
        mean, sd = fit.group.loc[name, ["mean", "sd"]]

        def density(u: float, did: np.ndarray = did, mean: float = mean, sd: float = sd) -> float:
            p = scipy.stats.norm.cdf(u)
            return p ** did.sum() * (1 - p) ** (~did).sum() * scipy.stats.norm.pdf(u, mean, sd)

        log_evidence += np.log(scipy.integrate.quad(density, -5, 5, epsabs=0, epsrel=1e-8)[0])
    assert row["log_evidence"] == pytest.approx(log_evidence, abs=0.02)
    penalty = 4 * np.log(fit.table["num_choices"].sum())
    assert fit.integrated_bic == pytest.approx(-2 * fit.table["log_evidence"].sum() + penalty)


@pytest.mark.thorough
def test_models_are_compared_by_evidence(population, fit):
    rival = pf.fit_group(population[0], "biased-random")
    compared = pf.compare_fits([fit, rival])
    assert set(compared.best) <= {"win-stay-lose-shift", "biased-random"}
    assert compared.table.loc["win-stay-lose-shift", "num_best"] > 50
    assert compared.table.loc["win-stay-lose-shift", "protected_exceedance"] > 0.99
    assert list(compared.by_subject.index) == list(fit.table["subject"])
    right = fit.table["log_evidence"].to_numpy()
    np.testing.assert_array_equal(compared.by_subject["win-stay-lose-shift.log_evidence"], right)


@pytest.mark.thorough
def test_parameters_that_make_up_for_each_other_are_fitted_too():
    """Eleven people of hBayesDM's example, seven parameters: everybody's posterior has directions that hardly curve."""
    with pf.quietly():
        fit = pf.fit_group(pf.read_trials(CHOICES), "hybrid")
    assert fit.settled
    assert fit.table["converged"].to_numpy().all()
    truth = pd.read_csv(TRUTH, sep="\t")
    for name, letter in (("inverse_temperature", "beta1"), ("second_inverse_temperature", "beta2")):
        row = fit.group.loc[name]
        assert row["median"] == pytest.approx(truth[letter].median(), rel=0.35)
        assert row["sd"] < 1.0


@pytest.mark.thorough
def test_a_group_takes_three(population):
    two = population[0][population[0]["subject"].isin(fitted := population[0]["subject"].unique()[:2])]
    assert len(fitted) == 2
    with pytest.raises(UserError, match="three subjects or more for a group to be told, got 2"):
        pf.fit_group(two, "win-stay-lose-shift")


@pytest.mark.thorough
def test_the_search_calls_no_lapack(population):
    """Its routines on every core at once wait for each other's threads, now and then for good."""
    batch = batch_of(population[0])
    model, parameters = parameters_to_fit("win-stay-lose-shift", KnownTask(), {})
    at = np.zeros((len(batch.units), len(parameters)), np.float32)
    lowered = _climb.lower(model, tuple(parameters.items()), batch.choices, at, at[0], np.eye(at.shape[1]))
    assert "lapack" not in lowered.as_text().lower()


def test_likelihoods_that_curve_upwards_do_not_widen_the_population():
    """Half of the subjects tell nothing, and their modes are none: the population is no wider than the others."""
    rng = np.random.default_rng(5)
    seen = rng.normal(0.0, 1.0, (40, 2))
    told = (np.arange(40) < 20)[:, None, None] * 4.0 * np.eye(2)

    def find(modes: np.ndarray, mean: np.ndarray, population: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        towards = np.einsum("spq,sq->sp", told, seen) + population @ mean
        modes = np.einsum("spq,sq->sp", np.linalg.inv(told + population), towards)
        return modes, np.where(told.any(axis=(1, 2), keepdims=True), told, -0.9 * population)

    found = estimate_population(find, np.zeros_like(seen), np.zeros(2), np.eye(2), tolerance=1e-6)
    assert found.settled
    assert (np.diag(found.covariance) < 2.0).all()


def normal_modes(seen: np.ndarray, precision: float):
    """Everybody's mean is seen with normal error: everything is known in closed form."""

    def find(modes: np.ndarray, mean: np.ndarray, population: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        information = precision * np.eye(seen.shape[1])
        modes = np.linalg.solve(information + population, (precision * seen + mean @ population).T).T
        return modes, np.broadcast_to(information, (len(seen), *information.shape))

    return find


@pytest.mark.parametrize("independent", [True, False])
def test_a_normal_population_is_estimated_as_in_closed_form(independent):
    """The likelihood of the mean and covariance is highest at those of what was seen, less the error's."""
    rng = np.random.default_rng(3)
    seen = rng.multivariate_normal([1.0, -2.0], [[2.0, 0.8], [0.8, 1.0]], 400)
    found = estimate_population(
        normal_modes(seen, 4.0), np.zeros_like(seen), np.zeros(2), np.eye(2), tolerance=1e-9, independent=independent
    )
    covariance = np.cov(seen.T, bias=True) - np.eye(2) / 4
    right = np.diag(np.diag(covariance)) if independent else covariance
    assert found.settled
    np.testing.assert_allclose(found.mean, seen.mean(axis=0), atol=1e-7)
    np.testing.assert_allclose(found.covariance, right, atol=1e-6)
    np.testing.assert_allclose(found.error, np.sqrt(np.diag(right + np.eye(2) / 4) / 400), rtol=1e-6)


def test_a_population_integrated_over_draws_is_as_in_closed_form():
    """Everybody's value is seen with normal error: what is seen is normal, with a mean and variance whose posterior,
    and everybody's evidence, are known. It begins off, and with too wide posteriors."""
    rng = np.random.default_rng(1)
    error = np.array([0.5, 1.0])
    seen = np.array([1.0, -2.0]) + np.hypot(error, [0.6, 1.2]) * rng.normal(size=(150, 2))

    def log_likelihoods(u: np.ndarray) -> np.ndarray:
        return scipy.stats.norm.logpdf(seen[:, None], u, error).sum(-1)

    def surprise(at: np.ndarray, column: int) -> float:
        mean, sd = at[0], np.exp(at[1])
        prior = scipy.stats.norm.logpdf(mean) - 0.5 * (sd / 0.5) ** 2 + np.log(sd)
        return -scipy.stats.norm.logpdf(seen[:, column], mean, np.hypot(sd, error[column])).sum() - prior

    wide = np.broadcast_to(np.diag([0.5, 2.0]), (150, 2, 2))
    found = integrate_population(log_likelihoods, 0.5 * seen, wide, np.zeros(2), np.ones(2), seed=0, spread_of_sd=0.5)
    assert found.settled
    evidence = np.zeros(150)
    for column in range(2):
        right = scipy.optimize.minimize(surprise, [0.0, 0.0], (column,))
        assert found.mean[column] == pytest.approx(right.x[0], abs=0.03)
        assert found.sd[column] == pytest.approx(np.exp(right.x[1]), rel=0.04)
        errors = np.sqrt(np.diag(right.hess_inv))
        np.testing.assert_allclose(found.error[column::2], errors, rtol=0.15)
        evidence += scipy.stats.norm.logpdf(seen[:, column], right.x[0], np.hypot(np.exp(right.x[1]), error[column]))
    np.testing.assert_allclose(found.log_evidence, evidence, atol=0.15)


def test_what_curves_upwards_leaves_a_spread_that_is_one():
    """Somebody whose likelihood is flat or worse counts for little, and breaks nothing."""

    def find(modes: np.ndarray, mean: np.ndarray, population: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        information = np.array([[[4.0]], [[-0.9]], [[4.0]]])
        return np.array([[0.0], [1.0], [2.0]]), information

    found = estimate_population(find, np.zeros((3, 1)), np.zeros(1), np.eye(1), tolerance=1e-6, max_rounds=50)
    assert (found.spread > 0).all()
    assert np.isfinite(found.error).all()
