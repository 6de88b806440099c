"""Names and numbers in cells of text as the 0 and 1 of the trial table."""

import warnings
from collections.abc import Sequence
from functools import cache

import numpy as np
import pandas as pd

from prefrontal.errors import UserError, argument, is_on_the_command_line, setting
from prefrontal.trials.numbers import as_numbers, without_zeros
from prefrontal.trials.table import VOID
from prefrontal.trials.text import excerpt, holds, with_points

TRUTH = {"true": 1.0, "false": 0.0, "yes": 1.0, "no": 0.0, "common": 1.0, "uncommon": 0.0, "rare": 0.0}
"""Words for 1 and 0, in any case."""
MOST_SECONDS = 60.0
"""A median response time above this is of other units than seconds."""
LEAST_SECONDS = 0.01
"""A median response time below this is of other units than milliseconds."""


def is_void(cells: pd.Series, void: Sequence[str] = ()) -> np.ndarray:
    """Whether each cell is without a value: it holds one of `VOID` or `void`, in upper or lower case; a number, however
    it is written (-1 is -1.0)."""
    told = holds(cells, {*VOID, *(word.lower() for word in void)} if void else VOID)
    numbers = [number for number in _numbers(tuple(void)) if np.isfinite(number)]
    if not numbers:
        return told
    values = as_numbers(cells)
    return told | np.any([values == number for number in numbers], axis=0)


def without_void(cells: pd.Series, void: Sequence[str] = ()) -> pd.Series:
    """`cells` with NaN where they are void."""
    empty = is_void(cells, void)
    return cells.mask(empty) if empty.any() else cells


@cache
def _numbers(words: tuple[str, ...]) -> tuple[float, ...]:
    """`words` as numbers, NaN where they are none."""
    return tuple(as_numbers(pd.Series(words, dtype=str)))


def truth(cells: pd.Series, name: str, pair: tuple[str, str] | None = None, *, ours: str = "") -> np.ndarray:
    """0 or 1 for each cell, NaN where it is void (NaN): from 0 and 1, from words, or as `pair` says.

    Raises:
        UserError: when a cell holds anything else; `name` is the column's, `ours` what we call it.
    """
    if pair:
        return _as_said(cells, name, pair)
    values = as_numbers(cells)
    words = {text: TRUTH[text.lower()] for text in cells.unique() if isinstance(text, str) and text.lower() in TRUTH}
    if words:
        told = cells.map(words).to_numpy(np.float64, na_value=np.nan)
        values = np.where(np.isnan(told), values, told)
    wrong = ~np.isin(values, (0, 1)) & cells.notna().to_numpy()
    remedy = _say_values(cells, ours or name) if wrong.any() else ""
    _refuse(wrong, cells, name, "0 or 1, true or false", remedy)
    return values


def _say_values(cells: pd.Series, ours: str) -> str:
    """How to say what stands for 0 and for 1; of points, what is a reward."""
    numbers = as_numbers(cells.dropna())
    held = sorted(map(str, cells.dropna().unique()))
    are_numbers, are_words = not np.isnan(numbers).any(), np.isnan(numbers).all()
    told = "Say what stands for 0 and for 1"
    if len(held) == 2 and (are_numbers or are_words):
        pair = sorted(held, key=float) if are_numbers else held
        words = ",".join(map(excerpt, pair))
        shown = f"--values {ours}={words}" if is_on_the_command_line() else f'values={{"{ours}": {tuple(pair)!r}}}'
        told += f": {shown}"
    if ours != "reward" or not are_numbers:
        return f"{told}."
    least = max(float(numbers.min()), 0.0)
    return f"{told}; or above how many points is a reward: {argument('reward_above')} {least:g}"


def _missing() -> str:
    """What a message calls the words that stand for no value."""
    return "--missing" if is_on_the_command_line() else "`void`"


def cut(cells: pd.Series, name: str, above: float) -> pd.Series:
    """Points as rewards: "1" above `above`, "0" else, NaN where void.

    Raises:
        UserError: when a cell is no number.
    """
    values = as_numbers(with_points(cells))
    _refuse(np.isnan(values) & cells.notna().to_numpy(), cells, name, "a number of points")
    return pd.Series(np.where(values > above, "1", "0"), cells.index).mask(cells.isna())


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
    values = as_numbers(cells)
    if cells.notna().any() and (np.isnan(values) == cells.isna()).all():
        known = np.unique(values[~np.isnan(values)])
        if len(known) == 2 and known[0] >= 2:  # states 2 and 3, or the codes of two keys
            return np.where(np.isnan(values), np.nan, values == known[1])
        from_one = bool((values == 2).any()) and not (values == 0).any()
        condition = "1 or 2" if from_one else "0 or 1 (or 1 or 2 throughout)"
        wrong = ~np.isin(values - from_one, (0, 1)) & ~np.isnan(values)
        odd = excerpt(cells.loc[wrong].iloc[0]) if wrong.any() else ""
        void = f", or, where {odd} means none, say so: {_missing()} {odd}"
        _refuse(wrong, cells, name, condition, f"Say what stands for 0 and for 1{void}.")
        if set(values[~np.isnan(values)]) == {1.0}:
            raise UserError(f"`{name}` must tell 0 and 1 apart, got 1 in every row. Say what stands for 0 and for 1.")
        return values - from_one
    few = cells.nunique() <= 2
    remedy = f" Where {{0}} means none, say so: {_missing()} {{0}}; or say which rows are trials: {argument('rows')}"
    return ranks(cells, name, np.zeros_like(subject) if few else subject, "two values of each subject", remedy)


def ranks(cells: pd.Series, name: str, group: np.ndarray, condition: str, remedy: str = "") -> np.ndarray:
    """0 for the first name of each group in alphabetical order, 1 for the second; NaN where void. In `remedy`, {0}
    stands for a third name.

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
        third = excerpt(cells.iloc[row])
        raise UserError(
            f"`{name}` must be one of {condition}, got a third, {third}, in row {cells.index[row]}."
            + remedy.format(third)
        )
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
    values = as_numbers(cells)
    if pair or cells.nunique() <= 2:
        return names(cells, name, subject, pair)
    if (np.isnan(values) == cells.isna()).all():
        held = np.unique(values[~np.isnan(values)])
        four_in_a_row = len(held) == 4 and np.array_equal(held, held[0] + np.arange(4))  # 3 to 6, say
        start = held[0] if four_in_a_row else float(not (held == 0).any())
        condition = "1 to 4" if start else "0 to 3 (or 1 to 4 throughout)"
        _refuse(~np.isin(values - start, range(4)) & ~np.isnan(values), cells, name, condition)
        values = values - start
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
    remedy = " Leave the second choices out, choice2= with nothing after it, if they do not matter."
    return ranks(cells, name, np.where(shared, subject * 2, group), "two values of each state", remedy)


def times(cells: pd.Series, name: str, unit: str, *, certain: bool = False, ours: str = "rt") -> np.ndarray:
    """Response times in seconds, NaN where void, and where they are 0, which is warned of.

    Arguments:
        cells: text, NaN where void.
        name: the column's, for errors.
        unit: s or ms.
        certain: whether the format of the file says the unit: times that are too short for it, and those below 0, are
            then warned of.
        ours: what we call the column.

    Raises:
        UserError: when one is no number above 0, or they can hardly be of that unit.
    """
    cells = with_points(cells)
    if certain:
        below = as_numbers(cells) < 0
        if below.any():
            warnings.warn(f"`{name}` is below 0 in {below.sum():,} trials: taken for not measured.", stacklevel=3)
            cells = cells.mask(below)
    cells = without_zeros(cells, name)
    values = as_numbers(cells)
    wrong = cells.notna().to_numpy() & ~((values > 0) & np.isfinite(values))
    thousands = wrong.any() and cells.loc[wrong].str.contains(",").any()
    remedy = "Write thousands without a comma." if thousands else ""
    if wrong.any() and not thousands:
        word = excerpt(cells.iloc[int(wrong.argmax())])
        remedy = (
            f"Where it means none, say so: {_missing()} {ours}={word}; or leave the times out: "
            f"{argument('columns')} {ours}="
        )
    _refuse(wrong, cells, name, "a time above 0", remedy)
    seconds = values / 1000 if unit == "ms" else values
    if np.isnan(seconds).all():
        return seconds
    median = float(np.nanmedian(seconds))
    if median > MOST_SECONDS:
        raise UserError(
            f"`{name}` must be in seconds, got a median of {np.nanmedian(values):g}. Say they are in ms: "
            f"{setting('rt_unit', 'ms')}."
        )
    if certain and median < LEAST_SECONDS:
        warnings.warn(f"Half of the times in `{name}` are under {1000 * LEAST_SECONDS:g} ms.", stacklevel=3)
    elif unit == "ms" and median < LEAST_SECONDS:
        raise UserError(
            f"`{name}` must be in ms, got a median of {1000 * median:g}. Say they are in s: {setting('rt_unit', 's')}."
        )
    return seconds


def _as_said(cells: pd.Series, name: str, pair: tuple[str, str]) -> np.ndarray:
    values, numbers, texts = np.full(len(cells), np.nan), as_numbers(cells), cells.to_numpy(object)
    for number, (word, worth) in enumerate(zip(pair, _numbers(pair), strict=True)):
        values[(numbers == worth) | (texts == word)] = number
    _refuse(np.isnan(values) & cells.notna().to_numpy(), cells, name, f"{pair[0]} or {pair[1]}")
    return values


def _refuse(wrong: np.ndarray, cells: pd.Series, name: str, condition: str, remedy: str = "") -> None:
    if wrong.any():
        row = int(wrong.argmax())
        remedy = f" {remedy}" if remedy else ""
        got = excerpt(cells.iloc[row])
        raise UserError(f"`{name}` must be {condition}, got {got} in row {cells.index[row]}.{remedy}")
