"""What generative checks of fits leave behind, and what the terminal shows of them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console

from prefrontal.configs.models import KnownTask, TwoStepForm
from prefrontal.errors import UserError
from prefrontal.figures.fitted.check import plot_check
from prefrontal.figures.style import save_figure
from prefrontal.fitting.checks import FitCheck, check_fit
from prefrontal.fitting.fit import Fit
from prefrontal.fitting.hierarchical import Posterior
from prefrontal.fitting.networks.fitted import NetworkFit
from prefrontal.progress import each
from prefrontal.reports.tables import plain_table
from prefrontal.runs.files import write_text
from prefrontal.runs.spreadsheets import to_csv


def report_checks(
    table: pd.DataFrame,
    fits: Mapping[str, Fit | Posterior | NetworkFit],
    out: Path,
    *,
    task: KnownTask | TwoStepForm,
    num: int,
    seed: int,
) -> dict[str, Any]:
    """Simulate everybody with each of `fits`, write and draw what they did, and show it.

    Arguments:
        table: the trial table that was fitted.
        fits: by model or network.
        out: the folder, which is there: MODEL-check.csv, and the figure `check`.
        task: what all of them play, as of `check_fit`.
        num: simulated studies.
        seed: of all that is random.

    Returns:
        What the record holds: of each model, distance, where 95 % of the model's own studies lie below, and p.
    """
    console, checks = Console(), {}
    for name in each(list(fits), "Simulating fitted models"):
        try:
            checks[name] = check_fit(table, fits[name], task=task, num_simulations=num, seed=seed)
        except UserError as error:  # as of people without two trials that follow one another
            console.print(f"{name} was not checked: {error}", markup=False, highlight=False)
    if not checks:
        return {}
    for name, check in checks.items():
        write_text(out / f"{name}-check.csv", to_csv(check.table))
    save_figure(plot_check(list(checks.values())), out / "check")
    console.print(
        plain_table(("model", "distance", "if right", "p", "farthest off"), [_row(*one) for one in checks.items()])
    )
    console.print(
        f"{num:,} simulated studies, in which each plays with its own parameters. Distance: of observed stay "
        "probabilities and regression weights, in standard deviations of simulated studies; if right: 95 % of these "
        "lie below. See check.png, MODEL-check.csv.",
        style="dim",
        highlight=False,
    )
    return {name: _record(check) for name, check in checks.items()}


def _row(name: str, check: FitCheck) -> tuple[str, ...]:
    rows = check.table.loc[["stay", "one_back"]]
    kind, measure = rows["p"].idxmin()
    row = rows.loc[(kind, measure)]
    farthest = f"{measure.replace('_', ' ')} {row['simulated']:.2f}, observed {row['observed']:.2f}"
    if kind == "stay":
        farthest = f"stay, {farthest}"
    return name, f"{check.distance:.1f}", f"{np.quantile(check.null, 0.95):.1f}", f"{check.p:.2f}", farthest


def _record(check: FitCheck) -> dict[str, Any]:
    measures = {" ".join(map(str, key)): row for key, row in check.table.to_dict(orient="index").items()}
    null = float(np.quantile(check.null, 0.95))
    return {"distance": check.distance, "null_95": null, "p": check.p, "measures": measures}
