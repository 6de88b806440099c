"""The data of `prefrontal play`: its database in SQLite, and what JATOS and other hosts kept of its page."""

import math
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pandas as pd

from prefrontal.errors import UserError
from prefrontal.trials.columns import Opened, understand_cells
from prefrontal.trials.description import Columns
from prefrontal.trials.text import excerpt, read_json, read_text, the_file, unreadable

BEGINS = "SQLite format 3"
"""How a file of SQLite begins."""
POSTED = re.compile(r'"kind"\s*:\s*"session"|"records"\s*:\s*\[')
"""In the first line of what the page posted."""
TWO_STAGES = ("two-step", "daw")
COLUMNS = Columns(
    subject="subject",
    session="session",
    trial="trial",
    choice="choice",
    state="state",
    common="common",
    reward="reward",
    missed="missed",
    rt="rt",
    values={"choice": ("0", "1"), "state": ("0", "1")},
    format="people",
)
"""What the table of `people_cells` holds; of tasks with a second choice, `choice2` and `rt2`, too."""
STORED = ("trial", "choice", "state", "choice2", "reward", "missed", "rt", "rt2")
"""What a database holds of a trial."""
NAMES = ("subject", "session", "trial", "choice", "state", "common", "choice2", "reward", "missed", "rt", "rt2")


def open_people(path: str | Path) -> Opened:
    """The trials of people who played, practice left out.

    Raises:
        UserError: when the file cannot be read, is not of `prefrontal play`, or of a task that is no two-step task.
    """
    rows = list(_stored(Path(path)) if _is_database(Path(path)) else _posted(path))
    if not rows:
        raise UserError(f"{path}: the file must hold a trial of a two-step task, got none yet.")
    return _opened(rows)


def table_of(rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """The trial table of `rows`, each a trial with the keys `NAMES`, but for `common`, and maybe `better_state`."""
    opened = _opened(rows)
    return understand_cells(opened.cells, opened.columns).table


def _opened(rows: Iterable[Mapping[str, Any]]) -> Opened:
    cells = people_cells(rows)
    said = COLUMNS.said
    if set(cells["choice2"]) != {""}:
        values = {**COLUMNS.values, "choice2": ("0", "1")}
        said |= {"choice2": "choice2", "rt2": "rt2", "values": values}
    else:
        cells = cells.drop(columns=["choice2", "rt2"])
        said |= {"choice2": "", "rt2": ""}
    if "better_state" in cells:
        said |= {"better_state": "better_state"}
    return Opened(cells, Columns(**said))


def people_cells(rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """A table of text of `rows`, each a trial with the keys `NAMES`, but for `common`, and maybe `better_state`."""
    table = pd.DataFrame([{**row, "common": _common(row)} for row in rows])
    names = [name for name in (*NAMES, "better_state") if name in table]
    return pd.DataFrame({name: [_text(value) for value in table[name]] for name in names}, dtype=str)


def _common(row: Mapping[str, Any]) -> int | None:
    """State 0 is the common one after choice 0."""
    return None if row["choice"] is None or row["state"] is None else int(row["choice"] == row["state"])


def _text(value: Any) -> str:
    if value is None or value != value:
        return ""
    return repr(float(value)) if isinstance(value, float) and value != int(value) else str(int(value))


def _is_database(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(BEGINS)) == BEGINS.encode()
    except OSError as error:
        raise unreadable(path, error) from error


def _stored(path: Path) -> Iterator[dict[str, Any]]:
    """The trials in a database."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=30)) as connection:
            connection.row_factory = sqlite3.Row
            _check_tables(connection, path)
            study = connection.execute("SELECT record FROM study").fetchone()
            record = _held(study["record"], f"{path}: `record`") if study else {}
            task = record.get("task") if isinstance(record, dict) else None
            if task not in TWO_STAGES:
                raise UserError(
                    f"{the_file()} must be of people at a two-step task, got {path} ({excerpt(task or 'empty')}). "
                    f"Export it: prefrontal play export {path} --out FILE.csv"
                )
            sessions = connection.execute("SELECT number, better FROM sessions").fetchall()
            better = {row["number"]: _held(row["better"], f"{path}: `better`") for row in sessions}
            query = "SELECT * FROM trials WHERE NOT practice ORDER BY session, trial"
            for row in connection.execute(query):
                known = better.get(row["session"])
                if not isinstance(known, list):
                    raise UserError(f"{path}: `better` must be a list for each session, got none for {row['session']}.")
                place = row["trial"]
                better_state = known[place] if isinstance(place, int) and 0 <= place < len(known) else None
                told = {name: row[name] for name in STORED} | {"better_state": better_state}
                yield _checked(told, path) | {"subject": row["session"], "session": 1}
    except (sqlite3.Error, IndexError, UnicodeError) as error:
        raise UserError(f"{the_file()} must be a database of `prefrontal play`, got {path} ({error}).") from error


def _check_tables(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse a database whose tables are computed as they are read: a view may never end, a column be of any size."""
    found = dict(
        connection.execute("SELECT name, type FROM sqlite_master WHERE name IN ('study', 'sessions', 'trials')")
    )
    lacking = [name for name in ("study", "sessions", "trials") if found.get(name) != "table"]
    hidden = connection.execute(
        "SELECT m.name FROM sqlite_master m, pragma_table_xinfo(m.name) c WHERE m.type = 'table' AND c.hidden > 0"
    ).fetchone()
    if lacking or hidden:
        got = f"no table {lacking[0]}" if lacking else f"computed columns in {excerpt(hidden[0])}"
        raise UserError(f"{the_file()} must be a database of `prefrontal play`, got {path} ({got}).")


def _held(text: object, what: str) -> Any:
    if not isinstance(text, str):
        raise UserError(f"{what} must be JSON, got {excerpt(text)}.")
    return read_json(text, what)


def _checked(row: dict[str, Any], path: str | Path) -> dict[str, Any]:
    """A trial's numbers, each a number or None; `missed` as 0 or 1.

    Raises:
        UserError: when one is something else.
    """
    for name, value in row.items():
        needed = name in ("trial", "missed")
        good = isinstance(value, int) or (isinstance(value, float) and math.isfinite(value) and name in ("rt", "rt2"))
        if not (good or (value is None and not needed)) or (name == "trial" and value not in range(2**31)):
            raise UserError(
                f"{path}: `{name}` must be a number{'' if needed else ' or nothing'}, got {excerpt(value)}."
            )
    return {**row, "missed": int(row["missed"] > 0)}


def _posted(path: str | Path) -> Iterator[dict[str, Any]]:
    """The trials in lines of JSON: each of a session, whose records follow, or are in it."""
    text = read_text(path)
    people: dict[str, int] = {}
    seen: set[tuple[int, int]] = set()
    subject = None
    for line in filter(str.strip, text.splitlines()):
        entry = read_json(line, f"{path}: a line")
        if not isinstance(entry, dict):
            raise UserError(f"{path}: every line must be an object of JSON, got {excerpt(line)}.")
        if "session" in entry:
            subject = people.setdefault(str(entry["session"]), len(people) + 1)
        records = entry["records"] if isinstance(entry.get("records"), list) else [entry]
        for record in records:
            row = _trial(record, subject, path)
            if row is not None and (row["subject"], row["trial"]) not in seen:
                seen.add((row["subject"], row["trial"]))
                yield row


def _trial(record: Any, subject: int | None, path: str | Path) -> dict[str, Any] | None:
    """A trial that was posted; None of practice, and of other records."""
    if not isinstance(record, dict) or record.get("kind") != "trial" or record.get("practice"):
        return None
    try:
        (choice, choice2), (rt, rt2) = ((*record[name], None, None)[:2] for name in ("choices", "rts_ms"))
        rt, rt2 = (None if time is None else time / 1000 for time in (rt, rt2))
        told = {name: record[name] for name in ("state", "reward", "missed")}
    except (KeyError, TypeError, OverflowError) as error:
        raise UserError(f"{path}: a trial must be as `prefrontal play` posts it, got {excerpt(record)}.") from error
    if subject is None:
        raise UserError(f"{path}: a trial must follow the session that it is of, got one without.")
    row = {"trial": record.get("index"), "choice": choice, "choice2": choice2, **told, "rt": rt, "rt2": rt2}
    return {"subject": subject, "session": 1, **_checked(row, path)}
