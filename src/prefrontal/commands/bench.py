"""`prefrontal bench`: how fast this machine is."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from prefrontal.commands.experiment import named_experiment
from prefrontal.errors import UserError
from prefrontal.options import parse


def run(command: str, arguments: Sequence[str]) -> None:
    """Measure the experiment that the first argument names."""
    experiment = named_experiment(command, arguments)
    if experiment is None:
        return
    if "--sweep" in arguments:
        raise UserError(f"`--sweep` must follow train or reproduce, got {command}. Leave it out.")
    options = parse(command, experiment, arguments[1:])

    from prefrontal.bench.run import run_bench

    out = options.out or Path("bench")
    run_bench(experiment, options.config, out, Console())
    print(f"Files: {out}", flush=True)
