"""Fits of a cognitive model to everybody's choices, one set of parameters each."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jaxtyping import Bool, Float

from prefrontal.agents.two_step import AbstractTwoStepModel, Parameter, find_model
from prefrontal.configs.models import KnownTask, TwoStepForm, known_of
from prefrontal.errors import UserError, check_choice, check_count, check_seed, counted
from prefrontal.fitting.choices import Batch, Unit, batch_of, digest
from prefrontal.fitting.search import CANDIDATES, Found, double_precision, search
from prefrontal.progress import progress

Method = Literal["mle", "map"]
STARTS = int.from_bytes(b"starts")
"""Tells the random numbers of the search's starts from all others of the same seed. A simulation draws its subjects'
parameters from `default_rng(seed)`, and a search that began with the same draws would be told the answer."""
NUM_STARTS = 20
"""Searches a subject."""
BOUND = 1e-4
"""A parameter so near a bound, as a share of its range, counts as being there."""


@dataclass(frozen=True)
class Fit:
    """A model fitted to every subject on its own.

    Example:
        >>> fit = pf.fit_model(table, "win-stay-lose-shift", num_starts=2)
        >>> fit.parameters, len(fit.table)
        (('stay', 'shift'), 6)
    """

    model: str
    method: str
    """By "mle", maximum likelihood, or "map", maximum a posteriori."""
    task: KnownTask
    """What was taken as given."""
    parameters: tuple[str, ...]
    """The free parameters."""
    fixed: Mapping[str, float]
    """Parameters held at a value."""
    table: pd.DataFrame
    """A row a subject (or a subject's session): subject; session, where each has its own parameters; every parameter
    and its standard error, "se_" and the name (NaN at a bound, and given those there for the others); log_likelihood;
    log_prior; num_choices; num_parameters; aic; bic; converged; num_agreeing, the starts that led to the same end."""
    choices: str = field(default="", kw_only=True)
    """What it was fitted to: a digest, the same for the same choices; empty where nobody knows."""

    def __repr__(self) -> str:
        fixed = "".join(f", {name} fixed at {value:g}" for name, value in self.fixed.items())
        sums = f"log-likelihood {self.table['log_likelihood'].sum():,.1f}, BIC {self.table['bic'].sum():,.1f}"
        return (
            f"{self.model} fitted by {self.method}{fixed}: {told_subjects(self.table)}, {sums}\n"
            f"{told_parameters(self.table, self.parameters)}\n.table has a row for each."
        )


def told_subjects(table: pd.DataFrame) -> str:
    """How many subjects, or sessions of theirs, a table of estimates is of."""
    return counted(len(table), "session" if "session" in table else "subject")


def told_parameters(table: pd.DataFrame, parameters: Sequence[str]) -> str:
    """A row a parameter: how its estimates are spread over subjects."""
    summary = table[list(parameters)].agg(["median", "mean", "std", "min", "max"]).T
    return summary.to_string(float_format=lambda value: f"{value:.3g}", na_rep="")


def fit_model(
    table: pd.DataFrame,
    name: str,
    *,
    method: Method = "map",
    by: Unit = "subject",
    task: KnownTask | TwoStepForm | None = None,
    fixed: Mapping[str, float] | None = None,
    num_starts: int = NUM_STARTS,
    seed: int = 0,
    told: Callable[[int], None] | None = None,
) -> Fit:
    r"""Fit the cognitive model `name` to each subject of a trial table.

    It maximises log P(choices | θ), "mle", or log P(choices | θ) + log P(θ), "map", over the θ in their ranges, by BFGS
    on exact gradients from `num_starts` draws of the prior, half of them the best of many, in double precision.
    Standard errors: roots of the diagonal of the inverse Hessian of the negative of that. With k free parameters and n
    choices (of both stages):

        AIC = 2 k - 2 log P(choices | θ),     BIC = k log n - 2 log P(choices | θ)

    Arguments:
        table: a trial table (see `prefrontal.trials.table`); with `choice2`, models predict the second-stage choices
            too.
        name: a model of `prefrontal.agents.two_step.LIBRARY`.
        method: "mle" or "map"; the priors are those of the model's parameters.
        by: whether each "subject" or each "session" of a subject has parameters of its own.
        task: what the models know of the task, or the config of one, such as `TwoStepConfig`, which tells. None: the
            usual for tables with or without second-stage choices.
        fixed: parameters to hold at a value.
        num_starts: searches a subject.
        seed: of the starts.
        told: called with the number of subjects done since the last call. None: progress is shown, unless
            `prefrontal.quietly` silences it.

    Returns:
        The fit: its `table` has a row a subject, with every parameter, its error, log-likelihood, AIC and BIC.

    Raises:
        UserError: when the model, the method, a fixed parameter or the table is not a valid one.

    Example:
        >>> fit = pf.fit_model(table, "win-stay-lose-shift", num_starts=2)
        >>> [name for name in fit.table if name in fit.parameters]
        ['stay', 'shift']
    """
    check_choice("method", method, get_args(Method))
    check_count("num_starts", num_starts)
    check_seed("seed", seed)
    batch = batch_of(table, by=by)
    known = known_task(batch, task)
    fixed = dict(fixed or {})
    with double_precision():
        model, parameters = parameters_to_fit(name, known, fixed)
        candidates = draw_candidates(parameters, CANDIDATES * num_starts, seed)
        use_prior = method == "map"
        with progress(f"Fitting {name}", len(batch.units), told=told) as tell:
            found = search(model, parameters, batch, candidates, num_starts=num_starts, use_prior=use_prior, told=tell)
        estimates, errors = _natural(parameters, found)
    table = _tabulated(batch, parameters, found, estimates, errors)
    return Fit(name, method, known, tuple(parameters), fixed, table, choices=digest(batch.choices))


def parameters_to_fit(
    name: str, task: KnownTask, fixed: Mapping[str, float]
) -> tuple[AbstractTwoStepModel, dict[str, Parameter]]:
    """The model `name`, with what is `fixed` at its value, and its parameters that are left to fit.

    Raises:
        UserError: when there is no such model of such a task, a value is for none of its parameters or outside its
            range, or nothing is left.
    """
    cognitive = find_model(name)
    model, parameters = cognitive.model(task, fixed), cognitive.parameters(task, fixed)
    if not parameters:
        raise UserError(f"`fixed` must leave a parameter of {name} to fit, got all of them. Simulate it instead.")
    return model, parameters


def held_of(
    names: Iterable[str], task: KnownTask, fixed: Mapping[str, float], *, option: str = "fixed"
) -> dict[str, dict[str, float]]:
    """What of `fixed` each of the models `names` holds: it is fitted without what is none of its free parameters.

    Arguments:
        names: of models.
        task: what they know of it.
        fixed: parameters to hold at a value.
        option: what `fixed` is called in errors.

    Raises:
        UserError: when a model cannot be one of such a task, or something fixed is a parameter of none.
    """
    free = {name: find_model(name).parameters(task) for name in dict.fromkeys(names)}
    unused = sorted(set(fixed).difference(*free.values()))
    if unused and not free:
        raise UserError(
            f"`{option}` must go with a cognitive model, got {', '.join(unused)} and none: networks have no parameter "
            "to hold. Leave it out, or name a model."
        )
    if unused:
        every = dict.fromkeys(parameter for parameters in free.values() for parameter in parameters)
        raise UserError(
            f"`{option}` must name a free parameter of a model, got {', '.join(unused)}. There are: {', '.join(every)}."
        )
    return {name: {key: value for key, value in fixed.items() if key in free[name]} for name in free}


def known_task(batch: Batch, task: KnownTask | TwoStepForm | None) -> KnownTask:
    """`task`, what is to be known of it where it is the config of one, or the usual one for such choices.

    Raises:
        UserError: when it is none of these, or `task` and the choices differ on whether there are second-stage choices.
    """
    if task is None:
        return KnownTask(second_choices=batch.second_choices)
    if isinstance(task, TwoStepForm):
        task = known_of(task)
    if not isinstance(task, KnownTask):
        raise UserError(
            f"`task` must be a KnownTask or the config of a two-step task, got a {type(task).__name__}. Leave it out "
            "for what is usual."
        )
    if task.second_choices != batch.second_choices:
        has = "has" if batch.second_choices else "lacks"
        raise UserError(
            f"`second_choices` must be as in the table, got {task.second_choices} where the table {has} the column "
            "`choice2`. Change the one or the other."
        )
    return task


def draw_candidates(
    parameters: Mapping[str, Parameter], num: int, seed: int
) -> Float[np.ndarray, "candidate parameter"]:
    """Draws of the prior, unbounded; the same for every subject: whom else one fits makes no difference."""
    rng = np.random.default_rng([seed, STARTS])
    drawn = [parameter.draw(rng, num) for parameter in parameters.values()]
    unbounded = [np.asarray(p.unconstrain(draws)) for p, draws in zip(parameters.values(), drawn, strict=True)]
    return np.stack(unbounded, axis=-1)


def _natural(
    parameters: Mapping[str, Parameter], found: Found
) -> tuple[Float[np.ndarray, "subject parameter"], Float[np.ndarray, "subject parameter"]]:
    """Estimates and standard errors of θ. Where the objective's slope is zero, its curvature in θ is that in u but for
    the change of scale: the standard error is |dθ/du| times that of u."""
    columns = found.u.T
    values = [np.asarray(p.constrain(jnp.asarray(u))) for p, u in zip(parameters.values(), columns, strict=True)]
    slopes = [
        np.asarray(jax.vmap(jax.grad(p.constrain))(jnp.asarray(u)))
        for p, u in zip(parameters.values(), columns, strict=True)
    ]
    values, slopes = np.stack(values, axis=1), np.stack(slopes, axis=1)
    inside = ~_at_bound(values, list(parameters.values()))
    errors = [_errors(hessian, free) for hessian, free in zip(found.hessian, inside, strict=True)]
    return values, slopes * np.stack(errors)


def _errors(
    hessian: Float[np.ndarray, "parameter parameter"], inside: Bool[np.ndarray, " parameter"]
) -> Float[np.ndarray, " parameter"]:
    """Roots of the diagonal of the inverse Hessian of the parameters `inside` their ranges; NaN for the others, towards
    whose bound the objective is flat, and for all where the Hessian is not positive definite beyond rounding."""
    errors = np.full(len(inside), np.nan)
    part = hessian[np.ix_(inside, inside)]
    if part.size and np.isfinite(part).all():
        eigenvalues = np.linalg.eigvalsh(part)
        if eigenvalues.min() > len(part) * np.finfo(float).eps * eigenvalues.max():
            errors[inside] = np.sqrt(np.diagonal(np.linalg.inv(part)))
    return errors


def _at_bound(
    values: Float[np.ndarray, "subject parameter"], parameters: list[Parameter]
) -> Bool[np.ndarray, "subject parameter"]:
    low, high = (np.array([getattr(parameter, name) for parameter in parameters]) for name in ("low", "high"))
    margin = BOUND * np.where(np.isinf(high), 0.0, high - low)
    return (values <= low + margin) | (values >= high - margin)


def _tabulated(
    batch: Batch,
    parameters: Mapping[str, Parameter],
    found: Found,
    estimates: Float[np.ndarray, "subject parameter"],
    errors: Float[np.ndarray, "subject parameter"],
) -> pd.DataFrame:
    num_parameters, num_choices = len(parameters), batch.num_choices
    return batch.units.assign(
        **dict(zip(parameters, estimates.T, strict=True)),
        **{f"se_{name}": column for name, column in zip(parameters, errors.T, strict=True)},
        log_likelihood=found.log_likelihood,
        log_prior=found.log_prior,
        num_choices=num_choices,
        num_parameters=num_parameters,
        aic=2 * num_parameters - 2 * found.log_likelihood,
        bic=num_parameters * np.log(num_choices) - 2 * found.log_likelihood,
        converged=found.converged,
        num_agreeing=found.num_agreeing,
    )
