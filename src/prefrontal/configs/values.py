"""Configs made of plain values, as a file holds them: each is checked against the field that it is for."""

import types
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from prefrontal.errors import UserError

C = TypeVar("C")

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
    return replace(changed, **_fitting(type(config), part, values, source))


def _fitting(kind: Any, part: str, values: Mapping[str, Any], source: str) -> dict[str, Any]:
    hints, found = get_type_hints(kind), {}
    known = [field.name for field in fields(kind)]
    for key, value in values.items():
        name = key.replace("-", "_")
        if name not in known:
            raise UserError(
                f"`{source}` must hold fields of {kind.__name__} as its {part} ({', '.join(known)}), got {key}. "
                "Mend its name, or leave it out."
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
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if choice is float and is_number:
            return float(value)
        if choice is int and is_number and value == int(value):
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
