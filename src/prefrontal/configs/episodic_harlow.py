"""The parameters of Harlow's task with pairs that are met again."""

from dataclasses import dataclass
from typing import ClassVar

from prefrontal.configs.barcodes import check_barcodes
from prefrontal.configs.base import LazyTaskConfig
from prefrontal.configs.harlow import HarlowConfig
from prefrontal.errors import UserError, check_count


@dataclass(frozen=True)
class EpisodicHarlowConfig(LazyTaskConfig):
    """Harlow's task in which each pair of objects is met in several episodes of an epoch, and known by its context.

    After AlKhamissi et al. (2021), arXiv 2104.02959, with vectors in place of numbers on a line.
    """

    makes: ClassVar[str] = "prefrontal.tasks.episodic_harlow:EpisodicHarlow"

    num_trials: int = 6
    """Trials in an episode (Wang et al. 2018)."""
    num_pairs: int = 10
    """Pairs of objects in an epoch; none is ever met in another."""
    exposures: int = 5
    """Episodes of an epoch in which each pair is met, in an order drawn without replacement."""
    object_size: int = 8
    """Numbers that tell one object from another; see `HarlowConfig`."""
    context_size: int = 20
    """Bars of a pair's barcode, each -1 or 1: the last that is shown (10 bits in the paper's program)."""
    cue_steps: int = 2
    """The barcode is shown in the first so many steps of an episode: 2 are its first trial."""

    def __post_init__(self) -> None:
        for name in ("num_pairs", "exposures", "context_size", "cue_steps"):
            check_count(name, getattr(self, name))
        check_barcodes(self.context_size, self.num_pairs)
        if self.cue_steps > self.harlow.num_steps:  # which refuses what it would not allow
            raise UserError(
                f"`cue_steps` must be at most the {self.num_steps} steps of an episode, got {self.cue_steps}."
            )

    @property
    def harlow(self) -> HarlowConfig:
        """One episode, but for the context."""
        return HarlowConfig(num_trials=self.num_trials, object_size=self.object_size)

    @property
    def num_steps(self) -> int:
        """Network steps in an episode."""
        return self.harlow.num_steps

    @property
    def epoch_episodes(self) -> int:
        """Episodes in an epoch."""
        return self.num_pairs * self.exposures
