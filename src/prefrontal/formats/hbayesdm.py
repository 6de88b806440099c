"""The columns of hBayesDM's models of the two-step task (`ts_par4`, `ts_par6`, `ts_par7`)."""

from pathlib import Path

import pandas as pd

from prefrontal.errors import UserError
from prefrontal.files import write_text
from prefrontal.formats.columns import Columns, from_cells
from prefrontal.formats.text import read_cells
from prefrontal.trials import check_table

COLUMNS = Columns(subject="subjID", choice="level1_choice", state="level2_state", choice2="level2_choice")


def read_hbayesdm(path: str | Path) -> pd.DataFrame:
    """The trial table in a tab-separated file with hBayesDM's columns.

    `level1_choice` is 1 or 2; `level2_choice` 1 to 4, of which 1 and 2 belong to the common state after choice 1;
    `reward` 0 or 1. Gaps in `trial` are missed trials.

    Raises:
        UserError: when the file cannot be read, lacks a column, or a cell is out of its range.

    Reference:
        Ahn, Haines, Zhang (2017), Computational Psychiatry 1:24 (hBayesDM).
    """
    cells = read_cells(path)
    try:
        second = "level2_choice"
        if second not in cells:
            raise UserError(f"`columns` must include {second}, got {', '.join(cells)}. Is it of another format?")
        states = pd.Series(cells[second]).replace({"2": "1", "3": "2", "4": "2"})
        wrong = ~cells[second].isin(("1", "2", "3", "4", *COLUMNS.void)).to_numpy()
        if wrong.any():
            row = int(wrong.argmax())
            raise UserError(f"`{second}` must be 1 to 4, got {cells[second].iloc[row]} in row {row}.")
        table = from_cells(cells.assign(level2_state=states), COLUMNS)
    except UserError as error:
        raise UserError(f"{path}: {error}") from None
    return table


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
    write_text(Path(path), rows.to_csv(index=False, sep="\t"))
