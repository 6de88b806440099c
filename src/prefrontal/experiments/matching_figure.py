"""Draw tested networks on baited arms from their files."""

from pathlib import Path
from typing import TYPE_CHECKING

from prefrontal.experiments.results import heading, read_results
from prefrontal.figures.matching import matching_figure
from prefrontal.figures.style import save_figure

if TYPE_CHECKING:
    from prefrontal.experiments.signals import SignalExperiment


def draw(experiment: "SignalExperiment", folder: Path) -> list[Path]:
    """See `Experiment.draw`."""
    results = read_results(folder, ("seeds", "matching", "lag_regression", "unit_coding"))
    return save_figure(matching_figure(results, heading(experiment, results)), folder / "figure")
