"""expfactory's two-stage decision task, in jsPsych: a row a screen, first stage, second stage and feedback."""

from collections.abc import Collection

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
SCREEN = "trial_id"
FIRST, SECOND, FEEDBACK = "first_stage", "second_stage", "feedback_stage"


def is_expfactory(names: Collection[str]) -> bool:
    """Whether columns of these names are of that task."""
    return {SCREEN, "stim_selected", "stage_transition", "feedback"} <= set(names)


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
    picture = as_numbers(pd.Series(rows["choice2"]))
    answered = np.isin(as_numbers(pd.Series(rows["choice"])), (0, 1)) & (picture >= 2)
    rows["choice2"] = ["" if not there else f"{number % 2:g}" for number, there in zip(picture, answered, strict=True)]
    return rows.assign(missed=np.where(answered, "0", "1"))
