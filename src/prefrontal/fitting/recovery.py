"""Recovery: whether a fit gives back the parameters, and a comparison the model, that made the choices."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from prefrontal.agents.two_step import find_model
from prefrontal.errors import UserError, check_choice, check_count, check_seed
from prefrontal.fitting.fit import Method, fit_model, parameters_to_fit
from prefrontal.fitting.simulation import TwoStepForm, draw_values, known_of, simulate
from prefrontal.progress import progress

LEAST_CORRELATION = 0.5
"""With a smaller correlation of true and fitted values, a parameter is not recovered: less than a quarter of how people
differ in what is fitted is how they differ."""
Draws = Literal["typical", "prior"]
Criterion = Literal["aic", "bic"]
Told = Callable[[int], None]


@dataclass(frozen=True)
class ParameterRecovery:
    """True and fitted parameters of simulated subjects."""

    model: str
    subjects: pd.DataFrame
    """A row a subject and parameter: subject, parameter, true, estimate, standard_error."""

    @property
    def summary(self) -> pd.DataFrame:
        """A row a parameter: Pearson's and Spearman's correlation of true and fitted values over subjects, the bias
        (mean error), the root mean square error, how often the true value lies within 1.96 standard errors, and whether
        it is recovered: whether Pearson's correlation is `LEAST_CORRELATION` or more; None where all subjects share
        one value."""
        rows = {}
        for name, part in self.subjects.groupby("parameter", sort=False):
            true, estimate = part["true"].to_numpy(), part["estimate"].to_numpy()
            error = estimate - true
            known = part["standard_error"].notna().to_numpy()
            covered = np.abs(error) <= 1.96 * part["standard_error"].to_numpy()
            correlation = _correlation(true, estimate)
            rows[name] = {
                "pearson": correlation,
                "spearman": _correlation(pd.Series(true).rank(), pd.Series(estimate).rank()),
                "bias": error.mean(),
                "rmse": np.sqrt((error**2).mean()),
                "coverage": covered[known].mean() if known.any() else np.nan,
                "num_with_error": int(known.sum()),
                "recovered": None if np.ptp(true) == 0 else bool(correlation >= LEAST_CORRELATION),
            }
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("parameter")


@dataclass(frozen=True)
class ModelRecovery:
    """Which model fits best the choices that each model made."""

    criterion: str
    subjects: pd.DataFrame
    """A row a simulated subject and fitted model: simulated, subject, fitted, log_likelihood, aic, bic."""

    @property
    def confusion(self) -> pd.DataFrame:
        """Share of subjects, a row a simulated and a column a fitted model, whom the criterion gives to that model."""
        models = list(dict.fromkeys(self.subjects["simulated"]))
        best = self.subjects.loc[self.subjects.groupby(["simulated", "subject"], sort=False)[self.criterion].idxmin()]
        shares = pd.crosstab(best["simulated"], best["fitted"], normalize="index")
        return shares.reindex(index=models, columns=models, fill_value=0.0)


def recover_parameters(
    name: str,
    config: TwoStepForm,
    *,
    num_subjects: int = 100,
    num_sessions: int = 1,
    values: Mapping[str, float] | None = None,
    fixed: Mapping[str, float] | None = None,
    draws: Draws = "typical",
    method: Method = "mle",
    num_starts: int = 20,
    seed: int = 0,
    told: Told | None = None,
) -> ParameterRecovery:
    """Simulate subjects of the model `name` and fit it to their choices.

    Arguments:
        name: the model.
        config: the task that they play, in as many trials as the study that is planned.
        num_subjects: simulated subjects.
        num_sessions: sessions of each.
        values: parameters that all of them share; they are fitted all the same. The others vary.
        fixed: parameters that all of them share, and that are held at this value in the fit.
        draws: what they vary over: their "typical" ranges, uniformly, or their "prior".
        method: of the fit.
        num_starts: of the fit.
        seed: of all that is random.
        told: called with the number of subjects fitted since the last call. None: progress is shown, unless
            `prefrontal.quietly` silences it.

    Returns:
        True and fitted values of every subject, and a `summary`, a row a parameter.

    Raises:
        UserError: when an argument is not a valid one; before anything is simulated.

    Example:
        >>> task = pf.TwoStepConfig(num_trials=60)
        >>> recovery = pf.recover_parameters("biased-random", task, num_subjects=6, method="map", num_starts=2)
        >>> recovery.summary.index.tolist()
        ['bias']
    """
    fixed = dict(fixed or {})
    _check([name], config, num_subjects, num_sessions, num_starts, seed, draws, method, fixed)
    rng, known = np.random.default_rng(seed), known_of(config)
    parameters = find_model(name).parameters(known, fixed)
    true = _true_values(name, config, dict(values or {}) | fixed, num_subjects, draws, rng)
    table = simulate(name, config, true, num_sessions=num_sessions, seed=seed)
    options: dict[str, Any] = {"method": method, "task": known, "num_starts": num_starts, "seed": seed}
    fit = fit_model(table, name, fixed=fixed, told=told, **options).table
    parts = [
        pd.DataFrame(
            {
                "subject": fit["subject"],
                "parameter": parameter,
                "true": true[parameter],
                "estimate": fit[parameter],
                "standard_error": fit[f"se_{parameter}"],
            }
        )
        for parameter in parameters
    ]
    return ParameterRecovery(name, pd.concat(parts, ignore_index=True))


def recover_models(
    names: Sequence[str],
    config: TwoStepForm,
    *,
    num_subjects: int = 50,
    num_sessions: int = 1,
    draws: Draws = "typical",
    method: Method = "mle",
    criterion: Criterion = "bic",
    num_starts: int = 20,
    seed: int = 0,
    told: Told | None = None,
) -> ModelRecovery:
    """Simulate subjects of each of the models `names` and fit all of them to everybody's choices; see
    `recover_parameters`.

    Arguments:
        names: two models or more, each once.
        config: the task that they play, in as many trials as the study that is planned.
        num_subjects: simulated subjects of each model.
        num_sessions: sessions of each.
        draws: what their parameters are drawn from: their "typical" ranges, uniformly, or their "prior".
        method: of the fits.
        criterion: "aic" or "bic", the lower of which is the better.
        num_starts: of each fit.
        seed: of all that is random.
        told: called with the number of subjects fitted since the last call, for each fitted model. None: progress is
            shown, unless `prefrontal.quietly` silences it.

    Returns:
        Whose subjects are given to whom: its `confusion` is a table, simulated by fitted.

    Raises:
        UserError: when there are fewer than two models, or one twice, or another argument is not a valid one; before
            anything is simulated.

    Example:
        >>> task = pf.TwoStepConfig(num_trials=60)
        >>> names = ("win-stay-lose-shift", "biased-random")
        >>> recovery = pf.recover_models(names, task, num_subjects=3, method="map", num_starts=2)
        >>> recovery.confusion.shape
        (2, 2)
    """
    if len(set(names)) < max(2, len(names)):
        raise UserError(f"`models` must be two or more, each once, got {' '.join(names) or 'none'}. Name more.")
    check_choice("criterion", criterion, get_args(Criterion))
    _check(names, config, num_subjects, num_sessions, num_starts, seed, draws, method)
    known = known_of(config)
    tables = []
    for number, name in enumerate(names):
        rng = np.random.default_rng([seed, number])
        true = _true_values(name, config, None, num_subjects, draws, rng)
        simulated = simulate(name, config, true, num_sessions=num_sessions, seed=(seed + number) % 2**32)
        tables.append(simulated.assign(subject=simulated["subject"] + number * num_subjects))
    together = pd.concat(tables, ignore_index=True)
    options: dict[str, Any] = {"method": method, "task": known, "num_starts": num_starts, "seed": seed}
    total = num_subjects * len(names) ** 2
    with progress("Fitting all models to all subjects", total, told=told) as tell:
        fits = {name: fit_model(together, name, told=tell, **options).table for name in names}
    parts = [
        pd.DataFrame(
            {
                "simulated": np.repeat(np.array(names), num_subjects),
                "subject": fit["subject"] % num_subjects,
                "fitted": name,
                **{column: fit[column] for column in ("log_likelihood", "aic", "bic")},
            }
        )
        for name, fit in fits.items()
    ]
    return ModelRecovery(criterion, pd.concat(parts, ignore_index=True))


def _check(
    names: Sequence[str],
    config: TwoStepForm,
    num_subjects: int,
    num_sessions: int,
    num_starts: int,
    seed: int,
    draws: str,
    method: str,
    fixed: Mapping[str, float] | None = None,
) -> None:
    for argument, value in (
        ("num_subjects", num_subjects),
        ("num_sessions", num_sessions),
        ("num_starts", num_starts),
    ):
        check_count(argument, value)
    check_seed("seed", seed)
    check_choice("draws", draws, get_args(Draws))
    check_choice("method", method, get_args(Method))
    for name in names:
        parameters_to_fit(name, known_of(config), fixed or {})


def _true_values(
    name: str,
    config: TwoStepForm,
    values: Mapping[str, float] | None,
    num_subjects: int,
    draws: Draws,
    rng: np.random.Generator,
) -> dict[str, np.ndarray]:
    cognitive, known = find_model(name), known_of(config)
    parameters, values = cognitive.parameters(known), dict(values or {})
    cognitive.model(known, values)
    unknown = [key for key in values if key not in parameters]
    if unknown:
        raise UserError(
            f"`parameters` must be free ones of {name}, got {unknown[0]}. There are: {', '.join(parameters)}."
        )
    drawn = draw_values(parameters, num_subjects, rng, from_prior=draws == "prior")
    return drawn | {key: np.full(num_subjects, value) for key, value in values.items()}


def _correlation(one, other) -> float:
    one, other = np.asarray(one, float), np.asarray(other, float)
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        return float("nan")
    return float(np.corrcoef(one, other)[0, 1])
