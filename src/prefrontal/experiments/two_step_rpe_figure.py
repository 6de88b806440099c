"""Draw the prediction errors of tested networks from their files."""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from prefrontal.errors import UserError
from prefrontal.experiments.results import heading, read_results
from prefrontal.figures.prediction_errors import prediction_error_figure
from prefrontal.figures.style import save_figure

if TYPE_CHECKING:
    from prefrontal.experiments.signals import SignalExperiment


def draw(experiment: "SignalExperiment", folder: Path) -> list[Path]:
    """See `Experiment.draw`."""
    results = read_results(folder, ("seeds", "sweep", "belief", "model_based"))
    path = folder / "errors.csv"
    try:
        errors = pd.read_csv(path)
    except (OSError, ValueError) as error:
        raise UserError(f"`{path}` must be a table of errors, got {error}. Evaluate the run again.") from error
    return save_figure(prediction_error_figure(results, errors, heading(experiment, results)), folder / "figure")
