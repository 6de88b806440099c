"""The settings of a sweep, as the command line reads them."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from prefrontal.commands.flags import Start
from prefrontal.commands.options import parse
from prefrontal.errors import UserError
from prefrontal.experiments import Experiment
from prefrontal.experiments.settings import Setting


def split_sweeps(arguments: Sequence[str]) -> tuple[list[str], dict[str, list[str]]]:
    """Take the sweeps out of a command line: the other arguments, and the values by option.

    Raises:
        UserError: when a sweep has no option or fewer than two values, or an option is swept twice.
    """
    rest: list[str] = []
    sweeps: dict[str, list[str]] = {}
    remaining = list(arguments)
    while remaining:
        argument = remaining.pop(0)
        if argument != "--sweep":
            rest.append(argument)
            continue
        words = list(itertools.takewhile(lambda word: not word.startswith("--"), remaining))
        del remaining[: len(words)]
        if len(words) < 3:
            raise UserError(
                f"`--sweep` must be followed by an option and two or more values, got {' '.join(words) or 'nothing'}. "
                "Write it as in: --sweep train.discount .8 .9 .95"
            )
        option, *values = words
        if option in sweeps:
            raise UserError(f"`--sweep {option}` must be given once, got it twice. Put all its values in one.")
        sweeps[option] = values
    return rest, sweeps


def sweep_settings(
    command: str,
    experiment: Experiment,
    arguments: Sequence[str],
    sweeps: Mapping[str, Sequence[str]],
    start: Start | None = None,
) -> list[Setting]:
    """Every combination of the swept values, each read as if it had been given as options.

    Raises:
        UserError: as `parse` does; or when two settings are of one and the same run.
    """
    combinations = [dict(zip(sweeps, values, strict=True)) for values in itertools.product(*sweeps.values())]
    words = [[word for option, value in values.items() for word in (f"--{option}", value)] for values in combinations]
    if "recipe" in sweeps and start and start.is_recorded:
        raise UserError("`--sweep recipe` must go with the preset of an experiment, got a run or --config.")
    if "recipe" in sweeps and replace(experiment.in_recipe("robust"), config=experiment.config) != experiment:
        raise UserError(
            f"`--sweep recipe` must go with recipes that differ in training only, got those of {experiment.name}. "
            "Run it once with each --recipe."
        )
    configs = [parse(command, experiment, [*arguments, *more], start).config for more in words]
    first: dict[Path, Mapping[str, str]] = {}
    for values, config in zip(combinations, configs, strict=True):
        if (folder := experiment.folder(config)) in first:
            pair = " and ".join(
                " ".join(f"{name} {value}" for name, value in one.items()) for one in (first[folder], values)
            )
            raise UserError(
                f"`--sweep` must give settings that train different networks, got {pair}, which train the same. "
                "Leave one out; options of the test, the seeds and the folder make no setting of their own."
            )
        first[folder] = values
    return [Setting(values, config) for values, config in zip(combinations, configs, strict=True)]
