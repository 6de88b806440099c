"""What a camera sees that turns before a screen: a panorama is put together, and a frame is cut out of it."""

import math

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, UInt8

from prefrontal.configs.harlow_pixels import HarlowPixelsConfig
from prefrontal.tasks.gaze import CHOICE, FIXATION

WALL, SCREEN, CROSS = 40, 128, 255
"""Greys of the wall, the screen on it, and the cross."""
AROUND = 117
"""Steps of the camera once around: 360 degrees in steps of 4.4, and a bit less than one."""
SCREEN_WIDTH = 19
"""Steps across the screen: two thirds of a frame."""


class Screen(eqx.Module):
    """A screen on a wall. The middle of the cross is at 0; places are pixels, the left is negative."""

    blank: UInt8[Array, "row column 3"]
    """The panorama when nothing is shown; one all around is as long as that and a frame."""
    crossed: UInt8[Array, "row column 3"]
    """The panorama when the cross is shown."""
    frame: tuple[int, int] = eqx.field(static=True)
    is_line: bool = eqx.field(static=True)
    """Whether columns are seen by their means."""
    middle: int = eqx.field(static=True)
    """The column of the panorama at 0."""
    top: int = eqx.field(static=True)
    """The first row of a picture."""
    starts: tuple[int, int] = eqx.field(static=True)
    """The first columns of the left and the right picture in the panorama."""
    around: int | None = eqx.field(static=True)
    """Pixels once around; None where the panorama has ends."""

    def __init__(self, config: HarlowPixelsConfig):
        scale, size = config.scale, config.image_size
        rows, columns = self.frame = config.frame
        self.is_line = config.view == "line"
        rows = size if self.is_line else rows
        self.around = None if config.bounded else AROUND * scale
        length = 2 * columns if config.bounded else AROUND * scale
        self.middle = length // 2
        self.top = (rows - size) // 2
        left, right = (self.middle + side * config.distance - size // 2 for side in (-1, 1))
        self.starts = left, right

        blank = np.full((rows, length, 3), WALL, np.uint8)
        edge, screen_top = SCREEN_WIDTH * scale // 2, (rows - min(rows, SCREEN_WIDTH * scale)) // 2
        blank[screen_top : rows - screen_top, self.middle - edge : self.middle + edge] = SCREEN
        crossed, half, arm = blank.copy(), rows // 2, math.ceil(scale / 3)
        for down, across in ((scale, arm), (arm, scale)):
            crossed[half - down : half + down, self.middle - across : self.middle + across] = CROSS
        self.blank, self.crossed = (self._as_seen(jnp.asarray(panorama)) for panorama in (blank, crossed))

    def seen_from(
        self,
        place: Float[Array, ""],
        shown: Int[Array, ""],
        left: UInt8[Array, "size size 3"],
        right: UInt8[Array, "size size 3"],
    ) -> UInt8[Array, "row column 3"]:
        """The frame with `place` in its middle.

        Arguments:
            place: where the camera looks.
            shown: `FIXATION`, `CHOICE` or `BLANK`.
            left, right: the pictures.
        """
        rows, columns = self.frame
        panorama = self.blank
        for start, picture in zip(self.starts, (left, right), strict=True):
            panorama = jax.lax.dynamic_update_slice(panorama, self._as_seen(picture), (self.top, start, 0))
        panorama = jnp.where(shown == CHOICE, panorama, jnp.where(shown == FIXATION, self.crossed, self.blank))
        first = jnp.round(place).astype(jnp.int32) + self.middle - columns // 2
        if self.around is not None:
            panorama = jnp.concatenate([panorama, panorama[:, :columns]], axis=1)
            first = first % self.around
        return jax.lax.dynamic_slice(panorama, (0, first, 0), (rows, columns, 3))

    def _as_seen(self, picture: UInt8[Array, "row column 3"]) -> UInt8[Array, "row2 column 3"]:
        if not self.is_line:
            return picture
        return jnp.round(jnp.mean(picture.astype(jnp.float32), axis=0, keepdims=True)).astype(jnp.uint8)
