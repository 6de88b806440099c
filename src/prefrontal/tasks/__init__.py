"""Tasks: distributions over problems, all with the same contract."""

from prefrontal.tasks.bandit import Bandit
from prefrontal.tasks.base import AbstractTask
from prefrontal.tasks.block_two_step import BlockTwoStep
from prefrontal.tasks.cued_bandit import CuedBandit
from prefrontal.tasks.daw_two_step import DawTwoStep
from prefrontal.tasks.episodic_harlow import EpisodicHarlow
from prefrontal.tasks.episodic_two_step import EpisodicTwoStep
from prefrontal.tasks.harlow import Harlow
from prefrontal.tasks.harlow_pixels import HarlowPixels
from prefrontal.tasks.harlow_strip import HarlowStrip
from prefrontal.tasks.informative_arm import InformativeArm
from prefrontal.tasks.matching import Matching
from prefrontal.tasks.restless import Restless
from prefrontal.tasks.reversal import Reversal
from prefrontal.tasks.risk import Risk
from prefrontal.tasks.two_step import TwoStep, TwoStepEvent, TwoStepState
from prefrontal.tasks.volatility import Volatility

__all__ = [
    "AbstractTask",
    "Bandit",
    "BlockTwoStep",
    "CuedBandit",
    "DawTwoStep",
    "EpisodicHarlow",
    "EpisodicTwoStep",
    "Harlow",
    "HarlowPixels",
    "HarlowStrip",
    "InformativeArm",
    "Matching",
    "Restless",
    "Reversal",
    "Risk",
    "TwoStep",
    "TwoStepEvent",
    "TwoStepState",
    "Volatility",
]
