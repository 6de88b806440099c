"""Wang et al. (2018), Simulation 4: a meta-learned network behaves model-based on the two-step task."""

from prefrontal.configs import RecurrentConfig, TestConfig, TrainConfig, TwoStepConfig
from prefrontal.experiments.presets.base import Experiment, ExperimentConfig, Published
from prefrontal.experiments.presets.criteria import TwoStepCriteria

SOURCE = "Wang et al. (2018), Figure 5c"

WANG2018_TWO_STEP = Experiment(
    name="wang2018-two-step",
    title="The two-step task: a network trained model-free comes to behave model-based",
    draws="stay probabilities and learning curves of networks on the two-step task",
    paper="Wang et al. (2018), Nat Neurosci 21:860, Simulation 4",
    shows="Figure 5c",
    duration="2 minutes",
    study="two-step",
    config=ExperimentConfig(
        task=TwoStepConfig(),
        agent=RecurrentConfig(),
        # The paper does not say how many steps an update takes in this simulation ("100 to 300 depending on the task"),
        # nor RMSProp's constants, nor how weights start. With updates of 60 steps (twenty trials) all eight seeds learn
        # in 10,000 episodes; with 100 steps six, with one update an episode (300 steps) one, with A3C's RMSProp none.
        # See docs/robustness.md.
        train=TrainConfig(num_episodes=10_000, unroll=60),
        test=TestConfig(num_episodes=300),
    ),
    seeds=tuple(range(8)),
    published={
        "common_rewarded": Published("stay, common rewarded", 0.989, 0.06, SOURCE),
        "uncommon_rewarded": Published("stay, uncommon rewarded", 0.638, 0.06, SOURCE),
        "common_unrewarded": Published("stay, common unrewarded", 0.621, 0.06, SOURCE),
        "uncommon_unrewarded": Published("stay, uncommon unrewarded", 0.988, 0.06, SOURCE),
    },
    criteria=TwoStepCriteria(learned_reward=66.0),
)
