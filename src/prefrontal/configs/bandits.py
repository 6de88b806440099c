"""The parameters of the bandits."""

from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

from prefrontal.configs.base import LazyTaskConfig
from prefrontal.errors import (
    UserError,
    check_choice,
    check_count,
    check_not_negative,
    check_positive,
    check_probability,
)

Arms = Literal["independent", "uniform", "easy", "medium", "hard", "fixed"]
Volatility = Literal["drawn", "low", "high"]

MOST_ARMS = 100_000
BETTER_PROBABILITY = {"easy": 0.9, "medium": 0.75, "hard": 0.6}
"""How often the better of two dependent arms pays, the other with the complement (Wang et al. 2016, section 3.1.2)."""


@dataclass(frozen=True)
class BanditConfig(LazyTaskConfig):
    """Bernoulli bandits: how the arms' probabilities are drawn, how many arms, how many trials.

    The defaults are the independent bandits of Wang et al. (2016), section 3.1.1.
    """

    makes: ClassVar[str] = "prefrontal.tasks.bandit:Bandit"

    num_trials: int = 100
    """Pulls in an episode."""
    arms: Arms = "independent"
    """How an episode's probabilities are drawn.
    Independent: each arm's uniformly from 0 to 1.
    Uniform, easy, medium, hard: two dependent arms, p and 1 - p, with p uniform, or one of {.1, .9}, {.25, .75} and
    {.4, .6}.
    Fixed: always `probabilities`."""
    num_arms: int = 2
    """Arms; two where they are dependent."""
    probabilities: tuple[float, ...] = ()
    """Chance of a reward of each arm, 0 to 1; for fixed arms only."""

    def __post_init__(self) -> None:
        check_count("num_trials", self.num_trials)
        check_choice("arms", self.arms, get_args(Arms))
        check_count("num_arms", self.num_arms, least=2, most=MOST_ARMS)
        for probability in self.probabilities:
            check_probability("probabilities", probability)
        given, wanted = len(self.probabilities), self.num_arms if self.arms == "fixed" else 0
        if given != wanted:
            raise UserError(
                f"`probabilities` must be {wanted} for {self.num_arms} {self.arms} arms, got {given}. "
                "Give one for each fixed arm, and none where they are drawn."
            )
        if self.arms not in ("independent", "fixed") and self.num_arms != 2:
            raise UserError(
                f"`num_arms` must be 2 for {self.arms} arms, got {self.num_arms}. "
                "Take independent or fixed arms for more."
            )

    @property
    def num_steps(self) -> int:
        """Network steps in an episode."""
        return self.num_trials


@dataclass(frozen=True)
class InformativeArmConfig(LazyTaskConfig):
    """Arms of which one is rich and one tells which. The defaults are those of Wang et al. (2016), section 3.1.3."""

    makes: ClassVar[str] = "prefrontal.tasks.informative_arm:InformativeArm"

    num_trials: int = 5
    """Pulls in an episode."""
    num_targets: int = 10
    """Arms that may be the target; one more informs."""
    target_reward: float = 5.0
    """Paid by the target."""
    other_reward: float = 1.0
    """Paid by the arms that are not the target."""
    information_unit: float = 0.1
    """The informative arm pays this times the target's number, counted from 1."""

    def __post_init__(self) -> None:
        check_count("num_trials", self.num_trials)
        check_count("num_targets", self.num_targets, least=2, most=MOST_ARMS)
        check_positive("target_reward", self.target_reward)
        check_not_negative("other_reward", self.other_reward)
        check_positive("information_unit", self.information_unit)

    @property
    def num_steps(self) -> int:
        """Network steps in an episode."""
        return self.num_trials

    @property
    def optimal_reward(self) -> float:
        """Expected reward per episode of asking once and then taking the target."""
        information = self.information_unit * (self.num_targets + 1) / 2
        return information + (self.num_trials - 1) * self.target_reward


@dataclass(frozen=True)
class RestlessConfig(LazyTaskConfig):
    """Two dependent arms, p and 1 - p, where p walks at random: slowly in some episodes, fast in others.

    The form is that of Wang et al. (2016), section 3.1.4. How fast the arms walked there is not known to us. The two
    volatilities are our choice: with the high one, the best fixed learning rate is the .5 that the paper states.
    """

    makes: ClassVar[str] = "prefrontal.tasks.restless:Restless"

    num_trials: int = 100
    """Pulls in an episode."""
    low_volatility: float = 0.02
    """Standard deviation of p's change per trial in episodes of low volatility."""
    high_volatility: float = 0.2
    """Standard deviation of p's change per trial in episodes of high volatility."""
    volatility: Volatility = "drawn"
    """Which of the two an episode has: drawn (50:50), or always the low or the high one."""

    def __post_init__(self) -> None:
        check_count("num_trials", self.num_trials)
        check_not_negative("low_volatility", self.low_volatility)
        check_not_negative("high_volatility", self.high_volatility)
        check_choice("volatility", self.volatility, get_args(Volatility))

    @property
    def num_steps(self) -> int:
        """Network steps in an episode."""
        return self.num_trials
