"""Names and numbers in cells of text as the 0 and 1 of the trial table."""

import warnings
from collections.abc import Sequence

import numpy as np
import pandas as pd

from prefrontal.errors import UserError

TRUTH = {"true": 1.0, "false": 0.0, "yes": 1.0, "no": 0.0, "common": 1.0, "uncommon": 0.0, "rare": 0.0}
"""Words for 1 and 0, in any case."""
FEW_COMMON = 0.6
"""With a smaller share of common transitions than this, their counts hardly tell which are the common ones."""
MOST_SECONDS = 60.0
"""A median response time above this is of other units than seconds."""


def numbers(cells: pd.Series) -> np.ndarray:
    """What can be read as a number; NaN for the rest."""
    return pd.Series(pd.to_numeric(cells, errors="coerce")).to_numpy(np.float64, na_value=np.nan)


def truth(cells: pd.Series, name: str, pair: tuple[str, str] | None = None) -> np.ndarray:
    """0 or 1 for each cell, NaN where it is void (NaN): from 0 and 1, from words, or as `pair` says.

    Raises:
        UserError: when a cell holds anything else; `name` is the column's.
    """
    if pair:
        return _as_said(cells, name, pair)
    values = cells.str.lower().map(TRUTH).fillna(pd.Series(numbers(cells), cells.index)).to_numpy(np.float64)
    wrong = ~np.isin(values, (0, 1)) & cells.notna().to_numpy()
    _refuse(wrong, cells, name, "0 or 1, true or false", "Say what stands for 0 and for 1.")
    return values


def names(cells: pd.Series, name: str, subject: np.ndarray, pair: tuple[str, str] | None = None) -> np.ndarray:
    """0 or 1 for each cell, NaN where it is void: from numbers, from two names in their order, or as `pair` says.

    Arguments:
        cells: text, NaN where void.
        name: the column's, for errors.
        subject: number of each row's subject. When there are more than two names, each subject may have its own two.
        pair: what stands for 0 and for 1.

    Raises:
        UserError: when there are more than two names, or numbers other than 0 and 1 or 1 and 2.
    """
    if pair:
        return _as_said(cells, name, pair)
    values = numbers(cells)
    if cells.notna().any() and (np.isnan(values) == cells.isna()).all():
        from_one = bool((values == 2).any()) and not (values == 0).any()
        condition = "1 or 2" if from_one else "0 or 1 (or 1 or 2 throughout)"
        wrong = ~np.isin(values - from_one, (0, 1)) & ~np.isnan(values)
        _refuse(wrong, cells, name, condition, "Say what stands for 0 and for 1.")
        if set(values[~np.isnan(values)]) == {1.0}:
            raise UserError(f"`{name}` must tell 0 and 1 apart, got 1 in every row. Say what stands for 0 and for 1.")
        return values - from_one
    few = cells.nunique() <= 2
    return ranks(cells, name, np.zeros_like(subject) if few else subject, "two values of each subject")


def ranks(cells: pd.Series, name: str, group: np.ndarray, condition: str) -> np.ndarray:
    """0 for the first name of each group in alphabetical order, 1 for the second; NaN where void.

    Raises:
        UserError: when a group has a third name.
    """
    codes, known = pd.factorize(cells, sort=True)
    code = codes.astype(np.int64)
    valid = code >= 0
    cell = group * len(known) + code
    kinds, first = np.unique(cell[valid], return_index=True)
    owner = kinds // max(len(known), 1)
    place = np.arange(len(kinds)) - np.searchsorted(owner, owner)
    crowded = np.isin(owner, owner[place > 1])
    if crowded.any():
        # The name that came last is the stranger.
        row = int(np.flatnonzero(valid)[first[crowded].max()])
        raise UserError(f"`{name}` must be one of {condition}, got a third, {cells.iloc[row]}, in row {row}.")
    result = np.full(len(cells), np.nan)
    result[valid] = place[np.searchsorted(kinds, cell[valid])]
    return result


def second_choices(
    cells: pd.Series, name: str, subject: np.ndarray, state: np.ndarray, pair: tuple[str, str] | None = None
) -> np.ndarray:
    """0 or 1 for each second-stage choice, NaN where void: of two values, or of four, two a state.

    Arguments:
        cells, name, subject, pair: as for `names`.
        state: the second-stage state as the file names it, 0 or 1, NaN where void.

    Raises:
        UserError: when a state has more than two values, or a value of four belongs to both states.
    """
    values = numbers(cells)
    if pair or cells.nunique() <= 2:
        return names(cells, name, subject, pair)
    if (np.isnan(values) == cells.isna()).all():
        from_one = not (values == 0).any()
        condition = "1 to 4" if from_one else "0 to 3 (or 1 to 4 throughout)"
        _refuse(~np.isin(values - from_one, range(4)) & ~np.isnan(values), cells, name, condition)
        values = values - from_one
        known = ~np.isnan(values + state)
        # Which two belong to which state must be the same throughout.
        swapped = (values // 2 != state) & known
        straight = (values // 2 == state) & known
        if swapped.any() and straight.any():
            minority = swapped if swapped.sum() <= straight.sum() else straight
            _refuse(minority, cells, name, "one of the two values of its state")
        return values % 2
    group = subject * 2 + np.nan_to_num(state).astype(int)
    shared = cells.groupby(subject).transform("nunique").to_numpy() <= 2
    return ranks(cells, name, np.where(shared, subject * 2, group), "two values of each state")


def common_transitions(
    choice: np.ndarray, state: np.ndarray, common: np.ndarray | None, subject: np.ndarray, who: Sequence[str]
) -> np.ndarray:
    """Whether each transition was common, 0 or 1, NaN where void: as said, or as each subject's counts tell.

    Arguments:
        choice, state: 0 or 1 as the file names them, NaN where void.
        common: 0 or 1 where the file says so, which must then go with choice and state.
        subject: number of each row's subject.
        who: the subjects' names, for errors.

    Raises:
        UserError: when a subject's counts are tied, or `common` contradicts choice and state.
    """
    same = np.where(np.isnan(choice + state), np.nan, choice == state)
    if common is not None:
        agrees = np.where(np.isnan(same + common), np.nan, same == common)
        share = pd.Series(agrees).groupby(subject).transform("mean").to_numpy()
        odd = ~np.isnan(agrees) & (agrees != (share > 0.5)) & ~np.isin(share, (0, 1))
        if odd.any():
            row = int(odd.argmax())
            raise UserError(
                f"`common` must go with choice and state in every trial of a subject, got another in row {row}, of "
                f"subject {who[subject[row]]}. Where options are assigned to states afresh, leave `state` out."
            )
        return common
    share = pd.Series(same).groupby(subject).transform("mean").to_numpy()
    if (share == 0.5).any():
        row = int((share == 0.5).argmax())
        raise UserError(
            f"`state` must follow one choice more often than the other, got a tie for subject {who[subject[row]]}. "
            "Say which transitions were common."
        )
    straight = share > 0.5
    weak = np.nanmax([share, 1 - share], axis=0) < FEW_COMMON
    if weak.any():
        people = [str(who[number]) for number in pd.unique(subject[weak])]
        warnings.warn(
            f"Which state is the common one is told from counts; in {len(people)} of {len(who)} subjects "
            f"({', '.join(people[:5])}{', ...' if len(people) > 5 else ''}) it is under {FEW_COMMON:.0%} of trials.",
            stacklevel=2,
        )
    return np.where(np.isnan(same), np.nan, same == straight)


def times(cells: pd.Series, name: str, unit: str) -> np.ndarray:
    """Response times in seconds, NaN where void.

    Raises:
        UserError: when one is no number above 0, or they can hardly be of that unit.
    """
    values = numbers(cells)
    _refuse(cells.notna().to_numpy() & ~((values > 0) & np.isfinite(values)), cells, name, "a time above 0")
    seconds = values / 1000 if unit == "ms" else values
    if not np.isnan(seconds).all() and np.nanmedian(seconds) > MOST_SECONDS:
        raise UserError(f"`{name}` must be in seconds, got a median of {np.nanmedian(values):g}. Say they are in ms.")
    return seconds


def _as_said(cells: pd.Series, name: str, pair: tuple[str, str]) -> np.ndarray:
    values = cells.map({pair[0]: 0.0, pair[1]: 1.0}).to_numpy(np.float64, na_value=np.nan)
    _refuse(np.isnan(values) & cells.notna().to_numpy(), cells, name, f"{pair[0]} or {pair[1]}")
    return values


def _refuse(wrong: np.ndarray, cells: pd.Series, name: str, condition: str, remedy: str = "") -> None:
    if wrong.any():
        row = int(wrong.argmax())
        remedy = f" {remedy}" if remedy else ""
        raise UserError(f"`{name}` must be {condition}, got {cells.iloc[row]} in row {row}.{remedy}")
