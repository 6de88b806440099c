"""Harlow's task with pairs that are met again, each with the cue that it was first met with."""

from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from prefrontal.configs.episodic_harlow import EpisodicHarlowConfig
from prefrontal.configs.harlow import STEPS_PER_TRIAL
from prefrontal.tasks.base import AbstractTask
from prefrontal.tasks.epochs import Epoch, next_episode
from prefrontal.tasks.harlow import Harlow, HarlowEvent, HarlowState
from prefrontal.tasks.objects import draw_pair, vectors


class EpisodicHarlowState(eqx.Module):
    """An episode of Harlow's task, and where it stands in its epoch."""

    harlow: HarlowState
    epoch: Epoch
    """Its problems are the pairs."""
    pairs: Int[Array, "problem 2"]
    """Numbers of the unrewarded and the rewarded object of each."""


class EpisodicHarlowEvent(eqx.Module):
    """What a step brought about."""

    harlow: HarlowEvent
    exposure: Int[Array, "*axes"]
    """The how-manieth episode of its epoch this pair is met in, from 1."""


class EpisodicHarlow(AbstractTask):
    """`Harlow`, in epochs: each pair of objects is met in several episodes, in random order, and the same one of the
    two is rewarded in all of them. A barcode that belongs to the pair is shown
    as an episode begins.

    When a pair is first met, its first choice is right half of the time; who remembers the pair is right at once when
    it is met again. Observations: those of `Harlow`, then the barcode.

    Differs from the paper: objects are vectors and nobody turns to them, and pairs
    return in the order of a shuffled bag. There the first tenth of an epoch shows the pairs and the rest brings them
    back.

    Reference:
        AlKhamissi, ElNokrashy & Spranger (2021), arXiv 2104.02959, as its program has it.

    Example:
        >>> task = pf.EpisodicHarlowConfig().make()
        >>> task.num_actions, task.observation_size, task.num_steps
        (3, 37, 12)
    """

    num_actions: int = eqx.field(static=True)
    observation_size: int = eqx.field(static=True)
    num_steps: int = eqx.field(static=True)
    num_pairs: int = eqx.field(static=True)
    context_size: int = eqx.field(static=True)
    within: Harlow
    cue_steps: Int[Array, ""]
    exposures: Int[Array, ""]

    def __init__(self, config: EpisodicHarlowConfig | None = None):
        config = config or EpisodicHarlowConfig()
        self.within = Harlow(config.harlow)
        self.num_actions = self.within.num_actions
        self.observation_size = self.within.observation_size + config.context_size
        self.num_steps = self.within.num_steps
        self.num_pairs = config.num_pairs
        self.context_size = config.context_size
        self.cue_steps = jnp.int32(config.cue_steps)
        self.exposures = jnp.int32(config.exposures)

    def init(self, key: PRNGKeyArray, previous: EpisodicHarlowState | None = None) -> EpisodicHarlowState:
        to_epoch, to_pairs, to_episode = jax.random.split(key, 3)
        epoch, goes_on = next_episode(
            to_epoch,
            None if previous is None else previous.epoch,
            True if previous is None else previous.harlow.trial > 0,
            num_problems=self.num_pairs,
            exposures=self.exposures,
            num_bars=self.context_size,
        )
        pairs = jax.vmap(lambda key: draw_pair(key, None, held_out=False))(jax.random.split(to_pairs, self.num_pairs))
        if previous is not None:
            pairs = jnp.where(goes_on, previous.pairs, pairs)
        objects = pairs[epoch.problem]
        episode = replace(
            self.within.init(to_episode), objects=objects, features=vectors(objects, self.within.object_size)
        )
        return EpisodicHarlowState(harlow=episode, epoch=epoch, pairs=pairs)

    def observe(self, state: EpisodicHarlowState) -> Float[Array, " observation"]:
        step = STEPS_PER_TRIAL * state.harlow.trial + state.harlow.step
        barcode = state.epoch.barcode * (step < self.cue_steps)
        return jnp.concatenate([self.within.observe(state.harlow), barcode])

    def step(
        self, state: EpisodicHarlowState, action: Int[Array, ""], key: PRNGKeyArray
    ) -> tuple[EpisodicHarlowState, Float[Array, ""], EpisodicHarlowEvent]:
        harlow, reward, event = self.within.step(state.harlow, action, key)
        event = EpisodicHarlowEvent(harlow=event, exposure=state.epoch.exposure)
        return replace(state, harlow=harlow), reward, event

    def is_active(self, state: EpisodicHarlowState) -> Bool[Array, ""]:
        return self.within.is_active(state.harlow)
