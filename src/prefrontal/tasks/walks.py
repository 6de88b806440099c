"""Probabilities that walk at random between bounds."""

import jax.numpy as jnp
from jaxtyping import Array, Float


def reflected(
    value: Float[Array, "*axes"], lowest: Float[Array, ""] | float = 0.0, highest: Float[Array, ""] | float = 1.0
) -> Float[Array, "*axes"]:
    """`value` folded back at the bounds, as often as it takes."""
    width = highest - lowest
    return lowest + width * (1 - jnp.abs(1 - jnp.mod((value - lowest) / width, 2)))
