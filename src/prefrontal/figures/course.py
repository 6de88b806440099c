"""How behaviour comes about in training: what frozen weights did in a test at one moment, and at all of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float, Real
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from prefrontal.configs.two_step import TRIAL_KINDS
from prefrontal.errors import UserError, argument, counted
from prefrontal.figures.panels import OUTCOMES, TRANSITIONS, stay_bars
from prefrontal.figures.parts import Above
from prefrontal.figures.rewards import count_episodes, reference_lines, reward_axis
from prefrontal.figures.style import PALETTE, save_figure, style
from prefrontal.runs.results import COURSE, read_results

COLUMNS = ("seed", "episode", "reward", *TRIAL_KINDS)
"""What is known of each seed at each moment, a row each."""
PUBLISHED: dict[str, Any] = {"marker": "<", "markersize": 5, "linestyle": "", "clip_on": False, "zorder": 5}
"""How a published stay probability stands at the end of a curve, in the colour of its transition."""
PLOT_SIZE = (3.6, 3.0)
"""Inches of the plot of one moment: it is to be drawn often, and looked at small."""


@dataclass(frozen=True)
class Course:
    """Behaviour in tests with frozen weights, at moments of the training."""

    episodes: Real[np.ndarray, " moment"]
    """Training episodes completed, ascending."""
    stay: Mapping[str, Float[np.ndarray, "seed moment"]]
    """Stay probability after each transition and outcome, "common_rewarded" and so on; NaN where none was met."""
    reward: Float[np.ndarray, "seed moment"]
    """Mean reward per test episode."""

    def __post_init__(self) -> None:
        if not self.reward.size:
            raise UserError(
                f"`reward` must not be empty, got shape {self.reward.shape}. Train with {argument('plot_every')}."
            )


def read_course(folder: Path) -> Course | None:
    """What `course.csv` holds, at the moments that all its seeds share; None where there is nothing.

    Raises:
        UserError: when `course.csv` cannot be read.
    """
    path = folder / COURSE
    if not path.exists():
        return None
    try:
        table = pd.read_csv(path, index_col=["seed", "episode"])[["reward", *TRIAL_KINDS]]
    except (OSError, ValueError, KeyError) as error:
        raise UserError(f"`{path}` must be a table of tests, got {error}. Evaluate the run again.") from error
    seeds = table.index.unique("seed")
    shared = [episode for episode, rows in table.groupby(level="episode") if len(rows) == len(seeds)]
    by_seed = {name: table[name].unstack("episode").loc[seeds, shared].to_numpy(np.float64) for name in table}
    return Course(
        episodes=np.array(shared), reward=by_seed["reward"], stay={name: by_seed[name] for name in TRIAL_KINDS}
    )


def draw(folder: Path, title: str) -> list[Path]:
    """Draw `course` from the files of a test, where there are any: see `prefrontal.figures`."""
    curves = read_course(folder)
    if curves is None:
        return []
    results = read_results(folder, ("stay_probability", "reward_per_episode", "test_episodes"))
    published = {name: part["published"] for name, part in results["stay_probability"].items()}
    reward = results["reward_per_episode"]
    figure = course_figure(
        curves,
        f"Along the training of {title}",
        references={"oracle": reward["oracle"], "Bayes-optimal": reward["bayes_optimal"], "chance": reward["chance"]},
        published={name: value for name, value in published.items() if value is not None},
        source=results["published_source"] or "",
        test_episodes=results["test_episodes"],
    )
    return save_figure(figure, folder / "course")


def stay_curves(curves: Course, outcome: str, published: Mapping[str, float], ax: Axes) -> None:
    """Stay probabilities after one outcome as training goes: a thin line a seed, their mean thick.

    Model-based behaviour shows as the two transitions coming apart: after a reward the common one stays above, without
    one below. Model-free behaviour keeps them together.

    Arguments:
        curves: what to draw.
        outcome: "rewarded" or "unrewarded".
        published: where there are any, by transition and outcome; they stand at the right edge.
        ax: where to draw.
    """
    with style():
        for transition in TRANSITIONS:
            name, color = f"{transition}_{outcome}", PALETTE[transition]
            seeds = curves.stay[name]
            for number, seed in enumerate(seeds if len(seeds) > 1 else []):
                ax.plot(curves.episodes, seed, color=color, alpha=0.35, linewidth=0.6, gid=f"seed-{number}-{name}")
            ax.plot(curves.episodes, _mean(seeds), color=color, linewidth=1.8, gid=f"mean-{name}")
            if name in published:
                ax.plot([curves.episodes[-1]], [published[name]], color=color, **PUBLISHED, gid=f"published-{name}")
        ax.set_title(f"after {'reward' if outcome == 'rewarded' else 'no reward'}", loc="left")
        ax.set_ylim(-0.02, 1.02)
        ax.spines["left"].set_bounds(0, 1)
        ax.set_yticks(np.linspace(0, 1, 6))
        ax.set_xlim(0, max(curves.episodes[-1], 1))
        count_episodes(ax)


def reward_curves(curves: Course, references: Mapping[str, float], ax: Axes) -> None:
    """Mean reward per test episode as training goes: a thin line a seed, their mean thick.

    Nothing is cut off: see `reward_axis`.

    Arguments:
        curves: what to draw.
        references: what it is held against, by name; "chance" among them.
        ax: where to draw. The references are named to the right of the axes: leave about 2.5 cm.
    """
    with style():
        ours: dict[str, Any] = {"color": PALETTE["ours"]}
        for number, seed in enumerate(curves.reward if len(curves.reward) > 1 else []):
            ax.plot(curves.episodes, seed, **ours, alpha=0.35, linewidth=0.6, gid=f"seed-{number}-reward")
        ax.plot(curves.episodes, _mean(curves.reward), **ours, linewidth=1.8, gid="mean-reward")
        ax.set_title("reward per episode", loc="left")
        reward_axis(ax, curves.reward, references)
        ax.set_xlim(0, max(curves.episodes[-1], 1))
        reference_lines(references, ax)
        count_episodes(ax)


def course_figure(
    curves: Course,
    title: str,
    *,
    references: Mapping[str, float],
    published: Mapping[str, float],
    source: str = "",
    test_episodes: int,
) -> Figure:
    """The four stay probabilities and the reward over training, all seeds.

    Arguments:
        curves: what to draw.
        title: the figure's title.
        references: as for `reward_curves`.
        published: stay probabilities, by transition and outcome.
        source: where those are from.
        test_episodes: episodes of each test.
    """
    with style():
        width = 7.2
        above = Above(width, title, _caption(curves, test_episodes, source if published else ""))
        height = 2.9 + above.height
        figure = Figure(figsize=(width, height))
        FigureCanvasAgg(figure)
        boxes = [(left / width, 0.88 / height, 1.5 / width, 1.75 / height) for left in (0.5, 2.45, 4.45)]
        rewarded, unrewarded, reward = (figure.add_axes(box) for box in boxes)
        for outcome, ax in zip(OUTCOMES, (rewarded, unrewarded), strict=True):
            stay_curves(curves, outcome, published, ax)
        rewarded.set_ylabel("Stay probability")
        unrewarded.tick_params(labelleft=False)
        reward_curves(curves, references, reward)
        handles = {f"{name} transition": Line2D([], [], color=PALETTE[name], linewidth=1.8) for name in TRANSITIONS}
        if published:
            handles["published"] = Line2D([], [], color=PALETTE["ours"], **PUBLISHED)
        place = (2.15 / width, 0.42 / height)
        figure.legend(handles.values(), handles.keys(), loc="upper center", bbox_to_anchor=place, ncols=3)
        above.write(figure)
    return figure


def moment_figure(result: Mapping[str, Any], title: str) -> Figure:
    """The stay probabilities of one seed at one moment of its training.

    Arguments:
        result: as for `stay_bars`.
        title: one line.
    """
    with style():
        width, height = PLOT_SIZE
        figure = Figure(figsize=PLOT_SIZE)
        FigureCanvasAgg(figure)
        ax = figure.add_axes((0.5 / width, 0.85 / height, 2.95 / width, 1.8 / height))
        stay_bars(result, ax)
        figure.text(0.1 / width, 1 - 0.08 / height, title, va="top", fontsize=9, weight="bold")
    return figure


def _caption(curves: Course, test_episodes: int, source: str) -> str:
    num_seeds, num_moments = curves.reward.shape
    seeds = counted(num_seeds, "seed") + " (thin) and their mean" * (num_seeds > 1)
    caption = (
        f"{seeds}. At {counted(num_moments, 'moment')} the weights were frozen and tested for "
        f"{counted(test_episodes, 'episode')}."
    )
    return caption + (f" Published values: {source}." if source else "")


def _mean(values: Float[np.ndarray, "seed moment"]) -> Float[np.ndarray, " moment"]:
    """Over the seeds that have a value; NaN where none has."""
    known = np.isfinite(values)
    count = known.sum(axis=0)
    total = np.where(known, values, 0).sum(axis=0)
    return np.divide(total, count, out=np.full(len(count), np.nan), where=count > 0)
