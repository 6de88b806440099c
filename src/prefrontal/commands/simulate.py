"""`prefrontal simulate`: a cognitive model, or fitted networks, play the two-step task; their choices as a table."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Generic, TypeVar

import tyro

from prefrontal.commands.arguments import read_pairs
from prefrontal.commands.options import read_options
from prefrontal.commands.simulated import Form, check_parameters, read_asked
from prefrontal.commands.written import check_file
from prefrontal.configs.models import MODELS, known_of
from prefrontal.errors import UserError, check_count, check_seed, counted
from prefrontal.progress import progress

Task = TypeVar("Task", bound=Form)

DESCRIPTION = """\
A cognitive model plays the two-step task, as one simulated subject or several.
Writes the table of trials, and beside it the parameters: OUT.parameters.csv.
Networks that `fit` has fitted (FOLDER/agents/gru-2) play as a subject each."""


@dataclass(frozen=True)
class Options(Generic[Task]):
    """What to simulate."""

    task: Task
    out: Path = Path("simulated.csv")
    """File for the table of trials."""
    overwrite: bool = False
    """Replace the files that are there, whatever they hold."""
    parameters: Annotated[tuple[str, ...], tyro.conf.arg(metavar="NAME=VALUE")] = ()
    """Parameters of the model, as in weight=.8 trace=0; the others have their defaults, or are drawn."""
    draw: bool = False
    """Draw the other parameters for each subject, from their typical ranges."""
    silence: Annotated[tuple[int, ...], tyro.conf.arg(metavar="UNIT")] = ()
    """Fitted networks: units that are silenced, numbered from 0."""
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
    asked = read_asked(command, arguments, kind=Options, description=DESCRIPTION, several=False, files=True)
    generic: Any = Options
    kind = generic[type(asked.task)]
    program = f"prefrontal {command} {asked.models[0]} --form {asked.form}"
    options: Options[Form] = read_options(
        kind, asked.rest, program=program, description=DESCRIPTION, default=kind(task=asked.task)
    )
    if asked.models[0] not in MODELS:
        _let_networks_play(Path(asked.models[0]), options)
        return
    if options.silence:
        raise UserError(f"`silence` must be for fitted networks, got it for {asked.models[0]}. Leave it out.")
    values = read_pairs("parameters", options.parameters)
    check_count("num_subjects", options.num_subjects)
    check_seed("seed", options.seed)
    beside = options.out.with_name(f"{options.out.stem}.parameters.csv")
    for path in (options.out, beside):
        check_file(path, overwrite=options.overwrite)

    from prefrontal import devices

    devices.configure()
    import numpy as np
    import pandas as pd

    from prefrontal.agents.two_step import find_model
    from prefrontal.fitting.simulation import draw_values, simulate
    from prefrontal.runs.files import make_folder, write_text
    from prefrontal.trials.table import write_table

    task = _task(options)
    known, cognitive = known_of(task), find_model(asked.models[0])
    check_parameters(values, [*cognitive.parameters(known), *cognitive.held], cognitive.name)
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


def _let_networks_play(path: Path, options: Options[Form]) -> None:
    """Each of the networks in the file or folder `path` as one subject."""
    asked = [name for name in ("parameters", "draw") if getattr(options, name)]
    if asked or options.num_subjects != 1:
        name = asked[0] if asked else "num_subjects"
        raise UserError(
            f"`{name}` must be for a model, got it for {path}: a fitted network is what it is. Leave it out."
        )
    check_seed("seed", options.seed)
    files = sorted(path.glob("*.safetensors")) if path.is_dir() else [path]
    if not files:
        raise UserError(
            f"`model` must be a folder of fitted networks, got {path}, which holds none. Give agents/gru-2."
        )
    check_file(options.out, overwrite=options.overwrite, read=files)

    from prefrontal import devices

    devices.configure()
    import jax
    import jax.numpy as jnp

    from prefrontal.agents.fitted import load_network
    from prefrontal.agents.two_step.network import TwoStepNetwork
    from prefrontal.fitting.simulation import simulate_networks
    from prefrontal.runs.files import make_folder
    from prefrontal.trials.table import write_table

    networks: list[Any] = [load_network(file).network for file in files]
    if not isinstance(networks[0], TwoStepNetwork):
        raise UserError(f"`model` must be networks fitted to the two-step task, got {path}, which are of a bandit.")
    if len({jax.tree.structure(network) for network in networks}) > 1:
        raise UserError(f"`model` must be a folder of networks of one kind, got {path}, which holds several.")
    task = _task(options)
    if known_of(task).second_choices != (networks[0].second_options > 1):
        with_or_without = "some: --form daw" if networks[0].second_options > 1 else "none: leave out --form daw"
        raise UserError(f"`form` must ask for second-stage choices as {path} was fitted to, {with_or_without}.")
    together = jax.tree.map(lambda *leaves: jnp.stack(leaves), *networks)
    make_folder(options.out.parent)
    with progress(f"Simulating {path.name}", len(files)):
        table = simulate_networks(
            together, task, num_sessions=options.num_sessions, silence=options.silence, seed=options.seed
        )
    write_table(options.out, table)
    print(f"Trials: {options.out}, {len(table):,} in all, of {counted(len(files), 'network')}", flush=True)


def _task(options: Options[Form]) -> Form:
    return options.task if options.num_trials is None else replace(options.task, num_trials=options.num_trials)
