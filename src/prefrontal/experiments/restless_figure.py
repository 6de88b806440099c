"""Draw networks tested on restless arms from their files."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from prefrontal.experiments.results import heading, read_results
from prefrontal.figures.bandits import curves_by_trial, framed, panel
from prefrontal.figures.restless import bic_bars, episode_legend, rates_by_block, walked_episode
from prefrontal.figures.style import save_figure

if TYPE_CHECKING:
    from prefrontal.experiments.restless import RestlessExperiment

NEEDED = ("seeds", "test_episodes", "curves", "block_learning_rate", "bic", "examples", "tuned", "config")


def draw(experiment: "RestlessExperiment", folder: Path) -> list[Path]:
    """See `Experiment.draw`."""
    results = read_results(folder, NEEDED)
    tuned, task, seeds = results["tuned"], results["config"]["task"], results["seeds"]
    caption = (
        f"{len(seeds)} seed{'s' * (len(seeds) != 1)}, {results['test_episodes']:,} test episodes each, weights frozen. "
        f"Volatility, the walk's standard deviation per trial: {task['low_volatility']:g} or "
        f"{task['high_volatility']:g}. a: Thompson knows a volatility of {tuned['thompson_volatility']:g}, "
        f"Rescorla-Wagner learns at a rate of {tuned['learning_rate']:g}, the best fixed ones. b, c: Rescorla-Wagner "
        f"learners fitted to blocks of {experiment.block_episodes} episodes, in b the learning rate and the inverse "
        f"temperature; control: Rescorla-Wagner at .5. d: first test episodes of seed {seeds[0]}."
    )
    figure = framed(heading(experiment, results), caption, 7.2, 6.6)
    for letter, volatility, left in (("a", "low", 0.7), ("", "high", 4.2)):
        ax = panel(figure, letter, left, 5.0, 1.65, 1.5)
        ax.set_title(f"{volatility} volatility", fontsize=8)
        curves = {name: np.atleast_2d(rows) for name, rows in results["curves"][volatility].items()}
        curves_by_trial(curves, ax)
    rates_by_block(results["block_learning_rate"], panel(figure, "b", 0.7, 2.65, 3.75, 1.45))
    bic_bars(results["bic"], panel(figure, "c", 5.2, 2.65, 1.85, 1.45))
    for letter, volatility, left in (("d", "low", 0.7), ("", "high", 4.2)):
        ax = panel(figure, letter, left, 0.75, 2.85, 1.15)
        walked_episode(results["examples"][volatility], volatility, ax)
    episode_legend(figure, 0.02)
    return save_figure(figure, folder / "figure")
