"""`prefrontal play`: serves a study to browsers, exports its data, or packs it for another host."""

import contextlib
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import tyro
from rich.console import Console

from prefrontal.commands.help import is_asked, options_of, page, print_help
from prefrontal.commands.options import read_options
from prefrontal.errors import UserError, check_count

if TYPE_CHECKING:
    from prefrontal.play.study import Study

TASKS = ("two-step", "daw", "bandit", "reversal", "harlow")

DESCRIPTION = """\
People play the task in a browser, and every trial is kept in a database, which
`prefrontal analyse` and `fit` read. See docs/play.md before you run a study."""


@dataclass(frozen=True)
class PlayOptions:
    """What is played, and where."""

    study: Annotated[Path | None, tyro.conf.arg(metavar="FILE.toml")] = None
    """A file that says all of the study; what is given here goes over it."""
    data: Annotated[str, tyro.conf.arg(metavar="FILE|URL")] = "people.sqlite"
    """The database, made where there is none: a file of SQLite, or a URL of PostgreSQL."""
    port: int = 8000
    """Port of this computer."""
    host: str = "127.0.0.1"
    """Address that is listened at: by default, only this computer reaches it."""
    browser: bool = True
    """Open the page here."""
    trials: int | None = None
    """Trials of a session. None: as the study or the task has it."""
    practice: int | None = None
    """Practice trials before those."""
    consent: Annotated[Path | None, tyro.conf.arg(metavar="FILE.md")] = None
    """The lab's consent text, in Markdown."""
    reload: Literal["continue", "refuse"] | None = None
    """What becomes of somebody who loads the page again."""
    token: str | None = None
    """A word without which nobody takes part: /?token=WORD."""
    by: Annotated[str | None, tyro.conf.arg(metavar="EXPERIMENT")] = None
    """A network that comes with the package plays in place of people."""
    export: Annotated[tuple[Literal["jatos", "folder"], Path] | None, tyro.conf.arg(metavar="jatos|folder OUT")] = None
    """Serve nothing: pack the page for JATOS, or as a folder for any host."""
    participants: int = 200
    """With --export: how many different draws are packed."""
    post: Annotated[str | None, tyro.conf.arg(metavar="URL")] = None
    """With --export folder: where the page posts its data. None: it is handed over as a file."""


def run(command: str, arguments: Sequence[str]) -> None:
    """Serve, export or pack, as the arguments ask for."""
    if arguments[:1] == ["export"]:
        from prefrontal.commands.play.export import export

        return export(f"{command} export", arguments[1:])
    task, rest = (arguments[0], arguments[1:]) if arguments and arguments[0] in TASKS else (None, arguments)
    if is_asked(arguments):
        ways = [f"{command} [{'|'.join(TASKS)}] [OPTIONS]", f"{command} export DATA --out FILE"]
        print_help(page(ways, DESCRIPTION, options_of(PlayOptions)))
    if rest and not rest[0].startswith("-"):
        raise UserError(f"`task` must be one of {', '.join(TASKS)} (or export), got {rest[0]}.")
    options: PlayOptions = read_options(PlayOptions, rest, program=f"prefrontal {command}", description=DESCRIPTION)
    _check(options)
    study = _study(task, options)
    if options.export:
        _need()
        from prefrontal import devices

        devices.configure()
        from prefrontal.play.packing import pack

        form, out = options.export
        others = None
        if study.beside:
            from prefrontal.play.beside import Beside

            others = Beside(study).prepare()
        files = pack(study, out, form, participants=options.participants, post=options.post, others=others)
        print(f"{out}: {files:,} files, {options.participants:,} draws", flush=True)
        return None
    return _serve(study, options)


def _check(options: PlayOptions) -> None:
    check_count("participants", options.participants)
    if not 1 <= options.port <= 65_535:
        raise UserError(f"`port` must be from 1 to 65,535, got {options.port}.")
    if options.post is not None and (options.export is None or options.export[0] != "folder"):
        raise UserError("`--post` must go with --export folder, got it without. Leave it out.")


def _study(task: str | None, options: PlayOptions) -> "Study":
    """The study of the file, with what the command line says over it."""
    from prefrontal.play.study import Study, read_consent, read_study

    study = read_study(options.study) if options.study else Study()
    if options.by and not (task or options.study):
        from prefrontal.play.networks import task_of

        task = task_of(options.by)
    said: dict[str, Any] = {
        "task": task,
        "trials": options.trials,
        "practice": options.practice,
        "consent": None if options.consent is None else read_consent(options.consent),
        "reload": options.reload,
        "token": options.token,
        "by": options.by,
    }
    return replace(study, **{name: value for name, value in said.items() if value is not None})


def _serve(study: "Study", options: PlayOptions) -> None:
    from prefrontal.play.serving import WARNING, is_loopback, page_address, serve

    console = Console(stderr=True)
    if not is_loopback(options.host):
        console.print(WARNING.format(host=options.host), style="bold red", markup=False, highlight=False)
    _need()

    from prefrontal import devices

    devices.configure()
    from prefrontal.play.database import Database
    from prefrontal.play.draws import Draws
    from prefrontal.play.server import create_app

    with contextlib.ExitStack() as stack:
        # Who watches a network leaves nothing.
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory())) if study.by else None
        database = Database(options.data if folder is None else str(folder / "nobody.sqlite"))
        stack.callback(database.close)
        beside = live = None
        if study.by:
            from prefrontal.play.live import Live

            live = Live(study)
        elif study.beside:
            from prefrontal.play.beside import Beside

            beside = Beside(study)
        app = create_app(study, database, Draws(study), beside=beside, live=live)
        address = page_address(options.host, options.port, study.token)

        def tell() -> None:
            if beside is not None:  # the others play meanwhile, so that nobody waits for them at the end
                threading.Thread(target=beside.prepare, daemon=True).start()
            if study.by:
                print(f"{study.by} plays {study.task}: {address}", flush=True)
            else:
                print(f"{study.task}, {study.num_trials:,} trials: {address}", flush=True)
                how = _how_to_read(study, options.data)
                print(f"Data: {database.shown}. Read it at any time: {how}", flush=True)
            print("Ctrl-C ends this server.", flush=True)

        serve(app, options.host, options.port, opens=address if options.browser else None, told=tell)


def _how_to_read(study: "Study", data: str) -> str:
    """The command that reads a study's data: those of a server, and of tasks of one stage, are exported first."""
    if "://" in data or study.task not in ("two-step", "daw"):
        return f"prefrontal play export {'URL' if '://' in data else data} --out study.csv"
    return f"prefrontal analyse {data}"


def _need() -> None:
    """Refuse to go on without the packages of the extra."""
    from prefrontal.play.extra import need

    for package in ("starlette", "uvicorn", "sqlalchemy", "markdown_it", "nh3"):
        need(package)
