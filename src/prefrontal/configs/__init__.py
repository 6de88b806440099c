"""Every number a run depends on, in frozen dataclasses that are the command line and the config file.

This layer imports nothing heavy: `prefrontal --help` and `prefrontal list` read it without starting JAX.
"""

from prefrontal.configs.actor_critic import ActorCriticConfig
from prefrontal.configs.bandits import BanditConfig, InformativeArmConfig, RestlessConfig
from prefrontal.configs.base import AgentConfig, Config, TaskConfig
from prefrontal.configs.block_two_step import BlockTwoStepConfig
from prefrontal.configs.cued_bandits import CuedBanditConfig
from prefrontal.configs.daw_two_step import DawTwoStepConfig
from prefrontal.configs.episodic import EpisodicConfig
from prefrontal.configs.episodic_harlow import EpisodicHarlowConfig
from prefrontal.configs.episodic_two_step import EpisodicTwoStepConfig
from prefrontal.configs.harlow import HarlowConfig
from prefrontal.configs.harlow_pixels import HarlowPixelsConfig
from prefrontal.configs.harlow_strip import HarlowStripConfig
from prefrontal.configs.intervention import InterventionConfig
from prefrontal.configs.matching import MatchingConfig
from prefrontal.configs.models import KnownTask
from prefrontal.configs.recipes import RECIPES, Recipe, in_recipe, recipe
from prefrontal.configs.recurrent import RecurrentConfig
from prefrontal.configs.reversal import ReversalConfig
from prefrontal.configs.risk import RiskConfig
from prefrontal.configs.training import TestConfig, TrainConfig
from prefrontal.configs.two_step import TwoStepConfig
from prefrontal.configs.volatility import VolatilityConfig

__all__ = [
    "RECIPES",
    "ActorCriticConfig",
    "AgentConfig",
    "BanditConfig",
    "BlockTwoStepConfig",
    "Config",
    "CuedBanditConfig",
    "DawTwoStepConfig",
    "EpisodicConfig",
    "EpisodicHarlowConfig",
    "EpisodicTwoStepConfig",
    "HarlowConfig",
    "HarlowPixelsConfig",
    "HarlowStripConfig",
    "InformativeArmConfig",
    "InterventionConfig",
    "KnownTask",
    "MatchingConfig",
    "Recipe",
    "RecurrentConfig",
    "RestlessConfig",
    "ReversalConfig",
    "RiskConfig",
    "TaskConfig",
    "TestConfig",
    "TrainConfig",
    "TwoStepConfig",
    "VolatilityConfig",
    "in_recipe",
    "recipe",
]
