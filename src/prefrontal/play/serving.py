"""A study served to browsers until somebody stops it."""

import contextlib
import ipaddress
import threading
import time
import webbrowser
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from prefrontal.errors import UserError
from prefrontal.play.extra import need

WARNING = """\
WARNING: this server will be reached by others than this computer ({host}).
What passes between it and browsers is not encrypted: put a server with TLS
before it, as docs/play.md shows, and give the study a token. Ctrl-C stops it."""


def is_loopback(host: str) -> bool:
    """Whether only this computer reaches a server at `host`."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def page_address(host: str, port: int, token: str) -> str:
    """Where the page is."""
    name = f"[{host}]" if ":" in host else {"0.0.0.0": "localhost"}.get(host, host)
    return f"http://{name}:{port}/{f'?token={quote(token)}' if token else ''}"


def serve(app: Any, host: str, port: int, *, opens: str | None = None, told: Callable[[], None] | None = None) -> None:
    """Serve `app` until the process is told to end.

    Arguments:
        app: an application of ASGI.
        host: the address to listen at.
        port: the port.
        opens: an address that a browser is opened at once the server listens. None: none is.
        told: called when the server listens.

    Raises:
        UserError: when nobody can listen there.
    """
    uvicorn = need("uvicorn")
    # No log of requests: the addresses that pages are opened at hold names of participants.
    config = uvicorn.Config(
        app, host=host, port=port, access_log=False, log_level="warning", server_header=False, timeout_keep_alive=30
    )
    server = uvicorn.Server(config)

    def when_started() -> None:
        while not server.started:
            if server.should_exit:
                return
            time.sleep(0.05)
        if told:
            told()
        if opens:
            with contextlib.suppress(webbrowser.Error):
                webbrowser.open(opens)

    threading.Thread(target=when_started, daemon=True).start()
    try:
        server.run()
    except SystemExit:
        pass
    finally:
        server.should_exit = True
    if not server.started:
        raise UserError(f"`port` must be one that is free at {host}, got {port}. Take another: --port {port + 1}")
