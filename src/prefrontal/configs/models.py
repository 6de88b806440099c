"""The cognitive models by name, and what they know of the task they are fitted to."""

from dataclasses import dataclass
from typing import Literal, get_args

from prefrontal.errors import check_probability

ModelName = Literal[
    "hybrid",
    "model-based",
    "sarsa-lambda",
    "sarsa-0",
    "reward-as-cue",
    "latent-state",
    "bayes-optimal",
    "win-stay-lose-shift",
    "biased-random",
    "hybrid-hbayesdm",
]
MODELS: tuple[str, ...] = get_args(ModelName)


@dataclass(frozen=True)
class KnownTask:
    """What a model takes as given of the task that somebody played."""

    second_choices: bool = False
    """Whether the second stage has two options to choose from, as in Daw et al. (2011)."""
    common_probability: float | None = None
    """Chance that a first-stage choice leads to its common second-stage state, 0 to 1.
    None: .7 with second-stage choices (Daw et al. 2011), .8 without (Akam et al. 2015)."""
    better_reward_probability: float = 0.9
    """Chance of a reward in the better second-stage state; for bayes-optimal, and latent-state without
    second-stage choices."""
    worse_reward_probability: float = 0.1
    """Chance of a reward in the other second-stage state; for bayes-optimal."""
    reversal_probability: float = 0.025
    """Chance of a reversal before a trial; for bayes-optimal."""

    def __post_init__(self) -> None:
        if self.common_probability is not None:
            check_probability("common_probability", self.common_probability)
        for name in ("better_reward_probability", "worse_reward_probability", "reversal_probability"):
            check_probability(name, getattr(self, name))

    @property
    def common(self) -> float:
        """The chance of a common transition, told or usual."""
        if self.common_probability is not None:
            return self.common_probability
        return 0.7 if self.second_choices else 0.8

    @property
    def second_options(self) -> int:
        """Options in a second-stage state: 2 or 1."""
        return 2 if self.second_choices else 1
