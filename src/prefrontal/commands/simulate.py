"""`prefrontal simulate`: a cognitive model plays the two-step task; its choices as a table."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Generic, TypeVar

import tyro

from prefrontal.commands.arguments import check_new, read_pairs
from prefrontal.commands.options import read_options
from prefrontal.commands.simulated import Form, read_asked
from prefrontal.errors import check_count, check_seed
from prefrontal.progress import progress

Task = TypeVar("Task", bound=Form)

DESCRIPTION = """\
A cognitive model plays the two-step task, as one simulated subject or several.
Writes the table of trials, and beside it the parameters: OUT.parameters.csv."""


@dataclass(frozen=True)
class Options(Generic[Task]):
    """What to simulate."""

    task: Task
    out: Path = Path("simulated.csv")
    """File for the table of trials."""
    overwrite: bool = False
    """Replace what an earlier run of this command left there."""
    parameters: Annotated[tuple[str, ...], tyro.conf.arg(metavar="NAME=VALUE")] = ()
    """Parameters of the model, as in weight=.8 trace=0; the others have their defaults, or are drawn."""
    draw: bool = False
    """Draw the other parameters for each subject, from their typical ranges."""
    num_trials: int | None = None
    """Trials of a session. Unless given: the task's."""
    num_subjects: int = 1
    """Simulated subjects."""
    num_sessions: int = 1
    """Sessions of each subject."""
    seed: int = 0
    """Seed of the random numbers: of the task, the choices and what is drawn."""


def run(command: str, arguments: Sequence[str]) -> None:
    """Simulate the model that the first argument names."""
    asked = read_asked(command, arguments, kind=Options, description=DESCRIPTION, several=False)
    generic: Any = Options
    kind = generic[type(asked.task)]
    program = f"prefrontal {command} {asked.models[0]} --form {asked.form}"
    options: Options[Form] = read_options(
        kind, asked.rest, program=program, description=DESCRIPTION, default=kind(task=asked.task)
    )
    values = read_pairs("parameters", options.parameters)
    check_count("num_subjects", options.num_subjects)
    check_seed("seed", options.seed)
    beside = options.out.with_name(f"{options.out.stem}.parameters.csv")
    for path in (options.out, beside):
        check_new(path, overwrite=options.overwrite)

    from prefrontal import devices

    devices.configure()
    import numpy as np
    import pandas as pd

    from prefrontal.agents.two_step import find_model
    from prefrontal.fitting.simulation import draw_values, known_of, simulate
    from prefrontal.runs.files import make_folder, write_text
    from prefrontal.trials.table import write_table

    task = options.task if options.num_trials is None else replace(options.task, num_trials=options.num_trials)
    known, cognitive = known_of(task), find_model(asked.models[0])
    model, free = cognitive.model(known, values), cognitive.parameters(known)
    columns = {name: np.full(options.num_subjects, float(getattr(model, name))) for name in free}
    if options.draw:
        drawn = draw_values(free, options.num_subjects, np.random.default_rng(options.seed))
        columns |= {name: column for name, column in drawn.items() if name not in values}
    make_folder(options.out.parent)
    with progress(f"Simulating {cognitive.name}", options.num_subjects):
        table = simulate(cognitive.name, task, columns, num_sessions=options.num_sessions, seed=options.seed)
    write_table(options.out, table)
    write_text(beside, pd.DataFrame(columns).rename_axis("subject").to_csv())
    print(f"Trials: {options.out}, {len(table):,} in all\nParameters: {beside}", flush=True)
