"""What fits leave behind, and what the terminal shows of them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console

from prefrontal.figures.own import plot_comparison, plot_fit, plot_selection
from prefrontal.figures.style import save_figure
from prefrontal.fitting.comparison import Comparison, compare_fits
from prefrontal.fitting.fit import Fit
from prefrontal.fitting.group import GroupFit
from prefrontal.fitting.hierarchical import Posterior
from prefrontal.fitting.regressors import describe_regressors, trial_regressors
from prefrontal.reports.tables import plain_table, span
from prefrontal.runs.files import write_text
from prefrontal.runs.provenance import to_json
from prefrontal.runs.spreadsheets import to_csv

RECORD = "fit.json"


def report_fits(fits: Mapping[str, Fit], record: Mapping[str, Any], out: Path, by: str) -> None:
    """Write the comparison, the figures and the record of `fits` into the folder `out`, and show them.

    Arguments:
        fits: of one table, by model, all by the same method.
        record: what else the record holds: options, environment.
        out: the folder, which is there.
        by: what has parameters of its own: "subject" or "session".
    """
    compared = compare_fits(fits)
    method = next(iter(fits.values())).method
    write_text(out / "comparison.csv", to_csv(compared.table))
    write_text(out / "comparison-by-subject.csv", to_csv(compared.by_subject))
    found: dict[str, Any] = {
        "comparison": compared.table.to_dict(orient="index"),
        "medians": {name: fit.table[list(fit.parameters)].median().to_dict() for name, fit in fits.items()},
    }
    if compared.selection is not None:
        found["bayesian_omnibus_risk"] = compared.selection.bayesian_omnibus_risk
    if groups := {name: fit for name, fit in fits.items() if isinstance(fit, GroupFit)}:
        found["group"] = {name: fit.group.to_dict(orient="index") for name, fit in groups.items()}
        found["rounds"] = {name: fit.num_rounds for name, fit in groups.items()}
        found["settled"] = {name: fit.settled for name, fit in groups.items()}
    write_text(out / RECORD, to_json(dict(record) | found))
    console = Console()
    for name, fit in fits.items():
        if isinstance(fit, GroupFit):
            _show_group(name, fit, console)
    _show_comparison(compared, console, by)
    for name, fit in fits.items():
        if not isinstance(fit, GroupFit):
            medians = ", ".join(f"{key} {fit.table[key].median():.3g}" for key in fit.parameters)
            console.print(f"{name}, medians: {medians}", style="dim", highlight=False)
    for name, fit in fits.items():
        save_figure(plot_fit(fit, f"{name}, {method}: {_count(fit.table, by)}"), out / f"{name}-estimates")
    if compared.selection is not None:
        told = f"{method}, {_count(compared.bic, by)}"
        save_figure(plot_comparison(compared, f"Models compared, {told}"), out / "comparison")
        save_figure(plot_selection(compared.selection, f"Who uses which model, {told}"), out / "selection")


def report_posteriors(posteriors: Mapping[str, Posterior], record: Mapping[str, Any], out: Path, by: str) -> None:
    """Write the diagnostics, the figures and the record of `posteriors` into the folder `out`, and show them; the
    arguments are those of `report_fits`."""
    console, models = Console(), {}
    for name, posterior in posteriors.items():
        write_text(out / f"{name}-diagnostics.csv", to_csv(posterior.diagnostics))
        title = f"{name}, hierarchical: {_count(posterior.table, by)}; posterior means"
        save_figure(plot_fit(posterior, title), out / f"{name}-estimates")
        group = posterior.diagnostics.loc[[f"group_{key}" for key in posterior.parameters]]
        rows = []
        for key, row in zip(posterior.parameters, group.to_dict("records"), strict=True):
            ess = min(row["ess_bulk"], row["ess_tail"])
            rows.append((key, f"{row['mean']:.3f}", f"{row['sd']:.3f}", f"{ess:,.0f}", f"{row['r_hat']:.4f}"))
        console.print(plain_table(("parameter", "mean", "sd", "ESS", "R-hat"), rows, f"{name}: the group"))
        verdict = "converged" if posterior.converged else "NOT converged"
        told = (
            f"{verdict}: largest R-hat {posterior.largest_r_hat:.4f}, smallest ESS {posterior.smallest_ess:,.0f}, "
            f"{posterior.num_divergences} divergences, {posterior.seconds:.0f} s"
        )
        console.print(told, highlight=False)
        models[name] = {
            "converged": posterior.converged,
            "largest_r_hat": posterior.largest_r_hat,
            "smallest_ess": posterior.smallest_ess,
            "num_divergences": posterior.num_divergences,
            "seconds": posterior.seconds,
            "group": group.to_dict(orient="index"),
        }
    write_text(out / RECORD, to_json(dict(record) | {"models": models}))


def add_to_record(path: Path, found: Mapping[str, Any]) -> None:
    """Add what else was found to the record `path`, but for what is empty."""
    record = json.loads(path.read_text(encoding="utf-8"))
    write_text(path, to_json(record | {key: part for key, part in found.items() if part}))


def write_regressors(path: Path, table: pd.DataFrame, fit: Fit | Posterior) -> None:
    """Write the trial-wise regressors of `fit` to `path`.csv, and what they are to `path`.json, as BIDS has it.

    Arguments:
        path: without its ending.
        table: the trial table that was fitted.
        fit: of one model.
    """
    found = trial_regressors(table, fit)
    write_text(path.with_name(f"{path.name}.csv"), to_csv(found, index=False, na_rep="n/a"))
    write_text(path.with_name(f"{path.name}.json"), to_json(describe_regressors(found)))


def _show_group(name: str, fit: GroupFit, console: Console) -> None:
    rows = [
        (key, f"{row['median']:.3f}", span(row["low"], row["high"]), f"{row['sd']:.2f}")
        for key, row in fit.group.to_dict("index").items()
    ]
    headings = ("parameter", "group's median", "95 % interval", "sd, unbounded")
    console.print(plain_table(headings, rows, f"{name}: the group"))
    end = f"settled in {fit.num_rounds} rounds" if fit.settled else f"NOT settled after {fit.num_rounds} rounds"
    console.print(end, highlight=False)


def _show_comparison(compared: Comparison, console: Console, by: str) -> None:
    table, several = compared.table, compared.selection is not None
    criterion = "integrated_bic" if "integrated_bic" in table else "bic"
    ended = bool(np.all(table["num_converged"] == len(compared.bic)))
    headings = ["model", "k", "log-lik.", "iBIC" if criterion == "integrated_bic" else "BIC", "best"]
    headings += ([] if ended else ["ended"]) + (["frequency", "PXP"] if several else [])
    rows = []
    for name, row in table.to_dict(orient="index").items():
        cells = [name, f"{row['num_parameters']}", *(f"{row[key]:,.1f}" for key in ("log_likelihood", criterion))]
        cells += [f"{row['num_best']:,}"] + ([] if ended else [f"{row['num_converged']:,}"])
        if several:
            cells += [f"{row['expected_frequency']:.2f}", f"{row['protected_exceedance']:.2f}"]
        rows.append(cells)
    console.print(plain_table(headings, rows))
    count, choices = _count(compared.bic, by), "choices of both stages, where there are two"
    each = "all" if criterion == "integrated_bic" else "each"
    told = f"Sums over {count}; k: parameters of each; best: for so many. The n of BIC: {choices}, of {each}."
    told += " All searches ended by themselves." if ended else " Ended: searches that ended by themselves."
    if criterion == "integrated_bic":
        told += " iBIC: likelihoods integrated over the group; 2 k parameters, a mean and a deviation each."
    if several and (apart := _disagreement(table, criterion)):
        console.print(apart, highlight=False)
    if several:
        told += " Frequency in the population, and protected exceedance probability (PXP): Rigoux et al. (2014)."
    console.print(told, style="dim", highlight=False)


def _disagreement(table: pd.DataFrame, criterion: str) -> str:
    """What to say where the sum over all prefers another model than most people do; nothing otherwise."""
    of_sum, of_most = str(table[criterion].idxmin()), str(table["num_best"].idxmax())
    if table.loc[of_sum, "num_best"] == table["num_best"].max():
        return ""
    return (
        f"Note: the sum is lowest for {of_sum}, but {of_most} is best for more ({table.loc[of_most, 'num_best']:,} "
        f"against {table.loc[of_sum, 'num_best']:,}): a few may make the sum. Go by frequency and PXP."
    )


def _count(table: pd.DataFrame, by: str) -> str:
    unit = "subject" if by == "subject" else "subject's session"
    return f"{len(table):,} {unit}" + ("s" if len(table) != 1 else "")
