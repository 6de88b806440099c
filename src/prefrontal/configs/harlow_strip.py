"""The parameters of Harlow's task on a strip."""

from dataclasses import dataclass
from typing import ClassVar, get_args

from prefrontal.configs.base import LazyTaskConfig
from prefrontal.configs.harlow import Objects, Sides
from prefrontal.errors import UserError, check_choice, check_count


@dataclass(frozen=True)
class HarlowStripConfig(LazyTaskConfig):
    """Harlow's task with a gaze in one dimension: a ring of cells, seen through a window with the gaze in its middle.

    The sizes are those of the one-dimensional form of BKHMSI/Meta-RL-Harlow; objects are vectors, as in `HarlowConfig`.
    """

    makes: ClassVar[str] = "prefrontal.tasks.harlow_strip:HarlowStrip"

    num_trials: int = 6
    """Trials in an episode."""
    max_steps: int = 75
    """Steps after which an episode ends, whatever has been reached. The fastest take 34 to 36 where there are 6 trials.
    (BKHMSI/Meta-RL-Harlow: 250, once 75.)"""
    object_size: int = 8
    """Numbers that tell one object from another, D: a Gaussian vector of length 1."""
    num_objects: int | None = None
    """Objects from which the two of an episode are drawn. None: every episode has new ones."""
    objects: Objects = "trained"
    """Which: those trained on, or others, none of which is ever trained on."""
    sides: Sides = "independent"
    """Where the rewarded object is: on either side by chance in every trial, or on each in half of an episode's."""
    ring: int = 17
    """Cells once around; an odd number."""
    window: int = 9
    """Cells seen, with the gaze in the middle; an odd number, at most the ring's."""
    distance: int = 3
    """Cells from the cross to either object."""
    fixation_reward: float = 0.2
    """Paid when the gaze comes to the cross."""
    correct_reward: float = 1.0
    """Paid when it comes to the rewarded object."""
    incorrect_reward: float = -1.0
    """Paid when it comes to the other."""

    def __post_init__(self) -> None:
        for name in ("num_trials", "max_steps", "distance", "window"):
            check_count(name, getattr(self, name))
        check_count("object_size", self.object_size, least=2)
        if self.num_objects is not None:
            check_count("num_objects", self.num_objects, least=2)
        check_choice("objects", self.objects, get_args(Objects))
        check_choice("sides", self.sides, get_args(Sides))
        for name in ("ring", "window"):
            check_count(name, getattr(self, name))
            if getattr(self, name) % 2 == 0:
                raise UserError(f"`{name}` must be odd, got {getattr(self, name)}. Add one.")
        for name, least in (("ring", self.window), ("ring", 2 * self.distance + 1)):
            if self.ring < least:
                raise UserError(f"`{name}` must be at least {least} cells, got {self.ring}. Make it longer.")

    @property
    def num_steps(self) -> int:
        """Network steps in the longest episode."""
        return self.max_steps

    @property
    def observation_size(self) -> int:
        """For each cell of the window, whether it holds the cross, and the numbers of the object in it."""
        return self.window * (1 + self.object_size)
