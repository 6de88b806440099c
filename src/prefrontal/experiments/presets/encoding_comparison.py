"""How long a network takes to learn the two-step task, by how the task is shown to it."""

from dataclasses import replace

from prefrontal.configs import RecurrentConfig, TrainConfig, TwoStepConfig
from prefrontal.errors import UserError
from prefrontal.experiments.presets.base import Experiment, ExperimentConfig, Variants
from prefrontal.experiments.presets.criteria import LearningCriteria

ENCODINGS = ("trial", "stage")
TIMES = ("none", "raw")


def variant_name(encoding: str, time: str) -> str:
    """Of an encoding and a time input."""
    return f"{encoding}-{'time' if time == 'raw' else 'no-time'}"


def encodings_and_times(config: ExperimentConfig[TwoStepConfig], criteria: LearningCriteria) -> Variants:
    """One network step a trial or one a stage, with the raw time as an input or without.

    mtrazzi/two-step-task took 20,000 episodes with one step a trial, and gave 194,000 to one step a stage ("first
    try"); both had the time as an input, which counts stages in either encoding.
    """
    if not isinstance(config.agent, RecurrentConfig):
        raise UserError(
            f"`agent` must be a RecurrentConfig, whose time input is varied here, got a "
            f"{type(config.agent).__name__}. Choose another experiment for it."
        )
    found = {}
    for encoding in ENCODINGS:
        for time in TIMES:
            per_step = 2 if (encoding, time) == ("trial", "raw") else 1
            found[variant_name(encoding, time)] = replace(
                config,
                task=replace(config.task, encoding=encoding),
                agent=replace(config.agent, time_input=time, time_per_step=per_step),
            )
    return found


ENCODING_COMPARISON = Experiment(
    name="encoding-comparison",
    title="Episodes to learn the two-step task, by encoding and time input",
    draws="episodes to learn the two-step task, by encoding and time input",
    tests_agents=False,
    paper="mtrazzi two-step-task, first try and final",
    shows="how long each took",
    duration="15 minutes",
    study="encoding-comparison",
    config=ExperimentConfig(
        task=TwoStepConfig(encoding="trial"),
        agent=RecurrentConfig(initial_state="zero", head_bias=False),
        train=TrainConfig(num_episodes=40_000),
    ),
    seeds=tuple(range(8)),
    trains=encodings_and_times,
    criteria=LearningCriteria(threshold=0.65, window=200),
)
