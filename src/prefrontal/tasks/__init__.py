"""Tasks: distributions over problems, all with the same contract."""

from collections.abc import Callable

from prefrontal.configs import BanditConfig, InformativeArmConfig, RestlessConfig, TaskConfig, TwoStepConfig
from prefrontal.tasks.bandit import Bandit
from prefrontal.tasks.base import AbstractTask
from prefrontal.tasks.informative_arm import InformativeArm
from prefrontal.tasks.restless import Restless
from prefrontal.tasks.two_step import TwoStep, TwoStepEvent, TwoStepState

TASKS: dict[type, Callable[..., AbstractTask]] = {
    BanditConfig: Bandit,
    InformativeArmConfig: InformativeArm,
    RestlessConfig: Restless,
    TwoStepConfig: TwoStep,
}
"""The task that each config describes."""


def make_task(config: TaskConfig) -> AbstractTask:
    """The task that `config` describes."""
    return TASKS[type(config)](config)


__all__ = [
    "TASKS",
    "AbstractTask",
    "Bandit",
    "InformativeArm",
    "Restless",
    "TwoStep",
    "TwoStepEvent",
    "TwoStepState",
    "make_task",
]
