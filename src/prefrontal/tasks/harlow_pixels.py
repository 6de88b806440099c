"""Harlow's task from pixels: a camera turns before a screen, and a picture is chosen by turning to it."""

from zipfile import BadZipFile

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray, UInt8

from prefrontal.configs.harlow import Objects, Sides
from prefrontal.configs.harlow_pixels import HarlowPixelsConfig
from prefrontal.errors import UserError
from prefrontal.tasks.base import AbstractTask
from prefrontal.tasks.gaze import GazeEvent, GazeRules, GazeState
from prefrontal.tasks.harlow import RIGHT, draw_sides
from prefrontal.tasks.images import images
from prefrontal.tasks.objects import draw_pair
from prefrontal.tasks.screen import AROUND, Screen


class HarlowPixelsState(eqx.Module):
    """What is going on, hidden or not."""

    gaze: GazeState
    pictures: UInt8[Array, "2 size size 3"]
    """The unrewarded and the rewarded one."""


class HarlowPixels(AbstractTask):
    """Turn to a cross on a screen, and then to one of two pictures beside it: `Harlow` as it is seen.

    Actions turn the camera by a step to the left (0), to the right (1), or not at all (2). Once it has stayed on the
    cross for `dwell` steps, that pays `fixation_reward`, and in place of the cross two pictures appear; when the camera
    comes near one of these, that pays `correct_reward` or `incorrect_reward`, both vanish, and `blank_steps` later the
    cross is back in its place. A trial that takes more than `trial_steps` is missed. An episode ends after its trials,
    or after `max_steps` steps.

    Observations are frames: bytes of shape (row, column, 3).

    Differs from the paper: the screen is flat, and no further from the camera at its edges; a step is a decision (four
    frames in the paper); the wall has no features of its own; pictures are made of numbers, not photographs; and unless
    `bounded` is off, the camera does not turn all around.

    References:
        Wang et al. (2018), Nat Neurosci 21:860, Methods, Simulation 5 (the geometry, at `scale` 3).
        Leibo et al. (2018), arXiv 1801.08116 (the screen that is looked at).

    Example:
        >>> pixels = pf.HarlowPixels(pf.HarlowPixelsConfig(num_objects=10))
        >>> pixels.num_actions, pixels.observation_shape, pixels.num_steps
        (3, (9, 28, 3), 150)
    """

    num_actions: int = eqx.field(static=True)
    observation_size: int = eqx.field(static=True)
    num_steps: int = eqx.field(static=True)
    objects: Objects = eqx.field(static=True)
    sides: Sides = eqx.field(static=True)
    rules: GazeRules
    screen: Screen
    image_size: int = eqx.field(static=True)
    pool: UInt8[Array, "picture size size 3"] | None
    """The pictures that the two of an episode are drawn from. None: they are made as they are needed."""

    def __init__(self, config: HarlowPixelsConfig | None = None):
        config = config or HarlowPixelsConfig()
        rows, columns = config.frame
        self.num_actions = 3
        self.observation_size = rows * columns * 3
        self.num_steps = config.num_steps
        self.objects = config.objects
        self.sides = config.sides
        self.screen = Screen(config)
        self.image_size = config.image_size
        self.pool = _pool(config)
        self.rules = GazeRules(
            num_trials=config.num_trials,
            distance=config.distance,
            speed=config.scale,
            momentum=config.momentum,
            cross_reach=config.scale - 1,
            object_reach=5 * config.scale // 3,
            dwell=config.dwell,
            blank_steps=config.blank_steps,
            trial_steps=config.trial_steps,
            ring=None if config.bounded else AROUND * config.scale,
            limit=columns // 2,
            fixation_reward=jnp.float32(config.fixation_reward),
            correct_reward=jnp.float32(config.correct_reward),
            incorrect_reward=jnp.float32(config.incorrect_reward),
        )

    @property
    def observation_shape(self) -> tuple[int, ...]:
        return (*self.screen.frame, 3)

    @property
    def observation_type(self) -> type:
        return jnp.uint8

    def init(self, key: PRNGKeyArray, previous: HarlowPixelsState | None = None) -> HarlowPixelsState:
        objects_key, sides_key, gaze_key = jax.random.split(key, 3)
        num = None if self.pool is None else len(self.pool)
        pair = draw_pair(objects_key, num, held_out=self.objects == "held-out")
        pictures = images(pair, self.image_size) if self.pool is None else self.pool[pair // 2]
        sides = draw_sides(sides_key, self.rules.num_trials, self.sides)
        return HarlowPixelsState(gaze=self.rules.begin(gaze_key, sides), pictures=pictures)

    def observe(self, state: HarlowPixelsState) -> UInt8[Array, "row column 3"]:
        unrewarded, rewarded = state.pictures
        on_the_right = self.rules.rewarded_side(state.gaze) == RIGHT
        left, right = (jnp.where(on_the_right, *pair) for pair in ((unrewarded, rewarded), (rewarded, unrewarded)))
        return self.screen.seen_from(state.gaze.place, state.gaze.shown, left, right)

    def step(
        self, state: HarlowPixelsState, action: Int[Array, ""], key: PRNGKeyArray
    ) -> tuple[HarlowPixelsState, Float[Array, ""], GazeEvent]:
        gaze, reward, event = self.rules.step(state.gaze, action)
        return HarlowPixelsState(gaze=gaze, pictures=state.pictures), reward, event

    def is_active(self, state: HarlowPixelsState) -> Bool[Array, ""]:
        return state.gaze.trial < self.rules.num_trials


def _pool(config: HarlowPixelsConfig) -> UInt8[Array, "picture size size 3"] | None:
    """The pictures of `config`: of those made of numbers, the numbers of `draw_pair`. None where they have no limit."""
    held_out = config.objects == "held-out"
    if config.image_file is None:
        if config.num_objects is None:
            return None
        return images(2 * jnp.arange(config.num_objects) + held_out, config.image_size)
    size, remedy = config.image_size, "Save one with numpy.save."
    try:
        found = np.load(config.image_file, allow_pickle=False)
    except (OSError, ValueError, EOFError, MemoryError, BadZipFile) as error:
        raise UserError(f"`image_file` must be a NumPy file that can be read, got: {error}. {remedy}") from error
    if getattr(found, "shape", ())[1:] != (size, size, 3) or found.dtype != np.uint8 or len(found) < 4:
        raise UserError(
            f"`image_file` must hold at least 4 pictures, bytes of shape (picture, {size}, {size}, 3), got "
            f"{getattr(found, 'dtype', 'no array')} of shape {getattr(found, 'shape', ())}. {remedy}"
        )
    if config.num_objects is not None and len(found) < 2 * config.num_objects:
        raise UserError(
            f"`num_objects` must be at most half of the {len(found)} pictures of `image_file`, which has as many to "
            f"train on as to test with, got {config.num_objects}. Take {len(found) // 2}, or None for all."
        )
    return jnp.asarray(found[int(held_out) :: 2][: config.num_objects])
