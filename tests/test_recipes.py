"""Recipes: named ways of training, from Python and the command line; and what their options do to an update."""

import re
from dataclasses import replace
from typing import get_args

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from contracts import assert_same_bits
from test_train import Lever, lever

import prefrontal as pf
from prefrontal.commands.named import named
from prefrontal.commands.options import parse
from prefrontal.commands.settings import sweep_settings
from prefrontal.configs import RECIPES, Recipe, RecurrentConfig, TrainConfig, TwoStepConfig, recipe
from prefrontal.errors import UserError
from prefrontal.experiments import EXPERIMENTS
from prefrontal.learning.group import new_learner, train_group
from prefrontal.learning.lanes import CPU_LANES, Learner
from prefrontal.learning.train import TrainState
from prefrontal.learning.training import train_agents
from prefrontal.runs.arrays import named_arrays
from prefrontal.tasks import AbstractTask, TwoStep

AGENT = RecurrentConfig(hidden_size=4)


def trained(
    config: TrainConfig, seeds: list[int], task: AbstractTask | None = None, agent: RecurrentConfig = AGENT
) -> list[TrainState]:
    """Final states of seeds trained side by side."""
    task = task or lever(0.3, 0.7)
    learners = [new_learner(task, agent, config, seed) for seed in seeds]
    *_, last = train_group(learners, num_episodes=config.num_episodes, unroll=config.unroll_for(task.num_steps))
    return last.states()


class TestNames:
    def test_of_python(self):
        assert recipe("paper") == TrainConfig()
        assert recipe("robust", num_episodes=7) == TrainConfig(num_episodes=7, **RECIPES["robust"])
        assert set(RECIPES) == set(get_args(Recipe))
        message = "`recipe` must be one of paper, robust, got 'sturdy'."
        with pytest.raises(UserError, match=f"^{re.escape(message)}"):
            recipe("sturdy")  # pyright: ignore[reportArgumentType]

    @pytest.mark.thorough
    def test_a_task_of_ones_own_is_trained_in_the_robust_one(self, monkeypatch):
        asked = []
        monkeypatch.setattr("prefrontal.learning.training.recipe", lambda name: asked.append(name) or TrainConfig(10))
        (agent,) = train_agents(lever(0.3, 0.7), AGENT)
        assert asked == ["robust"]
        assert isinstance(agent, pf.RecurrentAgent)

    @pytest.mark.parametrize("name", EXPERIMENTS)
    def test_of_the_command_line(self, name):
        asked = named("train", [name, "--recipe", "robust"])
        assert asked is not None
        experiment = asked.start.experiment
        train = parse("train", experiment, ["--recipe", "robust"]).config.train
        assert (train.rms_decay, train.final_learning_rate) == (0.99, 0.0)
        for variant in experiment.variants(experiment.config).values():
            assert (variant.train.rms_decay, variant.train.final_learning_rate) == (0.99, 0.0)
            assert variant.train.learning_rate == train.learning_rate
        assert parse("train", EXPERIMENTS[name], []).config == EXPERIMENTS[name].config  # papers' own by default
        own = EXPERIMENTS[name]
        if experiment is not own:  # some have one training for both, which is in the robust recipe as it is
            assert experiment.folder(experiment.config) != own.folder(own.config)

    def test_other_options_count_on_top(self):
        options = parse("train", EXPERIMENTS["wang2018-two-step"], ["--train.learning-rate", "1e-3", "--recipe=robust"])
        assert options.recipe == "robust"
        robust = recipe("robust", num_episodes=10_000, unroll=60)
        assert options.config.train == replace(robust, learning_rate=1e-3)

    def test_may_be_swept(self):
        experiment = EXPERIMENTS["wang2018-two-step"]
        paper, robust = sweep_settings("train", experiment, [], {"recipe": ["paper", "robust"]})
        assert (paper.config.train.rms_decay, robust.config.train.rms_decay) == (None, 0.99)
        with pytest.raises(UserError, match="must go with recipes that differ in training only"):
            sweep_settings("train", EXPERIMENTS["wang2016-bandits"], [], {"recipe": ["paper", "robust"]})

    def test_pretrained_networks_are_the_papers(self):
        assert parse("evaluate", EXPERIMENTS["wang2018-two-step"], ["--pretrained"]).pretrained
        with pytest.raises(UserError, match="must go with the preset's own task, agent and training"):
            parse("evaluate", EXPERIMENTS["wang2018-two-step"], ["--pretrained", "--recipe", "robust"])


@pytest.mark.fully_compiled
@pytest.mark.parametrize(
    "config",
    [
        TrainConfig(num_episodes=24, unroll=30, optimiser="adam", episodes_per_update=4, average_last=0.5),
        recipe("robust", num_episodes=24, unroll=30),
    ],
    ids=["adam, four episodes, averaged", "robust"],
)
@pytest.mark.thorough
def test_the_same_bits_alone_and_among_others(config):
    """With the paper's network, in the last lane of the last device."""
    assert jax.local_device_count() > 1
    task = TwoStep(TwoStepConfig(num_trials=20))
    (alone,) = trained(config, [3], task, RecurrentConfig())
    among = trained(config, [0, 1, 2, 4, 5, 6, 7, 3], task, RecurrentConfig())[-1]
    assert_same_bits(named_arrays(alone), named_arrays(among))


def test_devices_without_a_seed_rest():
    """One seed leaves the second device's lanes where they were."""
    config = TrainConfig(num_episodes=20)
    learners = [new_learner(lever(0.3, 0.7), AGENT, config, 0)]
    *_, last = train_group(learners, num_episodes=20, unroll=6)
    assert all(
        values.base is None for values in last.of(0).values()
    )  # or a long training keeps every lane's to its end
    lanes: Learner = last._lanes
    assert lanes.state.episode.tolist() == [20] * CPU_LANES + [0] * CPU_LANES


@pytest.mark.thorough
def test_several_episodes_an_update_are_the_mean_of_their_gradients():
    """With a mean square that stays one, an update moves weights by the rate times the mean gradient."""
    rate, task = 0.1, lever(0.3, 0.7)
    plain = {"learning_rate": rate, "rms_decay": 1.0, "rms_epsilon": 1e-9}
    config = TrainConfig(num_episodes=4, episodes_per_update=4, **plain)
    (together,) = trained(config, [5], task)
    start = named_arrays(new_learner(task, AGENT, config, 5).state.agent)

    moves = []
    for episode in range(4):  # each on its own, from the same weights, with its own number
        learner = new_learner(task, AGENT, TrainConfig(num_episodes=4, **plain), 5)
        fields = {name: getattr(learner.state, name) for name in ("agent", "optimiser", "task_state", "key")}
        state = TrainState(**fields, episode=jnp.int32(episode))
        *_, last = train_group(
            [Learner(state, learner.task, learner.hyperparameters)], num_episodes=episode + 1, unroll=6
        )
        after = named_arrays(last.states()[0].agent)
        moves.append({name: after[name] - start[name] for name in start})
    for name, after in named_arrays(together.agent).items():
        expected = np.mean([move[name] for move in moves], axis=0)
        assert np.abs(expected).max() > 0
        np.testing.assert_allclose(after - start[name], expected, rtol=1e-3, atol=1e-6, err_msg=name)
    assert int(together.episode) == 4


@pytest.mark.thorough
def test_averaged_weights_are_the_mean_over_the_end():
    """Of ten episodes the last four: those after episodes 7 to 10."""
    weights = []
    for num in range(1, 11):
        config = TrainConfig(num_episodes=10, average_last=0.4, learning_rate=0.01)
        learner = new_learner(lever(0.3, 0.7), AGENT, config, 0)
        *_, last = train_group([learner], num_episodes=num, unroll=6)
        (state,) = last.states()
        weights.append(named_arrays(state.agent))
        counted = weights[max(6, num - 4 if num > 6 else num - 1) :] if num > 6 else weights[-1:]
        for name, mean in named_arrays(state.trained_agent).items():
            np.testing.assert_allclose(mean, np.mean([w[name] for w in counted], axis=0), rtol=1e-5, atol=1e-7)
    (state,) = trained(TrainConfig(num_episodes=10, learning_rate=0.01), [0])
    assert_same_bits(named_arrays(state.trained_agent), named_arrays(state.agent))


@pytest.mark.parametrize("optimiser", ["rmsprop-tf1", "adam"])
@pytest.mark.thorough
def test_an_update_without_an_active_step_changes_nothing(optimiser):
    """An episode that ends after its first three steps leaves what one of three steps leaves."""
    config = TrainConfig(num_episodes=5, unroll=3, optimiser=optimiser)
    (longer,) = trained(config, [0], lever(0.3, 0.7, duration=3))
    short = Lever(pays=jnp.array([0.3, 0.7]), duration=jnp.int32(3), num_steps=6)
    (once,) = trained(replace(config, unroll=3), [0], short)
    assert_same_bits(named_arrays(longer), named_arrays(once))
    counts = [array for name, array in named_arrays(longer).items() if name.endswith("count")]
    assert all(count == 5 for count in counts)  # of ten updates
    squares = named_arrays(longer)
    (square,) = (array for name, array in squares.items() if name.endswith("nu.value"))
    if optimiser == "rmsprop-tf1":  # from one, five times .9: ten times would be below
        assert square.min() >= 0.9**5 - 1e-6


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"average_last": 1.5}, "`average_last` must be a probability from 0 to 1, got 1.5."),
        ({"episodes_per_update": 0}, "`episodes_per_update` must be a whole number of at least 1, got 0."),
        (
            {"num_episodes": 10, "episodes_per_update": 4},
            "`num_episodes` must be a multiple of `episodes_per_update`, 4, got 10. Change one of them.",
        ),
    ],
)
def test_numbers_out_of_range_are_refused(change, message):
    with pytest.raises(UserError, match=f"^{re.escape(message)}$"):
        TrainConfig(**change)
