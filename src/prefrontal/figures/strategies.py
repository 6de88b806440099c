"""Behaviour over the course of training."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from prefrontal.configs import TwoStepConfig
from prefrontal.errors import counted
from prefrontal.figures.parts import Above
from prefrontal.figures.rewards import reward_axis
from prefrontal.figures.style import PALETTE, save_figure, style
from prefrontal.runs.results import read_results, read_table

EMERGENCE = "emergence.csv"
"""What each network does at each moment of its training, a row each."""

LINES = {
    "model_based": ("model-based", PALETTE["common"]),
    "model_free": ("model-free", PALETTE["unrewarded"]),
    "perseveration": ("perseveration", PALETTE["chance"]),
}
"""Miller's indices: how they are called and coloured."""


def draw(folder: Path, title: str) -> list[Path]:
    """Draw the figure of a test from its files, as `prefrontal.figures` says.

    Arguments:
        UserError: when a file is missing or cannot be read.
    """
    results = read_results(folder, ("model_based_since",))
    course = read_table(folder / EMERGENCE)
    task = TwoStepConfig(**results["config"]["task"])
    rewards = {"chance": task.chance_reward, "oracle": task.oracle_reward}
    return save_figure(strategies_figure(course, title, rewards=rewards), folder / "figure")


def strategies_figure(course: pd.DataFrame, title: str, *, rewards: Mapping[str, float]) -> Figure:
    """Reward, Miller's indices and stay probabilities against training episodes.

    Arguments:
        course: one row a seed and snapshot: seed, episode, reward, the stay probabilities, the indices; and where
            models were fitted, weight and best_model.
        title: the figure's title.
        rewards: reward per episode of "chance" and "oracle".
    """
    fitted = "best_model" in course
    num_seeds, num_tests = (len(course[name].unique()) for name in ("seed", "episode"))
    with style():
        num_axes = 3 + 2 * fitted
        figure = Figure(figsize=(6.4, 6.4 + 2.6 * fitted), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots(num_axes, 1, sharex=True, height_ratios=(1, 1.5, 1.1, 0.8, 1)[:num_axes])
        reward_course(course, axes[0], rewards)
        index_course(course, axes[1])
        stay_course(course, axes[2])
        if fitted:
            weight_course(course, axes[3])
            model_course(course, axes[4])
        seeds = counted(num_seeds, "seed") + (", thin; their mean, thick" if num_seeds > 1 else "")
        caption = f"{seeds}. Tested with frozen weights at {counted(num_tests, 'moment')}."
        width, height = figure.get_size_inches()
        above = Above(width, title, caption)
        above.write(figure)
        figure.get_layout_engine().set(rect=(0, 0, 1, 1 - (above.height + 0.05) / height))  # pyright: ignore
        axes[-1].set_xlabel("Training episodes")
        axes[-1].set_xlim(0, course["episode"].max())
        axes[-1].xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    return figure


def reward_course(course: pd.DataFrame, ax: Axes, rewards: Mapping[str, float]) -> None:
    """Reward per episode, beside chance and an oracle. Nothing is cut off: see `reward_axis`."""
    _lines(course, "reward", ax, PALETTE["ours"])
    reward_axis(ax, course["reward"].to_numpy(np.float64), rewards)
    for name, reward in rewards.items():
        ax.axhline(reward, color=PALETTE[name], linewidth=1, linestyle=(0, (5, 2)), zorder=0)
        ax.annotate(f" {name}", (1, reward), xycoords=("axes fraction", "data"), color=PALETTE[name], va="center")
    ax.set_ylabel("Reward\nper episode")


def index_course(course: pd.DataFrame, ax: Axes) -> None:
    """Miller's indices."""
    for name, (label, color) in LINES.items():
        _lines(course, name, ax, color, label)
    ax.axhline(0, color="black", linewidth=0.6, zorder=0)
    ax.set_ylabel("Index (log odds)")
    ax.legend(loc="upper left", ncols=1)


def stay_course(course: pd.DataFrame, ax: Axes) -> None:
    """Stay probability after each kind of trial."""
    for transition in ("common", "uncommon"):
        for outcome, dashes in (("rewarded", "-"), ("unrewarded", (0, (3, 1.5)))):
            name = f"{transition}_{outcome}"
            wide = course.pivot(index="episode", columns="seed", values=name)
            label = f"{transition}, {outcome}"
            ax.plot(
                wide.index,
                wide.mean(axis=1),
                color=PALETTE[transition],
                linestyle=dashes,
                linewidth=1.6,
                label=label,
                gid=name,
            )
    ax.set_ylim(0, 1.03)
    ax.set_ylabel("Stay\nprobability")
    ax.legend(loc="lower right", ncols=2)


def weight_course(course: pd.DataFrame, ax: Axes) -> None:
    """The weight w of the fitted hybrid, 0 model-free and 1 model-based, of seeds that do not choose at random: while
    they do, nothing tells it."""
    told = course["weight"].mask(course["best_model"] == "biased-random")
    _lines(course.assign(weight=told), "weight", ax, PALETTE["common"])
    ax.set_title("w is not shown while choices are best explained as random", loc="left", fontsize=7, pad=2)
    ax.set_ylim(-0.03, 1.03)
    ax.set_ylabel("Weight w\nof the hybrid")


def model_course(course: pd.DataFrame, ax: Axes) -> None:
    """In how many seeds each model is the best by BIC."""
    known = course.dropna(subset="best_model")
    counts = pd.crosstab(known["episode"], known["best_model"])
    shares = counts.to_numpy(np.float64).T
    order = np.argsort(-shares.sum(axis=1))
    names, shares = [str(counts.columns[place]) for place in order], shares[order]
    colors = [list(PALETTE.values())[number % len(PALETTE)] for number in range(len(names))]
    ax.stackplot(counts.index, shares, labels=names, colors=colors, alpha=0.75, step="mid")
    ax.set_ylim(0, shares.sum(axis=0).max())
    ax.yaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_ylabel("Seeds best\nexplained by")
    ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), reverse=True)


def _lines(course: pd.DataFrame, name: str, ax: Axes, color: str, label: str | None = None) -> None:
    """A thin line a seed and their mean, thick."""
    wide = course.pivot(index="episode", columns="seed", values=name).dropna(how="all")
    ax.plot(wide.index, wide, color=color, alpha=0.3, linewidth=0.6)
    ax.plot(wide.index, wide.mean(axis=1), color=color, linewidth=1.8, label=label, gid=f"mean-{name}")
