"""What every config is: numbers, and how what they describe is made."""

import inspect
import pkgutil
from abc import ABC, abstractmethod
from dataclasses import MISSING, asdict, fields
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, get_type_hints, runtime_checkable

from prefrontal.errors import MOST, UserError

if TYPE_CHECKING:  # the contracts, which know no config; those who keep them are found when they are made
    from jaxtyping import PRNGKeyArray

    from prefrontal.agents.base import AbstractAgent
    from prefrontal.tasks.base import AbstractTask

LATER = {"later": True}
"""Metadata of a field that came after the first release: at its default it changes nothing and is not recorded, so that
earlier runs stay what they are."""


@runtime_checkable
class Config(Protocol):
    """A frozen dataclass of plain values, each field with a line that tells what it is: it is the command line too."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


class _Missing(UserError, AttributeError):
    """What an experiment or an analysis reads of a config is not there."""


def short_repr(config: Config) -> str:
    """The class and the fields that are not at their default: what makes an equal config.

    Arguments:
        config: a config, or another dataclass.

    Example:
        >>> pf.TrainConfig(num_episodes=20)
        TrainConfig(num_episodes=20)
    """
    told = [
        f"{field.name}={getattr(config, field.name)!r}"
        for field in fields(config)
        if field.init and field.repr and not _is_default(config, field.name)
    ]
    return f"{type(config).__name__}({', '.join(told)})"


class _Complete:
    """What makes something: of a class that is not complete no config can be made."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    def __init_subclass__(cls, **arguments: Any) -> None:
        super().__init_subclass__(**arguments)
        if "__repr__" not in cls.__dict__:
            setattr(cls, "__repr__", short_repr)  # noqa: B010  (there before the dataclass is made, which leaves it)

    def __new__(cls, *arguments: Any, **numbers: Any) -> Any:
        _check_complete(cls)
        if unknown := numbers.keys() - cls.__dataclass_fields__.keys():
            raise UserError(
                f"`{cls.__name__}` must be given fields of its own ({', '.join(cls.__dataclass_fields__)}), got "
                f"{', '.join(sorted(unknown))}. Leave out what it has not, or define it."
            )
        if cls.__module__.startswith("prefrontal."):
            for name in _numbers(cls) & numbers.keys():
                _check_number(name, numbers[name])
        return super().__new__(cls)

    if not TYPE_CHECKING:  # else everything would be there to those who read the types

        def __getattr__(self, name: str) -> Any:
            if name.startswith("_"):
                raise AttributeError(name)
            raise _Missing(
                f"`{type(self).__name__}` must have `{name}`, which is read here, got a config without. Define it: a "
                "field, or a property computed from the fields."
            )


class TaskConfig(_Complete, ABC):
    """The parameters of a task. For a task of your own, subclass it as a frozen dataclass; it then works wherever one
    of the package's does.

    Fields are plain values (numbers, strings, tuples of them): they are what a run is known by.

        >>> from dataclasses import dataclass
        >>> @dataclass(frozen=True)
        ... class LeversConfig(pf.TaskConfig):
        ...     num_pulls: int = 10
        ...
        ...     @property
        ...     def num_steps(self) -> int:
        ...         return self.num_pulls
        ...
        ...     def make(self) -> pf.AbstractTask:
        ...         return pf.Bandit(pf.BanditConfig(num_trials=self.num_pulls))
        >>> LeversConfig(num_pulls=5).make().num_steps
        5

    Raises:
        UserError: when one is made of a class that is no frozen dataclass, or lacks `num_steps` or `make`; or with a
            field that it has not.
    """

    @property
    @abstractmethod
    def num_steps(self) -> int:
        """Network steps in an episode."""

    @abstractmethod
    def make(self) -> "AbstractTask":
        """The task."""


class AgentConfig(_Complete, ABC):
    """The parameters of an agent that is trained. For one of your own, subclass it as a frozen dataclass; it then works
    wherever one of the package's does.

    Fields are plain values, as in `TaskConfig`. This one makes networks with an LSTM of as many units as there are
    actions:

        >>> from dataclasses import dataclass
        >>> @dataclass(frozen=True)
        ... class SmallConfig(pf.AgentConfig):
        ...     forget_bias: float = 1.0
        ...
        ...     def make(self, task, key):
        ...         size = task.num_actions
        ...         return pf.RecurrentConfig(hidden_size=size, forget_bias=self.forget_bias).make(task, key)
        >>> SmallConfig().make(task, jax.random.key(0)).cell.num_units
        2

    Raises:
        UserError: when one is made of a class that is no frozen dataclass, or lacks `make`; or with a field that it has
            not.
    """

    @abstractmethod
    def make(self, task: "AbstractTask", key: "PRNGKeyArray") -> "AbstractAgent":
        """The untrained agent.

        Arguments:
            task: what it is to play: it says how many actions there are, and how long an observation is.
            key: random key of its weights.
        """


class LazyTaskConfig(TaskConfig):
    """The parameters of a task of this package. It names the class that it makes, which is imported then and not
    before: reading numbers starts no JAX, and a config knows nothing of those who read it."""

    makes: ClassVar[str]
    """Where the class is, "module:name"; it is made of the config."""

    def make(self) -> "AbstractTask":
        return pkgutil.resolve_name(self.makes)(self)


class LazyAgentConfig(AgentConfig):
    """The parameters of an agent of this package; see `LazyTaskConfig`."""

    makes: ClassVar[str]
    """Where the class is, "module:name"; it is made of the config, a task and a key."""

    def make(self, task: "AbstractTask", key: "PRNGKeyArray") -> "AbstractAgent":
        return pkgutil.resolve_name(self.makes)(self, task, key=key)


def recorded(config: Config) -> dict[str, Any]:
    """What a run keeps of `config`: plain values by name, and whose class it is when it is not the package's.

    See `LATER`.

    Raises:
        UserError: when a value is not plain.
    """
    unused = {field.name for field in fields(config) if field.metadata.get("later") and _is_default(config, field.name)}
    values = {name: value for name, value in asdict(config).items() if name not in unused}
    kind = type(config)
    if kind.__module__.partition(".")[0] != __name__.partition(".")[0] and isinstance(config, _Complete):
        for name, value in values.items():
            _check_plain(name, value)
        values["class"] = kind.__name__  # no field can be called that
    return values


def check_config(name: str, config: object, kind: type) -> None:
    """Refuse what is no config of `kind`.

    Raises:
        UserError: when it is none.
    """
    if not isinstance(config, kind):
        got = f"the class {config.__name__}" if inspect.isclass(config) else f"a {type(config).__name__}"
        raise UserError(
            f"`{name}` must be {_a(kind.__name__)}, got {got}. Give one of the package's, or write your own: a frozen "
            f"dataclass that is a subclass of prefrontal.{kind.__name__}."
        )


def _a(name: str) -> str:
    return f"{'an' if name[0] in 'AEIOU' else 'a'} {name}"


@cache
def _numbers(kind: type) -> frozenset[str]:
    """The fields of a class that are a number each, whole or not."""
    return frozenset(name for name, hint in get_type_hints(kind).items() if hint is float)


def _check_number(name: str, value: Any) -> None:
    if not hasattr(value, "__float__") or (isinstance(value, int) and abs(value) > MOST):
        raise UserError(f"`{name}` must be a number, of 32 bits where it is whole, got {str(value)[:40]}.")


def _check_complete(kind: type) -> None:
    """Refuse a class that is not a frozen dataclass of its own, or lacks what its base asks for."""
    name, missing = kind.__name__, sorted(getattr(kind, "__abstractmethods__", ()))
    if missing:
        raise UserError(
            f"`{name}` must have {' and '.join(missing)}, got a class without. Define "
            f"{'them' if len(missing) > 1 else 'it'} as in prefrontal.{kind.__mro__[1].__name__}."
        )
    parameters = kind.__dict__.get("__dataclass_params__")
    if parameters is None or not parameters.frozen:
        raise UserError(
            f"`{name}` must be a frozen dataclass, got a class that is none. Write @dataclass(frozen=True) above it."
        )


def _check_plain(name: str, value: object) -> None:
    """Refuse a value that config.json could not keep."""
    if isinstance(value, list | tuple):
        for item in value:
            _check_plain(name, item)
    elif isinstance(value, dict):
        for key, item in value.items():
            _check_plain(f"{name}.{key}", item)
    elif not (value is None or isinstance(value, str | int | float)):
        raise UserError(
            f"`{name}` must be a plain value, so that a run can be known by it, got a {type(value).__name__}. Give "
            "numbers, strings, or tuples of them, and let `make` build the rest."
        )


def _is_default(config: Config, name: str) -> bool:
    field = config.__dataclass_fields__[name]
    default = field.default if field.default_factory is MISSING else field.default_factory()
    return getattr(config, name) == default
