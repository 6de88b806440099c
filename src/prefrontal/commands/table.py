"""`prefrontal table`: any file of trials as the table that all commands read."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import tyro
from rich.console import Console

from prefrontal.commands.options import read_options
from prefrontal.commands.tables import Reading, expanded, name_and_path, read_group
from prefrontal.commands.written import check_file
from prefrontal.errors import UserError

DESCRIPTION = """\
Convert files of trials, of any format, to one plain table. Choices, states and
rewards become 0 and 1; response times become seconds."""


@dataclass(frozen=True)
class Options:
    """What to convert."""

    files: Annotated[tyro.conf.Positional[tuple[str, ...]], tyro.conf.arg(metavar="FILE", help_behavior_hint="")]
    """File of trials, or several of one group; "data/s*.csv" names all that match."""
    reading: tyro.conf.OmitArgPrefixes[Reading] = field(default_factory=Reading)
    out: Annotated[Path, tyro.conf.arg(metavar="FILE")] = field(default_factory=lambda: Path("clean.csv"))
    """File for the table."""
    overwrite: bool = False
    """Replace the file that is there, whatever it holds."""


def run(command: str, arguments: Sequence[str]) -> None:
    """Convert the files that the arguments name."""
    options: Options = read_options(Options, arguments, program=f"prefrontal {command}", description=DESCRIPTION)
    if not options.files:
        raise UserError(
            f"`table` must follow `{command}`, got nothing. Give a file of trials, or several of one group."
        )
    named = [name_and_path(argument) for argument in options.files]
    files = [file for _, path in named for file in expanded(path)]
    check_file(options.out, overwrite=options.overwrite, read=files)

    from prefrontal.runs.files import make_folder
    from prefrontal.trials.formats import overview
    from prefrontal.trials.table import write_table

    if len({name for name, _ in named if name}) > 1:
        raise UserError(
            f"`table` must be of one group, got {', '.join(dict.fromkeys(name for name, _ in named if name))}. "
            "Convert one at a time."
        )
    group = read_group(files, options.reading)
    Console().print(overview(group.table), markup=False, highlight=False)
    group.show()
    group.keep(options.reading)
    make_folder(options.out.parent)
    write_table(options.out, group.table)
    print(f"Trials: {options.out}, {len(group.table):,} in all", flush=True)
