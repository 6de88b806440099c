"""Trial tables from any table whose columns can be named."""

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from prefrontal.errors import UserError, check_choice
from prefrontal.trials.coding import is_void, names, second_choices, times, truth
from prefrontal.trials.finding import MOST_LISTED, check_one_person, find, without_practice
from prefrontal.trials.mapping import common_transitions, contradiction, warn_if_rare
from prefrontal.trials.numbering import session_numbers, trial_numbers
from prefrontal.trials.numbers import as_numbers
from prefrontal.trials.table import DTYPES, check_table, in_order, number_subjects
from prefrontal.trials.text import excerpt, read_cells

CODED = ("choice", "state", "common", "choice2", "reward", "missed")
"""The columns whose values are 0 and 1, whatever the file calls them."""
PLACES = ("subject", "session", "trial", *CODED, "better_state", "rt", "rt2", "practice", "block")
"""What a column can be said to hold."""


@dataclass(frozen=True)
class Columns:
    """Which column of a table holds what, by name. A column that is named must be there; "" says that there is none.
    None, unless said otherwise, means the column of our name, if there is one, in upper or lower case.

    Example:
        >>> rows = {"who": ["ann"] * 3, "first": ["left", "left", "right"], "usual": [1, 0, 1], "outcome": [0, 1, 1]}
        >>> pd.DataFrame(rows).to_csv("data.csv", index=False)
        >>> columns = pf.Columns(subject="who", choice="first", common="usual", reward="outcome")
        >>> pf.read_trials("data.csv", columns=columns)["choice"].tolist()
        [0, 0, 1]
    """

    subject: str | None = None
    """Who chose. None: also a column called participant, subj, subject_id, subjID, ID, ppt or the like. Without any,
    all rows are of one subject, called `nobody`."""
    session: str | None = None
    """Nothing carries over from one session to the next. Without it each subject has one."""
    trial: str | None = None
    """The number of the trial within its session; gaps are missed trials. None: also trial_number or the like. Without
    it trials are numbered in their order."""
    choice: str | None = None
    """First-stage choice: any two names or numbers. "": the state that the option taken commonly leads to, told by
    `state` and `common`, for tasks that assign options to states afresh."""
    state: str | None = None
    """Second-stage state reached: any two names or numbers. Without it `common` must be there."""
    common: str | None = None
    """Whether the transition was common. Without it, the state that followed a choice more often, for each subject,
    is its common one."""
    choice2: str | None = None
    """Second-stage choice: two names or numbers, or four, two a state."""
    reward: str | None = None
    """The outcome, 0 or 1."""
    missed: str | None = None
    """Whether the trial was missed; what its other cells hold counts for nothing. Without it, a trial is that has no
    choice, state, second choice or reward."""
    better_state: str | None = None
    """The state that paid more often, called as in `state`."""
    rt: str | None = None
    """Response time of the first-stage choice."""
    rt2: str | None = None
    """Response time of the second-stage choice."""
    rt_unit: Literal["s", "ms"] = "s"
    """Unit of the response times: seconds or milliseconds."""
    practice: str | None = None
    """Whether a trial was practice: such rows are left out. None: also any column that says "practice" of some rows."""
    block: str = ""
    """Within which choices lead to the same state, where that is told from counts. "": throughout."""
    values: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """What stands for 0 and for 1, by our name of the column: {"choice": ("left", "right")}. Without it the two names
    are taken in their order: 0 before 1, 1 before 2, a before b."""
    void: tuple[str, ...] = ()
    """What a cell without a value may hold, such as -1, beside nothing, NA, n/a, null and the like."""
    void_in: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The same for single columns, by our name: {"choice": ("0",)}."""
    nobody: str = "1"
    """What the subject of a table is called in which nobody is named."""

    def __post_init__(self) -> None:
        check_choice("rt_unit", self.rt_unit, ("s", "ms"))
        for name, pair in self.values.items():
            check_choice("values", name, CODED)
            if len(pair) != 2 or pair[0] == pair[1]:
                raise UserError(f"`values` must give two values of `{name}`, for 0 and for 1, got {pair}.")
        for name in self.void_in:
            check_choice("void_in", name, PLACES)


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
    the common one after choice 0, whatever it was called. Rows of a subject need not stand together.

    Raises:
        UserError: as `read_columns`.
    """
    theirs = find(cells, {name: getattr(columns, name) for name in PLACES})
    _check_needed(cells, theirs, columns)
    cells = without_practice(cells, theirs.pop("practice", None), columns.practice is not None)
    if not len(cells):
        raise UserError("`table` must hold a trial, got a heading only. Is it the right file?")
    if "subject" not in theirs and columns.subject is None and columns.nobody == Columns.nobody:
        check_one_person(cells, theirs, f"all {len(cells):,} rows")
    found = {name: pd.Series(cells[column]) for name, column in theirs.items()}
    subject = found.pop("subject", pd.Series(columns.nobody, cells.index))
    for name, cell in found.items():
        void = columns.void if name in (*CODED, "better_state", "rt", "rt2") else ()
        found[name] = cell.mask(is_void(cell, (*void, *columns.void_in.get(name, ()))))
    nameless = (subject == "").to_numpy()
    if nameless.any():
        row = cells.index[int(nameless.argmax())]
        raise UserError(f"`{theirs['subject']}` must be named in every row, got none in row {row}. Name it.")
    number, who = pd.factorize(subject)
    said = truth(found["missed"], theirs["missed"], columns.values.get("missed")) == 1 if "missed" in found else None
    if said is not None:
        found |= {name: found[name].mask(said) for name in CODED if name in found and name != "missed"}
        found |= {
            name: found[name].mask(said & ~(as_numbers(found[name]) > 0)) for name in ("rt", "rt2") if name in found
        }
    else:
        _check_void(cells, found, theirs, columns)

    table, missed, flipped = _coded(found, theirs, columns, number, list(who), said)
    if columns.state == "" and {"choice", "common"} <= set(found) and "state" in cells:
        _check_state_left_out(pd.Series(cells["state"]), table, missed, number, columns)
    table["missed"] = missed
    for name in ("rt", "rt2"):
        if name in found:
            table[name] = times(found[name], theirs[name], columns.rt_unit)
    if "better_state" in found:
        table |= _better_state(found, theirs, number, missed, flipped)
    table["session"] = session_numbers(found.get("session"), theirs.get("session", ""), len(cells))
    table["trial"] = trial_numbers(found.get("trial"), theirs.get("trial", ""), number, table["session"])
    ours = {"subject": subject.to_numpy()} | {name: table[name] for name in DTYPES if name in table}
    return number_subjects(check_table(in_order(pd.DataFrame(ours))))


def _check_needed(cells: pd.DataFrame, theirs: Mapping[str, str], columns: Columns) -> None:
    afresh = columns.choice == ""
    needed = ["state", "common", "reward"] if afresh else ["choice", "reward"]
    needed += ["state"] * ("state" not in theirs and "common" not in theirs and not afresh)
    if lacking := [name for name in needed if name not in theirs]:
        raise UserError(
            f"`columns` must include {', '.join(lacking)}, got {excerpt(', '.join(cells) or 'none', MOST_LISTED)}. "
            "Say which column holds what: choice=COLUMN and so on."
        )


def _check_void(
    cells: pd.DataFrame, found: Mapping[str, pd.Series], theirs: Mapping[str, str], columns: Columns
) -> None:
    """Refuse what is said to mark a missed trial if it is also one of the two values of a column."""
    here = [name for name in ("choice", "state", "common", "choice2", "reward") if name in found]
    there = pd.DataFrame({name: found[name].notna() for name in here})
    for name in here:
        alone = ~there[name] & there.drop(columns=name).all(axis=1)
        held = pd.Series(cells[theirs[name]])
        said = is_void(held, columns.void) & ~is_void(held)
        if columns.void and found[name].nunique() < 2 and bool((alone & said).any()):
            row = int((alone & said).to_numpy().argmax())
            value = held.iloc[row]
            raise UserError(
                f"`missing` must be no value of a trial that was not missed, got {value}, which {theirs[name]} holds "
                f"in row {cells.index[row]} where all else is there. Say in which columns: missing "
                f"{' '.join(f'{other}={value}' for other in here if other != name)}."
            )


def _coded(
    found: Mapping[str, pd.Series],
    theirs: Mapping[str, str],
    columns: Columns,
    number: np.ndarray,
    who: list[str],
    said: np.ndarray | None,
) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray | None]:
    """The columns of 0 and 1; which trials were missed; and which states bear the other number than in the file."""

    def coded(name: str, code: Callable[..., np.ndarray], *more: np.ndarray) -> np.ndarray:
        return code(found[name], theirs[name], *more, pair=columns.values.get(name))

    state = coded("state", names, number) if "state" in found else None
    common = coded("common", truth) if "common" in found else None
    if "choice" in found:
        choice = coded("choice", names, number)
    else:  # then both are there
        reached, usual = np.asarray(state), np.asarray(common)
        choice = np.where(np.isnan(reached + usual), np.nan, np.where(usual == 1, reached, 1 - reached))
    if common is not None:
        warn_if_rare(common, number, who, theirs["common"])
    if state is not None:
        block = pd.factorize(found["block"])[0] if "block" in found else None
        common = common_transitions(choice, state, common, number, who, block, found["reward"].index)
    common = np.asarray(common)
    binary = {"choice": choice, "reward": coded("reward", truth), "common": common}
    if "choice2" in found:
        reached = np.where(common == 1, choice, 1 - choice) if state is None else state
        binary["choice2"] = coded("choice2", second_choices, number, reached)
    void = np.isnan(sum(binary.values()))
    missed = void if said is None else said
    if (void & ~missed).any():
        row = int((void & ~missed).argmax())
        name = next(name for name, values in binary.items() if np.isnan(values[row]))
        raise UserError(
            f"`{theirs.get(name, name)}` must have a value in a trial that was not missed, got none in row "
            f"{found['reward'].index[row]}."
        )
    table = {name: np.where(missed, 0, values).astype(np.int8) for name, values in binary.items()}
    table["state"] = np.where(table["common"] == 1, table["choice"], 1 - table["choice"])
    return table, missed, None if state is None else np.where(missed, np.nan, table["state"] != state)


def _check_state_left_out(
    cells: pd.Series, table: Mapping[str, np.ndarray], missed: np.ndarray, subject: np.ndarray, columns: Columns
) -> None:
    """Refuse to make up states where those of the file, left out, are others."""
    try:
        state = names(cells.mask(is_void(cells, columns.void) | missed), "state", subject, columns.values.get("state"))
    except UserError:
        return  # it holds something else
    row = contradiction(table["choice"].astype(float), state, table["common"].astype(float), subject)
    if row is not None:
        raise UserError(
            f"`state` must be kept where options are assigned to states afresh, as in row {cells.index[row]}: without "
            "it the states would be made up. Say choice= with nothing after it: a choice is then the state that the "
            "option commonly leads to."
        )


def _better_state(
    found: Mapping[str, pd.Series],
    theirs: Mapping[str, str],
    subject: np.ndarray,
    missed: np.ndarray,
    flipped: np.ndarray | None,
) -> dict[str, np.ndarray]:
    """The better state, numbered as the states are; nothing where the states of the file are not."""
    name = theirs["better_state"]
    share = None if flipped is None else pd.Series(flipped).groupby(subject).transform("mean").to_numpy()
    if share is None or not np.isin(share, (0, 1)).all():
        warnings.warn(f"`{name}` is left out: which state it means cannot be told from the states.", stacklevel=4)
        return {}
    both = pd.concat([found["state"], found["better_state"]], ignore_index=True)
    better = names(both, name, np.concatenate([subject, subject]))[len(subject) :]
    lacking = np.isnan(better) & ~missed
    if lacking.any():
        row = found["state"].index[int(lacking.argmax())]
        raise UserError(f"`{name}` must have a value in a trial that was not missed, got none in row {row}.")
    return {"better_state": np.nan_to_num(np.where(share == 1, 1 - better, better)).astype(np.int8)}
