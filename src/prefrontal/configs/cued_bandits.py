"""The parameters of bandits that come back with a cue."""

from dataclasses import dataclass
from typing import ClassVar

from prefrontal.configs.barcodes import check_barcodes
from prefrontal.configs.base import LazyTaskConfig
from prefrontal.errors import UserError, check_count, check_probability


@dataclass(frozen=True)
class CuedBanditConfig(LazyTaskConfig):
    """Bandits of which each is met several times in an epoch, and known by its context, a barcode.

    The defaults are as others tell of Ritter et al. (2018), ICML: ten arms, ten pulls an episode, and an epoch of ten
    contexts that are shown ten times each.
    """

    makes: ClassVar[str] = "prefrontal.tasks.cued_bandit:CuedBandit"

    num_trials: int = 10
    """Pulls in an episode."""
    num_arms: int = 10
    """Arms, and contexts: every arm is the good one in one of them."""
    exposures: int = 10
    """Episodes of an epoch in which each context is shown, in an order drawn without replacement."""
    good_probability: float = 0.9
    """Chance of a reward of the good arm, 0 to 1."""
    bad_probability: float = 0.1
    """Chance of a reward of every other arm, 0 to 1."""
    context_size: int = 20
    """Bars of a barcode, each -1 or 1: the whole of what is shown (10 to 40 in programs that follow the paper)."""
    cue_steps: int | None = None
    """The barcode is shown at the first so many pulls of an episode. None: at all."""

    def __post_init__(self) -> None:
        for name, least in (("num_trials", 1), ("num_arms", 2), ("exposures", 1), ("context_size", 1)):
            check_count(name, getattr(self, name), least=least)
        check_barcodes(self.context_size, self.num_arms)
        if self.cue_steps is not None:
            check_count("cue_steps", self.cue_steps)
            if self.cue_steps > self.num_trials:
                raise UserError(
                    f"`cue_steps` must be at most the {self.num_trials} pulls of an episode, got {self.cue_steps}. "
                    "Leave it out to show the barcode at all of them."
                )
        check_probability("good_probability", self.good_probability)
        check_probability("bad_probability", self.bad_probability)
        if self.good_probability <= self.bad_probability:
            raise UserError(
                f"`good_probability` must be above `bad_probability`, {self.bad_probability:g}, got "
                f"{self.good_probability:g}. Change one of them."
            )

    @property
    def num_steps(self) -> int:
        """Network steps in an episode."""
        return self.num_trials

    @property
    def epoch_episodes(self) -> int:
        """Episodes in an epoch."""
        return self.num_arms * self.exposures

    @property
    def blind_reward(self) -> float:
        """Expected reward of a pull of which nothing is known."""
        return self.bad_probability + (self.good_probability - self.bad_probability) / self.num_arms
