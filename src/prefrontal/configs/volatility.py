"""The parameters of the volatility task."""

import math
from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

from prefrontal.configs.base import LazyTaskConfig
from prefrontal.errors import UserError, check_choice, check_count, check_number, check_positive, check_probability

Schedule = Literal["drawn", "stable-first", "volatile-first"]
Retying = Literal["keep-side", "draw"]


@dataclass(frozen=True)
class VolatilityConfig(LazyTaskConfig):
    """Two arms, one of which wins each trial for a cued prize; which one is likely to changes, seldom or often.

    The defaults are the task of Wang et al. (2018), Methods, Simulation 2, as it is trained.
    """

    makes: ClassVar[str] = "prefrontal.tasks.volatility:Volatility"

    num_trials: int = 200
    """Trials in an episode, one network step each."""
    schedule: Schedule = "drawn"
    """How reward probabilities change: drawn from the process that networks are trained on, or as in the test, in two
    halves, the stable or the volatile one first."""
    volatile_probability: float = 0.2
    """While volatile, chance that the arms change places after a trial, 0 to 1. While stable they never do."""
    stable_reward_probability: float = 0.75
    """The better arm's chance to win while stable, 0.5 to 1."""
    volatile_reward_probability: float = 1.0
    """The better arm's chance to win while volatile, 0.5 to 1."""
    log_switch_low: float = -4.5
    """Volatility itself changes after a trial with chance exp(u), u drawn for each episode from here ..."""
    log_switch_high: float = -3.5
    """... to here, uniformly. Natural logarithms."""
    retying: Retying = "keep-side"
    """What becomes of the better arm when volatility changes (not stated in the paper): it stays, or is drawn."""
    test_stable_probability: float = 0.75
    """The better arm's chance to win in the stable half of a test, 0.5 to 1."""
    test_volatile_probability: float = 0.8
    """The better arm's chance to win in the volatile half of a test, 0.5 to 1."""
    test_reversal_every: int = 25
    """In the volatile half of a test, the arms change places every so many trials."""
    prize_concentration: int = 4
    """A prize is drawn from Beta(a, a); this is a, a whole number."""
    prize_scale: float = 1.0
    """The largest prize: what networks see and are paid is a multiple of it. The paper's prizes go up to 100; how they
    were scaled for the network is not stated."""

    def __post_init__(self) -> None:
        check_count("num_trials", self.num_trials)
        check_count("test_reversal_every", self.test_reversal_every)
        check_choice("schedule", self.schedule, get_args(Schedule))
        check_choice("retying", self.retying, get_args(Retying))
        check_probability("volatile_probability", self.volatile_probability)
        for name in ("stable_reward", "volatile_reward", "test_stable", "test_volatile"):
            value = getattr(self, f"{name}_probability")
            check_number(f"{name}_probability", value)
            if not 0.5 <= value <= 1:
                raise UserError(f"`{name}_probability` must be from 0.5 to 1, got {value}. It is the better arm's.")
        for name in ("log_switch_low", "log_switch_high"):
            check_number(name, getattr(self, name))
        if not self.log_switch_low <= self.log_switch_high <= 0:
            raise UserError(
                "`log_switch_low` and `log_switch_high` must ascend and be at most 0, the logarithm of 1, got "
                f"{self.log_switch_low} and {self.log_switch_high}. Exchange them, or lower them."
            )
        check_count("prize_concentration", self.prize_concentration)
        check_positive("prize_scale", self.prize_scale)

    @property
    def num_steps(self) -> int:
        """Network steps in an episode."""
        return self.num_trials

    @property
    def switch_probabilities(self) -> tuple[float, float]:
        """Least and greatest chance that volatility changes after a trial."""
        return math.exp(self.log_switch_low), math.exp(self.log_switch_high)
