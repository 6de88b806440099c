"""How long a network takes to learn the two-step task, by how the task is shown to it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prefrontal.configs import RecurrentConfig, TrainConfig, TwoStepConfig
from prefrontal.experiments.base import Agents, Experiment, ExperimentConfig

if TYPE_CHECKING:
    from rich.console import Console

    from prefrontal.experiments.subjects import Subjects

ENCODINGS = ("trial", "stage")
TIMES = ("none", "raw")


@dataclass(frozen=True)
class EncodingComparison(Experiment[TwoStepConfig]):
    """One network step a trial or one a stage, with the raw time as an input or without: episodes until the reward
    passes a threshold.

    mtrazzi/two-step-task took 20,000 episodes with one step a trial, and gave 194,000 to one step a stage ("first
    try"); both had the time as an input, which counts stages in either encoding.
    """

    threshold: float
    """Reward per trial, 0 to 1, that tells a network that has learned from one that has not."""
    window: int
    """The reward is a running mean over so many episodes."""

    def variants(self, config: ExperimentConfig[TwoStepConfig]) -> Mapping[str, ExperimentConfig[TwoStepConfig]]:
        if not isinstance(config.agent, RecurrentConfig):
            raise TypeError(f"`agent` must be a RecurrentConfig, got {type(config.agent).__name__}.")
        variants = {}
        for encoding in ENCODINGS:
            for time in TIMES:
                per_step = 2 if (encoding, time) == ("trial", "raw") else 1
                variants[variant_name(encoding, time)] = replace(
                    config,
                    task=replace(config.task, encoding=encoding),
                    agent=replace(config.agent, time_input=time, time_per_step=per_step),
                )
        return variants

    def measure(
        self, agents: Agents, config: ExperimentConfig[TwoStepConfig], folder: Path, subjects: "Subjects"
    ) -> dict[str, Any]:
        from prefrontal.experiments import encoding_comparison_results

        return encoding_comparison_results.measure(self, list(agents[variant_name("trial", "none")]), config, folder)

    def draw(self, folder: Path) -> list[Path]:
        from prefrontal.experiments import encoding_comparison_figure

        return encoding_comparison_figure.draw(self, folder)

    def report(self, results: Mapping[str, Any], console: "Console") -> None:
        from prefrontal.experiments import encoding_comparison_results

        encoding_comparison_results.report(results, console)

    def compared(self, results: Mapping[str, Any]) -> Mapping[str, float | None]:
        return {f"episodes_{name}": part["median"] for name, part in results["episodes_to_learn"].items()}


def variant_name(encoding: str, time: str) -> str:
    """Of an encoding and a time input."""
    return f"{encoding}-{'time' if time == 'raw' else 'no-time'}"


ENCODING_COMPARISON = EncodingComparison(
    name="encoding-comparison",
    title="Episodes to learn the two-step task, by encoding and time input",
    draws="episodes to learn the two-step task, by encoding and time input",
    tests_agents=False,
    paper="mtrazzi two-step-task, first try and final",
    shows="how long each took",
    duration="15 minutes",
    config=ExperimentConfig(
        task=TwoStepConfig(encoding="trial"),
        agent=RecurrentConfig(initial_state="zero", head_bias=False),
        train=TrainConfig(num_episodes=40_000),
    ),
    seeds=tuple(range(8)),
    published={},
    threshold=0.65,
    window=200,
)
