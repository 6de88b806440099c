"""Errors that a person caused and can mend: one sentence, no traceback, exit code 2."""

import contextlib
import difflib
import math
import os
import sys
import traceback
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType

TRACEBACK = "PREFRONTAL_TRACEBACK"
"""The variable of the environment that brings tracebacks back."""

MOST = 2**31 - 1
"""The largest count: JAX counts in 32 bits."""

_on_the_command_line = False
_quiet = False


class _Told(Exception):
    """What is told in a paragraph where nobody catches it, in scripts and in notebooks: what was wrong, and where in
    one's own code. All other errors are shown as ever, and so is this one with PREFRONTAL_TRACEBACK=1."""

    def __init__(self, *arguments: object):
        super().__init__(*arguments)
        _tell_in_paragraphs()

    def _render_traceback_(self) -> list[str]:
        """What IPython shows."""
        if os.environ.get(TRACEBACK):
            return "".join(traceback.format_exception(self)).splitlines()
        return _paragraph(self, self.__traceback__)


class UserError(_Told, ValueError):
    """A mistake in what was asked. The command line prints its message and exits with code 2.

    A message says what must hold, what was got, and what to do:
    "`name` must <condition>, got <value>. <what to do>."

    Example:
        >>> pf.BanditConfig(num_trials=0)
        Traceback (most recent call last):
        prefrontal.errors.UserError: `num_trials` must be a whole number of at least 1, got 0.
    """


class Notice(UserWarning, RuntimeWarning):
    """What a person should know of what the package met while it ran. The command line shows it, as it does every
    plain `UserWarning`, and no other warnings: what NumPy and SciPy say of their numbers is not for its readers."""


class Stopped(_Told):
    """Training was asked to stop, and has saved all seeds under way. A script that does not catch it ends with exit
    code 128 + the signal's number: 130 after Ctrl-C."""

    def __init__(self, signal_number: int):
        super().__init__(signal_number)
        self.signal_number = signal_number

    def __str__(self) -> str:
        return "Training was asked to stop, and is saved. The same call goes on from there."


@contextlib.contextmanager
def on_the_command_line() -> Iterator[None]:
    """Within it, messages call arguments what they are called on the command line; see `argument`."""
    global _on_the_command_line
    before, _on_the_command_line = _on_the_command_line, True
    try:
        yield
    finally:
        _on_the_command_line = before


def is_on_the_command_line() -> bool:
    """Whether a command runs, and no script or notebook; see `on_the_command_line`."""
    return _on_the_command_line


def argument(name: str) -> str:
    """What a message calls the argument `name` when it tells what to do: `out` to whoever called a function, and --out
    to whoever gave a command.

    Arguments:
        name: of an argument, or of a field of one, such as "task.encoding".
    """
    return f"--{name.replace('_', '-')}" if _on_the_command_line else f"`{name}`"


@contextlib.contextmanager
def quietly() -> Iterator[None]:
    """Within it, nobody is told how far a training or a fit has come. Warnings and errors are told all the same.

    Returns:
        What `with` takes.

    Example:
        >>> with pf.quietly():
        ...     fit = pf.fit_model(table, "win-stay-lose-shift", num_starts=2)
    """
    global _quiet
    before, _quiet = _quiet, True
    try:
        yield
    finally:
        _quiet = before


def is_quiet() -> bool:
    """Whether those who tell of progress are to be silent. Warnings and errors are told all the same."""
    return _quiet


def setting(name: str, value: str) -> str:
    """How the argument `name` is given `value`, as a message says it: subject="ppt" to whoever called a function, and
    --subject ppt to whoever gave a command.

    Arguments:
        name: of an argument, or of a field of one.
        value: in words.
    """
    return f"{argument(name)} {value or repr(value)}" if _on_the_command_line else f'{name}="{value}"'


def counted(number: int, noun: str) -> str:
    """The number and its noun, in the plural where there is not one of them.

    Arguments:
        number: of them.
        noun: in the singular; its plural ends in s.

    Example:
        >>> from prefrontal.errors import counted
        >>> counted(1, "test epoch"), counted(1_000, "test epoch")
        ('1 test epoch', '1,000 test epochs')
    """
    return f"{number:,} {noun}{'s' * (number != 1)}"


def check_probability(name: str, value: float) -> None:
    """Refuse a `value` outside [0, 1]."""
    if not (_is_number(value) and 0.0 <= value <= 1.0):
        raise UserError(f"`{name}` must be a probability from 0 to 1, got {value}.")


def check_count(name: str, value: int, *, least: int = 1, most: int = MOST) -> None:
    """Refuse a count below `least` or above `most`, and what is no whole number."""
    if not hasattr(value, "__index__") or value < least:
        raise UserError(f"`{name}` must be a whole number of at least {least}, got {value}.")
    if value > most:
        raise UserError(f"`{name}` must be a whole number of at most {most:,}, got {float(min(value, 10**300)):.3g}.")


def check_seed(name: str, value: int) -> None:
    """Refuse a seed that has no random numbers of its own: JAX counts seeds to 2^32 and then starts again from 0."""
    if not (hasattr(value, "__index__") and 0 <= value < 2**32):
        raise UserError(f"`{name}` must be a whole number from 0 to {2**32 - 1}, got {value}.")


def check_number(name: str, value: float) -> None:
    """Refuse a `value` that is no finite number."""
    if not (_is_number(value) and -math.inf < value < math.inf):
        raise UserError(f"`{name}` must be a finite number, got {value}.")


def check_positive(name: str, value: float) -> None:
    """Refuse a `value` that is not above zero (or is not a number)."""
    if not (_is_number(value) and value > 0):
        raise UserError(f"`{name}` must be above 0, got {value}.")


def check_not_negative(name: str, value: float) -> None:
    """Refuse a `value` below zero (or that is not a number)."""
    if not (_is_number(value) and value >= 0):
        raise UserError(f"`{name}` must be at least 0, got {value}.")


def _is_number(value: object) -> bool:
    return hasattr(value, "__float__")


def check_choice(name: str, value: object, choices: Sequence[object]) -> None:
    """Refuse a `value` that is none of `choices`."""
    if value not in choices:
        words = [str(choice) for choice in choices if choice is not None]
        guess = did_you_mean(value, words)
        raise UserError(f"`{name}` must be one of {', '.join(words)}, got {value!r}.{f' {guess}' if guess else ''}")


def check_seeds(name: str, values: Sequence[int]) -> None:
    """Refuse what is no seed (see `check_seed`), and one that is there twice."""
    seen: set[int] = set()
    for value in values:
        check_seed(name, value)
        if value in seen:
            raise UserError(f"`{name}` must name each seed once, got {value} twice. Leave one out.")
        seen.add(value)


def did_you_mean(word: object, names: Iterable[object], *, always: bool = False) -> str:
    """What a message asks whose `word` is none of `names`: "Did you mean hybrid?"; nothing where none is near.

    Arguments:
        word: what was got.
        names: what there is.
        always: ask for the nearest, however far it is.

    Example:
        >>> from prefrontal.errors import did_you_mean
        >>> did_you_mean("hybird", ["hybrid", "forgetting"])
        'Did you mean hybrid?'
    """
    near = difflib.get_close_matches(str(word), [*map(str, names)], n=1, cutoff=0.0 if always else 0.6)
    return f"Did you mean {near[0]}?" if near else ""


def _tell_in_paragraphs() -> None:
    """Have Python show a `_Told` that nobody catches as a paragraph, and leave all else to whoever showed it before.

    It is called when the first is made: until then, nothing of Python's is touched.
    """
    before = sys.excepthook
    if getattr(before, "of_prefrontal", False):
        return

    def show(kind: type[BaseException], error: BaseException, where: TracebackType | None) -> None:
        if isinstance(error, _Told) and not os.environ.get(TRACEBACK):
            print(*_paragraph(error, where), sep="\n", file=sys.stderr)
            if isinstance(error, Stopped) and not hasattr(sys, "ps1") and not sys.flags.interactive:
                raise SystemExit(128 + error.signal_number)  # as of any program that a signal ends
        else:
            before(kind, error, where)

    show.of_prefrontal = True  # pyright: ignore[reportFunctionMemberAccess]
    sys.excepthook = show


def _paragraph(error: BaseException, where: TracebackType | None) -> list[str]:
    """What was wrong, and the last line of the person's own code on the way there."""
    lines = [f"{type(error).__name__}: {error}"]
    others = (str(Path(__file__).parent), str(Path(os.__file__).parent), "<frozen")
    own = [frame for frame in traceback.extract_tb(where) if not frame.filename.startswith(others)]
    own = [f for f in own if "site-packages" not in f.filename and (f.filename, f.name) != ("<string>", "__init__")]
    if own and isinstance(error, UserError):  # a stop is nobody's mistake
        frame = own[-1]
        place = "this cell" if "ipykernel" in frame.filename or "<ipython" in frame.filename else frame.filename
        lines.append(f"  in {place}, line {frame.lineno}: {frame.line}")
        lines.append(f"  ({TRACEBACK}=1 in the environment shows the whole traceback.)")
    return lines
