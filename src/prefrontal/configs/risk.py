"""The parameters of the risk task."""

from dataclasses import dataclass
from typing import ClassVar

from prefrontal.configs.base import LazyTaskConfig
from prefrontal.errors import MOST, UserError, check_count, check_probability

STEPS_PER_TRIAL = 2
"""Fixation and choice: 4 million steps are 66,700 episodes of 30 trials (Wang et al. 2018, Methods, Simulation 6)."""


@dataclass(frozen=True)
class RiskConfig(LazyTaskConfig):
    """A safe arm and a risky one, first pulled as told and then at will.

    The defaults are the task of Wang et al. (2018), Methods, Simulation 6.
    """

    makes: ClassVar[str] = "prefrontal.tasks.risk:Risk"

    num_forced_pairs: int = 5
    """Pairs of forced trials, one of each arm in random order, that an episode starts with."""
    num_free_trials: int = 20
    """Trials with a free choice, after the forced ones."""
    safe_reward: float = 1.0
    """What the safe arm always pays."""
    risky_reward: float = 4.0
    """What the risky arm pays when it pays; otherwise it pays nothing."""
    risky_probabilities: tuple[float, ...] = (0.125, 0.5)
    """Chances that the risky arm pays, 0 to 1, of which each episode has one, drawn with equal odds."""
    invalid_reward: float = -1.0
    """Paid for a response that the cue does not allow."""

    def __post_init__(self) -> None:
        check_count("num_forced_pairs", self.num_forced_pairs, least=0, most=MOST // 4)
        check_count("num_free_trials", self.num_free_trials)
        if not self.risky_probabilities:
            raise UserError("`risky_probabilities` must be at least one probability, got none. 0.5 is one.")
        for probability in self.risky_probabilities:
            check_probability("risky_probabilities", probability)

    @property
    def num_forced_trials(self) -> int:
        """Forced trials in an episode."""
        return 2 * self.num_forced_pairs

    @property
    def num_trials(self) -> int:
        """Trials in an episode."""
        return self.num_forced_trials + self.num_free_trials

    @property
    def num_steps(self) -> int:
        """Network steps in an episode."""
        return self.num_trials * STEPS_PER_TRIAL

    @property
    def chance_reward(self) -> float:
        """Expected reward per episode of pulling as told and then at random."""
        risky = [p * self.risky_reward for p in self.risky_probabilities]
        return self.num_trials * (self.safe_reward + sum(risky) / len(risky)) / 2

    @property
    def oracle_reward(self) -> float:
        """Expected reward per episode of an agent that always knows the better arm."""
        risky = [p * self.risky_reward for p in self.risky_probabilities]
        forced = self.num_forced_trials * (self.safe_reward + sum(risky) / len(risky)) / 2
        return forced + self.num_free_trials * sum(max(value, self.safe_reward) for value in risky) / len(risky)
