"""The help of a command: what it is for, and its options, a line or two each, as wide as the terminal."""

import ast
import inspect
import shutil
import sys
import textwrap
from collections.abc import Collection, Iterator, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, Literal, NamedTuple, NoReturn, get_args, get_origin, get_type_hints

import tyro

WIDEST = 100
"""Longer lines are not read easily, however wide the terminal is."""
COLUMN = 26
"""Where the texts begin: an option that is longer has a line of its own."""
LONGEST_CHOICE = 40
"""Choices that take more letters than this are told in the text."""


class Entry(NamedTuple):
    """An option or an argument."""

    name: str
    """As it is written: "--seeds N ..."."""
    text: str
    must_be_given: bool = False


class Section(NamedTuple):
    """Options that belong together."""

    title: str
    entries: Sequence[Entry]
    text: str = ""
    """What stands below the title."""


def width() -> int:
    """Letters in a line."""
    return min(WIDEST, shutil.get_terminal_size().columns)


def is_asked(arguments: Sequence[str]) -> bool:
    """Whether a command line asks for help."""
    return "-h" in arguments or "--help" in arguments


def print_help(text: str) -> NoReturn:
    """Print a page and end: exit code 0."""
    print(text, end="", flush=True)
    sys.exit(0)


def page(usage: Sequence[str], description: str, sections: Sequence[Section], end: str = "") -> str:
    """The whole page.

    Arguments:
        usage: one or more ways to call the command, without "prefrontal".
        description: paragraphs, apart by an empty line; a line that begins with a blank stays as it is.
        sections: the options.
        end: as `description`, below them.
    """
    lines = [f"{'usage:' if place == 0 else '      '} prefrontal {way}" for place, way in enumerate(usage)]
    lines += ["", *paragraphs(description)]
    for section in sections:
        if section.entries:
            lines += ["", *textwrap.wrap(f"{section.title}:", width()), *_indented(section.text, 2)]
            lines += [line for entry in section.entries for line in _entry(entry)]
    return "\n".join([*lines, *(["", *paragraphs(end)] if end else [])]) + "\n"


def paragraphs(text: str, indent: int = 0) -> list[str]:
    """The lines of `text`, wrapped: an empty line parts paragraphs, and a line that begins with a blank stays."""
    lines: list[str] = []
    for paragraph in textwrap.dedent(text).strip("\n").split("\n\n"):
        loose: list[str] = []
        lines += [""] if lines else []
        for line in paragraph.split("\n"):
            if line.startswith(" "):
                lines += [*_indented(" ".join(loose), indent), line]
                loose = []
            else:
                loose.append(line)
        lines += _indented(" ".join(loose), indent)
    return lines


def _indented(text: str, indent: int) -> list[str]:
    edge = " " * indent
    return textwrap.wrap(text, width(), initial_indent=edge, subsequent_indent=edge, break_on_hyphens=False)


def _entry(entry: Entry) -> list[str]:
    told = entry.text + " (required)" * entry.must_be_given
    text = textwrap.wrap(told, width() - COLUMN, break_on_hyphens=False)
    if len(entry.name) + 4 <= COLUMN:
        first, *rest = text or [""]
        return [f"  {entry.name:<{COLUMN - 2}}{first}".rstrip(), *(" " * COLUMN + line for line in rest)]
    name = textwrap.wrap(entry.name, width() - 2, subsequent_indent="  ", break_long_words=False)
    return [*("  " + line for line in name), *(" " * COLUMN + line for line in text)]


def options_of(
    kind: Any,
    default: Any = None,
    *,
    prefix: str = "",
    only: Collection[str] | None = None,
    leave: Collection[str] = (),
) -> tuple[Section, ...]:
    """The options that the dataclass `kind` makes: its arguments, its own, and those of each dataclass within.

    Arguments:
        kind: the dataclass, as `read_options` reads it.
        default: an instance, whose values are told. None: the defaults of the fields.
        prefix: of the options: "task." where they are --task.num-trials.
        only: names of fields; others are not told. None: all.
        leave: names of fields that are not told.
    """
    while get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    kind = get_origin(kind) or kind
    hints, texts = get_type_hints(kind, include_extras=True), field_texts(kind)
    arguments: list[Entry] = []
    own: list[Entry] = []
    within: list[Section] = []
    for field in fields(kind):
        if field.name in leave or (only is not None and field.name not in only):
            continue
        hint, extras = _plain(hints[field.name])
        value = getattr(default, field.name) if default is not None else _default(field)
        if is_dataclass(value):
            if tyro.conf.OmitArgPrefixes in extras:
                (section,) = (one for one in options_of(type(value), value, prefix=prefix) if one.entries)
                within.append(Section(f"{field.name} options", section.entries, _about(type(value))))
            else:
                within += options_of(type(value), value, prefix=f"{prefix}{field.name}.")
        elif tyro.conf.Positional in extras:
            arguments.append(Entry(_metavar(hint, extras), _sentence(texts.get(field.name, ""), None)))
        else:
            entry = _option(field.name, prefix, hint, extras, value, texts.get(field.name, ""))
            is_missing = default is None and field.default is field.default_factory is MISSING
            own.append(entry._replace(must_be_given=is_missing))
    name = prefix.rstrip(".")
    title = f"{name} options" if name else "options"
    return (Section("arguments", arguments), Section(title, own, _about(kind) if name else ""), *within)


def _option(name: str, prefix: str, hint: Any, extras: Sequence[Any], value: Any, text: str) -> Entry:
    told = next((extra for extra in extras if hasattr(extra, "metavar")), None)
    flag = f"--{prefix}{(told and told.name) or name}".replace("_", "-")
    if hint is bool:
        flag = flag if not value else f"--[no-]{flag[2:]}"
        return Entry(flag, _sentence(text, None if not value else "yes"))
    choices = _choices(hint)
    if len("|".join(choices)) > LONGEST_CHOICE:
        text = f"{text} One of: {', '.join(choices)}."
    aliases = "".join(f", {alias}" for alias in (told and told.aliases) or ())
    return Entry(f"{flag}{aliases} {_metavar(hint, extras)}", _sentence(text, value))


def _sentence(text: str, value: Any) -> str:
    """What the help says of an option: its text and its default, where there is one."""
    text = " ".join(text.split())
    if value is None:
        return text.replace(" None: ", " Unless given: ")
    if value in ((), ""):
        return text
    values = value if isinstance(value, tuple) else (value,)
    shown = " ".join(f"{one:g}" if isinstance(one, float) else str(one) for one in values)
    return f"{text} (default: {shown})"


def _plain(hint: Any) -> tuple[Any, list[Any]]:
    """A type without None and without what was noted beside it, and that."""
    extras: list[Any] = []
    while True:
        if get_origin(hint) is Annotated:
            hint, *more = get_args(hint)
            extras += more
        elif NoneType in get_args(hint):
            (hint,) = (part for part in get_args(hint) if part is not NoneType)
        else:
            return hint, extras


def _choices(hint: Any) -> tuple[str, ...]:
    """What may be given, where that is one of a few words."""
    if get_origin(hint) is tuple:
        hint = get_args(hint)[0]
    return tuple(map(str, get_args(hint))) if get_origin(hint) is Literal else ()


def _metavar(hint: Any, extras: Sequence[Any] = ()) -> str:
    """What stands for the value of an option: N, NUMBER, FILE, a|b, and dots where there may be more than one."""
    told = next((extra.metavar for extra in extras if getattr(extra, "metavar", None)), None)
    many = get_origin(hint) is tuple
    single = get_args(hint)[0] if many else hint
    choices = "|".join(_choices(single))
    if told is None:
        if choices:
            told = choices if len(choices) <= LONGEST_CHOICE else "NAME"
        else:
            told = {int: "N", float: "NUMBER", Path: "FILE"}.get(single, "WORD")
    return f"{told} ..." if many and Ellipsis in get_args(hint) else told


def _default(field: Field[Any]) -> Any:
    if field.default_factory is not MISSING:
        return field.default_factory()
    return None if field.default is MISSING else field.default


def _about(kind: type) -> str:
    """The first paragraph of its docstring."""
    return " ".join((inspect.getdoc(kind) or "").partition("\n\n")[0].split())


def field_texts(kind: type) -> dict[str, str]:
    """The docstring below each field of a dataclass, those that it inherits included; none where there is no source."""
    texts: dict[str, str] = {}
    for one in reversed(kind.__mro__):
        if is_dataclass(one):
            texts |= dict(_texts_within(one))
    return texts


def _texts_within(kind: type) -> Iterator[tuple[str, str]]:
    try:
        (node,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    except (OSError, SyntaxError):
        return  # written at a prompt
    assert isinstance(node, ast.ClassDef)
    for field, below in zip(node.body, node.body[1:], strict=False):
        if not isinstance(field, ast.AnnAssign) or not isinstance(field.target, ast.Name):
            continue
        if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant):
            yield field.target.id, inspect.cleandoc(str(below.value.value))
