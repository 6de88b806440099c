"""Two-step tasks told in words, as in the collections Psych-101 and Psych-201."""

import io
import re
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from prefrontal.errors import UserError
from prefrontal.trials.columns import Opened, understand_opened
from prefrontal.trials.description import Columns
from prefrontal.trials.text import check_size, excerpt, most_unpacked, read_json, the_file, unreadable


@dataclass(frozen=True)
class Telling:
    """How a collection tells of trials."""

    trial: str
    """Regular expression of a trial's line, with the groups choice, state, reward (a or 1, no or 0) and, where there
    was a second choice, choice2; or forced, where there was an answer without a choice."""
    session: str = r"You are now back"
    """Of a line that begins a session."""
    goes_on: str = ""
    """Of the beginning of a line that goes on with the trial of the line before. Nothing: a trial is a line."""


TRIAL = (
    r"You choose <<(?P<choice>\w+)>>\. This leads to state (?P<state>\w+)\. "
    r"In state (?P=state), you choose <<(?P<choice2>\w+)>>\. You receive (?P<reward>a|no) reward\."
)
"""A trial, in the words of Psych-201's transcript of Shahar et al. (2019)."""
TELLINGS = (
    Telling(TRIAL),
    Telling(
        r"You select fractal <<(?P<choice>\w+)>>\. You end up in the (?P<state>\w+) state\. "
        r"You select <<(?P<choice2>\w+)>>\. You (?P<reward>get a|do not get a) coin\."
    ),
    Telling(
        r"You press the arrow key for <<(?P<choice>up|down)>>\.[^<]{0,500}"
        r"The (?P<state>left|right) circle lights up[^<]{0,500}"
        r"You press the arrow key for <<(?P<forced>left|right)>>\. You received (?P<reward>a|no) coin\.",
        session=r"Welcome to Session",
        goes_on=r"You press the arrow key|The central circles turn|The \w+ circle lights up|You received",
    ),
)
"""Psych-201's transcripts of Shahar et al. (2019), Gillan et al. (2016) and Castro-Rodrigues et al. (2022)."""
REWARDS = {"a": "yes", "get a": "yes", "do not get a": "no"}
CHOICES = {"choice", "choice2", "forced"}
"""The groups of a trial that a response time is told of."""
ANNOUNCED = r"over (\d{1,9})(?: new)? trials"
"""How many trials there were, missed ones with them."""


def read_psych(path: str | Path, *, trial: str | None = None, session: str | None = None) -> pd.DataFrame:
    """The trial table in a file of one JSON object a person, or a zip of one such file.

    Of an object it reads "text", "participant" and, where there are any, "RTs": response times in ms, as many as there
    are choices, marked <<so>>. Which state is the common one after which choice follows, for each person, from counts.

    Where a response time is -1, the trial was missed. Other missed trials are not in such text, nor is it told where
    they were. The trials are numbered as they stand, so that a pair of neighbours may have had a missed trial between
    them; a warning says how many are missing.

    Arguments:
        path: the file.
        trial: regular expression of a trial's line; see `Telling`. None: that of `TELLINGS` which most lines are of.
        session: regular expression of a line that begins a session. None: as `TELLINGS` has it.

    Raises:
        UserError: when the file cannot be read, a line with a choice is no trial, or the response times are not as
            many as the choices; it names the participant and the line of the text, from 1.

    Reference:
        Binz et al. (2025), Nature 644:1002 (Psych-101).
    """
    return understand_opened(open_psych(path, trial=trial, session=session), path).table


def open_psych(path: str | Path, *, trial: str | None = None, session: str | None = None) -> Opened:
    """The trials that text tells of as a table of text.

    Raises:
        UserError: as `read_psych`.
    """
    rows: list[dict[str, Any]] = []
    announced = 0
    telling = Telling(trial, session or Telling.session) if trial else None
    for number, person in enumerate(_people(path), 1):
        name = excerpt(person.get("participant", number))
        if not isinstance(person.get("text"), str):
            raise UserError(f"{path}: participant {name} must have 'text', got {', '.join(person)}.")
        try:
            telling = telling or _telling(person["text"], session)
            trials, stated = _trials(person["text"], telling)
            _add_times(trials, person.get("RTs"))
        except UserError as error:
            raise UserError(f"{path}: participant {name}, {error}") from None
        rows += [{"subject": name} | row for row in trials]
        announced += stated
    if not rows:
        raise UserError(f"{path}: `text` must tell of a trial as `trial` describes it, got none. Is it the right file?")
    if announced > len(rows):
        warnings.warn(
            f"{announced - len(rows):,} of the {announced:,} trials that the text announces are not in it, and where "
            "they were is not told: trials are numbered as they stand.",
            stacklevel=3,
        )
    return Opened(pd.DataFrame(rows).astype(str).replace("nan", ""), Columns(rt_unit="ms"))


def _people(path: str | Path) -> Iterator[dict[str, Any]]:
    try:
        check_size(path)
        data = Path(path).read_bytes()
        if zipfile.is_zipfile(io.BytesIO(data)):
            data = _unpacked(data, path)
        lines = data.decode("utf-8-sig").split("\n")  # not at other ends of lines, which JSON may hold
    except OSError as error:
        raise unreadable(path, error) from error
    except UnicodeDecodeError as error:
        raise UserError(f"{the_file()} must be lines of JSON or a zip of them, got {path} ({error}).") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        person = read_json(line, f"{path}: line {number}")
        if not isinstance(person, dict):
            raise UserError(f"{path}: line {number} must be a JSON object, got {excerpt(line)}.")
        yield person


def _unpacked(data: bytes, path: str | Path) -> bytes:
    """What the only file of a zip holds; it is refused before it is unpacked where that is too much."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            files = [entry for entry in archive.infolist() if not entry.is_dir()]
            if len(files) != 1:
                listed = excerpt(", ".join(entry.filename for entry in files) or "none")
                raise UserError(f"{path}: the zip must hold one file, got {listed}. Unpack it.")
            room = most_unpacked(len(data))
            if files[0].file_size > room:
                raise UserError(
                    f"{path}: a zip of its size must hold at most {room / 2**20:,.0f} MB, got "
                    f"{files[0].file_size / 2**20:,.0f}. Unpack it yourself if you trust it."
                )
            with archive.open(files[0]) as file:
                return file.read(room)  # whatever size it states
    except UserError:
        raise
    except Exception as error:  # of ten kinds at least, for a damaged archive
        reason = str(error) or "it ends early"
        raise UserError(
            f"{the_file()} must be lines of JSON or a zip of them, got {path} ({reason}). Unpack it."
        ) from error


def _telling(text: str, session: str | None) -> Telling:
    """The way of telling that fits most of a text."""
    told = max(TELLINGS, key=lambda one: len(re.findall(one.trial, _lined(text, one))))
    return replace(told, session=session) if session else told


def _lined(text: str, telling: Telling) -> str:
    """`text` with a trial a line."""
    return re.sub(rf"\n(?={telling.goes_on})", " ", text) if telling.goes_on else text


def _trials(text: str, telling: Telling) -> tuple[list[dict[str, Any]], int]:
    """The trials of one person, and how many the text announces."""
    rows: list[dict[str, Any]] = []
    number = announced = 0
    trial, session = re.compile(telling.trial), re.compile(telling.session)
    for position, line in enumerate(_lined(text, telling).split("\n"), 1):
        if stated := re.search(ANNOUNCED, line):
            announced += int(stated[1])
        if session.match(line):
            number += bool(rows)
        found = trial.search(line)
        if found:
            told = found.groupdict()
            rows.append(told | {"session": number, "reward": REWARDS.get(told["reward"], told["reward"])})
        if line.count("<<") != (len(found.groupdict().keys() & CHOICES) if found else 0):
            raise UserError(f"line {position} of `text` must be a trial as `trial` describes it, got: {line[:100]}")
    return rows, announced


def _add_times(rows: list[dict[str, Any]], times: Any) -> None:
    if times is None or not rows:
        return
    if not isinstance(times, list):
        raise UserError(f"`RTs` must be a list of times, got {excerpt(times)}.")
    columns = ("rt", "rt2")[: len(rows[0].keys() & CHOICES)]
    if len(times) != len(columns) * len(rows):
        raise UserError(f"`RTs` must hold a time a choice, {len(columns) * len(rows)}, got {len(times)}.")
    for place, time in enumerate(times):
        row = rows[place // len(columns)]
        row[columns[place % len(columns)]] = "" if time is None or time == -1 else str(time)
        row["missed"] = "1" if time == -1 else row.get("missed", "0")
