"""The figure of the encodings: how many networks have not learned yet, and their rewards."""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from prefrontal.analysis.learning_speed import running_reward, survival
from prefrontal.figures.parts import Above, seeds_of
from prefrontal.figures.rewards import count_episodes
from prefrontal.figures.style import PALETTE, save_figure, style
from prefrontal.runs.results import read_learning, read_results

LOOKS: dict[str, dict[str, Any]] = {
    "trial-no-time": {"color": PALETTE["ours"], "linestyle": "-"},
    "stage-no-time": {"color": PALETTE["ours"], "linestyle": (0, (4, 2))},
    "trial-time": {"color": "#AA4499", "linestyle": "-"},
    "stage-time": {"color": "#AA4499", "linestyle": (0, (4, 2))},
}
LABELS = {
    "trial-no-time": "one step a trial",
    "stage-no-time": "one step a stage",
    "trial-time": "one step a trial, with time",
    "stage-time": "one step a stage, with time",
}


def draw(folder: Path, title: str) -> list[Path]:
    """Draw the figure of a test from its files, as `prefrontal.figures` says.

    Arguments:
        UserError: when a file is missing or cannot be read.
    """
    results = read_results(folder, ("episodes_to_learn", "training_episodes", "threshold", "window", "seeds"))
    num_episodes = results["training_episodes"]
    learning = read_learning(folder)
    with style():
        above = Above(7.2, title)
        height = 3.11 + above.height
        figure = Figure(figsize=(7.2, height))
        FigureCanvasAgg(figure)
        left, right = figure.subplots(1, 2)
        for name, looks in LOOKS.items():
            passed = np.array(results["episodes_to_learn"][name]["per_seed"], float)
            left.step(
                *survival(passed, num_episodes), where="post", label=LABELS[name], linewidth=1.6, clip_on=False, **looks
            )
            episode, reward = running_reward(learning, name, results["seeds"], results["window"])
            right.plot(episode, reward.mean(axis=0), label=LABELS[name], linewidth=1.4, **looks)
        left.set_ylabel(f"Share of {seeds_of(results)} below {results['threshold']:g}")
        left.set_ylim(-0.02, 1.02)
        right.set_ylabel("Reward per episode,\nmean of seeds")
        right.axhline(results["threshold"], color=PALETTE["chance"], linewidth=0.8, linestyle=":")
        for letter, ax in zip("ab", (left, right), strict=True):
            ax.set_xlim(0, num_episodes)
            count_episodes(ax)
            ax.set_title(letter, loc="left", weight="bold", fontsize=11, x=-0.16)
        figure.legend(
            *left.get_legend_handles_labels(), loc="lower center", ncols=4, handlelength=2.4, columnspacing=1.4
        )
        above.write(figure)
        top, bottom = 1 - (0.29 + above.height) / height, 0.88 / height
        figure.subplots_adjust(left=0.09, right=0.97, top=top, bottom=bottom, wspace=0.3)
    return save_figure(figure, folder / "figure")
