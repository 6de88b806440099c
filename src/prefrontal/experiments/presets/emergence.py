"""When, in the course of its training, does a network come to behave model-based?"""

from prefrontal.configs import TestConfig
from prefrontal.experiments.presets.base import Experiment, ExperimentConfig
from prefrontal.experiments.presets.criteria import EmergenceCriteria
from prefrontal.experiments.presets.wang2018_two_step import WANG2018_TWO_STEP

EMERGENCE = Experiment(
    name="emergence",
    title="When model-based behaviour emerges in training",
    draws="strategies along the training of networks on the two-step task",
    is_published=False,
    paper="measured here, on wang2018-two-step",
    shows="indices and models over training",
    duration="10 minutes",
    study="emergence",
    config=ExperimentConfig(
        task=WANG2018_TWO_STEP.config.task,
        agent=WANG2018_TWO_STEP.config.agent,
        train=WANG2018_TWO_STEP.config.train,
        test=TestConfig(num_episodes=100),
    ),
    seeds=WANG2018_TWO_STEP.seeds,
    snapshot_every=250,
    note="Nothing of this is published; the claims are ours. Intervals: over seeds.",
    # Chance is 0; the published networks have 21.5 at the end of their training.
    criteria=EmergenceCriteria(least_model_based=10.0),
)
