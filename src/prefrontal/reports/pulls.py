"""Pulls of a restless bandit: the learner with forgetting beside networks, on pulls that were held out."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from prefrontal.configs.models import FORGETTING, KnownTask
from prefrontal.errors import UserError
from prefrontal.fitting.folds import Over
from prefrontal.fitting.networks.fitted import Sharing
from prefrontal.fitting.networks.naming import is_network, network_kind
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


def report_pulls(
    table: pd.DataFrame,
    names: Sequence[str],
    record: Mapping[str, Any],
    out: Path,
    *,
    over: Over,
    sharing: Sharing | None,
    num_folds: int,
    seed: int,
) -> None:
    """Fit what is named to pulls, score it on those that were held out, write it all into `out`, and show it.

    Arguments:
        table: as of `read_mindrl`.
        names: the learner, networks, or both.
        record: what else the record holds: options, environment.
        out: the folder, which is there.
        over, sharing, num_folds, seed: as of `fit_networks` and `score_models`.
    """
    models = [name for name in names if name == FORGETTING]
    if models:
        write_text(out / f"{FORGETTING}.csv", to_csv(fit_restless(table), index=False))
    report_held_out(
        table,
        [name for name in names if name != FORGETTING],
        models,
        record,
        out,
        by="subject",
        task=KnownTask(),
        over=over,
        sharing=sharing,
        num_folds=num_folds,
        seed=seed,
    )
