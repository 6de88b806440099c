"""Wang et al. (2018), Simulation 2: a network's learning rate follows the volatility of its world."""

from prefrontal.configs import RecurrentConfig, TestConfig, TrainConfig, VolatilityConfig
from prefrontal.experiments.presets.base import Experiment, ExperimentConfig, Published

SOURCE = "Wang et al. (2018), Figure 3"

CODING_SHARE = 0.37
"""Share of units that code volatility: Results, Simulation 2."""

WANG2018_VOLATILITY = Experiment(
    name="wang2018-volatility",
    title="Volatility: a network learns faster when its world changes often",
    draws="learning rates of networks while a world is stable and volatile",
    paper="Wang et al. (2018), Nat Neurosci 21:860, Simulation 2",
    shows="Figure 3",
    duration="3 minutes",
    config=ExperimentConfig(
        task=VolatilityConfig(prize_scale=10.0),  # not stated in the paper; see docs/volatility.md for what was tried
        agent=RecurrentConfig(),
        train=TrainConfig(
            num_episodes=40_000,
            unroll=20,  # the paper has 100 to 300 "depending on the task", of which networks here learn less
            learning_rate=5e-5,
            discount=0.1,
            entropy_cost=1.0,
            final_entropy_cost=0.0,
        ),
        test=TestConfig(num_episodes=400),
    ),
    seeds=tuple(range(8)),
    published={
        "stable_1": Published("stable, then ...", 0.212, 0.12, SOURCE),
        "volatile_1": Published("... volatile", 0.458, 0.12, SOURCE),
        "volatile_2": Published("volatile, then ...", 0.513, 0.12, SOURCE),
        "stable_2": Published("... stable", 0.277, 0.12, SOURCE),
    },
    study="volatility",
    note="First four rows: learning rates of a Rescorla-Wagner learner fitted in windows of 10 trials, mean over the "
    "windows of each half. Ratio: volatile to stable. Decoded: the ideal observer's belief, cross-validated. Shares "
    "are of units and episodes; the shifted ones are what the same test finds for a label that is none. Intervals are "
    "over seeds.",
)
