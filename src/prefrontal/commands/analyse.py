"""`prefrontal analyse`: stay probabilities and regressions of any table of trials."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro
from rich.console import Console

from prefrontal.analysis.published import PRINTED
from prefrontal.commands.arguments import check_new
from prefrontal.commands.options import read_options
from prefrontal.commands.tables import Group, Reading, read_groups
from prefrontal.commands.written import check_not_read
from prefrontal.errors import UserError, check_count, check_not_negative

if TYPE_CHECKING:
    import pandas as pd

DESCRIPTION = """\
Stay probabilities, one-back and multi-back regressions of tables of trials:
networks, people, animals and models side by side. Writes analysis.json, a table
of each measure and the figure."""

RECORD = "analysis.json"
WRITTEN = (
    *(RECORD, "stay.csv", "one_back.csv", "multi_back.csv", "indices.csv"),
    *(f"figure.{ending}" for ending in ("png", "svg", "pdf")),
)
NUM_LAGS = 5
MOST_SESSIONS = 4
"""Sessions that are told apart; more are episodes of one task."""


@dataclass(frozen=True)
class Options:
    """What to analyse, and how."""

    tables: Annotated[tyro.conf.Positional[tuple[str, ...]], tyro.conf.arg(metavar="FILE", help_behavior_hint="")]
    """Files of trials; NAME=FILE gives the group its name, and files of one NAME are one group."""
    reading: tyro.conf.OmitArgPrefixes[Reading] = field(default_factory=Reading)
    sessions: Literal["together", "apart"] = "together"
    """All sessions of a subject are analysed together, or each session, such as a visit, as a group of its own."""
    published: Annotated[tuple[Literal["rats", "networks"], ...], tyro.conf.arg(metavar="rats|networks")] = ()
    """Published groups to stand beside them (Wang et al. 2018, Figure 5c to e)."""
    num_lags: int = NUM_LAGS
    """How many trials back the multi-back regression looks."""
    ridge: float | None = None
    """Penalty on every weight. None: only where choices are told apart without error, which is said."""
    out: Annotated[Path, tyro.conf.arg(metavar="FOLDER")] = field(default_factory=lambda: Path("analysis"))
    """Folder for what is written."""
    overwrite: bool = False
    """Replace what an earlier run of this command left there."""


def run(command: str, arguments: Sequence[str]) -> None:
    """Analyse the files that the arguments name."""
    options: Options = read_options(Options, arguments, program=f"prefrontal {command}", description=DESCRIPTION)
    if not options.tables:
        raise UserError(f"`table` must follow `{command}`, got nothing. Give a file of trials, or NAME=FILE.")
    check_count("num_lags", options.num_lags)
    if options.ridge is not None:
        check_not_negative("ridge", options.ridge)

    groups = read_groups(options.tables, options.reading)
    check_not_read(
        [options.out / name for name in WRITTEN], [file for group in groups.values() for file in group.files]
    )
    tables = _tables(options, groups)
    _check_lags(tables, options.num_lags)

    from prefrontal.analysis.summary import printed
    from prefrontal.reports.compare import check_comparison, compare_tables, print_comparison

    beside = [printed(PRINTED[name]) for name in options.published]
    check_comparison(tables, options.out, beside)
    check_new(options.out / RECORD, overwrite=options.overwrite)
    _show(tables, groups, options)

    measured, record = compare_tables(
        tables,
        options.out,
        beside=beside,
        num_lags=options.num_lags,
        ridge=options.ridge,
    )
    print_comparison(measured, record, Console())
    print(f"Files: {options.out}", flush=True)


def _tables(options: Options, groups: "dict[str, Group] | None" = None) -> "dict[str, pd.DataFrame]":
    from prefrontal.trials.formats import with_trials

    tables: dict[str, pd.DataFrame] = {}
    for name, group in (groups or read_groups(options.tables, options.reading)).items():
        try:
            kept = with_trials(group.table)
        except UserError as error:
            raise UserError(f"{name}: {error}") from None
        tables |= _parts(name, kept, options)
    return tables


def _check_lags(tables: "dict[str, pd.DataFrame]", num_lags: int) -> None:
    """Refuse to look further back than any session of a table goes."""
    for name, table in tables.items():
        ends = table.groupby(["subject", "session"])["trial"].agg(["min", "max"]).to_numpy(int)
        longest = 1 + int((ends[:, 1] - ends[:, 0]).max())
        if num_lags > max(longest - 1, NUM_LAGS):
            raise UserError(
                f"`num_lags` must be fewer than the trials of a session, of which {name} has {longest:,} at most, got "
                f"{num_lags:,}. Look fewer trials back."
            )


def _show(tables: "dict[str, pd.DataFrame]", groups: dict[str, Group], options: Options) -> None:
    """What was read, and how, before anything is made of it; and where what was said is kept."""
    from prefrontal.trials.formats import overview

    for name, table in tables.items():
        line = overview(table)
        Console().print(line if len(tables) == 1 else f"{name}: {line}", markup=False, highlight=False)
    for name, group in groups.items():
        group.show(name if len(groups) > 1 else None)
        group.keep(options.reading)


def _parts(name: str, table: "pd.DataFrame", options: Options) -> "dict[str, pd.DataFrame]":
    if options.sessions == "together":
        return {name: table}
    sessions = sorted(table["session"].unique())
    if len(sessions) > MOST_SESSIONS:
        raise UserError(
            f"`sessions` must be together where there are more than {MOST_SESSIONS}, got {len(sessions)} in {name}."
        )
    return {f"{name}, session {session}": table.loc[(table["session"] == session).to_numpy()] for session in sessions}
