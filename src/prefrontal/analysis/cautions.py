"""Where an analysis of staying is known to mislead, and who showed it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from prefrontal.analysis.behaviour import stay_counts
from prefrontal.configs.two_step import TRIAL_KINDS
from prefrontal.trials.table import check_table

CONTRAST = 0.3
"""A better state that pays more often than the other by this much makes a caution. Akam et al. (2015) found model-free
agents to look model-based with .8 against .2, and not with the walks of the original task."""
SUM_FROM_ONE = 0.2
"""Reward probabilities of the two states whose sum is this far from one make a caution."""
FEW = 10
"""Fewer pairs of trials than this after a condition make a caution: one more or less is then over .1."""


@dataclass(frozen=True)
class Caution:
    """A reason to mistrust stay probabilities of a table."""

    name: str
    sentence: str
    source: str

    def __str__(self) -> str:
        return f"{self.sentence} {self.source}"


def cautions(table: pd.DataFrame) -> list[Caution]:
    """What about `table` is known to make stay probabilities mislead; nothing found is an empty list.

    Arguments:
        table: a trial table (see `prefrontal.trials.table`).

    Returns:
        What was found, each with a sentence and its source.

    Raises:
        UserError: when `table` is not a trial table.

    Example:
        >>> [caution.name for caution in pf.cautions(table)]
        ['contrast', 'few']
    """
    table = check_table(table)
    if "missed" in table:
        table = table.loc[~table["missed"].to_numpy()]
    found = (_contrast(table), _sum(table), _mapping(table), _few(table))
    return [caution for caution in found if caution is not None]


def _rates(table: pd.DataFrame) -> tuple[float, float] | None:
    """How often the better and the other state paid; None where it is not told or neither or one was visited.

    Without knowing which state was better, rates by state would be those of who chooses well, not of the task.
    """
    if "better_state" not in table:
        return None
    better = table["state"].to_numpy() == table["better_state"].to_numpy()
    if better.all() or not better.any():
        return None
    reward = table["reward"].to_numpy()
    return float(reward[better].mean()), float(reward[~better].mean())


def _contrast(table: pd.DataFrame) -> Caution | None:
    """A better state that stays the better one: the choice that was rewarded was probably right already."""
    rates = _rates(table)
    if rates is None or rates[0] - rates[1] < CONTRAST:
        return None
    return Caution(
        "contrast",
        f"The better state paid in {rates[0]:.0%} of trials, the other in {rates[1]:.0%}: a choice that was right "
        "already tends to be rewarded and repeated, so that a model-free agent, too, shows an interaction of reward "
        "and transition. Look at the one-back regression with `correct`, and at the multi-back one.",
        "Akam, Costa, Dayan (2015), PLoS Comput Biol 11:e1004648.",
    )


def _sum(table: pd.DataFrame) -> Caution | None:
    """States that do not pay one between them."""
    rates = _rates(table)
    if rates is None or abs(sum(rates) - 1) < SUM_FROM_ONE:
        return None
    return Caution(
        "sum",
        f"The reward probabilities of the two states sum to {sum(rates):.2f}, not to one: a model-based agent then "
        "shows a main effect of the transition beside the interaction.",
        "Feher da Silva, Hare (2018), PLoS ONE 13:e0195328.",
    )


def _mapping(table: pd.DataFrame) -> Caution | None:
    """Choices that do not lead to the same state throughout."""
    same = table["choice"].to_numpy() == table["state"].to_numpy()
    odd = same != table["common"].to_numpy()
    if not odd.any():
        return None
    return Caution(
        "mapping",
        f"In {int(odd.sum()):,} of {len(table):,} trials the common transition of a choice is not to the state that "
        "bears its number: choices are assigned to states afresh. To repeat a choice is then not to go for the same "
        "state, and what model-free and model-based agents do after a reward changes; simulate both on this task.",
        "Feher da Silva, Hare (2018), PLoS ONE 13:e0195328.",
    )


def _few(table: pd.DataFrame) -> Caution | None:
    """Conditions that hardly occurred."""
    pairs = stay_counts(table).xs("pairs", axis="columns", level="count")
    few = (pairs[list(TRIAL_KINDS)] < FEW).to_numpy()
    if not few.any():
        return None
    subjects = int(few.any(axis=1).sum())
    rarest = TRIAL_KINDS[int(np.argmax(few.sum(axis=0)))].replace("_", " ")
    return Caution(
        "few",
        f"{subjects:,} of {len(few):,} subjects have fewer than {FEW} pairs of trials after some condition (most often "
        f"{rarest}): their stay probabilities there are coarse, and their regressions may have to lean on a ridge. "
        "Trust the mixed-effects regression over means of subjects.",
        "Heinze, Schemper (2002), Stat Med 21:2409 (separation with few observations).",
    )
