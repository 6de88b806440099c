"""Trial tables from the files of others: any table of text, hBayesDM's, jsPsych's and Psych-201's."""

import csv
import io
import re
import warnings
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from prefrontal.errors import UserError, check_choice
from prefrontal.trials.akam import BEGINS, open_akam
from prefrontal.trials.bids import SUFFIX, joined_events, open_bids
from prefrontal.trials.binary.matlab import open_matlab
from prefrontal.trials.columns import (
    Opened,
    Prepared,
    of_file,
    open_columns,
    prepare_cells,
    read_columns,
    understand_opened,
    understand_prepared,
)
from prefrontal.trials.description import Columns
from prefrontal.trials.expfactory import is_expfactory
from prefrontal.trials.gillan import open_gillan
from prefrontal.trials.hbayesdm import open_hbayesdm, read_hbayesdm, write_hbayesdm
from prefrontal.trials.jspsych import LEVELS, OBJECTS, STAGES, TWO_STEP_TRIAL, open_jspsych, read_jspsych
from prefrontal.trials.kept import keep_columns, kept_columns, kept_path
from prefrontal.trials.overview import joined, overview, with_trials
from prefrontal.trials.people_data import BEGINS as DATABASE
from prefrontal.trials.people_data import POSTED, open_people
from prefrontal.trials.pooled import Held, pooled_values
from prefrontal.trials.psych import open_psych, read_psych
from prefrontal.trials.table import DTYPES, OPTIONAL, read_table
from prefrontal.trials.text import open_bytes, read_heading, unreadable
from prefrontal.trials.understanding import Understanding

MOST_LINE = 2**20
"""Characters of a first line that are looked at."""

FORMATS: dict[str, Callable[[str | Path], Opened]] = {
    "prefrontal": open_columns,
    "columns": open_columns,
    "hbayesdm": open_hbayesdm,
    "jspsych": open_jspsych,
    "psych": open_psych,
    "bids": open_bids,
    "matlab": open_matlab,
    "gillan": open_gillan,
    "akam": open_akam,
    "people": open_people,
}
"""How a file of each format is opened: as a table of text, with the description that goes with it."""
BESIDE = {"subject", "session", "practice", "rows", "void", "rt_unit", "nobody", "format", "mapping"}
"""What may be said of a file of a known format and leave the rest to the format."""


def read_trials(
    path: str | Path | Sequence[str | Path], *, format: str = "auto", columns: Columns | None = None
) -> pd.DataFrame:
    """The trial table in the file at `path`.

    Arguments:
        path: the file; or several files of one group, in which people who are not named are called by their files.
        format: its format, one of `FORMATS`: "prefrontal", our own table; "columns", any table of text; "hbayesdm";
            "jspsych"; "psych", text of the collections Psych-101 and 201; "bids", a file of events; "matlab"; "gillan",
            fifteen columns without a heading; "akam", the log of a session; "people", the data of `prefrontal play`.
            "auto" tells it from the file's name and first line; "gillan" must be said.
        columns: which column holds what, where that is not as the format or usual names say. What it leaves open is as
            the description says that is kept beside the file (see `keep_columns`).

    Returns:
        One row a trial; see `prefrontal.trials.table`. `overview` says in a line what was read, and `understand` what
        stands for what.

    Raises:
        UserError: when there is no such format, or the file is not of it; it names the row and the column. Or when
            files do not go together: a session of a person is in two of them, say.

    Example:
        >>> pf.write_table("trials.csv", table)
        >>> len(pf.read_trials("trials.csv"))
        360
    """
    if not isinstance(path, str | Path | Sequence):
        raise UserError(f"`path` must be of a file, or a list of such, got a {type(path).__name__}. Give its name.")
    if isinstance(path, str | Path):
        return understand(path, format=format, columns=columns).table
    said = columns or Columns()
    return joined_files(understand_files(path, said if format == "auto" else replace(said, format=format)))


def understand(path: str | Path, *, format: str = "auto", columns: Columns | None = None) -> Understanding:
    """The trial table in the file at `path`, and how the file was understood: `print` shows it.

    Arguments:
        path: the file.
        format: as of `read_trials`.
        columns: as of `read_trials`.

    Returns:
        The table; the whole description, which `keep_columns` keeps beside the file; and what stands for what.

    Raises:
        UserError: as `read_trials`.

    Example:
        >>> rows = {"ppt": ["ann"] * 4, "choice": [1, 1, 2, 1], "planet": ["red", "red", "blue", "blue"]}
        >>> pd.DataFrame({**rows, "coins": [0, 1, 1, 0]}).to_csv("data.csv", index=False)
        >>> print(pf.understand("data.csv", columns=pf.Columns(subject="ppt", state="planet", reward="coins")))
        1 subject, 4 trials, 0 missed, common 75 %, rewarded 50 %, 1 session
          trials    4 a subject
          subject   ppt: ann
          choice    choice: 1 is 0; 2 is 1
          state     planet: red is 0; blue is 1; 0 is where choice 0 commonly leads
          common    no column: told from counts, for each subject
          reward    coins: 0 is 0; 1 is 1
          missed    no column: where a choice, state or reward is empty, NA
    """
    return _ended(_begun(path, format, columns))


class _Begun(NamedTuple):
    """A file whose columns are found and whose words are not told as 0 and 1 yet; or a table of our own."""

    path: str | Path
    kind: str
    said: Columns
    whole: Columns = Columns()
    """What was said, and what goes with the format."""
    prepared: Prepared | None = None
    own: Understanding | None = None

    @property
    def held(self) -> Held:
        return Held(self.kind, self.whole, self.prepared.found if self.prepared else {})


def _begun(path: str | Path, format: str = "auto", columns: Columns | None = None) -> _Begun:
    check_choice("format", format, ["auto", *FORMATS])
    if not isinstance(columns, Columns | None):
        raise UserError(
            f"`columns` must be Columns, got a {type(columns).__name__}. Say them as Columns(choice=..., state=...)."
        )
    said = (columns or Columns()).over(kept_columns(path))
    kind = format if format != "auto" else said.format
    check_choice("format", kind, ["auto", *FORMATS])
    if kind == "auto":
        kind = detect_format(path)
        if kind in ("prefrontal", "hbayesdm", "jspsych") and not BESIDE.issuperset(said.said):
            kind = "columns"
    if kind == "prefrontal" and not {"nobody", "format"}.issuperset(said.said):
        kind = "columns"
    if kind == "prefrontal":
        try:
            return _Begun(path, kind, said, own=Understanding(read_table(path)))
        except UserError:
            if format == "prefrontal":
                raise
            kind = "columns"  # a table with our names in codes of its own
    opened = FORMATS[kind](path)
    whole = said.over(replace(opened.columns, format=kind))
    with of_file(path):
        return _Begun(path, kind, said, whole, prepare_cells(opened.cells, whole))


def _ended(begun: _Begun, values: Mapping[str, tuple[str, str]] | None = None) -> Understanding:
    """What is in a file, where `values`, if any, stand for 0 and for 1 and nothing else was said."""
    if begun.prepared is None:
        assert begun.own is not None
        return begun.own
    whole = replace(begun.whole, values={**(values or {}), **begun.whole.values})
    with of_file(begun.path):
        understood = understand_prepared(begun.prepared, whole)
    said = understood.columns if begun.kind == "columns" else begun.said  # of a known format its columns are known
    return replace(understood, columns=replace(said, format=begun.kind))


def understand_files(paths: Sequence[str | Path], columns: Columns | None = None) -> dict[str, Understanding]:
    """What is in each of several files of a group, by its path; people who are not named are called by their files, and
    what stands for 0 and for 1 is told from all files together.

    Files of events of BIDS are runs of the same people: they are understood as one, which stands at each path. What is
    warned of in several files is told once.

    Raises:
        UserError: as `understand`; or when there is no file.
    """
    if not paths:
        raise UserError("`path` must name a file of trials or more, got none.")
    said = columns or Columns()
    names = [Path(path).stem for path in paths]
    if len(set(names)) < len(names):
        names = [str(Path(path).with_suffix("")) for path in paths]
    if len(paths) == 1:
        return {str(paths[0]): understand(paths[0], columns=said)}
    kept = said.over(kept_columns(paths[0]))
    if {kept.format if kept.format != "auto" else detect_format(path) for path in paths} == {"bids"}:
        opened = joined_events([open_bids(path) for path in paths])
        together = understand_opened(opened, paths[0], kept)
        return dict.fromkeys(map(str, paths), replace(together, columns=replace(kept, format="bids")))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        begun = [_begun(path, columns=replace(said, nobody=name)) for path, name in zip(paths, names, strict=True)]
    pooled = pooled_values({str(one.path): one.held for one in begun})
    with warnings.catch_warnings(record=True) as later:
        warnings.simplefilter("always")
        files = {str(one.path): _ended(one, pooled[str(one.path)]) for one in begun}
    told: dict[str, list[str]] = {}
    for warning in (*caught, *later):
        if warning.category is UserWarning:
            told.setdefault(re.sub(r"(?<!\w)\d[\d,]*", "", str(warning.message)), []).append(str(warning.message))
    for messages in told.values():  # once, not once a file, whatever the numbers
        alike = "So" if len(set(messages)) == 1 else "So, with other numbers,"
        warnings.warn(f"{messages[0]} ({alike} in {len(messages)} of {len(paths)} files.)", stacklevel=2)
    return files


def joined_files(files: Mapping[str, Understanding]) -> pd.DataFrame:
    """The trials of what `understand_files` gives, in one table.

    Raises:
        UserError: when the files do not go together; see `joined`.
    """
    first = next(iter(files.values()))
    if all(understood is first for understood in files.values()):
        return first.table
    return joined({path: understood.table for path, understood in files.items()})


def detect_format(path: str | Path) -> str:
    """The format of the file at `path`, told from its name and its first line; "columns" when nothing tells.

    Raises:
        UserError: when the file cannot be read.
    """
    suffix = Path(path).suffix.lower()
    if kind := {".zip": "psych", ".mat": "matlab"}.get(suffix):
        return kind
    try:
        with io.TextIOWrapper(open_bytes(path), encoding="utf-8-sig", errors="replace") as file:
            heading = file.readline(MOST_LINE)
            while (heading and not heading.strip()) or heading[:4].lower() == "sep=":
                heading = file.readline(MOST_LINE)
    except (OSError, ValueError, EOFError, zlib.error) as error:
        raise unreadable(path, error) from error
    if heading.lstrip().startswith(BEGINS):
        return "akam"
    if heading.startswith(DATABASE) or (heading.lstrip().startswith("{") and POSTED.search(heading)):
        return "people"
    if suffix == ".jsonl":
        return "psych"
    if heading.lstrip()[:1] in ("[", "{"):
        return "psych" if heading.lstrip().startswith("{") and '"text"' in heading else "jspsych"
    try:
        names = set(read_heading(heading, path)[0])
    except (UserError, csv.Error):
        return "columns"  # whose reader says what is wrong
    if "level1_choice" in names:
        return "hbayesdm"
    if Path(path).name.endswith(SUFFIX) and "onset" in names:
        return "bids"
    screens = {"trial_type", "choice", "transition", "reward"} <= names and not names.isdisjoint(STAGES)
    known = TWO_STEP_TRIAL.choice in names or LEVELS.choice in names or is_expfactory(names)
    if screens or known or not names.isdisjoint(OBJECTS):
        return "jspsych"
    return "prefrontal" if {"subject", *DTYPES}.difference(OPTIONAL) <= names else "columns"


__all__ = [
    "FORMATS",
    "Columns",
    "Understanding",
    "detect_format",
    "joined",
    "joined_files",
    "keep_columns",
    "kept_columns",
    "kept_path",
    "overview",
    "read_columns",
    "read_hbayesdm",
    "read_jspsych",
    "read_psych",
    "read_trials",
    "understand",
    "understand_files",
    "with_trials",
    "write_hbayesdm",
]
