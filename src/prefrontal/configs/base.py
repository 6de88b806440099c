"""What every config is."""

from dataclasses import asdict, fields
from typing import Any, ClassVar, Protocol, runtime_checkable

LATER = {"later": True}
"""Metadata of a field that came after the first release: at its default it changes nothing and is not recorded, so that
earlier runs stay what they are."""


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


def recorded(config: Config) -> dict[str, Any]:
    """What a run keeps of `config`: plain values by name. See `LATER`."""
    unused = {field.name for field in fields(config) if field.metadata.get("later") and _is_default(config, field.name)}
    return {name: value for name, value in asdict(config).items() if name not in unused}


def _is_default(config: Config, name: str) -> bool:
    return getattr(config, name) == config.__dataclass_fields__[name].default
