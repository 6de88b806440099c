"""Bernoulli bandits, with independent and with dependent arms."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from prefrontal.configs.bandits import BETTER_PROBABILITY, BanditConfig
from prefrontal.tasks.base import AbstractTask


class BanditState(eqx.Module):
    """The hidden problem, and how far it has come."""

    rewards: Float[Array, " action"]
    """Expected reward of each arm now."""
    trial: Int[Array, ""]
    """Pulls so far."""


class BanditEvent(eqx.Module):
    """What a pull brought about."""

    trial: Int[Array, "*axes"]
    choice: Int[Array, "*axes"]
    """The arm pulled, from 0."""
    expected_reward: Float[Array, "*axes"]
    """Of the arm pulled."""
    best_reward: Float[Array, "*axes"]
    """Expected reward of the best arm in this trial. The regret of a pull is the difference of the two."""


class Bandit(AbstractTask):
    r"""Pull one of some arms; each pays 1 with a probability of its own, which is hidden and drawn for the episode.

    An agent sees nothing but its own last pull and reward. Which distribution the arms are drawn from decides what
    there is to know: dependent arms, p and 1 - p, tell of each other, independent ones do not.

    How arms are drawn is held in arrays, so that networks on different distributions train in one program:

        probability_k = u_k (independent), u or 1 - u (uniform), or given means, in either order (easy, medium, hard)

    References:
        Wang et al. (2016), arXiv 1611.05763, sections 3.1.1 and 3.1.2.
        Wang et al. (2018), Nat Neurosci 21:860, Figure 1.

    Example:
        >>> bandit = pf.Bandit(pf.BanditConfig(num_trials=100))
        >>> bandit.num_actions, bandit.num_steps
        (2, 100)
    """

    num_actions: int = eqx.field(static=True)
    observation_size: int = eqx.field(static=True)
    num_steps: int = eqx.field(static=True)
    means: Float[Array, " action"]
    """Of arms that are not drawn uniformly."""
    are_uniform: Bool[Array, ""]
    """Whether probabilities are uniform; else they are `means`."""
    are_dependent: Bool[Array, ""]
    """Whether the second arm pays with the complement of the first's probability."""
    are_shuffled: Bool[Array, ""]
    """Whether the first two of the `means` may change places."""

    def __init__(self, config: BanditConfig | None = None):
        config = config or BanditConfig()
        self.num_actions = config.num_arms
        self.observation_size = 0
        self.num_steps = config.num_trials
        better = BETTER_PROBABILITY.get(config.arms)
        means = config.probabilities or ((0.5,) * config.num_arms if better is None else (better, 1 - better))
        self.means = jnp.array(means, jnp.float32)
        self.are_uniform = jnp.bool_(config.arms in ("independent", "uniform"))
        self.are_dependent = jnp.bool_(config.arms == "uniform")
        self.are_shuffled = jnp.bool_(better is not None)

    def init(self, key: PRNGKeyArray, previous: BanditState | None = None) -> BanditState:
        drawn = jax.random.uniform(key, (self.num_actions + 1,))
        coin, uniform = drawn[0], drawn[1:]
        complement = uniform.at[1].set(1 - uniform[0])
        swapped = self.means.at[:2].set(self.means[1::-1])
        means = jnp.where(self.are_shuffled & (coin < 0.5), swapped, self.means)
        rewards = jnp.where(self.are_uniform, jnp.where(self.are_dependent, complement, uniform), means)
        return BanditState(rewards=rewards, trial=jnp.int32(0))

    def observe(self, state: BanditState) -> Float[Array, " observation"]:
        return jnp.zeros(0)

    def step(
        self, state: BanditState, action: Int[Array, ""], key: PRNGKeyArray
    ) -> tuple[BanditState, Float[Array, ""], BanditEvent]:
        event = bandit_event(state.rewards, state.trial, action)
        reward = (jax.random.uniform(key) < event.expected_reward).astype(jnp.float32)
        return BanditState(rewards=state.rewards, trial=state.trial + 1), reward, event

    def is_active(self, state: BanditState) -> Bool[Array, ""]:
        return jnp.bool_(True)


def bandit_event(rewards: Float[Array, " action"], trial: Int[Array, ""], choice: Int[Array, ""]) -> BanditEvent:
    """The record of pulling `choice` in `trial`, when the arms' expected rewards are `rewards`."""
    return BanditEvent(trial=trial, choice=choice, expected_reward=rewards[choice], best_reward=jnp.max(rewards))
