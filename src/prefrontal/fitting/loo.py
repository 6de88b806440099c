"""How well a hierarchical fit predicts each trial without it: leave-one-out by Pareto-smoothed importance sampling."""

from typing import Any

import equinox as eqx
import jax
import numpy as np
import pandas as pd
from jaxtyping import Array, Float

from prefrontal.agents.two_step import AbstractTwoStepModel, with_values
from prefrontal.errors import UserError
from prefrontal.fitting.choices import Batch, Choices, batch_of
from prefrontal.fitting.fit import parameters_to_fit
from prefrontal.fitting.hierarchical import Posterior, import_optional, is_arviz_1
from prefrontal.fitting.likelihood import trial_log_likelihoods
from prefrontal.fitting.search import LANES, by_blocks, double_precision

NUM_DRAWS = 1000
"""Draws that are used, evenly out of all."""
CHUNK = 20
"""Subjects whose trials are in memory at once."""
MOST_K = 0.7
"""With a larger shape of its weights' tail, a trial's estimate is not to be relied on (Vehtari et al. 2024)."""


def leave_one_out(table: pd.DataFrame, posterior: Posterior) -> pd.DataFrame:
    """The log-likelihood of each trial's choices given all other trials, by the draws of a hierarchical fit.

    A trial is one observation, with the choices of both its stages: its outcome is learned from all the same, as in
    cross-validation (`score_models`). A subject as one observation would not do: its parameters hang on it alone.

    Arguments:
        table: the trial table that was fitted.
        posterior: of `fit_hierarchy`.

    Returns:
        A row a subject (or session), with the columns of `score_models` but for folds: model; subject (session);
        log_likelihood, the sum of its trials', nats; num_choices; nats, a choice; and p_loo, the effective number of
        parameters; num_unreliable, trials whose estimate is not to be relied on. `compare_held_out` compares models.

    Raises:
        UserError: when the table is not the one that was fitted.

    References:
        Vehtari, Gelman, Gabry (2017), Stat Comput 27:1413.
        Vehtari, Simpson, Gelman, Yao, Gabry (2024), J Mach Learn Res 25:72 (the smoothing, and its check).

    Example:
        >>> posterior = pf.fit_hierarchy(table, "biased-random", num_warmup=5, num_samples=5, num_chains=2)
        >>> pf.leave_one_out(table, posterior)["num_choices"].sum() == len(table)
        np.True_
    """
    batch = batch_of(table, by="session" if "session" in posterior.units else "subject")
    if not batch.units.astype(str).equals(posterior.units.astype(str)):
        raise UserError(
            f"`table` must be the one that was fitted, got {len(batch.units)} subjects or sessions where "
            f"{len(posterior.units)} were, or others. Give the table that the fit is of."
        )
    draws = np.stack([posterior.inference.posterior[name].to_numpy() for name in posterior.parameters], axis=-1)
    draws = draws.reshape(-1, *draws.shape[2:])
    kept = np.linspace(0, len(draws) - 1, min(NUM_DRAWS, len(draws))).round().astype(int)
    values = np.moveaxis(draws[kept], 0, 1)
    sampled = posterior.inference.log_likelihood["choices"].to_numpy().reshape(len(draws), -1)[kept].T
    with double_precision():
        model, _ = parameters_to_fit(posterior.model, posterior.task, posterior.fixed)
        rows = [
            row
            for first in range(0, len(values), CHUNK)
            for row in _of_some(model, posterior.parameters, batch, values, sampled, slice(first, first + CHUNK))
        ]
    found = batch.units.assign(model=posterior.model, **pd.DataFrame(rows), num_choices=batch.num_choices)
    return found.assign(nats=found["log_likelihood"] / found["num_choices"])


def _of_some(
    model: AbstractTwoStepModel,
    names: tuple[str, ...],
    batch: Batch,
    values: Float[np.ndarray, "subject draw parameter"],
    sampled: Float[np.ndarray, "subject draw"],
    some: slice,
) -> list[dict[str, float]]:
    choices = jax.tree.map(lambda leaf: np.asarray(leaf)[some], batch.choices)
    given = values[some]
    likelihood = by_blocks(
        lambda pair: _trials(model, names, *pair), (given, choices), num_lanes=min(LANES, given.shape[1])
    )
    if not np.allclose(likelihood.sum((2, 3)), sampled[some], rtol=1e-5, atol=1e-3):
        raise UserError(
            "`table` must be the one that was fitted, got other choices or rewards of the same subjects. Give the "
            "table that the fit is of."
        )
    return [_smoothed(own[:, counts]) for own, counts in zip(likelihood, np.asarray(choices.counts), strict=True)]


def _smoothed(likelihood: Float[np.ndarray, "draw trial"]) -> dict[str, float]:
    arviz: Any = import_optional("arviz")
    groups = {"posterior": {"draw_number": np.arange(len(likelihood))[None]}, "log_likelihood": {"x": likelihood[None]}}
    one = is_arviz_1(arviz)
    found = arviz.loo(arviz.from_dict(groups) if one else arviz.from_dict(**groups), pointwise=True, reff=1.0)
    elpd = np.asarray(found.elpd_i if one else found.loo_i).ravel()
    whole = np.logaddexp.reduce(likelihood, axis=0) - np.log(len(likelihood))
    return {
        "log_likelihood": float(elpd.sum()),
        "p_loo": float((whole - elpd).sum()),
        "num_unreliable": int((np.asarray(found.pareto_k) > MOST_K).sum()),
    }


@eqx.filter_jit
def _trials(
    model: AbstractTwoStepModel,
    names: tuple[str, ...],
    values: Float[Array, "subject draw parameter"],
    choices: Choices,
) -> Float[Array, "subject draw session trial"]:
    def of_draw(values: Float[Array, " parameter"], sessions: Choices) -> Float[Array, "session trial"]:
        return jax.vmap(trial_log_likelihoods, (None, 0))(with_values(model, list(names), list(values)), sessions)

    return jax.vmap(jax.vmap(of_draw, (0, None)))(values, choices)
