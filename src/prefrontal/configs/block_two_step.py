"""The parameters of the two-step task whose reversals come in blocks."""

from dataclasses import dataclass
from typing import ClassVar

from prefrontal.configs.base import LazyTaskConfig
from prefrontal.configs.two_step import Encoding, TwoStepConfig
from prefrontal.errors import UserError, check_count, check_probability


@dataclass(frozen=True)
class BlockTwoStepConfig(LazyTaskConfig):
    """The two-step task whose second-stage states change places between blocks of trials.

    The defaults are the task of Akam, Costa & Dayan (2015): blocks of 50 trials. The rats' task of Miller, Botvinick &
    Brody (2017): `shortest_block` 10, `longest_block` None and `reversal_probability` .02.
    """

    makes: ClassVar[str] = "prefrontal.tasks.block_two_step:BlockTwoStep"

    num_trials: int = 300
    """Trials in an episode."""
    common_probability: float = 0.8
    """Chance that a first-stage choice leads to its common second-stage state, 0 to 1."""
    better_reward_probability: float = 0.8
    """Chance of a reward in the better second-stage state, 0 to 1."""
    worse_reward_probability: float = 0.2
    """Chance of a reward in the other second-stage state, 0 to 1."""
    shortest_block: int = 50
    """Trials of a block before which nothing reverses."""
    longest_block: int | None = 50
    """Trials after which a block ends for sure. None: never."""
    reversal_probability: float = 0.0
    """Chance, before each trial between the two, that a new block starts, 0 to 1."""
    encoding: Encoding = "fixation"
    """Network steps a trial takes, as in the two-step task."""

    def __post_init__(self) -> None:
        check_count("shortest_block", self.shortest_block)
        check_probability("reversal_probability", self.reversal_probability)
        if self.longest_block is not None and self.longest_block < self.shortest_block:
            raise UserError(
                f"`longest_block` must be at least `shortest_block`, got {self.longest_block} and "
                f"{self.shortest_block}. Make them equal for blocks of one length."
            )
        _ = self.within_blocks

    @property
    def within_blocks(self) -> TwoStepConfig:
        """The task without its reversals."""
        return TwoStepConfig(
            num_trials=self.num_trials,
            common_probability=self.common_probability,
            better_reward_probability=self.better_reward_probability,
            worse_reward_probability=self.worse_reward_probability,
            reversal_probability=0.0,
            encoding=self.encoding,
        )

    @property
    def num_steps(self) -> int:
        """Network steps in an episode."""
        return self.within_blocks.num_steps


AKAM2015 = BlockTwoStepConfig()
"""Akam, Costa & Dayan (2015), PLoS Comput Biol 11:e1004648, the task without second-stage choices."""
MILLER2017 = BlockTwoStepConfig(shortest_block=10, longest_block=None, reversal_probability=0.02)
"""Miller, Botvinick & Brody (2017), Nat Neurosci 20:1269."""
