"""The behaviour of a group, of networks, people, animals or models, summed up the same for all."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from prefrontal.analysis.behaviour import stay_counts, stay_probability
from prefrontal.analysis.published import PrintedBehaviour
from prefrontal.analysis.regression import Regression, indices, kind_weights, over_subjects, regress
from prefrontal.analysis.regressors import multi_back, one_back
from prefrontal.configs.two_step import TRIAL_KINDS
from prefrontal.errors import UserError
from prefrontal.trials.overview import without_subjects
from prefrontal.trials.table import check_table

NUM_LAGS = 5
"""Lags of the multi-back regression: as in the figures of Miller et al. (2016) and Wang et al. (2018)."""


@dataclass(frozen=True)
class Behaviour:
    """Stay probabilities and regression weights of a group.

    The tables `stay`, `weights` and `indices` have the columns mean, low and high, the mean over the group and its
    95 % interval (NaN where none is known). A group known from print only has no values for each of its subjects.
    """

    name: str
    """What to call the group."""
    num: int
    """Subjects: networks, people or animals."""
    stay: pd.DataFrame
    """Stay probability after each kind of trial of `TRIAL_KINDS`."""
    weights: pd.DataFrame
    """Weights of the multi-back regression, by (kind of trial, lag); log odds."""
    indices: pd.DataFrame
    """Model-based, model-free and perseveration index; log odds."""
    source: str = ""
    """Where the numbers are from, of a group known from print."""
    stay_of_each: pd.DataFrame | None = None
    """Stay probabilities, one row a subject."""
    indices_of_each: pd.DataFrame | None = None
    """Indices, one row a subject."""
    one_back: Regression | None = None
    """The one-back regression: with `correct` where the table tells which state was better."""
    multi_back: Regression | None = None


def behaviour(name: str, table: pd.DataFrame, *, num_lags: int = NUM_LAGS, ridge: float | None = None) -> Behaviour:
    """The behaviour of the subjects of `table`. Those without two trials that follow one another are left out, and a
    warning names them.

    Arguments:
        name: what to call the group.
        table: a trial table (see `prefrontal.trials.table`).
        num_lags: lags of the multi-back regression.
        ridge: see `regress`.

    Raises:
        UserError: when `table` is no trial table, or no subject has trials that follow one another.
    """
    table = check_table(table)
    pairs = stay_counts(table).xs("pairs", axis="columns", level="count").sum(axis=1)
    alone = pd.Series(table["subject"]).isin(pairs.index.to_numpy()[(pairs == 0).to_numpy()]).to_numpy()
    if alone.all():
        raise UserError(
            "`table` must have trials that follow one another, got none. Look at the numbers of its trials."
        )
    table = without_subjects(table, alone, f"{name}, without two trials that follow one another")
    stay = stay_probability(table)
    back = regress(one_back(table, correct="better_state" in table), ridge=ridge)
    multi = regress(multi_back(table, num_lags=num_lags), ridge=ridge)
    each = indices(multi.weights)
    return Behaviour(
        name=name,
        num=len(stay),
        stay=_bounds(stay).clip(0, 1),
        weights=_bounds(kind_weights(multi.weights)),
        indices=_bounds(each),
        stay_of_each=stay,
        indices_of_each=each,
        one_back=back,
        multi_back=multi,
    )


def printed(group: PrintedBehaviour) -> Behaviour:
    """A group known from print, to stand beside our own: means without intervals."""
    row = {f"{kind}_{lag}": value for kind, values in group.weights.items() for lag, value in enumerate(values, 1)}
    frame = pd.DataFrame([row])
    return Behaviour(
        name=group.name,
        num=group.num,
        source=group.source,
        stay=_means(pd.Series(group.stay, index=list(TRIAL_KINDS))),
        weights=_means(pd.Series(kind_weights(frame).iloc[0])),
        indices=_means(pd.Series(indices(frame).iloc[0])),
    )


def _bounds(values: pd.DataFrame) -> pd.DataFrame:
    return over_subjects(values).loc[:, ["mean", "low", "high"]]


def _means(values: pd.Series) -> pd.DataFrame:
    return pd.DataFrame({"mean": values, "low": np.nan, "high": np.nan})


def as_record(group: Behaviour) -> dict[str, Any]:
    """`group` as plain values, for JSON: what is NaN is None."""

    def rows(frame: pd.DataFrame) -> dict[str, Any]:
        plain = frame.astype(object).where(frame.notna(), None)
        names = ["_".join(map(str, name)) if isinstance(name, tuple) else str(name) for name in frame.index]
        return {name: dict(row) for name, row in zip(names, plain.to_dict("records"), strict=True)}

    record = {"num": group.num, "stay_probability": rows(group.stay)}
    if group.source:
        record["source"] = group.source
    if group.one_back is not None:
        record["one_back"] = rows(group.one_back.group)
    record |= {"multi_back": rows(group.weights), "indices": rows(group.indices)}
    for name, regression in (("one_back", group.one_back), ("multi_back", group.multi_back)):
        if regression is not None:
            record[f"{name}_verdicts"] = regression.quality["verdict"].value_counts().rename({"": "fitted"}).to_dict()
    return record
