"""An agent playing Harlow's task in vectors, as moving pictures: what it is shown, what it does, what it gets."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from prefrontal.configs.harlow import STEPS_PER_TRIAL, HarlowConfig
from prefrontal.errors import UserError, check_count
from prefrontal.figures.animated.choices import OUTCOMES, PolicyNow
from prefrontal.figures.animated.film import (
    DPI,
    check_animation_path,
    check_rate,
    find_writer,
    write_film,
    write_heading,
)
from prefrontal.figures.animated.frames import ACTIONS, number
from prefrontal.figures.style import PALETTE, style


@dataclass(frozen=True)
class ObjectsFrame:
    """What one picture says, that of a step: nothing that comes later, and one thing that is hidden from the agent."""

    trial: int
    """Counts from 0."""
    objects: Float[np.ndarray, "2 feature"] | None
    """What is on the left and on the right; None while the cross is shown."""
    good_side: int
    """0 left, 1 right; hidden from the agent."""
    policy: Float[np.ndarray, " action"]
    action: int
    value: float
    paid: float
    """For this step's action."""
    total: float
    """Paid in the episode so far."""
    outcome: str | None
    """Of the trial; None while the cross is shown."""


def objects_frames(
    trajectory: Any, task: HarlowConfig, *, first_trial: int = 0, num_trials: int | None = None
) -> list[ObjectsFrame]:
    """What the pictures of some trials say, two a trial.

    Arguments:
        trajectory: one episode of `Harlow` as it was played, leaves (time, ...).
        task: the task that it was played in.
        first_trial: the first trial shown; the episode's first is 0.
        num_trials: trials shown, at the most. None: all from there on.

    Raises:
        UserError: when `trajectory` is not one episode of `task`, or `first_trial` none of its trials.
    """
    observation = np.asarray(trajectory.observation)
    if observation.shape != (expected := (task.num_steps, task.observation_size)):
        raise UserError(
            f"`trajectory` must be one episode of the task, with observations of shape {expected}, got "
            f"{observation.shape}. Select one, and give the task that was played."
        )
    if not 0 <= first_trial < task.num_trials:
        raise UserError(f"`first_trial` must be from 0 to {task.num_trials - 1}, got {first_trial}.")
    if num_trials is not None:
        check_count("num_trials", num_trials)
    until = task.num_trials if num_trials is None else min(task.num_trials, first_trial + num_trials)
    logits, reward = np.asarray(trajectory.logits, float), np.asarray(trajectory.reward, float)
    policy = np.exp(logits - logits.max(axis=1, keepdims=True))
    policy /= policy.sum(axis=1, keepdims=True)
    event = trajectory.event
    missed, rewarded, sides = (np.asarray(getattr(event, name)) for name in ("missed", "rewarded", "rewarded_side"))
    outcomes = np.where(missed, "missed", np.where(rewarded, "correct", "wrong"))
    chooses = np.asarray(event.complete)
    return [
        ObjectsFrame(
            trial=step // STEPS_PER_TRIAL,
            objects=observation[step, 1:].reshape(2, task.object_size) if chooses[step] else None,
            good_side=int(sides[step]),
            policy=policy[step],
            action=int(np.asarray(trajectory.action)[step]),
            value=float(np.asarray(trajectory.value)[step]),
            paid=float(reward[step]),
            total=float(reward[: step + 1].sum()),
            outcome=str(outcomes[step]) if chooses[step] else None,
        )
        for step in range(STEPS_PER_TRIAL * first_trial, STEPS_PER_TRIAL * until)
    ]


def save_objects_animation(
    trajectory: Any,
    task: HarlowConfig,
    path: str | Path,
    *,
    title: str,
    first_trial: int = 0,
    num_trials: int | None = None,
    frames_per_second: float = 1.0,
) -> Path:
    """Film an agent that plays Harlow's task: two pictures a trial, the cross and the choice.

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
        UserError: see `objects_frames`; when `path` has another suffix, is there already, or cannot be written; when an
            .mp4 is asked for and there is no ffmpeg.
    """
    path = Path(path)
    check_animation_path(path)
    check_rate(frames_per_second)
    with style():
        find_writer(path)
        frames = objects_frames(trajectory, task, first_trial=first_trial, num_trials=num_trials)
        write_film(frames, ObjectsPicture(frames, task, title), path, frames_per_second)
    return path


class ObjectsPicture:
    """The figure that is filmed: made once, then brought up to date by `show`, frame by frame."""

    def __init__(self, frames: Sequence[ObjectsFrame], task: HarlowConfig, title: str):
        self.num_trials, self.figure = task.num_trials, Figure(figsize=(8, 4), dpi=DPI)
        self.canvas = FigureCanvasAgg(self.figure)
        write_heading(self.figure, title)
        self.words = {name: self.figure.text(x, 0.9, "", va="top", fontsize=10) for name, x in _COLUMNS.items()}
        self.sides = [_Side(self.figure.add_axes((left, 0.2, 0.2, 0.5)), task) for left in (0.05, 0.36)]
        self.cross = self.figure.text(0.305, 0.45, "+", ha="center", va="center", fontsize=30)
        told = "* the object that pays, hidden from the agent.  Framed: what it chose."
        self.figure.text(0.05, 0.06, told, fontsize=8)
        self.policy = PolicyNow(self.figure.add_axes((0.72, 0.55, 0.25, 0.22)), ACTIONS)
        self.trials = _Trials(self.figure.add_axes((0.72, 0.17, 0.25, 0.2)), frames[0].trial, frames[-1].trial)

    def show(self, frame: ObjectsFrame) -> None:
        """Bring the picture up to date."""
        self.words["trial"].set_text(f"trial {frame.trial + 1} of {self.num_trials}")
        self.words["doing"].set_text(_doing(frame))
        self.words["total"].set_text(f"reward so far {number(round(frame.total, 6))}")
        self.cross.set_visible(frame.objects is None)
        for side, panel in enumerate(self.sides):
            panel.show(frame, side)
        self.policy.show(frame)
        self.trials.show(frame)


_COLUMNS = {"trial": 0.05, "doing": 0.2, "total": 0.72}


def _doing(frame: ObjectsFrame) -> str:
    done = ACTIONS[frame.action]
    if frame.outcome is None:
        return f"the cross: {done}, paid {number(round(frame.paid, 6))}"
    return f"two objects: {done}, {frame.outcome}, paid {number(round(frame.paid, 6))}"


class _Side:
    """One object: its numbers as bars."""

    def __init__(self, ax: Axes, task: HarlowConfig):
        self.ax, places = ax, np.arange(task.object_size)
        self.bars = ax.bar(places, np.zeros(task.object_size), color="black")
        ax.set(ylim=(-1, 1), xticks=[], yticks=[])
        self.star = ax.text(0.5, 1.1, "*", transform=ax.transAxes, ha="center", va="center", fontsize=18)
        self.star.set_color(PALETTE["rewarded"])

    def show(self, frame: ObjectsFrame, side: int) -> None:
        shown = frame.objects is not None
        heights = np.zeros(len(self.bars)) if frame.objects is None else frame.objects[side]
        for bar, height in zip(self.bars, heights, strict=True):
            bar.set_height(float(height))
        chosen = shown and frame.action == side
        for spine in self.ax.spines.values():
            spine.set_visible(shown)
            spine.set_linewidth(3 if chosen else 0.5)
            spine.set_color(OUTCOMES[str(frame.outcome)]["color"] if chosen else "darkgrey")
        self.star.set_visible(shown and frame.good_side == side)


class _Trials:
    """How the trials went."""

    def __init__(self, ax: Axes, first: int, last: int):
        self.ends: dict[str, list[int]] = {name: [] for name in OUTCOMES}
        ax.set(xlim=(first + 0.5, last + 1.5), ylim=(-1.4, 1.4), yticks=(-1, 0, 1), xlabel="trial")
        ax.set_xticks(range(first + 1, last + 2))
        ax.axhline(0, color="black", linewidth=0.6)
        ax.set_title("paid for the choice", loc="left", pad=14)
        self.marks = {
            name: ax.plot([], [], linestyle="", markersize=7, clip_on=False, label=name, **looks)[0]
            for name, looks in OUTCOMES.items()
        }
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=3, borderaxespad=0, handletextpad=0.2, fontsize=7)

    def show(self, frame: ObjectsFrame) -> None:
        if frame.outcome is not None:
            self.ends[frame.outcome].append(frame.trial + 1)
        heights = {"correct": 1, "wrong": -1, "missed": 0}
        for name, places in self.ends.items():
            self.marks[name].set_data(places, [heights[name]] * len(places))
