"""Fits of a whole population: every subject's parameters come from a group's distribution, found with them by
expectation and maximisation."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from prefrontal.agents.two_step import Parameter
from prefrontal.analysis.population import positive
from prefrontal.configs.models import KnownTask, TwoStepForm
from prefrontal.errors import UserError, check_seed
from prefrontal.fitting.choices import Batch, Unit, batch_of, digest
from prefrontal.fitting.fit import Fit, draw_candidates, known_task, parameters_to_fit, told_subjects
from prefrontal.fitting.group_draws import Integrated
from prefrontal.fitting.group_search import Found, GroupSearch, spread_of_deviations
from prefrontal.fitting.search import double_precision

METHOD = "em"
NUM_CANDIDATES = 60
"""Points tried for each subject before the first round, of which the most probable is the first start."""


@dataclass(frozen=True)
class GroupFit(Fit):
    """A model fitted to a population. Made by `fit_group`.

    Example:
        >>> fit = pf.fit_group(table, "win-stay-lose-shift")
        >>> fit.group.columns.tolist()
        ['median', 'low', 'high', 'mean', 'error', 'sd']
    """

    group: pd.DataFrame
    """A row a parameter. In its own unit: median, the value of the group's median subject, with its 95 % interval, low
    to high. In unbounded units: mean over the population, with its standard error, and sd, the deviation."""
    integrated_bic: float
    """-2 Σ log_evidence + k log n, with k the group's parameters (a mean and a deviation each) and n all choices."""
    num_rounds: int
    settled: bool
    """Whether the estimation came to its end."""

    def __repr__(self) -> str:
        shown = self.group[["median", "low", "high", "sd"]].map("{:.3g}".format).to_string()
        end = f"in {self.num_rounds} rounds" if self.settled else f"NOT settled after {self.num_rounds} rounds"
        return (
            f"{self.model} fitted by {self.method} {end}: {told_subjects(self.table)}, integrated BIC "
            f"{self.integrated_bic:,.1f}\n{shown}\n.table has a row for each."
        )


def fit_group(
    table: pd.DataFrame,
    name: str,
    *,
    by: Unit = "subject",
    task: KnownTask | TwoStepForm | None = None,
    fixed: Mapping[str, float] | None = None,
    seed: int = 0,
) -> GroupFit:
    r"""Fit the cognitive model `name` to a population by expectation and maximisation.

    With u_ik the unbounded parameter k of subject i (see `Parameter`), u_ik ~ Normal(μ_k, σ_k). Rounds find every
    subject's most probable u, given the group, and Laplace's approximation of its posterior there, and then the group's
    mean and deviation, given those (see `prefrontal.analysis.population`). From there, each subject's likelihood is
    integrated over the group by importance sampling, and the group is moved to its most probable μ and log σ: Laplace's
    approximation alone leaves means off by up to half a deviation. They have the weak priors of `fit_hierarchy`:
    without them, the most probable σ of few subjects is often zero. The errors of the means are from the curvature in
    both. Of all together, with n the choices (of both stages) of all subjects,

        integrated BIC = -2 Σ_i log ∫ P(choices_i | u) Normal(u; μ, σ) du + 2 K log n

    Arguments:
        table: a trial table (see `prefrontal.trials.table`).
        name: a model of `prefrontal.agents.two_step.LIBRARY`.
        by: whether each "subject" or each "session" of a subject has parameters of its own.
        task: what the model knows of the task, or the config of one. None: the usual for such tables.
        fixed: parameters to hold at a value.
        seed: of the first starts, and of the draws that integrate.

    Returns:
        The group, `group`, and a row a subject, `table`, as of `fit_model`: se_* are of Laplace's approximation,
        log_prior is the group's density, and log_evidence the integrated likelihood.

    Raises:
        UserError: when there are fewer than three subjects, or an argument is not a valid one.

    References:
        Huys, Cools, Gölzer, Friedel, Heinz, Dolan, Dayan (2011), PLoS Comput Biol 7:e1002028.

    Example:
        >>> fit = pf.fit_group(table, "win-stay-lose-shift")
        >>> fit.parameters, len(fit.table), fit.settled
        (('stay', 'shift'), 6, True)
    """
    check_seed("seed", seed)
    batch = batch_of(table, by=by)
    if len(batch.units) < 3:
        raise UserError(
            f"`table` must hold three subjects or more for a group to be told, got {len(batch.units)}. Fit each on its "
            'own: method="map".'
        )
    known = known_task(batch, task)
    fixed = dict(fixed or {})
    with double_precision():
        model, parameters = parameters_to_fit(name, known, fixed)
        search = GroupSearch(model, parameters, batch)
        candidates = draw_candidates(parameters, NUM_CANDIDATES, seed)
        found = search.population(candidates, name, seed, spread_of_sd=spread_of_deviations(name))
        table = _tabulated(batch, parameters, found)
        group = _group(parameters, found.group)
    num = int(batch.num_choices.sum())
    bic = float(-2 * found.group.log_evidence.sum() + 2 * len(parameters) * np.log(num))
    return GroupFit(
        model=name,
        method=METHOD,
        task=known,
        parameters=tuple(parameters),
        fixed=fixed,
        table=table,
        group=group,
        integrated_bic=bic,
        num_rounds=found.num_rounds,
        settled=found.group.settled,
        choices=digest(batch.choices),
    )


def _tabulated(batch: Batch, parameters: dict[str, Parameter], found: Found) -> pd.DataFrame:
    mean, sd, modes = found.group.mean, found.group.sd, found.modes
    log_group = -0.5 * (((modes.u - mean) / sd) ** 2).sum(-1) - np.log(sd * np.sqrt(2 * np.pi)).sum()
    precision = np.diag(sd**-2.0)
    spread = np.linalg.inv(positive(modes.information) + precision)
    errors = np.sqrt(np.diagonal(spread, axis1=1, axis2=2))
    columns: dict[str, Any] = {}
    for place, (name, parameter) in enumerate(parameters.items()):
        u = jnp.asarray(modes.u[:, place])
        columns[name] = np.asarray(parameter.constrain(u))
        columns[f"se_{name}"] = np.abs(np.asarray(jax.vmap(jax.grad(parameter.constrain))(u))) * errors[:, place]
    likelihood, num = np.asarray(modes.log_likelihood), batch.num_choices
    return batch.units.assign(
        **columns,
        log_likelihood=likelihood,
        log_prior=log_group,
        log_evidence=found.group.log_evidence,
        num_choices=num,
        num_parameters=len(parameters),
        aic=2 * len(parameters) - 2 * likelihood,
        bic=len(parameters) * np.log(num) - 2 * likelihood,
        converged=np.asarray(modes.ended),
    )


def _group(parameters: dict[str, Parameter], found: Integrated) -> pd.DataFrame:
    rows = {}
    for place, (name, parameter) in enumerate(parameters.items()):
        mean, error = found.mean[place], found.error[place]
        median, low, high = np.asarray(parameter.constrain(jnp.asarray(mean + 1.96 * error * np.array([0, -1, 1]))))
        rows[name] = {"median": median, "low": low, "high": high, "mean": mean, "error": error, "sd": found.sd[place]}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("parameter")
