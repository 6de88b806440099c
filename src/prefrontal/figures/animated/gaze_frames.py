"""What the pictures of an agent playing Harlow's task from pixels say, before anything is drawn."""

from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, UInt8
from numpy.typing import ArrayLike

from prefrontal.configs.harlow_pixels import HarlowPixelsConfig
from prefrontal.errors import UserError, check_count

ACTIONS = ("left", "right", "stay")
"""The actions, in their order."""
SHOWN = ("the cross", "two pictures", "nothing")
"""What is shown, in the task's order."""
RIGHT = 1


@runtime_checkable
class PlayedGaze(Protocol):
    """One episode as it was played: a `Trajectory` of `HarlowPixels` or anything like it, leaves (time, ...)."""

    @property
    def observation(self) -> ArrayLike: ...
    @property
    def action(self) -> ArrayLike: ...
    @property
    def reward(self) -> ArrayLike: ...
    @property
    def logits(self) -> ArrayLike: ...
    @property
    def value(self) -> ArrayLike: ...
    @property
    def active(self) -> ArrayLike: ...
    @property
    def event(self) -> Any: ...


@dataclass(frozen=True)
class GazeFrame:
    """What one picture says, that of a step: nothing that comes later, and one thing that is hidden from the agent."""

    step: int
    """Steps taken before, in the episode."""
    trial: int
    """Counts from 0."""
    seen: UInt8[np.ndarray, "row column 3"]
    place: float
    """Where the camera looks; the cross is at 0."""
    shown: str
    good_side: int | None
    """0 left, 1 right; None while no pictures are shown. Hidden from the agent."""
    policy: Float[np.ndarray, " action"]
    action: int
    value: float
    paid: float
    """For this step's action."""
    total: float
    """Paid in the episode so far."""
    outcome: str | None
    """Of the trial, where this step ends it."""


def gaze_frames(
    trajectory: PlayedGaze, task: HarlowPixelsConfig, *, first_trial: int = 0, num_trials: int | None = None
) -> list[GazeFrame]:
    """What the pictures of some trials say, one a step.

    Arguments:
        trajectory: one episode, leaves (time, ...).
        task: the task that it was played in.
        first_trial: the first trial shown; the episode's first is 0.
        num_trials: trials shown, at the most. None: all from there on.

    Raises:
        UserError: when `trajectory` is not one episode of `task`, or did not come to `first_trial`.
    """
    observation = np.asarray(trajectory.observation)
    expected = (task.num_steps, *task.frame, 3)
    if observation.shape != expected:
        raise UserError(
            f"`trajectory` must be one episode of the task, with observations of shape {expected}, got "
            f"{observation.shape}. Select one, and give the task that was played."
        )
    event, active = trajectory.event, np.asarray(trajectory.active)
    trial, reward = np.asarray(event.trial), np.asarray(trajectory.reward, np.float64)
    reached = int(trial[active].max()) + 1
    if not 0 <= first_trial < reached:
        raise UserError(
            f"`first_trial` must be from 0 to {reached - 1}, got {first_trial}. The agent came to {reached} trials."
        )
    if num_trials is not None:
        check_count("num_trials", num_trials)
    until = reached if num_trials is None else first_trial + num_trials
    logits, total = np.asarray(trajectory.logits, np.float64), np.cumsum(reward)
    policy = np.exp(logits - logits.max(axis=1, keepdims=True))
    policy /= policy.sum(axis=1, keepdims=True)
    missed, rewarded, complete = (np.asarray(getattr(event, name)) for name in ("missed", "rewarded", "complete"))
    outcomes = np.where(missed, "missed", np.where(rewarded, "correct", "wrong"))
    shown, sides = np.asarray(event.shown), np.asarray(event.rewarded_side)
    return [
        GazeFrame(
            step=int(step),
            trial=int(trial[step]),
            seen=observation[step],
            place=float(np.asarray(event.place)[step]),
            shown=SHOWN[shown[step]],
            good_side=int(sides[step]) if SHOWN[shown[step]] == "two pictures" else None,
            policy=policy[step],
            action=int(np.asarray(trajectory.action)[step]),
            value=float(np.asarray(trajectory.value)[step]),
            paid=float(reward[step]),
            total=float(total[step]),
            outcome=str(outcomes[step]) if complete[step] else None,
        )
        for step in np.flatnonzero(active & (trial >= first_trial) & (trial < until))
    ]
