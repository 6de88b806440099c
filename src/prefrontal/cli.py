"""The command `prefrontal`: it parses, calls and prints."""

import contextlib
import io
import os
import signal
import sys
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, NoReturn

import tyro
from rich.console import Console
from rich.table import Table

from prefrontal.configs import RecurrentConfig, TestConfig, TrainConfig, TwoStepConfig
from prefrontal.errors import UserError, check_seed
from prefrontal.experiments import EXPERIMENTS, Experiment, ExperimentConfig, find_experiment

USAGE = """\
usage: prefrontal COMMAND [EXPERIMENT] [OPTIONS]

Meta-reinforcement learning as a model of prefrontal cortex.

commands:
  list         what there is, and from which paper
  reproduce    train what is missing, test, analyse, draw and report
  train        train networks, or go on where training stopped
  evaluate     test trained networks with frozen weights and print the report
  figure       draw the figures of an evaluated run again

Every number is an option: `prefrontal train wang2018-two-step --help` lists
them.

examples:
  prefrontal reproduce wang2018-two-step
  prefrontal train wang2018-two-step --seeds 0 1 --task.num-trials 50

A run is kept in runs/EXPERIMENT/HASH OF ITS SETTINGS, or where --out says.
Ctrl-C stops and keeps what is done; the same command goes on from there.
TensorBoard reads it as it goes: tensorboard --logdir runs
"""


@dataclass(frozen=True)
class Options:
    """Options of an experiment. Defaults are the preset's."""

    seeds: tuple[int, ...]
    """Seeds to train and test, one network each."""
    out: Path | None = None
    """Folder of the run. None: runs/EXPERIMENT/HASH OF THE SETTINGS."""
    task: TwoStepConfig = field(default_factory=TwoStepConfig)
    agent: RecurrentConfig = field(default_factory=RecurrentConfig)
    train: TrainConfig = field(default_factory=TrainConfig)
    test: TestConfig = field(default_factory=TestConfig)

    @property
    def config(self) -> ExperimentConfig:
        return ExperimentConfig(task=self.task, agent=self.agent, train=self.train, test=self.test)


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
    commands[command](experiment, _parse(command, experiment, rest[1:]))


def _parse(command: str, experiment: Experiment, arguments: list[str]) -> Options:
    config = experiment.config
    default = Options(
        seeds=experiment.seeds, task=config.task, agent=config.agent, train=config.train, test=config.test
    )
    told = io.StringIO()
    try:
        with contextlib.redirect_stderr(told):
            options = tyro.cli(
                Annotated[Options, tyro.conf.arg(name="")],
                prog=f"prefrontal {command} {experiment.name}",
                description=f"{experiment.title}.\n\n{experiment.paper}, {experiment.shows}.",
                args=arguments,
                default=default,
            )
    except SystemExit as exit_:
        error: BaseException | None = exit_
        while error is not None:
            if isinstance(error, UserError):
                raise error from None  # a config's own sentence, which tyro would tell in a box, broken into lines
            error = error.__context__
        sys.stderr.write(told.getvalue())
        raise
    if not options.seeds:
        raise UserError("`seeds` must be at least one seed, got none. Leave the option out for the preset's.")
    for seed in options.seeds:
        check_seed("seeds", seed)
    check_seed("test.seed", options.test.seed)
    return options


def _list() -> None:
    table = Table("experiment", "paper", "shows", "takes")
    for experiment in EXPERIMENTS.values():
        table.add_row(experiment.name, experiment.paper, experiment.shows, experiment.duration)
    Console().print(table)


def _train(experiment: Experiment, options: Options) -> None:
    folder = _trained(experiment, options)
    _say(f"Trained: {folder}\nTest it: prefrontal evaluate {experiment.name} with the same options")


def _evaluate(experiment: Experiment, options: Options) -> None:
    from prefrontal.workflow import evaluate_run

    folder, results = evaluate_run(experiment, options.config, options.seeds, options.out)
    _report(results, folder)


def _figure(experiment: Experiment, options: Options) -> None:
    for path in experiment.draw(experiment.folder(options.config, options.out)):
        _say(str(path))


def _reproduce(experiment: Experiment, options: Options) -> None:
    from prefrontal.workflow import evaluate_run

    _trained(experiment, options)
    folder, results = evaluate_run(experiment, options.config, options.seeds, options.out)
    experiment.draw(folder)
    _report(results, folder)


def _trained(experiment: Experiment, options: Options) -> Path:
    from prefrontal.session import Stopped
    from prefrontal.workflow import train_run

    try:
        return train_run(experiment, options.config, options.seeds, options.out)
    except Stopped as stop:
        _fail("Stopped, and saved. The same command goes on from there.", code=128 + stop.signal_number)


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
