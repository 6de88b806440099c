"""A bandit with an arm that pays little and tells all."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from prefrontal.configs.bandits import InformativeArmConfig
from prefrontal.tasks.bandit import BanditEvent, bandit_event
from prefrontal.tasks.base import AbstractTask


class InformativeArmState(eqx.Module):
    """The hidden problem, and how far it has come."""

    rewards: Float[Array, " action"]
    """What each arm pays."""
    trial: Int[Array, ""]
    """Pulls so far."""
    last_reward: Float[Array, ""]
    """Of the last pull; below every reward before the first."""


class InformativeArm(AbstractTask):
    """Pull one of some arms; one of them, the target, pays richly, the others little, and always the same.

    The last arm is never the target. It pays least, and what it pays tells which arm is: to pull it first costs a trial
    and saves a search.

    Observation: the last reward, one-hot among all rewards there can be; all zero before the first pull.

    Differs from the paper: the reward is also given as a number, as every agent here gets it.

    Reference:
        Wang et al. (2016), arXiv 1611.05763, section 3.1.3.

    Example:
        >>> arms = pf.InformativeArm(pf.InformativeArmConfig())
        >>> arms.num_actions, arms.num_steps
        (11, 5)
    """

    num_actions: int = eqx.field(static=True)
    observation_size: int = eqx.field(static=True)
    num_steps: int = eqx.field(static=True)
    target_reward: Float[Array, ""]
    other_reward: Float[Array, ""]
    information_unit: Float[Array, ""]
    levels: Float[Array, " observation"]
    """Every reward there can be, ascending."""

    def __init__(self, config: InformativeArmConfig | None = None):
        config = config or InformativeArmConfig()
        informations = np.float32(config.information_unit) * np.arange(1, config.num_targets + 1, dtype=np.float32)
        levels = np.unique(np.array([*informations, config.other_reward, config.target_reward], np.float32))
        self.num_actions = config.num_targets + 1
        self.observation_size = len(levels)
        self.num_steps = config.num_trials
        self.target_reward = jnp.float32(config.target_reward)
        self.other_reward = jnp.float32(config.other_reward)
        self.information_unit = jnp.float32(config.information_unit)
        self.levels = jnp.array(levels)

    def init(self, key: PRNGKeyArray, previous: InformativeArmState | None = None) -> InformativeArmState:
        arms = jnp.arange(self.num_actions)
        target = jax.random.randint(key, (), 0, self.num_actions - 1)
        rewards = jnp.where(arms == target, self.target_reward, self.other_reward)
        rewards = rewards.at[-1].set(self.information_unit * (target + 1))
        return InformativeArmState(rewards=rewards, trial=jnp.int32(0), last_reward=-jnp.ones(()))

    def observe(self, state: InformativeArmState) -> Float[Array, " observation"]:
        nearest = jnp.argmin(jnp.abs(self.levels - state.last_reward))
        return jnp.where(state.trial == 0, 0.0, jax.nn.one_hot(nearest, self.observation_size))

    def step(
        self, state: InformativeArmState, action: Int[Array, ""], key: PRNGKeyArray
    ) -> tuple[InformativeArmState, Float[Array, ""], BanditEvent]:
        reward = state.rewards[action]
        after = InformativeArmState(rewards=state.rewards, trial=state.trial + 1, last_reward=reward)
        return after, reward, bandit_event(state.rewards, state.trial, action)

    def is_active(self, state: InformativeArmState) -> Bool[Array, ""]:
        return jnp.bool_(True)
