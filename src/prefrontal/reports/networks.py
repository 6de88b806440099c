"""Choices that were held out, predicted by models and networks, and what fitted networks leave behind."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich import box
from rich.console import Console
from rich.table import Table

from prefrontal.agents.saving import save_agent
from prefrontal.agents.two_step.network import TwoStepNetwork
from prefrontal.configs.models import FORGETTING, KnownTask
from prefrontal.figures.networks.held_out import plot_held_out
from prefrontal.figures.networks.portraits import plot_flow, plot_portrait
from prefrontal.figures.style import save_figure
from prefrontal.fitting.fit import held_of
from prefrontal.fitting.hierarchical import Posterior
from prefrontal.fitting.loo import leave_one_out
from prefrontal.fitting.networks.beside import NUM_STARTS, score_models
from prefrontal.fitting.networks.fitted import NetworkFit
from prefrontal.fitting.networks.naming import network_kind
from prefrontal.fitting.networks.nested import fit_networks
from prefrontal.fitting.networks.planned import HeldOut
from prefrontal.fitting.networks.portraits import phase_portrait, trial_fixed_points
from prefrontal.fitting.networks.scoring import compare_held_out, subject_nats
from prefrontal.reports.tables import span
from prefrontal.runs.files import write_text
from prefrontal.runs.provenance import to_json
from prefrontal.runs.spreadsheets import to_csv

RECORD = "held-out.json"
NOTE = (
    "Nats: log-likelihood a held-out choice, mean over {units} with its 95 % interval; from best: paired. More is "
    "in held-out-comparison.csv. {models}Variables: numbers carried between trials."
)
OF_MODELS = "Models by map, {num} starts, without each fold{held}. "

LOO_NOTE = (
    "Leave-one-out by PSIS, a trial at a time. Nats: log-likelihood a left-out choice, mean over {units} with its 95 % "
    "interval; from best: paired. {trials} (Pareto k above .7). More is in loo-comparison.csv."
)


def report_held_out(
    table: pd.DataFrame,
    plan: HeldOut,
    record: Mapping[str, Any],
    out: Path,
    *,
    task: KnownTask,
    fixed: Mapping[str, float] | None = None,
    num_starts: int = NUM_STARTS,
) -> dict[str, NetworkFit]:
    """Fit networks, score them and models on the same held-out choices, write it all into `out`, and show it.

    Arguments:
        table: a trial table, or one of pulls.
        plan: what is held out of it, and who is scored; a teacher is fitted to all subjects together.
        record: what else the record holds: options, environment.
        out: the folder, which is there.
        task, fixed, num_starts: as of `score_models`.

    Returns:
        The fits of networks, by name.
    """
    asked: dict[str, Any] = {"by": plan.by, "over": plan.over, "num_outer": plan.num_folds, "seed": plan.seed}
    teacher = fit_networks(table, plan.teacher, sharing="one", **asked) if plan.teacher else {}
    fits = dict(teacher)
    if plan.networks:
        taught: dict[str, Any] = {"teacher": teacher.get(plan.teacher or ""), "sharing": plan.sharing}
        fits |= fit_networks(table, plan.networks, **taught, **asked)
    rows = [fit.table for fit in fits.values()]
    found: dict[str, Any] = {"folds": plan.folds.told}
    of_models = ""
    if plan.models:
        rows.append(score_models(table, plan.models, task=task, fixed=fixed, num_starts=num_starts, **asked))
        found["models"], of_models = _how_scored(plan, task, fixed or {}, num_starts)
    together = pd.concat(rows, ignore_index=True)
    units = [name for name in ("subject", "session") if name in together]
    first = ["model", *units, "fold"]
    together = together.reindex(columns=[*first, *(name for name in together if name not in first)])
    write_text(out / "held-out.csv", to_csv(together, index=False))
    compared = compare_held_out(together, second_choices=task.second_choices)
    write_text(out / "held-out-comparison.csv", to_csv(compared))
    found["held_out"] = compared.to_dict(orient="index")
    if fits:
        found["sharing"] = {name: fit.sharing for name, fit in fits.items()}
    write_text(out / RECORD, to_json(dict(record) | found))
    save_figure(plot_held_out(compared, "Choices that were held out"), out / "held-out")
    for fit in fits.values():
        _draw(fit, table, out)
    note = NOTE.format(units="visits" if "session" in units else "subjects", models=of_models)
    _show(compared, f"{plan.folds.told} {note}")
    return fits


def report_leave_one_out(
    table: pd.DataFrame, posteriors: Mapping[str, Posterior], out: Path, *, task: KnownTask
) -> pd.DataFrame:
    """Write into `out` how well hierarchical fits predict each trial without it, and show it: the comparison.

    Arguments:
        table: the trial table that was fitted.
        posteriors: the fits.
        out: the folder, which is there.
        task: what models know of it.
    """
    rows = pd.concat([leave_one_out(table, posterior) for posterior in posteriors.values()], ignore_index=True)
    compared = compare_held_out(rows, second_choices=task.second_choices)
    for name in ("log_likelihood", "p_loo", "num_unreliable"):
        compared[name] = [rows.loc[rows["model"] == model, name].sum() for model in compared.index]
    write_text(out / "loo.csv", to_csv(rows, index=False))
    write_text(out / "loo-comparison.csv", to_csv(compared))
    unreliable = int(np.sum(compared["num_unreliable"]))
    trials = f"{unreliable:,} trials' estimates are not to be relied on" if unreliable else "All estimates are reliable"
    _show(compared, LOO_NOTE.format(trials=trials, units="visits" if "session" in rows else "subjects"))
    return compared


def _how_scored(
    plan: HeldOut, task: KnownTask, fixed: Mapping[str, float], num_starts: int
) -> tuple[dict[str, Any], str]:
    """How models were scored, for the record and for the note below the table."""
    if FORGETTING in plan.models:
        return {"method": "map"}, "Models by map without each fold. "
    held = held_of(plan.models, task, fixed)
    said = f", {' '.join(f'{name}={value:g}' for name, value in fixed.items())} held" if fixed else ""
    record = {"method": "map", "num_starts": num_starts, "fixed": held}
    return record, OF_MODELS.format(num=num_starts, held=said)


def _draw(fit: NetworkFit, table: pd.DataFrame, out: Path) -> None:
    """Everybody's agents; on the two-step task, portrait and fixed points of the subject who is predicted as well as
    the median."""
    for place in range(len(fit.units)):
        save_agent(fit.agent(place), out / "agents" / fit.name / f"{place:04d}.safetensors", overwrite=True)
    place = _median(fit)
    unit = fit.units.iloc[place].to_dict()
    own = table.loc[np.logical_and.reduce([np.asarray(table[name] == value) for name, value in unit.items()])]
    told = f"{fit.name}, " + ", ".join(f"{name} {value}" for name, value in unit.items())
    network = fit.network(place)
    if not isinstance(network, TwoStepNetwork):
        return
    points = trial_fixed_points(network).assign(**unit)
    write_text(out / f"{fit.name}-fixed-points.csv", to_csv(points, index=False))
    save_figure(plot_portrait(phase_portrait(network, own), f"Phase portrait: {told}"), out / f"{fit.name}-portrait")
    kind = network_kind(fit.name)
    if kind.num_units == 2 and kind.cell != "lstm":
        save_figure(plot_flow(network, f"Flow: {told}"), out / f"{fit.name}-flow")


def _median(fit: NetworkFit) -> int:
    """The row of the subject whose held-out choices are predicted as well as the median's."""
    nats = subject_nats(fit.table).to_numpy()[:, 0]
    return int(np.argsort(nats)[len(nats) // 2])


def _show(compared: pd.DataFrame, note: str) -> None:
    shown = Table(box=box.SIMPLE, padding=(0, 1), show_edge=False, collapse_padding=True, pad_edge=False)
    for place, heading in enumerate(("model", "variables", "nats", "95 %", "from best", "best for")):
        shown.add_column(heading, justify="right" if place else "left")
    for name, row in compared.to_dict("index").items():
        apart = "" if not row["from_best"] else f"{row['from_best']:.3f}"
        shown.add_row(
            str(name),
            f"{row['num_variables']}",
            f"{row['nats']:.4f}",
            span(row["low"], row["high"]),
            apart,
            f"{row['num_best']:,}",
        )
    console = Console()
    console.print(shown)
    console.print(note, style="dim", highlight=False)
