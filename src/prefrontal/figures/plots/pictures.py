"""Pictures that explain: behaviour side by side, the network as a drawing, an episode as it was played."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from prefrontal.configs.two_step import TRIAL_KINDS, TwoStepConfig
from prefrontal.errors import UserError
from prefrontal.figures.animated.animation import Picture
from prefrontal.figures.animated.frames import PlayedEpisode, episode_frames
from prefrontal.figures.architecture import architecture_figure
from prefrontal.figures.side_by_side import side_by_side_figure
from prefrontal.figures.style import style
from prefrontal.tasks.base import AbstractTask

Stay = Mapping[str, Any] | pd.DataFrame | Sequence[float]
"""Stay probabilities: a table of `stay_probability`, values by kind of trial, or four numbers."""


def plot_side_by_side(behaviours: Mapping[str, Stay], title: str = "") -> Figure:
    """The four stay probabilities of everyone in `behaviours`, each in a panel of the same scale.

    Arguments:
        behaviours: by whose they are: what `stay_probability` returns; values by "common_rewarded" and so on; or four
            numbers, after common rewarded, uncommon rewarded, common unrewarded and uncommon unrewarded trials.
        title: the figure's title.

    Returns:
        The figure.

    Raises:
        UserError: when there are not four values.

    Example:
        >>> paper = (0.989, 0.638, 0.621, 0.988)
        >>> figure = pf.plot_side_by_side({"Wang et al. (2018)": paper, "simulated": pf.stay_probability(table)})
        >>> len(figure.axes)
        2
    """
    found: dict[str, Mapping[str, Any] | pd.DataFrame] = {}
    for name, stay in behaviours.items():
        if not isinstance(stay, Mapping | pd.DataFrame):
            if len(stay) != len(TRIAL_KINDS):
                raise UserError(f"`behaviours` must be of {', '.join(TRIAL_KINDS)}, got {len(stay)} values of {name}.")
            stay = {str(kind): value for kind, value in zip(TRIAL_KINDS, stay, strict=True)}
        found[name] = stay
    return side_by_side_figure(found, title)


def plot_network(task: AbstractTask, hidden_size: int, *, time_input: bool = False) -> Figure:
    """The network of `RecurrentAgent` as a drawing, in its loop with the task.

    Arguments:
        task: what it plays.
        hidden_size: its units.
        time_input: whether it sees the time.

    Returns:
        The figure.

    Example:
        >>> figure = pf.plot_network(task, hidden_size=48)
        >>> len(figure.axes)
        1
    """
    return architecture_figure(task.observation_size, task.num_actions, hidden_size, time_input=time_input)


def plot_episode(
    trajectory: PlayedEpisode, task: TwoStepConfig, title: str = "", *, first_trial: int = 0, num_trials: int = 6
) -> Figure:
    """Some trials of the two-step task as they were played: choices, transitions, outcomes, policy and value.

    `save_animation` makes a film of them.

    Arguments:
        trajectory: one episode, leaves (time, ...), as of `rollout`.
        task: the config of the task that it was played in.
        title: the figure's title.
        first_trial: the first trial shown; the episode's first is 0.
        num_trials: trials shown.

    Returns:
        The figure, at the end of the last of these trials.

    Raises:
        UserError: when `trajectory` is not one episode of `task`, or does not have these trials.

    Example:
        >>> config = pf.TwoStepConfig(num_trials=10)
        >>> network = pf.RecurrentConfig(hidden_size=2).make(config.make(), jax.random.key(0))
        >>> figure = pf.plot_episode(pf.rollout(network, config.make(), jax.random.key(1)), config)
        >>> len(figure.axes) > 2
        True
    """
    frames = episode_frames(trajectory, task, first_trial=first_trial, num_trials=num_trials)
    with style():
        picture = Picture(frames, task, title)
        for frame in frames:
            picture.show(frame)
    return picture.figure
