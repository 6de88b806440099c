"""What people, animals and agents do after each kind of trial."""

from typing import Literal, get_args

import numpy as np
import pandas as pd

from prefrontal.configs.two_step import TRIAL_KINDS
from prefrontal.errors import check_choice
from prefrontal.trials.table import check_table

Trials = Literal["all", "first"]


def stay_counts(table: pd.DataFrame, *, trials: Trials = "all") -> pd.DataFrame:
    """How often each subject had, and took, the chance to repeat its choice after each kind of trial.

    A pair is two trials of one session with consecutive numbers, neither of them missed; the first of the two
    gives the condition. Sessions are pooled.

    Arguments:
        table: a trial table (see `prefrontal.trials.table`).
        trials: "all" pairs, or only the "first" of each session, trials 0 and 1, where no earlier trial can
            have told the better state (Wang et al. 2016, Figure 5).

    Returns:
        One row a subject, in the table's order; columns (condition, "stays" or "pairs"), the conditions those
        of `TRIAL_KINDS`.

    Raises:
        UserError: when `trials` is neither, or `table` is not a trial table.
    """
    check_choice("trials", trials, get_args(Trials))
    table = check_table(table)
    subject, names = pd.factorize(table["subject"])
    session, trial, choice, common, reward = (
        table[name].to_numpy() for name in ("session", "trial", "choice", "common", "reward")
    )
    missed = table["missed"].to_numpy() if "missed" in table else np.zeros(len(table), bool)

    paired = (subject[1:] == subject[:-1]) & (session[1:] == session[:-1]) & (trial[1:] - trial[:-1] == 1)
    paired &= ~missed[1:] & ~missed[:-1]
    if trials == "first":
        paired &= trial[1:] == 1
    condition = 2 * (reward[:-1] == 0) + ~common[:-1]
    cell = (len(TRIAL_KINDS) * subject[:-1] + condition)[paired]
    stayed = (choice[1:] == choice[:-1])[paired]

    size = len(TRIAL_KINDS) * len(names)
    counts = np.stack([np.bincount(cell[stayed], minlength=size), np.bincount(cell, minlength=size)], axis=-1)
    return pd.DataFrame(
        counts.reshape(len(names), 2 * len(TRIAL_KINDS)),
        index=pd.Index(names, name="subject"),
        columns=pd.MultiIndex.from_product([TRIAL_KINDS, ("stays", "pairs")], names=["condition", "count"]),
    )


def stay_probability(table: pd.DataFrame, *, trials: Trials = "all") -> pd.DataFrame:
    """P(choice_t = choice_{t-1} | transition and outcome of trial t-1), for each subject.

    After a reward, model-based choice stays when the transition was common and leaves when it was uncommon,
    and the other way round without a reward; model-free choice stays after a reward whatever the transition.
    Over "all" trials, though, earlier trials tell of the better state as well, which blurs both patterns.

    Arguments:
        table: a trial table (see `prefrontal.trials.table`).
        trials: "all" pairs of consecutive trials or only the "first" of each session; see `stay_counts`.

    Returns:
        One row a subject, one column a condition of `TRIAL_KINDS`; values 0 to 1, NaN where a subject never
        met the condition.

    Raises:
        UserError: when `trials` is neither, or `table` is not a trial table.

    References:
        Daw, Gershman, Seymour, Dayan, Dolan (2011), Neuron 69:1204, Figure 2.
        Akam, Costa, Dayan (2015), PLoS Comput Biol 11:e1004648 (what the pattern can and cannot tell).

    Example:
        >>> pf.stay_probability(table).columns.tolist()
        ['common_rewarded', 'uncommon_rewarded', 'common_unrewarded', 'uncommon_unrewarded']
    """
    counts = stay_counts(table, trials=trials)
    stays = counts.xs("stays", axis="columns", level="count")
    pairs = counts.xs("pairs", axis="columns", level="count")
    return stays / pairs
