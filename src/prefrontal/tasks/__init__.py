"""Tasks: distributions over problems, all with the same contract."""

from collections.abc import Callable

from prefrontal.configs import BlockTwoStepConfig, DawTwoStepConfig, TaskConfig, TwoStepConfig
from prefrontal.tasks.base import AbstractTask
from prefrontal.tasks.block_two_step import BlockTwoStep
from prefrontal.tasks.daw_two_step import DawTwoStep
from prefrontal.tasks.two_step import TwoStep, TwoStepEvent, TwoStepState

TASKS: dict[type, Callable[..., AbstractTask]] = {
    TwoStepConfig: TwoStep,
    BlockTwoStepConfig: BlockTwoStep,
    DawTwoStepConfig: DawTwoStep,
}
"""The task that each config describes."""


def make_task(config: TaskConfig) -> AbstractTask:
    """The task that `config` describes."""
    return TASKS[type(config)](config)


__all__ = [
    "TASKS",
    "AbstractTask",
    "BlockTwoStep",
    "DawTwoStep",
    "TwoStep",
    "TwoStepEvent",
    "TwoStepState",
    "make_task",
]
