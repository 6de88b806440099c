"""Which parameters of fits cannot be recovered from so many trials, as far as a recovery tells."""

import json
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from rich.console import Console

from prefrontal.configs.models import KnownTask
from prefrontal.errors import Notice, UserError, counted
from prefrontal.fitting.checks import usual_task
from prefrontal.fitting.recovery import LEAST_CORRELATION, recover_parameters
from prefrontal.runs.seals import check_checksum

RECORD = "recovery.json"
QUICK = "quick"
SECOND_CHOICES = "daw"
"""The form of the task in which the second stage has choices."""
NUM_SUBJECTS, NUM_STARTS = 50, 5
"""Of a quick recovery."""


class Recovered(NamedTuple):
    """What a recovery says of a model's parameters."""

    correlations: dict[str, float | None]
    """Of true and fitted values; None where all had one value."""
    told: str
    """Of whom, in how many trials."""


def recoveries(
    models: Iterable[str] | Mapping[str, Mapping[str, float]],
    task: KnownTask,
    table: pd.DataFrame,
    out: Path,
    asked: str | None,
) -> dict[str, Recovered]:
    """What is known of the recovery of each of `models`, by model.

    Arguments:
        models: that are fitted; or by model, the parameters that are held at a value.
        task: what they know of it.
        table: the trial table that is fitted.
        out: the fits' folder: recoveries in it and beside it are found.
        asked: a folder of `prefrontal recover`; "quick": few subjects like those of the table are simulated and fitted
            now; None: what is found. One of a task with second-stage choices where the table has none, or the other
            way, is passed over, and a warning says so.

    Raises:
        UserError: when there is no recovery in the folder that is asked for, of none of these models, of another task,
            or a damaged one.
    """
    held = dict(models) if isinstance(models, Mapping) else {name: {} for name in models}
    models = list(held)
    if asked == QUICK:
        return {name: _quick(name, task, table, held[name]) for name in models}
    folders = [out, *_folders(out), *_folders(out.parent)] if asked is None else [Path(asked), *_folders(Path(asked))]
    found: dict[str, Recovered] = {}
    others: list[str] = []
    for folder in folders:
        read = _read(folder, is_asked=asked is not None)
        if read is None or read[0] not in models:
            continue
        name, recovered, second_choices = read
        if second_choices is not None and second_choices != task.second_choices:
            others.append(f"{folder}, of {name} {_second(second_choices)}")
            continue
        found[name] = _without(recovered, held[name])
    if others and (found or asked is None):
        told = f"The recovery in {'; '.join(others)} is passed over: the table is {_second(task.second_choices)}."
        warnings.warn(Notice(told), stacklevel=2)
    elif others:
        raise UserError(
            f"`recovery` must be of a task {_second(task.second_choices)}, as the table is, got {'; '.join(others)}. "
            "Recover it in such a form (--form), or leave it out."
        )
    if asked is not None and not found:
        raise UserError(
            f"`recovery` must be a folder that `prefrontal recover` wrote of one of {', '.join(models)}, or {QUICK}, "
            f"got {asked}. Recover one of them first, or leave it out."
        )
    return found


def show_unrecovered(found: Mapping[str, Recovered], console: Console) -> dict[str, Any]:
    """Tell which parameters are not recovered; returns what the record holds of it."""
    record = {}
    for name, recovered in found.items():
        poor = {key: r for key, r in recovered.correlations.items() if r is not None and not r >= LEAST_CORRELATION}
        listed = ", ".join(f"{key} ({r:.2f})" for key, r in poor.items())
        said = f"NOT recovered, r below {LEAST_CORRELATION}: {listed}. Rest no finding on these of single subjects."
        end = said if poor else "every parameter is recovered."
        console.print(f"{name}, of {recovered.told}: {end}", markup=False, highlight=False)
        record[name] = {"of": recovered.told, "correlations": recovered.correlations, "unrecovered": list(poor)}
    return record


def _folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*") if (path / RECORD).is_file()) if folder.is_dir() else []


def _second(choices: bool) -> str:
    return "with second-stage choices" if choices else "without second-stage choices"


def _without(recovered: Recovered, held: Mapping[str, float]) -> Recovered:
    """What is said of the parameters that are not `held`."""
    dropped = [name for name in recovered.correlations if name in held]
    if not dropped:
        return recovered
    left = {name: r for name, r in recovered.correlations.items() if name not in held}
    return Recovered(left, f"{recovered.told}, where {', '.join(dropped)} was fitted, too")


def _read(folder: Path, *, is_asked: bool) -> tuple[str, Recovered, bool | None] | None:
    """The model whose parameters were recovered in `folder`, how, and whether the second stage had choices (None: it is
    not said); None where there is no such thing.

    Raises:
        UserError: when it is damaged and `is_asked` for; else a warning says so.
    """
    try:
        check_checksum(folder / RECORD, "Recover it again.")
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        (name,) = record["options"]["models"]
        correlations = {key: row["pearson"] for key, row in record["summary"].items()}
        options = record["options"]
        told = _told(options["num_subjects"], options["num_sessions"], options["task"]["num_trials"])
        form, method, shared = (options.get(key) for key in ("form", "method", "parameters"))
        told += f" in {folder.name}" + f", form {form}" * bool(form) + f", by {method}" * bool(method)
        told += f", all with {' '.join(shared)}" if shared else ""
    except UserError as error:
        if is_asked:
            raise
        warnings.warn(Notice(f"{error} It is passed over."), stacklevel=3)
        return None
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return name, Recovered(correlations, told), None if form is None else form == SECOND_CHOICES


def _quick(name: str, task: KnownTask, table: pd.DataFrame, fixed: Mapping[str, float]) -> Recovered:
    visits = table.groupby(["subject", "session"], sort=False).size()
    num_trials, num_sessions = int(np.median(visits)), int(np.median(visits.groupby("subject").size()))
    config = usual_task(task, num_trials)
    summary = recover_parameters(
        name,
        config,
        num_subjects=NUM_SUBJECTS,
        num_sessions=num_sessions,
        fixed=fixed,
        method="map",
        num_starts=NUM_STARTS,
    ).summary
    pearson = dict(zip(map(str, summary.index), summary["pearson"].to_numpy(float), strict=True))
    correlations = {key: None if np.isnan(r) else float(r) for key, r in pearson.items()}
    held = f", {' '.join(f'{key}={value:g}' for key, value in fixed.items())} held" if fixed else ""
    return Recovered(correlations, f"{_told(NUM_SUBJECTS, num_sessions, num_trials)}, by map{held}")


def _told(num_subjects: int, num_sessions: int, num_trials: int) -> str:
    visits = "" if num_sessions == 1 else f"{num_sessions} x "
    return f"{counted(num_subjects, 'simulated subject')} x {visits}{counted(num_trials, 'trial')}"
