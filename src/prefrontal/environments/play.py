"""Agents of other libraries at play: what they did, as the package's analyses take it."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from prefrontal.errors import UserError

if TYPE_CHECKING:  # Gymnasium is an extra
    from prefrontal.environments.for_gymnasium_vector import TaskVectorEnv


class Played(NamedTuple):
    """Episodes side by side, step by step."""

    action: Int[np.ndarray, "episode time"]
    reward: Float[np.ndarray, "episode time"]
    event: Any
    """The task's record, leaves (episode, time): what `prefrontal.trial_table` takes."""
    active: np.ndarray
    """Whether the episode still ran, (episode, time)."""


def play_episodes(
    environments: "TaskVectorEnv", agent: Callable[[Any, bool], Any], *, seed: int | None = None
) -> Played:
    """Let an agent of any library play one episode in each of the environments.

    Arguments:
        environments: a vector environment of a task; its number is that of the episodes.
        agent: given what is shown in all of them and whether it is the first step, it returns an action for each, (E,).
        seed: of what is drawn. None: go on drawing.

    Returns:
        What was done and paid, and the task's record.

    Raises:
        UserError: when the agent gives another number of actions.

    Example:
        >>> from prefrontal.environments.for_gymnasium_vector import TaskVectorEnv
        >>> environments = TaskVectorEnv("TwoStep", 100, num_trials=20)
        >>> played = play_episodes(environments, lambda shown, first: environments.action_space.sample(), seed=0)
        >>> pf.stay_probability(pf.trial_table(played.event))
    """
    num = environments.num_envs
    shown, _ = environments.reset(seed=seed)
    active, steps = np.ones(num, bool), []
    for step in range(environments.task.num_steps):
        actions = np.asarray(agent(shown, step == 0))
        if actions.shape != (num,):
            raise UserError(f"`agent` must give {num} actions, got shape {actions.shape}. Give one an environment.")
        shown, reward, over, _, info = environments.step(actions)
        steps.append((actions, np.where(active, reward, 0.0), active, info["event"]))
        active = active & ~over
    action, reward, ran, events = zip(*steps, strict=True)
    record = {name: np.stack([event[name] for event in events], axis=1) for name in events[0]}
    ran = np.stack(ran, axis=1)
    if "complete" in record:
        record["complete"] = record["complete"] & ran  # what comes after an end is of the next episode
    return Played(np.stack(action, axis=1), np.stack(reward, axis=1), SimpleNamespace(**record), ran)
