"""Posts that are wrong in every way, straight into the application of `prefrontal play`, and what is stored after."""

import asyncio
import copy
import json
import random
import re
import string
import time
from collections import Counter
from typing import Any

from playing import event, trial

from prefrontal.play import server
from prefrontal.play.database import Database
from prefrontal.play.draws import Draws
from prefrontal.play.records import EVENTS, INPUTS, LANGUAGES, read_record
from prefrontal.play.study import Study

NASTY: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2, 3, 11, 12, 2**31, 2**63, -(2**70), 0.5, 1e308, -0.0, "", "0", "=1+1", "@SUM(A1)",
    "../../etc/passwd", "<script>alert(1)</script>", "'; DROP TABLE trials; --", "a" * 5_000, "\0", "\ud800", "é\u202e",
    [], {}, [[]], [None, None], [0, 1], [0] * 50, {"a": {"b": {"c": 1}}}, "two-step", "trial", "event",
)  # fmt: skip
RAW = (
    b"",
    b"{",
    b"\xff\xfe",
    b"[" * 40_000,
    b'{"secret":1e999}',
    b"NaN",
    b"null",
    b'"' + b"a" * 66_000 + b'"',
    b"7" * 5_000,
)
ELSEWHERE = ("/api/sessions/x/records", "/api/sessions/../study", "/", "/api/live", "/api/sessions/%00/end")
KNOWN = {200, 403, 404, 405, 409, 413, 422}
TEXT = re.compile(r"[A-Za-z0-9_-]{1,64}")


def fuzz(data: str, posts: int, seed: int = 0) -> dict[str, Any]:
    """Post `posts` times to a study of its own, whose data go to `data`, a file or a URL.

    Returns:
        How often each status was answered, what answered otherwise, and how many rows are there that should not be.
    """
    study = Study(trials=12, practice=3, reload="continue")
    limits = server.STRANGERS, server.PARTICIPANTS
    server.STRANGERS = server.PARTICIPANTS = (1e9, 1e9)  # else most posts would only be told to wait
    try:
        began = time.perf_counter()
        database = Database(data)
        app = server.create_app(study, database, Draws(study), beside=lambda *_: {"you": {}, "others": []})
        statuses, strange = asyncio.run(_posts(app, posts, random.Random(seed)))
        return {
            "posts": posts,
            "statuses": {str(status): count for status, count in sorted(statuses.items())},
            "other answers": strange,
            "rows that should not be": wrong_rows(database),
            "rows": {name: len(database.rows(name)) for name in ("sessions", "trials", "events")},
            "seconds": round(time.perf_counter() - began, 1),
        }
    finally:
        server.STRANGERS, server.PARTICIPANTS = limits


def wrong_rows(database: Database) -> list[str]:
    """What is stored and should not be."""
    wrong = []
    sessions = {row["number"]: row for row in database.rows("sessions")}
    for row in sessions.values():
        texts = (row["client"], *(row[name] or "x" for name in ("prolific_pid", "study_id", "session_id")))
        if not all(TEXT.fullmatch(text) for text in texts) or row["language"] not in LANGUAGES:
            wrong.append(f"session {row}")
    for row in database.rows("trials"):
        said = {
            "kind": "trial",
            "practice": row["practice"],
            "index": row["trial"],
            "choices": [row["choice"], row["choice2"]],
            "sides": [row["side"], row["side2"]],
            "rts_ms": [None if row[name] is None else 1000 * row[name] for name in ("rt", "rt2")],
            **{name: row[name] for name in ("state", "reward", "missed", "started_ms", "input")},
        }
        try:
            read_record(said, json.loads(sessions[row["session"]]["schedule"]))
        except ValueError as error:
            wrong.append(f"trial {row} ({error})")
        if row["input"] not in INPUTS:
            wrong.append(f"trial {row}")
    for row in database.rows("events"):
        if row["name"] not in EVENTS or not TEXT.fullmatch(row["id"]) or len(row["detail"]) > 2_000:
            wrong.append(f"event {row}")
    return wrong


async def _posts(app: Any, posts: int, by_chance: random.Random) -> tuple[Counter[int], list[str]]:
    statuses, strange = Counter[int](), list[str]()
    started, stop = asyncio.Event(), asyncio.Event()

    async def lifespan_told() -> dict[str, str]:
        if not started.is_set():
            started.set()
            return {"type": "lifespan.startup"}
        await stop.wait()
        return {"type": "lifespan.shutdown"}

    async def nothing(_: Any) -> None:
        pass

    life = asyncio.create_task(
        app({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, lifespan_told, nothing)
    )
    await asyncio.sleep(0.05)
    sessions: list[dict[str, Any]] = []
    for number in range(posts):
        if number % 500 == 0:
            _, body = await _ask(app, "/api/sessions", json.dumps({"client": f"c{number}"}).encode())
            sessions = [*sessions[-3:], json.loads(body)]
        path, data = _post(by_chance, sessions)
        try:
            status, body = await _ask(app, path, data)
        except Exception as error:
            strange.append(f"{path} {data[:300]!r}: {error!r}")
            continue
        statuses[status] += 1
        if status not in KNOWN:
            strange.append(f"{path} {data[:300]!r}: {status} {body[:300]!r}")
    stop.set()
    await life
    return statuses, strange


def _post(by_chance: random.Random, sessions: list[dict[str, Any]]) -> tuple[str, bytes]:
    session = by_chance.choice(sessions)
    name = session["session"]
    part = by_chance.choice(["practice", "trials"])
    index = by_chance.randrange(len(session["schedule"][part]))
    drawn = session["schedule"][part][index]
    records = [
        trial(drawn, index, [by_chance.randrange(2)], practice=part == "practice", missed=by_chance.choice([0, 0, 1])),
        {**event(by_chance.choice(EVENTS), by_chance.randrange(50)), "detail": {"why": "x"}},
    ]
    bodies: dict[str, Any] = {
        f"/api/sessions/{name}/records": {"secret": session["secret"], "records": records},
        f"/api/sessions/{name}/end": {"secret": session["secret"]},
        f"/api/sessions/{name}/beside": {"secret": session["secret"]},
        "/api/sessions": {
            "client": "c0",
            "token": "",
            "language": "de",
            "window": [1, 2],
            "touch": False,
            "parameters": {},
        },
    }
    path = by_chance.choices(list(bodies), weights=[8, 1, 1, 2])[0]
    body = copy.deepcopy(bodies[path])
    for _ in range(by_chance.choice([0, 1, 1, 1, 2, 3])):
        body = _mutated(body, by_chance)
    if by_chance.random() < 0.03:
        path = by_chance.choice(
            ["/api/sessions/x/records", "/api/sessions/../study", "/", "/api/live", "/api/sessions/%00/end"]
        )
    if by_chance.random() < 0.05:
        return path, by_chance.choice([*RAW, "".join(by_chance.choices(string.printable, k=60)).encode()])
    data = json.dumps(body).encode()
    if by_chance.random() < 0.05:
        place = by_chance.randrange(max(1, len(data)))
        data = data[:place] + bytes([by_chance.randrange(256)]) + data[place + 1 :]
    return path, data


def _mutated(value: Any, by_chance: random.Random) -> Any:
    """`value` with one part of it, anywhere, changed, dropped, doubled or renamed."""
    if isinstance(value, dict) and value and by_chance.random() < 0.9:
        key = by_chance.choice(list(value))
        act = by_chance.random()
        if act < 0.1:
            return {name: one for name, one in value.items() if name != key}
        if act < 0.15:
            return {**value, str(by_chance.choice(NASTY)): by_chance.choice(NASTY)}
        return {**value, key: _mutated(value[key], by_chance)}
    if isinstance(value, list) and value and by_chance.random() < 0.8:
        place = by_chance.randrange(len(value))
        if by_chance.random() < 0.1:
            return [*value, *value]
        return [*value[:place], _mutated(value[place], by_chance), *value[place + 1 :]]
    return by_chance.choice(NASTY)


async def _ask(app: Any, path: str, data: bytes) -> tuple[int, bytes]:
    answers: list[dict[str, Any]] = []
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "", "headers": [],
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 2), "state": {},
    }  # fmt: skip

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": data, "more_body": False}

    async def send(message: Any) -> None:
        answers.append(message)

    await app(scope, receive, send)
    return answers[0]["status"], b"".join(message.get("body", b"") for message in answers[1:])
