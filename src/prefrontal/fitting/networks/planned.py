"""What is to be fitted and scored on choices held out: all that can be refused of it is, before anything is fitted."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from prefrontal.errors import UserError
from prefrontal.fitting.choices import Unit
from prefrontal.fitting.folds import Folds, Over, make_folds, usual_num_folds
from prefrontal.fitting.networks.fitted import Sharing
from prefrontal.fitting.networks.naming import is_network, network_kind
from prefrontal.fitting.networks.nested import NUM_OUTER
from prefrontal.fitting.pulls import choices_of


@dataclass(frozen=True)
class HeldOut:
    """What is held out, and who is scored on it. Made by `plan_held_out`."""

    networks: tuple[str, ...]
    """By name, without the teacher."""
    models: tuple[str, ...]
    teacher: str | None
    """A network that is fitted to all subjects together, whose choice probabilities the `networks` learn."""
    by: Unit
    over: Over
    sharing: Sharing | None
    num_folds: int
    """That were asked for: where everybody has fewer sessions, there are fewer."""
    folds: Folds
    seed: int
    told: str
    """Why there are fewer folds than usual, in a sentence; nothing where there are not, or somebody said how many."""


def plan_held_out(
    table: pd.DataFrame,
    networks: Sequence[str],
    models: Sequence[str] = (),
    *,
    by: Unit = "subject",
    over: Over = "sessions",
    sharing: Sharing | None = None,
    teacher: str | None = None,
    num_folds: int | None = None,
    seed: int = 0,
) -> HeldOut:
    """Check what is to be fitted and scored on held-out choices, and deal these out to folds.

    Arguments:
        table: a trial table, or one of pulls.
        networks: by name, such as "gru-2".
        models: cognitive models.
        by, over, sharing, seed: as of `fit_networks` and `score_models`.
        teacher: a network by name.
        num_folds: how many. None: ten, or as many as there can be; see `usual_num_folds`.

    Raises:
        UserError: when there is no such network, or the options do not go together or with the table.
    """
    students = tuple(name for name in dict.fromkeys(networks) if name != teacher)
    for name in (*students, *([teacher] if teacher else [])):
        if name != teacher or is_network(name):
            network_kind(name)
    if teacher and not (students and is_network(teacher)):
        raise UserError(
            f"`teacher` must be a network that others among the models learn from, got {teacher}. Give, say, "
            "--models gru-2 --teacher gru-20"
        )
    if sharing and not students:
        raise UserError(f"`sharing` must go with networks, got {sharing} without any. Leave it out, or name a network.")
    if teacher and over == "people":
        raise UserError(
            f"`teacher` must be left out where people are held out, got {teacher}: nobody has a network of their own "
            "to be taught. Leave it out, or hold out sessions."
        )
    if teacher and sharing not in (None, "alone"):
        raise UserError(
            f"`sharing` must be alone where a network teaches others, got {sharing}: each subject's is taught. "
            "Leave it out."
        )
    if over == "people" and sharing not in (None, "one"):
        raise UserError(
            f"`sharing` must be one where people are held out, got {sharing}: nobody has a network of their own. Leave "
            "it out."
        )
    batch = choices_of(table, by=by)
    if over == "people" and len(set(batch.units["subject"])) == 1:
        raise UserError("`held_out` must be sessions where there is one subject, got people. Hold out sessions.")
    usual = usual_num_folds(batch, over, NUM_OUTER)
    folds = make_folds(batch, over=over, num_folds=usual if num_folds is None else num_folds, seed=seed)
    told = ""
    if num_folds is None and usual < NUM_OUTER:
        of = "there are subjects" if over == "people" else "the shortest session that is cut into parts has trials"
        told = f"Folds: {usual}, as many as {of}."
    asked = usual if num_folds is None else num_folds
    return HeldOut(students, tuple(models), teacher, by, over, sharing, asked, folds, seed, told)
