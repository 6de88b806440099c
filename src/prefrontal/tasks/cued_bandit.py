"""Bandits that come back, each with the cue that it was first met with."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from prefrontal.configs.cued_bandits import CuedBanditConfig
from prefrontal.tasks.base import AbstractTask
from prefrontal.tasks.epochs import Epoch, next_episode


class CuedBanditState(eqx.Module):
    """An epoch, and where in it this is."""

    epoch: Epoch
    """Its problems are the bandits."""
    good_arms: Int[Array, " problem"]
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
    r"""Pull one of some arms, of which one is good; a barcode tells which bandit this is.

    Every arm is the good one of one context. An epoch shows each context `exposures` times, in random order without
    replacement, one an episode; then new barcodes and arms are drawn. Who remembers what was good when a barcode was
    last shown need not search again.

    References:
        Ritter et al. (2018), ICML, arXiv 1805.09692, whose full text is not known to us: the numbers are as told in
        programs that follow it. At which pulls the barcode is shown is our choice.

    Example:
        >>> cued = pf.CuedBanditConfig().make()
        >>> cued.num_actions, cued.observation_size, cued.num_steps
        (10, 20, 10)
    """

    num_actions: int = eqx.field(static=True)
    observation_size: int = eqx.field(static=True)
    num_steps: int = eqx.field(static=True)
    cue_steps: Int[Array, ""]
    exposures: Int[Array, ""]
    good_probability: Float[Array, ""]
    bad_probability: Float[Array, ""]

    def __init__(self, config: CuedBanditConfig | None = None):
        config = config or CuedBanditConfig()
        self.num_actions = config.num_arms
        self.observation_size = config.context_size
        self.num_steps = config.num_trials
        self.cue_steps = jnp.int32(config.cue_steps or config.num_trials)
        self.exposures = jnp.int32(config.exposures)
        self.good_probability = jnp.float32(config.good_probability)
        self.bad_probability = jnp.float32(config.bad_probability)

    def init(self, key: PRNGKeyArray, previous: CuedBanditState | None = None) -> CuedBanditState:
        to_epoch, to_arms = jax.random.split(key)
        epoch, goes_on = next_episode(
            to_epoch,
            None if previous is None else previous.epoch,
            True if previous is None else previous.trial > 0,
            num_problems=self.num_actions,
            exposures=self.exposures,
            num_bars=self.observation_size,
        )
        good_arms = jax.random.permutation(to_arms, self.num_actions)
        if previous is not None:
            good_arms = jnp.where(goes_on, previous.good_arms, good_arms)
        return CuedBanditState(epoch=epoch, good_arms=good_arms, trial=jnp.int32(0))

    def observe(self, state: CuedBanditState) -> Float[Array, " observation"]:
        return state.epoch.barcode * (state.trial < self.cue_steps)

    def step(
        self, state: CuedBanditState, action: Int[Array, ""], key: PRNGKeyArray
    ) -> tuple[CuedBanditState, Float[Array, ""], CuedBanditEvent]:
        is_good = action == state.good_arms[state.epoch.problem]
        event = CuedBanditEvent(
            trial=state.trial,
            choice=action,
            expected_reward=jnp.where(is_good, self.good_probability, self.bad_probability),
            best_reward=self.good_probability,
            exposure=state.epoch.exposure,
        )
        reward = (jax.random.uniform(key) < event.expected_reward).astype(jnp.float32)
        return eqx.tree_at(lambda s: s.trial, state, state.trial + 1), reward, event

    def is_active(self, state: CuedBanditState) -> Bool[Array, ""]:
        return jnp.bool_(True)
