"""Random-effects model selection: against integrals by brute force, and populations that are known."""

import numpy as np
import pandas as pd
import pytest
import scipy.integrate
import scipy.special
import scipy.stats

import prefrontal as pf
from prefrontal.errors import UserError
from prefrontal.fitting.model_selection import exceedance_probabilities


def drawn(frequencies: list[float], num: int, seed: int, gap: float = 3.0) -> pd.DataFrame:
    """Log evidences of subjects who use one model each; the right one's is higher by about `gap`."""
    rng = np.random.default_rng(seed)
    used = np.repeat(np.arange(len(frequencies)), np.round(num * np.array(frequencies)).astype(int))
    evidence = rng.normal(0, 1, (num, len(frequencies)))
    evidence[np.arange(num), used] += gap
    return pd.DataFrame(evidence, columns=[f"m{number}" for number in range(len(frequencies))])


@pytest.mark.parametrize("alpha", [(1.0, 1.0), (3.2, 1.5, 8.0, 1.0), (1.0, 31.0), (120.0, 118.0, 3.0)])
def test_exceedance_probabilities_are_those_of_draws(alpha):
    draws = np.random.default_rng(0).dirichlet(alpha, 200_000)
    share = np.bincount(draws.argmax(axis=1), minlength=len(alpha)) / len(draws)
    np.testing.assert_allclose(exceedance_probabilities(np.array(alpha)), share, atol=4e-3)


def test_of_two_models_all_is_as_by_quadrature():
    """The exact posterior of the frequency r of the first of two: ∏_n (r e^L_n1 + (1 - r) e^L_n2), by quadrature."""
    evidence = drawn([0.75, 0.25], 16, seed=1)
    ratio = np.exp(evidence["m0"] - evidence["m1"]).to_numpy()

    def density(r: float) -> float:
        return float(np.prod(r * ratio + 1 - r))

    total = scipy.integrate.quad(density, 0, 1)[0]
    mean = scipy.integrate.quad(lambda r: r * density(r), 0, 1)[0] / total
    more = scipy.integrate.quad(density, 0.5, 1)[0] / total
    found = pf.select_models(evidence)
    assert found.table.loc["m0", "expected_frequency"] == pytest.approx(mean, abs=0.02)
    assert found.table.loc["m0", "exceedance"] == pytest.approx(more, abs=0.04)
    # Bayes factor of equal frequencies against frequencies that are unknown.
    equal = float(np.prod((ratio + 1) / 2))
    assert found.bayesian_omnibus_risk == pytest.approx(equal / (equal + total), abs=0.06)
    risk, exceedance = found.bayesian_omnibus_risk, found.table["exceedance"]
    np.testing.assert_allclose(found.table["protected_exceedance"], exceedance * (1 - risk) + risk / 2)
    np.testing.assert_allclose(found.attribution.sum(axis=1), 1)


@pytest.mark.thorough
def test_frequencies_of_a_mixture_come_back():
    """Twenty populations of 60, a third of whom use one model and two thirds another: within 95 % intervals."""
    covered, means = 0, []
    for seed in range(20):
        row = pf.select_models(drawn([1 / 3, 2 / 3, 0], 60, seed, gap=4.0)).table.loc["m0"]
        covered += row["low"] < 1 / 3 < row["high"]
        means.append(row["expected_frequency"])
    assert np.mean(means) == pytest.approx((60 / 3 + 1) / 63, abs=0.03)
    assert covered >= 17


def test_where_nothing_tells_models_apart_nothing_is_told():
    same = pd.DataFrame(np.zeros((30, 3)), columns=list("abc"))
    found = pf.select_models(same)
    np.testing.assert_allclose(found.table["expected_frequency"], 1 / 3)
    np.testing.assert_allclose(found.table["protected_exceedance"], 1 / 3)
    assert found.bayesian_omnibus_risk > 0.5


@pytest.mark.parametrize(
    ("evidence", "message"),
    [
        (pd.DataFrame({"a": [1.0]}), "two columns or more, a model each, got 1 rows and 1 columns"),
        (pd.DataFrame({"a": [1.0, 2.0], "b": [0.0, np.nan]}), "must be finite, got nan for b in row 1"),
        (pd.DataFrame({"a": [], "b": []}, dtype=float), "got 0 rows and 2 columns"),
    ],
)
def test_what_is_no_evidence_is_refused(evidence, message):
    with pytest.raises(UserError, match=message):
        pf.select_models(evidence)
