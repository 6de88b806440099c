"""Choices as arrays: a trial table, padded to one length, with masks for what is padding or was missed."""

import hashlib
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jaxtyping import Array, Bool, Float, Int

from prefrontal.trials.numbers import groups
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

    place = places(table, by=by)
    shape = tuple(leaf.max() + 1 for leaf in place)

    def padded(values: np.ndarray, dtype: type) -> Array:
        array = np.zeros(shape, dtype)
        array[place] = values
        return jnp.asarray(array)

    choices = Choices(
        choice=padded(table["choice"].to_numpy(), np.int32),
        state=padded(table["state"].to_numpy(), np.int32),
        second_choice=padded(second, np.int32),
        reward=padded(table["reward"].to_numpy(), np.float32),
        counts=padded(~missed, np.bool_),
    )
    names = ["subject"] if by == "subject" else ["subject", "session"]
    units = pd.DataFrame(table[names]).drop_duplicates().reset_index(drop=True)
    return Batch(units=units, choices=choices, second_choices=second_choices)


def digest(choices: Any) -> str:
    """A short name of `choices`, or pulls, and of no others."""
    found = hashlib.sha256()
    for leaf in map(np.asarray, jax.tree.leaves(choices)):
        found.update(f"{leaf.shape}{leaf.dtype}".encode() + leaf.tobytes())
    return found.hexdigest()


class Places(NamedTuple):
    """Where each row of a table stands in arrays of it, leaves (subject, session, trial)."""

    unit: Int[np.ndarray, " row"]
    """The subject, or session of a subject, as they come first."""
    session: Int[np.ndarray, " row"]
    """The session among those of the unit, as they come first."""
    trial: Int[np.ndarray, " row"]
    """The place in the session."""


def places(table: pd.DataFrame, *, by: Unit = "subject", session: str = "session") -> Places:
    """Where the rows of a table stand in arrays of it.

    Arguments:
        table: a row a trial.
        by: see `batch_of`.
        session: what its column of sessions is called.
    """
    person, _ = pd.factorize(table["subject"])
    visit = groups(person, pd.factorize(table[session])[0])
    unit = person if by == "subject" else visit
    owner = pd.Series(unit[np.unique(visit, return_index=True)[1]])
    within = owner.groupby(owner).cumcount().to_numpy()
    return Places(unit, within[visit], pd.Series(visit).groupby(visit).cumcount().to_numpy())
