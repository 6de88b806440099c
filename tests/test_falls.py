"""Networks caught in a fall at the end of training are told; those that only vary are not."""

import numpy as np
import pytest

from prefrontal.analysis.falls import fall


def learned(seed: int, num: int = 2_000, noise: float = 1.0) -> np.ndarray:
    """From 5 to 9.5 with the noise of rewards, and no fall."""
    rng = np.random.default_rng(seed)
    return 5 + 4.5 / (1 + np.exp(-(np.arange(num) - num / 4) / (num / 40))) + noise * rng.normal(size=num)


@pytest.mark.parametrize(("length", "depth"), [(5, 5.0), (20, 3.0), (60, 2.0), (300, 1.5)])
def test_a_fall_that_has_begun_is_found(length, depth):
    reward = learned(0)
    reward[-length:] -= depth
    found = fall(reward)
    assert found is not None
    assert found.best == pytest.approx(9.5, abs=0.3)
    assert found.last == pytest.approx(9.5 - depth, abs=1.2)


def test_a_fall_that_is_over_is_none():
    reward = learned(0)
    reward[1_000:1_100] -= 4
    assert fall(reward) is None


@pytest.mark.parametrize("num", [200, 2_000])
def test_noise_is_no_fall(num):
    """500 curves that do not fall; of curves with independent noise fewer than one in 100 may be told to."""
    told = sum(fall(learned(seed, num)) is not None for seed in range(500))
    assert told <= 5


def test_who_never_learned_has_nothing_to_fall_from():
    told = sum(fall(np.random.default_rng(seed).normal(size=1_000)) is not None for seed in range(500))
    assert told <= 5


def test_short_curves_are_not_judged():
    assert fall(np.r_[np.full(190, 9.0), np.zeros(9)]) is None


def test_a_curve_without_noise():
    assert fall(np.r_[np.zeros(50), np.ones(250)]) is None
    assert fall(np.r_[np.zeros(50), np.ones(240), np.zeros(10)]) == (1.0, 0.0)
