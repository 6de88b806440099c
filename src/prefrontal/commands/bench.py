"""`prefrontal bench`: how fast this machine is."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from prefrontal.commands.named import named
from prefrontal.commands.options import parse
from prefrontal.errors import UserError


def run(command: str, arguments: Sequence[str]) -> None:
    """Measure the experiment that the first argument names; with --full, many sizes and the other presets, too."""
    named_one = named(command, arguments)
    experiment = named_one.start.experiment
    if "--sweep" in arguments:
        raise UserError(f"`--sweep` must follow train or reproduce, got {command}. Leave it out.")
    options = parse(command, experiment, named_one.options, replace(named_one.start, out=None))
    for name, given in (
        ("pretrained", options.pretrained),
        ("episodes", options.episodes),
        ("snapshot-every", options.snapshot_every),
    ):
        if given:
            raise UserError(f"`--{name}` must go with training or testing, got {command}. Leave it out.")
    asked = any(word == "--seeds" or word.startswith("--seeds=") for word in arguments)

    from prefrontal.bench.run import run_bench

    out = options.out or Path("bench")
    if asked and options.full:
        raise UserError("`--full` must go without --seeds, got both. Leave one of them out.")
    num_seeds = len(options.seeds) if asked else None
    run_bench(experiment, options.config, out, Console(), num_seeds=num_seeds, full=options.full)
    print(f"Files: {out}", flush=True)
