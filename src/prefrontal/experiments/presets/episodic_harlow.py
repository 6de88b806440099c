"""AlKhamissi et al. (2021): who remembers a pair of objects chooses right at once when it is met again."""

from prefrontal.configs import EpisodicConfig, EpisodicHarlowConfig, TestConfig, TrainConfig
from prefrontal.experiments.presets.base import Experiment, ExperimentConfig, Published
from prefrontal.experiments.presets.with_memory import WITH, WITHOUT, with_and_without

SOURCE = "AlKhamissi et al. (2021), frozen test, in a figure of its program"

EPISODIC_HARLOW = Experiment(
    name="episodic-harlow",
    title="Harlow's task with pairs met again: with a memory the first choice is right",
    draws="accuracy of networks with and without a memory, by trial and by how often a pair was met",
    paper="AlKhamissi et al. (2021), arXiv 2104.02959",
    shows="Trial 1",
    duration="2 minutes",
    study="episodic-harlow",
    trains=with_and_without,
    config=ExperimentConfig(
        task=EpisodicHarlowConfig(),
        agent=EpisodicConfig(hidden_size=64, memory_size=10, memory_episodes=50, context_input=False),
        train=TrainConfig(
            num_episodes=120_000,
            episodes_per_update=4,
            learning_rate=8e-3,
            final_learning_rate=0.0,
            rms_decay=0.99,
            discount=0.91,
            value_cost=0.4,
            entropy_cost=0.15,
            final_entropy_cost=0.005,
        ),
        test=TestConfig(num_episodes=2_000),
    ),
    seeds=tuple(range(8)),
    published={
        WITH: Published("trial 1, met before, memory", 0.928, 0.08, SOURCE),
        WITHOUT: Published("trial 1, met before, no-memory", 0.535, 0.05, SOURCE),
    },
    note="Accuracy: share of trials in which the rewarded object was chosen; no choice counts as wrong. Published: one "
    "network of 256 units on a one-dimensional form, whose training differs. Intervals are over seeds.",
)
