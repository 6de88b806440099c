"""Wang et al. (2016), Experiment 5: the two-step task in episodes of ten trials, without reversals."""

from prefrontal.configs import RecurrentConfig, TestConfig, TrainConfig, TwoStepConfig
from prefrontal.experiments.presets.base import Experiment, ExperimentConfig
from prefrontal.experiments.presets.criteria import TwoStepCriteria, published_stays

# Read off the bars of the figure: about 1, about 0, about 0, .96.
WANG2016_FIRST = published_stays((1.0, 0.0, 0.0, 0.96), (0.1,) * 4, "Wang et al. (2016), Figure 5c", first=True)

WANG2016_TWO_STEP = Experiment(
    name="wang2016-two-step",
    title="The two-step task of ten trials: model-based behaviour from the first trial on",
    draws="stay probabilities and learning curves of networks on a two-step task of ten trials",
    paper="Wang et al. (2016), arXiv:1611.05763, Experiment 5",
    shows="Figure 5c",
    duration="3 minutes",
    study="two-step",
    config=ExperimentConfig(
        task=TwoStepConfig(num_trials=10, common_probability=0.75, reversal_probability=0.0, encoding="stage"),
        # The paper gives the network the time, and does not say in which unit.
        agent=RecurrentConfig(time_input="normalised"),
        # One update an episode of 20 steps. The paper tuned the learning rate and the discount, and does not say how
        # long it trained: these are the values of Wang et al. (2018).
        train=TrainConfig(num_episodes=100_000),
        test=TestConfig(num_episodes=3_000),
    ),
    seeds=tuple(range(8)),
    criteria=TwoStepCriteria(learned_reward=6.3, published_first=WANG2016_FIRST),
)
