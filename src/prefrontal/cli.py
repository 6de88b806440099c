"""The command `prefrontal`: it parses, calls and prints."""

import os
import signal
import sys
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from rich.console import Console
from rich.table import Table

from prefrontal.errors import Stopped, UserError
from prefrontal.experiments import EXPERIMENTS, Experiment, find_experiment
from prefrontal.options import Options, parse, split_sweeps, sweep_settings

USAGE = """\
usage: prefrontal COMMAND [EXPERIMENT] [OPTIONS]

Meta-reinforcement learning as a model of prefrontal cortex.

commands:
  list         what there is, and from which paper
  reproduce    train what is missing, test, analyse, draw and report
  train        train networks, or go on where training stopped
  evaluate     test trained networks with frozen weights and print the report
  figure       draw the figures of an evaluated run again
  bench        how fast this machine trains and tests: table, JSON, figure

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
            warnings.showwarning = lambda message, *_, **__: _tell(f"Warning: {message}")
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
    if command == "list":
        _list()
        return
    commands: dict[str, Callable[[Experiment, Options], None]] = {
        "reproduce": _reproduce,
        "train": _train,
        "evaluate": _evaluate,
        "figure": _figure,
        "bench": _bench,
    }
    if command not in commands:
        raise UserError(
            f"`command` must be one of list, {', '.join(commands)}, got {command}. Try `prefrontal --help`."
        )
    if not rest or rest[0].startswith("-"):
        if "-h" in rest or "--help" in rest:
            print(f"usage: prefrontal {command} EXPERIMENT [OPTIONS]\n\nexperiments: {', '.join(EXPERIMENTS)}")
            print(f"Options depend on the experiment: prefrontal {command} {next(iter(EXPERIMENTS))} --help")
            return
        raise UserError(
            f"`experiment` must follow `{command}`, got {rest[0] if rest else 'nothing'}. "
            f"There are: {', '.join(EXPERIMENTS)}."
        )
    experiment = find_experiment(rest[0])
    if "--sweep" in rest:
        _sweep(command, experiment, rest[1:])
    else:
        commands[command](experiment, parse(command, experiment, rest[1:]))


def _list() -> None:
    table = Table("experiment", "paper", "shows", "takes")
    for experiment in EXPERIMENTS.values():
        table.add_row(experiment.name, experiment.paper, experiment.shows, experiment.duration)
    Console().print(table)


def _train(experiment: Experiment, options: Options) -> None:
    from prefrontal.workflow import train_run

    folder = train_run(experiment, options.config, options.seeds, options.out)
    _say(f"Trained: {folder}\nTest it: prefrontal evaluate {experiment.name} with the same options")


def _evaluate(experiment: Experiment, options: Options) -> None:
    from prefrontal.workflow import evaluate_run

    folder, results = evaluate_run(experiment, options.config, options.seeds, options.out)
    _report(results, folder)


def _figure(experiment: Experiment, options: Options) -> None:
    for path in experiment.draw(experiment.folder(options.config, options.out)):
        _say(str(path))


def _reproduce(experiment: Experiment, options: Options) -> None:
    from prefrontal.workflow import evaluate_run, train_run

    train_run(experiment, options.config, options.seeds, options.out)
    folder, results = evaluate_run(experiment, options.config, options.seeds, options.out)
    experiment.draw(folder)
    _report(results, folder)


def _bench(experiment: Experiment, options: Options) -> None:
    from prefrontal.bench.run import run_bench

    out = options.out or Path("bench")
    run_bench(experiment, options.config, out, Console())
    _say(f"Files: {out}")


def _sweep(command: str, experiment: Experiment, arguments: Sequence[str]) -> None:
    if command not in ("train", "reproduce"):
        raise UserError(
            f"`--sweep` must follow train or reproduce, got {command}. Test the runs of a sweep one by one."
        )
    rest, sweeps = split_sweeps(arguments)
    options, points = parse(command, experiment, rest), sweep_settings(command, experiment, rest, sweeps)
    root = options.out or experiment.folder(options.config).parent

    from prefrontal.report import print_sweep
    from prefrontal.sweep import run_sweep, train_sweep

    if command == "train":
        for folder in train_sweep(experiment, points, options.seeds, root):
            _say(f"Trained: {folder}")
        return
    table, path = run_sweep(experiment, points, options.seeds, root)
    print_sweep(table, list(sweeps), Console())
    _say(f"Files: {path}")


def _report(results: dict, folder: Path) -> None:
    from prefrontal.report import print_report

    print_report(results, Console())
    _say(f"Files: {folder}")


def _say(text: str) -> None:
    print(text, flush=True)


def _fail(message: str, code: int = 2) -> NoReturn:
    _tell(message)
    sys.exit(code)


def _tell(message: str) -> None:
    Console(stderr=True, highlight=False).print(message, markup=False, soft_wrap=True)
