"""expfactory's two-stage decision task, in jsPsych: a row a screen, or a row a trial as expanalysis makes of it."""

from collections.abc import Collection, Iterable

import numpy as np
import pandas as pd

from prefrontal.trials.description import Columns
from prefrontal.trials.numbers import as_numbers

EXPFACTORY = Columns(
    trial="trial_num",
    choice="choice",
    state="state",
    common="stage_transition",
    choice2="choice2",
    reward="feedback",
    missed="missed",
    rt="rt",
    rt2="rt2",
    rt_unit="ms",
    practice="exp_stage",
    values={"choice": ("0", "1"), "state": ("1", "2"), "common": ("infrequent", "frequent"), "choice2": ("0", "1")},
    void=("-1",),
)
"""What `expfactory_trials` makes of it."""
EXPANALYSIS = Columns(
    trial="trial_num",
    choice="stim_selected_first",
    state="stage_second",
    common="stage_transition",
    choice2="choice2",
    reward="feedback",
    rt="rt_first",
    rt2="rt_second",
    rt_unit="ms",
    practice="exp_stage",
    values={
        "choice": ("0", "1"),
        "state": ("1", "2"),
        "common": ("infrequent", "frequent"),
        "choice2": ("0", "1"),
    },
    void=("-1",),
)
"""The same task as the battery's own tools hand it out, a row a trial (Self Regulation Ontology)."""
SCREEN = "trial_id"
FIRST, SECOND, FEEDBACK = "first_stage", "second_stage", "feedback_stage"


def is_expfactory(names: Collection[str]) -> bool:
    """Whether columns of these names are of that task, a row a screen or a row a trial."""
    return is_a_row_a_trial(names) or {SCREEN, "stim_selected", "stage_transition", "feedback"} <= set(names)


def is_a_row_a_trial(names: Collection[str]) -> bool:
    """Whether columns of these names are of that task, as expanalysis hands it out."""
    stages = {"stim_selected_first", "stim_selected_second", "stage_second", "stage_transition"}
    return {SCREEN, *stages, "feedback"} <= set(names)


def expfactory_trials(cells: pd.DataFrame) -> pd.DataFrame:
    """A row a trial: each screen of the first stage, with what the next two of its trial add.

    Which picture was taken is `stim_selected`, 0 or 1 in the first stage, 2 to 5 in the second, two a state; -1 where
    there was no answer, and what the screens after it hold is then of an earlier trial.
    """
    cells = cells.loc[cells[SCREEN].isin([FIRST, SECOND, FEEDBACK]).to_numpy()].reset_index(drop=True)
    screen = cells[SCREEN].to_numpy(dtype=str)
    first = np.flatnonzero(screen == FIRST)
    trial = np.cumsum(screen == FIRST) - 1
    rows = cells.iloc[first].reset_index(drop=True).assign(choice=cells["stim_selected"].to_numpy()[first])
    for kind, columns in (
        (SECOND, {"state": "stage", "stage_transition": "stage_transition", "choice2": "stim_selected", "rt2": "rt"}),
        (FEEDBACK, {"feedback": "feedback"}),
    ):
        here = np.flatnonzero((screen == kind) & (trial >= 0))
        for ours, theirs in columns.items():
            if theirs not in cells:
                continue
            values = np.full(len(rows), "", dtype=object)
            values[trial[here]] = cells[theirs].to_numpy()[here]
            rows[ours] = values
    second = _second_choice(rows["choice2"])
    answered = np.isin(as_numbers(pd.Series(rows["choice"])), (0, 1)) & (second != "")
    return rows.assign(choice2=second, missed=np.where(answered, "0", "1"))


def expanalysis_trials(cells: pd.DataFrame) -> pd.DataFrame:
    """A row a trial, as `cells` are, with the second choice of each state as 0 or 1."""
    return cells.assign(choice2=_second_choice(cells["stim_selected_second"]))


def _second_choice(picture: Iterable[str]) -> np.ndarray:
    """0 or 1 for pictures 2 to 5, two a state; nothing where none was taken."""
    number = as_numbers(pd.Series(list(picture), dtype=str))
    return np.array([f"{one % 2:g}" if one >= 2 else "" for one in number], dtype=object)
