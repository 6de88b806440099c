"""Wang et al. (2018), Simulation 1: a network divides its choices as the rewards are divided."""

from prefrontal.configs import MatchingConfig, RecurrentConfig, TestConfig, TrainConfig
from prefrontal.experiments.base import ExperimentConfig, Published
from prefrontal.experiments.signals import SignalExperiment

WANG2018_MATCHING = SignalExperiment(
    name="wang2018-matching",
    title="Matching: a network divides its choices between two arms as their rewards are divided",
    paper="Wang et al. (2018), Nat Neurosci 21:860, Simulation 1",
    shows="Figure 2",
    duration="5 minutes",
    config=ExperimentConfig(
        task=MatchingConfig(),
        agent=RecurrentConfig(),
        # The paper does not say how many steps an update takes; 40 are twenty trials, as in wang2018-two-step.
        train=TrainConfig(num_episodes=15_000, unroll=40, discount=0.75),
        test=TestConfig(num_episodes=500),
    ),
    seeds=tuple(range(8)),
    published={
        "trained": Published("matching slope, trained range", 0.665, 0.1, "Wang et al. (2018), Figure 2d"),
        "held_out": Published("matching slope, held-out range", 0.696, 0.1, "Wang et al. (2018), Figure 2d"),
        "choice": Published("unit coding, last choice", 0.221, 0.1, "Wang et al. (2018), Figure 2e"),
        "reward": Published("unit coding, last reward", 0.072, 0.1, "Wang et al. (2018), Figure 2e"),
        "choice_x_reward": Published("unit coding, their interaction", 0.109, 0.1, "Wang et al. (2018), Figure 2e"),
        "value": Published("unit coding, choice value", 0.211, 0.1, "Wang et al. (2018), Figure 2e"),
    },
    stem="matching",
    note="Slopes: log choice ratio on log reward ratio, over test episodes; 1 is perfect matching. Unit coding: mean "
    "absolute partial rank correlation over units, at the fixation. Intervals are over seeds.",
)
