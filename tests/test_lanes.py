"""How many seeds train side by side: by what one takes, and on a GPU, too, not by how many there are."""

from dataclasses import replace

import equinox as eqx
import jax
import numpy as np
import pytest

from prefrontal.configs import RecurrentConfig, TrainConfig
from prefrontal.experiments import find_experiment
from prefrontal.experiments.presets.harlow_gaze import SIMULATION_5
from prefrontal.learning.gradient import unrolled_gradient
from prefrontal.learning.group import new_learner, train_group
from prefrontal.learning.lanes import CPU_LANES, GPU_BYTES_A_STEP, GPU_BYTES_KEPT, GPU_LANES, gpu_lanes, layout_for
from prefrontal.rollouts import hoisting
from prefrontal.tasks import TwoStep

PRESET = find_experiment("wang2018-two-step").config


def lanes_of(config, **train) -> int:
    config = replace(config, train=replace(config.train, **train))
    task = config.task.make()
    learner, unroll = new_learner(task, config.agent, config.train, 0), config.train.unroll_for(task.num_steps)
    lanes = gpu_lanes(learner, unroll)
    assert gpu_lanes(eqx.filter_eval_shape(lambda: learner), unroll) == lanes  # of shapes alone, too
    return lanes


def test_small_networks_fill_a_gpu():
    assert lanes_of(PRESET) == GPU_LANES
    assert lanes_of(PRESET, episodes_per_update=16) == GPU_LANES


@pytest.mark.parametrize(("units", "lanes"), [(128, 32), (512, 2), (2_048, 1)])
def test_of_large_ones_there_are_as_many_as_are_read_at_once(units, lanes):
    """Powers of two, one at the least: an LSTM of so many units has 4 (6 + 3 units) x units numbers."""
    assert lanes_of(replace(PRESET, agent=RecurrentConfig(hidden_size=units))) == lanes
    weights = 4 * 4 * (6 + units) * units
    assert lanes == 1 or 1.2 * lanes * weights > GPU_BYTES_A_STEP / 2
    assert lanes == 1 or lanes * weights < GPU_BYTES_A_STEP


def test_what_is_kept_of_an_update_fits():
    most = lanes_of(PRESET, episodes_per_update=512, unroll=300, num_episodes=5_120)
    assert most * 512 * 300 * 96 * 4 * 4 <= GPU_BYTES_KEPT
    assert 1 <= most < 8


def test_pictures_take_a_gpu_by_themselves():
    assert 1 <= lanes_of(SIMULATION_5, episodes_per_update=32) <= 4


def test_processors_have_their_lanes_whatever_is_trained():
    learner = new_learner(PRESET.task.make(), RecurrentConfig(hidden_size=512), PRESET.train, 0)
    assert layout_for(learner, 60) == (jax.local_device_count(), CPU_LANES)


def test_several_steps_a_turn_learn_the_same(monkeypatch):
    """As on a GPU, played here: an update of 20 steps is four turns of five, one of 12 two and a rest."""
    task = TwoStep(replace(PRESET.task, num_trials=60, encoding="trial"))

    def curve(unroll: int) -> np.ndarray:
        config = TrainConfig(num_episodes=10, unroll=unroll)
        learner = new_learner(task, RecurrentConfig(hidden_size=8), config, 0)
        parts = [chunk.metrics for chunk in train_group([learner], num_episodes=10, unroll=unroll)]
        return np.concatenate([part["gradient_norm"][0] for part in parts])

    monkeypatch.setattr("prefrontal.learning.train.fastest_gradient", unrolled_gradient)
    one_by_one = [curve(20), curve(12)]
    monkeypatch.setattr(hoisting, "steps_a_turn", lambda: 5)
    jax.clear_caches()
    for unroll, expected in zip((20, 12), one_by_one, strict=True):
        np.testing.assert_allclose(curve(unroll), expected, rtol=1e-4)
    jax.clear_caches()
