"""Every number a run depends on, in frozen dataclasses that are the command line and the config file.

This layer imports nothing heavy: `prefrontal --help` and `prefrontal list` read it without starting JAX.
"""

from prefrontal.configs.actor_critic import ActorCriticConfig
from prefrontal.configs.base import Config, TaskConfig
from prefrontal.configs.intervention import InterventionConfig
from prefrontal.configs.recurrent import RecurrentConfig
from prefrontal.configs.reversal import ReversalConfig
from prefrontal.configs.risk import RiskConfig
from prefrontal.configs.training import TestConfig, TrainConfig
from prefrontal.configs.two_step import TwoStepConfig

__all__ = [
    "ActorCriticConfig",
    "Config",
    "InterventionConfig",
    "RecurrentConfig",
    "ReversalConfig",
    "RiskConfig",
    "TaskConfig",
    "TestConfig",
    "TrainConfig",
    "TwoStepConfig",
]
