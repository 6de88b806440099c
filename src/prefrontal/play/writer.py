"""Writes of many at once, committed together: each is answered when it is on the disk."""

import asyncio
import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from sqlalchemy import Connection

from prefrontal.play.database import Database

MOST_TOGETHER = 256
MOST_WAITING = 10_000
"""Writes that wait; more are refused, to be tried again."""


class Overloaded(Exception):
    """More writes wait than can be done soon."""


class _Write(NamedTuple):
    act: Callable[[Connection], Any]
    done: "asyncio.Future[Any]"


class Writer:
    """One thread that writes to a database, whatever waits in one transaction.

    Arguments:
        database: where to.
    """

    def __init__(self, database: Database):
        self._database = database
        self._waiting: asyncio.Queue[_Write] = asyncio.Queue(MOST_WAITING)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="writer")
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Writer":
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._task is not None
        await self._waiting.join()
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        self._thread.shutdown()

    async def write(self, act: Callable[[Connection], Any]) -> Any:
        """Do `act` in a transaction, and give what it gives when that is committed.

        Raises:
            Overloaded: when too many wait.
        """
        done = asyncio.get_running_loop().create_future()
        try:
            self._waiting.put_nowait(_Write(act, done))
        except asyncio.QueueFull:
            raise Overloaded from None
        return await done

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            writes = [await self._waiting.get()]
            while len(writes) < MOST_TOGETHER and not self._waiting.empty():
                writes.append(self._waiting.get_nowait())
            try:
                for write, (result, error) in zip(
                    writes, await loop.run_in_executor(self._thread, self._commit, writes), strict=True
                ):
                    if not write.done.cancelled():
                        write.done.set_result(result) if error is None else write.done.set_exception(error)
            finally:
                for write in writes:
                    self._waiting.task_done()
                    if not write.done.done():
                        write.done.cancel()

    def _commit(self, writes: list[_Write]) -> list[tuple[Any, Exception | None]]:
        """What each gave, or what went wrong with it: a savepoint each, so that one's fault is not another's."""
        results: list[tuple[Any, Exception | None]] = []
        try:
            with self._database.engine.begin() as connection:
                for write in writes:
                    try:
                        with connection.begin_nested():
                            results.append((write.act(connection), None))
                    except Exception as error:
                        results.append((None, error))
        except Exception as error:  # nothing of it is on the disk
            return [(None, error)] * len(writes)
        return results
