"""Tasks: distributions over problems, all with the same contract."""

from collections.abc import Callable

from prefrontal.configs import TaskConfig, TwoStepConfig
from prefrontal.tasks.base import AbstractTask
from prefrontal.tasks.two_step import TwoStep, TwoStepEvent, TwoStepState

TASKS: dict[type, Callable[..., AbstractTask]] = {TwoStepConfig: TwoStep}
"""The task that each config describes."""


def make_task(config: TaskConfig) -> AbstractTask:
    """The task that `config` describes."""
    return TASKS[type(config)](config)


__all__ = ["TASKS", "AbstractTask", "TwoStep", "TwoStepEvent", "TwoStepState", "make_task"]
