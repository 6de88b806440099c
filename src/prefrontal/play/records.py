"""What a page may post: checked field by field, against the draws, before any of it is stored."""

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from prefrontal.errors import UserError
from prefrontal.runs.provenance import parse_json

INPUTS = ("key", "touch", "pointer", "simulated")
EVENTS = (
    "consent", "instructions", "quiz", "break", "blur", "focus", "hidden", "visible", "resize", "reload", "offline",
    "online", "held_key", "fullscreen", "paused", "language",
)  # fmt: skip
LANGUAGES = ("en", "de", "fr")
PARAMETERS = ("PROLIFIC_PID", "STUDY_ID", "SESSION_ID")
"""Parameters of Prolific in the page's address."""
MOST_BYTES = 2**16
"""Of what is posted at once."""
MOST_RECORDS = 500
MOST_DETAIL = 2_000
"""Characters of an event's detail."""
MOST_EVENTS = 5_000
"""Events of a session; later ones are refused."""
LONGEST_MS = 30 * 24 * 3600 * 1000.0
"""A session ends within a month."""
SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
"""A half of a letter, written as an escape: browsers write whole ones as they are."""
IDENTIFIER = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Start(NamedTuple):
    """What a page says when it begins."""

    token: str
    client: str
    language: str
    window: tuple[int, int]
    touch: bool
    parameters: dict[str, str]


class Trial(NamedTuple):
    """A trial as it was played."""

    practice: bool
    trial: int
    """Its number, from 0."""
    choice: int | None
    choice2: int | None
    side: int | None
    side2: int | None
    rt: float | None
    """Response time, in seconds."""
    rt2: float | None
    state: int | None
    reward: int | None
    missed: int
    """0, or the stage whose deadline passed."""
    started_ms: float
    input: str


class Event(NamedTuple):
    """Something that happened beside the trials."""

    id: str
    name: str
    at_ms: float
    detail: str
    """JSON."""


def read_json(body: bytes) -> Any:
    """The JSON in what was posted.

    Raises:
        UserError: when it is none.
    """
    try:
        if SURROGATE.search(body):
            raise ValueError("half a letter")
        return parse_json(body.decode())
    except (ValueError, OverflowError):
        raise UserError("The body must be JSON in UTF-8, got something else.") from None


def read_start(said: Any) -> Start:
    """What a page says when it begins.

    Raises:
        UserError: when it is not as it must be.
    """
    said = _mapping(said, "body")
    window = _list(said.get("window", [0, 0]), "window", 2)
    parameters = {
        name: _identifier(value, name)
        for name, value in _mapping(said.get("parameters") or {}, "parameters").items()
        if name in PARAMETERS and value not in (None, "")
    }
    return Start(
        token=_text(said.get("token") or "", "token", 200),
        client=_identifier(said.get("client"), "client"),
        language=_one_of(said.get("language", "en"), "language", LANGUAGES),
        window=(_whole(window[0], "window", 0, 100_000), _whole(window[1], "window", 0, 100_000)),
        touch=_yes_or_no(said.get("touch", False), "touch"),
        parameters=parameters,
    )


def read_record(said: Any, schedule: Mapping[str, Sequence[Mapping[str, Any]]]) -> Trial | Event:
    """A trial or an event.

    Arguments:
        said: what was posted.
        schedule: what the session brings; a trial must be one of it, and have come out as it was drawn.

    Raises:
        UserError: when it is not as it must be.
    """
    said = _mapping(said, "record")
    kind = _one_of(said.get("kind"), "kind", ("trial", "event"))
    return read_event(said) if kind == "event" else read_trial(said, schedule)


def read_event(said: Mapping[str, Any]) -> Event:
    """Something that happened beside the trials.

    Raises:
        UserError: when it is not as it must be.
    """
    detail = json.dumps(_mapping(said.get("detail") or {}, "detail"), separators=(",", ":"))
    if len(detail) > MOST_DETAIL:
        raise UserError(f"`detail` must be at most {MOST_DETAIL:,} characters of JSON, got {len(detail):,}.")
    return Event(
        id=_identifier(said.get("id"), "id"),
        name=_one_of(said.get("name"), "name", EVENTS),
        at_ms=_number(said.get("at_ms"), "at_ms", 0.0, LONGEST_MS),
        detail=detail,
    )


def read_trial(said: Mapping[str, Any], schedule: Mapping[str, Sequence[Mapping[str, Any]]]) -> Trial:
    """A trial, which must have come out as it was drawn.

    Raises:
        UserError: when it is not as it must be.
    """
    practice = _yes_or_no(said.get("practice"), "practice")
    drawn = schedule["practice" if practice else "trials"]
    index = _whole(said.get("index"), "index", 0, len(drawn) - 1)
    trial = drawn[index]
    has_two = "first" in trial and len(trial["rewards"][0]) > 1
    missed = _whole(said.get("missed"), "missed", 0, 1 + has_two)
    options = 2 if "first" in trial else len(trial["rewards"])
    choice, choice2 = _pair(said.get("choices"), "choices", options - 1)
    side, side2 = _pair(said.get("sides"), "sides", 9)
    rt, rt2 = _pair(said.get("rts_ms"), "rts_ms", None)
    given = [choice is not None, choice2 is not None]
    if given != [missed != 1, has_two and missed == 0]:
        raise UserError("`choices` must be those of the stages that were not missed, got others.")
    if (rt is not None and choice is None) or (rt2 is not None and choice2 is None):
        raise UserError("`rts_ms` must be of choices, got one without its choice.")
    state = reward = None
    if choice is not None and "first" in trial:
        state = trial["first"][choice]
    if missed == 0 and choice is not None:
        reward = trial["rewards"][choice] if state is None else trial["rewards"][state][choice2 or 0]
    for name, drawn_one in (("state", state), ("reward", reward)):
        told = said.get(name)
        if (told is not None and (isinstance(told, bool) or told != drawn_one)) or (told is None) != (
            drawn_one is None
        ):
            raise UserError(f"`{name}` must be what was drawn for the choice, got another.")
    return Trial(
        practice=practice,
        trial=index,
        choice=choice,
        choice2=choice2,
        side=side,
        side2=side2,
        rt=None if rt is None else rt / 1000,
        rt2=None if rt2 is None else rt2 / 1000,
        state=state,
        reward=reward,
        missed=missed,
        started_ms=_number(said.get("started_ms"), "started_ms", 0.0, LONGEST_MS),
        input=_one_of(said.get("input"), "input", INPUTS),
    )


def _pair(value: Any, name: str, most: int | None) -> tuple[Any, Any]:
    """Two entries or one, each a whole number up to `most` (None: a time in milliseconds) or nothing."""
    entries = [*_list(value if value is not None else [], name, None), None, None]
    if len(entries) > 4:
        raise UserError(f"`{name}` must be a list of at most 2, got {len(entries) - 2}.")
    one, other = (
        None
        if entry is None
        else _whole(entry, name, 0, most)
        if most is not None
        else _number(entry, name, 0.0, LONGEST_MS)
        for entry in entries[:2]
    )
    return one, other


def _mapping(value: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise UserError(f"`{name}` must be an object, got {_told(value)}.")
    return value


def _list(value: Any, name: str, length: int | None) -> list[Any]:
    if not isinstance(value, list) or (length is not None and len(value) != length):
        raise UserError(f"`{name}` must be a list{f' of {length}' if length else ''}, got {_told(value)}.")
    return value


def _text(value: Any, name: str, most: int) -> str:
    if not isinstance(value, str) or len(value) > most or "\0" in value:
        raise UserError(f"`{name}` must be a text of at most {most} characters, got {_told(value)}.")
    return value


def _identifier(value: Any, name: str) -> str:
    if not isinstance(value, str) or not IDENTIFIER.fullmatch(value):
        raise UserError(f"`{name}` must be 1 to 64 letters, digits, - and _, got {_told(value)}.")
    return value


def _one_of(value: Any, name: str, among: Sequence[str]) -> str:
    if not isinstance(value, str) or value not in among:
        raise UserError(f"`{name}` must be one of {', '.join(among)}, got {_told(value)}.")
    return value


def _whole(value: Any, name: str, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise UserError(f"`{name}` must be a whole number from {least} to {most}, got {_told(value)}.")
    return value


def _number(value: Any, name: str, least: float, most: float) -> float:
    fits = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if not fits or not least <= value <= most:
        raise UserError(f"`{name}` must be a number from {least:g} to {most:g}, got {_told(value)}.")
    return float(value)


def _yes_or_no(value: Any, name: str) -> bool:
    if not isinstance(value, bool):
        raise UserError(f"`{name}` must be true or false, got {_told(value)}.")
    return value


def _told(value: Any) -> str:
    """What kind of value it is, never the value itself: an answer goes into logs of whoever asked."""
    return {type(None): "nothing", dict: "an object", list: "a list", str: "a text", bool: "true or false"}.get(
        type(value), "another number" if isinstance(value, int | float) else "something else"
    )
