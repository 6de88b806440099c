"""Draw a lesion sweep from its files."""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from prefrontal.errors import UserError
from prefrontal.experiments.results import heading, read_results
from prefrontal.figures.lesions import lesion_figure
from prefrontal.figures.style import save_figure

if TYPE_CHECKING:
    from prefrontal.experiments.signals import SignalExperiment


def draw(experiment: "SignalExperiment", folder: Path) -> list[Path]:
    """See `Experiment.draw`."""
    results, path = read_results(folder, ("seeds", "shares", "by_share")), folder / "lesions.csv"
    try:
        table = pd.read_csv(path)
    except (OSError, ValueError) as error:
        raise UserError(f"`{path}` must be a table of lesions, got {error}. Evaluate the run again.") from error
    return save_figure(lesion_figure(results, table, heading(experiment, results)), folder / "figure")
