"""Folds of cross-validation, the same for every model: which trials each fold holds out.

Over "sessions": where a person has several sessions, these are dealt out in their order, the first to fold 0, the
second to fold 1, and so on. Where there is one, it is cut into blocks of trials that follow one another, as equal as
can be. A held-out trial is scored, and not fitted, while the whole session is replayed with the recorded choices: a
model learns from every trial's outcome, whichever fold the trial is in, as it would have in the experiment; its
parameters are chosen without the held-out choices. Over "people": each person is in one fold with all trials, dealt
out at random.

Missed trials and padding are in no fold.
"""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd
from jaxtyping import Bool, Int

from prefrontal.errors import UserError, check_choice, check_count, check_seed, counted
from prefrontal.fitting.choices import Batch
from prefrontal.fitting.pulls import PullBatch

Over = Literal["sessions", "people"]
NUM_FOLDS = 5


@dataclass(frozen=True)
class Folds:
    """Which fold each trial is held out in. Made by `make_folds`."""

    number: Int[np.ndarray, "subject session trial"]
    """The fold, 0 to `num` - 1; -1 in none: padding, or missed."""
    num: int
    over: Over
    told: str
    """How they were made, in a sentence."""

    def held_out(self, fold: int) -> Bool[np.ndarray, "subject session trial"]:
        """The trials that are scored in this fold."""
        return self.number == fold

    def fitted(self, fold: int) -> Bool[np.ndarray, "subject session trial"]:
        """The trials by which the parameters are chosen in this fold."""
        return (self.number != fold) & (self.number >= 0)


def make_folds(
    batch: Batch | PullBatch, *, over: Over = "sessions", num_folds: int = NUM_FOLDS, seed: int = 0
) -> Folds:
    """Deal the trials of `batch` out to folds; the module says how.

    Arguments:
        batch: the choices, of `batch_of`.
        over: "sessions", or blocks of trials of those who have one; or "people".
        num_folds: how many, 2 or more; a person with fewer sessions than that is held out in as many folds as it has
            sessions.
        seed: of the order in which people are dealt out.

    Returns:
        The folds: the same for the same batch, whatever is fitted.

    Raises:
        UserError: when there are fewer people than folds over them, or a session has fewer trials than folds.

    Example:
        >>> from prefrontal.fitting.choices import batch_of
        >>> from prefrontal.fitting.folds import make_folds
        >>> make_folds(batch_of(table), num_folds=2).told
        'Two folds: blocks of trials that follow one another, of 6 subjects.'
    """
    check_choice("over", over, get_args(Over))
    check_count("num_folds", num_folds)
    check_seed("seed", seed)
    if num_folds < 2:
        raise UserError(f"`num_folds` must be 2 or more, got {num_folds}. Give 5, or leave it out.")
    counts = np.asarray(batch.choices.counts)
    number = np.full(counts.shape, -1)
    names = pd.factorize(batch.units["subject"])[0]
    num_people = int(names.max()) + 1
    if over == "people":
        if num_people < num_folds:
            raise UserError(
                f"`num_folds` must be no more than there are subjects, got {num_folds} where there are {num_people}. "
                "Ask for fewer, or for folds over sessions."
            )
        dealt = np.random.default_rng(seed).permutation(num_people) % num_folds
        number = np.where(counts, dealt[names][:, None, None], -1)
        return Folds(
            number, num_folds, over, f"{_word(num_folds)} folds: {counted(num_people, 'subject')}, dealt out at random."
        )
    several = _several(counts)
    for person, own in enumerate(counts):
        if several[person]:
            order = np.cumsum(own.any(axis=1)) - 1
            number[person] = np.where(own, order[:, None] % num_folds, -1)
        else:
            number[person][own] = _blocks(int(own.sum()), num_folds)
    num = int(number.max()) + 1
    unit = "visit" if "session" in batch.units else "subject"
    parts = [f"sessions, of {counted(int(several.sum()), unit)}"] if several.any() else []
    alone = f"blocks of trials that follow one another, of {counted(int((~several).sum()), unit)}"
    parts += [] if several.all() else [alone]
    return Folds(number, num, over, f"{_word(num)} folds: {'; '.join(parts)}.")


def usual_num_folds(batch: Batch | PullBatch, over: Over, most: int) -> int:
    """How many folds there are unless somebody says: `most`, or as many as there can be, but two at least.

    Arguments:
        batch: the choices, of `batch_of`.
        over: what folds hold out: as many as there are "people", or, over "sessions", as the fewest trials of those who
            have one session.
        most: of them.
    """
    counts = np.asarray(batch.choices.counts)
    if over == "people":
        return max(2, min(most, len(set(batch.units["subject"]))))
    return max(2, min([most, *counts.sum(axis=(1, 2))[~_several(counts)].tolist()]))


def no_folds(batch: Batch | PullBatch) -> Folds:
    """Folds of which there is none: nothing is held out."""
    return Folds(np.where(np.asarray(batch.choices.counts), 1, -1), 0, "sessions", "No folds.")


def _several(counts: Bool[np.ndarray, "subject session trial"]) -> Bool[np.ndarray, " subject"]:
    """Who has more sessions than one."""
    return counts.any(axis=2).sum(axis=1) > 1


def _blocks(num_trials: int, num_folds: int) -> Int[np.ndarray, " trial"]:
    if num_trials < num_folds:
        raise UserError(
            f"`num_folds` must be no more than a session has trials, got {num_folds} where one has {num_trials}. "
            "Ask for fewer, or drop who has so few."
        )
    return np.arange(num_trials) * num_folds // num_trials


def _word(num: int) -> str:
    words = {2: "Two", 3: "Three", 4: "Four", 5: "Five", 10: "Ten"}
    return words.get(num, f"{num:,}")
