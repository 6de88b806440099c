"""Session logs of the two-step task with arrow keys: a line an event, a file a session."""

import re
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

from prefrontal.errors import UserError
from prefrontal.trials.columns import Opened
from prefrontal.trials.description import Columns
from prefrontal.trials.text import read_text

BEGINS = "Start Reward Block"
"""How the first line of a log begins."""
EVENT = re.compile(r"(?P<time>\d+(?:\.\d+)?) :(?P<name>.*)")
TRIAL = re.compile(r"trial-(?P<trial>\d+)/RewardBlock:(?P<reward_block>\d+)/TransitionBlock:(?P<transition_block>[01])")
NAME = re.compile(r"(?P<subject>.+)_session(?P<session>\d+)")
"""What the name of a file tells: 159_session1_log."""
EVENTS = {
    "ons_ms1": ("first", ""),
    "ons_ms2": ("second", ""),
    "triggered Up": ("choice", "up"),
    "triggered Down": ("choice", "down"),
    "triggered Left": ("state", "left"),
    "triggered Right": ("state", "right"),
    "ons_msReward": ("reward", "1"),
    "ons_msNoRwrd": ("reward", "0"),
}
COLUMNS = Columns(
    subject="subject",
    session="session",
    trial="trial",
    choice="choice",
    state="state",
    common="common",
    reward="reward",
    rt="rt",
    rt2="rt2",
    rt_unit="ms",
    block="transition_block",
    values={"choice": ("down", "up"), "state": ("left", "right")},
    format="akam",
)


def open_akam(path: str | Path) -> Opened:
    """The trials in the log of a session.

    Subject and session are told by the file's name, as in 159_session1_log. In transition block 1 "up" commonly leads
    to the left and "down" to the right, in block 0 the other way round: that is told by the log, not by counts. A
    trial without a choice or an outcome, such as the last of a session that was stopped, is missed.

    Raises:
        UserError: when the file cannot be read, or tells of no trial.

    Reference:
        Castro-Rodrigues et al. (2022), Nature Human Behaviour 6:1126.
    """
    trials: list[dict[str, str]] = []
    times: dict[str, float] = {}
    for line in read_text(path).splitlines():
        event = EVENT.fullmatch(line.strip())
        if not event:
            continue
        name, time = event["name"].strip(), float(event["time"])
        if begun := TRIAL.match(name):
            trials.append(begun.groupdict())
            times = {}
        elif name in EVENTS and trials:
            what, value = EVENTS[name]
            row = trials[-1]
            if what in ("first", "second"):
                times[what] = time
            elif what == "reward" or what not in row:
                row[what] = value
                since = {"choice": "first", "state": "second"}.get(what)
                if since in times:
                    row["rt" if what == "choice" else "rt2"] = f"{time - times[since]:.3f}"
    if not trials:
        raise UserError(f"{path}: the log must tell of a trial, as in trial-1/RewardBlock:0/..., got none.")
    cells = pd.DataFrame(trials, dtype=str)
    for name in ("choice", "state", "reward", "rt", "rt2"):
        cells[name] = cells[name].fillna("") if name in cells else ""
    held = {name: cells[name].to_numpy(dtype=str) for name in ("choice", "state", "transition_block")}
    usual = ((held["choice"] == "up") == (held["state"] == "left")) == (held["transition_block"] == "1")
    there = (held["choice"] != "") & (held["state"] != "")
    cells["common"] = np.where(there, np.where(usual, "1", "0"), "")
    told = NAME.match(Path(path).name)
    if not told:
        warnings.warn(
            f"The file's name tells no session, as 159_session1_log does: all of {Path(path).name} is one subject's.",
            stacklevel=3,
        )
    return Opened(
        cells.assign(subject=told["subject"] if told else Path(path).stem, session=told["session"] if told else "1"),
        COLUMNS,
    )
