"""The parameters of Harlow's task."""

from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

from prefrontal.configs.base import LazyTaskConfig
from prefrontal.errors import UserError, check_choice, check_count, check_not_negative

Objects = Literal["trained", "held-out"]
Sides = Literal["independent", "balanced"]
Distractor = Literal["keep", "new-unrewarded", "new-rewarded", "mixed"]

STEPS_PER_TRIAL = 2
"""Fixation, choice."""


@dataclass(frozen=True)
class HarlowConfig(LazyTaskConfig):
    """Two objects, one of which pays, on changing sides: which one is to be learned anew in every episode.

    The defaults are the task of Wang et al. (2018), Methods, Simulation 5, with vectors in place of pictures.
    """

    makes: ClassVar[str] = "prefrontal.tasks.harlow:Harlow"

    num_trials: int = 6
    """Trials in an episode (Wang et al. 2018: 6; 2016: 10)."""
    object_size: int = 8
    """Numbers that tell one object from another, D: a Gaussian vector of length 1. Two of them have a cosine with a
    standard deviation of 1 / sqrt(D)."""
    num_objects: int | None = None
    """Objects from which the two of an episode are drawn. None: every episode has new ones."""
    objects: Objects = "trained"
    """Which: those trained on, or others, none of which is ever trained on."""
    sides: Sides = "independent"
    """Where the rewarded object is: on either side by chance in every trial, or on each in half of an episode's trials,
    in random order (the level that DeepMind released)."""
    distractor: Distractor = "keep"
    """What becomes of the two objects from trial to trial: both are kept, the unrewarded one is always a new one (the
    control of Wang et al. 2018), the rewarded one is, or either of the two, drawn for each episode (that of 2016)."""
    reversal_trial: int | None = None
    """From this trial on, counted from 1, the other object is rewarded. None: never."""
    observation_noise: float = 0.0
    """Standard deviation of Gaussian noise on every number of an object, drawn anew in every trial; at least 0."""
    fixation_reward: float = 0.2
    """Paid for fixating when the cross is shown."""
    correct_reward: float = 1.0
    """Paid for choosing the rewarded object."""
    incorrect_reward: float = -1.0
    """Paid for choosing the other. A response that is no choice pays 0."""

    def __post_init__(self) -> None:
        for name in ("num_trials", "object_size"):
            check_count(name, getattr(self, name))
        check_choice("objects", self.objects, get_args(Objects))
        check_choice("sides", self.sides, get_args(Sides))
        check_choice("distractor", self.distractor, get_args(Distractor))
        check_not_negative("observation_noise", self.observation_noise)
        if self.num_objects is not None:
            check_count("num_objects", self.num_objects, least=2 if self.distractor == "keep" else 3)
        if self.object_size == 1 and self.num_objects != 2:
            raise UserError("`object_size` must be at least 2, got 1: of unit length there are 1 and -1. Take more.")
        if self.reversal_trial is not None:
            check_count("reversal_trial", self.reversal_trial, least=2)
            if self.reversal_trial > self.num_trials:
                raise UserError(
                    f"`reversal_trial` must be one of the {self.num_trials} trials, got {self.reversal_trial}. "
                    "Take an earlier one."
                )
            if self.distractor != "keep":
                raise UserError(
                    f"`reversal_trial` must go with `distractor` keep, got {self.distractor}: what is new has not been "
                    "learned yet. Leave one of them out."
                )

    @property
    def num_steps(self) -> int:
        """Network steps in an episode."""
        return self.num_trials * STEPS_PER_TRIAL

    @property
    def observation_size(self) -> int:
        """The fixation cross, then the left object and the right one."""
        return 1 + 2 * self.object_size
