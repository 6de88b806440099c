"""Wang et al. (2018), Simulation 4, second half: the networks' prediction errors are model-based."""

from prefrontal.configs import TestConfig
from prefrontal.experiments.presets.base import Experiment, ExperimentConfig, Published
from prefrontal.experiments.presets.wang2018_two_step import WANG2018_TWO_STEP

SOURCE = "Wang et al. (2018), Results, Simulation 4"

WANG2018_TWO_STEP_RPE = Experiment(
    name="wang2018-two-step-rpe",
    title="The two-step task: the network's reward prediction errors are model-based",
    draws="prediction errors and belief in networks on the two-step task",
    paper="Wang et al. (2018), Nat Neurosci 21:860, Simulation 4",
    shows="Figure 5f, g",
    duration="4 minutes",
    config=ExperimentConfig(
        task=WANG2018_TWO_STEP.config.task,
        agent=WANG2018_TWO_STEP.config.agent,
        train=WANG2018_TWO_STEP.config.train,
        test=TestConfig(num_episodes=30),
    ),
    seeds=WANG2018_TWO_STEP.seeds,
    published={
        "model_based": Published("r² of network and model-based errors", 0.89, 0.09, SOURCE),
        "model_free": Published("r² with what is left of model-free errors", 5.8e-7, 0.01, SOURCE),
    },
    networks="wang2018-two-step",
    snapshot_every=1_000,
    study="two-step-rpe",
    note="Prediction errors at second-stage onset and at outcome, pooled. Model-free: SARSA(0) with the learning rate "
    "that best fits the seed's choices, and the part of it that the model-based errors do not explain. Belief: the "
    "ideal observer's, read by ridge regression on left-out episodes. Intervals are over seeds.",
)
