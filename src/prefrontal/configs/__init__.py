"""Every number a run depends on, in frozen dataclasses that are the command line and the config file.

This layer imports nothing heavy: `prefrontal --help` and `prefrontal list` read it without starting JAX.
"""

from prefrontal.configs.bandits import BanditConfig, InformativeArmConfig, RestlessConfig
from prefrontal.configs.base import Config, TaskConfig
from prefrontal.configs.recurrent import RecurrentConfig
from prefrontal.configs.training import TestConfig, TrainConfig
from prefrontal.configs.two_step import TwoStepConfig

__all__ = [
    "BanditConfig",
    "Config",
    "InformativeArmConfig",
    "RecurrentConfig",
    "RestlessConfig",
    "TaskConfig",
    "TestConfig",
    "TrainConfig",
    "TwoStepConfig",
]
