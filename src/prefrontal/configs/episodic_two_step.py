"""The parameters of the two-step task in which past trials come back."""

from dataclasses import dataclass
from typing import ClassVar

from prefrontal.configs.barcodes import check_barcodes
from prefrontal.configs.base import LazyTaskConfig
from prefrontal.errors import UserError, check_count, check_probability

STEPS_PER_TRIAL = 2
"""Choice, outcome."""


@dataclass(frozen=True)
class EpisodicTwoStepConfig(LazyTaskConfig):
    """The two-step task whose trials end with a context in the first half of an episode; in the second half the
    contexts come back as cues, each once. As others tell of Ritter, Wang et al. (2018), bioRxiv."""

    makes: ClassVar[str] = "prefrontal.tasks.episodic_two_step:EpisodicTwoStep"

    num_trials: int = 100
    """Trials in an episode, an even number: the first half is uncued, the second is cued (Ritter et al. 2018)."""
    common_probability: float = 0.9
    """Chance that a first-stage choice leads to its common second-stage state, 0 to 1 (as in programs that follow the
    paper)."""
    better_reward_probability: float = 0.9
    """Chance of a reward in the better second-stage state, 0 to 1."""
    worse_reward_probability: float = 0.1
    """Chance of a reward in the other second-stage state, 0 to 1."""
    reversal_probability: float = 0.1
    """Chance, at the start of every trial, that the two states change places, 0 to 1 (as in those programs)."""
    context_size: int = 20
    """Bars of a trial's barcode, each -1 or 1: the last that is shown (10 bits in those programs)."""

    def __post_init__(self) -> None:
        check_count("num_trials", self.num_trials, least=2)
        if self.num_trials % 2:
            raise UserError(f"`num_trials` must be even, half of them cued, got {self.num_trials}. Add one.")
        for name in ("common", "better_reward", "worse_reward", "reversal"):
            check_probability(f"{name}_probability", getattr(self, f"{name}_probability"))
        check_count("context_size", self.context_size)
        check_barcodes(self.context_size, self.num_trials // 2)

    @property
    def num_steps(self) -> int:
        """Network steps in an episode."""
        return self.num_trials * STEPS_PER_TRIAL

    @property
    def epoch_episodes(self) -> int:
        """Episodes in an epoch: what is brought back is of the same episode."""
        return 1
