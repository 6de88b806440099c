"""Fits of several models to the same choices, compared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from prefrontal.errors import UserError
from prefrontal.fitting.fit import Fit


@dataclass(frozen=True)
class Comparison:
    """How models compare on the same choices. Made by `compare_fits`.

    Example:
        >>> fits = [pf.fit_model(table, name, num_starts=2) for name in ("win-stay-lose-shift", "biased-random")]
        >>> comparison = pf.compare_fits(fits)
        >>> comparison.best.shape
        (6,)
    """

    bic: pd.DataFrame
    """A row a subject (or session), a column a model: the lower, the better it accounts for the subject's choices."""
    table: pd.DataFrame
    """A row a model: num_parameters; log_likelihood, aic and bic, sums over subjects; num_best, the subjects whose BIC
    it has the lowest of; num_converged, the subjects for whom its fit came to an end."""

    def __repr__(self) -> str:
        return self.table[["num_parameters", "log_likelihood", "aic", "bic", "num_best"]].round(1).to_string()

    @property
    def best(self) -> np.ndarray:
        """For each subject, the model with the lowest BIC; of equal ones the first."""
        return _best(self.bic)


def compare_fits(fits: Mapping[str, Fit] | Sequence[Fit]) -> Comparison:
    """Compare the fits of models to one trial table by AIC and BIC.

    Arguments:
        fits: of the same table, one a model (see `fit_model`); by name, where a model comes twice, fitted with other
            parameters held.

    Returns:
        The comparison: `table`, a row a model, and `bic`, a row a subject and a column a model.

    Raises:
        UserError: when there is no fit, a name comes twice, or the fits are not of the same subjects and choices.

    Example:
        >>> fits = [pf.fit_model(table, name, num_starts=2) for name in ("win-stay-lose-shift", "biased-random")]
        >>> compared = pf.compare_fits(fits).table
        >>> compared.index.tolist(), int(compared["num_best"].sum())
        (['win-stay-lose-shift', 'biased-random'], 6)
    """
    named = dict(fits) if isinstance(fits, Mapping) else {fit.model: fit for fit in fits}
    if not named:
        raise UserError("`fits` must hold a fit or more, got none. Fit a model first: `fit_model`.")
    if len(named) < len(fits):
        raise UserError("`fits` must be of models that differ, got one twice. Give them by name, in a dictionary.")
    (first, one), *others = named.items()
    units = [name for name in ("subject", "session", "num_choices") if name in one.table]
    for name, fit in others:
        same = [unit for unit in ("subject", "session", "num_choices") if unit in fit.table] == units
        if not same or not one.table[units].equals(fit.table[units]):
            raise UserError(
                f"`fits` must be of the same choices, got others in {name} than in {first}. Fit all to one table, by "
                "the same unit."
            )
    bic = pd.DataFrame({name: fit.table["bic"] for name, fit in named.items()})
    best = _best(bic)
    rows = {
        name: {
            "num_parameters": len(fit.parameters),
            "log_likelihood": fit.table["log_likelihood"].sum(),
            "aic": fit.table["aic"].sum(),
            "bic": fit.table["bic"].sum(),
            "num_best": int((best == name).sum()),
            "num_converged": int(np.sum(fit.table["converged"])),
        }
        for name, fit in named.items()
    }
    return Comparison(bic, pd.DataFrame.from_dict(rows, orient="index").rename_axis("model"))


def _best(bic: pd.DataFrame) -> np.ndarray:
    return np.asarray(bic.columns)[bic.to_numpy().argmin(axis=1)]
