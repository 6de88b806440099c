"""mtrazzi/two-step-task: the public reproduction of the two-step networks, each notebook in its own form.

What that form is, and what of it is not copied, is told in docs/reference.md.

Reference:
    https://github.com/mtrazzi/two-step-task, commit c0cc2f5.
"""

from prefrontal.configs import RecurrentConfig, TestConfig, TrainConfig, TwoStepConfig
from prefrontal.experiments.presets.base import Experiment, ExperimentConfig
from prefrontal.experiments.presets.criteria import TwoStepCriteria, published_stays
from prefrontal.experiments.presets.wang2016_two_step import WANG2016_FIRST

PROJECT = "mtrazzi/two-step-task"
TOLERANCES = (0.06, 0.1, 0.1, 0.06)
"""Networks of one kind differ by about .1 in the two middle stay probabilities, and so do means over eight of them."""


def _agent(time_per_step: int) -> RecurrentConfig:
    return RecurrentConfig(
        initial_state="zero",
        time_input="raw",
        time_per_step=time_per_step,
        first_previous_action="first",
        head_bias=False,
    )


def _train(num_episodes: int) -> TrainConfig:
    """One update an episode; TensorFlow 1's RMSProp is the default."""
    return TrainConfig(num_episodes=num_episodes, max_gradient_norm=999.0, log_epsilon=1e-7, time_shift=1)


REFERENCE_FINAL = Experiment(
    name="reference-final",
    title="The two-step task as mtrazzi/two-step-task has it: one network step a trial",
    draws="stay probabilities and learning curves of networks in the reference's form",
    paper="mtrazzi two-step-task, biorxiv-final",
    shows="its figure of 8 seeds",
    duration="4 minutes",
    study="two-step",
    config=ExperimentConfig(
        task=TwoStepConfig(encoding="trial", better_state="carried"),
        agent=_agent(time_per_step=2),
        train=_train(20_000),
        test=TestConfig(num_episodes=300),
    ),
    seeds=tuple(range(8)),
    published=published_stays((0.94, 0.71, 0.59, 0.95), TOLERANCES, f"{PROJECT}, biorxiv-final, 8 networks"),
    criteria=TwoStepCriteria(learned_reward=61.0),
)

REFERENCE_FIRST_TRY = Experiment(
    name="reference-first-try",
    title="The two-step task as mtrazzi/two-step-task first tried it",
    draws="stay probabilities and learning curves of networks in the reference's form",
    paper="mtrazzi two-step-task, biorxiv-first-try",
    shows="its figure of one seed",
    duration="20 minutes",
    study="two-step",
    config=ExperimentConfig(
        task=TwoStepConfig(encoding="stage", better_state="carried"),
        agent=_agent(time_per_step=1),
        train=_train(194_000),
        test=TestConfig(num_episodes=300),
    ),
    seeds=tuple(range(4)),
    published=published_stays((0.998, 0.693, 0.669, 0.999), TOLERANCES, f"{PROJECT}, biorxiv-first-try, 1 network"),
    criteria=TwoStepCriteria(learned_reward=66.0),
)

REFERENCE_ARXIV = Experiment(
    name="reference-arxiv",
    title="The two-step task of ten trials as mtrazzi/two-step-task has it",
    draws="stay probabilities and learning curves of networks in the reference's form",
    paper="mtrazzi two-step-task, arxiv",
    shows="its figure of one seed",
    duration="2 minutes",
    study="two-step",
    config=ExperimentConfig(
        task=TwoStepConfig(num_trials=10, common_probability=0.75, reversal_probability=0.0, encoding="stage"),
        agent=_agent(time_per_step=1),
        train=_train(40_000),
        test=TestConfig(num_episodes=3_000),
    ),
    seeds=tuple(range(8)),
    published=published_stays((0.979, 0.530, 0.557, 0.955), TOLERANCES, f"{PROJECT}, arxiv, 1 network"),
    criteria=TwoStepCriteria(learned_reward=6.3, published_first=WANG2016_FIRST),
)
