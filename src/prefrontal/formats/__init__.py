"""Trial tables from the files of others: any table of text, hBayesDM's, jsPsych's and Psych-201's."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from prefrontal.errors import check_choice
from prefrontal.formats.columns import Columns, read_columns
from prefrontal.formats.hbayesdm import read_hbayesdm, write_hbayesdm
from prefrontal.formats.jspsych import read_jspsych
from prefrontal.formats.psych import read_psych
from prefrontal.trials import read_table

FORMATS: dict[str, Callable[[str | Path], pd.DataFrame]] = {
    "prefrontal": read_table,
    "columns": read_columns,
    "hbayesdm": read_hbayesdm,
    "jspsych": read_jspsych,
    "psych": read_psych,
}
"""How a file of each format is read; `columns` takes a map of its columns as well."""


def read_trials(path: str | Path, *, format: str = "prefrontal") -> pd.DataFrame:
    """The trial table in the file at `path`.

    Arguments:
        path: the file.
        format: its format, one of `FORMATS`: "prefrontal", our own table; "columns", any table of text whose
            columns have our names; "hbayesdm"; "jspsych"; "psych", text of the collections Psych-101 and 201.

    Raises:
        UserError: when there is no such format, or the file is not of it; it names the row and the column.
    """
    check_choice("format", format, list(FORMATS))
    return FORMATS[format](path)


__all__ = [
    "FORMATS",
    "Columns",
    "read_columns",
    "read_hbayesdm",
    "read_jspsych",
    "read_psych",
    "read_trials",
    "write_hbayesdm",
]
