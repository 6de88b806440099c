"""The columns of hBayesDM's models of the two-step task (`ts_par4`, `ts_par6`, `ts_par7`)."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from prefrontal.errors import UserError
from prefrontal.runs.files import write_text
from prefrontal.runs.spreadsheets import to_csv
from prefrontal.trials.coding import is_void
from prefrontal.trials.columns import Opened, understand_opened
from prefrontal.trials.description import Columns
from prefrontal.trials.numbers import as_numbers
from prefrontal.trials.table import check_table
from prefrontal.trials.text import excerpt, read_cells

CHOICE, SECOND = "level1_choice", "level2_choice"
PAIR = ("0", "1")
COLUMNS = Columns(
    subject="subjID", choice=CHOICE, common="common", state="", choice2=SECOND, values={"choice": PAIR, "choice2": PAIR}
)


def read_hbayesdm(path: str | Path) -> pd.DataFrame:
    """The trial table in a tab-separated file with hBayesDM's columns.

    `level1_choice` is 1 or 2; `level2_choice` 1 to 4, of which 1 and 2 belong to the common state after choice 1;
    `reward` 0 or 1. Gaps in `trial` are missed trials. That is the format's definition: which transitions are common is
    not told from counts.

    Raises:
        UserError: when the file cannot be read, lacks a column, or a cell is out of its range.

    Reference:
        Ahn, Haines, Zhang (2017), Computational Psychiatry 1:24 (hBayesDM).
    """
    return understand_opened(open_hbayesdm(path), path).table


def open_hbayesdm(path: str | Path) -> Opened:
    """A file with hBayesDM's columns as a table of text.

    Raises:
        UserError: as `read_hbayesdm`.
    """
    cells = read_cells(path)
    try:
        if lacking := [name for name in (CHOICE, SECOND) if name not in cells]:
            raise UserError(
                f"`columns` must include {', '.join(lacking)}, got {excerpt(', '.join(cells), 300)}. "
                "Is it of another format?"
            )
        numbers = {}
        for name, most in ((CHOICE, 2), (SECOND, 4)):
            held = pd.Series(cells[name])
            numbers[name] = as_numbers(held)
            wrong = ~np.isin(numbers[name], range(1, most + 1)) & ~is_void(held)
            if wrong.any():
                row = int(wrong.argmax())
                got = excerpt(held.iloc[row])
                raise UserError(f"`{name}` must be 1 to {most}, got {got} in row {row}.")
        # The format's own definition, not counts: 1 and 2 are of the common state of choice 1.
        common = (numbers[CHOICE] > 1) == (numbers[SECOND] > 2)
        void = np.isnan(numbers[CHOICE] + numbers[SECOND])
        second = np.where(void, "", np.where(numbers[SECOND] % 2 == 1, "0", "1"))
        cells = cells.assign(
            **{CHOICE: np.where(void, "", np.where(numbers[CHOICE] == 1, "0", "1")), SECOND: second},
            common=np.where(void, "", np.where(common, "1", "0")),
        )
        columns = COLUMNS if "subjID" in cells else replace(COLUMNS, subject=None)
        return Opened(cells, columns)
    except UserError as error:
        raise UserError(f"{path}: {error}") from None


def write_hbayesdm(path: str | Path, table: pd.DataFrame) -> None:
    """Write `table` for hBayesDM, whole or not at all. Missed trials are left out, as hBayesDM wants it.

    Raises:
        UserError: when the table has no second-stage choices, a subject has several sessions (hBayesDM would run
            them together), or `path` cannot be written.
    """
    table = check_table(table)
    if "choice2" not in table:
        raise UserError("`table` must have second-stage choices, `choice2`, got none. hBayesDM's models need them.")
    blocks = table.drop_duplicates(["subject", "session"])
    again = blocks.duplicated("subject").to_numpy()
    if again.any():
        subject = blocks["subject"].to_numpy()[again.argmax()]
        raise UserError(f"`session` must be one a subject, got several of subject {subject}. Write one at a time.")
    if "missed" in table:
        table = table.loc[~table["missed"].to_numpy()]
    rows = pd.DataFrame(
        {
            "subjID": table["subject"],
            "trial": table["trial"] + 1,
            "level1_choice": table["choice"] + 1,
            "level2_choice": 2 * table["state"] + table["choice2"] + 1,
            "reward": table["reward"],
        }
    )
    write_text(Path(path), to_csv(rows, index=False, sep="\t"))
