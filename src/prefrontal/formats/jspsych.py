"""What two-step tasks in jsPsych write down."""

import json
from dataclasses import replace
from pathlib import Path

import pandas as pd

from prefrontal.errors import UserError
from prefrontal.formats.columns import Columns, from_cells
from prefrontal.formats.text import read_cells

TWO_STEP_TRIAL = Columns(
    trial="",
    choice="state_1_choice",
    state="state",
    common="transition",
    choice2="state_2_choice",
    reward="outcome",
    rt="state_1_rt",
    rt2="state_2_rt",
    rt_unit="ms",
)
"""Data of the plug-in `two-step-trial`, one row a trial, other rows of other plug-ins."""

TWO_STEP_TASK_INFO = Columns(
    trial="trial_n",
    choice="step_1_action",
    state="step_2",
    common="transition",
    choice2="step_2_action",
    missed="timeout",
    rt="",
    rt2="",
)
"""Data of jspsych-2st: an object a trial, in the column `two_step_task_info`, without response times."""

SUBJECTS = ("subject", "subject_id", "subjectId", "participant", "participant_id", "PROLIFIC_PID", "prolific_pid")
"""Columns that say whose a row is, in the order they are looked for: jsPsych itself has none."""
SESSIONS = ("session", "session_id", "SESSION_ID", "run_id")


def read_jspsych(path: str | Path) -> pd.DataFrame:
    """The trial table in the comma-separated data of a jsPsych experiment.

    Known are the data of the plug-in `two-step-trial` (nivlab) and of jspsych-2st; those of another plug-in can be
    read with `read_columns`. Rows of other screens are passed over. The subject is in one of the columns `SUBJECTS`;
    without one, the file is of one subject, called by the name of the file.

    Raises:
        UserError: when the file cannot be read, holds no two-step trials, or a cell is out of its range; rows are
            counted among the two-step trials, from 0.
    """
    cells = read_cells(path)
    if "two_step_task_info" in cells:
        cells, columns = _opened(cells, path), TWO_STEP_TASK_INFO
    else:
        columns = TWO_STEP_TRIAL
        if columns.choice in cells:
            ours = cells["trial_type"] == "two-step-trial" if "trial_type" in cells else cells[columns.common] != ""
            cells = cells.loc[ours.to_numpy()].reset_index(drop=True)
    if columns.choice not in cells or not len(cells):
        raise UserError(
            f"{path}: `{columns.choice}` must be there, of the plug-in two-step-trial or of jspsych-2st, got columns "
            f"{', '.join(cells)}. Read another plug-in's data as columns, saying which holds what."
        )
    subject = next((name for name in SUBJECTS if name in cells), "subject")
    if subject not in cells:
        cells = cells.assign(subject=Path(path).stem)
    session = next((name for name in SESSIONS if name in cells), "session")
    try:
        return from_cells(cells, replace(columns, subject=subject, session=session))
    except UserError as error:
        raise UserError(f"{path}: {error}") from None


def _opened(cells: pd.DataFrame, path: str | Path) -> pd.DataFrame:
    """One column an entry of `two_step_task_info`, whose cells are JSON."""
    info = cells["two_step_task_info"]
    kept = (~info.isin(("", "null"))).to_numpy()
    rows = []
    for row, text in zip(kept.nonzero()[0], info[kept], strict=True):
        try:
            entry = json.loads(text)
            rows.append({name: _text(value) for name, value in entry.items()})
        except (ValueError, AttributeError) as error:
            raise UserError(f"{path}: `two_step_task_info` must be JSON objects, got {text} in row {row}.") from error
    opened = pd.DataFrame(rows, dtype=str).fillna("")
    rest = cells.loc[kept].reset_index(drop=True)
    return pd.concat([rest.drop(columns=[name for name in opened if name in rest]), opened], axis=1)


def _text(value: object) -> str:
    return "" if value is None else value if isinstance(value, str) else json.dumps(value)
