"""What was read: tables put together, people without trials left out, and a line that says what there is."""

import warnings
from collections.abc import Mapping
from typing import Literal

import numpy as np
import pandas as pd

from prefrontal.errors import UserError, counted
from prefrontal.trials.table import check_table, number_subjects

MOST_NAMES = 10
"""Of more people than this, the first are named."""


def overview(table: pd.DataFrame) -> str:
    """What a trial table holds, in a line.

    "3 subjects, 180 trials, 12 missed (7 %), common 71 %, rewarded 52 %, 1 session each, median rt .61 s", say.
    Shares of common transitions and rewards are of the trials that were not missed.

    Arguments:
        table: a trial table (see `prefrontal.trials.table`).

    Returns:
        The line.

    Raises:
        UserError: when `table` is no trial table.

    Example:
        >>> pf.overview(table)
        '6 subjects, 360 trials, 0 missed, common 79 %, rewarded 56 %, 1 session each'
    """
    table = check_table(table)
    missed = _missed(table)
    num, kept = len(table), table.loc[~missed]
    subjects = pd.Series(table["subject"]).nunique()
    visits = table.drop_duplicates(["subject", "session"])
    sessions = np.unique(pd.factorize(visits["subject"])[0], return_counts=True)[1]
    least, most = (int(sessions.min()), int(sessions.max())) if num else (0, 0)
    several = "" if subjects == 1 else " each"
    said = [
        counted(subjects, "subject"),
        counted(num, "trial"),
        f"{missed.sum():,} missed" + (f" ({100 * missed.mean():.0f} %)" if missed.any() else ""),
    ]
    if len(kept):
        said += [f"common {100 * kept['common'].mean():.0f} %", f"rewarded {100 * kept['reward'].mean():.0f} %"]
    said.append((counted(most, "session") if least == most else f"{least} to {most} sessions") + several)
    if "rt" in kept and kept["rt"].notna().any():
        said.append(f"median rt {kept['rt'].median():.2f} s".replace(" 0.", " ."))
    return ", ".join(said)


def with_trials(table: pd.DataFrame, *, by: Literal["subject", "session"] = "subject") -> pd.DataFrame:
    """`table` without the subjects, or sessions of a subject, in which every trial was missed; a warning names them.

    Raises:
        UserError: when nobody is left, or `table` is no trial table.
    """
    table = check_table(table)
    missed = _missed(table)
    if missed.all():
        raise UserError("`table` must hold a trial that was not missed, got none. Check its column `missed`.")
    unit = table.groupby(["subject"] if by == "subject" else ["subject", "session"], sort=False).ngroup().to_numpy()
    empty = ~pd.Series(~missed).groupby(unit).transform("any").to_numpy()
    return without_subjects(table, empty, f"{'a session ' * (by == 'session')}without a trial that was not missed")


def without_subjects(table: pd.DataFrame, rows: np.ndarray, why: str) -> pd.DataFrame:
    """`table` without its `rows`, all of some subjects, whom a warning names with the reason."""
    if not rows.any():
        return table
    names = [str(name) for name in table.loc[rows, "subject"].unique()]
    listed = ", ".join(names[:MOST_NAMES]) + (
        f" and {len(names) - MOST_NAMES:,} more" if len(names) > MOST_NAMES else ""
    )
    warnings.warn(f"Left out, {why}: {listed} ({len(names):,} of {table['subject'].nunique():,}).", stacklevel=3)
    return table.loc[~rows].reset_index(drop=True)


def joined(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """One table of several, by the name of each.

    Raises:
        UserError: when a session of a subject is in two of them, or only some have second-stage choices.
    """
    parts = [table.assign(subject=table["subject"].astype(str)) for table in tables.values()]
    owner: dict[tuple[str, int], str] = {}
    for name, part in zip(tables, parts, strict=True):
        for subject, session in part[["subject", "session"]].drop_duplicates().itertuples(index=False, name=None):
            other = owner.setdefault((subject, session), name)
            if other != name:
                raise UserError(
                    f"`subject` must be another or have another session in every file of a group, got {subject} in "
                    f"{other} and in {name}. Number the sessions, or say subject= to call people by their files."
                )
    for column in ("choice2", "better_state"):
        if 0 < sum(column in part for part in parts) < len(parts):
            raise UserError(f"`{column}` must be in every file of a group or in none, got it in some.")
    table = pd.concat(parts, ignore_index=True)
    if "missed" in table:
        table["missed"] = table["missed"].fillna(False).astype(bool)
    return number_subjects(table)


def _missed(table: pd.DataFrame) -> np.ndarray:
    return table["missed"].to_numpy() if "missed" in table else np.zeros(len(table), bool)
