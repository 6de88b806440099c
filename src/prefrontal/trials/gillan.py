"""Files of fifteen columns without a heading, one a person, after rows of questionnaires and instructions."""

import csv
import io
from pathlib import Path

import pandas as pd

from prefrontal.errors import UserError
from prefrontal.trials.columns import Opened
from prefrontal.trials.description import Columns
from prefrontal.trials.text import read_text

NAMES = (
    "trial", "drift_1", "drift_2", "drift_3", "drift_4", "response_1", "stimulus_1", "rt_1", "common", "response_2",
    "stimulus_2", "state", "rt_2", "reward", "one",
)  # fmt: skip
"""What the columns hold, in their order."""
COLUMNS = Columns(
    subject="subject",
    trial="trial",
    choice="response_1",
    state="state",
    common="common",
    choice2="stimulus_2",
    reward="reward",
    rt="rt_1",
    rt2="rt_2",
    rt_unit="ms",
    values={"choice": ("left", "right"), "state": ("2", "3"), "choice2": ("1", "2")},
    void=("-1",),
    format="gillan",
)


def open_gillan(path: str | Path) -> Opened:
    """The rows of trials in such a file: those of fifteen cells, the first a number. Others are passed over.

    The subject is named in the first cell of the rows of instructions; without any, the file is of one subject, called
    by the name of the file. A missed trial holds -1; states are 2 and 3; times are in ms.

    Raises:
        UserError: when the file cannot be read, has a cell of 131,072 letters, or has no such row.

    Reference:
        Gillan, Kosinski, Whelan, Phelps, Daw (2016), eLife 5:e11305: the files of its two studies.
    """
    try:
        rows = [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(read_text(path)))]
    except csv.Error as error:
        raise UserError(
            f"{path}: a trial must be a row of {len(NAMES)} cells, got {error}. Is a quote open?"
        ) from error
    trials = [row for row in rows if len(row) == len(NAMES) and row[0].isdecimal()]
    if not trials:
        raise UserError(f"{path}: a trial must be a row of {len(NAMES)} cells, got none. Is it of another format?")
    told = next((row[0] for row in rows if len(row) > 1 and row[1] == "INSTRUCT" and row[0]), Path(path).stem)
    return Opened(pd.DataFrame(trials, columns=list(NAMES), dtype=str).assign(subject=told), COLUMNS)
