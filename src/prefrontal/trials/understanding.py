"""How a file of trials was understood: shown before anything is made of it."""

import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from prefrontal.trials.description import CODED, Columns
from prefrontal.trials.overview import overview
from prefrontal.trials.text import excerpt

WIDTH = 80
"""Characters of a line that is shown."""
MOST_NAMES = 5
"""Of more names than this, the first are shown."""


@dataclass(frozen=True)
class Understanding:
    """What was read of a file of trials, and how it was understood; `print` shows it.

    Example:
        >>> pf.write_table("trials.csv", table)
        >>> print(pf.understand("trials.csv"))
        6 subjects, 360 trials, 0 missed, common 79 %, rewarded 56 %, 1 session each
          trials    60 a subject
    """

    table: pd.DataFrame
    """The trial table."""
    columns: Columns = field(default_factory=Columns)
    """The description that the file was read with: what was said, and the columns that were found by their names."""
    stands: Mapping[str, str] = field(default_factory=dict)
    """What stands for what, by our name of the column. Nothing for a table of our own."""
    unused: tuple[str, ...] = ()
    """The columns of the file that nothing was made of."""

    @property
    def told(self) -> tuple[str, ...]:
        """What is shown below the overview: a line or more each."""
        lines = {"trials": trials_a_subject(self.table), **self.stands}
        if self.unused:
            lines["unused"] = excerpt(", ".join(self.unused), 2 * WIDTH)
        return tuple(_line(name, text) for name, text in lines.items())

    def __str__(self) -> str:
        return "\n".join([overview(self.table), *self.told])


def _line(name: str, text: str) -> str:
    name = f"  {name:<9} "
    plain = "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)
    return textwrap.fill(plain, WIDTH, initial_indent=name, subsequent_indent=" " * len(name), break_on_hyphens=False)


def trials_a_subject(table: pd.DataFrame) -> str:
    """How many trials a subject has: "201 a subject", or "150 to 201 a subject, median 199"."""
    counts = table["subject"].value_counts()
    least, most = int(counts.min()), int(counts.max())
    if least == most:
        return f"{most:,} a subject"
    return f"{least:,} to {most:,} a subject, median {counts.median():,.0f}"


def stands_for(
    found: Mapping[str, pd.Series], theirs: Mapping[str, str], table: pd.DataFrame, columns: Columns
) -> dict[str, str]:
    """What stands for what in a file.

    Arguments:
        found: the cells of each column that was found, NaN where void, by our name; and `subject`.
        theirs: what the file calls each.
        table: what was made of them, in the same rows.
        columns: what was said.
    """
    kept = ~table["missed"].to_numpy()
    told: dict[str, str] = {"subject": f"no column: all {len(table):,} rows are of {columns.nobody}"}
    if "subject" in theirs:
        told["subject"] = f"{theirs['subject']}: {listed(found['subject'].unique())}"
    for name in ("session", "trial", "block"):
        if name in theirs:
            names = f": {listed(found[name].unique())}" if name != "trial" else ""
            told[name] = f"{theirs[name]}{names}"
    for name in CODED:
        if name in theirs:
            told[name] = f"{theirs[name]}: {_codes(found[name], table[name].to_numpy(), kept, name)}"
    if "state" in theirs:
        told["state"] += "; 0 is where choice 0 commonly leads"
    if "common" not in theirs and "state" in theirs:
        within = f", in each {theirs['block']}" if "block" in theirs else ""
        counted = {"subject": "for each subject", "all": "of all subjects together"}.get(columns.mapping)
        told["common"] = f"no column: {f'told from counts, {counted}{within}' if counted else 'as said, state 0'}"
    if "choice" not in theirs:
        told["choice"] = "no column: where the option taken commonly leads"
    if columns.reward_above is not None:
        told["reward"] = f"{theirs['reward']}: 1 above {columns.reward_above:g}, else 0"
    for name in ("rt", "rt2"):
        if name in theirs:
            told[name] = f"{theirs[name]}, in {columns.rt_unit}"
    if "missed" not in theirs and "missed" in table:
        void = ", ".join(columns.void)
        told["missed"] = "no column: where a choice, state or reward is empty, NA" + (f", {void}" if void else "")
    order = ("subject", "session", "trial", "block", *CODED, "rt", "rt2")
    return {name: told[name] for name in order if name in told}


def _codes(cells: pd.Series, values: np.ndarray, kept: np.ndarray, name: str) -> str:
    """Which of the file's words are 0 and which are 1."""
    rows = kept if name != "missed" else np.ones(len(cells), bool)
    words, code = cells.to_numpy(object)[rows], values[rows].astype(int)
    of = {number: pd.unique(words[code == number]) for number in (0, 1)}
    if set(of[0]) & set(of[1]):
        return f"{listed(pd.unique(words))}, not the same for every subject"
    shown = (f"{listed(of[number])} is {number}" for number in (0, 1) if len(of[number]))
    return "; ".join(shown) or "nothing"


def listed(names: Iterable[object]) -> str:
    """The first few of `names`, and how many more there are."""
    names = [str(name) for name in names]
    listed = ", ".join(excerpt(name) for name in names[:MOST_NAMES])
    return listed + (f" and {len(names) - MOST_NAMES:,} more" if len(names) > MOST_NAMES else "")
