"""Groups of subjects side by side: from their trial tables to a report, a figure and files."""

import warnings
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from prefrontal.analysis.cautions import cautions
from prefrontal.analysis.mixed import regress_mixed
from prefrontal.analysis.regressors import Design
from prefrontal.analysis.summary import Behaviour, as_record, behaviour
from prefrontal.configs.two_step import TRIAL_KINDS
from prefrontal.errors import UserError
from prefrontal.figures.behaviour import behaviour_figure
from prefrontal.figures.style import save_figure
from prefrontal.progress import each
from prefrontal.runs.claims import check_folder
from prefrontal.runs.files import write_text
from prefrontal.runs.provenance import parse_json, to_json, versions
from prefrontal.runs.spreadsheets import to_csv
from prefrontal.trials.formats import overview

RECORD = "analysis.json"


def compare_tables(
    tables: Mapping[str, pd.DataFrame],
    out: Path,
    *,
    beside: Sequence[Behaviour] = (),
    num_lags: int = 5,
    ridge: float | None = None,
    title: str = "",
) -> tuple[list[Behaviour], dict[str, Any]]:
    """Analyse each of `tables` and write what was found into the folder `out`: analysis.json, a table a measure with
    one row a subject, and figure.png, .svg and .pdf.

    Arguments:
        tables: trial tables by the name of the group.
        out: the folder. What an earlier analysis left there is replaced.
        beside: groups known from print.
        num_lags: lags of the multi-back regression.
        ridge: see `regress`.
        title: of the figure.

    Returns:
        The groups, those known from print last; and what analysis.json holds.

    Raises:
        UserError: when `out` holds other things, a table has the name of a group in `beside`, or cannot be analysed.
    """
    check_comparison(tables, out, beside)
    groups, record = [], {}
    for name, table in each(tables.items(), "Analysing groups", compiles=False):
        try:
            group = behaviour(name, table, num_lags=num_lags, ridge=ridge)
        except UserError as error:
            raise UserError(f"{name}: {error}") from None
        groups.append(group)
        record[name] = as_record(group) | {"trials": len(table), "read": overview(table)}
        if group.one_back is not None and group.num > 4 * len(group.one_back.design.regressors):
            record[name] |= _mixed(name, group.one_back.design)
        record[name]["cautions"] = [vars(caution) for caution in cautions(table)]
    groups += beside
    record |= {group.name: as_record(group) for group in beside}
    record = {"groups": record, "versions": versions()}
    write_text(out / RECORD, to_json(record))  # first: if the rest is stopped, the folder is known again
    _write_subjects(groups, out)
    save_figure(behaviour_figure(groups, title), out / "figure")
    return groups, record


def check_comparison(names: Collection[str], out: Path, beside: Sequence[Behaviour] = ()) -> None:
    """Refuse what `compare_tables` would refuse, before anything is read or shown.

    Arguments:
        names: of the groups.
        out: the folder, which is made.
        beside: groups known from print.

    Raises:
        UserError: when `out` holds other things, or a group has the name of one in `beside`.
    """
    twice = sorted(set(names).intersection(group.name for group in beside))
    if twice:
        raise UserError(f"`table` must not be called as a published group, got {twice[0]}. Name it: NAME=FILE.")
    _prepare(out)


def _mixed(name: str, design: Design) -> dict[str, Any]:
    """Mixed effects of the one-back regression; where they cannot be estimated, why, which is warned of, too."""
    try:
        return {"one_back_mixed": regress_mixed(design).group.to_dict("index")}
    except UserError as error:
        warnings.warn(f"{name}: mixed effects of the one-back regression are left out: {error}", stacklevel=3)
        return {"one_back_mixed": None, "one_back_mixed_left_out": str(error)}


def print_comparison(groups: Sequence[Behaviour], record: Mapping[str, Any], console: Console) -> None:
    """Stay probabilities, one-back weights and indices, a column a group; then the cautions."""
    table = Table(box=box.SIMPLE, collapse_padding=True)
    table.add_column("mean over subjects")
    for group in groups:
        table.add_column(Text(group.name), justify="right")
    entries = [record["groups"][group.name] for group in groups]
    table.add_row("subjects", *("published" if group.source else f"{group.num:,}" for group in groups))
    for label, part, names in (
        ("stay, ", "stay_probability", TRIAL_KINDS),
        ("one-back, ", "one_back", ("stay", "reward", "transition", "reward_x_transition", "correct")),
        ("index, ", "indices", ("model_based", "model_free", "perseveration")),
    ):
        table.add_section()
        for name in names:
            cells = [_cell(entry.get(part, {}).get(name)) for entry in entries]
            if any(cells):
                table.add_row(label + name.replace("_x_", " × ").replace("_", " "), *cells)  # noqa: RUF001
    console.print(table)
    console.print("± half of the 95 % interval over subjects. One-back weights: log odds per ± 1/2.", style="dim")
    for group in groups:
        if group.source:
            console.print(f"{group.name}: {group.source}.", style="dim", markup=False, highlight=False)
    for group, entry in zip(groups, entries, strict=True):
        for caution in entry.get("cautions", ()):
            told = f"{group.name}: {caution['sentence']} {caution['source']}"
            console.print(told, style="yellow", markup=False, highlight=False)


def _cell(row: Mapping[str, float | None] | None) -> str:
    if row is None or row["mean"] is None:
        return ""
    half = "" if row["high"] is None or row["low"] is None else f" ± {(row['high'] - row['low']) / 2:.2f}"
    return f"{row['mean']:.2f}{half}"


def _prepare(out: Path) -> None:
    """Refuse a folder that holds anything but an earlier analysis, which is replaced."""
    origin = {"experiment": "analyse", "config": {}}

    def earlier(folder: Path) -> dict[str, Any] | None:
        if not (folder / RECORD).exists():
            return None
        try:
            parse_json((folder / RECORD).read_text(encoding="utf-8"))["groups"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UserError(
                f"`{folder / RECORD}` must be of an earlier analysis, got another file. Move it away."
            ) from error
        return origin

    check_folder(out, origin, may="an earlier analysis", earlier=earlier)


def _write_subjects(groups: Sequence[Behaviour], out: Path) -> None:
    """One table a measure: a row a subject, with its group."""
    parts: dict[str, list[pd.DataFrame]] = {"stay": [], "one_back": [], "multi_back": [], "indices": []}
    for group in groups:
        if group.stay_of_each is None or group.indices_of_each is None:
            continue
        parts["stay"].append(_named(group.name, group.stay_of_each))
        parts["indices"].append(_named(group.name, group.indices_of_each))
        for name, regression in (("one_back", group.one_back), ("multi_back", group.multi_back)):
            if regression is not None:
                errors = regression.errors.add_suffix("_error")
                wide = pd.concat([regression.weights, errors, regression.quality], axis=1)
                parts[name].append(_named(group.name, wide))
    for name, frames in parts.items():
        if frames:
            write_text(out / f"{name}.csv", to_csv(pd.concat(frames), index=False, float_format="%.6g"))


def _named(group: str, frame: pd.DataFrame) -> pd.DataFrame:
    named = frame.reset_index()
    named.insert(0, "group", group)
    return named
