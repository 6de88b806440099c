"""Hierarchical fits: of a model whose posterior is known by quadrature, and what they say of themselves."""

from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pandas as pd
import pytest
from scipy.signal import lfilter
from scipy.stats import halfnorm, norm

import prefrontal as pf
from prefrontal.configs import KnownTask, TwoStepConfig
from prefrontal.errors import UserError
from prefrontal.fitting import hierarchical
from prefrontal.fitting.hierarchical import Posterior, fit_hierarchy
from prefrontal.fitting.loo import leave_one_out
from prefrontal.fitting.simulation import simulate

# They are not imported here: two processes that import ArviZ for the first time trip over each other's files.
if any(find_spec(name) is None for name in ("numpyro", "arviz")):
    pytest.skip("numpyro and ArviZ are not installed: pip install 'prefrontal[bayes]'.", allow_module_level=True)

TABLE = simulate(
    "biased-random", TwoStepConfig(num_trials=30), {"bias": np.array([1.0, 0.4, 0.0, -0.2, 0.6, 1.4])}, seed=1
)


@pytest.fixture(scope="module")
def posterior():
    return fit_hierarchy(TABLE, "biased-random", num_warmup=300, num_samples=500, num_chains=2, seed=0)


def by_quadrature() -> tuple[np.ndarray, float]:
    """Posterior means of every subject's bias and of the group's, on grids: bias_i = θ(u_i), u_i ~ Normal(μ, σ),
    μ ~ Normal(0, 1), σ ~ half-Normal(.5); choices are Bernoulli of the logistic of the bias."""
    ones, trials = TABLE.groupby("subject")["choice"].agg(["sum", "size"]).to_numpy().T
    u, mu = np.linspace(-4, 5, 361), np.linspace(-3, 3, 121)
    sigma = np.linspace(0.005, 2.5, 120)
    slope = np.sqrt(2 * np.pi) / 40
    bias = 40 * norm.cdf(slope * u) - 20
    likelihood = np.exp(ones[:, None] * bias - trials[:, None] * np.logaddexp(0, bias))
    prior = norm.pdf(u, mu[:, None, None], sigma[None, :, None])
    prior /= prior.sum(axis=2, keepdims=True)
    each = np.einsum("msu,iu->ims", prior, likelihood)
    weight = norm.pdf(mu)[:, None] * halfnorm.pdf(sigma, scale=0.5) * each.prod(axis=0)
    weight /= weight.sum()
    means = [(weight * np.einsum("msu,u->ms", prior, row * bias) / own).sum() for row, own in zip(likelihood, each)]  # noqa: B905
    return np.array(means), float((weight.sum(axis=1) * (40 * norm.cdf(slope * mu) - 20)).sum())


@pytest.mark.thorough
def test_posterior_means_are_those_of_quadrature(posterior):
    """To four standard errors of the sampler, which its effective sample size gives."""
    subjects, group = by_quadrature()
    rows = posterior.diagnostics
    names = [f"bias[{subject}]" for subject in range(len(subjects))]
    errors = rows.loc[names, "sd"] / np.sqrt(rows.loc[names, "ess_bulk"])
    assert (np.abs(rows.loc[names, "mean"] - subjects) < 4 * errors + 0.01).all()
    error = rows.loc["group_bias", "sd"] / np.sqrt(rows.loc["group_bias", "ess_bulk"])
    assert abs(rows.loc["group_bias", "mean"] - group) < 4 * error + 0.01
    np.testing.assert_allclose(posterior.table["bias"], rows.loc[names, "mean"])
    np.testing.assert_allclose(posterior.table["sd_bias"], rows.loc[names, "sd"], rtol=1e-2)


def chains(means: tuple[float, ...], sticking: float = 0.0, num_divergences: int = 0) -> Posterior:
    """Draws that are known: each chain is normal around its mean, with this correlation from draw to draw."""
    num = 2000
    noise = np.random.default_rng(0).normal(size=(len(means), num)) * np.sqrt(1 - sticking**2)
    draws = np.stack([lfilter([1.0], [1.0, -sticking], row) + mean for row, mean in zip(noise, means, strict=True)])
    groups: dict = {"posterior": {"bias": draws[:, :, None]}}
    import arviz

    given = (groups,) if arviz.__version__ >= "1" else ()
    inference = arviz.from_dict(*given, **({} if given else groups), dims={"bias": ["subject"]})
    units = TABLE[["subject"]].iloc[:1]
    return Posterior("biased-random", KnownTask(), ("bias",), {}, units, inference, num_divergences, 0.0)


def test_chains_that_agree_have_converged_and_others_have_not():
    good = chains((0.0, 0.0))
    assert good.converged
    assert good.largest_r_hat == pytest.approx(1.0, abs=0.005)
    assert good.smallest_ess == pytest.approx(4000, rel=0.2)
    assert not chains((0.0, 0.0), num_divergences=1).converged
    apart = chains((0.0, 0.5))
    assert not apart.converged
    # Two means at +-d / 2 around their own: variance over chains d^2 / 2, within them 1.
    assert apart.largest_r_hat == pytest.approx(np.sqrt(1 + 0.5**2 / 2), abs=0.02)
    # Of an autoregressive chain n (1 - rho) / (1 + rho) draws tell as much as independent ones.
    assert chains((0.0, 0.0), sticking=0.9).smallest_ess == pytest.approx(4000 * 0.1 / 1.9, rel=0.4)


@pytest.mark.thorough
def test_it_keeps_what_was_sampled(posterior):
    """Those of one model that no chain finds hard: with so many draws, more than 100 are as good as independent."""
    assert posterior.smallest_ess > 100
    assert posterior.num_divergences == int(np.sum(posterior.inference.sample_stats["diverging"]))
    assert posterior.inference.log_likelihood["choices"].shape == (2, 500, 6)
    bias = posterior.inference.posterior["bias"].to_numpy()
    ones, trials = TABLE.groupby("subject")["choice"].agg(["sum", "size"]).to_numpy().T
    expected = ones * bias - trials * np.logaddexp(0, bias)
    np.testing.assert_allclose(posterior.inference.log_likelihood["choices"], expected, rtol=1e-6)


def test_without_numpyro_it_says_what_to_install(monkeypatch):
    def gone(package):
        raise ImportError(package)

    monkeypatch.setattr(hierarchical.importlib, "import_module", gone)
    with pytest.raises(UserError, match=r"Install it: pip install 'prefrontal\[bayes\]'"):
        fit_hierarchy(TABLE, "biased-random")


@pytest.mark.thorough
def test_left_out_trials_are_predicted_by_the_other_ones(posterior):
    """Against importance sampling by hand, which needs no smoothing where each trial says as little as here."""
    rows = leave_one_out(TABLE, posterior)
    bias = posterior.inference.posterior["bias"].to_numpy().reshape(-1, 6)
    for row, (subject, own) in zip(rows.itertuples(), TABLE.groupby("subject"), strict=True):
        sign = 2 * own["choice"].to_numpy() - 1
        surprise = np.logaddexp(0, -sign * bias[:, [subject]])
        by_hand = -np.log(np.exp(surprise).mean(axis=0)).sum()
        assert row.log_likelihood == pytest.approx(by_hand, abs=0.05)
        assert 0 < row.p_loo < 3
        assert (row.num_choices, row.num_unreliable) == (30, 0)
    compared = pf.compare_held_out(pd.concat([rows, rows.assign(model="other", log_likelihood=-30.0)]))
    assert compared.index.tolist() == ["biased-random", "other"]
    with pytest.raises(UserError, match="`table` must be the one that was fitted"):
        leave_one_out(TABLE[TABLE["subject"] < 5], posterior)
    with pytest.raises(UserError, match="`table` must be the one that was fitted, got other choices"):
        leave_one_out(TABLE.assign(choice=1 - TABLE["choice"]), posterior)
    names = TABLE["subject"].astype(str)
    called = replace(posterior, units=pd.DataFrame({"subject": names.unique()}).astype("string"))
    pd.testing.assert_series_equal(leave_one_out(TABLE.assign(subject=names), called)["nats"], rows["nats"])
