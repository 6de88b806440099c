"""Bandits that come back, each with the cue that it was first met with."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from prefrontal.configs.cued_bandits import CuedBanditConfig
from prefrontal.tasks.base import AbstractTask


class CuedBanditState(eqx.Module):
    """An epoch, and where in it this is."""

    barcodes: Float[Array, "context bar"]
    good_arms: Int[Array, " context"]
    shown: Int[Array, " context"]
    """Episodes of this epoch in which each was shown, this one included."""
    context: Int[Array, ""]
    """Which is shown now."""
    trial: Int[Array, ""]
    """Pulls so far in this episode."""


class CuedBanditEvent(eqx.Module):
    """What a pull brought about."""

    trial: Int[Array, "*axes"]
    choice: Int[Array, "*axes"]
    """The arm pulled, from 0."""
    expected_reward: Float[Array, "*axes"]
    """Of the arm pulled."""
    best_reward: Float[Array, "*axes"]
    """Of the good arm."""
    exposure: Int[Array, "*axes"]
    """The how-manieth time this context is shown in its epoch, from 1."""


class CuedBandit(AbstractTask):
    r"""Pull one of some arms, of which one is good, while a barcode is shown that tells which bandit this is.

    Every arm is the good one of one context. An epoch shows each context `exposures` times, in random order without
    replacement, one an episode; then new barcodes and arms are drawn. Who remembers what was good when a barcode was
    last shown need not search again.

    References:
        Ritter et al. (2018), ICML, arXiv 1805.09692, whose full text is not known to us: the numbers are as told in
        programs that follow it. That the barcode is shown at every pull is our choice.

    Example:
        >>> cued = pf.CuedBanditConfig().make()
        >>> cued.num_actions, cued.observation_size, cued.num_steps
        (10, 20, 10)
    """

    num_actions: int = eqx.field(static=True)
    observation_size: int = eqx.field(static=True)
    num_steps: int = eqx.field(static=True)
    exposures: Int[Array, ""]
    good_probability: Float[Array, ""]
    bad_probability: Float[Array, ""]

    def __init__(self, config: CuedBanditConfig | None = None):
        config = config or CuedBanditConfig()
        self.num_actions = config.num_arms
        self.observation_size = config.context_size
        self.num_steps = config.num_trials
        self.exposures = jnp.int32(config.exposures)
        self.good_probability = jnp.float32(config.good_probability)
        self.bad_probability = jnp.float32(config.bad_probability)

    def init(self, key: PRNGKeyArray, previous: CuedBanditState | None = None) -> CuedBanditState:
        to_bars, to_arms, to_order = jax.random.split(key, 3)
        shape = (self.num_actions, self.observation_size)
        barcodes = jax.random.rademacher(to_bars, shape, jnp.float32)
        good_arms = jax.random.permutation(to_arms, self.num_actions)
        shown = jnp.zeros(self.num_actions, jnp.int32)
        if previous is not None:
            # An episode of which nothing was played is taken back: training begins with one.
            unplayed = jax.nn.one_hot(previous.context, self.num_actions, dtype=jnp.int32) * (previous.trial == 0)
            before = previous.shown - unplayed
            goes_on = jnp.any(before < self.exposures)
            barcodes, good_arms, shown = jax.tree.map(
                lambda old, new: jnp.where(goes_on, old, new),
                (previous.barcodes, previous.good_arms, before),
                (barcodes, good_arms, shown),
            )
        left = (self.exposures - shown).astype(jnp.float32)  # drawing by what is left of each is a shuffled bag
        context = jax.random.categorical(to_order, jnp.log(left))
        return CuedBanditState(
            barcodes=barcodes,
            good_arms=good_arms,
            shown=shown.at[context].add(1),
            context=context,
            trial=jnp.int32(0),
        )

    def observe(self, state: CuedBanditState) -> Float[Array, " observation"]:
        return state.barcodes[state.context]

    def step(
        self, state: CuedBanditState, action: Int[Array, ""], key: PRNGKeyArray
    ) -> tuple[CuedBanditState, Float[Array, ""], CuedBanditEvent]:
        is_good = action == state.good_arms[state.context]
        event = CuedBanditEvent(
            trial=state.trial,
            choice=action,
            expected_reward=jnp.where(is_good, self.good_probability, self.bad_probability),
            best_reward=self.good_probability,
            exposure=state.shown[state.context],
        )
        reward = (jax.random.uniform(key) < event.expected_reward).astype(jnp.float32)
        return eqx.tree_at(lambda s: s.trial, state, state.trial + 1), reward, event

    def is_active(self, state: CuedBanditState) -> Bool[Array, ""]:
        return jnp.bool_(True)
