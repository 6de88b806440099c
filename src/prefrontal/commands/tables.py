"""How commands on tables of trials are told of files: which, in what format, and which column holds what."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import tyro
from rich.console import Console

from prefrontal.errors import UserError, did_you_mean

if TYPE_CHECKING:
    import pandas as pd

    from prefrontal.trials.formats import Columns, Understanding

FormatName = Literal[
    "auto", "prefrontal", "columns", "hbayesdm", "jspsych", "psych", "bids", "matlab", "gillan", "akam", "people"
]
WRITTEN = {
    "columns": "NAME=COLUMN, as in choice=resp",
    "values": "NAME=ZERO,ONE, as in choice=left,right",
    "rows": "COLUMN=VALUE, as in screen=choice",
}
"""How a word of an option must be written."""
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
    """Format of the files; auto tells it from name and first line."""
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
    mapping: Annotated[Literal["subject", "all", "values"] | None, _silent("subject|all|values")] = None
    """Which state a choice commonly leads to, where no column tells: by counts of each subject (unless given) or of
    all; or values: state 0 is choice 0's."""
    rt_unit: Annotated[Literal["s", "ms"] | None, _silent("s|ms")] = None
    """Unit of response times. Unless given: seconds."""

    def said(self) -> "Columns":
        """What was said of the files.

        Raises:
            UserError: when it is not written as it must be.
        """
        from prefrontal.trials.description import PLACES
        from prefrontal.trials.formats import Columns

        named: dict[str, Any] = _pairs("columns", self.columns)
        for name in ("subject", "missed", "rt_unit", "mapping"):
            if (alone := getattr(self, name)) is not None and named.setdefault(name, alone) != alone:
                raise UserError(f"`{name}` must be said once, got {named[name]} and {alone}. Leave one out.")
        known = (*PLACES, "rt_unit", "mapping")
        if unknown := set(named).difference(known):
            word = sorted(unknown)[0]
            guess = did_you_mean(word, known) or "Write it as in choice=resp, our name first."
            raise UserError(f"`columns` must be of {', '.join(known)}, got {word}. {guess}")
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
        alike: dict[tuple[tuple[str, str], ...], list[str]] = {}
        for path, understood in self.files.items():
            if understood.stands:
                own = tuple(line for line in understood.stands.items() if line[0] != "subject")
                alike.setdefault(own, []).append(path)
        for paths in list(alike.values())[:MOST_WAYS]:
            more = {0: "", 1: " and another file like it"}.get(len(paths) - 1, f" and {len(paths) - 1:,} files like it")
            kept = find_kept_name(paths[0])
            as_said = f", with {kept}" if kept else ""
            _tell(f"{f'{name}: ' if name else ''}{Path(paths[0]).name}{more}{as_said}")
            for line in self._of_all(paths).told:
                _tell(line)
        if len(alike) > MOST_WAYS:
            _tell(f"... and {len(alike) - MOST_WAYS:,} other kinds of files")

    def _of_all(self, paths: Sequence[str]) -> "Understanding":
        """How the first of `paths` was understood, with the trials and people of all of them."""
        first = self.files[paths[0]]
        tables = list({id(self.files[path]): self.files[path].table for path in paths}.values())
        if len(tables) == 1:
            return first
        import pandas as pd

        from prefrontal.trials.understanding import listed

        table = pd.concat([one.assign(subject=one["subject"].astype(str)) for one in tables], ignore_index=True)
        column, _, _ = first.stands["subject"].partition(": ")
        who = "called by their files" if column == "no column" else listed(table["subject"].unique())
        return replace(first, table=table, stands={**first.stands, "subject": f"{column}: {who}"})

    def keep(self, reading: Reading) -> None:
        """Keep what was said of the files beside them, where nothing is kept yet, and say so."""
        from prefrontal.trials.formats import Columns, keep_columns, kept_path

        said = reading.said().said
        if not said:
            return
        paths = list(self.files)
        ways = [replace(understood.columns, nobody=Columns.nobody) for understood in self.files.values()]
        columns = ways[0] if all(way == ways[0] for way in ways) else reading.said()
        where = paths if len(paths) > 1 else paths[0]
        try:
            beside = kept_path(where)
            there = beside.exists()
            guessed = [name for name, value in columns.said.items() if said.get(name, name) != value]
            keep_columns(where, columns, guessed=guessed)
        except UserError as error:
            warnings.warn(f"What was said of the columns is not kept: {error}", stacklevel=2)
            return
        if not there:
            _tell(f"Kept for the next time: {beside}")


def find_kept_name(path: str) -> str:
    """The name of the file that the description of `path` is kept in; nothing where there is none."""
    from prefrontal.trials.kept import find_kept

    return found[0].name if (found := find_kept(path)) else ""


def read_group(paths: Sequence[str], reading: Reading) -> Group:
    """The trials in one file or several; in several, people who are not named are called by their files.

    Raises:
        UserError: when a file cannot be read as `reading` says, or the files do not go together.
    """
    from prefrontal.trials.formats import joined_files, understand_files

    files = understand_files(paths, reading.said())
    return Group(files, joined_files(files))


def read_groups(arguments: Sequence[str], reading: Reading) -> dict[str, Group]:
    """The trials of `arguments`, FILE or NAME=FILE, by the name of the group: all files of one NAME are a group.

    FILE may be a pattern, as in people=data/s*.csv, and may have a = in it if it is there.

    Raises:
        UserError: when two files without a NAME are called alike, or a file cannot be read.
    """
    files: dict[str, list[str]] = {}
    for argument in arguments:
        name, path = name_and_path(argument)
        if name is None and (name := Path(path).stem) in files:
            raise UserError(f"`table` must have a name of its own, got {name} twice. Name them: NAME=FILE.")
        files.setdefault(name, []).extend(expanded(path))
    return {name: read_group(paths, reading) for name, paths in files.items()}


def name_and_path(argument: str) -> tuple[str | None, str]:
    """NAME and FILE of NAME=FILE; None and `argument` where that is a file, or no name is given."""
    name, separator, path = argument.partition("=")
    if not separator or Path(argument).exists() or ("/" in name and not Path(path).exists()):
        return None, argument
    return name, path


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
        raise UserError(f"`{option}` must be written {WRITTEN[option]}, got {wrong[0]}. Add what is missing.")
    pairs = [word.split("=", 1) for word in words]
    names = [name for name, _ in pairs]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UserError(f"`{option}` must say each once, got {', '.join(twice)} twice. Leave one out.")
    return dict(pairs)


def _tell(text: str) -> None:
    Console().print(text, markup=False, highlight=False, soft_wrap=True)
