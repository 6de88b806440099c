"""The risk task: a safe arm and a risky one."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from prefrontal.configs.risk import STEPS_PER_TRIAL, RiskConfig
from prefrontal.tasks.base import AbstractTask

FIXATE = 2
"""The action that the fixation cue requires; 0 and 1 pull the left and the right arm."""
FIXATION, CHOICE = range(STEPS_PER_TRIAL)
"""The steps of a trial."""


class RiskState(eqx.Module):
    """What is going on, hidden or not."""

    risky_arm: Int[Array, ""]
    """The action that pulls the risky arm, 0 or 1."""
    odds: Int[Array, ""]
    """Which of the task's probabilities the risky arm pays with."""
    trial: Int[Array, ""]
    """Trials completed."""
    step: Int[Array, ""]
    """Steps taken within this trial."""
    first_arm: Int[Array, ""]
    """The arm that the pair of forced trials under way starts with."""


class RiskEvent(eqx.Module):
    """What a step brought about. The steps with `complete` are the trials."""

    trial: Int[Array, "*axes"]
    """Trial within the episode, from 0."""
    complete: Bool[Array, "*axes"]
    """Whether this step ended its trial; the fields below then tell of the whole trial."""
    forced: Bool[Array, "*axes"]
    """Whether the arm was prescribed."""
    choice: Int[Array, "*axes"]
    """The arm pulled, 0 or 1."""
    risky: Bool[Array, "*axes"]
    """Whether the arm pulled is the risky one."""
    rewarded: Bool[Array, "*axes"]
    """Whether the arm pulled paid."""
    missed: Bool[Array, "*axes"]
    """Whether an invalid response spoilt the trial; `choice` and what follows from it are then void."""
    odds: Int[Array, "*axes"]
    """Which of the task's probabilities the risky arm pays with."""


class Risk(AbstractTask):
    """The safe arm always pays a little; the risky one seldom or often pays more. Which arm is which, and how often the
    risky one pays, is drawn for every episode.

    A trial takes two steps: a fixation cue, which requires `FIXATE`, and the choice. In the forced trials that an
    episode starts with, one arm is shown and must be pulled; they come in pairs, one of each arm in random order. In
    the free trials both are shown. An invalid response earns `invalid_reward` and nothing else.

    Observations are one-hot: [fixation, left arm, right arm, both arms].

    References:
        Stopper, Tse, Montes, Wiedman, Floresco (2014), Neuron 84:177 (the experiment).
        Wang et al. (2018), Nat Neurosci 21:860, Methods, Simulation 6 (the defaults).

    Example:
        >>> risk = pf.Risk(pf.RiskConfig())
        >>> risk.num_actions, risk.num_steps
        (3, 60)
    """

    num_actions: int = eqx.field(static=True)
    observation_size: int = eqx.field(static=True)
    num_steps: int = eqx.field(static=True)
    num_forced_trials: int = eqx.field(static=True)
    safe_reward: Float[Array, ""]
    risky_reward: Float[Array, ""]
    risky_probabilities: Float[Array, " odds"]
    invalid_reward: Float[Array, ""]

    def __init__(self, config: RiskConfig | None = None):
        config = config or RiskConfig()
        self.num_actions = 3
        self.observation_size = 4
        self.num_steps = config.num_steps
        self.num_forced_trials = config.num_forced_trials
        self.safe_reward = jnp.float32(config.safe_reward)
        self.risky_reward = jnp.float32(config.risky_reward)
        self.risky_probabilities = jnp.asarray(config.risky_probabilities, jnp.float32)
        self.invalid_reward = jnp.float32(config.invalid_reward)

    def init(self, key: PRNGKeyArray, previous: RiskState | None = None) -> RiskState:
        arm_key, odds_key, pair_key = jax.random.split(key, 3)
        return RiskState(
            risky_arm=jax.random.bernoulli(arm_key).astype(jnp.int32),
            odds=jax.random.randint(odds_key, (), 0, len(self.risky_probabilities)),
            trial=jnp.int32(0),
            step=jnp.int32(0),
            first_arm=jax.random.bernoulli(pair_key).astype(jnp.int32),
        )

    def observe(self, state: RiskState) -> Float[Array, " observation"]:
        arms = jnp.where(self._is_forced(state), 1 + self._forced_arm(state), 3)
        return jax.nn.one_hot(jnp.where(state.step == FIXATION, 0, arms), self.observation_size)

    def step(
        self, state: RiskState, action: Int[Array, ""], key: PRNGKeyArray
    ) -> tuple[RiskState, Float[Array, ""], RiskEvent]:
        to_reward, to_pair = jax.random.uniform(key, (2,))
        complete, forced = state.step == CHOICE, self._is_forced(state)

        allowed = jnp.where(forced, action == self._forced_arm(state), action != FIXATE)
        invalid = jnp.where(complete, ~allowed, action != FIXATE)
        missed = complete & invalid
        choice = jnp.minimum(action, 1)
        risky = choice == state.risky_arm
        pays = ~risky | (to_reward < self.risky_probabilities[state.odds])
        rewarded = complete & ~invalid & pays
        paid = jnp.where(rewarded, jnp.where(risky, self.risky_reward, self.safe_reward), 0.0)
        reward = jnp.where(invalid, self.invalid_reward, paid)

        event = RiskEvent(
            trial=state.trial,
            complete=complete,
            forced=forced,
            choice=choice,
            risky=risky,
            rewarded=rewarded,
            missed=missed,
            odds=state.odds,
        )
        pair_ends = complete & (state.trial % 2 == 1)
        state = RiskState(
            risky_arm=state.risky_arm,
            odds=state.odds,
            trial=state.trial + complete,
            step=jnp.where(complete, 0, state.step + 1),
            first_arm=jnp.where(pair_ends, to_pair < 0.5, state.first_arm).astype(jnp.int32),
        )
        return state, reward, event

    def is_active(self, state: RiskState) -> Bool[Array, ""]:
        return jnp.bool_(True)

    def _is_forced(self, state: RiskState) -> Bool[Array, ""]:
        return state.trial < self.num_forced_trials

    def _forced_arm(self, state: RiskState) -> Int[Array, ""]:
        return jnp.where(state.trial % 2 == 0, state.first_arm, 1 - state.first_arm)
