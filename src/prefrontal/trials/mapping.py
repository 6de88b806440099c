"""Which transitions were the common ones: as the table says, or as counts tell."""

import warnings
from collections.abc import Sequence

import numpy as np
import pandas as pd

from prefrontal.errors import UserError, setting

FEW_COMMON = 0.6
"""With a smaller share of common transitions than this, their counts hardly tell which are the common ones."""
REVERSED = 16.0
"""A log-likelihood ratio (twice) of two mappings, one after the other, over a single one that makes a warning. Of 4,000
simulated people without a reversal, of 20 to 400 trials, at most 1 in 600 had more."""


def common_transitions(
    choice: np.ndarray,
    state: np.ndarray,
    common: np.ndarray | None,
    subject: np.ndarray,
    who: Sequence[str],
    block: np.ndarray | None = None,
    rows: pd.Index | None = None,
    mapping: str = "subject",
) -> np.ndarray:
    """Whether each transition was common, 0 or 1, NaN where void: as said, or as counts tell.

    Arguments:
        choice, state: 0 or 1 as the file names them, NaN where void.
        common: 0 or 1 where the file says so, which must then go with choice and state.
        subject: number of each row's subject.
        who: the subjects' names, for errors.
        block: number of each row's block, within which choices lead to the same state. None: throughout.
        rows: what the rows are called in errors. None: by their position.
        mapping: whose counts tell: each subject's ("subject"), or those of all together ("all"); "values": none, state
            0 follows choice 0.

    Raises:
        UserError: when a subject's counts are tied, or `common` contradicts choice and state.
    """
    group = subject if block is None else pd.factorize(pd.MultiIndex.from_arrays([subject, block]))[0]
    same = np.where(np.isnan(choice + state), np.nan, choice == state)
    if common is not None:
        row = contradiction(choice, state, common, group)
        if row is not None:
            name = row if rows is None else rows[row]
            raise UserError(
                f"`common` must go with choice and state in every trial of a subject, got another in row {name}, of "
                f"subject {who[subject[row]]}. Where options are assigned to states afresh, say choice= with nothing "
                "after it: a choice is then the state that the option commonly leads to. Where the mapping reverses "
                "from block to block, say block=COLUMN."
            )
        return common
    if mapping == "values":
        return same
    if mapping == "all":
        group = np.zeros_like(group) if block is None else block
    share = _mean(same, group)
    if (share == 0.5).any():
        tied = f"subject {who[subject[int((share == 0.5).argmax())]]}" if mapping == "subject" else "all subjects"
        raise UserError(
            f"`state` must follow one choice more often than the other, got a tie for {tied}. Say which transitions "
            f"were common: by a column, common=COLUMN; {setting('mapping', 'all')} where a choice leads to the same "
            f"state for all; or {setting('mapping', 'values')} where state 0 is choice 0's, as they are numbered or "
            "as you say in values."
        )
    straight = share > 0.5
    told = "Which state is the common one is told from counts; in"
    weak = np.fmax(share, 1 - share) < FEW_COMMON
    if weak.any():
        which = named(pd.unique(subject[weak]), who)
        warnings.warn(f"{told} {which} it is under {FEW_COMMON:.0%} of trials.", stacklevel=3)
    limit = REVERSED + 2 * np.log(max(len(who), 1))
    reversed_ = [number for number in np.unique(group[~weak]) if _evidence_of_reversal(same[group == number]) > limit]
    if reversed_:
        which = named(pd.unique(subject[np.isin(group, reversed_)]), who)
        warnings.warn(
            f"{told} {which} another one seems to be the common one from some trial on. Where the mapping reverses "
            "from block to block, say block=COLUMN.",
            stacklevel=3,
        )
    return np.where(np.isnan(same), np.nan, same == straight)


def contradiction(choice: np.ndarray, state: np.ndarray, common: np.ndarray, group: np.ndarray) -> int | None:
    """The first row whose common transition is to another state than those of most rows of its group; None: no such."""
    agrees = np.where(np.isnan(choice + state + common), np.nan, (choice == state) == common)
    share = _mean(agrees, group)
    odd = ~np.isnan(agrees) & (agrees != (share > 0.5)) & ~np.isin(share, (0, 1))
    return int(odd.argmax()) if odd.any() else None


def warn_if_rare(common: np.ndarray, subject: np.ndarray, who: Sequence[str], name: str) -> None:
    """Warn when the column `name`, said to tell the common transitions, does so for fewer than half of all, or of a
    subject's beyond chance (1 %, one-sided)."""
    kept = ~np.isnan(common)
    if not kept.any():
        return
    way = "If it says which were uncommon, say values common=1,0; else choices or states may be the wrong way round."
    if (share := float(common[kept].mean())) < 0.5:
        warnings.warn(f"`{name}` calls {share:.0%} of transitions common, less than half. {way}", stacklevel=3)
        return
    size = np.bincount(subject[kept])
    few = np.bincount(subject[kept], weights=common[kept]) < size / 2 - 1.163 * np.sqrt(size)
    if few.any():
        which = named(np.flatnonzero(few), who)
        warnings.warn(f"`{name}` calls less than half of transitions common in {which}. {way}", stacklevel=3)


def named(numbers: Sequence[int] | np.ndarray, who: Sequence[str]) -> str:
    """How many subjects of how many, and the first of their names."""
    people = [str(who[number]) for number in numbers]
    return f"{len(people)} of {len(who)} subjects ({', '.join(people[:5])}{', ...' if len(people) > 5 else ''})"


def _mean(values: np.ndarray, group: np.ndarray) -> np.ndarray:
    """For each row, the mean of its group's `values` that are not NaN; NaN where all are."""
    _, place = np.unique(group, return_inverse=True)
    known = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        means = np.bincount(place, np.where(known, values, 0)) / np.bincount(place, known)
    return means[place]


def _evidence_of_reversal(same: np.ndarray) -> float:
    """Twice the log-likelihood ratio of the best two mappings, one after the other and opposite, over a single one."""
    same = same[~np.isnan(same)]
    num = len(same)
    if num < 2:
        return 0.0
    first = np.arange(1, num)
    ones = np.cumsum(same)[:-1]
    rest = same.sum() - ones
    opposite = (2 * ones > first) != (2 * rest > num - first)
    two = _log_likelihood(ones, first) + _log_likelihood(rest, num - first)
    gain = 2 * (two - _log_likelihood(np.array(same.sum()), np.array(num)))
    return float(np.max(gain, where=opposite, initial=0.0))


def _log_likelihood(ones: np.ndarray, num: np.ndarray) -> np.ndarray:
    """Of `ones` in `num` trials, each with their own share for probability."""
    from scipy.special import xlogy

    return np.asarray(xlogy(ones, ones / num) + xlogy(num - ones, 1 - ones / num))
