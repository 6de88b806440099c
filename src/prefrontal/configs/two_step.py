"""The parameters of the two-step task."""

from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

from prefrontal.configs.base import LazyTaskConfig
from prefrontal.errors import check_choice, check_count, check_probability

Encoding = Literal["trial", "stage", "fixation"]
BetterState = Literal["drawn", "carried", "first", "second"]
TRIAL_KINDS = ("common_rewarded", "uncommon_rewarded", "common_unrewarded", "uncommon_unrewarded")
"""The four kinds of trial, by transition and outcome."""


@dataclass(frozen=True)
class TwoStepConfig(LazyTaskConfig):
    """The two-step task: its probabilities, its length, and how it is shown to an agent.

    The defaults are the task of Wang et al. (2018), Methods, Simulation 4.
    """

    makes: ClassVar[str] = "prefrontal.tasks.two_step:TwoStep"

    num_trials: int = 100
    """Trials in an episode."""
    common_probability: float = 0.8
    """Chance that a first-stage choice leads to its common second-stage state, 0 to 1."""
    better_reward_probability: float = 0.9
    """Chance of a reward in the better second-stage state, 0 to 1."""
    worse_reward_probability: float = 0.1
    """Chance of a reward in the other second-stage state, 0 to 1."""
    reversal_probability: float = 0.025
    """Chance, at the start of every trial, that the two states change places, 0 to 1."""
    better_state: BetterState = "drawn"
    """Which second-stage state is better at first.
    Drawn afresh (50:50) every episode, carried over from the last, or always the first or the second."""
    encoding: Encoding = "fixation"
    """Network steps a trial takes.
    Fixation: three (fixation cue, first stage, second stage), with three actions, as in the paper.
    Stage: two (first stage, second stage).
    Trial: one, which shows the second-stage state that the last trial ended in."""
    invalid_reward: float = -1.0
    """Paid for a response that its cue does not allow; only in the fixation encoding."""

    def __post_init__(self) -> None:
        check_count("num_trials", self.num_trials)
        for name in ("common", "better_reward", "worse_reward", "reversal"):
            check_probability(f"{name}_probability", getattr(self, f"{name}_probability"))
        check_choice("better_state", self.better_state, get_args(BetterState))
        check_choice("encoding", self.encoding, get_args(Encoding))

    @property
    def steps_per_trial(self) -> int:
        """Network steps in a trial: 1, 2 or 3, by the encoding."""
        return {"trial": 1, "stage": 2, "fixation": 3}[self.encoding]

    @property
    def num_steps(self) -> int:
        """Network steps in an episode."""
        return self.num_trials * self.steps_per_trial

    @property
    def chance_reward(self) -> float:
        """Expected reward per episode of choosing at random."""
        return self.num_trials * (self.better_reward_probability + self.worse_reward_probability) / 2

    @property
    def oracle_reward(self) -> float:
        """Expected reward per episode of an agent that always knows which second-stage state is better."""
        common, better, worse = (
            max(self.common_probability, 1 - self.common_probability),
            max(self.better_reward_probability, self.worse_reward_probability),
            min(self.better_reward_probability, self.worse_reward_probability),
        )
        return self.num_trials * (common * better + (1 - common) * worse)
