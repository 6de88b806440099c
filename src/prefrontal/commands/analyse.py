"""`prefrontal analyse`: stay probabilities and regressions of any table of trials."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import tyro
from rich.console import Console

from prefrontal.errors import UserError, check_count, check_not_negative
from prefrontal.options import read_options
from prefrontal.published import PRINTED

if TYPE_CHECKING:
    import pandas as pd

DESCRIPTION = """\
Stay probabilities, one-back and multi-back regressions of tables of trials.

Networks, people, animals and models side by side. Writes analysis.json, a table
a measure and the figure."""

MOST_SESSIONS = 4
"""Sessions that are told apart; more are episodes of one task."""


@dataclass(frozen=True)
class Options:
    """What to analyse, and how."""

    tables: tyro.conf.Positional[tuple[str, ...]]
    """Files of trials; NAME=FILE gives the group its name. Without one it has the file's."""
    format: Literal["auto", "prefrontal", "columns", "hbayesdm", "jspsych", "psych"] = "auto"
    """Format of the files. Auto: told from name and first line."""
    columns: tuple[str, ...] = ()
    """For the format columns: which column holds what, as in choice=resp reward=points rt_unit=ms."""
    values: tuple[str, ...] = ()
    """For the format columns: what stands for 0 and 1, as in choice=left,right."""
    missing: tuple[str, ...] = ()
    """For the format columns: what a cell of a missed trial holds, such as -1, beside nothing and NA."""
    sessions: Literal["together", "apart"] = "together"
    """Apart: each session, such as a visit, is a group of its own."""
    published: Annotated[tuple[Literal["rats", "networks"], ...], tyro.conf.arg(metavar="{rats,networks}")] = ()
    """Published groups to stand beside them (Wang et al. 2018, Figure 5c to e)."""
    num_lags: int = 5
    """Trials back in the multi-back regression."""
    ridge: float | None = None
    """Penalty on every weight. None: only where choices are told apart without error, which is said."""
    out: Path = field(default_factory=lambda: Path("analysis"))
    """Folder for what is written."""


def run(command: str, arguments: Sequence[str]) -> None:
    """Analyse the files that the arguments name."""
    options: Options = read_options(Options, arguments, program=f"prefrontal {command}", description=DESCRIPTION)
    if not options.tables:
        raise UserError(f"`table` must follow `{command}`, got nothing. Give a file of trials, or NAME=FILE.")
    check_count("num_lags", options.num_lags)
    if options.ridge is not None:
        check_not_negative("ridge", options.ridge)

    from prefrontal.analysis.summary import printed
    from prefrontal.compare import compare_tables, print_comparison

    groups, record = compare_tables(
        _tables(options),
        options.out,
        beside=[printed(PRINTED[name]) for name in options.published],
        num_lags=options.num_lags,
        ridge=options.ridge,
    )
    print_comparison(groups, record, Console())
    print(f"Files: {options.out}", flush=True)


def _tables(options: Options) -> "dict[str, pd.DataFrame]":
    tables: dict[str, pd.DataFrame] = {}
    for argument in options.tables:
        name, separator, path = argument.partition("=")
        if not separator:
            name, path = Path(argument).stem, argument
        for label, part in _parts(name, _read(path, options), options).items():
            if label in tables:
                raise UserError(f"`table` must have a name of its own, got {label} twice. Name them: NAME=FILE.")
            tables[label] = part
    return tables


def _read(path: str, options: Options) -> "pd.DataFrame":
    from prefrontal.formats import Columns, read_columns, read_trials
    from prefrontal.formats.columns import VOID

    if options.format == "columns" or options.columns or options.values or options.missing:
        named: dict[str, Any] = dict(_pairs("columns", options.columns))
        pairs = _pairs("values", options.values)
        unknown = set(named).difference(Columns.__dataclass_fields__) | ({"values", "void"} & set(named))
        if unknown:
            fields = [name for name in Columns.__dataclass_fields__ if name not in ("values", "void")]
            raise UserError(f"`columns` must be of {', '.join(fields)}, got {', '.join(sorted(unknown))}.")
        values = {name: _pair(name, text) for name, text in pairs.items()}
        return read_columns(path, Columns(**named, values=values, void=(*VOID, *options.missing)))
    return read_trials(path, format=options.format)


def _pair(name: str, text: str) -> tuple[str, str]:
    zero, comma, one = text.partition(",")
    if not comma:
        raise UserError(f"`values` must give two values of `{name}`, for 0 and for 1, got {text}. Put a comma between.")
    return zero, one


def _pairs(option: str, words: Sequence[str]) -> dict[str, str]:
    wrong = [word for word in words if "=" not in word]
    if wrong:
        raise UserError(f"`{option}` must be written NAME=VALUE, got {wrong[0]}. Try `prefrontal analyse --help`.")
    return dict(word.split("=", 1) for word in words)


def _parts(name: str, table: "pd.DataFrame", options: Options) -> "dict[str, pd.DataFrame]":
    if options.sessions == "together":
        return {name: table}
    sessions = sorted(table["session"].unique())
    if len(sessions) > MOST_SESSIONS:
        raise UserError(
            f"`sessions` must be together where there are more than {MOST_SESSIONS}, got {len(sessions)} in {name}."
        )
    return {f"{name}, session {session}": table.loc[(table["session"] == session).to_numpy()] for session in sessions}
