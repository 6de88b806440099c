"""The parameters of Harlow's task on a screen."""

from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

from prefrontal.configs.base import LazyTaskConfig
from prefrontal.configs.harlow import Objects, Sides
from prefrontal.errors import UserError, check_choice, check_count, check_number

View = Literal["line", "band", "square"]


@dataclass(frozen=True)
class HarlowPixelsConfig(LazyTaskConfig):
    """Harlow's task from pixels: a camera turns before a screen, and a picture is chosen by turning to it.

    All lengths follow from `scale`: at 3 they are those of Wang et al. (2018), Simulation 5, whose frames have 84 by 84
    pixels; at 1 the same is seen at a third of the resolution. A step is one decision, four frames of theirs.
    """

    makes: ClassVar[str] = "prefrontal.tasks.harlow_pixels:HarlowPixels"

    num_trials: int = 6
    """Trials in an episode (Wang et al. 2018: 6; 2016: 10)."""
    max_steps: int = 150
    """Steps after which an episode ends, whatever has been reached. (Wang et al. 2018: 3,600 frames, 900 steps.) The
    fastest take some 42 where there are 6 trials."""
    trial_steps: int | None = 25
    """Steps after which a trial is missed and the next one begins. None: never."""
    scale: int = 1
    """Pixels that a step turns; a frame is 28 of them wide, a picture 7 by 7."""
    view: View = "band"
    """What is seen: a square (Wang et al. 2018); a band across the screen, 9 steps high; or a line, one pixel high, in
    which each is the mean of its column over the height of a picture."""
    num_objects: int | None = 1000
    """Pictures from which the two of an episode are drawn: so many to train on, and as many others held out. None:
    every episode has new ones, or any two of the file's."""
    objects: Objects = "trained"
    """Which: those trained on, or the others."""
    image_file: str | None = None
    """A NumPy file (.npy) of pictures to show instead, bytes of shape (picture, row, column, 3): those at even places
    are trained on, those at odd ones held out. None: pictures made of numbers."""
    sides: Sides = "independent"
    """Where the rewarded picture is: on either side by chance in every trial, or on each in half of an episode's."""
    bounded: bool = True
    """Whether the camera turns no further than to half a frame from the cross, where the screen ends, and not all
    around (Wang et al. 2018: all around)."""
    dwell: int = 1
    """Steps for which the gaze must stay on the cross. (Wang et al. 2018: four frames, one step.) 0: none."""
    blank_steps: int = 3
    """Steps without cross and pictures after a choice. (Wang et al. 2018: 10 frames.)"""
    momentum: float = 0.0
    """Share of its last move that the gaze goes on by, 0 to 1, 1 excluded. (Wang et al. 2018: small, not stated.)"""
    fixation_reward: float = 0.2
    """Paid for fixating."""
    correct_reward: float = 1.0
    """Paid for turning to the rewarded picture."""
    incorrect_reward: float = -1.0
    """Paid for turning to the other."""

    def __post_init__(self) -> None:
        for name in ("num_trials", "max_steps"):
            check_count(name, getattr(self, name))
        check_count("scale", self.scale, most=100)
        if self.trial_steps is not None:
            check_count("trial_steps", self.trial_steps)
        for name in ("dwell", "blank_steps"):
            check_count(name, getattr(self, name), least=0)
        if self.num_objects is not None:
            check_count("num_objects", self.num_objects, least=2, most=1_000_000)
        check_choice("view", self.view, get_args(View))
        check_choice("objects", self.objects, get_args(Objects))
        check_choice("sides", self.sides, get_args(Sides))
        check_number("momentum", self.momentum)
        if not 0 <= self.momentum < 1:
            raise UserError(f"`momentum` must be at least 0 and below 1, got {self.momentum}.")

    @property
    def num_steps(self) -> int:
        """Network steps in the longest episode."""
        return self.max_steps

    @property
    def frame(self) -> tuple[int, int]:
        """Rows and columns of what is seen."""
        rows = {"line": 1, "band": 9 * self.scale, "square": 28 * self.scale}[self.view]
        return rows, 28 * self.scale

    @property
    def image_size(self) -> int:
        """Rows and columns of a picture."""
        return 7 * self.scale

    @property
    def distance(self) -> int:
        """Pixels from the middle of the cross to that of either picture: 16.2 degrees."""
        return round(13 * self.scale / 3)
