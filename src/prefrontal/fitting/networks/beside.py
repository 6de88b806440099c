"""Cognitive models beside networks: fitted and scored under the same folds."""

from collections.abc import Mapping, Sequence
from typing import Any

import equinox as eqx
import jax
import numpy as np
import pandas as pd
from jaxtyping import Array, Bool, Float

from prefrontal.agents.two_step import AbstractTwoStepModel, Parameter, with_values
from prefrontal.configs.models import FORGETTING, KnownTask, TwoStepForm
from prefrontal.errors import UserError, check_count, check_seed
from prefrontal.fitting.choices import Batch, Choices, Unit, batch_of
from prefrontal.fitting.fit import draw_candidates, held_of, known_task, parameters_to_fit
from prefrontal.fitting.folds import Folds, Over, make_folds
from prefrontal.fitting.likelihood import trial_log_likelihoods
from prefrontal.fitting.networks.nested import NUM_OUTER
from prefrontal.fitting.networks.scoring import held_out_table
from prefrontal.fitting.pulls import are_pulls, pulls_of
from prefrontal.fitting.restless import held_out_likelihoods
from prefrontal.fitting.search import CANDIDATES, LANES, by_blocks, constrained, double_precision, search
from prefrontal.progress import progress

NUM_STARTS = 6


def score_models(
    table: pd.DataFrame,
    names: str | Sequence[str],
    *,
    by: Unit = "subject",
    task: KnownTask | TwoStepForm | None = None,
    fixed: Mapping[str, float] | None = None,
    over: Over = "sessions",
    num_outer: int = NUM_OUTER,
    num_starts: int = NUM_STARTS,
    seed: int = 0,
) -> pd.DataFrame:
    """Fit cognitive models to all but each outer fold by map, and score them on it: the folds are those of
    `fit_networks`. A model learns from the outcomes of held-out trials; its parameters are found without their choices.
    Over people, all have the same parameters, and the held-out people's choices are predicted with those of the others.

    Arguments:
        table: a trial table (see `prefrontal.trials.table`); or one of pulls (see `read_mindrl`).
        names: models of `prefrontal.agents.two_step.LIBRARY`, one or several; of pulls there is one, "forgetting" (see
            `score_restless`).
        by: whether each "subject" or each "session" of a subject has parameters of its own.
        task: what the models know of the task; see `fit_model`.
        fixed: parameters to hold at a value, in each of the models that has them; see `fit_model`.
        over: what folds hold out, as of `fit_networks`: "sessions", of those who have one blocks of trials; or
            "people".
        num_outer: folds.
        num_starts: searches of each subject and fold.
        seed: of the starts.

    Returns:
        A row a model, subject (session) and fold, with the columns of `NetworkFit.table` that models have, too: model,
        subject, fold, log_likelihood of the held-out choices (nats), num_choices, nats (a choice) and
        normalised_likelihood.

    Raises:
        UserError: when there is no such model, something fixed is a parameter of none, or the table is no trial table.

    Example:
        >>> pf.score_models(table, "win-stay-lose-shift", num_outer=2, num_starts=2)["fold"].tolist()[:2]
        [0, 1]
    """
    names = [names] if isinstance(names, str) else list(names)
    if not names:
        raise UserError("`names` must hold a model or more, got none. Name one, such as hybrid.")
    check_count("num_starts", num_starts)
    check_seed("seed", seed)
    if are_pulls(table):
        if fixed:
            raise UserError(f"`fixed` must be left out where pulls are scored, got {', '.join(fixed)}. Leave it out.")
        return _score_pulls(table, names, over, num_outer, seed)
    batch = batch_of(table, by=by)
    known = known_task(batch, task)
    folds = make_folds(batch, over=over, num_folds=num_outer, seed=seed)
    found = _likelihoods if over == "sessions" else _likelihoods_of_people
    rows = []
    with double_precision():
        made = {name: parameters_to_fit(name, known, held) for name, held in held_of(names, known, fixed or {}).items()}
        for name, (model, parameters) in made.items():
            likelihood = found(name, model, parameters, batch, folds, num_starts, seed)
            rows.append(held_out_table(batch, folds, likelihood).assign(model=name))
    return pd.concat(rows, ignore_index=True).drop(columns="place")


def _score_pulls(table: pd.DataFrame, names: list[str], over: Over, num_outer: int, seed: int) -> pd.DataFrame:
    if names != [FORGETTING]:
        raise UserError(f"`names` must be {FORGETTING} where pulls are scored, got {', '.join(names)}.")
    batch = pulls_of(table)
    folds = make_folds(batch, over=over, num_folds=num_outer, seed=seed)
    rows = held_out_table(batch, folds, held_out_likelihoods(batch, folds)).assign(model=FORGETTING)
    return rows.drop(columns="place")


def _likelihoods(
    name: str,
    model: AbstractTwoStepModel,
    parameters: dict[str, Parameter],
    batch: Batch,
    folds: Folds,
    num_starts: int,
    seed: int,
) -> Float[np.ndarray, "subject fold session trial"]:
    """Of every trial, with the subject's parameters that were found without each fold."""
    num_people, num_folds = len(batch.units), folds.num
    people = np.repeat(np.arange(num_people), num_folds)
    fitted = np.stack([folds.fitted(fold) for fold in range(num_folds)], axis=1)
    again = jax.tree.map(lambda leaf: np.asarray(leaf)[people], batch.choices)
    scored = fitted.reshape(-1, *fitted.shape[2:])
    u = _found(name, model, parameters, again, scored, num_starts, seed)
    given = tuple(parameters.items())
    likelihood = by_blocks(lambda pair: _replay(model, given, *pair), (u, again), num_lanes=again.choice.shape[1])
    return likelihood.reshape(num_people, num_folds, *likelihood.shape[1:])


def _likelihoods_of_people(
    name: str,
    model: AbstractTwoStepModel,
    parameters: dict[str, Parameter],
    batch: Batch,
    folds: Folds,
    num_starts: int,
    seed: int,
) -> Float[np.ndarray, "subject fold session trial"]:
    """Of every trial, with the parameters of all whom each fold does not hold out."""
    shape = batch.choices.choice.shape
    together = jax.tree.map(
        lambda leaf: np.broadcast_to(np.reshape(leaf, (-1, shape[2])), (folds.num, shape[0] * shape[1], shape[2])),
        batch.choices,
    )
    scored = np.stack([folds.fitted(fold).reshape(-1, shape[2]) for fold in range(folds.num)])
    u = _found(name, model, parameters, together, scored, num_starts, seed)
    given = tuple(parameters.items())
    likelihood = by_blocks(lambda pair: _replay(model, given, *pair), (u, together), num_lanes=LANES)
    return np.moveaxis(likelihood.reshape(folds.num, *shape), 0, 1)


def _found(
    name: str,
    model: AbstractTwoStepModel,
    parameters: dict[str, Parameter],
    choices: Choices,
    scored: Bool[np.ndarray, "fit session trial"],
    num_starts: int,
    seed: int,
) -> Float[np.ndarray, "fit parameter"]:
    """The unbounded parameters that make the `scored` of the choices, leaves (fit, session, trial), most probable."""
    units = pd.DataFrame(index=range(len(scored)))
    without = Batch(units, eqx.tree_at(lambda c: c.scored, choices, scored, is_leaf=_is_none), model.second_options > 1)
    candidates = draw_candidates(parameters, CANDIDATES * num_starts, seed)
    with progress(f"Fitting {name}, without each fold", len(units)) as tell:
        found = search(
            model, parameters, without, candidates, num_starts=num_starts, use_prior=True, curved=False, told=tell
        )
    return np.asarray(found.u)


def _is_none(leaf: Any) -> bool:
    return leaf is None


@eqx.filter_jit
def _replay(
    model: AbstractTwoStepModel,
    parameters: tuple[tuple[str, Parameter], ...],
    u: Float[Array, "subject parameter"],
    choices: Choices,
) -> Float[Array, "subject session trial"]:
    def one(u: Float[Array, " parameter"], sessions: Choices) -> Float[Array, "session trial"]:
        own = with_values(model, [name for name, _ in parameters], constrained(dict(parameters), u))
        return jax.vmap(trial_log_likelihoods, (None, 0))(own, sessions)

    return jax.vmap(one)(u, choices)
