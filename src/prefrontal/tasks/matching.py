"""Two arms whose rewards wait to be collected: the task of the matching law."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from prefrontal.configs.matching import STEPS_PER_TRIAL, MatchingConfig
from prefrontal.tasks.base import AbstractTask

LEFT, RIGHT, FIXATE = range(3)
"""The actions: the two choices, and the response that the fixation cue requires."""
FIXATION, CHOICE = range(STEPS_PER_TRIAL)
"""The steps of a trial."""


class MatchingState(eqx.Module):
    """What is going on, hidden or not."""

    base_probability: Float[Array, "2"]
    """Chance that an arm pays when it was chosen on the trial before: left, right."""
    num_trials: Int[Array, ""]
    """Trials in this episode."""
    trial: Int[Array, ""]
    """Trials completed."""
    step: Int[Array, ""]
    """`FIXATION` or `CHOICE`."""
    unchosen: Int[Array, "2"]
    """Trials since each arm was last chosen, or since the episode began."""


class MatchingEvent(eqx.Module):
    """What a step brought about. The steps with `complete` are the trials."""

    trial: Int[Array, "*axes"]
    """Trial within the episode, from 0."""
    complete: Bool[Array, "*axes"]
    """Whether this step ended its trial; the fields below then tell of it."""
    choice: Int[Array, "*axes"]
    """`LEFT` or `RIGHT`; void in a missed trial."""
    rewarded: Bool[Array, "*axes"]
    missed: Bool[Array, "*axes"]
    """Whether the response was no choice."""
    left_probability: Float[Array, "*axes"]
    """Chance of a reward from the left arm in this trial."""
    right_probability: Float[Array, "*axes"]
    base_probability: Float[Array, "*axes"]
    """The left arm's base probability."""


class Matching(AbstractTask):
    """Choose between two arms that are baited: a reward, once there, waits until its arm is chosen.

    With base probability p of an arm and n trials since it was last chosen, it pays with probability

        1 - (1 - p)^(n + 1)

    so that an arm left alone grows worth a visit, and the best policy is to visit both. The base probabilities of left
    and right sum to `total_probability`; the left one is drawn for each episode. An episode lasts a random number of
    trials; steps after it are inactive.

    A trial takes two steps: a fixation cue, which requires `FIXATE`, and a choice. An invalid response to either earns
    `invalid_reward`. Observations are one-hot: [fixation, choice].

    Differs from the paper: the paper does not say what follows an invalid response. Here an invalid response to the
    fixation is followed by the choice all the same, and one to the choice forgoes the trial, in which both arms count
    as not chosen.

    References:
        Lau, Glimcher (2005), J Exp Anal Behav 84:555; Tsutsui et al. (2016), Nat Commun 7:12554 (the tasks).
        Wang et al. (2018), Nat Neurosci 21:860, Methods, Simulation 1 (the defaults).

    Example:
        >>> matching = pf.Matching(pf.MatchingConfig())
        >>> matching.num_actions, matching.num_steps
        (3, 200)
    """

    num_actions: int = eqx.field(static=True)
    observation_size: int = eqx.field(static=True)
    num_steps: int = eqx.field(static=True)
    fifths: tuple[int, ...] = eqx.field(static=True)
    min_trials: Int[Array, ""]
    max_trials: Int[Array, ""]
    total_probability: Float[Array, ""]
    invalid_reward: Float[Array, ""]

    def __init__(self, config: MatchingConfig | None = None):
        config = config or MatchingConfig()
        self.num_actions = 3
        self.observation_size = STEPS_PER_TRIAL
        self.num_steps = config.num_steps
        self.fifths = config.fifths
        self.min_trials = jnp.int32(config.min_trials)
        self.max_trials = jnp.int32(config.max_trials)
        self.total_probability = jnp.float32(config.total_probability)
        self.invalid_reward = jnp.float32(config.invalid_reward)

    def init(self, key: PRNGKeyArray, previous: MatchingState | None = None) -> MatchingState:
        fifth_key, place_key, trials_key = jax.random.split(key, 3)
        fifth = jax.random.choice(fifth_key, jnp.array(self.fifths))
        left = (fifth + jax.random.uniform(place_key)) / 5 * self.total_probability
        return MatchingState(
            base_probability=jnp.stack([left, self.total_probability - left]),
            num_trials=jax.random.randint(trials_key, (), self.min_trials, self.max_trials + 1),
            trial=jnp.int32(0),
            step=jnp.int32(FIXATION),
            unchosen=jnp.zeros(2, jnp.int32),
        )

    def observe(self, state: MatchingState) -> Float[Array, " observation"]:
        return jax.nn.one_hot(state.step, STEPS_PER_TRIAL)

    def step(
        self, state: MatchingState, action: Int[Array, ""], key: PRNGKeyArray
    ) -> tuple[MatchingState, Float[Array, ""], MatchingEvent]:
        chooses = state.step == CHOICE
        invalid = jnp.where(chooses, action == FIXATE, action != FIXATE)
        choice = jnp.minimum(action, RIGHT)
        probability = 1 - (1 - state.base_probability) ** (state.unchosen + 1)
        rewarded = chooses & ~invalid & jax.random.bernoulli(key, probability[choice])
        reward = jnp.where(invalid, self.invalid_reward, rewarded.astype(jnp.float32))

        event = MatchingEvent(
            trial=state.trial,
            complete=chooses,
            choice=choice,
            rewarded=rewarded,
            missed=chooses & invalid,
            left_probability=probability[LEFT],
            right_probability=probability[RIGHT],
            base_probability=state.base_probability[LEFT],
        )
        collected = (jnp.arange(2) == choice) & ~invalid
        unchosen = jnp.where(collected, 0, state.unchosen + 1)
        state = MatchingState(
            base_probability=state.base_probability,
            num_trials=state.num_trials,
            trial=state.trial + chooses,
            step=1 - state.step,
            unchosen=jnp.where(chooses, unchosen, state.unchosen),
        )
        return state, reward, event

    def is_active(self, state: MatchingState) -> Bool[Array, ""]:
        return state.trial < state.num_trials
