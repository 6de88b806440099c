"""`prefrontal play` under strain: many participants at once, a server that is killed, posts that are no trials.

    python benchmarks/play_under_strain.py load     200 participants at once: trials a second, latencies, memory
    python benchmarks/play_under_strain.py killed   30 sessions: server killed, connections cut, pages loaded again
    python benchmarks/play_under_strain.py fuzz     100,000 posts wrong in every way, and what is stored after them

With --postgres the data go to a server of PostgreSQL, started for it, which is killed, too.

It prints what it found, as JSON. Linux; it needs prefrontal[play] and httpx2, and prefrontal[postgres] for that.
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx2
import numpy as np

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from playing import event, trial
from postgres import Postgres, postgres

from prefrontal.play.database import Database

STARTS_WITHIN_S, SUMMED_WITHIN_S = 600.0, 120.0


class Server:
    """A server of a study in a process of its own, at a port that is free."""

    def __init__(self, folder: Path, study: str, database: Postgres | None):
        (folder / "study.toml").write_text(study)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.database = database
        self.data = database.url if database else str(folder / "people.sqlite")
        self.address = f"http://127.0.0.1:{self.port}"
        self._log = folder / "server.log"
        self._arguments = ["--study", str(folder / "study.toml"), "--data", self.data, "--port", str(self.port)]
        self.kills = 0
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", "from prefrontal.cli import main; main()", "play", "--no-browser"]
        with self._log.open("ab") as log:
            return subprocess.Popen([*command, *self._arguments], stdout=log, stderr=log)

    async def ready(self) -> None:
        """Wait until it answers."""
        async with httpx2.AsyncClient() as client:
            for _ in range(int(STARTS_WITHIN_S / 0.1)):
                with contextlib.suppress(httpx2.TransportError):
                    if (await client.get(f"{self.address}/api/study")).status_code == 200:
                        return
                await asyncio.sleep(0.1)
        raise TimeoutError(self._log.read_text())

    def kill(self) -> None:
        """End it as a power cut would, every second time its database with it, and start it again."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.kills += 1
        if self.database and self.kills % 2 == 0:
            self.database.kill()
            self.database.start()
        self.process = self._start()

    def memory_mb(self) -> float:
        """What it holds now."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1024

    def processor_seconds(self) -> float:
        """What it has computed for."""
        user, system = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def log(self) -> str:
        """What it has said."""
        return self._log.read_text()

    def end(self) -> None:
        """Let it end."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait()


class Connection:
    """One participant's connection, kept open. With hundreds of them the usual clients compute longer than the server,
    and would measure themselves."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter):
        self._reader, self._writer = reader, writer

    @classmethod
    async def open(cls, port: int) -> "Connection":
        """A connection to this computer's `port`."""
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def post(self, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        """The status and the document that the server answers."""
        data = json.dumps(body).encode()
        head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(data)}\r\n\r\n"
        self._writer.write(head.encode() + data)
        status, *lines = (await self._reader.readuntil(b"\r\n\r\n")).decode().lower().split("\r\n")
        length = next(int(line.partition(":")[2]) for line in lines if line.startswith("content-length:"))
        return int(status.split()[1]), json.loads(await self._reader.readexactly(length))


def stored(data: str) -> dict[str, list[tuple[Any, ...]]]:
    """The trials of each browser, in their order."""
    database = Database(data)
    clients = {row["number"]: row["client"] for row in database.rows("sessions")}
    rows: dict[str, list[tuple[Any, ...]]] = {}
    for row in database.rows("trials"):
        if not row["practice"]:
            kept = tuple(row[name] for name in ("trial", "choice", "state", "reward"))
            rows.setdefault(clients[row["session"]], []).append(kept)
    database.close()
    return rows


async def load(
    folder: Path, database: Postgres | None, participants: int, trials: int, think: float, beside: bool
) -> dict[str, Any]:
    """Participants who answer at once, or think for `think` seconds on average; each trial is posted alone."""
    study = f'task = "two-step"\ntrials = {trials}\npractice = 0\nbeside = {str(beside).lower()}\n'
    server = Server(folder, study, database)
    await server.ready()
    if beside:
        await asyncio.sleep(SUMMED_WITHIN_S)  # until the others have played
    before, latencies, summed, memory = server.memory_mb(), [], [], []

    async def participant(number: int) -> int:
        by_chance, sent = random.Random(number), 0
        connection = await Connection.open(server.port)
        _, session = await connection.post("/api/sessions", {"client": f"p{number}"})
        for index, drawn in enumerate(session["schedule"]["trials"]):
            body = {"secret": session["secret"], "records": [trial(drawn, index, [by_chance.randrange(2)])]}
            await asyncio.sleep(by_chance.uniform(0, 2 * think))
            began = time.perf_counter()
            status, _ = await connection.post(f"/api/sessions/{session['session']}/records", body)
            latencies.append(time.perf_counter() - began)
            sent += status == 200
            if number == 0 and index % max(1, trials // 8) == 0:
                memory.append(round(server.memory_mb(), 1))
        secret = {"secret": session["secret"]}
        await connection.post(f"/api/sessions/{session['session']}/end", secret)
        if beside:
            began = time.perf_counter()
            status, _ = await connection.post(f"/api/sessions/{session['session']}/beside", secret)
            assert status == 200
            summed.append(time.perf_counter() - began)
        return sent

    began, computed = time.perf_counter(), server.processor_seconds()
    sent = await asyncio.gather(*map(participant, range(participants)))
    seconds, computed = time.perf_counter() - began, server.processor_seconds() - computed
    after = server.memory_mb()
    server.end()
    rows = stored(server.data)
    return {
        "participants": participants,
        "trials acknowledged": sum(sent),
        "trials stored": sum(map(len, rows.values())),
        "sessions complete": sum(len(row) == trials for row in rows.values()),
        "trials a second": round(sum(sent) / seconds, 1),
        "processor ms of the server a trial": round(1000 * computed / sum(sent), 2),
        "latency ms p50, p99, most": [round(1000 * float(np.quantile(latencies, q)), 1) for q in (0.5, 0.99, 1.0)],
        "seconds until all have seen themselves beside others": round(max(summed), 1) if summed else None,
        "memory MB before, meanwhile, after": [round(before, 1), memory, round(after, 1)],
        "load average": os.getloadavg(),
    }


async def killed(folder: Path, database: Postgres | None, participants: int, trials: int, kills: int) -> dict[str, Any]:
    """Sessions through a server that is killed, whose connections are cut and whose pages are loaded again.

    A participant keeps what is not acknowledged and sends it again, as the page does."""
    study = f'task = "two-step"\ntrials = {trials}\npractice = 0\nbeside = false\n'
    server = Server(folder, study, database)
    await server.ready()
    done, table = Counter[int](), []

    async def ask(path: str, body: dict[str, Any], *, impatient: bool = False) -> dict[str, Any] | None:
        """The answer; None where there is none, or it is not waited for."""
        try:
            async with httpx2.AsyncClient(base_url=server.address, timeout=0.02 if impatient else 30) as client:
                answer = await client.post(path, json=body)
            return answer.json() if answer.status_code == 200 else None
        except httpx2.HTTPError:
            return None

    async def sure(path: str, body: dict[str, Any]) -> dict[str, Any]:
        while (answer := await ask(path, body)) is None:
            await asyncio.sleep(0.2)
        return answer

    async def participant(number: int) -> None:
        by_chance = random.Random(number)
        session = await sure("/api/sessions", {"client": f"p{number}"})
        path, waiting, played = f"/api/sessions/{session['session']}/records", [], []
        cut_from = by_chance.randrange(trials - 20)
        counts = Counter(doubled=0, abandoned=0, reloads=0, failed=0)
        for index, drawn in enumerate(session["schedule"]["trials"]):
            record = trial(drawn, index, [by_chance.randrange(2)])
            played.append((index, record["choices"][0], record["state"], record["reward"]))
            waiting = [*waiting, record, event("blur", index)]
            await asyncio.sleep(by_chance.uniform(0.0, 0.05))
            done[number] = index
            if cut_from <= index < cut_from + 20:
                continue  # no network
            if by_chance.random() < 0.05:
                again = await sure("/api/sessions", {"client": f"p{number}"})
                assert again["schedule"] == session["schedule"]
                counts["reloads"] += 1
            abandons = by_chance.random() < 0.2  # what is sent may arrive, but nobody hears of it
            answer = await ask(path, {"secret": session["secret"], "records": waiting[:40]}, impatient=abandons)
            counts["abandoned"] += abandons and answer is None
            counts["failed"] += not abandons and answer is None
            if answer is not None and by_chance.random() < 0.1:
                counts["doubled"] += 1  # acknowledged, and sent again all the same
            elif answer is not None:
                waiting = waiting[40:]
        while waiting:
            await sure(path, {"secret": session["secret"], "records": waiting[:40]})
            waiting = waiting[40:]
        await sure(f"/api/sessions/{session['session']}/end", {"secret": session["secret"]})
        table.append({"client": f"p{number}", "session": session["session"], "played": played, **counts})

    async def killer() -> None:
        for kill in range(1, kills + 1):
            while sum(done.values()) < kill * participants * trials / (kills + 1):
                await asyncio.sleep(0.05)
            server.kill()
            await server.ready()

    await asyncio.gather(killer(), *map(participant, range(participants)))
    server.end()
    rows = stored(server.data)
    for line in table:
        kept, played = rows[line["client"]], line.pop("played")
        line["lost"] = len(set(played) - set(kept))
        line["changed or doubled"] = len(kept) - len(set(kept) & set(played))
    return {
        "sessions": sorted(table, key=lambda line: int(line["client"][1:])),
        "kills": kills,
        "lost": sum(line["lost"] for line in table),
        "changed or doubled": sum(line["changed or doubled"] for line in table),
        "names of participants in the log": sum(line["client"] + '"' in server.log() for line in table),
    }


def main() -> None:
    """Do what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["load", "killed", "fuzz"])
    parser.add_argument("--participants", type=int, default=None)
    parser.add_argument("--trials", type=int, default=60)
    parser.add_argument("--think", type=float, default=0.0, help="seconds before each choice")
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--posts", type=int, default=100_000)
    parser.add_argument("--beside", action="store_true", help="participants look at themselves beside others")
    parser.add_argument("--postgres", action="store_true", help="the data go to a server of PostgreSQL")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, postgres() if asked.postgres else contextlib.nullcontext() as database:
        folder = Path(name)
        if asked.what == "load":
            found = asyncio.run(
                load(folder, database, asked.participants or 200, asked.trials, asked.think, asked.beside)
            )
        elif asked.what == "killed":
            found = asyncio.run(killed(folder, database, asked.participants or 30, asked.trials, asked.kills))
        else:
            from fuzzing import fuzz

            found = fuzz(database.url if database else str(folder / "people.sqlite"), asked.posts)
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
