"""Draw tested networks on bandits from their files."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from prefrontal.experiments.results import heading, read_results
from prefrontal.figures.bandits import COLORS, curves_by_trial, framed, panel, published_dots, regret_table
from prefrontal.figures.style import save_figure

if TYPE_CHECKING:
    from prefrontal.experiments.bandits import BanditExperiment

PUBLISHED_ALGORITHMS = {"Gittins": 1.16, "Thompson": 2.91, "UCB": 3.14}
"""Regret of each after 100 trials on arms of .25 and .75: Wang et al. (2018), Figure 1, read off the figure."""
ON = "medium"
"""The distribution that Figure 1 of Wang et al. (2018) tests on: arms of .25 and .75."""


def draw(experiment: "BanditExperiment", folder: Path) -> list[Path]:
    """See `Experiment.draw`."""
    results = read_results(folder, ("chosen", "regret", "baselines", "curves", "suboptimal"))
    arms = [name for name in experiment.settings if name in results["regret"]]
    comparable = results.get("comparable", True)
    algorithms = [name for name in COLORS if name in results["baselines"]]
    caption = (
        f"The best {len(results['chosen'][arms[0]])} networks trained on each distribution of arms, chosen in the "
        f"first half of {results['test_episodes']} test episodes with frozen weights, shown in the second. In c, bold: "
        "the least regret of a column."
        + (" Published values in d: Wang et al. (2018), Figure 1, arms of .25 and .75." if comparable else "")
    )
    figure = framed(heading(experiment, results), caption, 7.2, 6.65)
    for letter, on, left in (("a", arms[0], 0.65), ("b", arms[min(1, len(arms) - 1)], 4.15)):
        _title(ax := panel(figure, letter, left, 5.0, 1.7, 1.45), f"{on} arms")
        curves_by_trial(_curves(results["curves"][on], on), ax)
    rows = [f"networks, {name}" for name in arms] + algorithms
    regret = np.array(
        [
            [results[kind][row][column]["mean"] for column in arms]
            for kind, names in (("regret", arms), ("baselines", algorithms))
            for row in names
        ]
    )
    regret_table(regret, rows, arms, panel(figure, "c", 1.4, 2.75, 3.1, 1.7))
    if ON in arms:
        _title(ax := panel(figure, "d", 5.15, 2.95, 1.95, 1.5), "arms of .25 and .75")
        published_dots(*_figure_1(experiment, results, comparable), ax)
        last = arms[-1] if arms[-1] != ON else ON
        for letter, on, left in (("e", arms[0], 0.65), ("f", last, 4.15)):
            _title(ax := panel(figure, letter, left, 0.5, 1.7, 1.45), f"{on} arms")
            curves_by_trial(_curves(results["suboptimal"][on], on), ax, "Share of sub-optimal pulls")
    return save_figure(figure, folder / "figure")


def _curves(curves: dict[str, Any], on: str) -> dict[str, np.ndarray]:
    """By agent, (network, trial). The agent that knows of dependent arms is left out where there are none."""
    left_out = ("structure-optimal",) if on == "independent" else ()
    return {name: np.atleast_2d(rows) for name, rows in curves.items() if name not in left_out}


def _figure_1(
    experiment: "BanditExperiment", results: dict[str, Any], comparable: bool
) -> tuple[dict[str, list[float]], dict[str, float]]:
    """Measured and published regret on the arms of Figure 1."""
    measured = {f"{name}-trained": results["regret"][name][ON]["per_seed"] for name in experiment.published}
    published = {f"{name}-trained": number.value for name, number in experiment.published.items()}
    for name, value in PUBLISHED_ALGORITHMS.items():
        measured[name], published[name] = [results["baselines"][name][ON]["mean"]], value
    return measured, published if comparable else {}


def _title(ax: Any, text: str) -> None:
    ax.set_title(text, fontsize=8)
