"""Environments of other libraries as tasks: which, how long, and what is shown of them."""

from dataclasses import dataclass
from typing import ClassVar

from prefrontal.configs.base import LazyTaskConfig
from prefrontal.errors import check_count


@dataclass(frozen=True)
class GymnaxConfig(LazyTaskConfig):
    """An environment of gymnax; see `prefrontal.environments.from_gymnax`."""

    makes: ClassVar[str] = "prefrontal.environments.from_gymnax:GymnaxTask"

    name: str = "CartPole-v1"
    """What gymnax calls it."""
    num_steps: int = 500  # pyright: ignore[reportIncompatibleMethodOverride]  (a field in a property's place)
    """Steps after which an episode is cut off."""
    shown: tuple[int, ...] | None = None
    """Places of the numbers of an observation that are shown; None: all."""
    scale: tuple[float, ...] | None = None
    """What each number that is shown is multiplied by: networks learn best of numbers near 1. None: nothing."""

    def __post_init__(self) -> None:
        check_count("num_steps", self.num_steps)


@dataclass(frozen=True)
class GymnasiumConfig(LazyTaskConfig):
    """An environment of Gymnasium, played by Python beside the compiled program; see
    `prefrontal.environments.from_gymnasium`."""

    makes: ClassVar[str] = "prefrontal.environments.from_gymnasium:GymnasiumTask"

    name: str = "CartPole-v1"
    """What Gymnasium calls it; with the module that registers it before a colon, if there is one."""
    num_steps: int = 500  # pyright: ignore[reportIncompatibleMethodOverride]
    """Steps after which an episode is cut off."""
    shown: tuple[int, ...] | None = None
    """Places of the numbers of an observation that are shown; None: all."""
    scale: tuple[float, ...] | None = None
    """What each number that is shown is multiplied by: networks learn best of numbers near 1. None: nothing."""

    def __post_init__(self) -> None:
        check_count("num_steps", self.num_steps)
