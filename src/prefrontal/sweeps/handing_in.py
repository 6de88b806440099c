"""What a sweep leaves behind beside its units: table.csv, seeds.csv, sweep.html and figure.png, made anew each time."""

import pandas as pd

from prefrontal.runs.store import Store
from prefrontal.sweeps.figure import figure_bytes, sweep_figure
from prefrontal.sweeps.page import page
from prefrontal.sweeps.spec import Spec
from prefrontal.sweeps.standing import Standing, standings
from prefrontal.sweeps.table import best_measure, options_of, seeds_table, settings_table

FILES = ("table.csv", "seeds.csv", "sweep.html", "figure.png")


def hand_in(store: Store, spec: Spec) -> tuple[pd.DataFrame, str, list[Standing]]:
    """Make the files of the whole sweep of what its units have handed in so far.

    Arguments:
        store: where results lie.
        spec: the sweep.

    Returns:
        The table of settings; the measure that orders it; and how far the units have come.

    Raises:
        UserError: when the store cannot be read or written, or `spec.best` is no measure.
    """
    found = standings(store, spec.units)
    table = settings_table(found)
    measure = best_measure(table, spec.best)
    title = f"Sweep {spec.path.stem}"
    drawn = figure_bytes(sweep_figure(table, options_of(table), measure, title))
    written = {
        "table.csv": table.to_csv(index=False, float_format="%.6g").encode(),
        "seeds.csv": seeds_table(found).to_csv(index=False, float_format="%.6g").encode(),
        "sweep.html": page(title, table, measure, found, drawn).encode(),
        "figure.png": drawn,
    }
    for name in FILES:
        store.write(name, written[name])
    return table, measure, found
