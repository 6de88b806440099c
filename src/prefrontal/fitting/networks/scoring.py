"""How models and networks do on choices that they did not see, in one table."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from jaxtyping import Float

from prefrontal.agents.two_step import find_model
from prefrontal.analysis.statistics import mean_interval
from prefrontal.configs.models import FORGETTING, KnownTask
from prefrontal.errors import UserError
from prefrontal.fitting.choices import Batch
from prefrontal.fitting.folds import Folds
from prefrontal.fitting.networks.naming import is_network, network_kind
from prefrontal.fitting.pulls import NUM_ARMS, PullBatch


def held_out_table(
    batch: Batch | PullBatch, folds: Folds, log_likelihood: Float[np.ndarray, "subject fold session trial"]
) -> pd.DataFrame:
    """A row a subject (or session) and fold in which it is held out: log_likelihood of its held-out choices,
    num_choices, nats (a choice) and normalised_likelihood; and its place among the subjects.

    Arguments:
        batch: the choices.
        folds: which trials are held out in which.
        log_likelihood: of each trial under what was fitted without each fold.
    """
    held = folds.number[:, None] == np.arange(folds.num)[:, None, None]
    sums = np.where(held, log_likelihood, 0.0).sum((2, 3))
    counts = held.sum((2, 3)) * (2 if batch.second_choices else 1)
    place, fold = np.nonzero(counts)
    table = batch.units.iloc[place].reset_index(drop=True)
    nats = sums[place, fold] / counts[place, fold]
    return table.assign(
        place=place,
        fold=fold,
        log_likelihood=sums[place, fold],
        num_choices=counts[place, fold],
        nats=nats,
        normalised_likelihood=np.exp(nats),
    )


def subject_nats(rows: pd.DataFrame) -> pd.DataFrame:
    """The log-likelihood a held-out choice of each subject (or session), over all folds: a column a model.

    Arguments:
        rows: as of `compare_held_out`.
    """
    return _sums(rows, "log_likelihood") / _sums(rows, "num_choices")


def _sums(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    units = [name for name in ("subject", "session") if name in rows]
    return pd.pivot_table(rows, values=column, index=units, columns="model", aggfunc="sum", sort=False)


def num_variables(name: str, task: KnownTask) -> int:
    """The numbers that the model or network called `name` carries from one trial to the next, and chooses by."""
    if is_network(name):
        return network_kind(name).num_variables
    if name == FORGETTING:
        return NUM_ARMS + 1
    return find_model(name).num_variables(task)


def compare_held_out(rows: pd.DataFrame, *, second_choices: bool | None = None) -> pd.DataFrame:
    """Models and networks on the choices that they did not see, with intervals over subjects.

    Arguments:
        rows: of `score_models` and of the tables of `fit_networks`, one below the other, of the same folds.
        second_choices: whether the second stage has options. None: no `num_variables` is told.

    Returns:
        A row a model, the best first: nats, the mean over subjects of the log-likelihood a held-out choice, with its
        95 % interval low to high; normalised_likelihood, e to the mean; from_best, its distance from the best one's
        nats, paired over subjects, with the interval from_best_low to from_best_high (0 in it: no worse than chance
        explains); num_best, the subjects of whom it is the best; num_subjects.

    Raises:
        UserError: when the models were scored on other choices than each other.

    Example:
        >>> rows = pf.score_models(table, ["win-stay-lose-shift", "biased-random"], num_outer=2, num_starts=2)
        >>> pf.compare_held_out(rows).columns.tolist()[:3]
        ['nats', 'low', 'high']
    """
    counts = _sums(rows, "num_choices")
    if np.isnan(counts.to_numpy(float)).any() or (counts.to_numpy() != counts.to_numpy()[:, :1]).any():
        raise UserError(
            "`rows` must be of the same held-out choices for every model, got others. Score all with the same table, "
            "`by`, `num_outer` and `seed`."
        )
    nats = subject_nats(rows)
    means = nats.to_numpy().mean(axis=0)
    best = nats.to_numpy()[:, means.argmax()]
    wins = np.bincount(nats.to_numpy().argmax(axis=1), minlength=len(means))
    found: dict[str, Mapping[str, float]] = {}
    for place in np.argsort(-means, kind="stable"):
        values = nats.to_numpy()[:, place]
        own, apart = mean_interval(values), mean_interval(values - best)
        found[str(nats.columns[place])] = {
            "nats": own.mean,
            "low": own.low,
            "high": own.high,
            "normalised_likelihood": float(np.exp(own.mean)),
            "from_best": apart.mean,
            "from_best_low": apart.low,
            "from_best_high": apart.high,
            "num_best": int(wins[place]),
            "num_subjects": len(nats),
        }
    table = pd.DataFrame.from_dict(found, orient="index").rename_axis("model")
    table[["num_best", "num_subjects"]] = table[["num_best", "num_subjects"]].astype(int)
    if second_choices is not None:
        known = KnownTask(second_choices=second_choices)
        table.insert(0, "num_variables", [num_variables(name, known) for name in table.index])
    return table
