"""`prefrontal play export`: a study's data as tables."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from prefrontal.commands.arguments import check_new
from prefrontal.commands.options import read_options
from prefrontal.commands.written import check_file, check_not_read
from prefrontal.errors import UserError

DESCRIPTION = """\
Write what `prefrontal play` has kept as a table. Practice is left out, but for
jsPsych, where it is numbered 0. `prefrontal analyse` and `fit` need no export."""


@dataclass(frozen=True)
class ExportOptions:
    """What is written, and where."""

    data: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="FILE|URL")]
    """The database."""
    out: Path
    """The file to write; a folder for bids."""
    format: Literal["trials", "jspsych", "bids", "sessions", "events"] = "trials"
    """Trials: the package's own table.
    Jspsych: columns of the plug-in two-step-trial.
    Bids: a file of events a person.
    Sessions: who took part, with their ids, bonus and what was noted.
    Events: consent, quiz, breaks, a window left, a page loaded again."""
    overwrite: bool = False
    """Replace the file that is there, whatever it holds."""


def export(command: str, arguments: Sequence[str]) -> None:
    """Write the table that the arguments ask for."""
    options: ExportOptions = read_options(
        ExportOptions, arguments, program=f"prefrontal {command}", description=DESCRIPTION
    )
    if "://" not in options.data and not Path(options.data).is_file():
        raise UserError(f"`data` must be a database of `prefrontal play`, got {options.data}, which is not there.")
    read = [f"{options.data}{more}" for more in ("", "-wal", "-shm")]
    if options.format != "bids":
        check_file(options.out, overwrite=options.overwrite, read=read)
    else:
        check_not_read([options.out], read)
        check_new(options.out, overwrite=options.overwrite)

    from prefrontal.play.extra import need

    need("sqlalchemy")
    from prefrontal.play.database import Database
    from prefrontal.play.exported import write_export

    database = Database(options.data)
    try:
        count = write_export(database, options.out, options.format)
    finally:
        database.close()
    print(f"{options.out}: {count:,} rows", flush=True)
