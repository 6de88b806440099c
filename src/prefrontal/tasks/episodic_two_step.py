"""The two-step task in which past trials come back with a cue."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from prefrontal.configs.episodic_two_step import STEPS_PER_TRIAL, EpisodicTwoStepConfig
from prefrontal.tasks.base import AbstractTask

CHOICE, OUTCOME = range(STEPS_PER_TRIAL)
"""The steps of a trial."""
FLAGS = 4
"""What is shown beside the barcode: first stage, second-stage state 0, state 1, and whether a cue is shown."""


class EpisodicTwoStepState(eqx.Module):
    """What is going on, hidden or not."""

    barcodes: Float[Array, "trial bar"]
    """Of the uncued trials."""
    reached: Int[Array, " trial"]
    """The second-stage state that each uncued trial reached."""
    paid: Bool[Array, " trial"]
    """Whether it paid."""
    order: Int[Array, " trial"]
    """Which uncued trial each cued one brings back."""
    better_state: Int[Array, ""]
    """The second-stage state that pays more often, 0 or 1."""
    state: Int[Array, ""]
    """The second-stage state that this trial reached."""
    trial: Int[Array, ""]
    """Trials completed."""
    step: Int[Array, ""]
    """`CHOICE` or `OUTCOME`."""


class EpisodicTwoStepEvent(eqx.Module):
    """What a step brought about. The steps with `complete` make the trial table, one row each."""

    trial: Int[Array, "*axes"]
    complete: Bool[Array, "*axes"]
    """Whether this step was the choice; the fields below then tell of the whole trial."""
    choice: Int[Array, "*axes"]
    """First-stage choice, 0 or 1."""
    state: Int[Array, "*axes"]
    """Second-stage state reached, 0 or 1; 0 is the common one after choice 0."""
    common: Bool[Array, "*axes"]
    """Whether the transition was common."""
    rewarded: Bool[Array, "*axes"]
    better_state: Int[Array, "*axes"]
    """The second-stage state that paid more often in this trial."""
    cued: Bool[Array, "*axes"]
    """Whether an earlier trial was brought back."""
    source: Int[Array, "*axes"]
    """That trial; void where none was."""


class EpisodicTwoStep(AbstractTask):
    """The two-step task, whose first half ends each trial with a barcode of its own; in the second half every trial
    begins with one of these barcodes, the cue. To reach the second-stage state of the trial that it belongs to pays
    now what it paid then; the other state pays by chance, as ever.

    There are two ways to know which choice pays: by the outcomes of the last trials (incremental), or, in the second
    half, by what followed in the one trial that the cue brings back (episodic).

    A trial takes two steps. In the first, the first stage is shown, with the cue if there is one, and either action is
    the choice; it pays at once. In the second, the second-stage state is shown, and in the first half the trial's
    barcode; the action has no consequence. Observations: [first stage, state 0, state 1, cued, barcode].

    Differs from the paper, whose full text is not known to us: trials take two steps; that the other state pays by
    chance, and that cues return in random order, is our reading.

    Reference:
        Ritter, Wang, Kurth-Nelson & Botvinick (2018), bioRxiv 360537.

    Example:
        >>> task = pf.EpisodicTwoStepConfig(num_trials=20).make()
        >>> task.num_actions, task.observation_size, task.num_steps
        (2, 24, 40)
    """

    num_actions: int = eqx.field(static=True)
    observation_size: int = eqx.field(static=True)
    num_steps: int = eqx.field(static=True)
    num_uncued: int = eqx.field(static=True)
    num_bars: int = eqx.field(static=True)
    common_probability: Float[Array, ""]
    better_reward_probability: Float[Array, ""]
    worse_reward_probability: Float[Array, ""]
    reversal_probability: Float[Array, ""]

    def __init__(self, config: EpisodicTwoStepConfig | None = None):
        config = config or EpisodicTwoStepConfig()
        self.num_actions = 2
        self.observation_size = FLAGS + config.context_size
        self.num_steps = config.num_steps
        self.num_uncued = config.num_trials // 2
        self.num_bars = config.context_size
        self.common_probability = jnp.float32(config.common_probability)
        self.better_reward_probability = jnp.float32(config.better_reward_probability)
        self.worse_reward_probability = jnp.float32(config.worse_reward_probability)
        self.reversal_probability = jnp.float32(config.reversal_probability)

    def init(self, key: PRNGKeyArray, previous: EpisodicTwoStepState | None = None) -> EpisodicTwoStepState:
        to_bars, to_order, to_state = jax.random.split(key, 3)
        num = self.num_uncued
        return EpisodicTwoStepState(
            barcodes=jax.random.rademacher(to_bars, (num, self.num_bars), jnp.float32),
            reached=jnp.zeros(num, jnp.int32),
            paid=jnp.zeros(num, bool),
            order=jax.random.permutation(to_order, num).astype(jnp.int32),
            better_state=jax.random.bernoulli(to_state).astype(jnp.int32),
            state=jnp.int32(0),
            trial=jnp.int32(0),
            step=jnp.int32(CHOICE),
        )

    def observe(self, state: EpisodicTwoStepState) -> Float[Array, " observation"]:
        is_cued, place = self.source(state)
        chooses = state.step == CHOICE
        is_shown = chooses == is_cued  # a cue before the choice, a trial's own barcode after it
        flags = [chooses, ~chooses & (state.state == 0), ~chooses & (state.state == 1), chooses & is_cued]
        return jnp.concatenate([jnp.stack(flags).astype(jnp.float32), state.barcodes[place] * is_shown])

    def step(
        self, state: EpisodicTwoStepState, action: Int[Array, ""], key: PRNGKeyArray
    ) -> tuple[EpisodicTwoStepState, Float[Array, ""], EpisodicTwoStepEvent]:
        reversal, transition, payment = jax.random.uniform(key, (3,))
        is_cued, place = self.source(state)
        chooses = state.step == CHOICE
        reverses = chooses & (reversal < self.reversal_probability)
        better_state = jnp.where(reverses, 1 - state.better_state, state.better_state)
        common = transition < self.common_probability
        reached = jnp.where(common, action, 1 - action).astype(jnp.int32)
        chance = jnp.where(reached == better_state, self.better_reward_probability, self.worse_reward_probability)
        rewarded = payment < chance
        is_same = is_cued & (reached == state.reached[place])
        rewarded = jnp.where(is_same, state.paid[place], rewarded)

        event = EpisodicTwoStepEvent(
            trial=state.trial,
            complete=chooses,
            choice=action,
            state=reached,
            common=common,
            rewarded=rewarded,
            better_state=better_state,
            cued=is_cued,
            source=place,
        )
        first_half = chooses & ~is_cued
        after = EpisodicTwoStepState(
            barcodes=state.barcodes,
            reached=state.reached.at[place].set(jnp.where(first_half, reached, state.reached[place])),
            paid=state.paid.at[place].set(jnp.where(first_half, rewarded, state.paid[place])),
            order=state.order,
            better_state=better_state,
            state=jnp.where(chooses, reached, state.state),
            trial=state.trial + ~chooses,
            step=1 - state.step,
        )
        return after, (chooses & rewarded).astype(jnp.float32), event

    def is_active(self, state: EpisodicTwoStepState) -> Bool[Array, ""]:
        return state.trial < 2 * self.num_uncued

    def source(self, state: EpisodicTwoStepState) -> tuple[Bool[Array, ""], Int[Array, ""]]:
        """Whether this trial is cued, and the uncued trial that it is about: itself, or the one brought back.

        Arguments:
            state: what is going on.

        Returns:
            The two; the second counts from 0.
        """
        is_cued = state.trial >= self.num_uncued
        cued_place = jnp.clip(state.trial - self.num_uncued, 0, self.num_uncued - 1)
        return is_cued, jnp.where(is_cued, state.order[cued_place], state.trial)
