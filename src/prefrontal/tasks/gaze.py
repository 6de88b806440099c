"""Harlow's task with eyes: a gaze moves along a line, to a cross and then to one of two objects beside it."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from prefrontal.tasks.harlow import LEFT, RIGHT

FIXATION, CHOICE, BLANK = range(3)
"""What is shown: the cross, the two objects, or nothing."""
MOVES = (-1.0, 1.0, 0.0)
"""Where the actions turn the gaze: to the left, to the right, nowhere."""


class GazeState(eqx.Module):
    """Where the gaze is, and how far the episode has come."""

    place: Float[Array, ""]
    """Where the gaze is; the cross is at 0, the left is negative."""
    velocity: Float[Array, ""]
    """How far it moved in the last step."""
    shown: Int[Array, ""]
    """`FIXATION`, `CHOICE` or `BLANK`."""
    held: Int[Array, ""]
    """Steps in a row that ended on the cross; while nothing is shown, steps of that."""
    trial_steps: Int[Array, ""]
    """Steps taken in this trial."""
    trial: Int[Array, ""]
    """Trials completed."""
    sides: Bool[Array, " trial"]
    """Whether the rewarded object is on the right, by trial."""


class GazeEvent(eqx.Module):
    """What a step brought about. The steps with `complete` are the trials, as in `HarlowEvent`."""

    trial: Int[Array, "*axes"]
    """Trial within the episode, from 0."""
    complete: Bool[Array, "*axes"]
    """Whether this step ended its trial; choice, rewarded and missed then tell of it."""
    choice: Int[Array, "*axes"]
    """`LEFT` or `RIGHT`; void in a missed trial."""
    rewarded: Bool[Array, "*axes"]
    """Whether the rewarded object was reached."""
    missed: Bool[Array, "*axes"]
    """Whether the trial was over before an object was reached."""
    rewarded_side: Int[Array, "*axes"]
    """`LEFT` or `RIGHT`: where the rewarded object was."""
    shown: Int[Array, "*axes"]
    """What was shown: `FIXATION`, `CHOICE` or `BLANK`."""
    fixated: Bool[Array, "*axes"]
    """Whether this step ended the fixation."""
    place: Float[Array, "*axes"]
    """Where the gaze was, before the step; the cross is at 0, the left is negative."""


class GazeRules(eqx.Module):
    """How the gaze moves, and what it must do. Lengths are in whatever the world is measured: cells, pixels.

    In every step it moves by `speed` times the action's direction, and goes on by `momentum` of its last move. Once
    it has stayed within `cross_reach` of the cross for more than `dwell` steps, the cross gives way to the objects, at
    `distance` to the left and to the right; once it comes within `object_reach` of one of them, that one is chosen.
    Both vanish, and `blank_steps` later the cross is back.
    """

    num_trials: int = eqx.field(static=True)
    distance: int = eqx.field(static=True)
    speed: int = eqx.field(static=True)
    momentum: float = eqx.field(static=True)
    cross_reach: int = eqx.field(static=True)
    object_reach: int = eqx.field(static=True)
    dwell: int = eqx.field(static=True)
    blank_steps: int = eqx.field(static=True)
    trial_steps: int | None = eqx.field(static=True)
    """Steps after which a trial is missed. None: never."""
    ring: int | None = eqx.field(static=True)
    """How long the world is, once around. None: it has ends."""
    limit: int = eqx.field(static=True)
    """How far the gaze may go to either side where the world has ends."""
    fixation_reward: Float[Array, ""]
    correct_reward: Float[Array, ""]
    incorrect_reward: Float[Array, ""]

    def begin(self, key: PRNGKeyArray, sides: Bool[Array, " trial"]) -> GazeState:
        """The state at the start of an episode: the gaze is as many moves from the cross as from an object, or fewer,
        but not on it."""
        furthest = max(1, round(self.distance / self.speed))
        moves = jax.random.choice(key, jnp.array([m for m in range(-furthest, furthest + 1) if m]))
        return GazeState(
            place=self.on_the_line(jnp.float32(self.speed * moves)),
            velocity=jnp.zeros(()),
            shown=jnp.int32(FIXATION),
            held=jnp.int32(0),
            trial_steps=jnp.int32(0),
            trial=jnp.int32(0),
            sides=sides,
        )

    def step(self, state: GazeState, action: Int[Array, ""]) -> tuple[GazeState, Float[Array, ""], GazeEvent]:
        """Move the gaze by `action`, and see what comes of it."""
        velocity = self.speed * jnp.array(MOVES)[action] + self.momentum * state.velocity
        place = self.on_the_line(state.place + velocity)
        side = self.rewarded_side(state)

        fixates, chooses = state.shown == FIXATION, state.shown == CHOICE
        held = jnp.where(fixates & (jnp.abs(place) > self.cross_reach), 0, state.held + 1)
        fixated = fixates & (held > self.dwell)
        on_left, on_right = (jnp.abs(place - at) <= self.object_reach for at in (-self.distance, self.distance))
        chosen = chooses & (on_left | on_right)
        choice = jnp.where(on_right, RIGHT, LEFT)
        rewarded = chosen & (choice == side)
        paid = jnp.where(rewarded, self.correct_reward, self.incorrect_reward)
        reward = jnp.where(chosen, paid, jnp.where(fixated, self.fixation_reward, 0.0))

        steps = state.trial_steps + 1
        missed = jnp.bool_(False) if self.trial_steps is None else ~chosen & (steps >= self.trial_steps)
        complete = chosen | missed
        over = (state.shown == BLANK) & (held >= self.blank_steps)
        after = BLANK if self.blank_steps else FIXATION
        shown = jnp.where(complete, after, jnp.where(fixated, CHOICE, jnp.where(over, FIXATION, state.shown)))
        event = GazeEvent(
            trial=state.trial,
            complete=complete,
            choice=choice,
            rewarded=rewarded,
            missed=missed,
            rewarded_side=side,
            shown=state.shown,
            fixated=fixated,
            place=state.place,
        )
        state = GazeState(
            place=place,
            velocity=velocity,
            shown=shown,
            held=jnp.where(complete | (shown != state.shown), 0, held),
            trial_steps=jnp.where(complete, 0, steps),
            trial=state.trial + complete,
            sides=state.sides,
        )
        return state, reward, event

    def on_the_line(self, place: Float[Array, "*axes"]) -> Float[Array, "*axes"]:
        """`place` where it is once the ring is round, or held back at the world's ends."""
        if self.ring is None:
            return jnp.clip(place, -self.limit, self.limit)
        half = self.ring // 2
        return (place + half) % self.ring - half

    def rewarded_side(self, state: GazeState) -> Int[Array, ""]:
        """`LEFT` or `RIGHT`: where the rewarded object of this trial is."""
        return state.sides[jnp.minimum(state.trial, self.num_trials - 1)].astype(jnp.int32)  # RIGHT is 1
