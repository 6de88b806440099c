"""Trial tables from the files of others: any table of text, hBayesDM's, jsPsych's and Psych-201's."""

import csv
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from prefrontal.errors import UserError, check_choice
from prefrontal.trials.akam import BEGINS, open_akam
from prefrontal.trials.bids import SUFFIX, joined_events, open_bids
from prefrontal.trials.columns import Opened, open_columns, read_columns, understand_opened
from prefrontal.trials.description import Columns
from prefrontal.trials.expfactory import is_expfactory
from prefrontal.trials.gillan import open_gillan
from prefrontal.trials.hbayesdm import open_hbayesdm, read_hbayesdm, write_hbayesdm
from prefrontal.trials.jspsych import LEVELS, OBJECTS, STAGES, TWO_STEP_TRIAL, open_jspsych, read_jspsych
from prefrontal.trials.kept import keep_columns, kept_columns, kept_path
from prefrontal.trials.matlab import open_matlab
from prefrontal.trials.overview import joined, overview, with_trials
from prefrontal.trials.psych import open_psych, read_psych
from prefrontal.trials.table import DTYPES, OPTIONAL, read_table
from prefrontal.trials.text import read_heading
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
}
"""How a file of each format is opened: as a table of text, with the description that goes with it."""
BESIDE = {"subject", "session", "practice", "rows", "void", "rt_unit", "nobody", "format"}
"""What may be said of a file of a known format and leave the rest to the format."""


def read_trials(path: str | Path, *, format: str = "auto", columns: Columns | None = None) -> pd.DataFrame:
    """The trial table in the file at `path`.

    Arguments:
        path: the file.
        format: its format, one of `FORMATS`: "prefrontal", our own table; "columns", any table of text; "hbayesdm";
            "jspsych"; "psych", text of the collections Psych-101 and 201; "bids", a file of events; "matlab"; "gillan",
            fifteen columns without a heading; "akam", the log of a session. "auto" tells it from the file's name and
            first line; "gillan" must be said.
        columns: which column holds what, where that is not as the format or usual names say. What it leaves open is as
            the description says that is kept beside the file (see `keep_columns`).

    Returns:
        One row a trial; see `prefrontal.trials.table`. `overview` says in a line what was read, and `understand` what
        stands for what.

    Raises:
        UserError: when there is no such format, or the file is not of it; it names the row and the column.

    Example:
        >>> pf.write_table("trials.csv", table)
        >>> len(pf.read_trials("trials.csv"))
        360
    """
    return understand(path, format=format, columns=columns).table


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
    check_choice("format", format, ["auto", *FORMATS])
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
            return Understanding(read_table(path))
        except UserError:
            if format == "prefrontal":
                raise
            kind = "columns"  # a table with our names in codes of its own
    opened = FORMATS[kind](path)
    opened = opened._replace(columns=replace(opened.columns, format=kind))
    understood = understand_opened(opened, path, said)
    said = understood.columns if kind == "columns" else said  # of a known format its columns are known
    return replace(understood, columns=replace(said, format=kind))


def understand_together(paths: Sequence[str | Path], columns: Columns | None = None) -> Understanding | None:
    """What is in several files that are understood as one, for they are runs of the same people; None where each is
    understood alone.

    Raises:
        UserError: as `understand`.
    """
    said = (columns or Columns()).over(kept_columns(paths[0]))
    kinds = {said.format if said.format != "auto" else detect_format(path) for path in paths}
    if kinds != {"bids"}:
        return None
    opened = joined_events([open_bids(path) for path in paths])
    return replace(understand_opened(opened, paths[0], said), columns=replace(said, format="bids"))


def detect_format(path: str | Path) -> str:
    """The format of the file at `path`, told from its name and its first line; "columns" when nothing tells.

    Raises:
        UserError: when the file cannot be read.
    """
    if kind := {".zip": "psych", ".jsonl": "psych", ".mat": "matlab"}.get(Path(path).suffix.lower()):
        return kind
    try:
        with Path(path).open(encoding="utf-8-sig", errors="replace") as file:
            heading = file.readline(MOST_LINE)
            while (heading and not heading.strip()) or heading[:4].lower() == "sep=":
                heading = file.readline(MOST_LINE)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UserError(f"`path` must be a file that can be read, got {path} ({reason}).") from error
    if heading.lstrip().startswith(BEGINS):
        return "akam"
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
    "understand_together",
    "with_trials",
    "write_hbayesdm",
]
