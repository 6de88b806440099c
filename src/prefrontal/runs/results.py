"""The files that a test of trained agents leaves behind: `results.json`, and `learning.csv` on their training."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from prefrontal.errors import UserError
from prefrontal.runs.files import folder_names, write_text
from prefrontal.runs.folder import RunFolder
from prefrontal.runs.provenance import jsonable, parse_json, to_json
from prefrontal.runs.seals import check_checksum, write_checksums

RESULTS, LEARNING, INTERVENTION = "results.json", "learning.csv", "intervention.json"
COURSE = "course.csv"
"""What networks do with the weights of each moment of their training that was kept, a row each."""


def write_results(folder: Path, results: Mapping[str, Any]) -> dict[str, Any]:
    """Write `results.json` into `folder`, with null for what could not be measured, and the checksums of it, of the
    tables and the intervention there; return what is written."""
    plain = jsonable(results)
    write_text(folder / RESULTS, to_json(plain))
    names = (name for name in folder_names(folder) if name == INTERVENTION or name.endswith(".csv"))
    write_checksums(folder, [RESULTS, *names])
    return plain


def read_results(folder: Path, needed: Sequence[str] = ()) -> dict[str, Any]:
    """The `results.json` of an evaluated run.

    Arguments:
        folder: where it lies.
        needed: entries that it must hold.

    Raises:
        UserError: when there is none, it cannot be read, lacks an entry or is not what was written.
    """
    path = folder / RESULTS
    try:
        check_checksum(path)
        results = parse_json(path.read_text(encoding="utf-8"))
        if not isinstance(results, dict) or not isinstance(results.get("config", {}), dict):
            raise ValueError("no results")
        if not isinstance(seeds := results.get("seeds", []), list) or not all(type(seed) is int for seed in seeds):
            raise ValueError("seeds that are no whole numbers")
        missing = set(needed).difference(results)
        if (folder / INTERVENTION).exists():  # earlier versions told of it there alone
            check_checksum(folder / INTERVENTION)
            results.setdefault("intervention", parse_json((folder / INTERVENTION).read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise UserError(f"`{path}` must be there, got a run not evaluated yet. Evaluate it first.") from error
    except UserError:
        raise
    except (OSError, ValueError) as error:
        raise UserError(f"`{path}` must be readable JSON, got {error}. Evaluate the run again.") from error
    if missing or not isinstance(results, dict):
        entries = ", ".join(sorted(missing)) or "entries by name"
        raise UserError(f"`{path}` must hold {entries}, got other contents. Evaluate the run again.")
    return results


def write_learning(folder: Path, runs: Mapping[str, RunFolder], seeds: Sequence[int]) -> None:
    """Write `learning.csv` into `folder`: how reward rose in training, a row a block of episodes.

    Arguments:
        folder: where to.
        runs: by variant.
        seeds: of each.

    Raises:
        UserError: when a seed is not trained to its end, or its metrics are damaged.
    """
    parts = []
    for variant, run in runs.items():
        for seed in seeds:
            curve = run.seed(seed).learning_curve()
            parts.append(pd.DataFrame({"variant": variant, "seed": seed, **curve._asdict()}))
    write_text(folder / LEARNING, pd.concat(parts).to_csv(index=False, float_format="%.6g"))


def read_learning(folder: Path) -> pd.DataFrame:
    """How reward rose in training: columns variant, seed, episode, reward (mean over the episodes since the last row).

    Raises:
        UserError: when `learning.csv` is missing, cannot be read or is not what was written.
    """
    path = folder / LEARNING
    try:
        check_checksum(path)
        columns = ["variant", "seed", "episode", "reward"]
        with path.open("rb") as file:  # a path may look like an address to pandas, which opens those
            return pd.read_csv(file, keep_default_na=False, dtype={"variant": str}, usecols=columns)
    except FileNotFoundError as error:
        raise UserError(f"`{path}` must be there, got a run not evaluated yet. Evaluate it first.") from error
    except UserError:
        raise
    except (OSError, ValueError, KeyError) as error:
        raise UserError(f"`{path}` must be a table of rewards, got {error}. Evaluate the run again.") from error


def read_table(path: Path, of: str = "") -> pd.DataFrame:
    """A table that a test left beside `results.json`.

    Arguments:
        path: the file.
        of: what it holds, for the refusal: "lesions".

    Raises:
        UserError: when it is missing, cannot be read or is not what was written.
    """
    try:
        check_checksum(path)
        with path.open("rb") as file:
            return pd.read_csv(file)
    except UserError:
        raise
    except (OSError, ValueError) as error:
        what = f"a table of {of}" if of else "a table"
        raise UserError(f"`{path}` must be {what}, got {error}. Evaluate the run again.") from error
