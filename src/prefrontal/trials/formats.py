"""Trial tables from the files of others: any table of text, hBayesDM's, jsPsych's and Psych-201's."""

import csv
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from prefrontal.errors import UserError, check_choice
from prefrontal.trials.columns import Columns, read_columns
from prefrontal.trials.hbayesdm import read_hbayesdm, write_hbayesdm
from prefrontal.trials.jspsych import OBJECTS, STAGES, TWO_STEP_TRIAL, read_jspsych
from prefrontal.trials.overview import joined, overview, with_trials
from prefrontal.trials.psych import read_psych
from prefrontal.trials.table import DTYPES, OPTIONAL, read_table
from prefrontal.trials.text import read_heading

MOST_LINE = 2**20
"""Characters of a first line that are looked at."""

FORMATS: dict[str, Callable[[str | Path], pd.DataFrame]] = {
    "prefrontal": read_table,
    "columns": read_columns,
    "hbayesdm": read_hbayesdm,
    "jspsych": read_jspsych,
    "psych": read_psych,
}
"""How a file of each format is read; `columns` takes a map of its columns as well."""


def read_trials(path: str | Path, *, format: str = "auto", columns: Columns | None = None) -> pd.DataFrame:
    """The trial table in the file at `path`.

    Arguments:
        path: the file.
        format: its format, one of `FORMATS`: "prefrontal", our own table; "columns", any table of text; "hbayesdm";
            "jspsych"; "psych", text of the collections Psych-101 and 201. "auto" tells it from the file's name and
            first line; it is "columns" where `columns` are given.
        columns: which column holds what, for the format "columns". None: they have our names, or usual ones.

    Returns:
        One row a trial; see `prefrontal.trials.table`. `overview` says in a line what was read.

    Raises:
        UserError: when there is no such format, or the file is not of it; it names the row and the column.

    Example:
        >>> pf.write_table("trials.csv", table)
        >>> len(pf.read_trials("trials.csv"))
        360
    """
    check_choice("format", format, ["auto", *FORMATS])
    if columns is not None:
        if format not in ("auto", "columns"):
            raise UserError(f"`columns` must go with the format columns, got {format}, which says them. Leave one out.")
        return read_columns(path, columns)
    if format != "auto":
        return FORMATS[format](path)
    kind = detect_format(path)
    if kind == "prefrontal":
        try:
            return read_table(path)
        except UserError:
            return read_columns(path)  # a table with our names in codes of its own
    return FORMATS[kind](path)


def detect_format(path: str | Path) -> str:
    """The format of the file at `path`, told from its name and its first line; "columns" when nothing tells.

    Raises:
        UserError: when the file cannot be read.
    """
    if Path(path).suffix.lower() in (".zip", ".jsonl"):
        return "psych"
    try:
        with Path(path).open(encoding="utf-8-sig", errors="replace") as file:
            heading = file.readline(MOST_LINE)
            while (heading and not heading.strip()) or heading[:4].lower() == "sep=":
                heading = file.readline(MOST_LINE)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UserError(f"`path` must be a file that can be read, got {path} ({reason}).") from error
    if heading.lstrip()[:1] in ("[", "{"):
        return "psych" if heading.lstrip().startswith("{") and '"text"' in heading else "jspsych"
    try:
        names = set(read_heading(heading, path)[0])
    except (UserError, csv.Error):
        return "columns"  # whose reader says what is wrong
    if "level1_choice" in names:
        return "hbayesdm"
    screens = {"trial_type", "choice", "transition", "reward"} <= names and not names.isdisjoint(STAGES)
    if screens or TWO_STEP_TRIAL.choice in names or not names.isdisjoint(OBJECTS):
        return "jspsych"
    return "prefrontal" if {"subject", *DTYPES}.difference(OPTIONAL) <= names else "columns"


__all__ = [
    "FORMATS",
    "Columns",
    "detect_format",
    "joined",
    "overview",
    "read_columns",
    "read_hbayesdm",
    "read_jspsych",
    "read_psych",
    "read_trials",
    "with_trials",
    "write_hbayesdm",
]
