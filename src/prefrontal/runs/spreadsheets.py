"""Tables as text that a spreadsheet may open: what strangers wrote is no formula there, and reads back as it was."""

import os
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

MOST_WORDS = 10_000
"""Columns of so few values together are put into words as one."""
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
    if options == {"index": False} and _is_of_whole_numbers(table):
        return _whole_numbers(table)
    plain = _changed(table, _escaped).rename(columns=_escaped)
    if not pd.api.types.is_numeric_dtype(table.index.dtype):
        plain = plain.rename(index=_escaped)
    return plain.to_csv(**options)


def from_csv(table: pd.DataFrame) -> pd.DataFrame:
    """`table`, read from text, without the ' that `to_csv` wrote before what looks like a formula."""
    return _changed(table, _read).rename(columns=_read)


def _is_of_whole_numbers(table: pd.DataFrame) -> bool:
    is_plain = table.columns.is_unique and all(isinstance(name, str) and name.isidentifier() for name in table)
    return is_plain and all(isinstance(dtype, np.dtype) and dtype.kind in "biu" for dtype in table.dtypes)


def _whole_numbers(table: pd.DataFrame) -> str:
    """What pandas writes of a table of whole numbers and truths, in a tenth of the time: neighbouring columns become
    one, of which each value is put into words once."""
    merged: list[tuple[np.ndarray, list[str]]] = []
    for name in table:
        codes, values = pd.factorize(table[name])
        words = [str(value) for value in values.tolist()]
        if merged and len(merged[-1][1]) * len(words) <= MOST_WORDS:
            before, others = merged.pop()
            codes = before * len(words) + codes
            words = [f"{one},{other}" for one in others for other in words]
        merged.append((codes, words))
    columns = [np.array(words, object)[codes] for codes, words in merged]
    return os.linesep.join([",".join(table), *map(",".join, zip(*columns, strict=True)), ""])


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
