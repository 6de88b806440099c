"""The command `prefrontal`: it finds the command that is asked for, and tells of mistakes in a sentence."""

import os
import signal
import sys
import warnings
from collections.abc import Sequence
from typing import NoReturn

from rich.console import Console

from prefrontal.commands import COMMANDS
from prefrontal.errors import Notice, Stopped, UserError

_SUMMARIES = "\n".join(f"  {name:<12} {command.summary}" for name, command in COMMANDS.items())
USAGE = f"""\
usage: prefrontal COMMAND [ARGUMENTS]

Meta-reinforcement learning as a model of prefrontal cortex.

commands:
{_SUMMARIES}

Every number is an option: `prefrontal train wang2018-two-step --help` lists
them.

examples:
  prefrontal reproduce wang2018-two-step
  prefrontal train wang2018-two-step --seeds 0 1 --task.num-trials 50
  prefrontal reproduce wang2018-two-step --sweep train.discount .8 .9 .95

A run is kept in runs/EXPERIMENT/HASH OF ITS SETTINGS, or where --out says.
Ctrl-C stops and keeps what is done; the same command goes on from there.
TensorBoard reads it as it goes: tensorboard --logdir runs
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; exit code 0, 2 for a person's mistake, 128 + n after signal n."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _warn
            _dispatch(arguments)
        sys.stdout.flush()
    except UserError as error:
        _fail(str(error))
    except Stopped as stop:
        _fail("Stopped, and saved. The same command goes on from there.", code=128 + stop.signal_number)
    except KeyboardInterrupt:
        _fail("Stopped. What was saved before is intact; the same command goes on from there.", code=130)
    except BrokenPipeError:
        # Whoever read our output has gone, which is their right: what is left of it goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(128 + signal.SIGPIPE)


def _dispatch(arguments: list[str]) -> None:
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(USAGE, end="")
        return
    if arguments[0] == "--version":
        from importlib.metadata import version

        print(f"prefrontal {version('prefrontal')}")
        return
    command, *rest = arguments
    if command not in COMMANDS:
        raise UserError(f"`command` must be one of {', '.join(COMMANDS)}, got {command}. Try `prefrontal --help`.")
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
    Console(stderr=True, highlight=False).print(plain, markup=False, soft_wrap=True)
