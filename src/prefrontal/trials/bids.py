"""Events of BIDS: sub-01_task-twostep_run-02_events.tsv, a row an event, several events a trial."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from prefrontal.errors import UserError
from prefrontal.trials.coding import is_void
from prefrontal.trials.columns import Opened
from prefrontal.trials.description import Columns
from prefrontal.trials.finding import KNOWN
from prefrontal.trials.text import excerpt, read_cells

SUFFIX = "_events.tsv"
ENTITY = re.compile(r"(?:^|_)(?P<name>sub|ses|run)-(?P<value>[A-Za-z0-9]+)")
TIMES = ("response_time", "rt")
"""Columns of response times: the first in a trial is of the first stage, the second of the second."""
EVENTS = ("event", "trial_type", "event_type")
"""Columns that say which event a row is."""


def open_bids(path: str | Path) -> Opened:
    """The trials in a file of events: a row a trial, with the first value that each column holds within the trial.

    Subject, session and run are told by the file's name; a run of a session is a session of the trial table. Trials
    are told apart by a column `trial`, or begin with every event that is called as the first one is. Times are in
    seconds, as BIDS has it. What the other columns hold is told by their names, or by whoever reads them.

    Raises:
        UserError: when the file cannot be read, has no event, or nothing tells its trials apart.
    """
    cells = read_cells(path)
    if not len(cells):
        raise UserError(f"{path}: the file must hold events, got a heading only.")
    trial = _trials(cells, path)
    told = {found["name"]: found["value"] for found in ENTITY.finditer(Path(path).name)}
    empty = pd.DataFrame({str(name): is_void(pd.Series(cells[name])) for name in cells}, cells.index)
    rows = cells.mask(empty).groupby(trial, sort=False).first().fillna("").reset_index(drop=True)
    rows["trial"] = [str(number) for number in pd.unique(trial)]
    columns = Columns(subject="subject", session="session", trial="trial", format="bids")
    if time := next((name for name in TIMES if name in cells), None):
        held = pd.DataFrame({"trial": trial, "time": cells[time].to_numpy()}).loc[~empty[time].to_numpy()]
        place = held.groupby("trial").cumcount().to_numpy()
        for number, name in enumerate(("rt_first", "rt_second")):
            of = held.loc[place == number].set_index("trial")["time"]
            rows[name] = pd.Series(pd.unique(trial)).map(of).fillna("").to_numpy()
        columns = Columns(
            subject="subject", session="session", trial="trial", rt="rt_first", rt2="rt_second", format="bids"
        )
    visit = "_".join(told[name] for name in ("ses", "run") if name in told) or "1"
    return Opened(rows.assign(subject=told.get("sub", Path(path).stem), session=visit), columns)


def joined_events(opened: Sequence[Opened]) -> Opened:
    """Several files of events as one: which state is the common one is then told from all runs of a person."""
    return Opened(pd.concat([one.cells for one in opened], ignore_index=True).fillna(""), opened[0].columns)


def _trials(cells: pd.DataFrame, path: str | Path) -> np.ndarray:
    plain = {re.sub(r"[^a-z0-9]", "", str(name).lower()): str(name) for name in cells}
    column = next((plain[name] for name in ("trial", *KNOWN["trial"]) if name in plain), None)
    if column is not None:
        return cells[column].to_numpy(dtype=str)
    event = next((name for name in EVENTS if name in cells), None)
    if event is None:
        there = excerpt(", ".join(map(str, cells)), 300)
        raise UserError(f"{path}: `trial` must tell trials of events apart, got {there}. Add such a column.")
    return np.cumsum((cells[event] == cells[event].iloc[0]).to_numpy())
