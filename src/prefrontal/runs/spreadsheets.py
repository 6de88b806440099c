"""Tables as text that a spreadsheet may open: what strangers wrote is no formula there, and reads back as it was."""

import re
from collections.abc import Callable
from typing import Any

import pandas as pd

_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def to_csv(table: pd.DataFrame, **options: Any) -> str:
    """`table` as comma-separated text, with a ' before every text that a spreadsheet would take for a formula.

    Arguments:
        table: any table.
        options: of `pandas.DataFrame.to_csv`.

    Example:
        >>> from prefrontal.runs.spreadsheets import to_csv
        >>> print(to_csv(pd.DataFrame({"subject": ["=1+1", "ann"], "choice": [0, -1]}), index=False).strip())
        subject,choice
        '=1+1,0
        ann,-1
    """
    plain = _changed(table, _escaped).rename(columns=_escaped)
    if not pd.api.types.is_numeric_dtype(table.index.dtype):
        plain = plain.rename(index=_escaped)
    return plain.to_csv(**options)


def from_csv(table: pd.DataFrame) -> pd.DataFrame:
    """`table`, read from text, without the ' that `to_csv` wrote before what looks like a formula."""
    return _changed(table, _read).rename(columns=_read)


def _changed(table: pd.DataFrame, change: Callable[[Any], Any]) -> pd.DataFrame:
    """`table` with the texts in its cells as `change` makes them: of a text that is there often, once."""
    plain = table.copy(deep=False)
    for place, dtype in enumerate(table.dtypes):
        if pd.api.types.is_numeric_dtype(dtype):
            continue
        column = table.iloc[:, place]
        others = {text: change(text) for text in column.unique() if isinstance(text, str) and change(text) != text}
        if others:
            plain.isetitem(place, column.map(lambda cell, others=others: others.get(cell, cell)))
    return plain


def _escaped(value: Any) -> Any:
    is_formula = isinstance(value, str) and _FORMULA.match(value) and not _NUMBER.fullmatch(value)
    return f"'{value}" if is_formula else value


def _read(value: Any) -> Any:
    return value[1:] if isinstance(value, str) and value[:1] == "'" and _FORMULA.match(value) else value
