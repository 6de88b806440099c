"""Test trained networks on the two-step task, and hold what they do against what was published."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console

from prefrontal.agents.two_step import BayesOptimal, TwoStepAgent
from prefrontal.analysis.behaviour import Trials, stay_probability
from prefrontal.configs import TestConfig, TwoStepConfig
from prefrontal.configs.two_step import TRIAL_KINDS
from prefrontal.experiments.presets.base import Experiment, ExperimentConfig, Published
from prefrontal.experiments.presets.criteria import TwoStepCriteria
from prefrontal.experiments.studies.base import Agents, Study
from prefrontal.experiments.studies.subjects import Subjects
from prefrontal.experiments.studies.two_step_course import watch, write_course
from prefrontal.experiments.studies.two_step_sessions import play_sessions
from prefrontal.experiments.studies.verdicts import SHARE, holds, near, over_seeds
from prefrontal.learning.group import new_agent
from prefrontal.learning.jobs import Watch
from prefrontal.learning.meanwhile import meanwhile
from prefrontal.reports.tables import print_stay_report, stay_summary
from prefrontal.trials.table import write_table

NUM_IDEAL_EPISODES = 3_000
"""Episodes that the Bayes-optimal agent plays: its mean reward is then known to about .1."""


class TwoStepBehaviour(Study[TwoStepConfig, TwoStepCriteria]):
    """Stay probabilities and reward on the two-step task, and how they came about in training."""

    def measure(
        self, agents: Agents, config: ExperimentConfig[TwoStepConfig], folder: Path, subjects: Subjects
    ) -> dict[str, Any]:
        experiment = self.experiment
        networks = agents[""]
        with meanwhile(lambda: ideal_behaviour(config.task)) as begin:
            begin()
            table, reward = play_sessions(networks, config)
        stay, first = stay_probability(table), stay_probability(table, trials="first")
        ideal = ideal_behaviour(config.task)

        results = {
            "test_episodes": config.test.num_episodes,
            "reward_per_episode": {
                **over_seeds(reward),
                "chance": config.task.chance_reward,
                "bayes_optimal": ideal["reward"],
                "oracle": config.task.oracle_reward,
            },
            "stay_probability": _stays(stay, ideal, experiment.published),
            "published_source": next((number.source for number in experiment.published.values()), None),
            "verdicts": _verdicts(experiment, reward, stay.mean().to_dict(), first.mean().to_dict()),
        }
        if experiment.criteria.published_first:
            results["first_transition"] = _stays(
                first, ideal_behaviour(config.task, trials="first"), experiment.criteria.published_first
            )
            results["first_transition_source"] = next(
                number.source for number in experiment.criteria.published_first.values()
            )
        write_table(folder / "trials.csv", table)
        if subjects.run is not None and subjects.intervention is None:
            write_course(config, subjects.run, list(networks), folder)
        return results

    def get_ready(self, config: ExperimentConfig[TwoStepConfig]) -> None:
        from prefrontal.figures import course, two_step  # noqa: F401

        super().get_ready(config)
        untrained = new_agent(config.agent, config.task.make(), seed=0)
        with meanwhile(lambda: ideal_behaviour(config.task)) as begin:
            begin()
            play_sessions({0: untrained}, config)  # which compiles what plays the trained ones

    def figures(self, folder: Path, title: str) -> list[Path]:
        from prefrontal.figures import course, two_step  # Matplotlib is slow to import

        return [*two_step.draw(folder, title), *course.draw(folder, title)]

    def watch(self, config: ExperimentConfig[TwoStepConfig]) -> Watch:
        """Every snapshot is tested, and its stay probabilities are drawn."""
        is_same_task = config.task == self.experiment.config.task
        published = {name: number.value for name, number in self.experiment.published.items() if is_same_task}
        return watch(config, published)

    def report(self, results: Mapping[str, Any], console: Console) -> None:
        print_stay_report(results, console)

    def compared(self, results: Mapping[str, Any]) -> Mapping[str, float | None]:
        return stay_summary(results)


def _stays(
    stay: pd.DataFrame, ideal: Mapping[str, float], published: Mapping[str, Published]
) -> dict[str, dict[str, Any]]:
    return {
        measure: {
            **over_seeds(stay[measure].to_numpy(), within=SHARE),
            "published": published[measure].value if measure in published else None,
            "bayes_optimal": ideal[measure],
        }
        for measure in TRIAL_KINDS
    }


@cache
def ideal_behaviour(task: TwoStepConfig, *, trials: Trials = "all") -> dict[str, float]:
    """Reward per episode and stay probabilities of the Bayes-optimal agent, found by letting it play.

    It plays one step a trial: its trials are the same in every encoding. See `stay_probability` about `trials`.
    """
    task = replace(
        task, encoding="trial", better_state="drawn" if task.better_state == "carried" else task.better_state
    )
    agent = TwoStepAgent(BayesOptimal.of_task(task), task.encoding)
    table, reward = play_sessions({0: agent}, ExperimentConfig(task=task, test=TestConfig(NUM_IDEAL_EPISODES)))
    stay = stay_probability(table, trials=trials)
    return {"reward": float(reward[0]), **{measure: float(stay[measure].iloc[0]) for measure in TRIAL_KINDS}}


def _verdicts(
    experiment: Experiment[TwoStepConfig], reward: np.ndarray, stay: Mapping[str, float], first: Mapping[str, float]
) -> list[dict[str, Any]]:
    num_learned = int((reward >= experiment.criteria.learned_reward).sum())
    name = f"seeds with reward ≥ {experiment.criteria.learned_reward:g}"
    return [
        *(near(number, stay[measure]) for measure, number in experiment.published.items()),
        *(near(number, first[measure]) for measure, number in experiment.criteria.published_first.items()),
        holds(name, num_learned, num_learned == len(reward), len(reward), of_task=True),
    ]
