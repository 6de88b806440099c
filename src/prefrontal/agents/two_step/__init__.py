"""Cognitive models and the ideal observer of the two-step task, as agents. One contract, one file a family."""

from prefrontal.agents.base import GREEDY
from prefrontal.agents.two_step.agent import TwoStepAgent, TwoStepMemory
from prefrontal.agents.two_step.base import NEVER, AbstractTwoStepModel, Trial
from prefrontal.agents.two_step.hbayesdm import HybridHBayesDM
from prefrontal.agents.two_step.hybrid import Hybrid, HybridValues
from prefrontal.agents.two_step.inference import BayesOptimal, Inference, LatentState
from prefrontal.agents.two_step.library import LIBRARY, CognitiveModel, find_model
from prefrontal.agents.two_step.network import TwoStepNetwork, TwoStepNetworkAgent
from prefrontal.agents.two_step.parameters import Parameter, parameters_of, with_values
from prefrontal.agents.two_step.reward_as_cue import RewardAsCue
from prefrontal.agents.two_step.simple import RandomChoice, WinStayLoseShift

__all__ = [
    "GREEDY",
    "LIBRARY",
    "NEVER",
    "AbstractTwoStepModel",
    "BayesOptimal",
    "CognitiveModel",
    "Hybrid",
    "HybridHBayesDM",
    "HybridValues",
    "Inference",
    "LatentState",
    "Parameter",
    "RandomChoice",
    "RewardAsCue",
    "Trial",
    "TwoStepAgent",
    "TwoStepMemory",
    "TwoStepNetwork",
    "TwoStepNetworkAgent",
    "WinStayLoseShift",
    "find_model",
    "parameters_of",
    "with_values",
]
