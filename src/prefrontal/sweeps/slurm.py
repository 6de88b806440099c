"""Units as an array of SLURM's: a script is written and submitted, and each task of the array runs one unit.

Beside the results, or in runs/ where they lie at a URL:

    .slurm/001/array.sh       the script
    .slurm/001/units.jsonl    the unit of each task, a line each
    .slurm/001/job.json       the number that SLURM gave it
    .slurm/001/3.log          what task 3 said

A task that SLURM preempts, or whose time is up, is begun again and goes on from what was saved: see `array_task`.
"""

import json
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prefrontal.errors import UserError
from prefrontal.runs.files import folder_names, make_folder, write_text
from prefrontal.runs.provenance import to_json
from prefrontal.runs.stores import open_store
from prefrontal.sweeps.spec import Spec
from prefrontal.sweeps.unit import Unit

SECONDS_TO_SAVE = 90
"""So long before its time is up a task is told to save: SLURM looks only now and then."""
UNITS, SCRIPT, JOB = "units.jsonl", "array.sh", "job.json"
_OURS = ("array", "requeue", "no-requeue", "signal", "open-mode", "output", "error", "export", "wrap")


@dataclass(frozen=True)
class Submitted:
    """An array that was submitted."""

    job: str
    """Its number."""
    folder: Path
    """Where its script is."""
    units: tuple[Unit, ...]
    """The units of its tasks."""


def submit(spec: Spec, units: Sequence[Unit], at_once: int | None = None) -> Submitted:
    """Write and submit the array of `units`.

    Arguments:
        spec: the sweep.
        units: what its tasks run.
        at_once: tasks at once. None: as many as SLURM likes.

    Raises:
        UserError: when SLURM is not there, or refuses it; the script is written then.
    """
    folder = _new_folder(spec)
    write_text(folder / UNITS, "".join(json.dumps(unit.document) + "\n" for unit in units))
    write_text(folder / SCRIPT, script(spec, folder, len(units), at_once))
    if shutil.which("sbatch") is None:
        raise UserError(
            f"`--backend slurm` must be given where sbatch is, got a machine without. The script is written: take it "
            f"there, with the same folders: sbatch {folder / SCRIPT}"
        )
    told = subprocess.run(["sbatch", "--parsable", str(folder / SCRIPT)], capture_output=True, text=True, check=False)
    if told.returncode:
        raise UserError(
            f"`sbatch` must take {folder / SCRIPT}, got: {told.stderr.strip()} Mend [slurm] in {spec.path}."
        )
    job = told.stdout.strip().partition(";")[0]
    write_text(folder / JOB, to_json({"job": job, "units": [unit.name for unit in units]}))
    return Submitted(job, folder, tuple(units))


def script(spec: Spec, folder: Path, num: int, at_once: int | None = None) -> str:
    """The script of an array of `num` tasks.

    Raises:
        UserError: when an option in [slurm] is one that the script sets itself, or no word.
    """
    resources, own = spec.resources, dict(spec.slurm)
    setup = own.pop("setup", [])
    options: dict[str, Any] = {
        "job-name": spec.path.stem,
        "array": f"0-{num - 1}" + (f"%{at_once}" if at_once else ""),
        "cpus-per-task": resources.cores,
        "time": resources.minutes,
        "output": folder.resolve() / "%a.log",
        "open-mode": "append",
        "requeue": True,
        "signal": f"B:USR1@{min(SECONDS_TO_SAVE, 30 * resources.minutes)}",
    }
    if resources.memory_gb is not None:
        options["mem"] = f"{round(resources.memory_gb * 1000)}M"
    if resources.gpus:
        options["gpus"] = resources.gpus
    options |= {name.replace("_", "-"): _word(name, value) for name, value in own.items()}
    lines = [f"#SBATCH --{name}" + ("" if value is True else f"={value}") for name, value in options.items()]
    if not isinstance(setup, list) or not all(isinstance(line, str) for line in setup):
        raise UserError(f"`slurm.setup` must be a list of lines of shell, got {setup!r}. Mend {spec.path}.")
    variables = [f"export {name}={shlex.quote(value)}" for name, value in resources.environment.items()]
    task = [sys.executable, "-m", "prefrontal.sweeps.array_task", str(folder.resolve() / UNITS), spec.place]
    return "\n".join(["#!/bin/bash", *lines, "", *setup, *variables, f"exec {shlex.join(task)}", ""])


def waiting(spec: Spec) -> set[str]:
    """The names of units that arrays submitted before have still to run, or run; none where SLURM is not there."""
    if shutil.which("squeue") is None:
        return set()
    found: set[str] = set()
    for path in sorted(_home(spec).glob(f"*/{JOB}")):
        record = json.loads(path.read_text(encoding="utf-8"))
        asked = ["squeue", "--noheader", "--array", f"--jobs={record['job']}", "--format=%K"]
        told = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.split()
        found |= {record["units"][int(task)] for task in told if task.isdigit()}
    return found


def _home(spec: Spec) -> Path:
    return (open_store(spec.out).folder or Path("runs") / spec.path.stem) / ".slurm"


def _new_folder(spec: Spec) -> Path:
    home = _home(spec)
    make_folder(home)
    number = max((int(name) for name in folder_names(home) if name.isdigit()), default=0) + 1
    make_folder(home / f"{number:03d}")
    return home / f"{number:03d}"


def _word(name: str, value: Any) -> Any:
    """The value of an option of sbatch, as a script can hold it."""
    if name.replace("_", "-") in _OURS:
        raise UserError(f"`slurm.{name}` must be left to the sweep, which sets it itself, got {value}. Leave it out.")
    if isinstance(value, bool | int | float) or (isinstance(value, str) and value and not set(value) & set("\n\r")):
        return value
    raise UserError(f"`slurm.{name}` must be a word, a number or true, got {value!r}. Mend it.")
