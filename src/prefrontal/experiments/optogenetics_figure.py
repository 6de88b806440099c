"""Draw the risky choices of tested actors from their files."""

from pathlib import Path
from typing import TYPE_CHECKING

from prefrontal.experiments.results import heading, read_results
from prefrontal.figures.optogenetics import optogenetics_figure
from prefrontal.figures.style import save_figure

if TYPE_CHECKING:
    from prefrontal.experiments.signals import SignalExperiment


def draw(experiment: "SignalExperiment", folder: Path) -> list[Path]:
    """See `Experiment.draw`."""
    results = read_results(folder, ("seeds", "odds", "risky_percent", "published_percent"))
    return save_figure(optogenetics_figure(results, heading(experiment, results)), folder / "figure")
