"""The panels of restless arms: learning rates fitted to blocks, what the fits prefer, and an episode."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from prefrontal.errors import counted
from prefrontal.figures.bandits import COLORS, apart, end_label, framed, panel
from prefrontal.figures.parts import names_below, seeds_of
from prefrontal.figures.style import PALETTE, save_figure, style
from prefrontal.runs.results import read_results

COLOR = {"low": PALETTE["oracle"], "high": PALETTE["unrewarded"]}
"""Of a volatility."""
MODELS = {"b": r"$\beta$", "be": r"$\beta, \epsilon$", "ab": r"$\alpha, \beta$", "abe": r"$\alpha, \beta, \epsilon$"}
"""What a model fits, as written below its bars."""
WHOSE = {"networks": PALETTE["ours"], "control": PALETTE["common"]}
"""Whose choices were fitted."""
ABOVE: dict[str, Any] = {"loc": "lower center", "bbox_to_anchor": (0.5, 1.0), "borderaxespad": 0.2}
"""A legend above the axes."""


NEEDED = ("seeds", "test_episodes", "curves", "block_learning_rate", "bic", "examples", "tuned", "config")


def draw(folder: Path, title: str, *, block_episodes: int) -> list[Path]:
    """Draw the figure of a test from its files, as `prefrontal.figures` says.

    Arguments:
        block_episodes: episodes of one volatility that were fitted together.
    """
    results = read_results(folder, NEEDED)
    tuned, task, seeds = results["tuned"], results["config"]["task"], results["seeds"]
    caption = (
        f"{seeds_of(results)}, {counted(results['test_episodes'], 'test episode')} each, weights frozen. "
        f"Thompson (volatility {tuned['thompson_volatility']:g}), Rescorla-Wagner (rate {tuned['learning_rate']:g}): "
        f"the best fixed ones. c, d: fits to blocks of {counted(block_episodes, 'episode')}; control: a rate of .5. "
        f"e, f: seed {seeds[0]}."
    )
    figure = framed(title, caption, 7.2, 6.6)
    for letter, volatility, left in (("a", "low", 0.7), ("b", "high", 4.2)):
        ax = panel(figure, letter, left, 5.0, 1.65, 1.5)
        ax.set_title(f"{volatility} volatility: {task[f'{volatility}_volatility']:g} a trial", fontsize=8)
        curves = {name: np.atleast_2d(rows) for name, rows in results["curves"][volatility].items()}
        regret_above_ideal(curves, ax)
    rates_by_block(results["block_learning_rate"], panel(figure, "c", 0.7, 2.65, 3.75, 1.45))
    bic_bars(results["bic"], panel(figure, "d", 5.2, 2.65, 1.85, 1.45))
    for letter, volatility, left in (("e", "low", 0.7), ("f", "high", 4.2)):
        ax = panel(figure, letter, left, 0.75, 2.85, 1.15)
        walked_episode(results["examples"][volatility], volatility, ax)
    episode_legend(figure, 0.02)
    return save_figure(figure, folder / "figure")


def regret_above_ideal(curves: Mapping[str, Float[np.ndarray, "network trial"]], ax: Axes) -> None:
    """How much more regret each agent has than the ideal observer, by trial: what all share does not hide it.

    Arguments:
        curves: cumulative regret by agent, "ideal observer" among them.
        ax: where to draw. Leave about 2.5 cm to its right.
    """
    with style():
        ideal = curves["ideal observer"].mean(axis=0)
        trials = np.arange(1, len(ideal) + 1)
        ends, every = {}, [np.zeros(1)]
        for name, rows in curves.items():
            above, ours = rows - ideal, name == "networks"
            if len(rows) > 1:
                ax.plot(trials, above.T, color=COLORS[name], alpha=0.35, linewidth=0.6)
            mean = above.mean(axis=0)
            ax.plot(trials, mean, color=COLORS[name], linewidth=2.0 if ours else 1.2, zorder=4 if ours else 3, gid=name)
            ends[name] = float(mean[-1])
            every.append(above.ravel())
        low, high = float(np.min(np.concatenate(every))), float(np.max(np.concatenate(every)))
        ax.set_xlim(0, len(trials))
        ax.set_ylim(low - 0.05 * (high - low), high + 0.05 * (high - low))
        for name, height in zip(ends, apart(list(ends.values()), ax), strict=True):
            regret = float(curves[name].mean(axis=0)[-1])
            end_label(ax, height, f"{name} {regret:.2f}", COLORS[name])
        ax.set_xlabel("Trial")
        ax.set_ylabel("Regret above the\nideal observer's")
        ax.xaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))


def rates_by_block(rates: Mapping[str, Mapping[str, Sequence[float | int]]], ax: Axes) -> None:
    """The learning rate fitted to each block: a dot a block, its mean a line; an agent a column.

    Arguments:
        rates: by volatility, then by agent, in the order in which they are drawn.
        ax: where to draw. Leave about 0.7 cm above it.
    """
    with style():
        for volatility, side in (("low", -0.2), ("high", 0.2)):
            for place, values in enumerate(rates[volatility].values()):
                beside = place + side + np.linspace(-0.11, 0.11, len(values))
                looks: dict[str, Any] = {"color": COLOR[volatility], "clip_on": False}
                ax.plot(beside, values, "o", markersize=2, alpha=0.45, markeredgewidth=0, **looks)
                mean = np.mean(values)
                ax.plot([place + side - 0.17, place + side + 0.17], [mean, mean], linewidth=2.0, zorder=4, **looks)
        for volatility, color in COLOR.items():
            ax.plot([], [], color=color, marker="o", markersize=3, label=f"{volatility} volatility")
        names = [f"{name}" if name.isdigit() else name.replace(" ", "\n") for name in rates["low"]]
        names_below(ax, names, fontsize=7)
        num = sum(name.isdigit() for name in rates["low"])
        ax.axvline(num - 0.5, color="lightgrey", linewidth=0.8)
        ax.set_xlim(-0.6, len(names) - 0.4)
        ax.set_ylim(0, 1)
        ax.set_xlabel("Seed of the network", x=num / 2 / len(names))
        ax.set_ylabel(r"Fitted learning rate $\alpha$")
        ax.legend(**ABOVE, ncols=2, handlelength=1.6)


def bic_bars(bic: Mapping[str, Mapping[str, Any]], ax: Axes) -> None:
    """By how much each model's BIC, a block, is above that of the best: of networks, a dot a seed, and of the control.

    Arguments:
        bic: "networks": by model "per_seed"; "control": by model a number.
        ax: where to draw. Leave about 1 cm above it.
    """
    with style():
        seeds = np.array([bic["networks"][model]["per_seed"] for model in MODELS], float)
        control = np.array([bic["control"][model] for model in MODELS], float)
        above = seeds - seeds.min(axis=0)
        place = np.arange(len(MODELS))
        bars = {"networks": (-0.2, above.mean(axis=1)), "control": (0.2, control - control.min())}
        labels = {"networks": "networks, a dot a seed", "control": "control"}
        for whose, (side, values) in bars.items():
            ax.bar(place + side, values, 0.36, color=WHOSE[whose], alpha=0.5, linewidth=0, label=labels[whose])
        beside = np.linspace(-0.13, 0.13, seeds.shape[1]) if seeds.shape[1] > 1 else np.zeros(1)
        for column, values in zip(place, above, strict=True):
            dots: dict[str, Any] = {"color": WHOSE["networks"], "markeredgecolor": "white", "markeredgewidth": 0.3}
            ax.plot(column - 0.2 + beside, values, "o", markersize=3, clip_on=False, zorder=4, **dots)
        names_below(ax, list(MODELS.values()))
        ax.set_ylim(bottom=0)
        ax.set_xlabel("Fitted to each block")
        ax.set_ylabel("BIC above the best\nmodel's, per block")
        ax.legend(**ABOVE, handlelength=1.0, labelspacing=0.2)


def walked_episode(example: Mapping[str, Sequence[float | int]], volatility: str, ax: Axes) -> None:
    """One episode: where p went, and what was pulled and paid.

    Arguments:
        example: "p", "choice" and "reward", one a trial.
        volatility: its name.
        ax: where to draw.
    """
    with style():
        p, choice, reward = (np.array(example[name], float) for name in ("p", "choice", "reward"))
        trials = np.arange(1, len(p) + 1)
        ax.axhline(0.5, color="lightgrey", linewidth=0.8)
        ax.plot(trials, p, color=COLOR[volatility])
        top, bottom = 1.3, -0.3
        height = np.where(choice == 0, top, bottom)
        for paid, color in ((1, PALETTE["ours"]), (0, "darkgrey")):
            these = reward == paid
            ax.plot(trials[these], height[these], "|", color=color, markersize=5, markeredgewidth=1.1)
        ax.set_ylim(bottom - 0.12, top + 0.12)
        ax.spines["left"].set_bounds(0, 1)
        ax.set_yticks([0, 0.5, 1], ["0", ".5", "1"])
        ax.set_yticks([bottom, top], ["arm 2", "arm 1"], minor=True)
        ax.tick_params(axis="y", which="minor", length=0, pad=2, labelsize=7)
        ax.set_xlim(0, len(p) + 1)
        ax.set_xlabel("Trial")
        ax.set_ylabel("p", rotation=0, va="center")
        ax.set_title(f"{volatility} volatility", fontsize=8)


def episode_legend(figure: Figure, y: float) -> None:
    """What the marks of `walked_episode` mean, in the middle of `figure`; `y` in inches from below."""
    with style():
        marks = {
            "p, the chance that arm 1 pays": Line2D([], [], color="dimgrey"),
            "pull, paid": Line2D([], [], color=PALETTE["ours"], linestyle="", marker="|", markeredgewidth=1.1),
            "pull, not paid": Line2D([], [], color="darkgrey", linestyle="", marker="|", markeredgewidth=1.1),
        }
        place = (0.5, y / figure.get_size_inches()[1])
        figure.legend(list(marks.values()), list(marks), loc="lower center", bbox_to_anchor=place, ncols=3)
