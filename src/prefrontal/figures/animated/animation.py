"""An agent playing the two-step task, as moving pictures."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator
from PIL import Image

from prefrontal.configs.two_step import TwoStepConfig
from prefrontal.figures.animated.film import (
    DPI,
    check_animation_path,
    check_rate,
    find_writer,
    write_film,
    write_heading,
)
from prefrontal.figures.animated.frames import (
    ACTIONS,
    PHASES,
    STEPS,
    Frame,
    PlayedEpisode,
    episode_frames,
    number,
    words,
)
from prefrontal.figures.animated.traces import DOT, SHADES, Outcomes, Policies, PolicyNow, Values
from prefrontal.figures.animated.tree import BETTER, OUTCOMES, TRANSITIONS, Tree
from prefrontal.figures.style import PALETTE, style

LEGEND: dict[str, Any] = {
    "loc": "upper left",
    "borderpad": 0,
    "borderaxespad": 0,
    "handlelength": 1.8,
    "columnspacing": 1.2,
}
"""How a legend is set."""


def save_animation(
    trajectory: PlayedEpisode,
    task: TwoStepConfig,
    path: str | Path,
    *,
    title: str,
    first_trial: int = 0,
    num_trials: int | None = None,
    frames_per_second: float = 1.5,
) -> Path:
    """Film an agent that plays the two-step task: three pictures a trial (choice, transition, outcome).

    Arguments:
        trajectory: one episode, leaves (time, ...).
        task: the task that it was played in.
        path: the file to write, a .gif or an .mp4; its folder is made if it is missing.
        title: what stands above the pictures, as much of it as one line takes.
        first_trial: the first trial shown; the episode's first is 0.
        num_trials: trials shown. None: 20, or as many as there are.
        frames_per_second: pictures in a second, 0.1 to 50.

    Returns:
        The file written, whole or not at all.

    Raises:
        UserError: when `path` has another suffix, is there already, or cannot be written; when an .mp4 is asked for
            and there is no ffmpeg; when `trajectory` is not one episode of `task`, or does not have these trials.

    Example:
        >>> config = pf.TwoStepConfig(num_trials=3)
        >>> network = pf.RecurrentConfig(hidden_size=2).make(config.make(), jax.random.key(0))
        >>> episode = pf.rollout(network, config.make(), jax.random.key(1))
        >>> pf.save_animation(episode, config, "play.gif", title="Untrained", num_trials=1).name
        'play.gif'
    """
    path = Path(path)
    check_animation_path(path)
    check_rate(frames_per_second)
    with style():
        find_writer(path)
        frames = episode_frames(trajectory, task, first_trial=first_trial, num_trials=num_trials)
        write_film(frames, Picture(frames, task, title), path, frames_per_second, _palette())
    return path


def _palette() -> Image.Image:
    """Our colours and their ways to white and to the shade behind the better state.

    Chosen by frequency, as a GIF's usually are, the few pixels of a mark would lose theirs.
    """
    white = np.ones(3)
    shade = white + BETTER["alpha"] * (np.array(to_rgb(BETTER["facecolor"])) - white)
    colors = [to_rgb(color) for color in (*PALETTE.values(), "black")]
    ways = [np.linspace(color, ground, 9) for color in colors for ground in (white, shade)]
    every = np.concatenate([*ways, [to_rgb(color) for color in SHADES]])
    image = Image.new("P", (1, 1))
    image.putpalette(np.rint(255 * every).astype(int).ravel().tolist())
    return image


class Picture:
    """The figure that is filmed: made once, then brought up to date by `show`, frame by frame."""

    def __init__(self, frames: Sequence[Frame], task: TwoStepConfig, title: str):
        self.figure = Figure(figsize=(8, 5), dpi=DPI)
        self.canvas = FigureCanvasAgg(self.figure)
        write_heading(self.figure, title)
        trials = range(frames[0].trial, frames[-1].trial + 1)
        steps, num_actions = STEPS[task.encoding], frames[0].policy.shape[1]
        values = np.concatenate([frame.value for frame in frames if frame.phase == "outcome"])
        # Some models expect nothing.
        has_value = bool(np.isfinite(values).all() and np.ptp(values) > 0)
        row = 0.045
        grid = self.figure.add_gridspec(
            2 + has_value, left=0.65, right=0.98, bottom=0.1, top=0.75 - row * len(steps), hspace=0.55
        )
        now = self.figure.add_axes((0.65, 0.83 - row * len(steps), 0.28, row * len(steps)))
        panels = [self.figure.add_subplot(cell) for cell in grid]
        self.parts = [
            Words(self.figure, task),
            Tree(self.figure.add_axes((0.01, 0.29, 0.52, 0.58)), task),
            PolicyNow(now, steps, num_actions),
            Policies(panels[0], trials, steps, num_actions),
            Outcomes(panels[1], trials),
            *([Values(panels[2], trials, values)] if has_value else []),
        ]
        for ax in panels:
            ax.set_xlim(trials[0] + 0.5, trials[-1] + 1.5)
            ax.xaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
            ax.tick_params(axis="x", labelbottom=ax is panels[-1])
        panels[-1].set_xlabel("trial")
        _legends(self.figure, num_actions)

    def show(self, frame: Frame) -> None:
        """Bring the picture up to date."""
        for part in self.parts:
            part.show(frame)


class Words:
    """What happens, in words."""

    def __init__(self, figure: Figure, task: TwoStepConfig):
        self.task = task
        columns = (0.02, 0.2, 0.38)
        self.trial = figure.text(columns[0], 0.905, "", va="top", fontsize=10)
        self.total = figure.text(0.23, 0.905, "", va="top", fontsize=10)
        self.headings = [figure.text(x, 0.27, phase, va="top") for x, phase in zip(columns, PHASES, strict=True)]
        self.words = [figure.text(x, 0.235, "", va="top", fontsize=9.5, weight="bold") for x in columns]
        self.notes = [figure.text(x, 0.19, "", va="top", fontsize=7.5, color="dimgrey") for x in columns]

    def show(self, frame: Frame) -> None:
        """Bring the words up to date."""
        self.trial.set_text(f"trial {frame.trial + 1} of {self.task.num_trials}")
        self.total.set_text(f"reward so far {number(frame.total)}")
        now = PHASES.index(frame.phase)
        word, note = words(frame, self.task)
        for phase, heading in enumerate(self.headings):
            heading.set(color="black" if phase == now else "darkgrey", weight="bold" if phase == now else "normal")
            if phase >= now:
                self.words[phase].set_text(word if phase == now else "")
                self.notes[phase].set_text(note if phase == now else "")


def _legends(figure: Figure, num_actions: int) -> None:
    figure.text(0.57, 0.905, "policy now", va="top", fontsize=9)
    actions = {name: Patch(facecolor=shade) for name, shade in zip(ACTIONS[:num_actions], SHADES, strict=False)}
    taken = {"action taken": Line2D([], [], markersize=5, **DOT)}
    lines = {f"{name} transition": Line2D([], [], linewidth=3, **looks) for name, looks in TRANSITIONS.items()}
    marks = {name: Line2D([], [], linestyle="", markersize=7, **looks) for name, looks in OUTCOMES.items()}
    better = {"better state, hidden from the agent": Patch(**BETTER)}
    for handles, corner, columns in (
        (actions | taken, (0.57, 0.87), 4),
        (lines | marks | better, (0.02, 0.11), 3),
    ):
        figure.legend(handles.values(), handles.keys(), bbox_to_anchor=corner, ncols=columns, **LEGEND)
