"""Harlow's task: which of two new objects pays is told by one choice, to those who have learned to learn."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from prefrontal.configs.harlow import STEPS_PER_TRIAL, HarlowConfig, Objects, Sides
from prefrontal.tasks.base import AbstractTask
from prefrontal.tasks.objects import draw_other, draw_pair, vectors

LEFT, RIGHT, FIXATE = range(3)
"""The actions: the two choices, and the response that the cross requires."""
FIXATION, CHOICE = range(STEPS_PER_TRIAL)
"""The steps of a trial."""
UNREWARDED, REWARDED = range(2)
"""The two objects of a trial."""


class HarlowState(eqx.Module):
    """What is going on, hidden or not."""

    objects: Int[Array, "2"]
    """Numbers of the unrewarded and the rewarded object of this trial."""
    features: Float[Array, "2 feature"]
    """What they look like."""
    noise: Float[Array, "2 feature"]
    """What is added to that in this trial."""
    sides: Bool[Array, " trial"]
    """Whether the rewarded object is on the right, by trial."""
    renewed: Int[Array, ""]
    """Which of the two is a new one in every trial; void where both are kept."""
    trial: Int[Array, ""]
    """Trials completed."""
    step: Int[Array, ""]
    """`FIXATION` or `CHOICE`."""


class HarlowEvent(eqx.Module):
    """What a step brought about. The steps with `complete` are the trials."""

    trial: Int[Array, "*axes"]
    """Trial within the episode, from 0."""
    complete: Bool[Array, "*axes"]
    """Whether this step ended its trial; the fields below then tell of it."""
    choice: Int[Array, "*axes"]
    """`LEFT` or `RIGHT`; void in a missed trial."""
    rewarded: Bool[Array, "*axes"]
    """Whether the rewarded object was chosen."""
    missed: Bool[Array, "*axes"]
    """Whether the response was no choice."""
    rewarded_side: Int[Array, "*axes"]
    """`LEFT` or `RIGHT`: where the rewarded object was."""


class Harlow(AbstractTask):
    """Choose between two objects, one of which pays, always the same within an episode, whichever side it is on.

    In every episode the two are new (or drawn from a pool of `num_objects`). Nothing tells which one pays before the
    first choice, and all is known after it: who has learned to learn is right half of the time in the first trial and
    always from the second on.

    A trial takes two steps: a fixation cross, at which `FIXATE` pays `fixation_reward`, and a choice, `LEFT` or
    `RIGHT`, which pays `correct_reward` or `incorrect_reward`. Any other response pays nothing, and the task goes on.
    Observations: [cross, left object, right object], the objects zero at the fixation, the cross zero at the choice.

    Differs from the papers: they show pictures on a screen that is looked at by turning to it, and a trial lasts until
    a choice is made. Objects are vectors here (see `vectors` of `prefrontal.tasks.objects`).

    References:
        Harlow (1949), Psychol Rev 56:51 (the task).
        Wang et al. (2018), Nat Neurosci 21:860, Methods, Simulation 5 (the defaults); Wang et al. (2016), section
        3.2.2 (ten trials).

    Example:
        >>> harlow = pf.Harlow(pf.HarlowConfig())
        >>> harlow.num_actions, harlow.observation_size, harlow.num_steps
        (3, 17, 12)
    """

    num_actions: int = eqx.field(static=True)
    observation_size: int = eqx.field(static=True)
    num_steps: int = eqx.field(static=True)
    num_trials: int = eqx.field(static=True)
    object_size: int = eqx.field(static=True)
    num_objects: int | None = eqx.field(static=True)
    objects: Objects = eqx.field(static=True)
    sides: Sides = eqx.field(static=True)
    renewed: tuple[int, ...] = eqx.field(static=True)
    """Which of the two objects may be the one that is new in every trial."""
    reversal_trial: int | None = eqx.field(static=True)
    is_noisy: bool = eqx.field(static=True)
    observation_noise: Float[Array, ""]
    fixation_reward: Float[Array, ""]
    correct_reward: Float[Array, ""]
    incorrect_reward: Float[Array, ""]

    def __init__(self, config: HarlowConfig | None = None):
        config = config or HarlowConfig()
        self.num_actions = 3
        self.observation_size = config.observation_size
        self.num_steps = config.num_steps
        self.num_trials = config.num_trials
        self.object_size = config.object_size
        self.num_objects = config.num_objects
        self.objects = config.objects
        self.sides = config.sides
        self.renewed = {
            "keep": (),
            "new-unrewarded": (UNREWARDED,),
            "new-rewarded": (REWARDED,),
            "mixed": (UNREWARDED, REWARDED),
        }[config.distractor]
        self.reversal_trial = config.reversal_trial
        self.is_noisy = config.observation_noise > 0
        self.observation_noise = jnp.float32(config.observation_noise)
        self.fixation_reward = jnp.float32(config.fixation_reward)
        self.correct_reward = jnp.float32(config.correct_reward)
        self.incorrect_reward = jnp.float32(config.incorrect_reward)

    def init(self, key: PRNGKeyArray, previous: HarlowState | None = None) -> HarlowState:
        objects_key, sides_key, renewed_key, noise_key = jax.random.split(key, 4)
        objects = draw_pair(objects_key, self.num_objects, held_out=self.objects == "held-out")
        return HarlowState(
            objects=objects,
            features=vectors(objects, self.object_size),
            noise=self._draw_noise(noise_key),
            sides=draw_sides(sides_key, self.num_trials, self.sides),
            renewed=jax.random.choice(renewed_key, jnp.array(self.renewed or (UNREWARDED,), jnp.int32)),
            trial=jnp.int32(0),
            step=jnp.int32(FIXATION),
        )

    def observe(self, state: HarlowState) -> Float[Array, " observation"]:
        shown = state.features + state.noise
        shown = jnp.where(self._rewarded_side(state) == RIGHT, shown, shown[::-1]) * (state.step == CHOICE)
        return jnp.concatenate([(state.step == FIXATION).astype(jnp.float32)[None], shown.ravel()])

    def step(
        self, state: HarlowState, action: Int[Array, ""], key: PRNGKeyArray
    ) -> tuple[HarlowState, Float[Array, ""], HarlowEvent]:
        noise_key, other_key = jax.random.split(key)
        chooses, fixates = state.step == CHOICE, action == FIXATE
        rewarded_side = self._rewarded_side(state)
        rewarded = chooses & (action == rewarded_side)
        paid = jnp.where(rewarded, self.correct_reward, self.incorrect_reward)
        reward = jnp.where(chooses, jnp.where(fixates, 0.0, paid), jnp.where(fixates, self.fixation_reward, 0.0))

        event = HarlowEvent(
            trial=state.trial,
            complete=chooses,
            choice=jnp.minimum(action, RIGHT),
            rewarded=rewarded,
            missed=chooses & fixates,
            rewarded_side=rewarded_side,
        )
        objects, features, noise = state.objects, state.features, state.noise
        if self.renewed:
            other = draw_other(other_key, objects[1 - state.renewed], objects[state.renewed], self.num_objects)
            is_new = chooses & (jnp.arange(2) == state.renewed)
            objects = jnp.where(is_new, other, objects)
            features = jnp.where(is_new[:, None], vectors(other[None], self.object_size), features)
        if self.reversal_trial is not None:
            reverses = chooses & (state.trial + 2 == self.reversal_trial)  # counted from 1, and the next one
            objects, features = (jnp.where(reverses, pair[::-1], pair) for pair in (objects, features))
        if self.is_noisy:
            noise = jnp.where(chooses, self._draw_noise(noise_key), noise)
        state = HarlowState(
            objects=objects,
            features=features,
            noise=noise,
            sides=state.sides,
            renewed=state.renewed,
            trial=state.trial + chooses,
            step=1 - state.step,
        )
        return state, reward, event

    def is_active(self, state: HarlowState) -> Bool[Array, ""]:
        return state.trial < self.num_trials

    def _rewarded_side(self, state: HarlowState) -> Int[Array, ""]:
        return state.sides[jnp.minimum(state.trial, self.num_trials - 1)].astype(jnp.int32)  # RIGHT is 1

    def _draw_noise(self, key: PRNGKeyArray) -> Float[Array, "2 feature"]:
        shape = (2, self.object_size)
        return self.observation_noise * jax.random.normal(key, shape) if self.is_noisy else jnp.zeros(shape)


def draw_sides(key: PRNGKeyArray, num_trials: int, sides: Sides) -> Bool[Array, " trial"]:
    """Whether the rewarded object is on the right, by trial. Balanced: in half of the trials; where their number is
    odd, in one more or one less."""
    if sides == "independent":
        return jax.random.bernoulli(key, shape=(num_trials,))
    order_key, odd_key = jax.random.split(key)
    return jax.random.permutation(order_key, (jnp.arange(num_trials) + jax.random.bernoulli(odd_key)) % 2 == 1)
