"""Wang et al. (2016), section 3.1.4: a network's learning rate follows the volatility of its arms."""

from prefrontal.configs import RecurrentConfig, RestlessConfig, TestConfig, TrainConfig
from prefrontal.experiments.presets.base import Experiment, ExperimentConfig
from prefrontal.experiments.presets.criteria import RestlessCriteria

WANG2016_RESTLESS = Experiment(
    name="wang2016-restless",
    title="Restless arms: networks learn faster where arms walk faster",
    draws="regret and learning rates of networks on restless arms",
    paper="Wang et al. (2016), arXiv 1611.05763, section 3.1.4",
    shows="Figure 4",
    duration="2 minutes",
    study="restless",
    config=ExperimentConfig(
        task=RestlessConfig(),
        agent=RecurrentConfig(time_input="normalised"),
        # 20,000 episodes are those of section 3.1.1; of this section's we know nothing.
        train=TrainConfig(
            num_episodes=20_000, learning_rate=1e-3, discount=0.8, entropy_cost=1.0, final_entropy_cost=0.0
        ),
        test=TestConfig(num_episodes=600),
    ),
    seeds=tuple(range(8)),
    criteria=RestlessCriteria(block_episodes=10),
)
