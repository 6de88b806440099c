"""What commands on simulated subjects take first: the models, and the form of the task that they play."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

from prefrontal.commands.help import is_asked, options_of, page, print_help
from prefrontal.configs import BlockTwoStepConfig, DawTwoStepConfig, TwoStepConfig
from prefrontal.configs.block_two_step import AKAM2015, MILLER2017
from prefrontal.configs.models import MODELS
from prefrontal.errors import UserError, did_you_mean

Form = TwoStepConfig | BlockTwoStepConfig | DawTwoStepConfig

FORMS: dict[str, Form] = {
    "wang": TwoStepConfig(),
    "daw": DawTwoStepConfig(),
    "akam": AKAM2015,
    "miller": MILLER2017,
}
"""Wang et al. (2018), Simulation 4; Daw et al. (2011), with second-stage choices; Akam et al. (2015) and Miller et al.
(2017), with blocks."""

ABOUT_FORMS = """\
Forms of the task, by --form:

  wang     Wang et al. 2018, Simulation 4 (unless told otherwise)
  daw      Daw et al. 2011: second-stage choices, drifting rewards
  akam     Akam et al. 2015: blocks of 50 trials
  miller   Miller et al. 2017: the rats' blocks"""


@dataclass(frozen=True)
class Asked:
    """What a command line begins with."""

    models: tuple[str, ...]
    form: str
    task: Form
    """The form's own numbers."""
    rest: list[str]
    """The arguments that are left."""


def read_asked(
    command: str, arguments: Sequence[str], *, kind: Any, description: str, several: bool, files: bool = False
) -> Asked:
    """Take the models and `--form NAME` out of a command line, or tell what may stand there.

    Arguments:
        command: the command's own word.
        arguments: what follows it.
        kind: the dataclass of the command's options.
        description: what the command does.
        several: whether there may be more models than one.
        files: whether a file or folder of fitted networks may stand in the place of a model.

    Raises:
        UserError: when there is no model, one that does not exist, or no such form.
    """
    models = tuple(takewhile(lambda word: not word.startswith("-"), arguments))
    rest = list(arguments[len(models) :])
    if not models and is_asked(rest):
        or_files = " Networks that were fitted may stand in its place: their folder, or a file." * files
        about = f"{description}\n\nMODEL is one of {', '.join(MODELS)}.{or_files}\n\n{ABOUT_FORMS}"
        sections = options_of(kind, kind(task=FORMS["wang"]), leave=("task",))
        more = f"Options of the task depend on its form: `prefrontal {command} hybrid --form daw --help` lists them."
        print_help(page([f"{command} MODEL {'... ' * several}[--form FORM] [OPTIONS]"], about, sections, more))
    if not models or (len(models) > 1 and not several):
        number = "one or more" if several else "one"
        raise UserError(
            f"`model` must be {number} of {', '.join(MODELS)}, got {' '.join(models) or 'nothing'}. "
            f"Try `prefrontal {command} --help`."
        )
    for model in models:
        if model not in MODELS and not (files and Path(model).exists()):
            or_files = ", or a folder or file of fitted networks" * files
            guess = did_you_mean(model, MODELS) or f"Try `prefrontal {command} --help`."
            raise UserError(f"`model` must be one of {', '.join(MODELS)}{or_files}, got {model}. {guess}")
    form = "wang"
    if "--form" in rest:
        place = rest.index("--form")
        form = rest[place + 1] if place + 1 < len(rest) else "nothing"
        del rest[place : place + 2]
    if form not in FORMS:
        guess = did_you_mean(form, FORMS) or f"Try `prefrontal {command} --help`."
        raise UserError(f"`form` must be one of {', '.join(FORMS)}, got {form}. {guess}")
    return Asked(models, form, FORMS[form], rest)


def check_parameters(values: Iterable[str], free: Collection[str], model: str) -> None:
    """Refuse a name that is none of the parameters of a model.

    Raises:
        UserError: when there is one, with the nearest.
    """
    for name in values:
        if name not in free:
            guess = did_you_mean(name, free) or "Give one of these, or none for its default."
            raise UserError(f"`parameters` must be of {', '.join(free)} for {model}, got {name}. {guess}")
