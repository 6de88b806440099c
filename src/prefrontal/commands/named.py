"""What a command is asked to work on: an experiment by its name, a run by its folder, or a file of settings."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from prefrontal.commands.flags import Start
from prefrontal.commands.help import is_asked, print_help
from prefrontal.commands.options import asked_recipe, value_of
from prefrontal.commands.pages import experiment_page
from prefrontal.errors import UserError
from prefrontal.experiments import EXPERIMENTS, find_experiment
from prefrontal.experiments.records import Record, find_folder, read_folder, read_settings


@dataclass(frozen=True)
class Named:
    """What a command is asked to work on, and the options that follow."""

    start: Start
    """The experiment, and what its options are where nothing is said."""
    word: str
    """The experiment or the folder as it was typed; the experiment's name where a file names it."""
    options: list[str]
    """The words that follow it."""


def named(command: str, arguments: Sequence[str]) -> Named:
    """What follows `command`. Where help is asked for and nothing is named, it is given, and the process ends.

    Raises:
        UserError: when nothing follows that is an experiment, a run or --config.
    """
    file = value_of("config", arguments)
    if arguments and not arguments[0].startswith("-"):
        word, options = arguments[0], list(arguments[1:])
        start = _start(command, word, options)
    elif file is not None:
        start = _in_place_of(command, read_settings(Path(file)), list(arguments))
        word, options = start.experiment.name, list(arguments)
    elif is_asked(arguments):
        print_help(experiment_page(command))
    else:
        got = arguments[0] if arguments else "nothing"
        raise UserError(
            f"`experiment` must follow `{command}`, got {got}. There are: {', '.join(EXPERIMENTS)}. The folder of a "
            "run may stand in its place."
        )
    return Named(_under_a_name(command, start, options), word, options)


def _start(command: str, word: str, options: list[str]) -> Start:
    file = value_of("config", options)
    if word in EXPERIMENTS:  # though there be a folder of that name, as there is in runs/
        experiment = find_experiment(word)
        if file is not None:
            return _in_place_of(command, read_settings(Path(file), experiment), options)
        recipe = asked_recipe(options)
        experiment = experiment.in_recipe(recipe)
        return Start(experiment, experiment.config, recipe)
    folder = find_folder(word)
    if folder is None:
        if Path(word).exists() or "/" in word:
            raise UserError(
                f"`run` must be the folder of a run, got {word}, which is none. `prefrontal runs` lists the runs, "
                "`prefrontal list` the experiments."
            )
        find_experiment(word)  # refuses it, with the nearest
        raise AssertionError(word)
    if file is not None:
        raise UserError(
            f"`--config` must go with an experiment, got the run {folder}, which has its own settings. Leave it out."
        )
    record = read_folder(folder)
    start = _in_place_of(command, record, options)
    assert record.found is not None
    return _of_folder(command, record, replace(start, out=record.found.path))


def _of_folder(command: str, record: Record, start: Start) -> Start:
    """`start` for the folder that `record` is of, or the refusal of one that `command` can do nothing with."""
    assert record.found is not None
    folder = record.found.path
    if command == "figure":
        return start
    if not record.is_plain:
        raise UserError(
            f"`run` must be the folder of a run, got {folder}, results of a test that is part of one. "
            f"Give the folder above, {folder.parent}; this one's figures are drawn by `prefrontal figure {folder}`."
        )
    if record.source == "file":
        raise UserError(
            f"`run` must be the folder of a run, got {folder}, results of weights in a file. Give the experiment and "
            f"--weights: prefrontal evaluate {record.experiment.name} --weights FILE"
        )
    if record.source == "package" and command in ("train", "bench"):
        raise UserError(
            f"`run` must be the folder of a run, got {folder}, results of networks that come with the package. Train "
            f"your own: prefrontal train {record.experiment.name}"
        )
    return replace(start, pretrained=record.source == "package")


def _in_place_of(command: str, record: Record, options: Sequence[str]) -> Start:
    if value_of("recipe", options) is not None:
        raise UserError(
            "`--recipe` must be left out where a run or --config says how networks are trained, got both. "
            "Options of --train change single numbers."
        )
    return Start(record.experiment, record.config, record.recipe, record.seeds or None, is_recorded=True)


def _under_a_name(command: str, start: Start, options: Sequence[str]) -> Start:
    """`start` with the folder that --name stands for. But in training, a run that is there says its settings."""
    name = value_of("name", options)
    if name is None:
        return start
    if value_of("out", options) is not None:
        raise UserError("`--name` must go without --out, which is the folder itself, got both. Leave one of them out.")
    if not re.fullmatch(r"[\w][\w.+-]*", name) or name == "pretrained":
        raise UserError(
            f"`--name` must be a word of letters, digits, dots and hyphens, and not pretrained, got {name!r}. It is "
            "the name of a folder in runs/EXPERIMENT; --out takes any other."
        )
    folder = Path("runs") / start.experiment.name / name
    is_given = start.out is not None or value_of("config", options) is not None
    if command in ("train", "bench") or is_given or find_folder(str(folder)) is None:
        return replace(start, out=folder)
    record: Any = read_folder(folder)
    return _of_folder(command, record, replace(_in_place_of(command, record, options), out=folder))
