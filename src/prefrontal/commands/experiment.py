"""The commands that take an experiment: reproduce, train, evaluate, figure."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from prefrontal.commands.options import Options, asked_recipe, parse, split_sweeps, sweep_settings
from prefrontal.errors import UserError
from prefrontal.experiments import EXPERIMENTS, Experiment, find_experiment

MOST_FALLS = 4
"""So many are told one by one."""


def run(command: str, arguments: Sequence[str]) -> None:
    """Run `command` on the experiment that the first argument names."""
    experiment = named_experiment(command, arguments)
    if experiment is None:
        return
    rest = arguments[1:]
    if "--sweep" in rest:
        _sweep(command, experiment, rest)
    else:
        _COMMANDS[command](experiment, parse(command, experiment, rest))


def named_experiment(command: str, arguments: Sequence[str]) -> Experiment | None:
    """The experiment that follows `command`, in the recipe asked for; None where help was asked for, and given.

    Raises:
        UserError: when none follows.
    """
    if arguments and not arguments[0].startswith("-"):
        return find_experiment(arguments[0]).in_recipe(asked_recipe(arguments[1:]))
    if "-h" in arguments or "--help" in arguments:
        print(f"usage: prefrontal {command} EXPERIMENT [OPTIONS]\n\nexperiments:")
        print("".join(f"  {name}\n" for name in EXPERIMENTS))
        print(f"Options depend on the experiment: prefrontal {command} {next(iter(EXPERIMENTS))} --help")
        return None
    raise UserError(
        f"`experiment` must follow `{command}`, got {arguments[0] if arguments else 'nothing'}. "
        f"There are: {', '.join(EXPERIMENTS)}."
    )


def _train(experiment: Experiment, options: Options) -> None:
    from prefrontal.experiments.places import check_results_folder
    from prefrontal.experiments.workflow import train_run

    if options.pretrained:
        raise UserError("`--pretrained` must go with evaluate, figure or reproduce, got train. Leave it out.")
    if not experiment.networks:  # --out is the folder of the run
        check_results_folder(experiment, options.config, options.out)
    folder = train_run(experiment, options.config, options.seeds, options.out, **_looks(options))
    _say(f"Trained: {folder}")
    _say_falls(experiment, options)
    _say(f"Test it: prefrontal evaluate {experiment.name} with the same options")


def _looks(options: Options) -> dict[str, int | None]:
    return {"snapshot_every": options.snapshot_every, "plot_every": options.plot_every}


def _evaluate(experiment: Experiment, options: Options) -> None:
    _report(experiment, *_test(experiment, options))
    _say_falls(experiment, options)


def _figure(experiment: Experiment, options: Options) -> None:
    from prefrontal.experiments.places import results_folder
    from prefrontal.experiments.workflow import draw_results

    folder = results_folder(experiment, options.config, options.out, pretrained=options.pretrained)
    for path in draw_results(experiment, folder):
        _say(str(path))


def _reproduce(experiment: Experiment, options: Options) -> None:
    from prefrontal.experiments.places import check_results_folder
    from prefrontal.experiments.workflow import draw_results, train_run

    if not options.pretrained:
        check_results_folder(experiment, options.config, options.out)
        train_run(experiment, options.config, options.seeds, options.out, **_looks(options))
    folder, results = _test(experiment, options)
    draw_results(experiment, folder)
    _report(experiment, folder, results)
    _say_falls(experiment, options)


_COMMANDS: dict[str, Callable[[Experiment, Options], None]] = {
    "reproduce": _reproduce,
    "train": _train,
    "evaluate": _evaluate,
    "figure": _figure,
}


def _sweep(command: str, experiment: Experiment, arguments: Sequence[str]) -> None:
    if command not in ("train", "reproduce"):
        raise UserError(
            f"`--sweep` must follow train or reproduce, got {command}. Test the runs of a sweep one by one."
        )
    rest, sweeps = split_sweeps(arguments)
    options, points = parse(command, experiment, rest), sweep_settings(command, experiment, rest, sweeps)
    if options.plot_every:
        raise UserError("`--plot-every` must go without --sweep. Train the setting to look at on its own.")
    root = options.out or experiment.folder(options.config).parent

    from prefrontal.commands.sweep import run_sweep, train_sweep
    from prefrontal.reports.tables import print_sweep

    if command == "train":
        for folder in train_sweep(experiment, points, options.seeds, root):
            _say(f"Trained: {folder}")
        return
    table, path = run_sweep(experiment, points, options.seeds, root)
    print_sweep(table, list(sweeps), Console())
    _say(f"Files: {path}")


def _test(experiment: Experiment, options: Options) -> tuple[Path, dict[str, Any]]:
    from prefrontal.experiments.workflow import evaluate_run, evaluate_weights

    if options.weights:
        return evaluate_weights(experiment, options.config, options.weights, options.out)
    return evaluate_run(experiment, options.config, options.seeds, options.out, pretrained=options.pretrained)


def _report(experiment: Experiment, folder: Path, results: dict[str, Any]) -> None:
    from prefrontal.experiments.studies import study_of

    study_of(experiment).report(results, Console())
    _say(f"Files: {folder}")


def _say_falls(experiment: Experiment, options: Options) -> None:
    """Tell which networks were caught in a fall when their training ended."""
    from prefrontal.experiments.workflow import falls

    if options.pretrained or options.weights:
        return
    found = falls(experiment, options.config, options.seeds, options.out)
    for line in found[:MOST_FALLS]:
        _say(line)
    if found:
        more = f"{len(found) - MOST_FALLS} more seeds were. " if len(found) > MOST_FALLS else ""
        remedy = "more --train.num-episodes" if options.recipe == "robust" else "--recipe robust"
        _say(f"{more}Their last weights are not their best: train with {remedy}. Why learning falls: docs/learning.md")


def _say(text: str) -> None:
    print(text, flush=True)
