"""Draw networks tested under low and high volatility from their files."""

from pathlib import Path
from typing import TYPE_CHECKING

from prefrontal.experiments.results import heading, read_results
from prefrontal.figures.style import save_figure
from prefrontal.figures.volatility import volatility_figure

if TYPE_CHECKING:
    from prefrontal.experiments.signals import SignalExperiment


def draw(experiment: "SignalExperiment", folder: Path) -> list[Path]:
    """See `Experiment.draw`."""
    results = read_results(folder, ("seeds", "learning_rate", "by_window", "decoded_volatility", "coding_share"))
    return save_figure(volatility_figure(results, heading(experiment, results)), folder / "figure")
