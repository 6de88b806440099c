"""A study's data: opened, written, so that what is acknowledged is kept, and read."""

import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, IntegrityError, NoSuchModuleError, SQLAlchemyError

from prefrontal.errors import UserError
from prefrontal.play.draws import Schedule
from prefrontal.play.records import MOST_EVENTS, Event, Start, Trial
from prefrontal.play.study import DRAWS, Study, from_record
from prefrontal.play.tables import EVENTS, METADATA, SESSIONS, STUDY, TRIALS
from prefrontal.runs.provenance import now

MOST_KEPT = 1_024
"""Sessions whose draws are kept in memory."""
PATIENCE_S = 30


@dataclass(frozen=True)
class Session:
    """A session that was begun."""

    number: int
    id: str
    client: str
    ended: bool
    schedule: Mapping[str, Sequence[Mapping[str, Any]]]


class Database:
    """The database of one study.

    Arguments:
        where: a file of SQLite, or a URL of PostgreSQL, as postgresql://name@host/database.

    Raises:
        UserError: when it cannot be opened.
    """

    def __init__(self, where: str):
        self.url = _url(where)
        self.engine = _engine(self.url)
        self._session = lru_cache(MOST_KEPT)(self._read_session)

    @property
    def shown(self) -> str:
        """Where it is, in words for people: a password is not told."""
        return self.url.database if self.engine.dialect.name == "sqlite" else self.url.render_as_string()

    def close(self) -> None:
        """Let go of it."""
        self.engine.dispose()

    def start(self, study: Study) -> tuple[Study, str]:
        """Make the tables where there are none, and hold the study that they are of.

        Returns:
            The study, with the seed that it has from now on, if it is to have one; and the key of its secrets.

        Raises:
            UserError: when the database holds a study of other draws, or cannot be written.
        """
        try:
            METADATA.create_all(self.engine)
            with self.engine.begin() as connection:
                there = connection.execute(select(STUDY)).mappings().first()
                if there is None:
                    key = secrets.token_hex(32)
                    row = {"id": 1, "record": _json(study.to_record()), "key": key, "version": version("prefrontal")}
                    connection.execute(STUDY.insert().values(**row, created=now()))
                    return study, key
                _check_same(json.loads(there["record"]), study)
                connection.execute(STUDY.update().values(record=_json(study.to_record())))
                return study, there["key"]
        except SQLAlchemyError as error:
            raise self._unusable(error) from error

    def study(self) -> Study:
        """The study that the database is of.

        Raises:
            UserError: when it holds none.
        """
        try:
            with self.engine.connect() as connection:
                record = connection.execute(select(STUDY.c.record)).scalar()
        except SQLAlchemyError as error:
            raise self._unusable(error) from error
        if record is None:
            raise UserError(f"`{self.url.render_as_string()}` must hold a study, got an empty database.")
        return from_record(json.loads(record))

    def rows(self, table: str) -> list[dict[str, Any]]:
        """All rows of a table, in the order of its key.

        Raises:
            UserError: when they cannot be read.
        """
        of = METADATA.tables[table]
        try:
            with self.engine.connect() as connection:
                found = connection.execute(select(of).order_by(*of.primary_key.columns)).mappings()
                return [dict(row) for row in found]
        except SQLAlchemyError as error:
            raise self._unusable(error) from error

    def find_client(self, client: str) -> Session | None:
        """The session that a browser has begun, if it has."""
        with self.engine.connect() as connection:
            found = connection.execute(select(SESSIONS.c.id).where(SESSIONS.c.client == client)).scalar()
        return None if found is None else self.session(found)

    def find_participant(self, pid: str) -> Session | None:
        """The session that a participant of Prolific has begun, if there is one."""
        with self.engine.connect() as connection:
            found = connection.execute(select(SESSIONS.c.id).where(SESSIONS.c.prolific_pid == pid)).scalar()
        return None if found is None else self.session(found)

    def session(self, name: str) -> Session | None:
        """The session called `name`; None where there is none."""
        try:
            return self._session(name)
        except LookupError:  # which is not kept: others could fill the memory with it
            return None

    def trials(self, number: int) -> list[dict[str, Any]]:
        """The trials of a session, practice left out, in their order."""
        query = select(TRIALS).where(TRIALS.c.session == number, TRIALS.c.practice.is_(False))
        with self.engine.connect() as connection:
            return [dict(row) for row in connection.execute(query.order_by(TRIALS.c.trial)).mappings()]

    def better(self, number: int) -> list[int]:
        """By trial of a session, the state or the arm that paid more often."""
        with self.engine.connect() as connection:
            return json.loads(
                connection.execute(select(SESSIONS.c.better).where(SESSIONS.c.number == number)).scalar_one()
            )

    def count(self, number: int) -> int:
        """How many trials of a session are stored, practice left out."""
        query = select(func.count()).where(TRIALS.c.session == number, TRIALS.c.practice.is_(False))
        with self.engine.connect() as connection:
            return int(connection.execute(query).scalar_one())

    def add_session(self, connection: Connection, start: Start, seed: int, schedule: Schedule) -> Session:
        """Begin a session; where the browser has begun one meanwhile, it is that one."""
        row = {
            "id": secrets.token_urlsafe(12),
            "client": start.client,
            "prolific_pid": start.parameters.get("PROLIFIC_PID"),
            "study_id": start.parameters.get("STUDY_ID"),
            "session_id": start.parameters.get("SESSION_ID"),
            "seed": seed,
            "schedule": _json({"practice": schedule.practice, "trials": schedule.trials}),
            "better": _json(schedule.better),
            "language": start.language,
            "width": start.window[0],
            "height": start.window[1],
            "touch": start.touch,
            "started": now(),
            "reloads": 0,
            "second_starts": 0,
            "version": version("prefrontal"),
        }
        connection.execute(SESSIONS.insert().values(**row))
        number = connection.execute(select(SESSIONS.c.number).where(SESSIONS.c.id == row["id"])).scalar_one()
        return Session(number, row["id"], start.client, False, json.loads(row["schedule"]))

    def add(self, connection: Connection, session: Session, records: Iterable[Trial | Event]) -> None:
        """Store records that are not stored yet; those that are stay as they are."""
        received = now()
        trials = [
            {**one._asdict(), "session": session.number, "received": received}
            for one in records
            if isinstance(one, Trial)
        ]
        events = [
            {**one._asdict(), "session": session.number, "received": received}
            for one in records
            if isinstance(one, Event)
        ]
        if trials:
            connection.execute(self._insert_new(TRIALS), trials)
        if events:
            there = connection.execute(select(func.count()).where(EVENTS.c.session == session.number)).scalar_one()
            if there + len(events) <= MOST_EVENTS:
                connection.execute(self._insert_new(EVENTS), events)

    def note(self, connection: Connection, session: Session, column: str) -> None:
        """Count a reload, or a second start."""
        of = SESSIONS.c[column]
        connection.execute(SESSIONS.update().where(SESSIONS.c.number == session.number).values({of: of + 1}))

    def finish(self, connection: Connection, session: Session, bonus: float | None) -> None:
        """Note that a session has ended, the first time it is told."""
        query = SESSIONS.update().where(SESSIONS.c.number == session.number, SESSIONS.c.ended.is_(None))
        connection.execute(query.values(ended=now(), bonus=bonus))
        self._session.cache_clear()

    def _read_session(self, name: str) -> Session:
        with self.engine.connect() as connection:
            row = connection.execute(select(SESSIONS).where(SESSIONS.c.id == name)).mappings().first()
        if row is None:
            raise LookupError(name)
        return Session(row["number"], row["id"], row["client"], row["ended"] is not None, json.loads(row["schedule"]))

    def _insert_new(self, table: Any) -> Any:
        dialect: Any = postgresql if self.engine.dialect.name == "postgresql" else sqlite
        return dialect.insert(table).on_conflict_do_nothing()

    def _unusable(self, error: SQLAlchemyError) -> UserError:
        reason = str(getattr(error, "orig", None) or error).partition("\n")[0]
        return UserError(
            f"`data` must be a database that can be used, got {self.url.render_as_string()} ({reason}). Give another "
            "file or URL."
        )


def _url(where: str) -> Any:
    if "://" not in where:
        return make_url("sqlite://").set(database=str(Path(where)))
    try:
        url = make_url(where)
    except (ArgumentError, ValueError):  # what it holds may be a password
        raise UserError(
            "`data` must be a file or a URL of a database, as postgresql://NAME:PASSWORD@HOST/DATABASE, got another "
            "text with :// in it."
        ) from None
    return url.set(drivername="postgresql+psycopg") if url.drivername in ("postgres", "postgresql") else url


def _engine(url: Any) -> Engine:
    if url.get_backend_name() not in ("sqlite", "postgresql"):
        raise UserError(f"`data` must be a database of SQLite or PostgreSQL, got {url.get_backend_name()}.")
    try:
        of_sqlite = url.get_backend_name() == "sqlite"
        # Of another server a connection may have been lost since: it is tried before it is used.
        waits = {"timeout" if of_sqlite else "connect_timeout": PATIENCE_S}
        # Errors go into logs, and what was to be stored must not.
        engine = create_engine(
            url, hide_parameters=True, max_overflow=-1, pool_pre_ping=not of_sqlite, connect_args=waits
        )
    except (NoSuchModuleError, ModuleNotFoundError, SQLAlchemyError) as error:
        raise UserError(
            f"`data` must be a database whose driver is installed, got {url.render_as_string()} ({error}). For "
            'PostgreSQL: pip install "prefrontal[postgres]".'
        ) from error
    if url.get_backend_name() == "sqlite":
        if url.database and not Path(url.database).parent.is_dir():
            raise UserError(f"`data` must be in a folder that is there, got {url.database}. Make the folder first.")

        @event.listens_for(engine, "connect")
        def _(connection: Any, _: Any) -> None:
            connection.isolation_level = None  # transactions begin where we say, and so are committed together
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
                connection.execute(f"PRAGMA {pragma}")

        @event.listens_for(engine, "begin")
        def _(connection: Connection) -> None:
            connection.exec_driver_sql("BEGIN")

    return engine


def _check_same(record: Mapping[str, Any], study: Study) -> None:
    """Refuse a database whose sessions have other draws."""
    asked = study.to_record() | {"trials": study.num_trials}
    there = dict(record) | {"trials": from_record(record).num_trials}
    for name in DRAWS:
        if there[name] != asked[name]:
            raise UserError(
                f"`data` must be of one study, got one whose `{name}` is {there[name]}, and {asked[name]} was asked "
                "for. Take another file for another study."
            )


def _json(document: object) -> str:
    return json.dumps(document, separators=(",", ":"))


__all__ = ["Database", "IntegrityError", "Session"]
