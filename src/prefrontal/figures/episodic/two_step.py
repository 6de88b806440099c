"""The figure of the two-step task with cues: what choices go by, and what they earn."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from prefrontal.configs.two_step import TRIAL_KINDS
from prefrontal.errors import counted
from prefrontal.figures.bandits import framed, panel
from prefrontal.figures.episodic.lines import COLOR, LABEL, LEGEND, training
from prefrontal.figures.parts import published_by, seeds_of
from prefrontal.figures.style import PALETTE, save_figure, style
from prefrontal.runs.results import read_results

HEADINGS = {
    "incremental_uncued": "the trial before,\nuncued half",
    "incremental_cued": "the trial before,\ncued half",
    "episodic": "the trial\nbrought back",
}
SHORT = ("CR", "UR", "CU", "UU")
HALVES = ("uncued", "cued")


def draw(folder: Path, title: str) -> list[Path]:
    """Draw the figure of a test from its files, as `prefrontal.figures` says."""
    results = read_results(folder, ("seeds", "test_episodes", "stay", "reward", "verdicts"))
    caption = (
        f"{seeds_of(results)} (dots), {counted(results['test_episodes'], 'test episode')} each, weights frozen. "
        "Common, uncommon (C, U) and rewarded or not (R, U). Green: by Bayes' rule. e: running means in training."
        + published_by(results, "Ritter, Wang et al. (2018), diamonds")
    )
    figure = framed(title, caption, 7.2, 2.75)
    for number, (bars, heading) in enumerate(HEADINGS.items()):
        ax = panel(figure, "abc"[number], 0.6 + 1.42 * number, 0.5, 0.95, 1.9)
        with style():
            _bars(results, bars, ax)
            ax.set_title(heading, fontsize=7)
            if number:
                ax.set_yticklabels([])
            else:
                ax.set_ylabel("Stay probability")
    with style():
        _reward(results, panel(figure, "d", 4.95, 0.5, 0.65, 1.9))
    ax = panel(figure, "e", 6.1, 0.5, 0.9, 1.9)
    training(folder, results, ax)
    ax.tick_params(axis="x", labelsize=6.5)
    return save_figure(figure, folder / "figure")


def _bars(results: Mapping[str, Any], bars: str, ax: Axes) -> None:
    names = list(results["stay"])
    width = 0.8 / len(names)
    for place, name in enumerate(names):
        for slot, kind in enumerate(TRIAL_KINDS):
            part, left = results["stay"][name][bars][kind], slot - 0.4 + width * (place + 0.5)
            seeds = np.array(part["per_seed"], float)
            ax.bar(left, seeds.mean(), width, color=COLOR[name], alpha=0.45)
            ax.plot(left + np.linspace(-0.3, 0.3, len(seeds)) * width, seeds, ".", color=COLOR[name], markersize=2)
            span = [left - width / 2, left + width / 2]
            ax.plot(span, [part["bayes_optimal"]] * 2, color=PALETTE["bayes_optimal"], linewidth=1.2)
            if part["published"] is not None:
                ax.plot(left, part["published"], "D", color=PALETTE["published"], markersize=3.5, zorder=5)
    ax.set_ylim(-0.01, 1.02)
    ax.set_xticks(range(len(TRIAL_KINDS)), SHORT)


def _reward(results: Mapping[str, Any], ax: Axes) -> None:
    for name, halves in results["reward"].items():
        values = np.array([halves[half]["per_seed"] for half in HALVES], float)
        ax.plot([0, 1], values, color=COLOR[name], linewidth=0.5, alpha=0.4)
        ax.plot([0, 1], values.mean(axis=1), color=COLOR[name], linewidth=1.8, label=LABEL[name])
        for x, half in enumerate(HALVES):
            ideal = [halves[half]["bayes_optimal"]] * 2
            ax.plot([x - 0.12, x + 0.12], ideal, color=PALETTE["bayes_optimal"], linewidth=1.2)
    ax.set_xlim(-0.2, 1.2)
    ax.set_xticks([0, 1], HALVES)
    ax.set_ylabel("Reward a trial")
    ax.legend(**{**LEGEND, "bbox_to_anchor": (0.3, 1.0)}, fontsize=6.5, labelspacing=0.2, handlelength=1.0)
