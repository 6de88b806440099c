"""Test trained networks on baited arms: do choices match rewards, and what do units code?"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import jax
import numpy as np

from prefrontal.agents.base import AbstractAgent
from prefrontal.analysis.matching import ChoiceSessions, lag_regression, matching, reward_value, unit_coding
from prefrontal.configs import MatchingConfig
from prefrontal.configs.matching import STEPS_PER_TRIAL, BaseProbabilities
from prefrontal.experiments.presets.base import Experiment, ExperimentConfig
from prefrontal.experiments.presets.wang2018_matching import CHOICE_LAGS, REWARD_LAGS, UNIT_CODING
from prefrontal.experiments.studies.base import Agents, Study
from prefrontal.experiments.studies.subjects import Subjects
from prefrontal.experiments.studies.verdicts import SHARE, SIGNED, holds, near, on_average, over_seeds
from prefrontal.figures.matching import draw
from prefrontal.progress import each
from prefrontal.rollouts.episodes import Trajectory
from prefrontal.rollouts.evaluation import evaluate
from prefrontal.tasks.matching import CHOICE, FIXATION

RANGES: tuple[BaseProbabilities, ...] = ("trained", "held-out")
LABELS = {
    "choice": "last choice",
    "reward": "last reward",
    "choice_x_reward": "choice x reward",
    "value": "choice value",
}


class Matching(Study[MatchingConfig, None]):
    """Do choices match rewards, and what do units code? So many test episodes are played in each range."""

    def measure(
        self, agents: Agents, config: ExperimentConfig[MatchingConfig], folder: Path, subjects: Subjects
    ) -> dict[str, Any]:
        experiment = self.experiment
        networks = agents[""]
        played = {
            which: [_test(agent, config, which, seed) for seed, agent in each(networks.items(), "Testing networks")]
            for which in RANGES
        }
        sessions = {which: [choice_sessions(one) for one in trajectories] for which, trajectories in played.items()}
        matched = {which: [matching(one) for one in those] for which, those in sessions.items()}
        regressions = [lag_regression(one) for one in sessions["trained"]]
        coding = [
            unit_coding(
                np.asarray(one.activity)[:, FIXATION::STEPS_PER_TRIAL], session, reward_value(session, regression)
            )
            for one, session, regression in zip(played["trained"], sessions["trained"], regressions, strict=True)
        ]
        results = {
            "test_episodes": config.test.num_episodes,
            "matching": {
                which: {
                    "slope": over_seeds([one.slope for one in those]),
                    "correlation": over_seeds([one.correlation for one in those], within=SIGNED),
                    "dropped_episodes": [one.num_dropped for one in those],
                    "reward_ratio": [np.round(one.reward_ratio, 3).tolist() for one in those],
                    "choice_ratio": [np.round(one.choice_ratio, 3).tolist() for one in those],
                }
                for which, those in matched.items()
            },
            "lag_regression": {
                "reward": {"per_seed": [one.reward.tolist() for one in regressions], "published": list(REWARD_LAGS)},
                "choice": {"per_seed": [one.choice.tolist() for one in regressions], "published": list(CHOICE_LAGS)},
                "separated": [one.fit.verdict for one in regressions],
            },
            "unit_coding": {
                name: {
                    **over_seeds([float(np.nanmean(np.abs(one[name]))) for one in coding], within=SHARE),
                    "published": published,
                }
                for name, published in UNIT_CODING.items()
            },
            "reward_per_trial": over_seeds(
                [_per_trial(one.rewarded & one.valid, one) for one in sessions["trained"]], within=SHARE
            ),
            "missed_trials": over_seeds([1 - _per_trial(one.valid, one) for one in sessions["trained"]], within=SHARE),
        }
        results["verdicts"] = _verdicts(experiment, results)
        return results

    def figures(self, folder: Path, title: str) -> list[Path]:
        return draw(folder, title)


def choice_sessions(played: Trajectory) -> ChoiceSessions:
    """The trials of some test episodes, leaves (B, T)."""
    event = jax.tree.map(lambda leaf: np.asarray(leaf)[:, CHOICE::STEPS_PER_TRIAL], played.event)
    active = np.asarray(played.active)[:, CHOICE::STEPS_PER_TRIAL]
    return ChoiceSessions(
        choice=event.choice,
        rewarded=event.rewarded & active,
        valid=active & ~event.missed,
        num_trials=active.sum(axis=1),
    )


def _test(
    agent: AbstractAgent, config: ExperimentConfig[MatchingConfig], which: BaseProbabilities, seed: int
) -> Trajectory:
    key = jax.random.fold_in(jax.random.fold_in(jax.random.key(config.test.seed), seed), RANGES.index(which))
    task = replace(config.task, base_probabilities=which).make()
    return evaluate(agent, task, key, num_episodes=config.test.num_episodes)


def _per_trial(happened: np.ndarray, sessions: ChoiceSessions) -> float:
    return float(happened.sum() / sessions.num_trials.sum())


def _verdicts(experiment: Experiment[MatchingConfig], results: Mapping[str, Any]) -> list[dict[str, Any]]:
    slopes = {which: results["matching"][which]["slope"] for which in RANGES}
    verdicts = [
        near(number, slopes[which]["mean"]) | {"interval95": slopes[which]["interval95"]}
        for which, number in experiment.published.items()
    ]
    under = [
        min(pair) > 0 and max(pair) < 1 for pair in zip(*(slopes[which]["per_seed"] for which in RANGES), strict=True)
    ]
    verdicts.append(holds("seeds that undermatch", sum(under), all(under), len(under)))
    for name, part in results["unit_coding"].items():
        verdicts.append(on_average(f"unit coding, {LABELS[name]}", part["per_seed"], None, part["published"], SHARE))
    return verdicts
