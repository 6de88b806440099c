"""Choices as arrays: a trial table, padded to one length, with masks for what is padding or was missed."""

from dataclasses import dataclass
from typing import Literal

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jaxtyping import Array, Bool, Float, Int

from prefrontal.trials.overview import with_trials

Unit = Literal["subject", "session"]


class Choices(eqx.Module):
    """What was done and met, trial by trial; leaves lead with *axes, for instance (subject, session, trial)."""

    choice: Int[Array, "*axes"]
    state: Int[Array, "*axes"]
    second_choice: Int[Array, "*axes"]
    reward: Float[Array, "*axes"]
    counts: Bool[Array, "*axes"]
    """Whether this was a trial to predict and to learn from: not missed, and no padding."""
    scored: Bool[Array, "*axes"] | None = None
    """Which of them to predict, where some are only to be learned from: held out, say. None: all."""


@dataclass(frozen=True)
class Batch:
    """The choices of all subjects, each with parameters of its own."""

    units: pd.DataFrame
    """Whose choices they are, a row each: column subject, and session where each visit has its own parameters."""
    choices: Choices
    """Leaves (subject, session, trial)."""
    second_choices: bool
    """Whether the second stage had options to choose from."""

    @property
    def num_choices(self) -> Int[np.ndarray, " subject"]:
        """Choices to predict, of both stages."""
        return np.asarray(self.choices.counts).sum((1, 2)) * (2 if self.second_choices else 1)


def batch_of(table: pd.DataFrame, *, by: Unit = "subject") -> Batch:
    """The choices in `table`.

    Arguments:
        table: a trial table (see `prefrontal.trials.table`); with `choice2`, the second-stage choices, where there are
            any.
        by: what has parameters of its own: each "subject", or each "session" of each subject, for instance two visits
            of a person. Either way a model starts every session from its initial beliefs.

    Subjects (or sessions) who missed every trial are left out, and a warning names them.

    Raises:
        UserError: when `table` is not a trial table or has no trial that counts.
    """
    table = with_trials(table, by=by)
    missed = table["missed"].to_numpy() if "missed" in table else np.zeros(len(table), bool)
    second_choices = "choice2" in table
    second = table["choice2"].to_numpy() if second_choices else np.zeros(len(table), np.int8)

    names = ["subject"] if by == "subject" else ["subject", "session"]
    unit = table.groupby(names, sort=False).ngroup().to_numpy()
    session = table.groupby(["subject", "session"], sort=False).ngroup().to_numpy()
    starts = np.flatnonzero(np.diff(session, prepend=-1))
    first_session = np.full(unit.max() + 1, len(table))
    np.minimum.at(first_session, unit[starts], session[starts])
    within = session - first_session[unit]
    place = np.arange(len(table)) - starts[session]
    shape = (unit.max() + 1, within.max() + 1, place.max() + 1)

    def padded(values: np.ndarray, dtype: type) -> Array:
        array = np.zeros(shape, dtype)
        array[unit, within, place] = values
        return jnp.asarray(array)

    choices = Choices(
        choice=padded(table["choice"].to_numpy(), np.int32),
        state=padded(table["state"].to_numpy(), np.int32),
        second_choice=padded(second, np.int32),
        reward=padded(table["reward"].to_numpy(), np.float32),
        counts=padded(~missed, np.bool_),
    )
    units = pd.DataFrame(table[names]).drop_duplicates().reset_index(drop=True)
    return Batch(units=units, choices=choices, second_choices=second_choices)
