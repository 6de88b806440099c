"""Intervals over seeds and people."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from prefrontal.analysis.statistics import difference_interval, mean_interval
from prefrontal.errors import UserError
from prefrontal.experiments.studies.verdicts import SHARE, over_seeds

VALUES = st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=20).filter(lambda values: np.std(values) > 1e-3)


@settings(deadline=None)
@given(VALUES, st.floats(0.01, 0.999))
def test_interval_is_students(values, level):
    interval = mean_interval(values, level)
    low, high = stats.t.interval(level, len(values) - 1, loc=np.mean(values), scale=stats.sem(values))
    np.testing.assert_allclose([interval.mean, interval.low, interval.high], [np.mean(values), low, high], rtol=1e-7)
    assert (interval.num, interval.num_dropped) == (len(values), 0)


def test_interval_of_known_values():
    # t with 3 degrees of freedom at .975 is 3.182446; the standard deviation of 1 to 4 is sqrt(5 / 3).
    interval = mean_interval([1, 2, 3, 4])
    half = 3.182446 * np.sqrt(5 / 3) / 2
    np.testing.assert_allclose([interval.mean, interval.low, interval.high], [2.5, 2.5 - half, 2.5 + half], rtol=1e-6)


@pytest.mark.parametrize("num", [2, 8])
def test_interval_covers_the_true_mean_as_often_as_it_says(num):
    """False-alarm rate 1e-6 a case: 4,000 intervals, of which Binomial(4000, .95) cover."""
    samples = np.random.default_rng(num).normal(3.0, 2.0, (4_000, num))
    covered = sum(interval.low <= 3.0 <= interval.high for interval in map(mean_interval, samples))
    least, most = stats.binom.interval(1 - 1e-6, len(samples), 0.95)
    assert least <= covered <= most


@pytest.mark.parametrize(
    ("draw", "mean", "share"),
    [
        (lambda rng, shape: rng.exponential(1.0, shape), 1.0, 0.894),
        (lambda rng, shape: rng.lognormal(0.0, 1.0, shape), np.exp(0.5), 0.831),
        (lambda rng, shape: rng.uniform(0.0, 1.0, shape), 0.5, 0.944),
        (lambda rng, shape: rng.beta(19.4, 0.6, shape), 0.97, 0.871),
    ],
    ids=["skewed", "long-tailed", "flat", "shares near 1"],
)
def test_of_skewed_values_it_covers_the_mean_less_often(draw, mean, share):
    """What its docstring warns of, for eight values. The shares are of a million samples each, by NumPy alone, with
    the quantile 2.364624 of a printed table; false-alarm rate 1e-6 a case."""
    samples = draw(np.random.default_rng(8), (4_000, 8))
    intervals = [mean_interval(sample) for sample in samples]
    covered = sum(interval.low <= mean <= interval.high for interval in intervals)
    least, most = stats.binom.interval(1 - 1e-6, len(samples), share)
    assert least <= covered <= most


def test_its_bounds_know_no_limits():
    """So that whoever has shares clips them: see `over_seeds`."""
    shares = [1.0, 0.98, 1.0, 0.9]
    assert mean_interval(shares).high > 1
    assert over_seeds(shares, within=SHARE)["interval95"] == [pytest.approx(mean_interval(shares).low), 1.0]
    assert over_seeds(shares)["interval95"][1] == pytest.approx(mean_interval(shares).high)


def test_nans_are_dropped_and_counted():
    interval = mean_interval([np.nan, 1.0, 3.0, np.nan])
    kept = mean_interval([1.0, 3.0])
    assert (interval.mean, interval.low, interval.high) == (kept.mean, kept.low, kept.high)
    assert (interval.num, interval.num_dropped) == (2, 2)


def test_one_value_has_a_mean_and_no_bounds():
    interval = mean_interval([0.5, np.nan])
    assert (interval.mean, interval.num) == (0.5, 1)
    assert np.isnan([interval.low, interval.high]).all()


@pytest.mark.parametrize("values", [[], [np.nan, np.nan]])
def test_no_values_have_no_mean(values):
    interval = mean_interval(values)
    assert np.isnan([interval.mean, interval.low, interval.high]).all()
    assert (interval.num, interval.num_dropped) == (0, len(values))


@pytest.mark.parametrize("level", [0.0, 1.0, 95.0, float("nan")])
def test_level_must_be_a_probability_within(level):
    with pytest.raises(UserError, match=f"`level` must be above 0 and below 1, got {level}. 0.95 is the custom."):
        mean_interval([1, 2], level)


def test_values_must_be_one_finite_row():
    with pytest.raises(UserError, match=r"`values` must be one row of values, got shape \(2, 2\)"):
        mean_interval([[1, 2], [3, 4]])
    with pytest.raises(UserError, match="`values` must be finite or NaN, got inf"):
        mean_interval([1, np.inf])


@settings(deadline=None)
@given(VALUES, VALUES)
def test_the_interval_of_a_difference_is_welchs(one, other):
    interval = difference_interval(one, other)
    expected = stats.ttest_ind(one, other, equal_var=False).confidence_interval()
    assert (interval.low, interval.high) == pytest.approx(tuple(expected), rel=1e-6, abs=1e-6)
    assert interval.mean == pytest.approx(np.mean(one) - np.mean(other))


def test_the_interval_of_a_difference_needs_two_values_in_each():
    alone = difference_interval([1.0], [2.0, 4.0])
    assert (alone.mean, alone.num) == (-2.0, 3)
    assert np.isnan(alone.low)
    same = difference_interval([1.0, 1.0], [3.0, 3.0, float("nan")])
    assert (same.low, same.high, same.num, same.num_dropped) == (-2.0, -2.0, 4, 1)
