"""A bandit whose arms change while they are pulled."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from prefrontal.configs.bandits import RestlessConfig, Volatility
from prefrontal.tasks.bandit import BanditEvent, bandit_event
from prefrontal.tasks.base import AbstractTask
from prefrontal.tasks.walks import reflected


class RestlessState(eqx.Module):
    """The hidden problem, and how far it has come."""

    rewards: Float[Array, " action"]
    """Chance of a reward of each arm now: p and 1 - p."""
    trial: Int[Array, ""]
    """Pulls so far."""
    volatility: Float[Array, ""]
    """Standard deviation of p's change per trial in this episode."""


class Restless(AbstractTask):
    r"""Pull one of two arms, which pay 1 with probabilities p and 1 - p; p walks at random.

        p_1 ~ U(0, 1),     p_{t+1} = reflect(p_t + s n_t),     n_t ~ N(0, 1)

    where what steps out of [0, 1] is reflected at the bound, and the volatility s is low or high for the whole episode,
    untold. An agent sees nothing but its own last pull and reward.

    Reference:
        Wang et al. (2016), arXiv 1611.05763, section 3.1.4, which is not known to us to tell the volatilities, the
        start, or what happens at the bounds.

    Example:
        >>> restless = pf.Restless(pf.RestlessConfig(num_trials=100))
        >>> restless.num_actions, restless.num_steps
        (2, 100)
    """

    num_actions: int = eqx.field(static=True)
    observation_size: int = eqx.field(static=True)
    num_steps: int = eqx.field(static=True)
    choice_of_volatility: Volatility = eqx.field(static=True)
    low_volatility: Float[Array, ""]
    high_volatility: Float[Array, ""]

    def __init__(self, config: RestlessConfig | None = None):
        config = config or RestlessConfig()
        self.num_actions = 2
        self.observation_size = 0
        self.num_steps = config.num_trials
        self.choice_of_volatility = config.volatility
        self.low_volatility = jnp.float32(config.low_volatility)
        self.high_volatility = jnp.float32(config.high_volatility)

    def init(self, key: PRNGKeyArray, previous: RestlessState | None = None) -> RestlessState:
        coin, start = jax.random.uniform(key, (2,))
        is_high = {"drawn": coin < 0.5, "low": jnp.bool_(False), "high": jnp.bool_(True)}[self.choice_of_volatility]
        return RestlessState(
            rewards=jnp.stack([start, 1 - start]),
            trial=jnp.int32(0),
            volatility=jnp.where(is_high, self.high_volatility, self.low_volatility),
        )

    def observe(self, state: RestlessState) -> Float[Array, " observation"]:
        return jnp.zeros(0)

    def step(
        self, state: RestlessState, action: Int[Array, ""], key: PRNGKeyArray
    ) -> tuple[RestlessState, Float[Array, ""], BanditEvent]:
        to_reward, to_walk = jax.random.split(key)
        reward = (jax.random.uniform(to_reward) < state.rewards[action]).astype(jnp.float32)
        walked = reflected(state.rewards[0] + state.volatility * jax.random.normal(to_walk))
        after = RestlessState(
            rewards=jnp.stack([walked, 1 - walked]), trial=state.trial + 1, volatility=state.volatility
        )
        return after, reward, bandit_event(state.rewards, state.trial, action)

    def is_active(self, state: RestlessState) -> Bool[Array, ""]:
        return jnp.bool_(True)
