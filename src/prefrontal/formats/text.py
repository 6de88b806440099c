"""Text files as tables of text."""

import csv
from pathlib import Path

import pandas as pd

from prefrontal.errors import UserError

SEPARATORS = ("\t", ";", ",")


def read_cells(path: str | Path) -> pd.DataFrame:
    """The table in the text file at `path`, every cell as it is written there, without the blanks around it.

    Columns are separated by tabs, semicolons or commas, whichever the first line has.

    Raises:
        UserError: when the file cannot be read, or a row has fewer or more cells than the first line.
    """
    try:
        with Path(path).open(encoding="utf-8-sig", newline="") as file:
            heading = file.readline()
            file.seek(0)
            separator = next((mark for mark in SEPARATORS if mark in heading), ",")
            names, *rows = [row for row in csv.reader(file, delimiter=separator) if row]
    except OSError as error:
        raise UserError(f"`path` must be a file that can be read, got {path} ({error.strerror}).") from error
    except (ValueError, csv.Error) as error:
        raise UserError(f"`path` must be a table of text, got {path} ({error}).") from error
    for number, row in enumerate(rows):
        if len(row) != len(names):
            raise UserError(f"{path}: every row must have {len(names)} cells, got {len(row)} in row {number}.")
    return pd.DataFrame([[cell.strip() for cell in row] for row in rows], columns=[name.strip() for name in names])
