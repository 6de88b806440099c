"""Trial tables from the files of others: any table of text, hBayesDM's, jsPsych's and Psych-201's."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from prefrontal.errors import UserError, check_choice
from prefrontal.formats.columns import Columns, read_columns
from prefrontal.formats.hbayesdm import read_hbayesdm, write_hbayesdm
from prefrontal.formats.jspsych import read_jspsych
from prefrontal.formats.psych import read_psych
from prefrontal.trials import DTYPES, OPTIONAL, read_table

FORMATS: dict[str, Callable[[str | Path], pd.DataFrame]] = {
    "prefrontal": read_table,
    "columns": read_columns,
    "hbayesdm": read_hbayesdm,
    "jspsych": read_jspsych,
    "psych": read_psych,
}
"""How a file of each format is read; `columns` takes a map of its columns as well."""


def read_trials(path: str | Path, *, format: str = "auto") -> pd.DataFrame:
    """The trial table in the file at `path`.

    Arguments:
        path: the file.
        format: its format, one of `FORMATS`: "prefrontal", our own table; "columns", any table of text whose
            columns have our names; "hbayesdm"; "jspsych"; "psych", text of the collections Psych-101 and 201.
            "auto" tells it from the file's name and first line.

    Raises:
        UserError: when there is no such format, or the file is not of it; it names the row and the column.
    """
    check_choice("format", format, ["auto", *FORMATS])
    return FORMATS[detect_format(path) if format == "auto" else format](path)


def detect_format(path: str | Path) -> str:
    """The format of the file at `path`, told from its name and its first line; "columns" when nothing tells.

    Raises:
        UserError: when the file cannot be read.
    """
    if Path(path).suffix in (".zip", ".jsonl"):
        return "psych"
    try:
        with Path(path).open(encoding="utf-8-sig", errors="replace") as file:
            heading = file.readline()
    except OSError as error:
        raise UserError(f"`path` must be a file that can be read, got {path} ({error.strerror}).") from error
    if "level1_choice" in heading:
        return "hbayesdm"
    if "two_step_task_info" in heading or "state_1_choice" in heading:
        return "jspsych"
    names = heading.strip().split(",")
    ours = {"subject", *DTYPES}.difference(OPTIONAL)
    return "prefrontal" if ours.issubset(names) else "columns"


__all__ = [
    "FORMATS",
    "Columns",
    "detect_format",
    "read_columns",
    "read_hbayesdm",
    "read_jspsych",
    "read_psych",
    "read_trials",
    "write_hbayesdm",
]
