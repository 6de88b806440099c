"""Wang et al. (2018), Simulation 1: a network divides its choices as the rewards are divided."""

from prefrontal.analysis.published import MATCHING_SLOPES
from prefrontal.configs import MatchingConfig, RecurrentConfig, TestConfig, TrainConfig
from prefrontal.experiments.presets.base import Experiment, ExperimentConfig, Published

SOURCE = "Wang et al. (2018), Figure 2"

UNIT_CODING = {"choice": 0.221, "reward": 0.072, "choice_x_reward": 0.109, "value": 0.211}
"""Mean absolute partial correlation over units at the fixation: Figure 2e."""
REWARD_LAGS = (1.01, 0.68, 0.67, 0.54, 0.54, 0.30, 0.07, 0.14, 0.22, 0.08, 0.05, -0.10, -0.04, -0.05, -0.01)
"""Weights of past rewards, lags 1 to 15: Figure 2f."""
CHOICE_LAGS = (-5.1, -0.66, -0.06, 0.71, 1.0, 1.3, 1.3, 1.1, 0.78, 0.98, 1.1, 1.1, 0.86, 0.77, 0.46)
"""Weights of past choices, lags 1 to 15: Figure 2f, whose axis runs downwards as printed; read here so that the first
is for alternation, as it is in the monkey beside it."""

WANG2018_MATCHING = Experiment(
    name="wang2018-matching",
    title="Matching: a network divides its choices as their rewards are divided",
    draws="choice ratios, history and units of networks on baited arms",
    paper="Wang et al. (2018), Nat Neurosci 21:860, Simulation 1",
    shows="Figure 2",
    duration="1 minute",
    config=ExperimentConfig(
        task=MatchingConfig(),
        agent=RecurrentConfig(),
        # The paper does not say how many steps an update takes; 40 are twenty trials, as in wang2018-two-step.
        train=TrainConfig(num_episodes=15_000, unroll=40, discount=0.75),
        test=TestConfig(num_episodes=500),
    ),
    seeds=tuple(range(8)),
    published={
        "trained": Published("slope, trained range", MATCHING_SLOPES["trained"], 0.1, f"{SOURCE}a, d"),
        "held-out": Published("slope, held-out range", MATCHING_SLOPES["held-out"], 0.1, f"{SOURCE}a, d"),
    },
    study="matching",
    note="Slope: of log choice ratio on log reward ratio, over test episodes; 1 is perfect matching, and a seed "
    "undermatches when both its slopes are between 0 and 1. Unit coding: mean absolute partial rank correlation over "
    "units, at the fixation; beside the paper's, without a verdict. Intervals are over seeds.",
)
