"""Test trained networks on the two-step task, and hold what they do against what was published."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax
import numpy as np
import pandas as pd

from prefrontal.agents.base import AbstractAgent
from prefrontal.agents.two_step import BayesOptimal, TwoStepAgent
from prefrontal.analysis.behaviour import Trials, stay_probability
from prefrontal.configs import TwoStepConfig
from prefrontal.experiments.base import ExperimentConfig, Published
from prefrontal.experiments.results import SHARE, holds, near, over_seeds
from prefrontal.rollouts.evaluation import evaluate
from prefrontal.runs.provenance import versions
from prefrontal.tasks import make_task
from prefrontal.trials.table import trial_table, write_table

if TYPE_CHECKING:
    from prefrontal.experiments.two_step import TwoStepExperiment

MEASURES = ("common_rewarded", "uncommon_rewarded", "common_unrewarded", "uncommon_unrewarded")
NUM_IDEAL_EPISODES = 3_000
"""Episodes that the Bayes-optimal agent plays: its mean reward is then known to about .1."""


def measure(
    experiment: "TwoStepExperiment",
    agents: Mapping[int, AbstractAgent],
    config: ExperimentConfig[TwoStepConfig],
    folder: Path,
) -> dict[str, Any]:
    """See `Experiment.measure`; `agents` by seed."""
    table, reward = play_sessions(agents, config)
    stay, first = stay_probability(table), stay_probability(table, trials="first")
    ideal = ideal_behaviour(config.task)

    results = {
        "experiment": experiment.name,
        "seeds": list(agents),
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
        "config": {**config.training, "test": asdict(config.test)},
        "versions": versions(),
    }
    if experiment.published_first:
        results["first_transition"] = _stays(
            first, ideal_behaviour(config.task, trials="first"), experiment.published_first
        )
        results["first_transition_source"] = next(number.source for number in experiment.published_first.values())
    write_table(folder / "trials.csv", table)
    return results


def play_sessions(
    agents: Mapping[int, AbstractAgent], config: ExperimentConfig[TwoStepConfig]
) -> tuple[pd.DataFrame, np.ndarray]:
    """Let `agents`, by seed, play their test episodes.

    Returns:
        The trial table, the seeds as subjects; and each seed's mean reward per episode, (seed,).
    """
    tested = [_test(agent, config, config.test.num_episodes, seed) for seed, agent in agents.items()]
    table = trial_table(_stack([event for event, _ in tested]), subjects=list(agents))
    return table, np.array([reward.mean() for _, reward in tested])


def behaviour(
    agent: AbstractAgent, config: ExperimentConfig[TwoStepConfig], seed: int
) -> tuple[np.ndarray, pd.DataFrame]:
    """What one agent does in the experiment's test: the reward of each episode, and its stay probabilities, one row."""
    event, reward = _test(agent, config, config.test.num_episodes, seed)
    return reward, stay_probability(trial_table(_stack([event]), subjects=[seed]))


def _stays(
    stay: pd.DataFrame, ideal: Mapping[str, float], published: Mapping[str, Published]
) -> dict[str, dict[str, Any]]:
    return {
        measure: {
            **over_seeds(stay[measure].to_numpy(), within=SHARE),
            "published": published[measure].value if measure in published else None,
            "bayes_optimal": ideal[measure],
        }
        for measure in MEASURES
    }


def ideal_behaviour(task: TwoStepConfig, *, trials: Trials = "all") -> dict[str, float]:
    """Reward per episode and stay probabilities of the Bayes-optimal agent, found by letting it play.

    It plays one step a trial: its trials are the same in every encoding. See `stay_probability` about `trials`.
    """
    task = replace(
        task, encoding="trial", better_state="drawn" if task.better_state == "carried" else task.better_state
    )
    agent = TwoStepAgent(BayesOptimal.of_task(task), task.encoding)
    event, reward = _test(agent, ExperimentConfig(task=task), NUM_IDEAL_EPISODES, seed=0)
    stay = stay_probability(trial_table(_stack([event]), subjects=[0]), trials=trials)
    return {"reward": float(reward.mean()), **{measure: float(stay[measure].iloc[0]) for measure in MEASURES}}


def _verdicts(
    experiment: "TwoStepExperiment", reward: np.ndarray, stay: Mapping[str, float], first: Mapping[str, float]
) -> list[dict[str, Any]]:
    num_learned = int((reward >= experiment.learned_reward).sum())
    name = f"seeds with reward ≥ {experiment.learned_reward:g}"
    return [
        *(near(number, stay[measure]) for measure, number in experiment.published.items()),
        *(near(number, first[measure]) for measure, number in experiment.published_first.items()),
        holds(name, num_learned, num_learned == len(reward), published=len(reward), of_task=True),
    ]


def _test(agent: AbstractAgent, config: ExperimentConfig, num_episodes: int, seed: int) -> tuple[Any, np.ndarray]:
    """One agent's test episodes: events, leaves (B, T), and total rewards, (B,)."""
    key = jax.random.fold_in(jax.random.key(config.test.seed), seed)
    trajectory = evaluate(agent, make_task(config.task), key, num_episodes=num_episodes)
    return jax.tree.map(np.asarray, trajectory.event), np.asarray(trajectory.reward).sum(axis=1)


def _stack(events: list[Any]) -> Any:
    return jax.tree.map(lambda *leaves: np.stack(leaves), *events)
