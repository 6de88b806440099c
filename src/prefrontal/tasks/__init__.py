"""Tasks: distributions over problems, all with the same contract."""

from collections.abc import Callable

from prefrontal.configs import (
    BanditConfig,
    BlockTwoStepConfig,
    DawTwoStepConfig,
    InformativeArmConfig,
    MatchingConfig,
    RestlessConfig,
    ReversalConfig,
    RiskConfig,
    TaskConfig,
    TwoStepConfig,
    VolatilityConfig,
)
from prefrontal.errors import UserError
from prefrontal.tasks.bandit import Bandit
from prefrontal.tasks.base import AbstractTask
from prefrontal.tasks.block_two_step import BlockTwoStep
from prefrontal.tasks.daw_two_step import DawTwoStep
from prefrontal.tasks.informative_arm import InformativeArm
from prefrontal.tasks.matching import Matching
from prefrontal.tasks.restless import Restless
from prefrontal.tasks.reversal import Reversal
from prefrontal.tasks.risk import Risk
from prefrontal.tasks.two_step import TwoStep, TwoStepEvent, TwoStepState
from prefrontal.tasks.volatility import Volatility

TASKS: dict[type, Callable[..., AbstractTask]] = {
    TwoStepConfig: TwoStep,
    BlockTwoStepConfig: BlockTwoStep,
    DawTwoStepConfig: DawTwoStep,
    MatchingConfig: Matching,
    VolatilityConfig: Volatility,
    ReversalConfig: Reversal,
    RiskConfig: Risk,
    BanditConfig: Bandit,
    InformativeArmConfig: InformativeArm,
    RestlessConfig: Restless,
}
"""The task that each config describes."""


def make_task(config: TaskConfig) -> AbstractTask:
    """The task that `config` describes.

    Raises:
        UserError: when there is no task of such a config.
    """
    if type(config) not in TASKS:
        name = type(config).__name__
        raise UserError(
            f"`config` must be of a task that is known ({', '.join(kind.__name__ for kind in TASKS)}), got {name}. "
            f"Make a task of your own known first: prefrontal.tasks.TASKS[{name}] = YourTask, which is then made by "
            "YourTask(config); or give the task itself to `train_agents`."
        )
    return TASKS[type(config)](config)


__all__ = [
    "TASKS",
    "AbstractTask",
    "Bandit",
    "BlockTwoStep",
    "DawTwoStep",
    "InformativeArm",
    "Matching",
    "Restless",
    "Reversal",
    "Risk",
    "TwoStep",
    "TwoStepEvent",
    "TwoStepState",
    "Volatility",
    "make_task",
]
