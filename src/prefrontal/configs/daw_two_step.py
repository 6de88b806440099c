"""The parameters of Daw's two-step task."""

from dataclasses import dataclass
from typing import ClassVar

from prefrontal.configs.base import LazyTaskConfig
from prefrontal.errors import UserError, check_count, check_not_negative, check_probability


@dataclass(frozen=True)
class DawTwoStepConfig(LazyTaskConfig):
    """The two-step task with second-stage choices, whose rewards drift: Daw et al. (2011)."""

    makes: ClassVar[str] = "prefrontal.tasks.daw_two_step:DawTwoStep"

    num_trials: int = 201
    """Trials in an episode."""
    common_probability: float = 0.7
    """Chance that a first-stage choice leads to its common second-stage state, 0 to 1."""
    walk_deviation: float = 0.025
    """Standard deviation of the step that each option's reward probability takes before every trial but the first."""
    lowest_reward_probability: float = 0.25
    """Where the reward probabilities are reflected from below, 0 to 1."""
    highest_reward_probability: float = 0.75
    """Where they are reflected from above, 0 to 1."""

    def __post_init__(self) -> None:
        check_count("num_trials", self.num_trials)
        for name in ("common", "lowest_reward", "highest_reward"):
            check_probability(f"{name}_probability", getattr(self, f"{name}_probability"))
        check_not_negative("walk_deviation", self.walk_deviation)
        if self.highest_reward_probability <= self.lowest_reward_probability:
            raise UserError(
                f"`highest_reward_probability` must be above `lowest_reward_probability`, got "
                f"{self.highest_reward_probability} and {self.lowest_reward_probability}."
            )

    @property
    def num_steps(self) -> int:
        """Network steps in an episode: first stage, second stage."""
        return 2 * self.num_trials
