"""The two-step task, in every published form."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from prefrontal.configs.two_step import BetterState, Encoding, TwoStepConfig
from prefrontal.tasks.base import AbstractTask

FIXATE = 2
"""The action that a fixation cue requires; 0 and 1 are the first-stage choices, left and right."""


class TwoStepState(eqx.Module):
    """What is going on, hidden or not."""

    better_state: Int[Array, ""]
    """The second-stage state that pays more often, 0 or 1."""
    trial: Int[Array, ""]
    """Trials completed."""
    stage: Int[Array, ""]
    """Steps taken within this trial."""
    choice: Int[Array, ""]
    """The last first-stage response: 0, 1, or 2 when it was not a choice."""
    common: Bool[Array, ""]
    """Whether the last transition was common."""


class TwoStepEvent(eqx.Module):
    """What a step brought about. The steps with `complete` make the trial table, one row each."""

    trial: Int[Array, "*axes"]
    complete: Bool[Array, "*axes"]
    """Whether this step ended its trial; the fields below then tell of the whole trial."""
    choice: Int[Array, "*axes"]
    """First-stage choice, 0 or 1."""
    state: Int[Array, "*axes"]
    """Second-stage state reached, 0 or 1; 0 is the common one after choice 0."""
    common: Bool[Array, "*axes"]
    """Whether the transition was common."""
    rewarded: Bool[Array, "*axes"]
    missed: Bool[Array, "*axes"]
    """Whether an invalid response spoilt the trial; `choice` and what follows from it are then void."""
    better_state: Int[Array, "*axes"]
    """The second-stage state that paid more often in this trial."""


class TwoStep(AbstractTask):
    """Choose one of two actions; each leads commonly to its own second-stage state and rarely to the other's; one
    of the two states pays more often, and which one it is reverses without notice.

    A reward after an uncommon transition makes a model-based agent, which knows the transitions, *leave* the choice
    it has just made, and a model-free agent repeat it: their stay probabilities tell them apart.

    With `encoding="fixation"` (Wang et al. 2018) a trial takes three steps: a fixation cue, which requires action
    `FIXATE`; the first stage, which requires a choice; the second stage, which requires either choice (it has no
    consequence) and pays. An invalid response earns `invalid_reward`; one to the first stage leads to a blank second
    stage without outcome, one to the second stage forgoes the outcome. With "stage" the fixation and with "trial"
    the second stage, too, is left out: then a step pays at once and the next one shows the state that paid.

    Observations are one-hot: [first stage, second-stage state 0, state 1], with the fixation cue before them in
    the "fixation" encoding.

    Differs from the paper: the paper does not say what follows an invalid response.

    References:
        Daw, Gershman, Seymour, Dayan, Dolan (2011), Neuron 69:1204 (the task).
        Akam, Costa, Dayan (2015), PLoS Comput Biol 11:e1004648 (the form without second-stage choices).
        Wang et al. (2018), Nat Neurosci 21:860, Methods, Simulation 4 (the defaults).

    Example:
        >>> two_step = pf.TwoStep(pf.TwoStepConfig(num_trials=50))
        >>> two_step.num_actions, two_step.observation_size, two_step.num_steps
        (3, 4, 150)
    """

    num_actions: int = eqx.field(static=True)
    observation_size: int = eqx.field(static=True)
    num_steps: int = eqx.field(static=True)
    num_trials: int = eqx.field(static=True)
    encoding: Encoding = eqx.field(static=True)
    initial_better_state: BetterState = eqx.field(static=True)
    common_probability: Float[Array, ""]
    better_reward_probability: Float[Array, ""]
    worse_reward_probability: Float[Array, ""]
    reversal_probability: Float[Array, ""]
    invalid_reward: Float[Array, ""]

    def __init__(self, config: TwoStepConfig | None = None):
        config = config or TwoStepConfig()
        fixation = config.encoding == "fixation"
        self.num_actions = 3 if fixation else 2
        self.observation_size = 4 if fixation else 3
        self.num_steps = config.num_steps
        self.num_trials = config.num_trials
        self.encoding = config.encoding
        self.initial_better_state = config.better_state
        self.common_probability = jnp.float32(config.common_probability)
        self.better_reward_probability = jnp.float32(config.better_reward_probability)
        self.worse_reward_probability = jnp.float32(config.worse_reward_probability)
        self.reversal_probability = jnp.float32(config.reversal_probability)
        self.invalid_reward = jnp.float32(config.invalid_reward)

    @property
    def steps_per_trial(self) -> int:
        """Steps in a trial: 1, 2 or 3, by the encoding."""
        return self.num_steps // self.num_trials

    def init(self, key: PRNGKeyArray, previous: TwoStepState | None = None) -> TwoStepState:
        drawn = jax.random.bernoulli(key).astype(jnp.int32)
        better_state = {
            "drawn": drawn,
            "carried": drawn if previous is None else previous.better_state,
            "first": jnp.int32(0),
            "second": jnp.int32(1),
        }[self.initial_better_state]
        return TwoStepState(
            better_state=better_state,
            trial=jnp.int32(0),
            stage=jnp.int32(0),
            choice=jnp.int32(0),
            common=jnp.bool_(True),
        )

    def observe(self, state: TwoStepState) -> Float[Array, " observation"]:
        second = 1 + self._second_state(state.choice, state.common)
        if self.encoding == "trial":
            shown = jnp.where(state.trial == 0, 0, second)
        elif self.encoding == "stage":
            shown = jnp.where(state.stage == 0, 0, second)
        else:
            blank = self.observation_size
            second = jnp.where(state.choice == FIXATE, blank, 1 + second)
            shown = jnp.where(state.stage == 2, second, state.stage)
        return jax.nn.one_hot(shown, self.observation_size)

    def step(
        self, state: TwoStepState, action: Int[Array, ""], key: PRNGKeyArray
    ) -> tuple[TwoStepState, Float[Array, ""], TwoStepEvent]:
        to_reversal, to_transition, to_reward = jax.random.uniform(key, (3,))
        last = self.steps_per_trial - 1
        is_choice = state.stage == max(last - 1, 0)
        complete = state.stage == last

        reverses = (state.stage == 0) & (to_reversal < self.reversal_probability)
        better_state = jnp.where(reverses, 1 - state.better_state, state.better_state)
        choice = jnp.where(is_choice, action, state.choice)
        common = jnp.where(is_choice, to_transition < self.common_probability, state.common)
        second_state = self._second_state(choice, common)

        pays = jnp.where(second_state == better_state, self.better_reward_probability, self.worse_reward_probability)
        rewarded = complete & (to_reward < pays)
        invalid = missed = jnp.bool_(False)
        if self.encoding == "fixation":
            void = complete & (choice == FIXATE)
            invalid = jnp.where(state.stage == 0, action != FIXATE, action == FIXATE) & ~void
            missed = complete & (invalid | void)
            rewarded &= ~missed
        reward = jnp.where(invalid, self.invalid_reward, rewarded.astype(jnp.float32))

        event = TwoStepEvent(
            trial=state.trial,
            complete=complete,
            choice=jnp.minimum(choice, 1),
            state=second_state,
            common=common,
            rewarded=rewarded,
            missed=missed,
            better_state=better_state,
        )
        state = TwoStepState(
            better_state=better_state,
            trial=state.trial + complete,
            stage=jnp.where(complete, 0, state.stage + 1),
            choice=choice,
            common=common,
        )
        return state, reward, event

    def is_active(self, state: TwoStepState) -> Bool[Array, ""]:
        return jnp.bool_(True)

    def _second_state(self, choice: Int[Array, ""], common: Bool[Array, ""]) -> Int[Array, ""]:
        choice = jnp.minimum(choice, 1)
        return jnp.where(common, choice, 1 - choice)
