"""The description of a file of trials in a file of its own, beside it: study.columns.toml beside study.csv."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from fnmatch import fnmatch
from os.path import commonprefix
from pathlib import Path
from typing import Any

from prefrontal.errors import UserError, check_choice
from prefrontal.runs.files import write_text
from prefrontal.runs.toml import parse_toml
from prefrontal.trials.description import MAPPINGS, PLACES, Columns
from prefrontal.trials.text import read_text

SUFFIX = ".columns.toml"
FOLDER = "columns.toml"
HEADING = "# How prefrontal reads {name}: which column holds what. Edit it, or delete it to say it anew.\n"
GUESSED = "  # guessed from the file, not said"
PAIRS = ("values", "void_in", "rows")
"""The fields that hold lists by name."""
NOT_KEPT = ("nobody",)


def kept_path(path: str | Path | Sequence[str | Path]) -> Path:
    """Where the description of a file of trials is kept: study.columns.toml for study.csv, and columns.toml in the
    folder of several files.

    Arguments:
        path: of the file, or of files of one folder.

    Raises:
        UserError: when the files are of several folders.
    """
    paths = _paths(path)
    if len(paths) == 1:
        return paths[0].with_suffix(SUFFIX)
    folders = sorted({str(one.parent) for one in paths})
    if len(folders) > 1:
        raise UserError(f"`path` must be of files of one folder, got {', '.join(folders[:5])}. Take one at a time.")
    return paths[0].parent / FOLDER


def kept_columns(path: str | Path) -> Columns | None:
    """The description that is kept beside a file of trials; `read_trials` and all commands read the file with it.

    Arguments:
        path: of the file of trials.

    Returns:
        The description: of study.columns.toml for study.csv, or of a columns.toml that names the file; None where there
        is none.

    Raises:
        UserError: when what is kept there is no description.

    Example:
        >>> pf.keep_columns("study.csv", pf.Columns(subject="ppt"))
        PosixPath('study.columns.toml')
        >>> pf.kept_columns("study.csv").subject
        'ppt'
    """
    return found[1] if (found := find_kept(path)) else None


def find_kept(path: str | Path) -> tuple[Path, Columns] | None:
    """Where the description of a file is kept, and the description; None where there is none.

    Raises:
        UserError: as `kept_columns`.
    """
    path = Path(path)
    if path.is_dir():
        return None
    for beside in (path.with_suffix(SUFFIX), path.parent / FOLDER):
        if not beside.is_file():
            continue
        text = read_text(beside)
        try:
            entries = parse_toml(text)
            patterns = _words("files", entries.pop("files", []))
            if beside.name == FOLDER and not any(fnmatch(path.name, pattern) for pattern in patterns):
                continue
            return beside, _read(entries)
        except (UserError, ValueError, TypeError, AttributeError) as error:
            raise UserError(
                f"`{beside}` must be a description of {path.name}, got another text ({error}). Mend or delete it."
            ) from None
    return None


def keep_columns(path: str | Path | Sequence[str | Path], columns: Columns, *, guessed: Collection[str] = ()) -> Path:
    """Write a description beside its file of trials, where `read_trials` and all commands find it again.

    Arguments:
        path: of the file of trials, study.csv, say; or of several files of one folder, which are read alike.
        columns: the description.
        guessed: which of its fields nobody said: the file marks them.

    Returns:
        Where it is kept: study.columns.toml; columns.toml for several files.

    Raises:
        UserError: when another description is kept there, which is left as it is; or it cannot be written.

    Example:
        >>> pf.keep_columns("study.csv", pf.Columns(choice="resp", values={"choice": ("left", "right")}))
        PosixPath('study.columns.toml')
        >>> print(open("study.columns.toml").read().partition("\\n")[2])
        choice = "resp"
        <BLANKLINE>
        [values]
        choice = ["left", "right"]
        <BLANKLINE>
    """
    paths, beside = _paths(path), kept_path(path)
    written = _written(columns)
    before = find_kept(paths[0])
    if before is not None and before[0] == beside and _written(before[1]) == written:
        return beside
    if beside.exists():
        known = _written(before[1]).splitlines() if before is not None and before[0] == beside else []
        new = ", ".join(line for line in written.splitlines() if line and line not in known)
        raise UserError(
            f"`{beside}` must be kept as it is, got another description. Edit or delete it first"
            + (f"; it lacks: {new}." if new else ".")
        )
    files = "" if len(paths) == 1 else f"files = {_toml(_patterns(paths))}\n"
    name = paths[0].name if len(paths) == 1 else "these files"
    write_text(beside, HEADING.format(name=name) + files + _written(columns, guessed))
    return beside


def _paths(path: str | Path | Sequence[str | Path]) -> list[Path]:
    return [Path(path)] if isinstance(path, str | Path) else [Path(one) for one in path]


def _patterns(paths: Sequence[Path]) -> list[str]:
    """A pattern such as s*.csv where it names these files of their folder and no other; else their names."""
    names = sorted(path.name for path in paths)
    start = commonprefix(names).rstrip("0123456789")  # noqa: RUF071  (of letters, not folders)
    end = commonprefix([name[len(start) :][::-1] for name in names])[::-1]  # noqa: RUF071
    pattern = f"{start}*{end}"
    found = {path.name for path in paths[0].parent.iterdir() if fnmatch(path.name, pattern)}
    plain = not any(letter in start + end for letter in "*?[")
    return [pattern] if plain and found == set(names) else names


def _written(columns: Columns, guessed: Collection[str] = ()) -> str:
    said = {name: value for name, value in columns.said.items() if name not in NOT_KEPT}
    lines = [
        f"{name} = {_toml(value)}{GUESSED if name in guessed else ''}\n"
        for name, value in said.items()
        if name not in PAIRS
    ]
    for name in PAIRS:
        if name in said:
            heading = f"\n[{name}]{GUESSED if name in guessed else ''}\n"
            lines += [heading, *(f"{_key(key)} = {_toml(value)}\n" for key, value in said[name].items())]
    return "".join(lines)


def _toml(value: object) -> str:
    """A string, number or list of strings: JSON writes them as TOML does, but for one character."""
    plain = list(value) if isinstance(value, tuple) else value
    return json.dumps(plain, ensure_ascii=False).replace("\x7f", "\\u007f")


def _key(name: str) -> str:
    return name if name.isascii() and name.replace("_", "").isalnum() else _toml(name)


def _read(entries: Mapping[str, Any]) -> Columns:
    known = [entry.name for entry in fields(Columns) if entry.name not in NOT_KEPT]
    if unknown := sorted(set(entries).difference(known)):
        raise UserError(f"it has {', '.join(unknown[:5])}; there are {', '.join(known)}")
    said: dict[str, Any] = {}
    for name, value in entries.items():
        if name in PAIRS:
            said[name] = {str(key): _words(f"{name}.{key}", words) for key, words in value.items()}
        elif name == "void":
            said[name] = _words(name, value)
        elif name == "reward_above":
            said[name] = _number(name, value)
        elif name in (*PLACES, "rt_unit", "mapping", "format"):
            if not isinstance(value, str):
                raise UserError(f"`{name}` must be a text, got {value}")
            if name in ("rt_unit", "mapping"):
                check_choice(name, value, ("s", "ms") if name == "rt_unit" else MAPPINGS)
            said[name] = value
    return Columns(**said)


def _number(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e300:
        raise UserError(f"`{name}` must be a number, got {value}")
    return float(value)


def _words(name: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise UserError(f"`{name}` must be a list of texts, got {value}")
    return tuple(value)
