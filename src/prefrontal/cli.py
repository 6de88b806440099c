"""The command `prefrontal`: it finds the command that is asked for, and tells of mistakes in a sentence."""

import atexit
import contextlib
import gc
import os
import sys
import warnings
from collections.abc import Sequence
from typing import Any, NoReturn

from rich.console import Console

from prefrontal.commands import COMMANDS
from prefrontal.errors import Notice, Stopped, UserError, did_you_mean, on_the_command_line, quietly

_SUMMARIES = "\n".join(f"  {name:<12} {command.summary}" for name, command in COMMANDS.items())
USAGE = f"""\
usage: prefrontal COMMAND [ARGUMENTS]

Meta-reinforcement learning as a model of prefrontal cortex.

commands:
{_SUMMARIES}

Every number is an option: `prefrontal train wang2018-two-step --help`.

examples:
  prefrontal train wang2018-two-step --seeds 0 1 --task.num-trials 50
  prefrontal reproduce wang2018-two-step --sweep train.discount .8 .9 .95
  prefrontal train wang2018-two-step --train.discount .8 --name forgetful
  prefrontal evaluate runs/wang2018-two-step/forgetful
  prefrontal reproduce wang2018-two-step --pretrained

A run is kept in runs/EXPERIMENT/HASH OF ITS SETTINGS, or where --name or --out
says. Its folder may stand in the place of EXPERIMENT: no option need be given
again. Ctrl-C stops and keeps what is done; the same command goes on from there.
With --quiet, any command prints nothing but warnings and what goes wrong.
TensorBoard reads it as it goes: tensorboard --logdir runs
"""


_GO_ON = ("train", "reproduce", "evaluate", "sweep", "search", "fit", "recover")
"""The commands that take up what they were stopped in."""
_BROKEN_PIPE = 128 + 13  # SIGPIPE, a signal that Windows has no name for


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; exit code 0, 2 for a person's mistake, 128 + n after signal n."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    _open_streams()
    _look_for_garbage_less()
    try:
        with warnings.catch_warnings(), on_the_command_line():
            warnings.showwarning = _warn
            if "--quiet" in arguments:
                with quietly(), open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
                    _dispatch([word for word in arguments if word != "--quiet"])
            else:
                _dispatch(arguments)
        sys.stdout.flush()
    except UserError as error:
        _fail(str(error))
    except Stopped as stop:
        _fail("Stopped, and saved. The same command goes on from there.", code=128 + stop.signal_number)
    except KeyboardInterrupt:
        goes_on = "; the same command goes on from there" if arguments[:1] and arguments[0] in _GO_ON else ""
        _fail(f"Stopped. What was saved before is intact{goes_on}.", code=130)
    except BrokenPipeError:
        # Whoever read our output has gone, which is their right: what is left of it goes nowhere.
        _discard(sys.stdout)
        sys.exit(_BROKEN_PIPE)
    except OSError as error:
        if not _is_full(sys.stdout, "\n"):
            raise
        _discard(sys.stdout)
        _fail(
            f"`standard output` must be a place that can be written, got: {error.strerror}. What was saved is intact. "
            "Send it elsewhere."
        )
    except Exception as error:
        if not _is_lack_of_memory(error):
            raise
        got = str(error).rstrip(".") or "too little"
        _fail(
            f"`memory` must hold what is asked for, got: {got}. What was saved before is intact. "
            "Take a smaller network, fewer trials or fewer episodes at once."
        )
    finally:
        if _is_full(sys.stderr):
            _discard(sys.stderr)  # or Python would end with an exit code of its own


def _look_for_garbage_less() -> None:
    """Some hundred thousand objects are made by importing and stay: to look through them again and again takes a fifth
    of a second, and at the end, when the process gives back all its memory anyway, another quarter."""
    gc.set_threshold(50_000)
    atexit.unregister(gc.freeze)
    atexit.register(gc.freeze)


def _open_streams() -> None:
    """Have all three standard streams open, and able to print any text.

    Where one is closed (`>&-`), what goes there goes nowhere; its number must not go to a file that is opened later: a
    library's messages would be written into that.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.open(os.devnull, os.O_RDWR), mode))  # noqa: SIM115  (takes the lowest number)
    if reconfigure := getattr(sys.stdout, "reconfigure", None):
        reconfigure(errors="backslashreplace")  # a name that this terminal has no letters for must not cost the rest


def _is_full(stream: Any, text: str = "") -> bool:
    """Whether `text`, or what `stream` still holds, cannot be written."""
    try:
        stream.write(text)
        stream.flush()
    except OSError:
        return True
    return False


def _discard(stream: Any) -> None:
    """Let what is still to be written to `stream` go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _is_lack_of_memory(error: Exception) -> bool:
    return isinstance(error, MemoryError) or "RESOURCE_EXHAUSTED" in str(error)


def _dispatch(arguments: list[str]) -> None:
    if arguments[:1] == ["help"] and len(arguments) > 1:
        arguments = [*arguments[1:], "--help"]
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(USAGE, end="")
        return
    if arguments[0] == "--version":
        from importlib.metadata import version

        print(f"prefrontal {version('prefrontal')}")
        return
    command, *rest = arguments
    if command not in COMMANDS:
        guess = did_you_mean(command, COMMANDS)
        raise UserError(
            f"`command` must be one of {', '.join(COMMANDS)}, got {command}. {guess}{' ' * bool(guess)}"
            "Try `prefrontal --help`."
        )
    COMMANDS[command].run(command, rest)


def _warn(message: Warning | str, category: type[Warning], *_: object, **__: object) -> None:
    if category in (UserWarning, Notice):
        _tell(f"Warning: {message}")


def _fail(message: str, code: int = 2) -> NoReturn:
    _tell(message)
    sys.exit(code)


def _tell(message: str) -> None:
    # What a file holds must not steer the terminal.
    plain = "".join(letter if letter.isprintable() or letter == "\n" else repr(letter)[1:-1] for letter in message)
    console = Console(stderr=True, highlight=False)
    with contextlib.suppress(OSError):  # where nobody can be told, the work goes on
        console.print(plain, markup=False, soft_wrap=not console.is_terminal)  # one line, for who reads it by program


if __name__ == "__main__":
    main()
