"""What every config is."""

from typing import Any, ClassVar, Protocol, runtime_checkable


@runtime_checkable
class Config(Protocol):
    """A frozen dataclass of plain values, each field with a line that tells what it is: it is the command line too."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


@runtime_checkable
class TaskConfig(Config, Protocol):
    """The parameters of a task."""

    @property
    def num_steps(self) -> int:
        """Network steps in an episode."""
        ...
