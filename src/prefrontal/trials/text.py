"""Text files as tables of text."""

import csv
import gzip
import io
import re
import zlib
from collections import Counter
from collections.abc import Container, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from prefrontal.errors import UserError, is_on_the_command_line
from prefrontal.runs.provenance import parse_json
from prefrontal.runs.spreadsheets import from_csv

SEPARATORS = ("\t", ";", ",")
"""What may stand between the cells of a row."""
MOST_BYTES, MOST_RATIO, LEAST_BYTES = 2**26, 100, 2**22
"""A packed file that holds more than the first, or more than the last and more than so many times its size, is not
unpacked: the largest collection of Psych-201 known here has 25 MB, a twentieth of it packed."""
MOST_PLAIN = 2**28
"""Bytes of a file that is read: that takes memory of up to 30 times what it holds."""
MOST_COLUMNS = 2_000
MOST_EMPTY = 20
"""Of a large table that is made of rows of some names each, at least one cell of so many must hold something."""
DECIMAL_COMMA = r"[+-]?\d*,\d+"
THOUSANDS = r"[+-]?[1-9]\d{0,2},\d{3}"


def the_file() -> str:
    """What a message calls the file that is read: FILE of a command, or an argument of a function."""
    return "`file`" if is_on_the_command_line() else "`path`"


def unreadable(path: str | Path, error: Exception) -> UserError:
    """The refusal of a file that cannot be read at all, with what the system says of it."""
    remedy = " Check its name and folder." if isinstance(error, FileNotFoundError) else ""
    reason = getattr(error, "strerror", None) or error
    return UserError(f"{the_file()} must be a file that can be read, got {path} ({reason}).{remedy}")


def read_text(path: str | Path) -> str:
    """The text in the file at `path`, without a byte-order mark; of study.csv.gz, unpacked. An address (http://...) is
    no file.

    Raises:
        UserError: when it cannot be read, is not text in UTF-8, is larger than `MOST_PLAIN`, or unpacks to more than
            `most_unpacked`.
    """
    try:
        check_size(path)
        with open_bytes(path) as file:
            room = most_unpacked(Path(path).stat().st_size) if isinstance(file, gzip.GzipFile) else None
            data = file.read(-1 if room is None else room + 1)
        if room is not None and len(data) > room:
            raise UserError(
                f"{path}: a packed file of its size must hold at most {room / 2**20:,.0f} MB, got more. Unpack it "
                "yourself if you trust it."
            )
        # \r\n and \r, of other systems, become \n.
        return io.TextIOWrapper(io.BytesIO(data), encoding="utf-8-sig").read()
    except UserError:
        raise
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        reason = str(error).rstrip(".")
        raise UserError(f"{the_file()} must be a table of text, packed or not, got {path} ({reason}).") from error
    except OSError as error:
        raise unreadable(path, error) from error
    except ValueError as error:
        raise UserError(
            f"{the_file()} must be a table of text, got {path} ({error}). Save a spreadsheet or packed file as CSV "
            "in UTF-8."
        ) from error


def check_size(path: str | Path) -> None:
    """Refuse a file that would take more memory than most computers have.

    Raises:
        UserError: when it is larger than `MOST_PLAIN`.
        OSError: when there is none.
    """
    size = Path(path).stat().st_size
    if size > MOST_PLAIN:
        raise UserError(
            f"{path}: a file must hold at most {MOST_PLAIN / 2**20:,.0f} MB, got {size / 2**20:,.0f} MB: reading takes "
            "up to 30 times as much memory. Split it by people; the parts can be given together."
        )


def most_unpacked(size: int) -> int:
    """How many bytes a packed file of `size` bytes may hold."""
    return min(MOST_BYTES, max(LEAST_BYTES, MOST_RATIO * size))


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
        got = "its first line is empty" if text.strip() else "it is empty"
        raise UserError(f"{the_file()} must be a table of text, got {path} ({got}). Is it the right file?")
    try:
        rows = {mark: next(csv.reader([heading], delimiter=mark)) for mark in reversed(SEPARATORS)}
    except csv.Error as error:
        raise UserError(f"{the_file()} must be a table of text, got {path} ({error}).") from error
    separator = max(rows, key=lambda mark: len(rows[mark]))
    if len(rows[separator]) == 1 and (other := _other_separator(heading)):
        raise UserError(
            f"{path}: `columns` must be separated by commas, semicolons or tabs, got {other} between them, as it "
            "seems. Save the table as CSV."
        )
    names = [name.strip() for name in rows[separator]]
    check_columns(path, len(names))
    twice = sorted(name for name, count in Counter(names).items() if name and count > 1)
    if twice:
        listed = ", ".join(name[:40] for name in twice[:5])
        raise UserError(
            f"{path}: `columns` must have a name of their own each, got {listed} twice. Rename one of them."
        )
    return names, separator


def _other_separator(heading: str) -> str:
    """What seems to separate the columns of a heading without one of `SEPARATORS`; nothing where nothing does."""
    for mark in ("|", ":", "^", "~"):
        if heading.count(mark) > 1:
            return mark
    return "spaces" if len(heading.split()) > 2 else ""


def check_columns(path: str | Path, columns: int) -> None:
    """Refuse a table of more than `MOST_COLUMNS` columns.

    Raises:
        UserError: when it has.
    """
    if columns > MOST_COLUMNS:
        raise UserError(f"{path}: a table must have at most {MOST_COLUMNS:,} columns, got {columns:,}. Leave some out.")


def check_filled(path: str | Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Refuse rows that would make a table too wide or nearly empty: of 60,000 rows with a name of their own each, say.

    Raises:
        UserError: when they would.
    """
    columns, held = len({name for row in rows for name in row}), sum(map(len, rows))
    check_columns(path, columns)
    if len(rows) * columns > 1_000_000 + MOST_EMPTY * held:
        raise UserError(
            f"{path}: rows must have the same columns, or nearly so, got {columns:,} in {len(rows):,} rows that hold "
            f"{held / len(rows):.3g} each. Is it the right file?"
        )


def read_cells(path: str | Path) -> pd.DataFrame:
    """The table in the text file at `path`, every cell as it is written there, without the blanks around it.

    Columns are separated by tabs, semicolons or commas, whichever the first line has most of. Where commas do not
    separate, numbers may have decimal commas, which become points. Rows without anything in them and nameless
    columns are passed over.

    Raises:
        UserError: when the file cannot be read, two columns have one name, or a row has fewer or more cells than the
            first line.
    """
    text = read_text(path)
    above = text[:4].lower() == "sep="  # Excel's own first line
    if above:
        text = text.partition("\n")[2]
    names, separator = read_heading(text, path)
    try:
        rows = [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(text), delimiter=separator)]
    except csv.Error as error:
        raise UserError(f"{the_file()} must be a table of text, got {path} ({error}).") from error
    heading = 1 + above
    for number, row in enumerate(rows[1:], heading + 1):
        if len(row) > len(names) and not any(row[len(names) :]):
            del row[len(names) :]
        if any(row) and len(row) != len(names):
            few = "Fill in what is missing there" if len(row) < len(names) else "Put texts with a separator in quotes"
            raise UserError(
                f"{path}: every row must have {len(names)} cells, got {len(row)} in row {number} (the heading is row "
                f"{heading}). {few}, or delete the row."
            )
    rows = [row for row in rows[1:] if any(row)]
    cells = pd.DataFrame(rows, columns=names, dtype=str)
    cells = cells.iloc[:, [place for place, name in enumerate(names) if name]]
    return from_csv(cells if separator == "," else cells.apply(with_points))


def with_points(cells: pd.Series) -> pd.Series:
    """`cells` with decimal points for the decimal commas of numbers. What may as well be thousands, as 1,234 beside no
    other, is left as it is."""
    comma = cells.str.fullmatch(DECIMAL_COMMA)
    if not comma.any() or cells.where(comma).dropna().str.fullmatch(THOUSANDS).all():
        return cells
    return cells.mask(comma, cells.str.replace(",", "."))


def holds(cells: pd.Series, words: Container[str]) -> np.ndarray:
    """Which of `cells` hold one of `words`, which are in small letters, in upper or lower case."""
    texts = cells.to_numpy(object)
    here = {text for text in pd.unique(texts) if isinstance(text, str) and text.lower() in words}
    return np.array([text in here for text in texts], bool) if here else np.zeros(len(texts), bool)


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
