"""How commands on tables of trials are told of files: which, in what format, and which column holds what."""

import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import tyro
from rich.console import Console

from prefrontal.errors import UserError

if TYPE_CHECKING:
    import pandas as pd

    from prefrontal.trials.formats import Columns, Understanding

FormatName = Literal[
    "auto", "prefrontal", "columns", "hbayesdm", "jspsych", "psych", "bids", "matlab", "gillan", "akam"
]
MOST_WAYS = 3
"""Of more ways in which the files of a group are read than this, the first are shown."""


def _silent(metavar: str, *aliases: str) -> Any:
    """An option that says nothing unless it is given: its help tells of no default."""
    return tyro.conf.arg(metavar=metavar, aliases=aliases or None, help_behavior_hint="")


TRIALS = "trials.csv"
"""The trial table that a test leaves in the folder of a run."""


@dataclass(frozen=True)
class Reading:
    """How the files are read: what is said once of a file is kept beside it, study.columns.toml beside study.csv."""

    format: FormatName = "auto"
    """Format of the files. Auto: told from name and first line."""
    columns: Annotated[tuple[str, ...], _silent("NAME=COLUMN")] = ()
    """Which column holds what, as in subject=ppt choice=resp rt=latency; trial= says that there is none."""
    subject: Annotated[str | None, _silent("COLUMN")] = None
    """Column that says who chose: --columns subject=COLUMN. Nothing ('') where all rows of a file are one person's."""
    missed: Annotated[str | None, _silent("COLUMN")] = None
    """Column that says which trials were missed: --columns missed=COLUMN."""
    values: Annotated[tuple[str, ...], _silent("NAME=ZERO,ONE")] = ()
    """What stands for 0 and 1, as in choice=left,right."""
    missing: Annotated[tuple[str, ...], _silent("VALUE", "--void")] = ()
    """What a cell of a missed trial holds, such as -1, beside nothing and NA; in one column as in choice=0."""
    rows: Annotated[tuple[str, ...], _silent("COLUMN=VALUE")] = ()
    """Which rows are trials, as in screen=choice or phase=test1,test2."""
    reward_above: Annotated[float | None, _silent("POINTS")] = None
    """More points than this are a reward, others none."""
    rt_unit: Annotated[Literal["s", "ms"] | None, _silent("{s,ms}")] = None
    """Unit of response times: seconds, where nothing is said."""

    def said(self) -> "Columns":
        """What was said of the files.

        Raises:
            UserError: when it is not written as it must be.
        """
        from prefrontal.trials.description import PLACES
        from prefrontal.trials.formats import Columns

        named: dict[str, Any] = _pairs("columns", self.columns)
        for name in ("subject", "missed", "rt_unit"):
            if (alone := getattr(self, name)) is not None and named.setdefault(name, alone) != alone:
                raise UserError(f"`{name}` must be said once, got {named[name]} and {alone}. Leave one out.")
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
        rows = {name: tuple(text.split(",")) for name, text in _pairs("rows", self.rows).items()}
        return Columns(
            **named,
            values=values,
            void=alone,
            void_in=single,
            rows=rows,
            reward_above=self.reward_above,
            format=self.format,
        )


@dataclass(frozen=True)
class Group:
    """The trials of one file or several, and how they were understood."""

    files: Mapping[str, "Understanding"]
    table: "pd.DataFrame"

    def show(self, name: str | None = None) -> None:
        """Print what stands for what in the files: once where they are alike."""
        alike: dict[tuple[str, ...], list[str]] = {}
        for path, understood in self.files.items():
            if understood.stands:
                own = tuple(line for line in understood.told if line.split()[0] not in ("trials", "subject"))
                alike.setdefault(own, []).append(path)
        for paths in list(alike.values())[:MOST_WAYS]:
            understood = self.files[paths[0]]
            more = f" and {len(paths) - 1:,} more files like it" if len(paths) > 1 else ""
            kept = find_kept_name(paths[0])
            as_said = f", with {kept}" if kept else ""
            _tell(f"{f'{name}: ' if name else ''}{Path(paths[0]).name}{more}{as_said}")
            for line in understood.told:
                _tell(line)
        if len(alike) > MOST_WAYS:
            _tell(f"... and {len(alike) - MOST_WAYS:,} more ways of files")

    def keep(self, reading: Reading) -> None:
        """Keep what was said of the files beside them, where nothing is kept yet, and say so."""
        from prefrontal.trials.formats import keep_columns, kept_path

        if not reading.said().said:
            return
        paths = list(self.files)
        ways = [understood.columns for understood in self.files.values()]
        columns = ways[0] if all(way == ways[0] for way in ways) else reading.said()
        try:
            beside = kept_path(paths if len(paths) > 1 else paths[0])
            there = beside.exists()
            keep_columns(paths if len(paths) > 1 else paths[0], columns)
        except UserError as error:
            warnings.warn(f"What was said of the columns is not kept: {error}", stacklevel=2)
            return
        if not there:
            _tell(f"Kept for the next time: {beside}")


def find_kept_name(path: str) -> str:
    """The name of the file that the description of `path` is kept in; nothing where there is none."""
    from prefrontal.trials.kept import find_kept

    return found[0].name if (found := find_kept(path)) else ""


def read_file(path: str, reading: Reading, nobody: str | None = None) -> "Understanding":
    """What is in a file of trials.

    Arguments:
        path: the file.
        reading: how.
        nobody: what the subject is called where no column says who chose. None: that is warned of, or refused.

    Raises:
        UserError: when the file cannot be read as `reading` says.
    """
    from prefrontal.trials.formats import understand

    said = reading.said()
    return understand(path, columns=said if nobody is None else replace(said, nobody=nobody))


def read_group(paths: Sequence[str], reading: Reading) -> Group:
    """The trials in one file or several; in several, people who are not named are called by their files.

    Raises:
        UserError: when a file cannot be read as `reading` says, or the files do not go together.
    """
    if len(paths) == 1:
        understood = read_file(paths[0], reading)
        return Group({paths[0]: understood}, understood.table)
    from prefrontal.trials.formats import joined, understand_together

    if together := understand_together(paths, reading.said()):
        return Group(dict.fromkeys(paths, together), together.table)
    stems = [Path(path).stem for path in paths]
    names = stems if len(set(stems)) == len(stems) else [str(Path(path).with_suffix("")) for path in paths]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        files = {path: read_file(path, reading, name) for path, name in zip(paths, names, strict=True)}
    ours: dict[str, list[str]] = {}
    for warning in caught:
        if warning.category is UserWarning:
            ours.setdefault(re.sub(r"(?<![\w])\d[\d,]*", "", str(warning.message)), []).append(str(warning.message))
    for messages in ours.values():  # once, not once a file, whatever the numbers
        alike = "So" if len(set(messages)) == 1 else "So, with other numbers,"
        warnings.warn(f"{messages[0]} ({alike} in {len(messages)} of {len(paths)} files.)", stacklevel=2)
    return Group(files, joined({path: understood.table for path, understood in files.items()}))


def read_groups(arguments: Sequence[str], reading: Reading) -> dict[str, Group]:
    """The trials of `arguments`, FILE or NAME=FILE, by the name of the group: all files of one NAME are a group.

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
    """The files that a pattern such as data/s*.csv names, in order; `path` itself where it is one, or none matches.

    Of a run, by its folder or its name, it is the trial table of its test.

    Raises:
        UserError: when it is a run that has none.
    """
    from glob import glob

    from prefrontal.experiments.records import find_folder

    if Path(path).is_file():
        return [path]
    if found := sorted(glob(path)) if not Path(path).exists() else []:
        return found
    folder = find_folder(path)
    if folder is None:
        return [path]
    if not (folder / TRIALS).exists():
        raise UserError(
            f"`{folder}` must be a run whose test left {TRIALS}, got one without. Test it: prefrontal evaluate {folder}"
        )
    return [str(folder / TRIALS)]


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


def _tell(text: str) -> None:
    Console().print(text, markup=False, highlight=False, soft_wrap=True)
