"""The two-step task with second-stage choices and drifting rewards."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from prefrontal.configs.daw_two_step import DawTwoStepConfig
from prefrontal.tasks.base import AbstractTask
from prefrontal.tasks.walks import reflected


class DawTwoStepState(eqx.Module):
    """What is going on, hidden or not."""

    reward_probability: Float[Array, "2 2"]
    """Of each second-stage state's two options."""
    trial: Int[Array, ""]
    """Trials completed."""
    second_stage: Bool[Array, ""]
    choice: Int[Array, ""]
    """The last first-stage choice, 0 or 1."""
    common: Bool[Array, ""]
    """Whether the last transition was common."""


class DawTwoStepEvent(eqx.Module):
    """What a step brought about. The steps with `complete` make the trial table, one row each."""

    trial: Int[Array, "*axes"]
    complete: Bool[Array, "*axes"]
    """Whether this step ended its trial; the fields below then tell of the whole trial."""
    choice: Int[Array, "*axes"]
    state: Int[Array, "*axes"]
    """Second-stage state reached, 0 or 1; 0 is the common one after choice 0."""
    choice2: Int[Array, "*axes"]
    """Second-stage choice, 0 or 1."""
    common: Bool[Array, "*axes"]
    rewarded: Bool[Array, "*axes"]
    missed: Bool[Array, "*axes"]
    """Never: every action is a choice."""
    better_state: Int[Array, "*axes"]
    """The second-stage state whose better option pays more often in this trial."""


class DawTwoStep(AbstractTask):
    """Choose one of two actions; each leads commonly to its own second-stage state and rarely to the other's; choose
    there between two options, each of which pays with a probability of its own, which drifts: a Gaussian random walk
    between two bounds that reflect it. It starts anywhere between them with equal chance.

    A trial takes two steps. Observations are one-hot: [first stage, second-stage state 0, state 1].

    Reference:
        Daw, Gershman, Seymour, Dayan, Dolan (2011), Neuron 69:1204.

    Example:
        >>> daw = pf.DawTwoStep(pf.DawTwoStepConfig(num_trials=201))
        >>> daw.num_actions, daw.num_steps
        (2, 402)
    """

    num_actions: int = eqx.field(static=True)
    observation_size: int = eqx.field(static=True)
    num_steps: int = eqx.field(static=True)
    common_probability: Float[Array, ""]
    walk_deviation: Float[Array, ""]
    lowest: Float[Array, ""]
    highest: Float[Array, ""]

    def __init__(self, config: DawTwoStepConfig | None = None):
        config = config or DawTwoStepConfig()
        self.num_actions = 2
        self.observation_size = 3
        self.num_steps = config.num_steps
        self.common_probability = jnp.float32(config.common_probability)
        self.walk_deviation = jnp.float32(config.walk_deviation)
        self.lowest = jnp.float32(config.lowest_reward_probability)
        self.highest = jnp.float32(config.highest_reward_probability)

    def init(self, key: PRNGKeyArray, previous: DawTwoStepState | None = None) -> DawTwoStepState:
        zero = jnp.int32(0)
        return DawTwoStepState(
            reward_probability=self.lowest + (self.highest - self.lowest) * jax.random.uniform(key, (2, 2)),
            trial=zero,
            second_stage=jnp.bool_(False),
            choice=zero,
            common=jnp.bool_(True),
        )

    def observe(self, state: DawTwoStepState) -> Float[Array, " observation"]:
        return jax.nn.one_hot(jnp.where(state.second_stage, 1 + _second_state(state.choice, state.common), 0), 3)

    def step(
        self, state: DawTwoStepState, action: Int[Array, ""], key: PRNGKeyArray
    ) -> tuple[DawTwoStepState, Float[Array, ""], DawTwoStepEvent]:
        transition_key, reward_key, walk_key = jax.random.split(key, 3)
        complete = state.second_stage
        choice = jnp.where(complete, state.choice, action)
        drawn = jax.random.uniform(transition_key) < self.common_probability
        common = jnp.where(complete, state.common, drawn)
        second_state = _second_state(choice, common)
        pays = state.reward_probability[second_state, action]
        rewarded = complete & (jax.random.uniform(reward_key) < pays)
        event = DawTwoStepEvent(
            trial=state.trial,
            complete=complete,
            choice=choice,
            state=second_state,
            choice2=action,
            common=common,
            rewarded=rewarded,
            missed=jnp.bool_(False),
            better_state=jnp.argmax(jnp.max(state.reward_probability, axis=1)).astype(jnp.int32),
        )
        walked = state.reward_probability + self.walk_deviation * jax.random.normal(walk_key, (2, 2))
        after = DawTwoStepState(
            reward_probability=jnp.where(
                complete, reflected(walked, self.lowest, self.highest), state.reward_probability
            ),
            trial=state.trial + complete,
            second_stage=~complete,
            choice=choice,
            common=common,
        )
        return after, rewarded.astype(jnp.float32), event

    def is_active(self, state: DawTwoStepState) -> Bool[Array, ""]:
        return jnp.bool_(True)


def _second_state(choice: Int[Array, ""], common: Bool[Array, ""]) -> Int[Array, ""]:
    return jnp.where(common, choice, 1 - choice)
