"""What the pictures of an agent playing the two-step task say, before anything is drawn."""

from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from prefrontal.configs.two_step import TwoStepConfig
from prefrontal.errors import UserError, check_count
from prefrontal.trials.table import TrialEvent

Phase = Literal["choice", "transition", "outcome"]
Outcome = Literal["reward", "no reward", "invalid response", "no outcome"]

PHASES: tuple[Phase, ...] = ("choice", "transition", "outcome")
"""The pictures of a trial, in every encoding."""
ACTIONS = ("left", "right", "fixate")
"""The actions of the task, in their order; the last one only where there is a fixation cue."""
STEPS = {
    "trial": ("first stage",),
    "stage": ("first stage", "second stage"),
    "fixation": ("fixation", "first stage", "second stage"),
}
"""The network steps of a trial in each encoding."""
NUM_TRIALS = 20
"""Trials shown unless more or fewer are asked for."""


@runtime_checkable
class PlayedEpisode(Protocol):
    """One episode as it was played: a `Trajectory` of the two-step task or anything like it, leaves (time, ...)."""

    @property
    def action(self) -> ArrayLike: ...
    @property
    def reward(self) -> ArrayLike: ...
    @property
    def logits(self) -> ArrayLike: ...
    @property
    def value(self) -> ArrayLike: ...
    @property
    def event(self) -> TrialEvent: ...


@dataclass(frozen=True)
class Frame:
    """What one picture says: nothing that has not happened by its phase, and one thing that the agent cannot see."""

    trial: int
    """Counts from 0 in the episode."""
    phase: Phase
    better_state: int
    """The second-stage state that pays more often, 0 or 1; hidden from the agent."""
    policy: Float[np.ndarray, "step action"]
    """Probability of each action at the network steps of the trial so far."""
    value: Float[np.ndarray, " step"]
    """The agent's value at the network steps of the trial so far."""
    responses: tuple[int, ...]
    """Actions taken in the trial so far, one a network step."""
    fixated: bool
    """Whether the fixation cue, where there is one, was answered as it requires."""
    choice: int | None
    """First-stage choice, 0 or 1; None when the response was invalid."""
    common: bool | None
    """Whether the transition was common; None when there is none, or not yet."""
    state: int | None
    """Second-stage state reached, 0 or 1; None when there is none, or not yet."""
    outcome: Outcome | None
    """None when not known yet. "invalid response" is one to the second stage; one to the first leaves "no outcome"."""
    paid: float
    """Reward paid in this phase."""
    total: float
    """Reward paid in the episode so far."""


def episode_frames(
    trajectory: PlayedEpisode, task: TwoStepConfig, *, first_trial: int = 0, num_trials: int | None = None
) -> list[Frame]:
    """What the pictures of some trials say, three a trial whatever the encoding: choice, transition, outcome.

    Arguments:
        trajectory: one episode, leaves (time, ...).
        task: the task that it was played in.
        first_trial: the first trial shown; the episode's first is 0.
        num_trials: trials shown. None: 20, or as many as there are.

    Raises:
        UserError: when `trajectory` is not one episode of `task`, or does not have these trials.
    """
    steps, shape = task.steps_per_trial, np.shape(trajectory.action)
    if len(shape) != 1:
        raise UserError(f"`trajectory` must be one episode, with actions of shape (time,), got {shape}. Select one.")
    complete = np.asarray(trajectory.event.complete)
    ends = np.arange(task.num_steps) % steps == steps - 1
    if not np.array_equal(complete, ends):
        raise UserError(
            f"`trajectory` must be an episode of {task.num_trials} trials of {steps} steps, got {shape[0]} steps that "
            f"end {np.count_nonzero(complete)} trials. Give the task that was played."
        )
    if not 0 <= first_trial < task.num_trials:
        raise UserError(
            f"`first_trial` must be from 0 to {task.num_trials - 1}, got {first_trial}. The episode has "
            f"{task.num_trials} trials, the first of which is 0."
        )
    left = task.num_trials - first_trial
    num_trials = min(NUM_TRIALS, left) if num_trials is None else num_trials
    check_count("num_trials", num_trials)
    if num_trials > left:
        raise UserError(
            f"`num_trials` must be at most {left}, got {num_trials}. "
            f"No more trials are left from `first_trial` {first_trial} on."
        )
    shown = range(first_trial, first_trial + num_trials)
    return [frame for trial in shown for frame in _trial_frames(trajectory, steps, trial)]


def words(frame: Frame, task: TwoStepConfig) -> tuple[str, str]:
    """What happens in the phase of `frame`, and a note on it; either may be empty."""
    if frame.phase == "choice":
        if frame.choice is None:
            return "invalid response", f"fixated {'again' if frame.fixated else 'too late'}: {number(frame.paid)}"
        return ACTIONS[frame.choice], "" if frame.fixated else f"did not fixate first: {number(frame.paid)}"
    if frame.phase == "transition":
        if frame.state is None:
            return "none", "the second stage is blank"
        name, chance = (
            ("common", task.common_probability) if frame.common else ("uncommon", 1 - task.common_probability)
        )
        return f"{name}, to S{frame.state + 1}", f"chance {percent(chance)}"
    if frame.outcome == "no outcome":
        return "none", "the trial is void"
    if frame.outcome == "invalid response":
        return "invalid response", f"fixated instead: {number(frame.paid)}"
    better = frame.state == frame.better_state
    chance = task.better_reward_probability if better else task.worse_reward_probability
    return f"{frame.outcome}: {number(frame.paid)}", f"chance of reward {percent(chance)}"


def percent(probability: float) -> str:
    """A probability for people to read: 0.8 is "80 %"."""
    return f"{100 * probability:.3g} %"


def number(reward: float) -> str:
    """A reward for people to read, with a true minus."""
    return f"{reward:.6g}".replace("-", "\N{MINUS SIGN}")


def _trial_frames(trajectory: PlayedEpisode, steps: int, trial: int) -> list[Frame]:
    start, end = trial * steps, (trial + 1) * steps
    event, last = trajectory.event, end - 1
    responses = tuple(np.asarray(trajectory.action)[start:end].tolist())
    reward = np.asarray(trajectory.reward, np.float64)
    total = reward[:last].sum()
    choice_step = max(steps - 2, 0)
    choice = responses[choice_step]
    invalid_choice = ACTIONS[choice] == "fixate"
    logits = np.asarray(trajectory.logits, np.float64)[start:end]
    policy = np.exp(logits - logits.max(axis=1, keepdims=True))
    whole_trial: dict[str, Any] = {
        "trial": trial,
        "better_state": int(np.asarray(event.better_state)[last]),
        "policy": policy / policy.sum(axis=1, keepdims=True),
        "value": np.asarray(trajectory.value, np.float64)[start:end],
        "responses": responses,
        "fixated": steps < 3 or ACTIONS[responses[0]] == "fixate",
        "choice": None if invalid_choice else choice,
        "common": None if invalid_choice else bool(np.asarray(event.common)[last]),
        "state": None if invalid_choice else int(np.asarray(event.state)[last]),
    }
    if invalid_choice:
        outcome = "no outcome"
    elif np.asarray(event.missed)[last]:
        outcome = "invalid response"
    else:
        outcome = "reward" if np.asarray(event.rewarded)[last] else "no reward"

    # The second stage is seen in the last step; where a trial has but one, it never is.
    until_choice = {name: whole_trial[name][: choice_step + 1] for name in ("policy", "value", "responses")}
    at_choice: dict[str, Any] = whole_trial | until_choice | {"common": None, "state": None}
    at_transition: dict[str, Any] = whole_trial | {"responses": until_choice["responses"]}
    return [
        Frame(phase="choice", **at_choice, outcome=None, paid=float(reward[start:last].sum()), total=float(total)),
        Frame(phase="transition", **at_transition, outcome=None, paid=0.0, total=float(total)),
        Frame(
            phase="outcome", **whole_trial, outcome=outcome, paid=float(reward[last]), total=float(total + reward[last])
        ),
    ]
