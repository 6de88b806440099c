"""The parameters of the matching task."""

from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

from prefrontal.configs.base import LazyTaskConfig
from prefrontal.errors import UserError, check_choice, check_count, check_probability

BaseProbabilities = Literal["all", "trained", "held-out"]

STEPS_PER_TRIAL = 2
"""Fixation, choice (Wang et al. 2018, Methods: 3 million steps are 15,000 episodes of up to 100 trials)."""


@dataclass(frozen=True)
class MatchingConfig(LazyTaskConfig):
    """Two arms with baited rewards, a choice between them, and how rich each is.

    The defaults are the task of Wang et al. (2018), Methods, Simulation 1, as it is trained.
    """

    makes: ClassVar[str] = "prefrontal.tasks.matching:Matching"

    min_trials: int = 50
    """Fewest trials in an episode; their number is drawn at its start, uniformly."""
    max_trials: int = 100
    """Most trials in an episode."""
    total_probability: float = 0.5
    """Sum of the two arms' base probabilities of reward, 0 to 1."""
    base_probabilities: BaseProbabilities = "trained"
    """Where the left arm's base probability is drawn from, in fifths of 0 to the total.
    Trained: the first, third and last; held-out: the second and fourth; all: anywhere."""
    invalid_reward: float = -1.0
    """Paid for a response that the cue does not allow."""

    def __post_init__(self) -> None:
        check_count("min_trials", self.min_trials)
        check_count("max_trials", self.max_trials)
        if self.max_trials < self.min_trials:
            raise UserError(
                f"`max_trials` must be at least `min_trials`, {self.min_trials}, got {self.max_trials}. Exchange them."
            )
        check_probability("total_probability", self.total_probability)
        check_choice("base_probabilities", self.base_probabilities, get_args(BaseProbabilities))

    @property
    def num_steps(self) -> int:
        """Network steps in the longest episode."""
        return self.max_trials * STEPS_PER_TRIAL

    @property
    def fifths(self) -> tuple[int, ...]:
        """The fifths that the left arm's base probability is drawn from, from 0."""
        return {"all": (0, 1, 2, 3, 4), "trained": (0, 2, 4), "held-out": (1, 3)}[self.base_probabilities]
