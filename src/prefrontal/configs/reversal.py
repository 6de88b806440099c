"""The parameters of the reversal task."""

from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

from prefrontal.configs.base import LazyTaskConfig
from prefrontal.errors import check_choice, check_count, check_probability

FirstCue = Literal["drawn", "carried"]

STEPS_PER_TRIAL = 4
"""Fixation, stimulus, response, outcome (Wang et al. 2018, Methods, Simulation 3)."""


@dataclass(frozen=True)
class ReversalConfig(LazyTaskConfig):
    """Two cues, of which one is followed by reward, in short blocks: an episode is a run of blocks through which the
    network keeps its memory.

    The defaults are the task of Wang et al. (2018), Methods, Simulation 3, whose five-trial episodes are the blocks.
    """

    makes: ClassVar[str] = "prefrontal.tasks.reversal:Reversal"

    num_blocks: int = 10
    """Blocks in an episode. The paper learns from 200 steps at a time, which is ten blocks."""
    trials_per_block: int = 5
    """Trials in a block."""
    reversal_probability: float = 0.5
    """Chance, at the start of every block, that the cues change places, 0 to 1."""
    rewarded_cue: FirstCue = "drawn"
    """Which cue is rewarded before the first block: drawn afresh (50:50) every episode, or carried over."""
    invalid_reward: float = -1.0
    """Paid for a response that the cue does not allow."""

    def __post_init__(self) -> None:
        check_count("num_blocks", self.num_blocks)
        check_count("trials_per_block", self.trials_per_block)
        check_probability("reversal_probability", self.reversal_probability)
        check_choice("rewarded_cue", self.rewarded_cue, get_args(FirstCue))

    @property
    def num_trials(self) -> int:
        """Trials in an episode."""
        return self.num_blocks * self.trials_per_block

    @property
    def num_steps(self) -> int:
        """Network steps in an episode."""
        return self.num_trials * STEPS_PER_TRIAL

    @property
    def best_reward(self) -> float:
        """Expected reward per episode of an agent that responds as it is told; no agent earns more."""
        return self.num_trials / 2
