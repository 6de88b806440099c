"""Two arms whose reward probabilities reverse, seldom or often: the task of learning under volatility."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from prefrontal.configs.volatility import Retying, Schedule, VolatilityConfig
from prefrontal.tasks.base import AbstractTask


class VolatilityState(eqx.Module):
    """What is going on, hidden or not."""

    trial: Int[Array, ""]
    """Trials completed."""
    better: Int[Array, ""]
    """The arm that is more likely to win, 0 or 1."""
    volatile: Bool[Array, ""]
    """Whether the arms may change places."""
    switch_probability: Float[Array, ""]
    """Chance, after a trial, that volatility itself changes; drawn for the episode."""
    prizes: Float[Array, "2"]
    """What each arm pays in this trial if it wins."""


class VolatilityEvent(eqx.Module):
    """What a trial brought about; every step is a trial."""

    choice: Int[Array, "*axes"]
    """The arm chosen, 0 or 1."""
    rewarded: Bool[Array, "*axes"]
    """Whether it won its prize."""
    win_probability: Float[Array, "*axes"]
    """Chance that arm 1 wins; arm 0 wins otherwise."""
    volatile: Bool[Array, "*axes"]
    """Whether this trial was in a volatile period."""


class Volatility(AbstractTask):
    """In each trial one of two arms wins. Both prizes are shown; the chosen arm, if it wins, pays its own.

    Trained on ("drawn"), with v the volatility, 0 or `volatile_probability`: after each trial the arms change places
    with probability v; then, with the episode's switch probability k, v changes to the other value. The better arm wins
    with `stable_reward_probability` while v = 0, and with `volatile_reward_probability` otherwise. v and the better arm
    are drawn 50:50 at the start; log k is uniform.

    Tested on: one half of the episode in which the better arm stays, one in which the arms change places every
    `test_reversal_every` trials, in either order. They change places between the halves, too (not stated in the paper).
    In tests the switch probability is drawn, but nothing depends on it.

    Observations: the two prizes. Prizes are `prize_scale` times a draw from Beta(a, a), independent over arms and
    trials.

    References:
        Behrens, Woolrich, Walton, Rushworth (2007), Nat Neurosci 10:1214 (the task).
        Wang et al. (2018), Nat Neurosci 21:860, Methods, Simulation 2 (the defaults).

    Example:
        >>> volatility = pf.Volatility(pf.VolatilityConfig())
        >>> volatility.num_actions, volatility.num_steps
        (2, 200)
    """

    num_actions: int = eqx.field(static=True)
    observation_size: int = eqx.field(static=True)
    num_steps: int = eqx.field(static=True)
    schedule: Schedule = eqx.field(static=True)
    retying: Retying = eqx.field(static=True)
    reversal_every: int = eqx.field(static=True)
    prize_concentration: int = eqx.field(static=True)
    volatile_probability: Float[Array, ""]
    better_wins: Float[Array, "2"]
    """Chance that the better arm wins: stable, volatile."""
    log_switch: Float[Array, "2"]
    prize_scale: Float[Array, ""]

    def __init__(self, config: VolatilityConfig | None = None):
        config = config or VolatilityConfig()
        self.num_actions = 2
        self.observation_size = 2
        self.num_steps = config.num_steps
        self.schedule = config.schedule
        self.retying = config.retying
        self.reversal_every = config.test_reversal_every
        self.volatile_probability = jnp.float32(config.volatile_probability)
        drawn = (config.stable_reward_probability, config.volatile_reward_probability)
        tested = (config.test_stable_probability, config.test_volatile_probability)
        self.better_wins = jnp.array(drawn if config.schedule == "drawn" else tested)
        self.log_switch = jnp.array([config.log_switch_low, config.log_switch_high])
        self.prize_concentration = config.prize_concentration
        self.prize_scale = jnp.float32(config.prize_scale)

    def init(self, key: PRNGKeyArray, previous: VolatilityState | None = None) -> VolatilityState:
        better_key, volatile_key, switch_key, prize_key = jax.random.split(key, 4)
        volatile = {
            "drawn": jax.random.bernoulli(volatile_key),
            "stable-first": jnp.bool_(False),
            "volatile-first": jnp.bool_(True),
        }[self.schedule]
        low, high = self.log_switch
        return VolatilityState(
            trial=jnp.int32(0),
            better=jax.random.bernoulli(better_key).astype(jnp.int32),
            volatile=volatile,
            switch_probability=jnp.exp(low + (high - low) * jax.random.uniform(switch_key)),
            prizes=self._prizes(prize_key),
        )

    def observe(self, state: VolatilityState) -> Float[Array, " observation"]:
        return state.prizes

    def step(
        self, state: VolatilityState, action: Int[Array, ""], key: PRNGKeyArray
    ) -> tuple[VolatilityState, Float[Array, ""], VolatilityEvent]:
        win_key, change_key, prize_key = jax.random.split(key, 3)
        better_wins = self.better_wins[state.volatile.astype(jnp.int32)]
        win_probability = jnp.where(state.better == 1, better_wins, 1 - better_wins)
        winner = jax.random.bernoulli(win_key, win_probability).astype(jnp.int32)
        rewarded = action == winner
        reward = jnp.where(rewarded, state.prizes[action], 0.0)

        event = VolatilityEvent(
            choice=action,
            rewarded=rewarded,
            win_probability=win_probability,
            volatile=state.volatile,
        )
        volatile, better = self._change(state, change_key)
        state = VolatilityState(
            trial=state.trial + 1,
            better=better,
            volatile=volatile,
            switch_probability=state.switch_probability,
            prizes=self._prizes(prize_key),
        )
        return state, reward, event

    def is_active(self, state: VolatilityState) -> Bool[Array, ""]:
        return jnp.bool_(True)

    def _change(self, state: VolatilityState, key: PRNGKeyArray) -> tuple[Bool[Array, ""], Int[Array, ""]]:
        """Whether the next trial is volatile, and its better arm."""
        if self.schedule != "drawn":
            half, following = self.num_steps // 2, state.trial + 1
            volatile = (following >= half) == (self.schedule == "stable-first")
            since = jnp.where(following >= half, following - half, following)
            reverses = (following == half) | (volatile & (since % self.reversal_every == 0))
            return volatile, jnp.where(reverses, 1 - state.better, state.better)
        to_reversal, to_switch, to_side = jax.random.uniform(key, (3,))
        reverses = state.volatile & (to_reversal < self.volatile_probability)
        better = jnp.where(reverses, 1 - state.better, state.better)
        switches = to_switch < state.switch_probability
        if self.retying == "draw":
            better = jnp.where(switches, (to_side < 0.5).astype(jnp.int32), better)
        return state.volatile ^ switches, better

    def _prizes(self, key: PRNGKeyArray) -> Float[Array, "2"]:
        # Beta(a, b) = G(a) / (G(a) + G(b)), and G(a) is a sum of a exponentials: JAX's own draws take a loop.
        gammas = jax.random.exponential(key, (2, 2, self.prize_concentration)).sum(axis=-1)
        return self.prize_scale * gammas[:, 0] / gammas.sum(axis=-1)
