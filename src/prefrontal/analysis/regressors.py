"""What earlier trials say about a choice, in the codings of the two-step literature."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Bool, Int, Real

from prefrontal.configs.two_step import TRIAL_KINDS
from prefrontal.errors import UserError, check_count
from prefrontal.trials.table import check_table


@dataclass(frozen=True)
class Design:
    """Choices and what is to explain them. Nothing reaches across the border of a session."""

    name: str
    """Of the regression."""
    regressors: tuple[str, ...]
    """The name of each regressor."""
    values: Real[np.ndarray, "trial regressor"]
    choice: Bool[np.ndarray, " trial"]
    """Whether choice 1 was taken."""
    subject: Int[np.ndarray, " trial"]
    """Number of the subject, from 0, ascending."""
    subjects: tuple[int | str, ...]
    """The name of each subject."""


def one_back(table: pd.DataFrame, *, correct: bool = False) -> Design:
    """The choice from the trial before, as coded by Akam et al. (2015). With c, s, r and m the choice, state, reward
    and commonness of trial t - 1, each 0 or 1:

        logit P(c_t = 1) = w_stay (c - 1/2) + w_reward ([r = c] - 1/2) + w_transition ([m = c] - 1/2)
                           + w_interaction ([[m = r] = c] - 1/2) + w_correct (b - 1/2)

    Every regressor but the last is ± 1/2 towards repeating the choice: w_reward is how much more a reward makes stay,
    w_interaction how much more so after a common transition. Twice the weights of a regression of staying on reward
    and transition coded ± 1 (Daw et al. 2011), with the sides balanced.

    Arguments:
        table: a trial table (see `prefrontal.trials.table`). Of it, the pairs of `stay_counts`.
        correct: whether to ask for w_correct, b being the state that was better at t - 1. It takes up that choices
            which were right already tend to be rewarded and repeated, which makes a model-free agent look model-based.

    Returns:
        What `regress` and `regress_mixed` take.

    Raises:
        UserError: when `table` is no trial table, or has no `better_state` where `correct` needs it.

    Reference:
        Akam, Costa, Dayan (2015), PLoS Comput Biol 11:e1004648, Methods.

    Example:
        >>> pf.one_back(table).regressors
        ('stay', 'reward', 'transition', 'reward_x_transition')
    """
    table = check_table(table)
    if correct and "better_state" not in table:
        raise UserError("`table` must have `better_state` for the regressor `correct`, got none. Leave `correct` out.")
    rows, place = _history(table, 1)
    kept = place[:, 0] >= 0
    before = place[kept, 0]
    choice, common, reward = (table[name].to_numpy()[before] == 1 for name in ("choice", "common", "reward"))
    columns = {
        "stay": choice,
        "reward": reward == choice,
        "transition": common == choice,
        "reward_x_transition": (common == reward) == choice,
    }
    if correct:
        columns["correct"] = table["better_state"].to_numpy()[before] == 1
    return _design("one_back", table, rows[kept], {name: column - 0.5 for name, column in columns.items()})


def multi_back(table: pd.DataFrame, *, num_lags: int = 5) -> Design:
    """The choice from the kinds of the last trials, as coded by Miller et al. (2017):

        logit P(c_t = 1) = w_0 + sum_k sum_K w_K(k) X_K(t - k)

    where X_K(t - k) is + 1 if that trial was of kind K (common or uncommon, rewarded or not) and its choice 1, - 1 if
    of that kind and its choice 0, and 0 if of another kind, missed, or before the session began. The regressors are
    named "common_rewarded_1" for lag 1, and so on, and "bias".

    Differs from the paper: a missed trial keeps its place in the count of lags; there it is cut out.

    Arguments:
        table: a trial table. Of it, all trials that were not missed.
        num_lags: how many trials back.

    Returns:
        What `regress` takes; its weights are what `indices` takes.

    Raises:
        UserError: when `table` is no trial table, or `num_lags` is not at least 1.

    Reference:
        Miller, Botvinick, Brody (2017), Nat Neurosci 20:1269, Methods.

    Example:
        >>> pf.multi_back(table, num_lags=1).regressors
        ('common_rewarded_1', 'uncommon_rewarded_1', 'common_unrewarded_1', 'uncommon_unrewarded_1', 'bias')
    """
    return _kinds("multi_back", table, num_lags, scale=1.0, bias=True)


def lagged(table: pd.DataFrame, *, num_lags: int = 10) -> Design:
    """The choice from the kinds of the last trials, as coded by Akam et al. (2015): `multi_back` with ± 1/2 instead of
    ± 1, so that the weights are twice as large, and without a bias.

    Arguments:
        table: a trial table. Of it, all trials that were not missed.
        num_lags: how many trials back.

    Raises:
        UserError: when `table` is no trial table, or `num_lags` is not at least 1.

    Reference:
        Akam, Costa, Dayan (2015), PLoS Comput Biol 11:e1004648, Methods.
    """
    return _kinds("lagged", table, num_lags, scale=0.5, bias=False)


def _kinds(name: str, table: pd.DataFrame, num_lags: int, *, scale: float, bias: bool) -> Design:
    check_count("num_lags", num_lags)
    table = check_table(table)
    rows, place = _history(table, num_lags)
    side = scale * (2.0 * table["choice"].to_numpy() - 1)
    kind = 2 * (table["reward"].to_numpy() == 0) + ~table["common"].to_numpy()
    columns = {
        f"{label}_{lag + 1}": np.where((place[:, lag] >= 0) & (kind[place[:, lag]] == number), side[place[:, lag]], 0)
        for number, label in enumerate(TRIAL_KINDS)
        for lag in range(num_lags)
    }
    return _design(name, table, rows, columns | ({"bias": np.ones(len(rows))} if bias else {}))


def _history(table: pd.DataFrame, num_lags: int) -> tuple[np.ndarray, np.ndarray]:
    """The rows of trials not missed, and the row of the trial so many trials before each, -1 where there is none:
    none in this session, or a missed one."""
    subject, _ = pd.factorize(table["subject"])
    session, trial = table["session"].to_numpy(), table["trial"].to_numpy()
    missed = table["missed"].to_numpy() if "missed" in table else np.zeros(len(table), bool)
    starts = np.concatenate([[True], (subject[1:] != subject[:-1]) | (session[1:] != session[:-1])])[: len(table)]
    block = np.cumsum(starts)
    # Trials ascend within a block: blocks and trials together number the rows, with gaps.
    span = int(trial.max(initial=0)) + num_lags + 1
    number = block.astype(np.int64) * span + trial
    wanted = number[:, None] - np.arange(1, num_lags + 1)
    place = np.minimum(np.searchsorted(number, wanted), len(table) - 1)
    there = (number[place] == wanted) & ~missed[place] & (block[place] == block[:, None])
    return np.flatnonzero(~missed), np.where(there, place, -1)[~missed]


def _design(name: str, table: pd.DataFrame, rows: np.ndarray, columns: dict[str, np.ndarray]) -> Design:
    subject, names = pd.factorize(table["subject"])
    order = rows[np.argsort(subject[rows], kind="stable")]
    return Design(
        name=name,
        regressors=tuple(columns),
        values=np.stack(list(columns.values()), axis=1)[np.argsort(subject[rows], kind="stable")],
        choice=table["choice"].to_numpy()[order] == 1,
        subject=subject[order].astype(np.int64),
        subjects=tuple(names),
    )
