"""What a study is: the task, how long, in which words, what is paid. One TOML file can hold all of it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args, get_type_hints
from urllib.parse import urlsplit

from prefrontal.errors import UserError, check_choice, check_count
from prefrontal.runs.files import read_bytes
from prefrontal.runs.toml import parse_toml

TaskName = Literal["two-step", "daw", "bandit", "reversal", "harlow"]
Reload = Literal["continue", "refuse"]
TASKS: tuple[TaskName, ...] = get_args(TaskName)
TRIALS: Mapping[TaskName, int] = {"two-step": 200, "daw": 201, "bandit": 100, "reversal": 100, "harlow": 60}
"""Trials of a session unless the study says otherwise."""
TWO_STAGES = ("two-step", "daw")
MOST_TRIALS, MOST_MS = 5_000, 600_000
MOST_WORDS = 2**16
"""Characters of a consent text."""
DRAWS = ("task", "trials", "practice", "settings", "seed")
"""What decides the draws: the same for all sessions in one database."""


@dataclass(frozen=True)
class Bonus:
    """What is paid for rewards, on top of whatever else is paid."""

    currency: str = "£"
    """Written before the sum; at most 4 characters."""
    per_reward: float = 0.01
    """For every reward in trials that are no practice."""

    def __post_init__(self) -> None:
        if not 0 < len(self.currency) <= 4:
            raise UserError(f"`bonus.currency` must be a sign of 1 to 4 characters, got {self.currency!r}.")
        if not 0 <= self.per_reward <= 1_000:
            raise UserError(f"`bonus.per_reward` must be from 0 to 1,000, got {self.per_reward!r}.")


@dataclass(frozen=True)
class Study:
    """A study: what its participants play, and how.

    Example:
        >>> from prefrontal.play.study import Study
        >>> Study(task="daw", practice=5).num_trials
        201
    """

    task: TaskName = "two-step"
    title: str = ""
    """What the page is headed by. Nothing: the words of the page."""
    trials: int | None = None
    """Trials of a session. None: 200 of two-step, 201 of daw, 100 of bandit and reversal, 60 of harlow."""
    practice: int = 10
    """Trials before those, marked as practice and left out of all analyses."""
    breaks_every: int = 50
    """A break is offered after every so many trials; 0: none."""
    first_ms: int = 3_000
    """Deadline of the choice, or of the first of two, in milliseconds; 0: none."""
    second_ms: int = 3_000
    """Deadline of the second choice; 0: none."""
    feedback_ms: int = 1_000
    """For how long the outcome is shown."""
    iti_ms: int = 500
    """Between trials."""
    reload: Reload = "continue"
    """What becomes of somebody who loads the page again: goes on, or is refused. Both are noted."""
    quiz: bool = True
    """Whether questions on the instructions must be answered before the task."""
    consent: str = ""
    """What a participant agrees to, in Markdown. Nothing: no such page."""
    beside: bool = True
    """Whether participants see themselves beside networks and models at the end."""
    bonus: Bonus | None = None
    completion_url: str = ""
    """Where a participant is sent at the end, such as Prolific's page of completion."""
    token: str = ""
    """A word without which nobody takes part: the page is opened as /?token=WORD. Nothing: anybody may."""
    by: str = ""
    """An experiment whose network plays, live, in place of a participant."""
    seed: int | None = None
    """Of the draws, the same for all sessions; None: each session has its own, which is stored."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Numbers of the task that differ from its own, by name, as in {"common_probability": 0.7}."""

    def __post_init__(self) -> None:
        if self.trials is not None:
            check_count("trials", self.trials)
        check_count("practice", self.practice, least=0)
        check_count("breaks_every", self.breaks_every, least=0)
        if self.num_trials > MOST_TRIALS or self.practice > MOST_TRIALS:
            raise UserError(f"`trials` must be at most {MOST_TRIALS:,}, got {max(self.num_trials, self.practice):,}.")
        for name in ("first_ms", "second_ms", "feedback_ms", "iti_ms"):
            check_count(name, getattr(self, name), least=0)
            if getattr(self, name) > MOST_MS:
                raise UserError(f"`{name}` must be at most {MOST_MS:,} milliseconds, got {getattr(self, name):,}.")
        if self.seed is not None and not 0 <= self.seed < 2**32:
            raise UserError(f"`seed` must be a whole number from 0 to {2**32 - 1}, got {self.seed}.")
        if len(self.title) > 200 or len(self.token) > 200:
            raise UserError("`title` and `token` must have at most 200 characters, got more.")
        if len(self.consent) > MOST_WORDS:
            raise UserError(f"`consent` must have at most {MOST_WORDS:,} characters, got {len(self.consent):,}.")
        if self.completion_url and urlsplit(self.completion_url).scheme not in ("https", "http"):
            raise UserError(f"`completion_url` must begin with https://, got {self.completion_url[:80]}.")

    @property
    def num_trials(self) -> int:
        """Trials of a session, practice not counted."""
        return TRIALS[self.task] if self.trials is None else self.trials

    @property
    def has_two_choices(self) -> bool:
        """Whether a trial asks for a second choice."""
        return self.task == "daw"

    def to_record(self) -> dict[str, Any]:
        """The study as JSON can hold it; `from_record` reads it back."""
        return asdict(self) | {"settings": dict(self.settings)}


def from_record(record: Mapping[str, Any]) -> Study:
    """The study that `record`, of a file or a database, describes.

    Raises:
        UserError: when it says what no study has, or not as it must be.
    """
    known = {entry.name for entry in fields(Study)}
    if unknown := sorted(set(record).difference(known)):
        raise UserError(f"`study` must be of {', '.join(sorted(known))}, got {', '.join(map(str, unknown))}.")
    _check_types(record)
    bonus = record.get("bonus")
    if bonus is not None:
        if not isinstance(bonus, Mapping) or not {"currency", "per_reward"}.issuperset(bonus):
            raise UserError(f"`bonus` must be a table of currency and per_reward, got {bonus!r}.")
        currency, per_reward = bonus.get("currency", Bonus.currency), bonus.get("per_reward", Bonus.per_reward)
        if not isinstance(currency, str) or not _is_number(per_reward):
            raise UserError(f"`bonus` must have a text for currency and a number for per_reward, got {dict(bonus)}.")
        bonus = Bonus(currency, float(per_reward))
    return Study(**{**record, "bonus": bonus})


def read_study(path: Path) -> Study:
    """The study in the TOML file at `path`. Its `consent` names a file of Markdown beside it.

    Raises:
        UserError: when the file cannot be read, or holds no study.
    """
    try:
        record = parse_toml(read_bytes(path).decode())
        study = from_record(record)
    except (ValueError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: {error}" if isinstance(error, UserError) else _no_toml(path, error)) from None
    return replace(study, consent=read_consent(path.parent / study.consent)) if study.consent else study


def read_consent(path: Path) -> str:
    """The Markdown in the file at `path`.

    Raises:
        UserError: when it cannot be read.
    """
    try:
        return read_bytes(path).decode()
    except UnicodeDecodeError as error:
        raise UserError(f"`consent` must be a file of text in UTF-8, got {path} ({error}).") from error


def _no_toml(path: Path, error: Exception) -> str:
    return f"`study` must be a TOML file, got {path} ({error}). See docs/play.md."


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300


def _check_types(record: Mapping[str, Any]) -> None:
    """Refuse what a TOML file may hold and a field may not: a text for a number, say."""
    kinds = get_type_hints(Study)
    for name, value in record.items():
        if name in ("task", "reload"):
            check_choice(name, value, TASKS if name == "task" else get_args(Reload))
        elif name == "settings":
            if not isinstance(value, Mapping):
                raise UserError(f"`settings` must be a table of numbers of the task, got {value!r}.")
        elif name != "bonus" and not (value is None and kinds[name] == int | None):
            plain = {str: str, bool: bool}.get(kinds[name], int)
            if not isinstance(value, plain) or (plain is int and isinstance(value, bool)):
                wanted = {str: "a text", bool: "true or false", int: "a whole number"}[plain]
                raise UserError(f"`{name}` must be {wanted}, got {value!r}.")
