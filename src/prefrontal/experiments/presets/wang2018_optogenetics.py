"""Wang et al. (2018), Simulation 6: manipulated prediction errors change risky choice."""

from prefrontal.configs import ActorCriticConfig, RiskConfig, TestConfig, TrainConfig
from prefrontal.experiments.presets.base import Experiment, ExperimentConfig, Published

SOURCE = "Wang et al. (2018), Figure 7b"

WANG2018_OPTOGENETICS = Experiment(
    name="wang2018-optogenetics",
    title="Manipulated dopamine: false prediction errors shift risky choices",
    draws="risky choices of networks whose prediction errors are manipulated",
    paper="Wang et al. (2018), Nat Neurosci 21:860, Simulation 6",
    shows="Figure 7",
    duration="5 minutes",
    config=ExperimentConfig(
        task=RiskConfig(),
        agent=ActorCriticConfig(),
        # 4 million steps, as in the paper, learned from an episode at a time.
        train=TrainConfig(num_episodes=66_667),
        test=TestConfig(num_episodes=1_333),
    ),
    seeds=tuple(range(8)),
    published={
        "block_risky_reward": Published("block risky reward: risky choices at odds .5, % points", -46.5, 23.25, SOURCE),
        "block_safe_reward": Published("block safe reward: risky choices at odds .125, % points", 29.9, 14.95, SOURCE),
        "block_risky_loss": Published("block risky loss: risky choices at odds .125, % points", 20.0, 10.0, SOURCE),
    },
    study="optogenetics",
    note="Verdicts: change against control, passed when in the published direction and at least half the published "
    "size. Intervals are over seeds. The paper has a control of its own for each manipulation; ours is one.",
)
