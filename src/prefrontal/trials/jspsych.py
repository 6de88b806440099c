"""What two-step tasks in jsPsych write down."""

import json
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from prefrontal.errors import UserError
from prefrontal.trials.coding import is_void
from prefrontal.trials.columns import Opened, understand_opened
from prefrontal.trials.description import PLACES, Columns
from prefrontal.trials.expfactory import (
    EXPANALYSIS,
    EXPFACTORY,
    expanalysis_trials,
    expfactory_trials,
    is_a_row_a_trial,
    is_expfactory,
)
from prefrontal.trials.numbers import as_numbers
from prefrontal.trials.text import check_filled, excerpt, read_cells, read_json, read_text

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

TWO_STEP_TASK = Columns(
    trial="trial_n",
    choice="step_1_action",
    state="step_2",
    common="transition",
    choice2="step_2_action",
    missed="timeout",
    rt="step_1_rt",
    rt2="step_2_rt",
    rt_unit="ms",
)
"""Data of jspsych-2st: an object a trial, in one of the columns `OBJECTS`; older ones are without response times."""
OBJECTS = ("two_step_task_data", "two_step_task_info")

SCREENS = Columns(
    trial="", choice="choice", state="state", common="transition", choice2="choice2", rt="rt", rt2="rt2", rt_unit="ms"
)
"""Data of tasks that write a row a screen: the first-stage choice in a row, and in the next the second-stage choice,
transition and reward. One of the columns `STAGES` says which is which."""
STAGES = ("stage", "trial_stage")

LEVELS = Columns(
    trial="",
    choice="levelOneChoice",
    common="transitionType",
    choice2="levelTwoChoice",
    reward="wasRewarded",
    missed="timeout",
    rt="levelOneRT",
    rt2="levelTwoRT",
    rt_unit="ms",
    rows={"trialLayout": ("full",)},
    values={"choice": ("1", "2"), "choice2": ("1", "2")},
    void=("none",),
    void_in={"choice": ("0",), "choice2": ("0",)},
)
"""Data of the plug-in `two-step-choice` (BDD-Lab): a row a trial; those of the layout "full" are of the task."""

SUBJECTS = (
    "subject",
    "subject_id",
    "subjectId",
    "participant",
    "participant_id",
    "PROLIFIC_PID",
    "prolific_pid",
    "worker_id",
    "workerId",
    "uniqueid",
)
"""Columns that say whose a row is, in the order they are looked for: jsPsych itself has none."""
SESSIONS = ("session", "session_id", "SESSION_ID", "run_id")


def read_jspsych(path: str | Path) -> pd.DataFrame:
    """The trial table in the data of a jsPsych experiment: comma-separated, or JSON, of one person or a line each.

    Known are the data of the plug-ins `two-step-trial` (nivlab) and `two-step-choice` (BDD-Lab), of jspsych-2st, of
    expfactory's two-stage decision task (as it is, or a row a trial as expanalysis makes of it), and of tasks that
    write a row a screen with the columns stage (or trial_stage), choice, transition, reward, rt (Hartley lab); those of
    another plug-in can be read with `read_columns`. Rows of other screens are passed over. Practice trials are left
    out, and a warning says so: those that a column calls practice, and those of the plug-in `two-step-trial` that are
    numbered 0. The subject is in one of the columns `SUBJECTS`; without one, the file is of one subject, called by the
    name of the file.

    Raises:
        UserError: when the file cannot be read, holds no two-step trials, or a cell is out of its range; rows are
            counted among the two-step trials, from 0.
    """
    return understand_opened(open_jspsych(path), path).table


def open_jspsych(path: str | Path) -> Opened:
    """The two-step trials in the data of a jsPsych experiment as a table of text.

    Raises:
        UserError: as `read_jspsych`.
    """
    text = read_text(path)
    cells = _from_json(text, path) if text.lstrip()[:1] in ("[", "{") else read_cells(path)
    objects = next((name for name in OBJECTS if name in cells), None)
    stage = next((name for name in STAGES if name in cells), None)
    try:
        if objects:
            cells, columns = _opened(cells, objects, path), TWO_STEP_TASK
        elif is_a_row_a_trial(cells):
            cells, columns = expanalysis_trials(cells), EXPANALYSIS
        elif is_expfactory(cells):
            cells, columns = expfactory_trials(cells), EXPFACTORY
        elif LEVELS.choice in cells:
            columns = LEVELS
        elif stage and TWO_STEP_TRIAL.choice not in cells:
            cells, columns = _one_row_a_trial(cells, stage), SCREENS
        else:
            columns = TWO_STEP_TRIAL
            if columns.choice in cells:
                cells = _without_zero(_plugin_rows(cells))
        for name in (columns.choice, columns.reward or "reward"):
            if name not in cells or not len(cells):
                raise UserError(
                    f"`{name}` must be there, of the plug-in two-step-trial or of jspsych-2st, got columns "
                    f"{excerpt(', '.join(cells))}. Read another plug-in's data as columns, saying which holds what."
                )
        there = {name: getattr(columns, name) for name in PLACES if name not in ("choice", "reward")}
        columns = replace(columns, **{name: "" for name, column in there.items() if column and column not in cells})
        subject = next((name for name in SUBJECTS if name in cells), "")
        session = next((name for name in SESSIONS if name in cells), "")
        return Opened(cells, replace(columns, subject=subject, session=session, nobody=Path(path).stem))
    except UserError as error:
        raise UserError(f"{path}: {error}") from None


def _from_json(text: str, path: str | Path) -> pd.DataFrame:
    """One row an object, of a list of objects, a list of such lists, or a list a line."""
    what = f"{path}: `path`"
    try:
        found = [read_json(text, what)]
    except UserError:
        lines = [line for line in text.split("\n") if line.strip()]
        if len(lines) < 2:
            raise
        found = [read_json(line, what) for line in lines]
    persons = [_objects(entry) for entry in found]
    rows = [
        {str(name): _text(value) for name, value in row.items()} | ({"": str(number)} if len(persons) > 1 else {})
        for number, person in enumerate(persons, 1)
        for row in person
    ]
    if not rows:
        raise UserError(f"{what} must be a list of objects, a row each, got {excerpt(text)}.")
    check_filled(path, rows)
    cells = pd.DataFrame(rows, dtype=str).fillna("")
    if len(persons) > 1 and not set(SUBJECTS).intersection(cells):
        return cells.rename(columns={"": "subject"})
    return cells.drop(columns="", errors="ignore")


def _objects(found: Any) -> list[dict[str, Any]]:
    """The objects of `found`, whatever lists or a single key (as in {"trials": [...]}) they are in."""
    rows: list[dict[str, Any]] = []
    waiting = [found]
    while waiting:
        entry = waiting.pop()
        if isinstance(entry, list):
            waiting += reversed(entry)
        elif isinstance(entry, dict):
            inner = [
                value for value in entry.values() if isinstance(value, list) and value and isinstance(value[0], dict)
            ]
            rows += [] if inner and len(entry) <= 2 else [entry]
            waiting += inner if len(entry) <= 2 else []
    return rows


def _plugin_rows(cells: pd.DataFrame) -> pd.DataFrame:
    """The rows of the plug-in `two-step-trial`."""
    if "trial_type" in cells:
        ours = cells["trial_type"].to_numpy() == "two-step-trial"
    elif TWO_STEP_TRIAL.common in cells:
        ours = ~is_void(pd.Series(cells[TWO_STEP_TRIAL.common]))
    else:
        ours = ~is_void(pd.Series(cells[TWO_STEP_TRIAL.choice]))
    return cells.loc[ours].reset_index(drop=True)


def _without_zero(cells: pd.DataFrame) -> pd.DataFrame:
    """`cells` without the practice trials, which the task numbers 0. Where a single trial that was answered has that
    number, it is the first of a count from 0 (a missed trial runs again under its number)."""
    if "trial" not in cells:
        return cells
    zero = as_numbers(pd.Series(cells["trial"])) == 0
    answered = zero & ~is_void(pd.Series(cells[TWO_STEP_TRIAL.choice]))
    who = cells[[name for name in (*SUBJECTS, *SESSIONS) if name in cells]]
    group = (
        pd.factorize(pd.MultiIndex.from_frame(pd.DataFrame(who)))[0] if len(who.columns) else np.zeros(len(cells), int)
    )
    practice = zero & (pd.Series(answered).groupby(group).transform("sum").to_numpy() > 1)
    if not practice.any() or practice.all():
        return cells
    warnings.warn(f"{int(practice.sum()):,} practice trials, numbered 0, are left out.", stacklevel=3)
    return cells.loc[~practice].reset_index(drop=True)


def _one_row_a_trial(cells: pd.DataFrame, stage: str) -> pd.DataFrame:
    """A row a trial of `cells`, a row a screen: those of the first stage, each with what the next one adds."""
    number = as_numbers(pd.Series(cells[stage]))
    cells = cells.loc[np.isin(number, (1, 2))].reset_index(drop=True)
    second = as_numbers(pd.Series(cells[stage])) == 2
    lone = second & np.concatenate([[True], second[:-1]])
    if lone.any():
        row = int(lone.argmax())
        raise UserError(f"`{stage}` must be 1 in the row before one of 2, got none before row {row}, of both stages.")
    first = np.flatnonzero(~second)
    after = np.minimum(first + 1, len(cells) - 1)
    followed = second[after]
    trials = cells.iloc[first].reset_index(drop=True)
    for ours, theirs in (
        ("choice2", "choice"),
        ("rt2", "rt"),
        *((name, name) for name in ("transition", "reward", "state")),
    ):
        if theirs in cells:
            trials[ours] = np.where(followed, cells[theirs].to_numpy(dtype=object)[after], "")
    return trials


def _opened(cells: pd.DataFrame, column: str, path: str | Path) -> pd.DataFrame:
    """One column an entry of `column`, whose cells are JSON."""
    info = pd.Series(cells[column])
    kept = ~is_void(info)
    rows = []
    for row, text in zip(kept.nonzero()[0], info[kept], strict=True):
        entry = read_json(text, f"`{column}`, in row {row},")
        if not isinstance(entry, dict):
            raise UserError(f"`{column}` must be JSON objects, got {excerpt(text)} in row {row}.")
        rows.append({str(name): _text(value) for name, value in entry.items()})
    if not rows:
        raise UserError(f"`{column}` must hold a trial, got none. Is it the right file?")
    check_filled(path, rows)
    opened = pd.DataFrame(rows, dtype=str).fillna("")
    rest = cells.loc[kept].reset_index(drop=True)
    return pd.concat([rest.drop(columns=[name for name in opened if name in rest]), opened], axis=1)


def _text(value: object) -> str:
    return "" if value is None else value if isinstance(value, str) else json.dumps(value)
