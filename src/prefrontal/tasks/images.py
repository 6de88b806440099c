"""Pictures made of numbers: which there are, and what each looks like. Nothing is downloaded."""

from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray, UInt8

NUM_SHAPES = 3
"""Discs and bars that a picture has at the most."""
CONTRAST = 0.25
"""Standard deviation of a picture's noise, where black is 0 and white is 1."""


@partial(jax.jit, static_argnames="size")
def images(numbers: Int[Array, " image"], size: int) -> UInt8[Array, "image size size 3"]:
    """What each of `numbers` looks like: coloured noise behind discs and bars; the same at all times.

    The amplitude of the noise falls with the spatial frequency f as 1 / f^a, with a from 1 to 2, as in photographs, and
    its colours are mixed at random. What networks learn to see from such pictures serves them on others.

    Arguments:
        numbers: whole numbers, one a picture.
        size: rows and columns.

    Returns:
        Red, green and blue from 0 to 255.

    Reference:
        Baradad et al. (2021), NeurIPS, "Learning to see by looking at noise".
    """
    keys = jax.vmap(lambda number: jax.random.fold_in(jax.random.key(1), number))(numbers)
    return jax.vmap(lambda key: _image(key, size))(keys)


def _image(key: PRNGKeyArray, size: int) -> UInt8[Array, "size size 3"]:
    noise_key, shapes_key = jax.random.split(key)
    picture = _noise(noise_key, size)
    for shape_key in jax.random.split(shapes_key, NUM_SHAPES):
        picture = _with_shape(shape_key, picture)
    return jnp.round(255 * jnp.clip(picture, 0, 1)).astype(jnp.uint8)


def _noise(key: PRNGKeyArray, size: int) -> Float[Array, "size size 3"]:
    exponent_key, white_key, colours_key, mean_key = jax.random.split(key, 4)
    frequency = jnp.hypot(jnp.fft.fftfreq(size)[:, None], jnp.fft.fftfreq(size)[None, :])
    exponent = jax.random.uniform(exponent_key, minval=1, maxval=2)
    amplitude = jnp.where(frequency > 0, jnp.maximum(frequency, 1 / size) ** -exponent, 0)
    white = jnp.fft.fft2(jax.random.normal(white_key, (size, size, 3)), axes=(0, 1))
    noise = jnp.fft.ifft2(white * amplitude[..., None], axes=(0, 1)).real
    noise = noise / noise.std(axis=(0, 1)) @ jax.random.normal(colours_key, (3, 3))
    return jax.random.uniform(mean_key, (3,), minval=0.3, maxval=0.7) + CONTRAST * noise / noise.std()


def _with_shape(key: PRNGKeyArray, picture: Float[Array, "size size 3"]) -> Float[Array, "size size 3"]:
    """`picture` with a disc, a bar or nothing on it."""
    kind_key, place_key, width_key, angle_key, colour_key = jax.random.split(key, 5)
    size = picture.shape[0]
    kind = jax.random.randint(kind_key, (), 0, 3)
    at = (jnp.arange(size) + 0.5) / size
    row, column = jax.random.uniform(place_key, (2,))
    down, right = jnp.meshgrid(at - row, at - column, indexing="ij")
    width, angle = jax.random.uniform(width_key, minval=0.1, maxval=0.3), jax.random.uniform(angle_key) * jnp.pi
    disc = jnp.hypot(down, right) < width
    bar = jnp.abs(jnp.cos(angle) * down + jnp.sin(angle) * right) < width / 2
    covered = ((kind == 0) & disc) | ((kind == 1) & bar)
    return jnp.where(covered[..., None], jax.random.uniform(colour_key, (3,)), picture)
