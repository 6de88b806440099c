"""What agents are shown of another library's observation."""

import math
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Shaped

from prefrontal.errors import UserError


@dataclass(frozen=True)
class Observed:
    """Turns an observation into what is shown: a row of numbers, or a picture as it is."""

    shape: tuple[int, ...]
    """Of what is shown."""
    kind: str
    """Type of its numbers: float32 or, of pictures, uint8."""
    num_categories: int | None
    """Of an observation that is one of so many things; None for arrays."""
    chosen: tuple[int, ...] | None
    """Places of the numbers that are shown; None: all."""
    scale: tuple[float, ...] | None = None
    """What each number that is shown is multiplied by; None: nothing."""

    def __post_init__(self) -> None:
        if self.scale is not None and (self.kind == "uint8" or len(self.scale) != self.size):
            raise UserError(
                f"`scale` must be a factor for each of the {self.size} numbers that are shown, got "
                f"{len(self.scale)}. Give as many, or leave it out."
            )

    @property
    def size(self) -> int:
        """Numbers that are shown."""
        return math.prod(self.shape)

    @staticmethod
    def categories(number: int, chosen: tuple[int, ...] | None, scale: tuple[float, ...] | None = None) -> "Observed":
        """Of an observation that is one of `number` things: one-hot.

        Raises:
            UserError: when places are chosen that there are not.
        """
        return Observed(_row(number, chosen), "float32", number, chosen, scale)

    @staticmethod
    def array(
        shape: tuple[int, ...], kind: Any, chosen: tuple[int, ...] | None, scale: tuple[float, ...] | None = None
    ) -> "Observed":
        """Of arrays: pictures of bytes as they are, all others as a row.

        Raises:
            UserError: when places are chosen that there are not.
        """
        if len(shape) == 3 and np.dtype(kind) == np.uint8 and chosen is None:
            return Observed(tuple(shape), "uint8", None, None, scale)
        return Observed(_row(math.prod(shape), chosen), "float32", None, chosen, scale)

    def __call__(self, observation: Any) -> Shaped[Array, "..."]:
        """What is shown of `observation`."""
        if self.kind == "uint8":
            return jnp.asarray(observation, jnp.uint8)
        if self.num_categories is not None:
            row = jax.nn.one_hot(observation, self.num_categories)
        else:
            row = jnp.asarray(observation, jnp.float32).ravel()
        if self.chosen is not None:
            row = row[jnp.array(self.chosen)]
        return row if self.scale is None else row * jnp.array(self.scale)


def _row(size: int, chosen: tuple[int, ...] | None) -> tuple[int]:
    if chosen is None:
        return (size,)
    if not chosen or any(not 0 <= place < size for place in chosen):
        raise UserError(f"`shown` must be places from 0 to {size - 1}, got {chosen}. Leave it out to show all.")
    return (len(chosen),)
