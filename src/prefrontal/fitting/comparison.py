"""Fits of several models to the same choices, compared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from prefrontal.errors import UserError
from prefrontal.fitting.fit import Fit
from prefrontal.fitting.group import GroupFit
from prefrontal.fitting.model_selection import ModelSelection, select_models


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
    """A row a subject, by name (or session), a column a model: the lower, the better it accounts for the
    subject's choices. Its n is the number of the subject's choices, of both stages."""
    log_evidence: pd.DataFrame
    """The same of each subject's log evidence: its likelihood integrated over the group, where all fits are of groups
    (`fit_group`), and -BIC / 2 otherwise."""
    table: pd.DataFrame
    """A row a model: num_parameters; log_likelihood, aic and bic, sums over subjects; integrated_bic, of fits of
    groups; num_best, the subjects whose log evidence it has the highest of; num_converged, the subjects for whom its
    fit came to an end; of two models or more, expected_frequency in the population with its 95 % interval low to high,
    exceedance and protected_exceedance (see `select_models`)."""
    by_subject: pd.DataFrame
    """A row a subject, by name (or session): num_choices; best, the model with the highest log evidence; and of each
    model "MODEL.bic", "MODEL.log_evidence", "MODEL.probability" that the subject uses it (of two models or more), and
    its parameters."""
    selection: ModelSelection | None
    """The frequencies of the models in the population; None of a single model."""

    def __repr__(self) -> str:
        shown = ["num_parameters", "log_likelihood", "bic", "integrated_bic", "num_best", "expected_frequency"]
        shown = [name for name in (*shown, "protected_exceedance") if name in self.table]
        return self.table[shown].round(3).to_string()

    @property
    def best(self) -> pd.Series:
        """For each subject, by name (and session), the model with the highest log evidence (the lowest BIC); of equal
        ones the first."""
        return pd.Series(self.by_subject["best"])


def compare_fits(fits: Mapping[str, Fit] | Sequence[Fit]) -> Comparison:
    """Compare the fits of models to one trial table: by AIC and BIC, by who is fitted best by what, and by how frequent
    the models are in the population (see `select_models`).

    Arguments:
        fits: of the same table, one a model (see `fit_model`); by name, where a model comes twice, fitted with other
            parameters held.

    Returns:
        The comparison: `table`, a row a model; `by_subject`, a row a subject; `selection`.

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
        known = one.choices and fit.choices
        if not same or (known and one.choices != fit.choices) or not one.table[units].equals(fit.table[units]):
            raise UserError(
                f"`fits` must be of the same choices, got others in {name} than in {first}. Fit all to one table, by "
                "the same unit."
            )
    people = one.table.set_index([name for name in units if name != "num_choices"])
    bic = pd.DataFrame({name: fit.table["bic"].to_numpy() for name, fit in named.items()}, people.index)
    integrated = all(isinstance(fit, GroupFit) for fit in named.values())
    evidence = -bic / 2
    if integrated:
        own_evidence = {name: fit.table["log_evidence"].to_numpy() for name, fit in named.items()}
        evidence = pd.DataFrame(own_evidence, people.index)
    best = np.asarray(evidence.columns)[evidence.to_numpy().argmax(axis=1)]
    selection = select_models(evidence) if len(named) > 1 else None
    table = pd.DataFrame.from_dict({name: _row(fit, best == name) for name, fit in named.items()}, orient="index")
    if selection is not None:
        table = table.join(selection.table.drop(columns="alpha"))
    by_subject = people.filter(["num_choices"]).assign(best=best)
    for name, fit in named.items():
        own = {"bic": bic[name]} | ({"log_evidence": evidence[name]} if integrated else {})
        own |= {} if selection is None else {"probability": selection.attribution[name]}
        own |= {parameter: fit.table[parameter] for parameter in fit.parameters}
        by_subject = by_subject.assign(**{f"{name}.{key}": values.to_numpy() for key, values in own.items()})
    return Comparison(bic, evidence, table.rename_axis("model"), by_subject, selection)


def _row(fit: Fit, best: np.ndarray) -> dict[str, Any]:
    row: dict[str, Any] = {"num_parameters": len(fit.parameters)}
    row |= {name: fit.table[name].sum() for name in ("log_likelihood", "aic", "bic")}
    if isinstance(fit, GroupFit):
        row["integrated_bic"] = fit.integrated_bic
    return row | {"num_best": int(best.sum()), "num_converged": int(np.sum(fit.table["converged"]))}
