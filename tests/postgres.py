"""A server of PostgreSQL in a folder of its own, for tests and benchmarks of `prefrontal play` against one."""

import contextlib
import importlib.util
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FOLDERS = [*map(Path, os.get_exec_path()), *sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
"""Where programs of PostgreSQL are: Debian keeps them out of the path."""


def _program(name: str) -> str | None:
    return next((str(folder / name) for folder in FOLDERS if (folder / name).exists()), None)


def is_missing() -> str:
    """What keeps a server of PostgreSQL from being started here; nothing where nothing does."""
    if importlib.util.find_spec("psycopg") is None:
        return "psycopg is not installed: pip install 'prefrontal[postgres]'"
    if not (_program("initdb") and _program("postgres")):
        return "No PostgreSQL is installed: apt-get install postgresql"
    if os.geteuid() == 0 and _other_user() is None:
        return "PostgreSQL does not run as root, and there is no user called postgres or nobody"
    return ""


def _other_user() -> str | None:
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    return None


class Postgres:
    """The server, which can be killed and started again."""

    def __init__(self, folder: Path, port: int):
        self.folder, self.port = folder, port
        self.url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
        self._as: dict[str, Any] = {"user": _other_user()} if os.geteuid() == 0 else {}
        if self._as:
            shutil.chown(folder, self._as["user"])
        initdb = [str(_program("initdb")), "-D", str(folder / "data"), "-U", "postgres", "-A", "trust", "--no-sync"]
        subprocess.run(initdb, check=True, capture_output=True, cwd=folder, **self._as)
        self.start()

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        settings = ["-p", str(self.port), "-k", str(self.folder), "-c", "listen_addresses=127.0.0.1"]
        command = [str(_program("postgres")), "-D", str(self.folder / "data"), *settings]
        self._log = (self.folder / "log").open("ab")
        self._process = subprocess.Popen(command, stdout=self._log, stderr=self._log, cwd=self.folder, **self._as)
        import psycopg

        until = time.monotonic() + 60
        while True:
            try:
                psycopg.connect(self.url, connect_timeout=5).close()
                return
            except psycopg.OperationalError:
                if self._process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError((self.folder / "log").read_text()) from None
                time.sleep(0.1)

    def kill(self) -> None:
        """End it at once, as a power cut would: SIGQUIT, at which it lets go of everything as it stands."""
        self._process.send_signal(3)
        self._process.wait()
        self._log.close()


@contextlib.contextmanager
def postgres() -> Iterator[Postgres]:
    """An empty database, gone at the end."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        server = Postgres(Path(name), port)
        try:
            yield server
        finally:
            server.kill()
