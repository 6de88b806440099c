"""Trial tables from any table whose columns can be named."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from prefrontal.errors import UserError, check_choice
from prefrontal.formats.coding import common_transitions, names, numbers, second_choices, times, truth
from prefrontal.formats.text import read_cells
from prefrontal.trials import DTYPES, check_table, number_subjects

VOID = ("", "NA", "NaN", "nan", "null", "None", "undefined")
"""What a cell without a value may hold."""


@dataclass(frozen=True)
class Columns:
    """Which column of a table holds what. A column that the table lacks is left out of the trial table or made up
    as its docstring says."""

    subject: str = "subject"
    """Who chose. Without it all rows are of one subject, called "1"."""
    session: str = "session"
    """Nothing carries over from one session to the next. Without it each subject has one."""
    trial: str = "trial"
    """The number of the trial within its session, ascending; gaps are missed trials. Without it trials are numbered
    in their order."""
    choice: str = "choice"
    """First-stage choice: any two names or numbers."""
    state: str = "state"
    """Second-stage state reached: any two names or numbers. Without it `common` must be there."""
    common: str = "common"
    """Whether the transition was common. Without it, the state that followed a choice more often, for each subject,
    is its common one."""
    choice2: str = "choice2"
    """Second-stage choice: two names or numbers, or four, two a state."""
    reward: str = "reward"
    """The outcome, 0 or 1."""
    missed: str = "missed"
    """Whether the trial was missed. Without it, a trial is that has no choice, state, second choice or reward."""
    rt: str = "rt"
    """Response time of the first-stage choice."""
    rt2: str = "rt2"
    """Response time of the second-stage choice."""
    rt_unit: Literal["s", "ms"] = "s"
    """Unit of the response times: seconds or milliseconds."""
    values: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """What stands for 0 and for 1, by our name of the column: {"choice": ("left", "right")}. Without it the two names
    are taken in their order: 0 before 1, 1 before 2, a before b."""
    void: tuple[str, ...] = VOID
    """What a cell without a value may hold, such as -1."""

    def __post_init__(self) -> None:
        check_choice("rt_unit", self.rt_unit, ("s", "ms"))
        for name, pair in self.values.items():
            check_choice("values", name, ("choice", "state", "common", "choice2", "reward", "missed"))
            if len(pair) != 2 or pair[0] == pair[1]:
                raise UserError(f"`values` must give two values of `{name}`, for 0 and for 1, got {pair}.")


def read_columns(path: str | Path, columns: Columns | None = None) -> pd.DataFrame:
    """The trial table in a text file (comma-, semicolon- or tab-separated) whose columns are named by `columns`.

    Raises:
        UserError: when the file cannot be read, lacks a column, or a cell is out of its range; it names the row,
            from 0, and the column.
    """
    cells = read_cells(path)
    try:
        return from_cells(cells, columns or Columns())
    except UserError as error:
        raise UserError(f"{path}: {error}") from None


def from_cells(cells: pd.DataFrame, columns: Columns) -> pd.DataFrame:
    """The trial table in `cells`, a table of text.

    Choices and states may have any two names, which may differ from subject to subject. In the trial table state 0 is
    the common one after choice 0, whatever it was called.

    Raises:
        UserError: as `read_columns`.
    """
    theirs = {name: getattr(columns, name) for name in ("subject", *DTYPES) if hasattr(columns, name)}
    found = {name: pd.Series(cells[column]) for name, column in theirs.items() if column in cells}
    needed = ["choice", "reward"] + ["state"] * ("state" not in found and "common" not in found)
    if lacking := [theirs[name] for name in needed if name not in found]:
        raise UserError(
            f"`columns` must include {', '.join(lacking)}, got {', '.join(cells) or 'none'}. "
            "Say which column holds what."
        )
    subject = found.pop("subject", pd.Series("1", cells.index))
    found = {name: pd.Series(cell.mask(cell.isin(columns.void))) for name, cell in found.items()}
    nameless = (subject == "").to_numpy()
    if nameless.any():
        row = int(nameless.argmax())
        raise UserError(f"`{columns.subject}` must be named in every row, got none in row {row}. Name it.")
    number, who = pd.factorize(subject)

    def coded(name: str, code: Callable[..., np.ndarray], *more: np.ndarray) -> np.ndarray:
        return code(found[name], theirs[name], *more, pair=columns.values.get(name))

    choice = coded("choice", names, number)
    state = coded("state", names, number) if "state" in found else None
    common = coded("common", truth) if "common" in found else None
    binary = {"choice": choice, "reward": coded("reward", truth)}
    if state is not None:
        common = common_transitions(choice, state, common, number, list(who))
    common = np.asarray(common)
    binary["common"] = common
    if "choice2" in found:
        reached = np.where(common == 1, choice, 1 - choice) if state is None else state
        binary["choice2"] = coded("choice2", second_choices, number, reached)

    void = np.isnan(sum(binary.values()))
    missed = coded("missed", truth) == 1 if "missed" in found else void
    if (void & ~missed).any():
        row = int((void & ~missed).argmax())
        name = next(name for name, values in binary.items() if np.isnan(values[row]))
        raise UserError(f"`{theirs[name]}` must have a value in a trial that was not missed, got none in row {row}.")
    table = {name: np.where(missed, 0, values).astype(np.int8) for name, values in binary.items()}
    table["state"] = np.where(table["common"] == 1, table["choice"], 1 - table["choice"])
    table["missed"] = missed
    for name in ("rt", "rt2"):
        if name in found:
            table[name] = times(found[name], theirs[name], columns.rt_unit)
    table["session"] = _sessions(found.get("session"), theirs["session"], len(cells))
    table["trial"] = _trials(found.get("trial"), theirs["trial"], number, table["session"])
    named = {"subject": subject.to_numpy()} | {name: table[name] for name in DTYPES if name in table}
    return number_subjects(check_table(pd.DataFrame(named)))


def _sessions(cells: pd.Series | None, name: str, num: int) -> np.ndarray:
    """Whole numbers from 0; names are numbered as they come."""
    if cells is None:
        return np.zeros(num, int)
    if cells.isna().any():
        raise UserError(f"`{name}` must be named in every row, got none in row {int(cells.isna().argmax())}. Name it.")
    values = numbers(cells)
    if np.isnan(values).any():
        return pd.factorize(cells)[0]
    return values - (0 if (values == 0).any() else 1)


def _trials(cells: pd.Series | None, name: str, subject: np.ndarray, session: np.ndarray) -> np.ndarray:
    """Whole numbers from 0: as numbered in the file, from 0 or from 1, or in order."""
    if cells is None:
        return (
            pd.DataFrame({"subject": subject, "session": session}).groupby(["subject", "session"]).cumcount().to_numpy()
        )
    values = numbers(cells)
    if np.isnan(values).any():
        row = int(np.isnan(values).argmax())
        raise UserError(f"`{name}` must be a whole number, got {cells.iloc[row]} in row {row}.")
    return values - (0 if (values == 0).any() else 1)
