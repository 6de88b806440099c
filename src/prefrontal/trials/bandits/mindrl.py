"""Pulls of a restless bandit as the MindRL Hub Modeling Challenge 2026 has them: a line of JSON a trajectory."""

import io
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from prefrontal.errors import UserError, counted
from prefrontal.runs.provenance import parse_json
from prefrontal.trials.text import excerpt, open_bytes, read_json, read_text

NUM_ARMS = 4
MOST = 1e300
"""Rewards and times must be below this."""


MOST_LINE = 2**24
"""Characters of a first line that are looked at."""


def is_mindrl(path: str | Path) -> bool:
    """Whether the first line of the file is a trajectory; False where it cannot be read."""
    try:
        with io.TextIOWrapper(open_bytes(path), encoding="utf-8-sig", errors="replace") as file:
            line = file.readline(MOST_LINE)
            while line and not line.strip():
                line = file.readline(MOST_LINE)
        found = parse_json(line) if line.lstrip().startswith("{") else None
    except (OSError, ValueError, EOFError, zlib.error):
        return False
    return isinstance(found, Mapping) and {"context", "trials"} <= set(found)


def read_mindrl(path: str | Path) -> pd.DataFrame:
    """The pulls in a file of trajectories, a JSON object a line:

        {"context": {"subject_id": ..., "metadata": {"block_id": ...}},
         "trials": [{"trial_index": 0, "action": 1, "reward": 54, "info": {"rt": 512}}, ...]}

    Arguments:
        path: the file.

    Returns:
        A row a pull, as they stand: subject; block; trial, its index; arm, 0 to 3; reward, as it stands; missed, where
        there is no action or no reward, which makes arm and reward void; rt, as it stands, NaN where there is none.

    Raises:
        UserError: when the file cannot be read, or is not of this form; it names the line, and the trial.

    Example:
        >>> line = '{"context": {"subject_id": "ann"}, "trials": [{"trial_index": 0, "action": 3, "reward": 41}]}'
        >>> _ = open("pulls.jsonl", "w").write(line)
        >>> pf.read_mindrl("pulls.jsonl")[["subject", "arm", "reward"]].to_numpy().tolist()
        [['ann', 2, 41.0]]
    """
    rows: list[dict[str, Any]] = []
    for number, line in enumerate(read_text(path).splitlines(), 1):
        if line.strip():
            rows += _trajectory(read_json(line, f"{path}: line {number}"), f"{path}: line {number}")
    if not rows:
        raise UserError(f"{path}: `trials` must tell of a pull, got none. Is it the right file?")
    table = pd.DataFrame(rows).astype(
        {"trial": np.int64, "arm": np.int64, "reward": float, "missed": bool, "rt": float}
    )
    again = table.duplicated(["subject", "block", "trial"])
    if again.any():
        row = table.loc[again].iloc[0]
        raise UserError(
            f"{path}: `trial_index` must differ within a block, got {row['trial']} again in block {row['block']} of "
            f"{row['subject']}. Number the blocks of a subject."
        )
    return table


def _trajectory(given: Any, where: str) -> list[dict[str, Any]]:
    context, trials = (given.get(key) if isinstance(given, Mapping) else None for key in ("context", "trials"))
    if not isinstance(context, Mapping) or "subject_id" not in context or not isinstance(trials, list):
        raise UserError(
            f'{where} must have "context" with "subject_id", and "trials", got {excerpt(given, 80)}. Is it the file?'
        )
    metadata = context.get("metadata")
    block = metadata.get("block_id", 0) if isinstance(metadata, Mapping) else 0
    return [
        {"subject": str(context["subject_id"]), "block": str(block)} | _pull(trial, place, where)
        for place, trial in enumerate(trials)
    ]


def _pull(trial: Any, place: int, where: str) -> dict[str, Any]:
    where = f"{where}, trial {place}"
    if not isinstance(trial, Mapping):
        raise UserError(f"{where} must be a JSON object, got {excerpt(trial)}.")
    arm, points, missed = 0, 0.0, True
    action, reward = trial.get("action"), trial.get("reward")
    if action is not None and reward is not None:
        if isinstance(action, bool) or action not in range(1, NUM_ARMS + 1):
            raise UserError(f"{where}: `action` must be from 1 to {NUM_ARMS}, or null, got {excerpt(action)}.")
        if not _is_number(reward) or not abs(reward) < MOST:
            raise UserError(f"{where}: `reward` must be a number, or null, got {excerpt(reward)}.")
        arm, points, missed = int(action) - 1, float(reward), False
    index = trial.get("trial_index", place)
    if isinstance(index, bool) or not isinstance(index, int) or not 0 <= index < 2**31:
        raise UserError(f"{where}: `trial_index` must be a whole number from 0, got {excerpt(index)}.")
    info = trial.get("info")
    rt = info.get("rt") if isinstance(info, Mapping) else None
    if rt is not None and not (_is_number(rt) and abs(rt) < MOST):
        raise UserError(f"{where}: `rt` must be a number, or null, got {excerpt(rt)}.")
    return {"trial": index, "arm": arm, "reward": points, "missed": missed, "rt": np.nan if rt is None else float(rt)}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def pulls_overview(table: pd.DataFrame) -> str:
    """What was read, in a line.

    Arguments:
        table: of `read_mindrl`.
    """
    there = table.loc[~table["missed"].to_numpy(bool)]
    share = there["arm"].value_counts(normalize=True).reindex(range(NUM_ARMS), fill_value=0.0)
    blocks = len(table[["subject", "block"]].drop_duplicates())
    arms = ", ".join(f"{100 * part:.0f}" for part in share)
    return (
        f"{counted(len(set(table['subject'])), 'subject')}, {counted(blocks, 'block')}, {counted(len(table), 'pull')}, "
        f"{len(table) - len(there):,} missed, arms pulled {arms} %, mean reward {there['reward'].mean():.3g}"
    )
