"""Text files as tables of text."""

import csv
import gzip
import io
import re
import zlib
from pathlib import Path
from typing import Any

import pandas as pd

from prefrontal.errors import UserError
from prefrontal.runs.provenance import parse_json

SEPARATORS = ("\t", ";", ",")
"""What may stand between the cells of a row."""
MOST_BYTES = 2**28
"""A packed file that holds more is not unpacked: the largest collection of Psych-201 known here has a tenth of that."""
DECIMAL_COMMA = r"[+-]?\d*,\d+"
THOUSANDS = r"[+-]?[1-9]\d{0,2},\d{3}"


def read_text(path: str | Path) -> str:
    """The text in the file at `path`, without a byte-order mark; of study.csv.gz, unpacked. An address (http://...) is
    no file.

    Raises:
        UserError: when it cannot be read, is not text in UTF-8, or unpacks to more than `MOST_BYTES`.
    """
    try:
        with open_bytes(path) as file:
            packed = isinstance(file, gzip.GzipFile)
            data = file.read(MOST_BYTES + 1 if packed else -1)
        if packed and len(data) > MOST_BYTES:
            raise UserError(
                f"{path}: the file must hold at most {MOST_BYTES / 2**20:,.0f} MB, got more. Unpack it yourself if you "
                "trust it."
            )
        # \r\n and \r, of other systems, become \n.
        return io.TextIOWrapper(io.BytesIO(data), encoding="utf-8-sig").read()
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        reason = str(error).rstrip(".")
        raise UserError(f"`path` must be a table of text, packed or not, got {path} ({reason}).") from error
    except OSError as error:
        raise UserError(f"`path` must be a file that can be read, got {path} ({error.strerror}).") from error
    except ValueError as error:
        raise UserError(
            f"`path` must be a table of text, got {path} ({error}). Save a spreadsheet or packed file as CSV in UTF-8."
        ) from error


def open_bytes(path: str | Path) -> gzip.GzipFile | io.BufferedReader:
    """The file at `path`, to be read; of a file packed by gzip (study.csv.gz), what is in it."""
    return gzip.GzipFile(path) if Path(path).suffix.lower() == ".gz" else Path(path).open("rb")


def read_heading(text: str, path: str | Path) -> tuple[list[str], str]:
    """The names of the columns in the first line of `text`, and what separates them: whichever gives most of them.

    Raises:
        UserError: when there is no first line, or two columns have one name.
    """
    heading = text.partition("\n")[0]
    if not heading.strip():
        raise UserError(f"`path` must be a table of text, got {path} (its first line is empty).")
    rows = {mark: next(csv.reader([heading], delimiter=mark)) for mark in reversed(SEPARATORS)}
    separator = max(rows, key=lambda mark: len(rows[mark]))
    names = [name.strip() for name in rows[separator]]
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        listed = ", ".join(name[:40] for name in twice[:5])
        raise UserError(
            f"{path}: `columns` must have a name of their own each, got {listed} twice. Rename one of them."
        )
    return names, separator


def read_cells(path: str | Path) -> pd.DataFrame:
    """The table in the text file at `path`, every cell as it is written there, without the blanks around it.

    Columns are separated by tabs, semicolons or commas, whichever the first line has most of. Where commas do not
    separate, numbers may have decimal commas, which become points. Rows and nameless columns without anything in them
    are passed over.

    Raises:
        UserError: when the file cannot be read, two columns have one name, or a row has fewer or more cells than the
            first line.
    """
    text = read_text(path)
    if text[:4].lower() == "sep=":  # Excel's own first line
        text = text.partition("\n")[2]
    names, separator = read_heading(text, path)
    try:
        rows = [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(text), delimiter=separator)]
    except csv.Error as error:
        raise UserError(f"`path` must be a table of text, got {path} ({error}).") from error
    rows = [row for row in rows[1:] if any(row)]
    for number, row in enumerate(rows):
        if len(row) > len(names) and not any(row[len(names) :]):
            del row[len(names) :]
        if len(row) != len(names):
            raise UserError(f"{path}: every row must have {len(names)} cells, got {len(row)} in row {number}.")
    cells = pd.DataFrame(rows, columns=names, dtype=str)
    nameless = [place for place, name in enumerate(names) if not name and not any(row[place] for row in rows)]
    cells = cells.iloc[:, [place for place in range(len(names)) if place not in nameless]]
    return cells if separator == "," else cells.apply(with_points)


def with_points(cells: pd.Series) -> pd.Series:
    """`cells` with decimal points for the decimal commas of numbers. What may as well be thousands, as 1,234 beside no
    other, is left as it is."""
    comma = cells.str.fullmatch(DECIMAL_COMMA)
    if not comma.any() or cells.where(comma).dropna().str.fullmatch(THOUSANDS).all():
        return cells
    return cells.mask(comma, cells.str.replace(",", "."))


def read_json(text: str, what: str) -> Any:
    """The JSON in `text`.

    Raises:
        UserError: when it is none, or too deeply nested; `what` says what it is of.
    """
    try:
        return parse_json(text)
    except ValueError as error:
        raise UserError(f"{what} must be JSON, got {excerpt(text)} ({error}).") from None


def excerpt(text: object, most: int = 40) -> str:
    """The beginning of `text`, on one line of at most so many characters."""
    line = re.sub(r"\s+", " ", str(text))
    return line if len(line) <= most else f"{line[:most]}..."
