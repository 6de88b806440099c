"""Harlow's task on a strip: the gaze goes from cell to cell, and an object is chosen by looking at it."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from prefrontal.configs.harlow import Objects, Sides
from prefrontal.configs.harlow_strip import HarlowStripConfig
from prefrontal.tasks.base import AbstractTask
from prefrontal.tasks.gaze import CHOICE, FIXATION, GazeEvent, GazeRules, GazeState
from prefrontal.tasks.harlow import RIGHT, draw_sides
from prefrontal.tasks.objects import draw_pair, vectors


class HarlowStripState(eqx.Module):
    """What is going on, hidden or not."""

    gaze: GazeState
    features: Float[Array, "2 feature"]
    """What the unrewarded and the rewarded object look like."""


class HarlowStrip(AbstractTask):
    """Look for a cross on a ring of cells, and then at one of two objects beside it: `Harlow` with eyes.

    Two actions turn the gaze by a cell, to the left or to the right. When it comes to the cross, that pays
    `fixation_reward`, and in place of the cross two objects appear, `distance` cells to either side; when it comes to
    one of these, that pays `correct_reward` or `incorrect_reward`, both vanish, and the cross is back in its place. An
    episode ends after its trials, or after `max_steps` steps.

    Observations: for each cell of a window around the gaze [cross, object], zero where there is none, cell after cell.

    Differs from BKHMSI/Meta-RL-Harlow: objects are vectors, not numbers of which two may be alike or the cross's; the
    two of an episode always differ; and nothing is left of the last action and reward when an episode begins.

    References:
        Wang et al. (2018), Nat Neurosci 21:860, Methods, Simulation 5 (from pixels).
        BKHMSI/Meta-RL-Harlow, `Harlow_1D` (the strip).

    Example:
        >>> strip = pf.HarlowStrip(pf.HarlowStripConfig())
        >>> strip.num_actions, strip.observation_size, strip.num_steps
        (2, 81, 75)
    """

    num_actions: int = eqx.field(static=True)
    observation_size: int = eqx.field(static=True)
    num_steps: int = eqx.field(static=True)
    object_size: int = eqx.field(static=True)
    num_objects: int | None = eqx.field(static=True)
    objects: Objects = eqx.field(static=True)
    sides: Sides = eqx.field(static=True)
    window: int = eqx.field(static=True)
    rules: GazeRules

    def __init__(self, config: HarlowStripConfig | None = None):
        config = config or HarlowStripConfig()
        self.num_actions = 2
        self.observation_size = config.observation_size
        self.num_steps = config.num_steps
        self.object_size = config.object_size
        self.num_objects = config.num_objects
        self.objects = config.objects
        self.sides = config.sides
        self.window = config.window
        self.rules = GazeRules(
            num_trials=config.num_trials,
            distance=config.distance,
            speed=1,
            momentum=0.0,
            cross_reach=0,
            object_reach=0,
            dwell=0,
            blank_steps=0,
            trial_steps=None,
            ring=config.ring,
            limit=config.ring,
            fixation_reward=jnp.float32(config.fixation_reward),
            correct_reward=jnp.float32(config.correct_reward),
            incorrect_reward=jnp.float32(config.incorrect_reward),
        )

    def init(self, key: PRNGKeyArray, previous: HarlowStripState | None = None) -> HarlowStripState:
        objects_key, sides_key, gaze_key = jax.random.split(key, 3)
        objects = draw_pair(objects_key, self.num_objects, held_out=self.objects == "held-out")
        sides = draw_sides(sides_key, self.rules.num_trials, self.sides)
        return HarlowStripState(gaze=self.rules.begin(gaze_key, sides), features=vectors(objects, self.object_size))

    def observe(self, state: HarlowStripState) -> Float[Array, " observation"]:
        gaze, distance = state.gaze, self.rules.distance
        cells = self.rules.on_the_line(gaze.place + jnp.arange(self.window) - self.window // 2)
        cross = (gaze.shown == FIXATION) & (cells == 0)
        right, left = (state.features[which] for which in self._which(gaze))
        seen = (cells == -distance)[:, None] * left + (cells == distance)[:, None] * right
        seen = jnp.where(gaze.shown == CHOICE, seen, 0.0)
        return jnp.concatenate([cross[:, None], seen], axis=1, dtype=jnp.float32).ravel()

    def step(
        self, state: HarlowStripState, action: Int[Array, ""], key: PRNGKeyArray
    ) -> tuple[HarlowStripState, Float[Array, ""], GazeEvent]:
        gaze, reward, event = self.rules.step(state.gaze, action)
        return HarlowStripState(gaze=gaze, features=state.features), reward, event

    def is_active(self, state: HarlowStripState) -> Bool[Array, ""]:
        return state.gaze.trial < self.rules.num_trials

    def _which(self, gaze: GazeState) -> tuple[Array, Array]:
        """Which of the two objects, unrewarded or rewarded, is on the right and which is on the left."""
        right = (self.rules.rewarded_side(gaze) == RIGHT).astype(jnp.int32)
        return right, 1 - right
