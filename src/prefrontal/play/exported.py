"""A study's data as tables: ours, those of jsPsych and of BIDS, and what belongs to sessions and events."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from prefrontal.errors import UserError
from prefrontal.play.database import Database
from prefrontal.play.study import TWO_STAGES, Study
from prefrontal.runs.files import make_folder, write_text
from prefrontal.trials.people_data import table_of

Format = Literal["trials", "jspsych", "bids", "sessions", "events"]
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""
BESIDE = ("side", "side2", "missed_stage", "started_ms", "input")
"""Columns of ours beside those of the trial table."""


def write_export(database: Database, out: Path, format: Format) -> int:
    """Write what `database` holds.

    Arguments:
        database: the study's.
        out: the file; of "bids" the folder.
        format: "trials", our own table, practice left out; "jspsych", the columns of the plug-in two-step-trial,
            practice numbered 0; "bids", a file of events a person; "sessions", a row a session; "events", a row an
            event.

    Returns:
        How many rows.

    Raises:
        UserError: when there is nothing to be written, or the format is of another task.
    """
    if format in ("sessions", "events"):
        table = session_table(database) if format == "sessions" else pd.DataFrame(database.rows("events"))
        _write(out, table)
        return len(table)
    study = database.study()
    played = database.rows("trials")
    if not any(not row["practice"] for row in played):
        raise UserError("`data` must hold a trial that is no practice, got none yet. Let somebody play.")
    if format == "trials":
        table = trial_export(study, database)
        _write(out, table)
        return len(table)
    if study.task not in TWO_STAGES:
        raise UserError(f"`--format {format}` must be of a two-step task, got {study.task}. Take --format trials.")
    if format == "jspsych":
        table = jspsych_export(played)
        _write(out, table)
        return len(table)
    return _write_bids(out, study, played)


def trial_export(study: Study, database: Database) -> pd.DataFrame:
    """The trial table, practice left out, with what else is known of each trial: which side was chosen, the stage that
    was missed (0: none), when the trial began (milliseconds of the session) and by which device it was played."""
    better = {row["number"]: json.loads(row["better"]) for row in database.rows("sessions")}
    rows = [row for row in database.rows("trials") if not row["practice"]]
    rows = [
        {
            **row,
            "subject": row["session"],
            "session": 1,
            "missed": int(row["missed"] > 0),
            "missed_stage": row["missed"],
            "better_state": better[row["session"]][row["trial"]],
        }
        for row in rows
    ]
    beside = pd.DataFrame(rows)[list(BESIDE)].astype({"side": "Int64", "side2": "Int64"})
    if study.task in TWO_STAGES:
        return pd.concat([table_of(rows), beside], axis=1)
    names = ["subject", "session", "trial", "choice", "reward", "missed", "rt"]
    table = pd.DataFrame(rows).rename(columns={"better_state": "better"})
    table = table[[*names, "better"]].astype({"choice": "Int64", "reward": "Int64"})
    return pd.concat([table, beside.drop(columns="side2")], axis=1)


def jspsych_export(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """A row a trial, practice included, with the columns that the plug-in two-step-trial (nivlab) writes and
    `read_jspsych` reads: trials count from 1, those of practice are numbered 0; times in milliseconds."""
    return pd.DataFrame(
        {
            "subject": row["session"],
            "trial_type": "two-step-trial",
            "trial_index": place,
            "time_elapsed": round(row["started_ms"], 1),
            "trial": 0 if row["practice"] else row["trial"] + 1,
            "state_1_choice": row["choice"],
            "state_1_rt": _milliseconds(row["rt"]),
            "transition": None if row["state"] is None else int(row["choice"] == row["state"]),
            "state": row["state"],
            "state_2_choice": _option(row),
            "state_2_rt": _milliseconds(row["rt2"]),
            "outcome": row["reward"],
            "missing": int(row["missed"] > 0),
        }
        for place, row in enumerate(sorted(rows, key=lambda row: (row["session"], not row["practice"], row["trial"])))
    ).astype(dict.fromkeys(("state_1_choice", "transition", "state", "state_2_choice", "outcome"), "Int64"))


def session_table(database: Database) -> pd.DataFrame:
    """A row a session: who, as the platform calls them, how far they came, what they earned, and what was noted."""
    sessions = pd.DataFrame(database.rows("sessions")).drop(columns=["schedule", "better", "client"], errors="ignore")
    if sessions.empty:
        raise UserError("`data` must hold a session, got none yet. Let somebody play.")
    trials = pd.DataFrame(database.rows("trials"), columns=["session", "practice", "missed", "reward"])
    real = trials.loc[~trials["practice"].astype(bool)].groupby("session")
    events = pd.DataFrame(database.rows("events"), columns=["session", "name"])
    seen = events.groupby(["session", "name"]).size().unstack(fill_value=0).add_prefix("num_")
    number = sessions["number"]
    counts = {
        "num_trials": real.size(),
        "num_missed": real["missed"].agg(lambda missed: int((missed > 0).sum())),
        "num_rewards": real["reward"].sum(),
    }
    counted = pd.DataFrame({name: number.map(count).fillna(0).astype(int) for name, count in counts.items()})
    noted = seen.reindex(number.to_numpy(), fill_value=0).reset_index(drop=True)
    return pd.concat([sessions.rename(columns={"number": "subject"}), counted, noted], axis=1)


def without_formulas(table: pd.DataFrame) -> pd.DataFrame:
    """`table` with a ' before every text that a spreadsheet would take for a formula."""

    def plain(value: Any) -> Any:
        return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value

    return table.map(plain)


def _write_bids(out: Path, study: Study, rows: list[dict[str, Any]]) -> int:
    """A file of events a person, onsets in seconds of the session, and a JSON that says what the columns hold."""
    make_folder(out)
    name = study.task.replace("-", "")
    count = 0
    real = pd.DataFrame([row for row in rows if not row["practice"]])
    for subject, own in real.groupby("session"):
        events = pd.DataFrame([event for row in own.to_dict("records") for event in _events(row)])
        text = without_formulas(events).to_csv(sep="\t", index=False, na_rep="n/a")
        write_text(out / f"sub-{int(str(subject)):03d}_task-{name}_run-01_events.tsv", text)
        count += len(events)
    write_text(out / f"task-{name}_events.json", json.dumps(BIDS, indent=2) + "\n")
    return count


BIDS: Mapping[str, Mapping[str, Any]] = {
    "trial_type": {"Levels": {"choice": "first-stage choice", "choice2": "second-stage choice", "outcome": "outcome"}},
    "trial": {"Description": "number of the trial, from 0"},
    "choice": {"Description": "first-stage choice, 0 or 1"},
    "state": {"Description": "second-stage state reached, 0 or 1; 0 is the common one after choice 0"},
    "common": {"Description": "whether the transition was common"},
    "choice2": {"Description": "second-stage choice, 0 or 1"},
    "reward": {"Description": "outcome, 0 or 1"},
    "missed": {"Description": "whether a deadline passed"},
    "response_time": {"Description": "of the choice that the event is of", "Units": "s"},
}


def _events(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The events of a trial, each with what was known then; of what took no time the duration is 0."""
    whole = {name: None if pd.isna(row[name]) else int(row[name]) for name in ("choice", "choice2", "state", "reward")}
    rts = {name: None if pd.isna(row[name]) else float(row[name]) for name in ("rt", "rt2")}
    began = row["started_ms"] / 1000
    void = {"choice": None, "state": None, "common": None, "choice2": None, "reward": None, "response_time": None}

    def event(name: str, onset: float, **told: Any) -> dict[str, Any]:
        head = {"onset": round(onset, 4), "duration": round(told.get("response_time") or 0.0, 4), "trial_type": name}
        return {**head, "trial": int(row["trial"]), **void, **told, "missed": int(row["missed"] > 0)}

    events = [event("choice", began, choice=whole["choice"], response_time=rts["rt"])]
    after = began + (rts["rt"] or 0.0)
    if whole["choice2"] is not None:
        events.append(event("choice2", after, choice2=whole["choice2"], response_time=rts["rt2"]))
        after += rts["rt2"] or 0.0
    if whole["reward"] is not None:
        state = whole["state"]
        common = None if state is None else int(whole["choice"] == state)
        events.append(event("outcome", after, state=state, common=common, reward=whole["reward"]))
    return events


def _option(row: Mapping[str, Any]) -> int | None:
    """Which of the four options of the second stage was chosen."""
    return None if row["choice2"] is None else 2 * row["state"] + row["choice2"]


def _milliseconds(seconds: float | None) -> float | None:
    return None if seconds is None else round(1000 * seconds, 3)


def _write(out: Path, table: pd.DataFrame) -> None:
    write_text(out, without_formulas(table).to_csv(index=False))
