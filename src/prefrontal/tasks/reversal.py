"""The reversal task: two cues, one of them followed by reward, that change places without notice."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from prefrontal.configs.reversal import STEPS_PER_TRIAL, FirstCue, ReversalConfig
from prefrontal.tasks.base import AbstractTask

FIXATE = 2
"""The action that the fixation cue requires; 0 and 1, left and right, are what cues 0 and 1 require."""
FIXATION, STIMULUS, RESPONSE, OUTCOME = range(STEPS_PER_TRIAL)
"""The steps of a trial."""


class ReversalState(eqx.Module):
    """What is going on, hidden or not."""

    rewarded_cue: Int[Array, ""]
    """The cue that is followed by reward, 0 or 1."""
    trial: Int[Array, ""]
    """Trials completed."""
    step: Int[Array, ""]
    """Steps taken within this trial."""
    cue: Int[Array, ""]
    """The cue of this trial, 0 or 1."""
    missed: Bool[Array, ""]
    """Whether the response of this trial was invalid."""


class ReversalEvent(eqx.Module):
    """What a step brought about."""

    trial: Int[Array, "*axes"]
    """Trial within the episode, from 0."""
    step: Int[Array, "*axes"]
    """Step within the trial: `FIXATION`, `STIMULUS`, `RESPONSE` or `OUTCOME`."""
    cue: Int[Array, "*axes"]
    """The trial's cue; void at the fixation, before it is shown."""
    rewarded_cue: Int[Array, "*axes"]
    """The cue that is followed by reward in this trial."""
    missed: Bool[Array, "*axes"]
    """From the response on: whether it was invalid, so that no reward could follow."""


class Reversal(AbstractTask):
    """Each trial shows one of two cues, and the cue alone tells whether reward follows; the cues change places.

    A trial takes four steps: a fixation cue, which requires `FIXATE`; the stimulus, cue 0 or 1 (50:50), at which any
    response will do; the same cue again, which requires action 0 or 1, as it says; and the outcome, a blank, at which
    any response will do. The response earns 1 if the cue is the rewarded one, 0 if it is not, and so does the fixation
    (0); an invalid response to either earns `invalid_reward`. The reward is seen, as ever, one step after it is
    earned: at the outcome. At the start of every block of trials, the cues change places with `reversal_probability`.

    As one cue is rewarded and the other is not, seeing the one of them tells about the other too: an agent that has
    learned this changes its expectation of a cue that it has not met since the reversal.

    Observations are one-hot: [fixation, cue 0, cue 1]; zero at the outcome.

    Differs from the paper: the paper states the four steps (fixation, cue, action, reward), not what is shown at the
    third and the fourth, nor which responses are invalid at the second and the fourth.

    References:
        Bromberg-Martin, Matsumoto, Hong, Hikosaka (2010), J Neurophysiol 104:1068 (the experiment).
        Wang et al. (2018), Nat Neurosci 21:860, Methods, Simulation 3 (the defaults).

    Example:
        >>> reversal = pf.Reversal(pf.ReversalConfig())
        >>> reversal.num_actions, reversal.num_steps
        (3, 200)
    """

    num_actions: int = eqx.field(static=True)
    observation_size: int = eqx.field(static=True)
    num_steps: int = eqx.field(static=True)
    trials_per_block: int = eqx.field(static=True)
    first_cue: FirstCue = eqx.field(static=True)
    reversal_probability: Float[Array, ""]
    invalid_reward: Float[Array, ""]

    def __init__(self, config: ReversalConfig | None = None):
        config = config or ReversalConfig()
        self.num_actions = 3
        self.observation_size = 3
        self.num_steps = config.num_steps
        self.trials_per_block = config.trials_per_block
        self.first_cue = config.rewarded_cue
        self.reversal_probability = jnp.float32(config.reversal_probability)
        self.invalid_reward = jnp.float32(config.invalid_reward)

    def init(self, key: PRNGKeyArray, previous: ReversalState | None = None) -> ReversalState:
        drawn = jax.random.bernoulli(key).astype(jnp.int32)
        return ReversalState(
            rewarded_cue=drawn if previous is None or self.first_cue == "drawn" else previous.rewarded_cue,
            trial=jnp.int32(0),
            step=jnp.int32(0),
            cue=jnp.int32(0),
            missed=jnp.bool_(False),
        )

    def observe(self, state: ReversalState) -> Float[Array, " observation"]:
        blank = self.observation_size
        shown = jnp.where(state.step == FIXATION, 0, jnp.where(state.step == OUTCOME, blank, 1 + state.cue))
        return jax.nn.one_hot(shown, self.observation_size)

    def step(
        self, state: ReversalState, action: Int[Array, ""], key: PRNGKeyArray
    ) -> tuple[ReversalState, Float[Array, ""], ReversalEvent]:
        to_reversal, to_cue = jax.random.uniform(key, (2,))
        fixation, response = state.step == FIXATION, state.step == RESPONSE

        block_starts = fixation & (state.trial % self.trials_per_block == 0)
        reverses = block_starts & (to_reversal < self.reversal_probability)
        rewarded_cue = jnp.where(reverses, 1 - state.rewarded_cue, state.rewarded_cue)
        cue = jnp.where(fixation, to_cue < 0.5, state.cue).astype(jnp.int32)

        invalid = (fixation & (action != FIXATE)) | (response & (action != cue))
        missed = jnp.where(response, invalid, state.missed & ~fixation)
        earned = response & (cue == rewarded_cue)
        reward = jnp.where(invalid, self.invalid_reward, earned.astype(jnp.float32))

        event = ReversalEvent(trial=state.trial, step=state.step, cue=cue, rewarded_cue=rewarded_cue, missed=missed)
        complete = state.step == OUTCOME
        state = ReversalState(
            rewarded_cue=rewarded_cue,
            trial=state.trial + complete,
            step=jnp.where(complete, 0, state.step + 1),
            cue=cue,
            missed=missed,
        )
        return state, reward, event

    def is_active(self, state: ReversalState) -> Bool[Array, ""]:
        return jnp.bool_(True)
