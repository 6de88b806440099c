"""Pulls of a restless bandit: the learner with forgetting beside networks, on pulls that were held out."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from prefrontal.configs.models import FORGETTING, KnownTask
from prefrontal.errors import UserError
from prefrontal.fitting.networks.naming import is_network, network_kind
from prefrontal.fitting.networks.planned import HeldOut
from prefrontal.fitting.restless import fit_restless
from prefrontal.reports.networks import report_held_out
from prefrontal.runs.files import write_text
from prefrontal.runs.spreadsheets import to_csv
from prefrontal.trials.bandits.mindrl import read_mindrl


def read_pulls(paths: Sequence[str | Path]) -> pd.DataFrame:
    """The pulls in one file or several.

    Raises:
        UserError: when one cannot be read, or two hold the same trial of the same block of a subject.
    """
    table = pd.concat([read_mindrl(path) for path in paths], ignore_index=True)
    again = table.duplicated(["subject", "block", "trial"])
    if again.any():
        row = table.loc[again].iloc[0]
        raise UserError(
            f"`table` must hold each pull once, got trial {row['trial']} of block {row['block']} of {row['subject']} "
            "in two files. Leave one out."
        )
    return table


def check_models_of_pulls(names: Sequence[str]) -> None:
    """Refuse what cannot be fitted to pulls.

    Raises:
        UserError: when a name is neither the learner's nor a network's.
    """
    for name in names:
        if name != FORGETTING and not is_network(name):
            raise UserError(
                f"`models` must be {FORGETTING}, or networks such as gru-4, for pulls of a bandit, got {name}. Say so: "
                f"--models {FORGETTING} gru-4"
            )
        if name != FORGETTING:
            network_kind(name)


def report_pulls(table: pd.DataFrame, plan: HeldOut, record: Mapping[str, Any], out: Path) -> None:
    """Fit the learner, networks, or both to pulls, score them on those that were held out, write it all into `out`, and
    show it.

    Arguments:
        table: as of `read_mindrl`.
        plan: what is held out of it, and who is scored.
        record: what else the record holds: options, environment.
        out: the folder, which is there.
    """
    if plan.models:
        write_text(out / f"{FORGETTING}.csv", to_csv(fit_restless(table), index=False))
    report_held_out(table, plan, record, out, task=KnownTask())
