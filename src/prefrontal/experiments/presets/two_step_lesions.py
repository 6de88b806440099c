"""Lesions of the two-step networks: how much of a network the behaviour needs. Not from a paper."""

from prefrontal.configs import TestConfig
from prefrontal.experiments.presets.base import Experiment, ExperimentConfig
from prefrontal.experiments.presets.wang2018_two_step import WANG2018_TWO_STEP

TWO_STEP_LESIONS = Experiment(
    name="two-step-lesions",
    title="The two-step task: what is left when units are silenced",
    draws="networks on the two-step task with units silenced",
    is_published=False,
    paper="measured here, on the networks of wang2018-two-step",
    shows="behaviour by lesion",
    duration="5 minutes",
    config=ExperimentConfig(
        task=WANG2018_TWO_STEP.config.task,
        agent=WANG2018_TWO_STEP.config.agent,
        train=WANG2018_TWO_STEP.config.train,
        test=TestConfig(num_episodes=30),
    ),
    seeds=WANG2018_TWO_STEP.seeds,
    networks="wang2018-two-step",
    study="two-step-lesions",
    note="Reward per episode; random lesions are means over eight draws. Intervals are over seeds. A row without a "
    "verdict is a measurement, not a claim.",
)
