"""`prefrontal intervene`: test networks while something is done to them."""

import itertools
import shlex
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from rich.console import Console

from prefrontal.commands.help import is_asked
from prefrontal.commands.named import named
from prefrontal.commands.options import parse, read_options
from prefrontal.configs import InterventionConfig
from prefrontal.errors import counted
from prefrontal.runs.moments import read_moment

PAIRS = "intact.csv"
"""What each seed does intact and intervened, a row a measure and seed."""
FLAGS = tuple(f"--{field.name.replace('_', '-')}" for field in fields(InterventionConfig))


def run(command: str, arguments: Sequence[str]) -> None:
    """Test the experiment that the first argument names, as evaluate does, under the intervention that follows."""
    asked = named(command, arguments)
    experiment = asked.start.experiment
    own, rest = split_intervention(asked.options)
    if is_asked(rest):
        own = []  # they are told of with the others
    intervention: InterventionConfig = read_options(
        InterventionConfig,
        own,
        program=f"prefrontal {command} {experiment.name}",
    )
    options = parse(command, experiment, rest, asked.start)

    from prefrontal.experiments.studies import study_of
    from prefrontal.experiments.tested import intact_results
    from prefrontal.experiments.workflow import evaluate_run
    from prefrontal.reports.runs import of_seeds, paired_table, print_pairs
    from prefrontal.runs.files import write_text

    tested = (experiment, options.config, options.seeds, options.out)
    which: dict[str, Any] = {"pretrained": options.pretrained, "at": read_moment(options.at)}
    folder, results = evaluate_run(*tested, **which, intervention=intervention)
    study = study_of(experiment)
    study.draw(folder)
    console, done = Console(), of_seeds(results)
    intact = of_seeds(intact_results(*tested, **which)) if done else {}
    if not set(intact) & set(done):  # nothing is measured of each seed
        console.print(f"With {' '.join(own)}:", markup=False, highlight=False)
        study.report(results, console)
    else:
        title = f"{experiment.name}, {intervention.words}: {counted(len(results['seeds']), 'seed')}"
        print_pairs(intact, done, title, console)
        write_text(folder / PAIRS, paired_table(intact, done, results["seeds"]).to_csv(index=False))
    without = shlex.join(["prefrontal", "evaluate", asked.word, *rest])
    print(f"Without: {without}\nFiles: {folder}", flush=True)


def split_intervention(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """The words of a command line that describe the intervention, and the others."""
    own: list[str] = []
    rest: list[str] = []
    remaining = list(arguments)
    while remaining:
        word = remaining.pop(0)
        if word.partition("=")[0].replace("_", "-") not in FLAGS:
            rest.append(word)
            continue
        values = list(itertools.takewhile(lambda value: not value.startswith("--"), remaining))
        del remaining[: len(values)]
        own += [word, *values]
    return own, rest
