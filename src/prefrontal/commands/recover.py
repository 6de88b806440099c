"""`prefrontal recover`: whether fits give back what made the choices, for as many trials as a study has."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Generic, Literal, TypeVar

import tyro
from rich import box
from rich.console import Console
from rich.table import Table

from prefrontal.commands.arguments import check_new, read_pairs
from prefrontal.commands.options import read_options
from prefrontal.commands.simulated import Asked, Form, check_parameters, read_asked
from prefrontal.commands.tables import Reading, expanded, read_group
from prefrontal.commands.written import check_not_read
from prefrontal.errors import UserError, check_count, check_seed, counted
from prefrontal.runs.parts import is_unfinished, keeping

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Task = TypeVar("Task", bound=Form)

RECORD = "recovery.json"
WRITTEN = (RECORD, "subjects.csv", "summary.csv", "confusion.csv")
DESCRIPTION = """\
Simulate subjects and fit their choices. With one model: are its parameters
found again? With several: is the model? Writes recovery.json, tables and a
figure."""


@dataclass(frozen=True)
class Options(Generic[Task]):
    """What to recover, and how."""

    task: Task
    like: Annotated[tuple[str, ...], tyro.conf.arg(metavar="FILE", help_behavior_hint="")] = ()
    """Files of trials of a study: as many subjects, sessions and trials as there, where nothing else is said."""
    reading: tyro.conf.OmitArgPrefixes[Reading] = field(default_factory=Reading)
    num_trials: int | None = None
    """Trials of a session. None: the task's."""
    num_subjects: int = 100
    """Simulated subjects of each model."""
    num_sessions: int = 1
    """Sessions of each subject."""
    parameters: Annotated[tuple[str, ...], tyro.conf.arg(metavar="NAME=VALUE")] = ()
    """Parameters that all subjects share, as in weight=0; they are fitted all the same. For one model alone."""
    draws: Literal["typical", "prior"] = "typical"
    """Where the subjects' parameters come from: typical ranges, or the priors."""
    method: Literal["mle", "map"] = "mle"
    """How models are fitted: maximum likelihood, or maximum a posteriori."""
    criterion: Literal["bic", "aic"] = "bic"
    """What says which of several models fits a subject best."""
    num_starts: int = 20
    """Starting points of the search, for each fit."""
    seed: int = 0
    """Seed of the random numbers: of subjects, choices and starting points."""
    out: Annotated[Path, tyro.conf.arg(metavar="FOLDER")] = Path("recovery")
    """Folder for what is written."""
    overwrite: bool = False
    """Replace what an earlier run of this command left there."""


def run(command: str, arguments: Sequence[str]) -> None:
    """Recover the models that the first arguments name."""
    asked = read_asked(command, arguments, kind=Options, description=DESCRIPTION, several=True)
    generic: Any = Options
    kind = generic[type(asked.task)]
    program = f"prefrontal {command} {' '.join(asked.models)} --form {asked.form}"
    options: Options[Form] = read_options(
        kind, asked.rest, program=program, description=DESCRIPTION, default=kind(task=asked.task)
    )
    check_seed("seed", options.seed)
    wanted = {name: value for name, value in _plain(options, asked).items() if name != "overwrite"}
    for name in WRITTEN:
        check_new(options.out / name, overwrite=options.overwrite or is_unfinished(options.out, wanted))
    check_not_read(
        [options.out / name for name in (*WRITTEN, *(f"recovery.{ending}" for ending in ("png", "svg", "pdf")))],
        [file for path in options.like for file in expanded(path)],
    )
    check_count("num_subjects", options.num_subjects)
    options = _like_a_study(options, {word.partition("=")[0].replace("_", "-") for word in asked.rest})
    task: Any = options.task
    if options.num_trials is not None:
        task = replace(task, num_trials=options.num_trials)

    from prefrontal import devices

    devices.configure()
    from prefrontal.agents.two_step import find_model
    from prefrontal.figures.style import FORMATS, save_figure
    from prefrontal.fitting.simulation import known_of
    from prefrontal.runs.files import write_text
    from prefrontal.runs.provenance import environment, to_json

    if len(asked.models) == 1:
        model = find_model(asked.models[0])
        given = read_pairs("parameters", options.parameters)
        check_parameters(given, [*model.parameters(known_of(task)), *model.held], model.name)
    names = (*WRITTEN, *(f"recovery.{ending}" for ending in FORMATS)) if (options.out / RECORD).is_file() else ()
    replaced = [options.out / name for name in names] if options.overwrite else ()
    with keeping(options.out, wanted, replaced=replaced):
        record, tables, figure = (_parameters if len(asked.models) == 1 else _models)(asked, task, options)
        for name, text in tables.items():
            write_text(options.out / name, text)
        save_figure(figure, options.out / "recovery")
        plain = _plain(options, asked) | {"task": asdict(task)}
        write_text(options.out / RECORD, to_json({"options": plain, "environment": environment(), **record}))
    print(f"Files: {options.out}", flush=True)


def _plain(options: Any, asked: Asked) -> dict[str, Any]:
    """What was asked for, as JSON holds it."""
    plain = {key: str(value) if isinstance(value, Path) else value for key, value in asdict(options).items()}
    return plain | {"models": list(asked.models), "form": asked.form}


def _like_a_study(options: Options[Form], given: set[str]) -> Options[Form]:
    """`options` with the numbers of subjects, sessions and trials of the study that they are to be like.

    Arguments:
        options: as they were given.
        given: the flags that were: their numbers stay.

    Raises:
        UserError: when the study cannot be read, or had second-stage choices and the task has none, or the other way.
    """
    if not options.like:
        if options.reading != Reading():
            raise UserError("`like` must name a file of trials where it is said how to read one, got none.")
        return options
    import numpy as np

    from prefrontal.fitting.simulation import known_of
    from prefrontal.trials.formats import overview, with_trials

    group = read_group([file for path in options.like for file in expanded(path)], options.reading)
    table = with_trials(group.table)
    Console().print(overview(table), markup=False, highlight=False)
    group.show()
    group.keep(options.reading)
    if known_of(options.task).second_choices != ("choice2" in table):
        has, say = ("", "--form daw") if "choice2" in table else ("out", "another --form, such as wang")
        raise UserError(f"`form` must be as in the study, got a study with{has} second-stage choices. Say {say}.")
    visits = table.drop_duplicates(["subject", "session"])
    lengths = np.bincount(table.groupby(["subject", "session"]).ngroup().to_numpy())
    numbers = {
        "num_subjects": len(table["subject"].unique()),
        "num_sessions": int(np.median(visits["subject"].value_counts().to_numpy())),
        "num_trials": int(np.median(lengths)),
    }
    return replace(
        options, **{name: num for name, num in numbers.items() if f"--{name.replace('_', '-')}" not in given}
    )


Made = tuple[dict[str, Any], dict[str, str], "Figure"]
"""What goes into the record, tables as CSV by file, and the figure."""


def _parameters(asked: Asked, task: Form, options: Options[Form]) -> Made:
    from prefrontal.agents.two_step import find_model
    from prefrontal.figures.fits import recovery_figure
    from prefrontal.fitting.recovery import LEAST_CORRELATION, recover_parameters
    from prefrontal.fitting.simulation import known_of

    (name,) = asked.models
    recovery = recover_parameters(
        name,
        task,
        num_subjects=options.num_subjects,
        num_sessions=options.num_sessions,
        values=read_pairs("parameters", options.parameters),
        draws=options.draws,
        method=options.method,
        num_starts=options.num_starts,
        seed=options.seed,
    )
    summary = recovery.summary
    shown = Table(box=box.SIMPLE, padding=(0, 1), show_edge=False)
    for heading in ("parameter", "r", "rank r", "bias", "RMSE", "in 95 %", ""):
        shown.add_column(heading, justify="left" if heading in ("parameter", "") else "right")
    for parameter, row in summary.to_dict(orient="index").items():
        numbers = (row[key] for key in ("pearson", "spearman", "bias", "rmse", "coverage"))
        mark = "NOT recovered" if row["recovered"] is False else ""
        shown.add_row(str(parameter), *(f"{number:.2f}" for number in numbers), mark)
    console = Console()
    console.print(shown)
    console.print(
        "r: correlation of true and fitted values; in 95 %: how often the true value lies within 1.96 standard errors, "
        f"where there is one; NOT recovered: r below {LEAST_CORRELATION}, in so many trials.",
        style="dim",
        highlight=False,
    )
    title = f"{name}, {options.method}: {counted(options.num_subjects, 'subject')} x {_trials(task, options)}"
    tables = {"subjects.csv": recovery.subjects.to_csv(index=False), "summary.csv": summary.to_csv()}
    figure = recovery_figure(recovery.subjects, find_model(name).parameters(known_of(task)), title)
    return {"summary": summary.to_dict(orient="index")}, tables, figure


def _models(asked: Asked, task: Form, options: Options[Form]) -> Made:
    from prefrontal.figures.fits import confusion_figure
    from prefrontal.fitting.recovery import recover_models

    if options.parameters:
        raise UserError("`parameters` must go with one model, got several models. Leave it out.")
    recovery = recover_models(
        asked.models,
        task,
        num_subjects=options.num_subjects,
        num_sessions=options.num_sessions,
        draws=options.draws,
        method=options.method,
        criterion=options.criterion,
        num_starts=options.num_starts,
        seed=options.seed,
    )
    confusion = recovery.confusion
    shown = Table(box=box.SIMPLE, padding=(0, 0, 0, 1), show_edge=False)
    shown.add_column("simulated \\ fitted best")
    for number, name in enumerate(confusion, 1):
        shown.add_column(str(number), justify="right")
        assert name == asked.models[number - 1]
    for number, (name, shares) in enumerate(confusion.to_dict(orient="index").items(), 1):
        shown.add_row(f"{number} {name}", *(f"{share:.2f}" for share in shares.values()))
    console = Console()
    console.print(shown)
    console.print("Share of simulated subjects. Diagonal: found again.", style="dim", highlight=False)
    title = (
        f"By {options.criterion.upper()}, {counted(options.num_subjects, 'subject')} a model x {_trials(task, options)}"
    )
    tables = {"subjects.csv": recovery.subjects.to_csv(index=False), "confusion.csv": confusion.to_csv()}
    return {"confusion": confusion.to_dict(orient="index")}, tables, confusion_figure(confusion, title)


def _trials(task: Form, options: Options[Form]) -> str:
    trials = counted(task.num_trials, "trial")
    return trials if options.num_sessions == 1 else f"{options.num_sessions} sessions of {trials}"
