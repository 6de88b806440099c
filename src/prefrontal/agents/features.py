"""What a network makes of a picture, or of any observation, before its units see it: features, from weights that are
trained with the others.

Features depend on one observation and on nothing before it. In the gradient all steps of an update are therefore taken
at once; see `prefrontal.learning.gradient`.
"""

from abc import abstractmethod
from itertools import pairwise

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray, Shaped

from prefrontal.configs.recurrent import RecurrentConfig
from prefrontal.errors import UserError, argument
from prefrontal.tasks.base import AbstractTask

GREY = 127.5
"""The byte that is neither dark nor bright. Features are made of numbers from -1 to 1 with grey at 0: what is shown
everywhere and at all times, a background, then takes little part in them, and networks learn faster."""


class AbstractFeatures(eqx.Module):
    """Features of an observation."""

    size: eqx.AbstractVar[int]
    """How many they are, F."""

    @abstractmethod
    def __call__(self, observation: Shaped[Array, "..."]) -> Float[Array, " feature"]:
        """The features of one observation, shape (F,)."""


class Layer(eqx.Module):
    """y = relu(x W + b)."""

    weights: Float[Array, "input unit"]
    bias: Float[Array, " unit"]

    def __init__(self, num_inputs: int, num_units: int, key: PRNGKeyArray):
        self.weights = jax.nn.initializers.he_normal()(key, (num_inputs, num_units), jnp.float32)
        self.bias = jnp.zeros(num_units)

    def __call__(self, x: Float[Array, "*places input"]) -> Float[Array, "*places unit"]:
        return jax.nn.relu(x @ self.weights + self.bias)


class MLP(AbstractFeatures):
    """All numbers of an observation in a row, through layers of rectified linear units, of which there may be none."""

    layers: tuple[Layer, ...]
    size: int = eqx.field(static=True)

    def __init__(self, num_inputs: int, sizes: tuple[int, ...], key: PRNGKeyArray):
        """
        Arguments:
            num_inputs: numbers in an observation.
            sizes: units of each layer.
            key: random key of the weights.
        """
        keys = jax.random.split(key, max(1, len(sizes)))
        self.layers = tuple(Layer(*pair, k) for pair, k in zip(pairwise((num_inputs, *sizes)), keys, strict=False))
        self.size = (num_inputs, *sizes)[-1]

    def __call__(self, observation: Shaped[Array, "..."]) -> Float[Array, " feature"]:
        x = _as_numbers(observation).ravel()
        for layer in self.layers:
            x = layer(x)
        return x


class Convolution(eqx.Module):
    """A window that moves over a picture in steps, and a layer of rectified linear units in every place of it.

    The window is a whole number of steps wide, so it is a square of tiles, one step wide each: the picture is cut into
    tiles once, and each place reads those of its window. That leaves one matrix product, which stays one when many
    seeds with weights of their own are trained side by side. A picture that is no whole number of tiles wide is filled
    up with zeros on the right and below.
    """

    layer: Layer
    tile: int = eqx.field(static=True)
    """Width of a tile, the step of the window, in pixels."""
    reach: int = eqx.field(static=True)
    """Width of the window, in tiles."""

    def __init__(self, num_channels: int, channels: int, *, kernel: int, stride: int, key: PRNGKeyArray):
        """
        Arguments:
            num_channels: of the picture.
            channels: units in every place.
            kernel: width of the window, in pixels; a multiple of `stride`.
            stride: its step, in pixels.
            key: random key of the weights.
        """
        self.layer = Layer(kernel * kernel * num_channels, channels, key)
        self.tile, self.reach = stride, kernel // stride

    def __call__(self, picture: Float[Array, "row column channel"]) -> Float[Array, "place place2 unit"]:
        width = self.tile
        rows, columns = (-(-length // width) for length in picture.shape[:2])
        fill = [(0, number * width - length) for number, length in zip((rows, columns), picture.shape, strict=False)]
        picture = jnp.pad(picture, (*fill, (0, 0)))
        tiles = picture.reshape(rows, width, columns, width, -1).swapaxes(1, 2).reshape(rows, columns, -1)
        down, right = rows - self.reach + 1, columns - self.reach + 1
        windows = [tiles[i : i + down, j : j + right] for i in range(self.reach) for j in range(self.reach)]
        return self.layer(jnp.concatenate(windows, axis=-1))

    def places(self, shape: tuple[int, int]) -> tuple[int, int]:
        """Places of the window on a picture of `shape`, down and to the right; none where it is larger than that."""
        rows, columns = (max(0, -(-length // self.tile) - self.reach + 1) for length in shape)
        return rows, columns


class ConvolutionalFeatures(AbstractFeatures):
    """A picture, through convolutions and then, in a row, through layers."""

    convolutions: tuple[Convolution, ...]
    top: MLP
    size: int = eqx.field(static=True)

    def __init__(self, config: RecurrentConfig, shape: tuple[int, int, int], key: PRNGKeyArray):
        """
        Arguments:
            config: the sizes.
            shape: of a picture: rows, columns, channels.
            key: random key of the weights.

        Raises:
            UserError: when a window does not fit the picture.
        """
        convolutions_key, top_key = jax.random.split(key)
        keys = jax.random.split(convolutions_key, len(config.conv_channels))
        sizes = zip(config.conv_channels, config.conv_kernels, config.conv_strides, keys, strict=True)
        convolutions, (*places, channels) = [], shape
        for number, kernel, stride, one_key in sizes:
            convolution = Convolution(channels, number, kernel=kernel, stride=stride, key=one_key)
            convolutions.append(convolution)
            before, places, channels = places, convolution.places((places[0], places[1])), number
            if not all(places):
                raise UserError(
                    f"`conv_kernels` must be windows that fit what they move over, got one of {kernel} on {before[0]} "
                    f"by {before[1]} places. Give smaller ones in {argument('agent.conv_kernels')}."
                )
        self.convolutions = tuple(convolutions)
        self.top = MLP(places[0] * places[1] * channels, config.encoder_layers, top_key)
        self.size = self.top.size

    def __call__(self, observation: Shaped[Array, "..."]) -> Float[Array, " feature"]:
        x = _as_numbers(observation)
        for convolution in self.convolutions:
            x = convolution(x)
        return self.top(x)


def make_features(config: RecurrentConfig, task: AbstractTask, key: PRNGKeyArray) -> AbstractFeatures | None:
    """The untrained features that `config` describes, of what `task` shows; None where the observation is shown as it
    is.

    Raises:
        UserError: when convolutions are asked for where no picture is shown, or are too large for it.
    """
    if config.encoder == "none":
        return None
    if config.encoder == "mlp":
        return MLP(task.observation_size, config.encoder_layers, key)
    shape = task.observation_shape
    if len(shape) != 3:
        raise UserError(
            f"`encoder` must be none or mlp where no picture is shown, got conv for observations of shape {shape}. A "
            "picture has rows, columns and channels."
        )
    return ConvolutionalFeatures(config, shape, key)


def _as_numbers(observation: Shaped[Array, "..."]) -> Float[Array, "..."]:
    if jnp.issubdtype(observation.dtype, jnp.integer):
        return observation.astype(jnp.float32) / GREY - 1
    return observation.astype(jnp.float32)
