"""The one table of a sweep: a row a setting, with what its seeds measured so far, and what it took."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from prefrontal.analysis.statistics import mean_interval
from prefrontal.errors import UserError
from prefrontal.reports.runs import REWARD
from prefrontal.sweeps.standing import STATES, Standing

COUNTS = ("seeds", *STATES, "minutes")
"""Columns of how far a setting has come: seeds measured, units by state, minutes that workers took."""


def settings_table(found: Sequence[Standing]) -> pd.DataFrame:
    """A row a setting, in the order of the sweep.

    Arguments:
        found: how far the units have come.

    Returns:
        Columns experiment, the options that are varied, "seeds" (measured), units by state, "minutes", "run" (the
        folder of the setting), and of each measure its mean over seeds, "MEASURE low" and "MEASURE high", Student's
        95 % interval of the mean.
    """
    by_setting: dict[str, list[Standing]] = defaultdict(list)
    for one in found:
        by_setting[one.unit.setting].append(one)
    options = list(dict.fromkeys(option for one in found for option in one.unit.values))
    rows = []
    for setting, units in by_setting.items():
        row: dict[str, Any] = {"experiment": units[0].unit.experiment.name}
        row |= {option: units[0].unit.value(option) for option in options}
        measured = _pooled(units)
        row["seeds"] = max((len(values) for values in measured.values()), default=0)
        row |= {state: sum(one.state == state for one in units) for state in STATES}
        row |= {"minutes": round(sum(one.seconds for one in units) / 60, 2), "run": setting}
        for name, values in measured.items():
            interval = mean_interval(values)
            row |= {name: interval.mean, f"{name} low": interval.low, f"{name} high": interval.high}
        rows.append(row)
    return pd.DataFrame(rows)


def seeds_table(found: Sequence[Standing]) -> pd.DataFrame:
    """A row a seed of the units that are done: experiment, the options, seed, and every measure."""
    rows = []
    for one in found:
        measures: Mapping[str, Sequence[float]] = one.result.get("measures", {})
        for place, seed in enumerate(one.unit.seeds if measures else ()):
            values = {name: values[place] for name, values in measures.items()}
            rows.append({"experiment": one.unit.experiment.name, **one.unit.values, "seed": seed, **values})
    return pd.DataFrame(rows)


def measures_of(table: pd.DataFrame) -> list[str]:
    """The measures that a table of settings has."""
    return [str(name) for name in table if f"{name} low" in table and f"{name} high" in table]


def options_of(table: pd.DataFrame) -> list[str]:
    """The options that are varied in a table of settings, and the experiment where there are several."""
    names = [str(name) for name in table]
    before = names[1 : names.index("seeds")]
    return (["experiment"] if len(set(table["experiment"])) > 1 else []) + before


def best_measure(table: pd.DataFrame, asked: str) -> str:
    """The measure that tells which setting is best: the one asked for, or reward in training.

    Returns:
        Its name; empty where nothing is measured yet.

    Raises:
        UserError: when there is no such measure.
    """
    names = measures_of(table)
    if not asked or not names:
        return REWARD if REWARD in names else names[0] if names else ""
    if asked not in names:
        raise UserError(f"`best` must be one of what was measured ({'; '.join(names)}), got {asked}. Mend it.")
    return asked


def in_order(table: pd.DataFrame, measure: str) -> pd.DataFrame:
    """The best settings first; those not measured yet last."""
    return table.sort_values(measure, ascending=False, kind="stable") if measure else table


def _pooled(units: Sequence[Standing]) -> dict[str, list[float]]:
    """What the seeds of all units measured, by name."""
    pooled: dict[str, list[float]] = defaultdict(list)
    for one in units:
        for name, values in one.result.get("measures", {}).items():
            pooled[name] += [float("nan") if value is None else value for value in values]
    return pooled
