"""Chromium at the page of `prefrontal play`: started, led through the screens, and the page served in small."""

import contextlib
import functools
import importlib.util
import json
import random
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
OPEN = "main[data-screen$=trial] button.option:not([disabled]):not(.chosen):not(.left)"
"""What can be chosen now."""
NOTES = """(() => {
  const keep = Storage.prototype.setItem;
  const known = new Set();
  Storage.prototype.setItem = function (key, value) {
    keep.call(this, key, value);
    if (!key.endsWith(":queue")) return;
    for (const record of JSON.parse(value) ?? []) {
      const name = JSON.stringify(record);
      if (record.kind === "trial" && !known.has(name)) { known.add(name); window.noteTrial(record); }
    }
  };
})()"""
"""Tells a test of every trial that the page has put on its way, whatever becomes of it."""


def is_missing() -> str:
    """What keeps a browser from being driven here; nothing where nothing does."""
    if importlib.util.find_spec("playwright") is None:
        return "Playwright is not installed: pip install playwright"
    return "" if CHROMIUM else "No Chromium is installed: apt-get install chromium"


@contextlib.contextmanager
def chromium() -> Iterator[Any]:
    """A browser without a window."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def study(task: str, **changes: Any) -> dict[str, Any]:
    """What the page is told of a short study."""
    return {
        "task": task,
        "title": "",
        "trials": 4,
        "practice": 1,
        "breaks_every": 2,
        "deadlines_ms": {"first": 3000, "second": 3000},
        "feedback_ms": 150,
        "iti_ms": 50,
        "reload": "continue",
        "quiz": True,
        "consent_html": None,
        "bonus": {"currency": "£", "per_reward": 0.05},
        "beside_networks": True,
        "num_arms": 2,
        "completion_url": "https://example.org/done",
        "by": None,
    } | changes


def schedule(task: str, trials: int, seed: int = 0, arms: int = 2) -> list[dict[str, Any]]:
    """Trials as the server draws them, but for their chances."""
    drawn = random.Random(seed)
    flip = functools.partial(drawn.randint, 0, 1)
    if task in ("two-step", "daw"):
        options = 2 if task == "daw" else 1
        firsts = [[0, 1] if drawn.random() < 0.7 else [1, 0] for _ in range(trials)]
        return [{"first": first, "rewards": [[flip() for _ in range(options)] for _ in range(2)]} for first in firsts]
    if task == "harlow":
        pairs = [(drawn.randint(0, 999), drawn.randint(1000, 1999)) for _ in range(trials)]
        return [
            {"objects": list(pairs[k // 2]), "rewards": [1, 0], "problem": k // 2, "trial": k % 2}
            for k in range(trials)
        ]
    return [{"rewards": [flip() for _ in range(arms)]} for _ in range(trials)]


class _Quiet(SimpleHTTPRequestHandler):
    """Serves the folder, and keeps what is posted to it."""

    posted: list[Any]

    def do_POST(self) -> None:
        self.posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", "default-src 'self'")
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextlib.contextmanager
def served_folder(
    folder: Path, told: Mapping[str, Any], form: str = "folder", post: bool = True
) -> Iterator[tuple[str, list[Any]]]:
    """The page without a server of ours, for a study with one schedule: its address, and what it posts."""
    with as_file(files("prefrontal") / "play" / "page") as page:
        shutil.copytree(page, folder)
    html = (folder / "index.html").read_text("utf-8")
    html = html.replace('content="server"', f'content="{form}"')
    if form == "jatos":
        html = html.replace("<!-- jatos -->", '<script src="jatos.js"></script>')
    (folder / "index.html").write_text(html, "utf-8")
    task = told["task"]
    arms = told["num_arms"]
    drawn = {"practice": schedule(task, told["practice"], 1, arms), "trials": schedule(task, told["trials"], 0, arms)}
    trials = drawn | {"better": [0] * told["trials"]}
    others = [
        {
            "name": "network",
            "bars": [0.5, 1, 1, 1, 1, 0.98] if task == "harlow" else [0.8, 0.4, 0.3, 0.7],
            "reward": 0.6,
            "weights": {},
        }
    ]
    document = {"study": told, "schedules": [trials], "post": "post" if post else None, "others": others}
    (folder / "study.json").write_text(json.dumps(document), "utf-8")
    posted: list[Any] = []
    handler = functools.partial(type("Handler", (_Quiet,), {"posted": posted}), directory=str(folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", posted
    finally:
        server.shutdown()
        server.server_close()


class PlayServer:
    """`prefrontal play` in a process of its own, which can be killed and started again."""

    def __init__(self, data: Path, *arguments: str):
        self.data, self.port = data, free_port()
        start = "from prefrontal.cli import main; main()"
        self.command = [sys.executable, "-c", start, "play", *arguments, "--no-browser"]
        self.command += ["--data", str(data), "--port", str(self.port)]
        self.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def start(self) -> None:
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def is_up(self) -> bool:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"{self.address}api/study", timeout=2).close()
            return True
        return False

    def wait(self, seconds: float = 300) -> None:
        until = time.monotonic() + seconds
        while not self.is_up():
            if self.process.poll() is not None:
                raise RuntimeError(self.process.stderr.read().decode() if self.process.stderr else "")
            if time.monotonic() > until:
                raise TimeoutError(f"{self.address} does not answer.")
            time.sleep(0.2)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stored(self) -> list[dict[str, Any]]:
        """The trials in the database, practice and all."""
        with contextlib.closing(sqlite3.connect(self.data)) as connection:
            connection.row_factory = sqlite3.Row
            rows = connection.execute("select trials.*, client from trials join sessions on session = number")
            return [dict(row) for row in rows]


def screen_of(page: Any) -> str:
    return page.evaluate("document.getElementById('page')?.dataset.screen ?? ''")


def lead(
    page: Any,
    choose: Callable[[Any], None],
    *,
    by: str = "key",
    each: Callable[[str], None] = lambda name: None,
    until: Sequence[str] = ("end",),
) -> list[str]:
    """From screen to screen as a person goes, by keys alone or by touch, until one of `until`; the names of all."""
    seen: list[str] = []
    go_on = {"key": lambda: page.keyboard.press("Space"), "touch": lambda: page.tap("button.primary")}[by]
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        name = screen_of(page)
        if name and (not seen or seen[-1] != name):
            seen.append(name)
            each(name)
        if name in until:
            return seen
        if name.endswith("trial"):
            if page.query_selector(OPEN):
                choose(page)
                page.wait_for_function(
                    f"() => document.querySelector('{OPEN}') === null || document.querySelector('.scene svg')"
                )
        elif name == "try":
            if page.query_selector("button.primary"):
                page.keyboard.press("Enter") if by == "key" else page.tap("button.primary")
            else:
                key = "1" if page.locator(".trying button.option").count() > 2 else "ArrowLeft"
                page.keyboard.press(key) if by == "key" else page.tap(".trying button.option >> nth=0")
        elif name == "quiz":
            _answer(page, by)
        elif name and page.query_selector("button.primary"):
            heading = page.inner_text("h1")
            go_on()
            with contextlib.suppress(Exception):
                page.wait_for_function(
                    "text => document.querySelector('h1')?.innerText !== text", arg=heading, timeout=500
                )
        page.wait_for_timeout(20)
    raise TimeoutError(f"The screens ended with {seen[-3:]}.")


def _answer(page: Any, by: str) -> None:
    """All questions, rightly."""
    sets = page.locator("fieldset")
    for place in range(sets.count()):
        right = sets.nth(place).locator("input[value='0']")
        if by == "touch":
            right.tap()
            continue
        page.keyboard.press("Tab")
        page.keyboard.press("Space")
        while not right.is_checked():
            page.keyboard.press("ArrowDown")
    if by == "touch":
        page.tap("button.primary")
    else:
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
    page.wait_for_function("() => document.getElementById('page').dataset.screen !== 'quiz'")
