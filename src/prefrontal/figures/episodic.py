"""The figures of networks with a memory for episodes, beside the same without."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from prefrontal.figures.bandits import framed, panel
from prefrontal.figures.panels import count_episodes
from prefrontal.figures.parts import published_by
from prefrontal.figures.style import PALETTE, save_figure, style
from prefrontal.runs.results import read_learning, read_results

COLOR = {"memory": PALETTE["unrewarded"], "no-memory": PALETTE["common"]}
LABEL = {"memory": "with memory", "no-memory": "without"}
LEGEND: dict[str, Any] = {"loc": "lower center", "bbox_to_anchor": (0.5, 1.0), "borderaxespad": 0.3}
"""A legend above the axes."""


def draw_cued_bandits(folder: Path, title: str) -> list[Path]:
    """Draw the figure of a test on cued bandits from its files, as `prefrontal.figures` says."""
    results = read_results(folder, ("seeds", "test_epochs", "bounds", "by_exposure", "by_pull"))
    bounds = results["bounds"]
    caption = (
        f"{len(results['seeds'])} seeds, {results['test_epochs']:,} test epochs each, weights frozen. Expected reward "
        "of the arms pulled. a: thin, a seed; thick, their mean. b: mean over seeds, the first time a bandit is met "
        "(broken) and the last (whole). Best without memory: the optimal learner that starts every episode from "
        "nothing (exact). c: in training, a running mean of each seed."
    )
    figure = framed(title, caption, 7.2, 3.0)
    ax = panel(figure, "a", 0.6, 0.5, 1.7, 2.0)
    with style():
        lines_by_exposure({name: part["per_seed"] for name, part in results["by_exposure"].items()}, ax)
        _bounds(ax, {"known": bounds["known"], "blind": bounds["blind"]})
        if bounds["best_without_memory"] is not None:
            ax.axhline(bounds["best_without_memory"], color=PALETTE["bayes_optimal"], linewidth=1.0, linestyle="--")
            ax.plot([], [], color=PALETTE["bayes_optimal"], linestyle="--", label="best without memory")
        ax.set_ylabel("Reward per pull")
        ax.legend(**LEGEND, fontsize=6.5, ncols=1, labelspacing=0.2)
        ax.set_xlabel("How often it was met")
    _by_pull(results, panel(figure, "b", 3.0, 0.5, 1.7, 2.0))
    training(folder, results, panel(figure, "c", 5.35, 0.5, 1.65, 2.0))
    return save_figure(figure, folder / "figure")


def lines_by_exposure(per_seed: Mapping[str, Any], ax: Axes) -> None:
    """One line a seed and their mean, by how often a problem was met; a colour a variant.

    Arguments:
        per_seed: by variant, (seed, exposure).
        ax: where to draw.
    """
    for name, values in per_seed.items():
        seeds = np.array(values, float)
        number = np.arange(1, seeds.shape[1] + 1)
        ax.plot(number, seeds.T, color=COLOR[name], linewidth=0.5, alpha=0.4)
        ax.plot(number, seeds.mean(axis=0), color=COLOR[name], linewidth=1.8, label=LABEL[name])
        ax.set_xticks(number if len(number) < 8 else number[::3])
    ax.set_ylim(0, 1)


def _bounds(ax: Axes, bounds: Mapping[str, float]) -> None:
    """Lines across, named at their right ends."""
    for name, value in bounds.items():
        ax.axhline(value, color=PALETTE["chance"], linewidth=0.8, linestyle=":")
        ax.text(0.99, value + 0.015, name, transform=ax.get_yaxis_transform(), ha="right", va="bottom", fontsize=6.5)


def _by_pull(results: Mapping[str, Any], ax: Axes) -> None:
    with style():
        pull = np.arange(1, len(next(iter(results["by_pull"].values()))["first"]) + 1)
        for name, part in results["by_pull"].items():
            for when, looks in (("first", (0, (3, 1.5))), ("last", "-")):
                ax.plot(pull, np.array(part[when], float), color=COLOR[name], linestyle=looks, linewidth=1.5)
        if results.get("best_by_pull"):
            ax.plot(pull, results["best_by_pull"], color=PALETTE["bayes_optimal"], linestyle="--", linewidth=1.0)
        _bounds(ax, {"known": results["bounds"]["known"], "blind": results["bounds"]["blind"]})
        ax.plot([], [], color="black", linestyle=(0, (3, 1.5)), label="first time met")
        ax.plot([], [], color="black", label="last time met")
        ax.legend(**LEGEND, fontsize=6.5, labelspacing=0.2)
        ax.set_ylim(0, 1)
        ax.set_xticks(pull[::3] if len(pull) > 8 else pull)
        ax.set_xlabel("Pull")
        ax.set_ylabel("Reward per pull")


def training(folder: Path, results: Mapping[str, Any], ax: Axes) -> None:
    """Reward in training, a line a seed, a colour a variant."""
    with style():
        learning = read_learning(folder)
        learning = learning[learning["seed"].isin(results["seeds"])]
        for name, of_variant in learning.groupby("variant", sort=False):
            table = of_variant.pivot(index="episode", columns="seed", values="reward")
            smooth = table.rolling(max(1, len(table) // 25), min_periods=1).mean()
            ax.plot(smooth.index, smooth.to_numpy(), color=COLOR[str(name)], linewidth=0.6, alpha=0.7)
        ax.set_xlim(left=0)
        ax.set_ylabel("Reward per episode")
        count_episodes(ax)


def draw_harlow(folder: Path, title: str) -> list[Path]:
    """Draw the figure of a test on Harlow's task with pairs met again, as `prefrontal.figures` says."""
    results = read_results(folder, ("seeds", "test_epochs", "by_trial", "by_exposure", "verdicts"))
    caption = (
        f"{len(results['seeds'])} seeds, {results['test_epochs']:,} test epochs each, weights frozen. Thin, a seed; "
        "thick, their mean. a: whole, pairs met before; broken, pairs met for the first time. b: the first choice of "
        "an episode. c: in training, a running mean of each seed."
        + published_by(results, "AlKhamissi et al. (2021), diamonds")
    )
    figure = framed(title, caption, 7.2, 2.9)
    ax = panel(figure, "a", 0.6, 0.5, 1.7, 2.0)
    with style():
        for name, part in results["by_trial"].items():
            again, first = (np.array(part[when], float) for when in ("again", "first"))
            trial = np.arange(1, again.shape[1] + 1)
            ax.plot(trial, again.T, color=COLOR[name], linewidth=0.5, alpha=0.4)
            ax.plot(trial, again.mean(axis=0), color=COLOR[name], linewidth=1.8, label=LABEL[name])
            ax.plot(trial, first.mean(axis=0), color=COLOR[name], linewidth=1.2, linestyle=(0, (3, 1.5)))
            ax.set_xticks(trial)
        for verdict in results["verdicts"]:
            if verdict["tolerance"] is not None and verdict["published"] is not None:
                ax.plot(1, verdict["published"], "D", color=PALETTE["published"], markersize=4, zorder=5)
        _bounds(ax, {"chance": 0.5})
        ax.set_ylim(0, 1.02)
        ax.set_xlabel("Trial")
        ax.set_ylabel("Accuracy")
        ax.legend(**LEGEND, fontsize=6.5, labelspacing=0.2)
    ax = panel(figure, "b", 3.0, 0.5, 1.7, 2.0)
    with style():
        lines_by_exposure(results["by_exposure"], ax)
        _bounds(ax, {"chance": 0.5})
        ax.set_ylim(0, 1.02)
        ax.set_xlabel("How often the pair was met")
        ax.set_ylabel("Accuracy on trial 1")
    training(folder, results, panel(figure, "c", 5.35, 0.5, 1.65, 2.0))
    return save_figure(figure, folder / "figure")
