"""Draw the responses of tested networks around reversals from their files."""

from pathlib import Path
from typing import TYPE_CHECKING

from prefrontal.experiments.results import heading, read_results
from prefrontal.figures.inferred_value import inferred_value_figure
from prefrontal.figures.style import save_figure

if TYPE_CHECKING:
    from prefrontal.experiments.signals import SignalExperiment


def draw(experiment: "SignalExperiment", folder: Path) -> list[Path]:
    """See `Experiment.draw`."""
    results = read_results(folder, ("seeds", "prediction_error", "latent_state"))
    return save_figure(inferred_value_figure(results, heading(experiment, results)), folder / "figure")
