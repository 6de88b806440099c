"""The server of a study: its page, its draws, and what its participants post."""

import asyncio
import contextlib
import hashlib
import hmac
import json
import secrets
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy.exc import IntegrityError, OperationalError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from prefrontal.errors import UserError
from prefrontal.play.database import Database, Session
from prefrontal.play.draws import Draws
from prefrontal.play.headers import SafeHeaders
from prefrontal.play.limits import Limit
from prefrontal.play.records import (
    LANGUAGES,
    MOST_BYTES,
    MOST_RECORDS,
    Event,
    Start,
    Trial,
    read_json,
    read_record,
    read_start,
)
from prefrontal.play.study import Study
from prefrontal.play.told import bonus_of, told_study
from prefrontal.play.writer import Overloaded, Writer

PAGE = Path(__file__).parent / "page"
"""The page: index.html, static/, words/."""
Beside = Callable[[list[dict[str, Any]], Sequence[Mapping[str, Any]], Sequence[int]], dict[str, Any]]
Live = Callable[[int], dict[str, Any]]
STRANGERS = (10.0, 600.0)
"""Requests a second, and at once, of an address that has shown no secret: a lecture hall may have one address."""
PARTICIPANTS = (30.0, 200.0)
"""The same of a session whose secret was shown."""
MOST_SUMMARIES = 1_024
"""Participants beside others that are kept in memory."""
MOST_EPISODES = 1_000
"""Episodes that a network can be watched in."""


def create_app(
    study: Study, database: Database, draws: Draws, *, beside: Beside | None = None, live: Live | None = None
) -> ASGIApp:
    """The application, for any server of ASGI.

    Arguments:
        study: the study.
        database: where its data go.
        draws: of the same study.
        beside: makes of a session's trials, its draws and what was better what its participant sees. None: nothing.
        live: gives an episode of a network that plays. None: nobody does.

    Raises:
        UserError: when the database is of another study.
    """
    study, key = database.start(study)
    server = _Server(study, database, draws, key.encode(), beside, live)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with Writer(database) as writer:
            server.writer = writer
            yield
        server.summing.shutdown(wait=False, cancel_futures=True)

    routes = [
        Route("/", partial(_file, PAGE / "index.html")),
        *(Route(f"/words/{name}.json", partial(_file, PAGE / "words" / f"{name}.json")) for name in LANGUAGES),
        Mount("/static", StaticFiles(directory=PAGE / "static", check_dir=False)),
        Route("/api/study", server.study_told),
        Route("/api/sessions", server.begin, methods=["POST"]),
        Route("/api/sessions/{session}/records", server.records, methods=["POST"]),
        Route("/api/sessions/{session}/end", server.end, methods=["POST"]),
        Route("/api/sessions/{session}/beside", server.beside_told, methods=["POST"]),
        Route("/api/live", server.live_told),
    ]
    app = Starlette(
        routes=routes,
        lifespan=lifespan,
        exception_handlers={
            UserError: _refused,
            HTTPException: _http_refused,
            Overloaded: _overloaded,
            OperationalError: _away,
            Exception: _failed,
        },
    )
    return SafeHeaders(app)  # around all of it: what fails has them, too


class _Server:
    """What answers."""

    writer: Writer

    def __init__(
        self, study: Study, database: Database, draws: Draws, key: bytes, beside: Beside | None, live: Live | None
    ):
        self.study, self.database, self.draws, self.key = study, database, draws, key
        self.beside, self.live = beside, live
        self.told = told_study(study, draws)
        self.strangers, self.participants = Limit(*STRANGERS), Limit(*PARTICIPANTS)
        # One after the other, beside all else: when a lecture hall ends at once, trials are still taken.
        self.summing = ThreadPoolExecutor(1, thread_name_prefix="summing")
        self.summaries: OrderedDict[str, asyncio.Future[dict[str, Any]]] = OrderedDict()

    async def study_told(self, _: Request) -> Response:
        return _json(self.told)

    async def begin(self, request: Request) -> Response:
        self._check_stranger(request)
        start = read_start(await _body(request))
        if not hmac.compare_digest(start.token.encode(), self.study.token.encode()):
            raise HTTPException(403, "`token` must be that of the study, got another. Ask who invited you.")
        return _json(await self._begin(start))

    async def _begin(self, start: Start) -> dict[str, Any]:
        session = await run_in_threadpool(self.database.find_client, start.client)
        if session is not None:
            return await self._again(session)
        pid = start.parameters.get("PROLIFIC_PID")
        other = await run_in_threadpool(self.database.find_participant, pid) if pid else None
        if other is not None:
            await self.writer.write(lambda connection: self.database.note(connection, other, "second_starts"))
            return {"session": other.id, "secret": None, "state": "refused", "done": 0, "schedule": None}
        seed = self._seed()
        schedule = await run_in_threadpool(self.draws.schedule, seed)
        try:
            session = await self.writer.write(
                lambda connection: self.database.add_session(connection, start, seed, schedule)
            )
        except IntegrityError:  # the same browser, or participant, asked twice at once
            return await self._begin(start)
        return self._told(session, "new", 0)

    async def _again(self, session: Session) -> dict[str, Any]:
        await self.writer.write(lambda connection: self.database.note(connection, session, "reloads"))
        done = await run_in_threadpool(self.database.count, session.number)
        state = "finished" if session.ended else "refused" if done and self.study.reload == "refuse" else "resumed"
        return self._told(session, state, done)

    def _told(self, session: Session, state: str, done: int) -> dict[str, Any]:
        schedule = session.schedule
        return {
            "session": session.id,
            "secret": self._secret(session.id),
            "state": state,
            "done": done,
            "schedule": schedule,
        }

    async def records(self, request: Request) -> Response:
        body = await self._own_body(request)
        session = await self._own_session(request, body)
        said = body.get("records")
        if not isinstance(said, list) or len(said) > MOST_RECORDS:
            raise UserError(f"`records` must be a list of at most {MOST_RECORDS}, got another.")
        records = [read_record(one, session.schedule) for one in said]
        await self.writer.write(lambda connection: self.database.add(connection, session, records))
        trials = [one for one in records if isinstance(one, Trial)]
        events = [one.id for one in records if isinstance(one, Event)]
        return _json({"stored": {"trials": [one.trial for one in trials], "events": events}})

    async def end(self, request: Request) -> Response:
        body = await self._own_body(request)
        session = await self._own_session(request, body)
        trials = await run_in_threadpool(self.database.trials, session.number)
        if len(trials) < self.study.num_trials:
            raise HTTPException(409, f"All {self.study.num_trials} trials must be there, got {len(trials)}.")
        bonus = bonus_of(self.study, trials)
        await self.writer.write(lambda connection: self.database.finish(connection, session, bonus))
        is_shown = self.study.beside and self.beside is not None
        return _json({"bonus": bonus, "completion_url": self.study.completion_url or None, "beside": is_shown})

    async def beside_told(self, request: Request) -> Response:
        body = await self._own_body(request)
        session = await self._own_session(request, body)
        if not self.study.beside or self.beside is None:
            raise HTTPException(404, "This study shows nobody beside its participants.")
        if not session.ended:
            raise HTTPException(409, "The session must have ended.")
        if session.id not in self.summaries:
            trials = await run_in_threadpool(self.database.trials, session.number)
            better = await run_in_threadpool(self.database.better, session.number)
            self.summaries[session.id] = asyncio.get_running_loop().run_in_executor(
                self.summing, self.beside, trials, session.schedule["trials"], better
            )
            while len(self.summaries) > MOST_SUMMARIES:
                self.summaries.popitem(last=False)
        try:
            return _json(await asyncio.shield(self.summaries[session.id]))
        except Exception:
            self.summaries.pop(session.id, None)  # to be tried again
            raise

    async def live_told(self, request: Request) -> Response:
        self._check_stranger(request)
        if self.live is None:
            raise HTTPException(404, "No network plays here. Start one: prefrontal play --by EXPERIMENT")
        text = request.query_params.get("episode", "0")
        if not (text.isascii() and text.isdigit() and len(text) < 6 and int(text) < MOST_EPISODES):
            raise UserError(f"`episode` must be a whole number from 0 to {MOST_EPISODES - 1}, got another.")
        return _json(await run_in_threadpool(self.live, int(text)))

    def _seed(self) -> int:
        return secrets.randbelow(2**32) if self.study.seed is None else self.study.seed

    def _secret(self, session: str) -> str:
        return hmac.new(self.key, session.encode(), hashlib.sha256).hexdigest()

    async def _own_body(self, request: Request) -> Mapping[str, Any]:
        """What somebody posts who knows the secret of the session."""
        name = request.path_params["session"]
        body = await _body(request)
        secret = body.get("secret") if isinstance(body, dict) else None
        known = isinstance(secret, str) and hmac.compare_digest(secret.encode(), self._secret(name).encode())
        if not known:
            self._check_stranger(request)
            raise HTTPException(403, "`secret` must be that of the session, got another.")
        _check(self.participants.wait(name))
        return body

    async def _own_session(self, request: Request, _: Mapping[str, Any]) -> Session:
        session = await run_in_threadpool(self.database.session, request.path_params["session"])
        if session is None:
            raise HTTPException(404, "`session` must be one of this study, got another.")
        return session

    def _check_stranger(self, request: Request) -> None:
        _check(self.strangers.wait(request.client.host if request.client else ""))


async def _body(request: Request) -> Any:
    """What was posted, as JSON, at most `MOST_BYTES`; by a page of ours, where a browser tells whose page it is."""
    if request.headers.get("Sec-Fetch-Site") in ("cross-site", "same-site"):
        raise HTTPException(403, "What is posted must come from the page of the study, got it from another page.")
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise HTTPException(413, f"The body must have at most {MOST_BYTES // 1024} KiB, got more.")
    return read_json(body)


def _check(wait: float) -> None:
    if wait:
        raise HTTPException(429, "Too many requests. Try again soon.", headers={"Retry-After": str(1 + int(wait))})


def _json(document: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    text = json.dumps(document, separators=(",", ":"), allow_nan=False)
    return Response(text, status, {**(headers or {}), "Cache-Control": "no-store"}, media_type="application/json")


async def _file(path: Path, _: Request) -> Response:
    return FileResponse(path, headers={"Cache-Control": "no-cache"})


async def _refused(_: Request, error: Exception) -> Response:
    return _json({"error": str(error)}, 422)


async def _http_refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _json({"error": str(error.detail)}, error.status_code, error.headers)


async def _overloaded(_: Request, __: Exception) -> Response:
    return _json({"error": "Too much to be stored at once. Try again soon."}, 503, {"Retry-After": "1"})


async def _away(_: Request, __: Exception) -> Response:
    """The database cannot be reached, or its disk is full."""
    return _json({"error": "Nothing can be stored just now. Nothing was lost: try again."}, 503, {"Retry-After": "2"})


async def _failed(_: Request, __: Exception) -> Response:
    return _json({"error": "The server could not do this. Nothing was lost: try again."}, 500)
