"""Ritter et al. (2018), ICML: who remembers a bandit by its cue need not learn it again."""

from prefrontal.configs import CuedBanditConfig, EpisodicConfig, TestConfig, TrainConfig
from prefrontal.experiments.presets.base import Experiment, ExperimentConfig
from prefrontal.experiments.presets.with_memory import with_and_without

RITTER2018_CUED_BANDITS = Experiment(
    name="ritter2018-cued-bandits",
    title="Cued bandits: a memory for episodes spares networks learning them again",
    draws="reward of networks with and without a memory, by how often a bandit was met",
    paper="Ritter et al. (2018), ICML, arXiv 1805.09692",
    shows="Cued bandits",
    duration="3 minutes",
    study="cued-bandits",
    trains=with_and_without,
    config=ExperimentConfig(
        task=CuedBanditConfig(cue_steps=1),  # shown throughout, nothing is learned in as many episodes
        agent=EpisodicConfig(hidden_size=48, memory_size=10, context_input=False),
        # Nothing of the training is known to us. The optimiser is that of the robust recipe; see docs/episodic.md.
        train=TrainConfig(
            num_episodes=60_000,
            learning_rate=4e-3,
            final_learning_rate=0.0,
            rms_decay=0.99,
            discount=0.9,
            value_cost=0.4,
            entropy_cost=0.05,
            final_entropy_cost=0.005,
        ),
        test=TestConfig(num_episodes=5_000),
    ),
    seeds=tuple(range(8)),
    note="Reward: expected reward of the arms pulled. Known: the good arm at every pull; blind: any arm. Best without "
    "memory: the optimal learner that starts every episode from nothing, computed exactly. Intervals are over seeds.",
    is_published=False,
)
