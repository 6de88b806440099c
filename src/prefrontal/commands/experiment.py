"""The commands that take an experiment: reproduce, train, evaluate, figure."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console

from prefrontal.commands.flags import Options
from prefrontal.commands.help import is_asked
from prefrontal.commands.named import Named, named
from prefrontal.commands.options import parse, value_of
from prefrontal.commands.plan import print_plan, test_command, told
from prefrontal.commands.settings import split_sweeps, sweep_settings
from prefrontal.errors import UserError
from prefrontal.experiments import Experiment
from prefrontal.runs.folder import RunFolder
from prefrontal.runs.inventory import ranges
from prefrontal.runs.moments import episode_at, read_moment
from prefrontal.runs.results import RESULTS

MOST_FALLS = 4
"""So many are told one by one."""


def run(command: str, arguments: Sequence[str]) -> None:
    """Run `command` on the experiment, or the run, that the first argument names."""
    asked = named(command, arguments)
    if "--sweep" in asked.options and not is_asked(arguments):
        _sweep(command, asked)
    else:
        experiment = asked.start.experiment
        _COMMANDS[command](experiment, parse(command, experiment, asked.options, asked.start))


def _train(experiment: Experiment, options: Options) -> None:
    from prefrontal.experiments.workflow import train_run

    if options.pretrained:
        raise UserError("`--pretrained` must go with evaluate, figure or reproduce, got train. Leave it out.")
    if experiment.networks and options.out:
        raise UserError(
            f"`--out` must be left out of {experiment.name}, whose networks are those of {experiment.networks}, got "
            f"{options.out}. For networks in a folder of their own, train {experiment.networks}."
        )
    if options.dry_run:
        print_plan(experiment, [(options, options.out)])
        return
    _check(experiment, options)
    with told(experiment, options) as is_done:
        folder = train_run(experiment, options.config, options.seeds, options.out, **_looks(options))
    seeds = f"seed{'s' * (len(options.seeds) > 1)} {ranges(options.seeds)}"
    _say(f"Trained already, {seeds}: {folder}" if is_done else f"Trained: {folder}")
    _say_falls(experiment, options)
    _say(f"Test it: {test_command(experiment, options)}")


def _check(experiment: Experiment, options: Options) -> None:
    """Refuse, before a folder is made, what would be refused after it, or after the training."""
    from prefrontal.experiments.places import check_results_folder
    from prefrontal.experiments.workflow import check_settings

    check_settings(experiment, options.config, options.snapshot_every or options.plot_every)
    check_results_folder(experiment, options.config, options.out)


def _looks(options: Options) -> dict[str, Any]:
    return {"snapshot_every": options.snapshot_every, "plot_every": options.plot_every}


def _evaluate(experiment: Experiment, options: Options) -> None:
    _report(experiment, *_test(experiment, options))
    if options.at == "best":
        _say_best(experiment, options)
    if options.at == "last":
        _say_falls(experiment, options)


def _say_best(experiment: Experiment, options: Options) -> None:
    """Tell after how many episodes each network was at its best."""
    from prefrontal.experiments.places import networks_of

    _, folder = networks_of(experiment, options.config, options.out)
    for name, variant in experiment.variants(options.config).items():
        run = RunFolder.read(folder / name)
        best = {seed: episode_at(run.seed(seed), "best") or variant.train.num_episodes for seed in options.seeds}
        told = ", ".join(f"seed {seed} after {episode:,}" for seed, episode in best.items())
        _say(f"Best{f', {name}' if name else ''}: {told} episodes")


def _figure(experiment: Experiment, options: Options) -> None:
    from prefrontal.experiments.drawing import draw_results
    from prefrontal.experiments.places import results_folder

    folder = results_folder(experiment, options.config, options.out, pretrained=options.pretrained)
    shipped = results_folder(experiment, options.config, None, pretrained=True)
    if options.out is None and not (folder / RESULTS).exists() and (shipped / RESULTS).exists():
        raise UserError(
            f"`{folder}` must be a run that is tested, got none. The networks that come with the package are: draw "
            f"them by `prefrontal figure {experiment.name} --pretrained`, or train and test your own first."
        )
    for path in draw_results(experiment, folder):
        _say(str(path))


def _reproduce(experiment: Experiment, options: Options) -> None:
    from prefrontal.experiments.drawing import draw_results
    from prefrontal.experiments.workflow import train_run

    if options.dry_run:
        print_plan(experiment, [(options, options.out)])
        return
    if not options.pretrained:
        _check(experiment, options)
        with told(experiment, options):
            train_run(experiment, options.config, options.seeds, options.out, **_looks(options), test_follows=True)
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


def _sweep(command: str, asked: Named) -> None:
    if command not in ("train", "reproduce"):
        raise UserError(
            f"`--sweep` must follow train or reproduce, got {command}. Test the runs of a sweep one by one."
        )
    rest, sweeps = split_sweeps(asked.options)
    start, experiment = replace(asked.start, out=None), asked.start.experiment
    if value_of("name", rest) is not None:
        raise UserError("`--name` must go without --sweep, which makes many runs. Give --out for the folder of all.")
    options = parse(command, experiment, rest, start)
    points = sweep_settings(command, experiment, rest, sweeps, start)
    if options.plot_every:
        raise UserError("`--plot-every` must go without --sweep. Train the setting to look at on its own.")
    root = options.out or experiment.folder(options.config).parent
    if options.dry_run:
        parts = ("task", "agent", "train", "test")
        each = [replace(options, **{part: getattr(point.config, part) for part in parts}) for point in points]
        print_plan(experiment, [(one, root / experiment.folder(one.config).name) for one in each])
        return

    from prefrontal.experiments.sweep import run_sweep, train_sweep
    from prefrontal.reports.tables import print_sweep

    if command == "train":
        for folder in train_sweep(experiment, points, options.seeds, root):
            _say(f"Trained: {folder}")
        _say("Test one of them: prefrontal evaluate FOLDER; all, side by side: the same command with reproduce")
        return
    table, path = run_sweep(experiment, points, options.seeds, root)
    print_sweep(table, list(sweeps), Console())
    _say(f"Files: {path}")


def _test(experiment: Experiment, options: Options) -> tuple[Path, dict[str, Any]]:
    from prefrontal.experiments.workflow import evaluate_run, evaluate_weights

    if options.weights:
        return evaluate_weights(experiment, options.config, options.weights, options.out)
    return evaluate_run(
        experiment,
        options.config,
        options.seeds,
        options.out,
        pretrained=options.pretrained,
        at=read_moment(options.at),
    )


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
    console = Console(highlight=False)
    console.print(text, markup=False, soft_wrap=not console.is_terminal)
    sys.stdout.flush()
