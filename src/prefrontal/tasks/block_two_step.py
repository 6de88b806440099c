"""The two-step task whose reversals come in blocks."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from prefrontal.configs.block_two_step import BlockTwoStepConfig
from prefrontal.tasks.base import AbstractTask
from prefrontal.tasks.two_step import TwoStep, TwoStepEvent, TwoStepState


class BlockTwoStepState(eqx.Module):
    """The task's state within its block, and how long the block has lasted."""

    within: TwoStepState
    block_trials: Int[Array, ""]
    """Trials completed in this block."""


class BlockTwoStep(AbstractTask):
    """`TwoStep` whose second-stage states change places between blocks: never before `shortest_block` trials, for sure
    after `longest_block`, and in between with `reversal_probability` before each trial.

    References:
        Akam, Costa, Dayan (2015), PLoS Comput Biol 11:e1004648 (blocks of one length).
        Miller, Botvinick, Brody (2017), Nat Neurosci 20:1269 (a shortest block, then a constant chance).

    Example:
        >>> blocks = pf.BlockTwoStep(pf.BlockTwoStepConfig(num_trials=50, shortest_block=10))
        >>> blocks.num_actions, blocks.num_steps
        (3, 150)
    """

    num_actions: int = eqx.field(static=True)
    observation_size: int = eqx.field(static=True)
    num_steps: int = eqx.field(static=True)
    within: TwoStep
    shortest_block: Float[Array, ""]
    longest_block: Float[Array, ""]
    """Infinite where blocks may last for ever."""
    reversal_probability: Float[Array, ""]

    def __init__(self, config: BlockTwoStepConfig | None = None):
        config = config or BlockTwoStepConfig()
        self.within = TwoStep(config.within_blocks)
        self.num_actions = self.within.num_actions
        self.observation_size = self.within.observation_size
        self.num_steps = self.within.num_steps
        self.shortest_block = jnp.float32(config.shortest_block)
        self.longest_block = jnp.float32(jnp.inf if config.longest_block is None else config.longest_block)
        self.reversal_probability = jnp.float32(config.reversal_probability)

    def init(self, key: PRNGKeyArray, previous: BlockTwoStepState | None = None) -> BlockTwoStepState:
        within = self.within.init(key, None if previous is None else previous.within)
        return BlockTwoStepState(within=within, block_trials=jnp.int32(0))

    def observe(self, state: BlockTwoStepState) -> Float[Array, " observation"]:
        return self.within.observe(state.within)

    def step(
        self, state: BlockTwoStepState, action: Int[Array, ""], key: PRNGKeyArray
    ) -> tuple[BlockTwoStepState, Float[Array, ""], TwoStepEvent]:
        reversal_key, within_key = jax.random.split(key)
        may_end = state.block_trials >= self.shortest_block
        ends = jax.random.uniform(reversal_key) < self.reversal_probability
        ends = (ends & may_end) | (state.block_trials >= self.longest_block)
        reverses = (state.within.stage == 0) & ends
        better_state = jnp.where(reverses, 1 - state.within.better_state, state.within.better_state)
        begun = eqx.tree_at(lambda within: within.better_state, state.within, better_state)
        within, reward, event = self.within.step(begun, action, within_key)
        block_trials = jnp.where(reverses, 0, state.block_trials) + event.complete
        return BlockTwoStepState(within=within, block_trials=block_trials), reward, event

    def is_active(self, state: BlockTwoStepState) -> Bool[Array, ""]:
        return self.within.is_active(state.within)
