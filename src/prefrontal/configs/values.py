"""Configs made of plain values, as a file or a call gives them: each is checked against the field that it is for."""

import dataclasses
import sys
import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from prefrontal.errors import UserError, did_you_mean

C = TypeVar("C")
_NOTHING = object()
_LARGEST = sys.float_info.max

_WORDS = {bool: "true or false", int: "a whole number", float: "a number", str: "a word", type(None): "none"}


def of_record(kind: Any, part: str, values: Mapping[str, Any], source: str) -> Any:
    """The config of class `kind` that a run's record keeps as `values`; what a record leaves out is at its default.

    Arguments:
        kind: the class, a dataclass.
        part: what it is called in the record, "task" for one.
        values: by field.
        source: the file, for the refusal.

    Raises:
        UserError: when a value or a name does not fit, or one is missing that every record has.
    """
    fitting = _fitting(kind, part, values, source)
    missing = [f.name for f in fields(kind) if not f.metadata.get("later") and f.name not in fitting]
    if missing:
        raise UserError(
            f"`{source}` must hold every number of a run, got one without {part}.{missing[0]}. Add it, or write a file "
            f'of what differs from the preset alone: {{"{part}": {{...}}}}, without "config" around it.'
        )
    return kind(**fitting)


def with_values(config: C, part: str, values: Mapping[str, Any], source: str) -> C:
    """`config` with `values` in some of its fields. Arguments as for `of_record`.

    Raises:
        UserError: when a value or a name does not fit.
    """
    changed: Any = config
    return dataclasses.replace(changed, **_fitting(type(config), part, values, source))


def replace(config: C, changes: str | Mapping[str, Any] | None = None, value: Any = _NOTHING, **numbers: Any) -> C:
    """A config with other numbers: one, by its dotted name; several; or fields of its own, as keywords.

    Arguments:
        config: a config, or an `ExperimentConfig`, whose parts are "task", "agent", "train" and "test". It stays as it
            is.
        changes: the number's name, such as "train.discount", or several values by name.
        value: of the number that is named.
        numbers: values by name. In an `ExperimentConfig`, the part may be left out where only one has that number.

    Returns:
        The config with these numbers.

    Raises:
        UserError: when there is no number of that name, with the nearest that there is; or a value is not allowed.

    Example:
        >>> config = pf.find_experiment("wang2018-two-step").config
        >>> pf.replace(config, "train.discount", 0.8).train.discount
        0.8
        >>> smaller = pf.replace(config, {"agent.hidden_size": 8, "task.num_trials": 40})
        >>> pf.replace(smaller, discount=0.8, hidden_size=4).agent.hidden_size
        4
        >>> pf.replace(config, "train.discuont", 0.8)
        Traceback (most recent call last):
        prefrontal.errors.UserError: `train.discuont` must be a number of the config, got none of that name. Did you
        mean train.discount?
    """
    if isinstance(changes, str) == (value is _NOTHING):
        raise UserError(
            "`changes` must be a name with a value, or values by name, got one without the other. Write "
            'replace(config, "train.discount", .8), or replace(config, {"train.discount": .8, "agent.hidden_size": 8}).'
        )
    named = {changes: value} if isinstance(changes, str) else dict(changes or {})
    return replaced(config, {**named, **numbers})


def replaced(config: C, values: Mapping[str, Any]) -> C:
    """`config` with `values` by dotted name, all of them at once; see `replace`."""
    names = _names(config)
    return _with(config, {_whole(name.replace("-", "_"), names): value for name, value in values.items()}, "")


def _fitting(kind: Any, part: str, values: Mapping[str, Any], source: str) -> dict[str, Any]:
    hints, found = get_type_hints(kind), {}
    known = [field.name for field in fields(kind)]
    for key, value in values.items():
        name = key.replace("-", "_")
        if name not in known:
            raise UserError(
                f"`{source}` must hold fields of {kind.__name__} as its {part} ({', '.join(known)}), got {key}. "
                f"{did_you_mean(name, known) or 'Mend its name, or leave it out.'}"
            )
        found[name] = _fitted(f"{part}.{name}", value, hints[name], source)
    return found


def _fitted(name: str, value: Any, kind: Any, source: str) -> Any:
    """`value` as a field of the type `kind` holds it: tuples for lists, and None where it is written "none"."""
    choices = get_args(kind) if get_origin(kind) in (Union, types.UnionType) else (kind,)
    if type(None) in choices and (value is None or (isinstance(value, str) and value.lower() == "none")):
        return None
    for choice in choices:
        origin = get_origin(choice)
        if origin is Literal and value in get_args(choice):
            return value
        if origin is tuple and isinstance(value, list | tuple):
            return tuple(_fitted(name, item, get_args(choice)[0], source) for item in value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            if choice is float and -_LARGEST <= value <= _LARGEST:
                return float(value)
            if choice is int and (isinstance(value, int) or value.is_integer()):
                return int(value)
        if choice in (bool, str) and isinstance(value, choice):
            return value
    must = " or ".join(map(_word, choices))
    raise UserError(f"`{name}` must be {must}, got {value!r}. Mend it in {source}.")


def _word(kind: Any) -> str:
    origin = get_origin(kind)
    if origin is Literal:
        return f"one of {', '.join(map(str, get_args(kind)))}"
    if origin is tuple:
        return f"a list, each {_word(get_args(kind)[0])}"
    return _WORDS.get(kind, str(kind))


def _with(config: Any, values: Mapping[str, Any], part: str) -> Any:
    """`config`, called `part` in what it is part of, with `values` by dotted name."""
    own = {name: value for name, value in values.items() if "." not in name}
    for first in dict.fromkeys(name.partition(".")[0] for name in values if "." in name):
        inner = {name.partition(".")[2]: value for name, value in values.items() if name.startswith(f"{first}.")}
        own[first] = _with(own.get(first, getattr(config, first)), inner, first)
    if type(config).__module__.partition(".")[0] == "prefrontal":
        plain = {name: value for name, value in own.items() if not is_dataclass(getattr(config, name))}
        own |= _fitting(type(config), part or type(config).__name__, plain, "the call")
    return dataclasses.replace(config, **own)


def _names(config: Any, prefix: str = "") -> list[str]:
    """The dotted names of all that can be replaced."""
    found = []
    for field in fields(config):
        found.append(prefix + field.name)
        if is_dataclass(inner := getattr(config, field.name)):
            found += _names(inner, f"{prefix}{field.name}.")
    return found


def _whole(name: str, names: list[str]) -> str:
    """The dotted name that `name` is, or is the end of."""
    if name in names:
        return name
    ends = [one for one in names if one.endswith(f".{name}")]
    if len(ends) == 1:
        return ends[0]
    if ends:
        raise UserError(f"`{name}` must be one number, got {len(ends)} of that name. Say which: {' or '.join(ends)}.")
    short = {one.rpartition(".")[2]: one for one in names}
    guess = did_you_mean(name, names) or did_you_mean(name, short)
    for one, whole in short.items():
        guess = guess.replace(f" {one}?", f" {whole}?")
    remedy = guess or f"There are: {', '.join(names)}."
    raise UserError(f"`{name}` must be a number of the config, got none of that name. {remedy}")
