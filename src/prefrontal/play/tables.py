"""What a study's database holds: four tables, in SQLite or wherever SQLAlchemy reaches."""

from sqlalchemy import BigInteger, Boolean, Column, Float, ForeignKey, Index, Integer, MetaData, String, Table, Text

METADATA = MetaData()

STUDY = Table(
    "study",
    METADATA,
    Column("id", Integer, primary_key=True),  # always 1: a database is of one study
    Column("record", Text, nullable=False),  # the study, JSON
    Column("key", String(64), nullable=False),  # of which the sessions' secrets are made
    Column("version", String(64), nullable=False),
    Column("created", String(40), nullable=False),
)
SESSIONS = Table(
    "sessions",
    METADATA,
    Column("number", Integer, primary_key=True),  # from 1, in the order of their starts: what tables call a subject
    Column("id", String(64), nullable=False, unique=True),
    Column("client", String(64), nullable=False, unique=True),
    Column("prolific_pid", String(64), unique=True),
    Column("study_id", String(64)),
    Column("session_id", String(64)),
    Column("seed", BigInteger, nullable=False),
    Column("schedule", Text, nullable=False),  # what the page is told, JSON
    Column("better", Text, nullable=False),  # by trial, what it is not told, JSON
    Column("language", String(8), nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("touch", Boolean, nullable=False),
    Column("started", String(40), nullable=False),
    Column("ended", String(40)),
    Column("reloads", Integer, nullable=False),
    Column("second_starts", Integer, nullable=False),  # by another browser, with the same PROLIFIC_PID: refused
    Column("bonus", Float),
    Column("version", String(64), nullable=False),
)
TRIALS = Table(
    "trials",
    METADATA,
    Column("session", Integer, ForeignKey("sessions.number"), primary_key=True),
    Column("practice", Boolean, primary_key=True),
    Column("trial", Integer, primary_key=True),  # from 0
    Column("choice", Integer),
    Column("choice2", Integer),
    Column("side", Integer),
    Column("side2", Integer),
    Column("rt", Float),  # seconds
    Column("rt2", Float),
    Column("state", Integer),
    Column("reward", Integer),
    Column("missed", Integer, nullable=False),  # 0, or the stage whose deadline passed
    Column("started_ms", Float, nullable=False),  # since the session began, by the browser's clock
    Column("input", String(16), nullable=False),
    Column("received", String(40), nullable=False),
)
EVENTS = Table(
    "events",
    METADATA,
    Column("session", Integer, ForeignKey("sessions.number"), primary_key=True),
    Column("id", String(64), primary_key=True),
    Column("name", String(16), nullable=False),
    Column("at_ms", Float, nullable=False),
    Column("detail", Text, nullable=False),
    Column("received", String(40), nullable=False),
)
Index("events_by_time", EVENTS.c.session, EVENTS.c.at_ms)
