"""`prefrontal report`: a run, or two side by side, as one page."""

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from prefrontal.commands.options import read_options
from prefrontal.commands.report.parts import measures, part_of, settings
from prefrontal.commands.written import check_file, check_not_read
from prefrontal.errors import UserError
from prefrontal.experiments.records import find_folder
from prefrontal.runs.files import write_text
from prefrontal.runs.inventory import look


@dataclass(frozen=True)
class ReportOptions:
    """A run, or two side by side, as one HTML page to be sent: figures, verdicts,
    learning curves, seeds, settings, versions, how to run it again."""

    runs: Annotated[tyro.conf.Positional[tuple[str, ...]], tyro.conf.arg(metavar="RUN [RUN]")]
    """Their folders; or names, as `prefrontal show` takes them."""
    out: Path = Path("report.html")
    """The page."""
    overwrite: tyro.conf.FlagCreatePairsOff[bool] = False
    """Replace the file that is there, whatever it holds."""


def run(command: str, arguments: Sequence[str]) -> None:
    """Write the page of one run, or of two."""
    description = inspect.getdoc(ReportOptions) or ""
    options = read_options(ReportOptions, arguments, program=f"prefrontal {command}", description=description)
    if not 1 <= len(options.runs) <= 2:
        raise UserError(f"`runs` must be one run, or two, got {len(options.runs)}. `prefrontal runs` lists them.")
    check_file(options.out, overwrite=options.overwrite)
    paths = [_folder(name) for name in options.runs]
    check_not_read([options.out], [file for path in paths for file in path.rglob("*") if file.suffix != ".html"])

    from prefrontal.reports.page import Compared, render, result_rows, setting_rows
    from prefrontal.reports.runs import size

    parts = [part_of(path) for path in paths]
    compared = None
    if len(paths) == 2:
        differing = setting_rows(*(settings(path) for path in paths))
        results = result_rows(*(measures(look(path)) for path in paths))
        compared = Compared([part.name for part in parts], differing, results)
    write_text(options.out, render(parts, compared))
    print(f"Written: {options.out} ({size(options.out.stat().st_size)}). Open it in any browser.", flush=True)


def _folder(name: str) -> Path:
    found = find_folder(name)
    if found is None:
        raise UserError(f"`run` must be the folder of a run, got {name}, which is none. `prefrontal runs` lists them.")
    return found
