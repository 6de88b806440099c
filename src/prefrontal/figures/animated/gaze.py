"""An agent playing Harlow's task from pixels, as moving pictures: what it sees, where it looks, what it gets."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from prefrontal.configs.harlow_pixels import HarlowPixelsConfig
from prefrontal.figures.animated.choices import OUTCOMES, PolicyNow
from prefrontal.figures.animated.film import (
    DPI,
    check_animation_path,
    check_rate,
    find_writer,
    write_film,
    write_heading,
)
from prefrontal.figures.animated.frames import number
from prefrontal.figures.animated.gaze_frames import ACTIONS, RIGHT, GazeFrame, PlayedGaze, gaze_frames
from prefrontal.figures.style import PALETTE, style


def save_gaze_animation(
    trajectory: PlayedGaze,
    task: HarlowPixelsConfig,
    path: str | Path,
    *,
    title: str,
    first_trial: int = 0,
    num_trials: int | None = None,
    frames_per_second: float = 4.0,
) -> Path:
    """Film an agent that plays Harlow's task from pixels: a picture a step.

    Arguments:
        trajectory: one episode, leaves (time, ...).
        task: the task that it was played in.
        path: the file to write, a .gif or an .mp4; its folder is made if it is missing.
        title: what stands above the pictures, as much of it as one line takes.
        first_trial: the first trial shown; the episode's first is 0.
        num_trials: trials shown, at the most. None: all from there on.
        frames_per_second: pictures in a second, 0.1 to 50.

    Returns:
        The file written, whole or not at all.

    Raises:
        UserError: see `gaze_frames`; when `path` has another suffix, is there already, or cannot be written; when an
            .mp4 is asked for and there is no ffmpeg.
    """
    path = Path(path)
    check_animation_path(path)
    check_rate(frames_per_second)
    with style():
        find_writer(path)
        frames = gaze_frames(trajectory, task, first_trial=first_trial, num_trials=num_trials)
        write_film(frames, GazePicture(frames, task, title), path, frames_per_second)
    return path


class GazePicture:
    """The figure that is filmed: made once, then brought up to date by `show`, frame by frame."""

    def __init__(self, frames: Sequence[GazeFrame], task: HarlowPixelsConfig, title: str):
        self.task, self.figure = task, Figure(figsize=(8, 5), dpi=DPI)
        self.canvas = FigureCanvasAgg(self.figure)
        write_heading(self.figure, title)
        self.words = {name: self.figure.text(x, 0.915, "", va="top", fontsize=10) for name, x in _COLUMNS.items()}
        self.eye = _Eye(self.figure.add_axes((0.03, 0.5, 0.57, 0.33)), task)
        self.world = _World(self.figure.add_axes((0.03, 0.17, 0.57, 0.2)), task)
        self.policy = PolicyNow(self.figure.add_axes((0.7, 0.65, 0.27, 0.17)), ACTIONS)
        steps = range(frames[0].step, frames[-1].step + 1)
        self.value = _Value(self.figure.add_axes((0.7, 0.36, 0.27, 0.17)), steps, [frame.value for frame in frames])
        self.paid = _Paid(self.figure.add_axes((0.7, 0.1, 0.27, 0.17)), steps)

    def show(self, frame: GazeFrame) -> None:
        """Bring the picture up to date."""
        self.words["trial"].set_text(f"trial {frame.trial + 1} of {self.task.num_trials}")
        self.words["shown"].set_text(f"shown: {frame.shown}")
        self.words["total"].set_text(f"reward so far {number(round(frame.total, 6))}")
        for part in (self.eye, self.world, self.policy, self.value, self.paid):
            part.show(frame)


_COLUMNS = {"trial": 0.03, "shown": 0.2, "total": 0.7}


class _Eye:
    """The frame, as it comes to the network."""

    def __init__(self, ax: Axes, task: HarlowPixelsConfig):
        rows, columns = task.frame
        blank, tall = np.zeros((rows, columns, 3), np.uint8), max(rows, 9 * task.scale)  # a line is drawn as a band
        self.image = ax.imshow(blank, interpolation="nearest", extent=(0, columns, tall, 0))
        ax.set_title(f"what the agent sees: {columns} by {rows} pixels", loc="left")
        ax.set(xticks=[], yticks=[])
        for spine in ax.spines.values():
            spine.set_visible(True)

    def show(self, frame: GazeFrame) -> None:
        self.image.set_data(frame.seen)


class _World:
    """Where the camera looks: the frame in its place, and the good side, which the agent cannot see."""

    def __init__(self, ax: Axes, task: HarlowPixelsConfig):
        rows, self.columns = task.frame
        rows = max(rows, 9 * task.scale)  # a line is drawn as a band
        self.step, self.distance, self.reach = task.scale, task.distance, 1.3 * self.columns
        ax.set(xlim=(-self.reach, self.reach), ylim=(rows * 1.15, -rows * 0.45), aspect="equal", yticks=[])
        ax.set_title("where it looks, in steps from the cross", loc="left")
        ticks = np.arange(-28, 29, 7)
        ax.set_xticks(ticks * task.scale, [str(tick).replace("-", "\N{MINUS SIGN}") for tick in ticks])
        ax.spines["left"].set_visible(False)
        self.image = ax.imshow(np.zeros((rows, self.columns, 3), np.uint8), interpolation="nearest", aspect="equal")
        self.edge = Rectangle((0, 0), self.columns, rows, fill=False, edgecolor="black", linewidth=1.5)
        ax.add_patch(self.edge)
        self.gaze = ax.plot([], [], marker="v", color="black", markersize=6, linestyle="", clip_on=False)[0]
        self.good = ax.plot([], [], marker="*", color=PALETTE["rewarded"], markersize=8, linestyle="")[0]
        self.rows = rows
        ax.set(xlim=(-self.reach, self.reach), ylim=(rows * 1.15, -rows * 0.45))
        marks = [
            Line2D([], [], marker="v", color="black", linestyle="", markersize=6, label="gaze"),
            Line2D([], [], marker="*", color=PALETTE["rewarded"], linestyle="", markersize=8, label=_GOOD),
        ]
        ax.legend(handles=marks, loc="lower left", bbox_to_anchor=(0, -0.65), ncols=2, borderaxespad=0, borderpad=0)

    def show(self, frame: GazeFrame) -> None:
        left = frame.place - self.columns / 2
        self.image.set_extent((left, left + self.columns, self.rows, 0))
        self.image.set_data(frame.seen)
        self.edge.set_xy((left, 0))
        self.gaze.set_data([frame.place], [-0.2 * self.rows])
        side = [] if frame.good_side is None else [self.distance if frame.good_side == RIGHT else -self.distance]
        self.good.set_data(side, [-0.2 * self.rows] * len(side))


_GOOD = "above the picture that pays, hidden from the agent"


class _Value:
    """The agent's value at every step."""

    def __init__(self, ax: Axes, steps: range, values: Sequence[float]):
        self.first, self.values = steps[0], np.full(len(steps), np.nan)
        self.line = ax.plot(np.array(steps) + 1, self.values, color=PALETTE["ours"])[0]
        margin = 0.1 * (np.ptp(values) or 1.0)
        _along(ax, steps)
        ax.set(ylim=(min(values) - margin, max(values) + margin))
        ax.set_title("value: reward expected", loc="left")
        ax.tick_params(axis="x", labelbottom=False)

    def show(self, frame: GazeFrame) -> None:
        self.values[frame.step - self.first] = frame.value
        self.line.set_ydata(self.values)


class _Paid:
    """What was paid, and how trials ended."""

    def __init__(self, ax: Axes, steps: range):
        self.first, self.paid = steps[0], np.full(len(steps), np.nan)
        self.bars = ax.vlines(np.array(steps) + 1, 0, 0, color="darkgrey", linewidth=1.5)
        self.steps = np.array(steps) + 1
        self.ends: dict[str, list[tuple[int, float]]] = {name: [] for name in OUTCOMES}
        self.marks = {
            name: ax.plot([], [], linestyle="", markersize=6, clip_on=False, label=name, **looks)[0]
            for name, looks in OUTCOMES.items()
        }
        _along(ax, steps)
        ax.axhline(0, color="black", linewidth=0.6)
        ax.set(ylim=(-1.2, 1.2), yticks=(-1, 0, 1), xlabel="step")
        ax.set_title("reward", loc="left", pad=14)
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=3, borderaxespad=0, handletextpad=0.2, fontsize=7)

    def show(self, frame: GazeFrame) -> None:
        self.paid[frame.step - self.first] = frame.paid
        self.bars.set_segments([[(x, 0), (x, y)] for x, y in zip(self.steps, np.nan_to_num(self.paid), strict=True)])
        if frame.outcome is not None:
            self.ends[frame.outcome].append((frame.step + 1, frame.paid))
        for name, ends in self.ends.items():
            self.marks[name].set_data(*(zip(*ends, strict=True) if ends else ([], [])))


def _along(ax: Axes, steps: range) -> None:
    ax.set_xlim(steps[0] + 0.5, steps[-1] + 1.5)
    ax.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
