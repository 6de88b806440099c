"""Trial tables from any table whose columns can be named."""

import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from prefrontal.errors import UserError
from prefrontal.trials.coding import cut, is_void, names, second_choices, times, truth, without_void
from prefrontal.trials.description import CODED, PLACES, Columns
from prefrontal.trials.finding import MOST_LISTED, check_one_person, find, warn_if_merged
from prefrontal.trials.mapping import common_transitions, contradiction, warn_if_rare
from prefrontal.trials.numbering import session_numbers, trial_numbers
from prefrontal.trials.numbers import as_numbers
from prefrontal.trials.rows import chosen_rows, without_fillers, without_practice
from prefrontal.trials.table import DTYPES, check_table, in_order, number_subjects
from prefrontal.trials.text import excerpt, read_cells
from prefrontal.trials.understanding import Understanding, stands_for

VALUED = (*CODED, "better_state", "rt", "rt2")
"""The columns that may be without a value."""


class Prepared(NamedTuple):
    """The trials of a file before what they hold is told as 0 and 1."""

    cells: pd.DataFrame
    """The rows that are trials."""
    found: Mapping[str, pd.Series]
    """The cells of each column that was found, NaN where void, by our name; without `subject`."""
    theirs: Mapping[str, str]
    """What the file calls each."""
    subject: pd.Series
    said: np.ndarray | None
    """Which trials were missed, where a column says so."""
    used: frozenset[str | None]
    """The columns that something was made of."""
    every: tuple[str, ...]
    """All columns of the file."""


class Opened(NamedTuple):
    """A file as a table of text, and the description that goes with its format."""

    cells: pd.DataFrame
    columns: Columns


def open_columns(path: str | Path) -> Opened:
    """Any table of text."""
    return Opened(read_cells(path), Columns())


def read_columns(path: str | Path, columns: Columns | None = None) -> pd.DataFrame:
    """The trial table in a text file (comma-, semicolon- or tab-separated) whose columns are named by `columns`.

    Raises:
        UserError: when the file cannot be read, lacks a column, or a cell is out of its range; it names the row,
            from 0, and the column.
    """
    return understand_opened(open_columns(path), path, columns).table


def understand_opened(opened: Opened, path: str | Path, columns: Columns | None = None) -> Understanding:
    """What `opened` holds, of the file at `path`, where `columns` say otherwise than its format by that.

    Raises:
        UserError: as `read_columns`.
    """
    with of_file(path):
        return understand_cells(opened.cells, (columns or Columns()).over(opened.columns))


@contextmanager
def of_file(path: str | Path) -> Iterator[None]:
    """Within it, what is refused is told with the name of the file."""
    try:
        yield
    except UserError as error:
        raise UserError(f"{path}: {error}") from None


def from_cells(cells: pd.DataFrame, columns: Columns) -> pd.DataFrame:
    """The trial table in `cells`; see `understand_cells`."""
    return understand_cells(cells, columns).table


def understand_cells(cells: pd.DataFrame, columns: Columns) -> Understanding:
    """The trial table in `cells`, a table of text, and what stands for what.

    Choices and states may have any two names, which may differ from subject to subject. In the trial table state 0 is
    the common one after choice 0, whatever it was called. Rows of a subject need not stand together.

    Raises:
        UserError: as `read_columns`.
    """
    return understand_prepared(prepare_cells(cells, columns), columns)


def prepare_cells(cells: pd.DataFrame, columns: Columns) -> Prepared:
    """Which columns of `cells` hold what, and which rows are trials.

    Raises:
        UserError: as `read_columns`.
    """
    every = tuple(map(str, cells))
    cells = chosen_rows(cells, columns.rows)
    theirs = find(cells, {name: getattr(columns, name) for name in PLACES})
    _check_needed(cells, theirs, columns)
    practice = theirs.pop("practice", None)
    cells = without_practice(cells, practice, columns.practice is not None)
    if not len(cells):
        raise UserError("`table` must hold a trial, got a heading only. Is it the right file?")
    void = {name: (*columns.void * (name in VALUED), *columns.void_in.get(name, ())) for name in theirs}
    cells = without_fillers(cells, theirs, void)
    if "subject" not in theirs:
        if columns.subject is None and columns.nobody == Columns.nobody:
            check_one_person(cells, theirs, f"all {len(cells):,} rows")
        warn_if_merged(cells, theirs)
    found = {name: pd.Series(cells[column]) for name, column in theirs.items()}
    subject = found.pop("subject", pd.Series(columns.nobody, cells.index))
    found = {name: without_void(cell, void[name]) for name, cell in found.items()}
    nameless = (subject == "").to_numpy()
    if nameless.any():
        row = cells.index[int(nameless.argmax())]
        raise UserError(f"`{theirs['subject']}` must be named in every row, got none in row {row}. Name it.")
    if columns.reward_above is not None and "reward" in found:
        found["reward"] = cut(found["reward"], theirs["reward"], columns.reward_above)
    said = (
        truth(found["missed"], theirs["missed"], columns.values.get("missed"), ours="missed") == 1
        if "missed" in found
        else None
    )
    if said is not None:
        found |= {name: found[name].mask(said) for name in CODED if name in found and name != "missed"}
        found |= {
            name: found[name].mask(said & ~(as_numbers(found[name]) > 0)) for name in ("rt", "rt2") if name in found
        }
    else:
        _check_void(cells, found, theirs, columns)
    used = frozenset((*theirs.values(), *columns.rows, practice))
    return Prepared(cells, found, theirs, subject, said, used, every)


def understand_prepared(prepared: Prepared, columns: Columns) -> Understanding:
    """What `prepared` holds as a trial table.

    Raises:
        UserError: as `read_columns`.
    """
    cells, found, theirs, subject, said, used, every = prepared
    number, who = pd.factorize(subject)
    table, missed, flipped = _coded(found, theirs, columns, number, list(who), said)
    if columns.state == "" and {"choice", "common"} <= set(found) and "state" in cells:
        _check_state_left_out(pd.Series(cells["state"]), table, missed, number, columns)
    table["missed"] = missed
    for name in ("rt", "rt2"):
        if name in found:
            certain = columns.format not in ("auto", "prefrontal", "columns")
            table[name] = times(found[name], theirs[name], columns.rt_unit, certain=certain, ours=name)
    if "better_state" in found:
        table |= _better_state(found, theirs, number, missed, flipped)
    table["session"] = session_numbers(found.get("session"), theirs.get("session", ""), len(cells))
    table["trial"] = trial_numbers(found.get("trial"), theirs.get("trial", ""), number, table["session"], list(who))
    ours = {"subject": subject.to_numpy()} | {name: table[name] for name in DTYPES if name in table}
    rows = pd.DataFrame(ours)
    return Understanding(
        number_subjects(check_table(in_order(rows))),
        replace(columns, **theirs),
        stands_for({**found, "subject": subject}, theirs, rows, columns),
        tuple(name for name in every if name and name not in used),
    )


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
    if not columns.void:
        return
    here = [name for name in ("choice", "state", "common", "choice2", "reward") if name in found]
    there = {name: found[name].notna().to_numpy() for name in here}
    num_there = sum(there.values())
    for name in (name for name in here if found[name].nunique() < 2):
        alone = ~there[name] & (num_there == len(here) - 1)
        held = pd.Series(cells[theirs[name]])
        said = is_void(held, columns.void) & ~is_void(held)
        if bool((alone & said).any()):
            row = int((alone & said).argmax())
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
    common = (
        truth(found["common"], theirs["common"], columns.values.get("common"), ours="common")
        if "common" in found
        else None
    )
    if "choice" in found:
        choice = coded("choice", names, number)
    else:  # then both are there
        reached, usual = np.asarray(state), np.asarray(common)
        choice = np.where(np.isnan(reached + usual), np.nan, np.where(usual == 1, reached, 1 - reached))
    if common is not None:
        warn_if_rare(common, number, who, theirs["common"])
    if state is not None:
        block = pd.factorize(found["block"])[0] if "block" in found else None
        common = common_transitions(choice, state, common, number, who, block, found["reward"].index, columns.mapping)
    common = np.asarray(common)
    reward = truth(found["reward"], theirs["reward"], columns.values.get("reward"), ours="reward")
    binary = {"choice": choice, "reward": reward, "common": common}
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
