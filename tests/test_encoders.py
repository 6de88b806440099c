"""Encoders: what a network makes of pictures and of long rows, and that the gradient reaches its weights."""

from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from contracts import AgentContract, TaskContract
from test_gradient import DISCOUNT, ENTROPY_COST, VALUE_COST, assert_close, assert_same_play, randomised

from prefrontal import AbstractTask, ActorCriticConfig, RecurrentConfig, Reversal, UserError, check_task, evaluate
from prefrontal.agents.encoders import FeatureEncoder
from prefrontal.agents.features import MLP, Convolution
from prefrontal.analysis.recordings import read_recording, recording, write_recording
from prefrontal.configs.base import recorded
from prefrontal.learning.gradient import plain_gradient, unrolled_gradient
from prefrontal.learning.losses import actor_critic_loss, discounted_returns
from prefrontal.rollouts.episodes import begin
from prefrontal.runs.arrays import named_arrays

pytestmark = pytest.mark.thorough

SMALL = {"hidden_size": 3, "encoder_layers": (5,)}
CONV = RecurrentConfig(
    encoder="conv", conv_channels=(2, 3), conv_kernels=(4, 2), conv_strides=(2, 1), initial_state="zero", **SMALL
)


class Seen(eqx.Module):
    """What a step brought about."""

    side: jax.Array


class Screen(AbstractTask):
    """A bright bar on the left or the right of a picture says which of two actions pays."""

    num_actions: int = 2
    observation_size: int = 7 * 9 * 3
    num_steps: int = 4

    @property
    def observation_shape(self):
        return (7, 9, 3)

    @property
    def observation_type(self):
        return jnp.uint8

    def init(self, key, previous=None):
        return {"side": jax.random.bernoulli(key).astype(jnp.int32), "time": jnp.int32(0)}

    def observe(self, state):
        column = jnp.arange(9)
        bar = jnp.where(state["side"] == 0, column < 3, column > 5)
        return jnp.broadcast_to((250 * bar + state["time"])[None, :, None], self.observation_shape).astype(jnp.uint8)

    def step(self, state, action, key):
        side = jax.random.bernoulli(key).astype(jnp.int32)
        reward = (action == state["side"]).astype(float)
        return {"side": side, "time": state["time"] + 1}, reward, Seen(state["side"])

    def is_active(self, state):
        return state["time"] < self.num_steps


class Misshapen(Screen):
    """It counts its own numbers wrongly."""

    observation_size: int = 9


class Halves(Screen):
    """It shows numbers where it says that it shows bytes."""

    def observe(self, state):
        return super().observe(state) / 2


class TestScreen(TaskContract):
    task = Screen()


class TestNetworkThatSees(AgentContract):
    task = Screen()
    agent = CONV.make(Screen(), jax.random.key(0))


def test_a_task_may_show_pictures():
    check_task(Screen())


@pytest.mark.parametrize(
    ("task", "message"),
    [
        (Misshapen(), r"`Misshapen\.observation_size` must be the numbers in its `observation_shape`, 189, got 9\."),
        (Halves(), r"`Halves\.observe` must be of type uint8, got float32\. Turn it into that: \.astype\('uint8'\)\."),
    ],
)
def test_a_task_shows_what_it_says(task, message):
    with pytest.raises(UserError, match=f"^{message}"):
        check_task(task)


@pytest.mark.parametrize("make", [RecurrentConfig().make, ActorCriticConfig().make])
def test_without_an_encoder_pictures_are_refused(make):
    message = r"^`Screen` must show a row of numbers to an agent without an encoder, got uint8 of shape \(7, 9, 3\)\."
    with pytest.raises(UserError, match=message):
        make(Screen(), jax.random.key(0))


@pytest.mark.parametrize(
    ("shape", "kernel", "stride"), [((84, 84, 3), 8, 4), ((28, 9, 3), 4, 2), ((7, 9, 2), 3, 1), ((5, 5, 1), 5, 5)]
)
def test_convolution_is_that_of_the_library(shape, kernel, stride):
    """Of the picture filled up with zeros to a whole number of steps, right and below."""
    layer = Convolution(shape[2], 4, kernel=kernel, stride=stride, key=jax.random.key(1))
    layer = eqx.tree_at(lambda c: c.layer.bias, layer, jnp.array([0.3, -0.2, 0.0, 0.5]))
    picture = jax.random.normal(jax.random.key(2), shape)
    reach = kernel // stride
    weights = layer.layer.weights.reshape(reach, reach, stride, stride, shape[2], 4).swapaxes(1, 2)
    fill = [(0, -length % stride) for length in shape[:2]]
    expected = jax.lax.conv_general_dilated(
        jnp.pad(picture, (*fill, (0, 0)))[None],
        weights.reshape(kernel, kernel, shape[2], 4),
        (stride, stride),
        "VALID",
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
    )[0]
    found = layer(picture)
    np.testing.assert_allclose(found, np.maximum(expected + layer.layer.bias, 0), rtol=1e-4, atol=1e-5)
    assert found.shape[:2] == layer.places(shape[:2])


def test_the_published_size_is_the_default():
    """Convolutions of 16 and 32 channels leave 20 by 20 and 9 by 9 places of 84 by 84 pixels, then come 256 units."""

    class Large(Screen):
        observation_size: int = 84 * 84 * 3

        @property
        def observation_shape(self):
            return (84, 84, 3)

    features = RecurrentConfig(encoder="conv", hidden_size=1).make(Large(), jax.random.key(0)).encoder.features
    shapes = {name: array.shape for name, array in named_arrays(features).items()}
    assert shapes["convolutions.0.layer.weights"] == (8 * 8 * 3, 16)
    assert shapes["convolutions.1.layer.weights"] == (4 * 4 * 16, 32)
    assert shapes["top.layers.0.weights"] == (9 * 9 * 32, 256)


def test_bytes_are_seen_from_minus_one_to_one():
    features = MLP(4, (3, 2), jax.random.key(0))
    pixels = np.array([0, 51, 102, 255], np.uint8)
    first, second = features.layers
    hidden = np.maximum((pixels / 127.5 - 1) @ np.asarray(first.weights), 0)
    expected = np.maximum(hidden @ np.asarray(second.weights), 0)
    np.testing.assert_allclose(features(jnp.asarray(pixels)), expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(features(jnp.asarray(pixels / 127.5 - 1, jnp.float32)), expected, rtol=1e-5, atol=1e-6)


def test_without_layers_all_numbers_are_shown_in_a_row():
    pixels = jnp.array([[0, 51], [102, 255]], jnp.uint8)
    np.testing.assert_allclose(MLP(4, (), jax.random.key(0))(pixels), [-1, -0.6, -0.2, 1], atol=1e-6)


def test_last_action_and_reward_join_after_the_features():
    agent = CONV.make(Screen(), jax.random.key(0))
    situation = begin(agent, Screen(), jax.random.key(1))
    seen = replace(situation.inputs, previous_reward=jnp.float32(0.7), previous_action=jnp.array([0.0, 1.0]))
    assert isinstance(agent.encoder, FeatureEncoder)
    row = agent.encoder(seen)
    np.testing.assert_array_equal(row[:5], agent.encoder.features(seen.observation))
    np.testing.assert_allclose(row[5:], [0.7, 0, 1])


@pytest.mark.parametrize(
    "config",
    [CONV, pytest.param(RecurrentConfig(encoder="mlp", cell="gru", **SMALL), marks=pytest.mark.thorough)],
    ids=["conv", "mlp"],
)
def test_gradient_reaches_the_encoder(config):
    task = Screen()
    agent = randomised(config.make(task, jax.random.key(3)), 3)

    @eqx.filter_jit
    def learn(agent):
        def loss(heads, trajectory, end):
            returns = discounted_returns(trajectory.reward, DISCOUNT, 0.0)
            costs = {"value_cost": VALUE_COST, "entropy_cost": ENTROPY_COST, "baseline": trajectory.value}
            return actor_critic_loss(*heads, trajectory.action, returns, trajectory.active, **costs)

        start = begin(agent, task, jax.random.key(0))
        keys = jax.random.split(jax.random.key(4), task.num_steps)
        return [way(agent, task, start, keys, loss, starts=True) for way in (unrolled_gradient, plain_gradient)]

    unrolled, plain = learn(agent)
    assert_same_play(unrolled, plain)
    assert_close(named_arrays(unrolled.gradient), named_arrays(plain.gradient))
    reached = {
        name: np.abs(array).max() for name, array in named_arrays(unrolled.gradient).items() if "encoder" in name
    }
    assert len(reached) == (6 if config.encoder == "conv" else 2)
    assert min(reached.values()) > 0


def test_pictures_are_kept_in_recordings(tmp_path):
    task, agent = Screen(), CONV.make(Screen(), jax.random.key(0))
    played = evaluate(agent, task, jax.random.key(0), num_episodes=2)
    write_recording(tmp_path / "played.nc", recording([played], [3]))
    seen = read_recording(tmp_path / "played.nc")["observation"]
    assert seen.dims == ("seed", "episode", "time", "row", "column", "channel")
    np.testing.assert_array_equal(seen[0], played.observation)
    assert seen.max() > 127  # beyond what a byte with a sign holds


def test_a_network_without_an_encoder_is_recorded_as_before():
    assert not any(name.startswith(("encoder", "conv")) for name in recorded(RecurrentConfig()))
    assert recorded(CONV)["conv_kernels"] == (4, 2)
    assert RecurrentConfig(encoder="mlp", encoder_layers=[7, 3]) == RecurrentConfig(
        encoder="mlp", encoder_layers=(7, 3)
    )


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ({"encoder": "eye"}, r"`encoder` must be one of none, mlp, conv, got 'eye'\."),
        ({"encoder_layers": (3,)}, r"`encoder_layers` must go with an mlp or a conv as the encoder, got none\."),
        ({"encoder": "mlp", "conv_strides": (3,)}, r"`conv_strides` must go with a conv as the encoder, got mlp\."),
        ({"encoder": "mlp", "encoder_layers": (0,)}, r"`encoder_layers` must be a whole number of at least 1, got 0\."),
        (
            {"encoder": "conv", "conv_channels": (8,)},
            r"`conv_channels` must have a size for every convolution, as the others do, got 1 in conv_channels, 2",
        ),
        (
            {"encoder": "conv", "conv_kernels": (8, 3)},
            r"`conv_kernels` must be multiples of `conv_strides`, got 3 with 2",
        ),
    ],
)
def test_encoders_that_cannot_be_are_refused(numbers, message):
    with pytest.raises(UserError, match=f"^{message}"):
        RecurrentConfig(**numbers)


def test_windows_larger_than_the_picture_are_refused():
    message = r"^`conv_kernels` must be windows that fit what they move over, got one of 4 on 1 by 2 places\."
    with pytest.raises(UserError, match=message):
        RecurrentConfig(encoder="conv").make(Screen(), jax.random.key(0))


def test_convolutions_of_rows_are_refused():
    with pytest.raises(UserError, match=r"^`encoder` must be none or mlp where no picture is shown, got conv for"):
        RecurrentConfig(encoder="conv").make(Reversal(), jax.random.key(0))
