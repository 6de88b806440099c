"""The cognitive models by name, and what they know of the task they are fitted to."""

from dataclasses import dataclass
from typing import Literal, get_args

from prefrontal.configs.block_two_step import BlockTwoStepConfig
from prefrontal.configs.daw_two_step import DawTwoStepConfig
from prefrontal.configs.two_step import TwoStepConfig
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
FORGETTING = "forgetting"
"""The model of pulls of a restless bandit."""


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


TwoStepForm = TwoStepConfig | BlockTwoStepConfig | DawTwoStepConfig
"""Every form of the two-step task."""


def known_of(config: TwoStepForm) -> KnownTask:
    """What a model is to know of the task that `config` describes. Of blocks, the chance of a reversal that gives the
    same mean length."""
    if isinstance(config, DawTwoStepConfig):
        return KnownTask(second_choices=True, common_probability=config.common_probability)
    reversal_probability = config.reversal_probability
    if isinstance(config, BlockTwoStepConfig):
        reversal_probability = 1 / _mean_block(config)
    return KnownTask(
        common_probability=config.common_probability,
        better_reward_probability=config.better_reward_probability,
        worse_reward_probability=config.worse_reward_probability,
        reversal_probability=reversal_probability,
    )


def _mean_block(config: BlockTwoStepConfig) -> float:
    """Trials of a block, on average: the shortest, and one more for every further trial that it outlasts."""
    outlasts = 1 - config.reversal_probability
    if config.longest_block is not None:
        spare = config.longest_block - config.shortest_block
        return config.shortest_block + sum((outlasts**trial for trial in range(1, spare + 1)), 0.0)
    return config.shortest_block + outlasts / config.reversal_probability if outlasts < 1 else float("inf")
