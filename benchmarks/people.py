"""People at `prefrontal play` whose page and server are disturbed, and how well their response times are measured.

    python benchmarks/people.py disturbed   sessions with reloads, a network that is cut, a server that is killed
    python benchmarks/people.py times       response times against keys pressed after known delays

It drives Chromium: pip install playwright, apt-get install chromium. Prints what it found, as JSON.
"""

import argparse
import contextlib
import json
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from browsing import NOTES, OPEN, PlayServer, chromium, is_missing, lead, screen_of, served_folder, study

KINDS = {
    "reload": ("reload",),
    "reload three times": ("reload", "reload", "reload"),
    "network cut for 20 trials": ("cut",),
    "server killed": ("kill",),
    "server killed, then reload": ("kill", "reload"),
    "cut, killed, reload": ("cut", "kill", "reload"),
}
CLIENT = """
Object.entries(localStorage).filter(([key]) => key.endsWith(":client")).map(([, id]) => JSON.parse(id))[0] ?? ""
"""
"""The browser's own id."""
CUT = 20
"""Trials for which the network is away."""


@dataclass
class Participant:
    """One page: what is to happen to it, and every trial that it has put on its way."""

    kind: str
    address: str
    page: Any
    context: Any
    plan: list[tuple[int, str]]
    made: dict[tuple[bool, int], dict[str, Any]] = field(default_factory=dict)
    twice: int = 0
    client: str = ""
    is_over: bool = False

    def note(self, record: dict[str, Any]) -> None:
        key = (record["practice"], record["index"])
        self.twice += key in self.made and self.made[key] != record
        self.made.setdefault(key, record)

    @property
    def done(self) -> int:
        return sum(not practice for practice, _ in self.made)


def plan_of(kind: str, trials: int, drawn: random.Random) -> list[tuple[int, str]]:
    """When what happens, in trials. No page is loaded again while the network is away: it would not come."""
    at = sorted(drawn.sample(range(2, trials - CUT - 5), len(KINDS[kind])))
    plan = dict(zip(at, KINDS[kind], strict=True))
    mended = [trial + CUT for trial, what in plan.items() if what == "cut"]
    moved = [
        (max([trial, *(end + 1 for end in mended)]) if what == "reload" else trial, what)
        for trial, what in plan.items()
    ]
    return sorted([*moved, *((end, "mend") for end in mended)])


def disturb(person: Participant, server: PlayServer) -> None:
    """What is due by now, one thing at a time, while trials are played."""
    if not person.plan or person.done < person.plan[0][0]:
        return
    what = person.plan[0][1]
    if what == "reload":
        if screen_of(person.page) != "trial" or not server.is_up():
            return  # a page that nobody serves cannot be loaded: once it is there again
        person.page.reload()
    elif what == "kill":
        if server.is_up():  # otherwise somebody else has just had it killed
            server.kill()
            server.start()
    else:
        person.context.set_offline(what == "cut")
    person.plan = person.plan[1:]


def judged(person: Participant, rows: list[dict[str, Any]]) -> dict[str, int]:
    """The trials that the page has made beside those that are stored."""
    stored = Counter((bool(row["practice"]), row["trial"]) for row in rows)
    wrong = 0
    for row in rows:
        made = person.made.get((bool(row["practice"]), row["trial"]))
        same = made and (row["choice"], row["side"], row["reward"]) == (
            made["choices"][0],
            made["sides"][0],
            made["reward"],
        )
        wrong += not same
    return {
        "made": len(person.made),
        "stored": len(rows),
        "lost": len(set(person.made) - set(stored)),
        "doubled": sum(stored.values()) - len(stored),
        "other than made": wrong,
        "made twice": person.twice,
        "not ended": int(not person.is_over),
    }


def disturbed(options: argparse.Namespace) -> list[dict[str, Any]]:
    """Sessions, `--together` at a time, each with its disturbances at random trials; a killed server disturbs all."""
    drawn = random.Random(options.seed)
    kinds = [list(KINDS)[place % len(KINDS)] for place in range(options.sessions)]
    found = []
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        given = Path(folder) / "study.toml"
        given.write_text(f'task = "daw"\ntrials = {options.trials}\npractice = 2\nbreaks_every = 25\nbeside = false\n')
        server = PlayServer(Path(folder) / "people.sqlite", "--study", str(given))
        try:
            server.wait()
            for start in range(0, options.sessions, options.together):
                people = []
                for place, kind in enumerate(kinds[start : start + options.together]):
                    context = browser.new_context()
                    page = context.new_page()
                    address = f"{server.address}?simulate=random&speed={options.speed}&seed={start + place + 1}"
                    person = Participant(kind, address, page, context, plan_of(kind, options.trials, drawn))
                    page.expose_function("noteTrial", person.note)
                    page.add_init_script(NOTES)
                    page.goto(address)
                    people.append(person)
                watch(people, server)
                server.wait()
                for person in people:
                    rows = [row for row in server.stored() if row["client"] == person.client]
                    undone = {"not disturbed": len(person.plan)}
                    found.append({"disturbed by": person.kind, **judged(person, rows), **undone})
                    print(json.dumps(found[-1]), file=sys.stderr, flush=True)
                    person.context.close()
        finally:
            server.kill()
    return found


def watch(people: list[Participant], server: PlayServer, seconds: float = 600) -> None:
    """Until all have ended. Whose page cannot be loaded loads it again, as people do."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and not all(person.is_over for person in people):
        for person in people:
            try:
                person.client = person.client or person.page.evaluate(CLIENT)
                disturb(person, server)
                person.is_over = screen_of(person.page) == "end"
            except Exception as error:
                print(f"{person.kind}: {str(error).splitlines()[0]}", file=sys.stderr, flush=True)
                person.page.wait_for_timeout(1000)
                with contextlib.suppress(Exception):
                    person.page.goto(person.address)
            person.page.wait_for_timeout(10)


def times(options: argparse.Namespace) -> dict[str, Any]:
    """The page's response times less the delay after which a key was pressed, counted from when the stimulus had
    come into the page. What passes between this program and the browser is in the error, too."""
    told = study("bandit", practice=0, quiz=False, trials=options.trials, breaks_every=0, feedback_ms=100)
    drawn = random.Random(options.seed)
    asked: list[float] = []

    with (
        tempfile.TemporaryDirectory() as folder,
        chromium() as browser,
        served_folder(Path(folder) / "page", told) as (address, posted),
    ):
        page = browser.new_page()
        page.add_init_script(f"""
          window.shown = null;
          new MutationObserver(() => {{
            const open = document.querySelector("{OPEN}") !== null;
            if (open && window.shown === null) window.shown = performance.timeOrigin + performance.now();
            if (!open) window.shown = null;
          }}).observe(document, {{ subtree: true, childList: true, attributes: true }});
          window.arrived = [];
          addEventListener("keydown", (event) => {{
            if (window.shown !== null) window.arrived.push(performance.timeOrigin + event.timeStamp - window.shown);
          }}, true);
        """)
        page.goto(address)
        lead(page, lambda page: page.wait_for_timeout(5), until=("trial",))
        while screen_of(page) == "trial":
            shown = page.evaluate("window.shown")
            if shown is None:
                page.wait_for_timeout(2)
                continue
            delay = drawn.uniform(0.3, 0.9)
            time.sleep(max(0.0, shown / 1000 + delay - time.time()))
            page.keyboard.press(drawn.choice("fj"))
            asked.append(1000 * delay)
            page.wait_for_function("() => window.shown === null")
        lead(page, lambda page: None)
        arrived = page.evaluate("window.arrived")
        records = {r["index"]: r for batch in posted for r in batch["records"] if r["kind"] == "trial"}
    told_times = [records[index]["rts_ms"][0] for index in range(len(asked))]
    return {
        "keys": len(asked),
        "told less asked, ms": _spread(told_times, asked),
        "told less when the key reached the browser, ms": _spread(told_times, arrived),
    }


def _spread(one: list[float], other: list[float]) -> dict[str, float]:
    """Of differences: the median, and where nine in ten lie."""
    differences = [left - right for left, right in zip(one, other, strict=True)]
    quantiles = statistics.quantiles(differences, n=20)
    found = {"median": statistics.median(differences), "5th": quantiles[0], "95th": quantiles[-1]}
    return {name: round(value, 1) for name, value in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("disturbed", "times"))
    parser.add_argument("--sessions", type=int, default=30)
    parser.add_argument("--together", type=int, default=6)
    parser.add_argument("--trials", type=int, default=60)
    parser.add_argument("--speed", type=float, default=8)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if is_missing():
        sys.exit(is_missing())
    if options.what == "times":
        print(json.dumps(times(options), indent=2))
        return
    found = disturbed(options)
    counts = {name: sum(row[name] for row in found) for name in found[0] if name != "disturbed by"}
    print(json.dumps({"sessions": found, "in all": counts}, indent=2))


if __name__ == "__main__":
    main()
