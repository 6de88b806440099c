"""How commands on tables of trials are told of files: which, in what format, and which column holds what."""

import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from prefrontal.errors import UserError

if TYPE_CHECKING:
    import pandas as pd

    from prefrontal.trials.formats import Columns


@dataclass(frozen=True)
class Reading:
    """How the files are read."""

    format: Literal["auto", "prefrontal", "columns", "hbayesdm", "jspsych", "psych"] = "auto"
    """Format of the files. Auto: told from name and first line."""
    columns: tuple[str, ...] = ()
    """Which column holds what, as in subject=ppt choice=resp rt=latency rt_unit=ms; trial= says that there is none."""
    values: tuple[str, ...] = ()
    """What stands for 0 and 1, as in choice=left,right."""
    missing: tuple[str, ...] = ()
    """What a cell of a missed trial holds, such as -1, beside nothing and NA; in one column as in choice=0."""

    def said(self) -> "Columns | None":
        """What was said of the columns; None for nothing.

        Raises:
            UserError: when it is not written as it must be.
        """
        if not (self.columns or self.values or self.missing):
            return None
        from prefrontal.trials.columns import PLACES
        from prefrontal.trials.formats import Columns

        named: dict[str, Any] = _pairs("columns", self.columns)
        known = (*PLACES, "rt_unit")
        if unknown := set(named).difference(known):
            raise UserError(f"`columns` must be of {', '.join(known)}, got {', '.join(sorted(unknown))}.")
        values = {name: _pair(name, text) for name, text in _pairs("values", self.values).items()}
        alone = tuple(word for word in self.missing if "=" not in word)
        single: dict[str, tuple[str, ...]] = {}
        for word in self.missing:
            name, separator, text = word.partition("=")
            if separator:
                single[name] = (*single.get(name, ()), text)
        return Columns(**named, values=values, void=alone, void_in=single)


def read_file(path: str, reading: Reading, nobody: str | None = None) -> "pd.DataFrame":
    """The trial table in a file.

    Arguments:
        path: the file.
        reading: how.
        nobody: what the subject is called where no column says who chose. None: that is warned of, or refused.

    Raises:
        UserError: when the file cannot be read as `reading` says.
    """
    from prefrontal.trials.formats import Columns, detect_format, read_trials

    columns = reading.said()
    ours = reading.format == "columns" or (reading.format == "auto" and (columns or detect_format(path) == "columns"))
    if nobody is not None and ours:
        columns = replace(columns or Columns(), nobody=nobody)
    return read_trials(path, format=reading.format, columns=columns)


def read_group(paths: Sequence[str], reading: Reading) -> "pd.DataFrame":
    """The trial table in one file or several; in several, people who are not named are called by their files.

    Raises:
        UserError: when a file cannot be read as `reading` says, or the files do not go together.
    """
    if len(paths) == 1:
        return read_file(paths[0], reading)
    from prefrontal.trials.formats import joined

    stems = [Path(path).stem for path in paths]
    names = stems if len(set(stems)) == len(stems) else [str(Path(path).with_suffix("")) for path in paths]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        tables = {path: read_file(path, reading, name) for path, name in zip(paths, names, strict=True)}
    ours = Counter(str(warning.message) for warning in caught if warning.category is UserWarning)
    for message, count in ours.items():  # once, not once a file
        warnings.warn(f"{message} (So in {count} of {len(paths)} files.)", stacklevel=2)
    return joined(tables)


def read_groups(arguments: Sequence[str], reading: Reading) -> "dict[str, pd.DataFrame]":
    """The trial tables of `arguments`, FILE or NAME=FILE, by the name of the group: all files of one NAME are a group.

    FILE may be a pattern, as in people=data/s*.csv, and may have a = in it if it is there.

    Raises:
        UserError: when two files without a NAME are called alike, or a file cannot be read.
    """
    files: dict[str, list[str]] = {}
    for argument in arguments:
        name, separator, path = argument.partition("=")
        if not separator or Path(argument).exists() or ("/" in name and not Path(path).exists()):
            name, path = Path(argument).stem, argument
            if name in files:
                raise UserError(f"`table` must have a name of its own, got {name} twice. Name them: NAME=FILE.")
        files.setdefault(name, []).extend(expanded(path))
    return {name: read_group(paths, reading) for name, paths in files.items()}


def expanded(path: str) -> list[str]:
    """The files that a pattern such as data/s*.csv names, in order; `path` itself where it is one, or none matches."""
    from glob import glob

    return [path] if Path(path).exists() else sorted(glob(path)) or [path]


def _pair(name: str, text: str) -> tuple[str, str]:
    zero, comma, one = text.partition(",")
    if not comma:
        raise UserError(f"`values` must give two values of `{name}`, for 0 and for 1, got {text}. Put a comma between.")
    return zero, one


def _pairs(option: str, words: Sequence[str]) -> dict[str, str]:
    wrong = [word for word in words if "=" not in word]
    if wrong:
        raise UserError(f"`{option}` must be written NAME=VALUE, got {wrong[0]}. Try `--help`.")
    pairs = [word.split("=", 1) for word in words]
    names = [name for name, _ in pairs]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UserError(f"`{option}` must say each once, got {', '.join(twice)} twice. Leave one out.")
    return dict(pairs)
