"""Test trained networks on the informative arm: do they ask, and do they use the answer?"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from prefrontal.configs import InformativeArmConfig
from prefrontal.experiments.presets.base import ExperimentConfig
from prefrontal.experiments.presets.criteria import InformativeArmCriteria
from prefrontal.experiments.studies.base import Agents, Study
from prefrontal.experiments.studies.played import Played, play_tests
from prefrontal.experiments.studies.subjects import Subjects
from prefrontal.experiments.studies.verdicts import SHARE, holds, over_seeds
from prefrontal.figures.informative_arm import draw


class InformativeArm(Study[InformativeArmConfig, InformativeArmCriteria]):
    """Does a network pay for information, and use it?"""

    def measure(
        self, agents: Agents, config: ExperimentConfig[InformativeArmConfig], folder: Path, subjects: Subjects
    ) -> dict[str, Any]:
        networks = agents[""]
        task, test = config.task.make(), config.test
        played = play_tests(networks.values(), task, test.seed, test.num_episodes)
        asks = np.array([episodes.choice[:, 0] == config.task.num_targets for episodes in played])
        is_target = ~np.array([episodes.is_suboptimal for episodes in played])
        informs = np.array([episodes.choice == config.task.num_targets for episodes in played])
        reward = np.array([episodes.reward.sum(axis=1).mean() for episodes in played])
        asking, using = asks.mean(axis=1), np.array([_share_after(*both) for both in zip(is_target, asks, strict=True)])

        return {
            "test_episodes": test.num_episodes,
            "reward_per_episode": {
                **over_seeds(reward),
                "optimal": config.task.optimal_reward,
                "search": float(search_rewards(config.task).sum()),
                "chance": chance_reward(config.task),
                "oracle": config.task.num_trials * config.task.target_reward,
            },
            "asks_first": over_seeds(asking, within=SHARE),
            "target_after_asking": over_seeds(using, within=SHARE),
            "pulls": {
                "informative": informs.mean(axis=1).tolist(),
                "target": is_target.mean(axis=1).tolist(),
                "other": (~informs & ~is_target).mean(axis=1).tolist(),
            },
            "regret": {
                "networks": [_cumulative(episodes) for episodes in played],
                "optimal": np.cumsum(optimal_regrets(config.task)).tolist(),
                "search": np.cumsum(config.task.target_reward - search_rewards(config.task)).tolist(),
            },
            "verdicts": _verdicts(self.criteria, asking, using, reward),
        }

    def figures(self, folder: Path, title: str) -> list[Path]:
        return draw(folder, title)

    def note(self, results: Mapping[str, Any]) -> str:
        reward = results["reward_per_episode"]
        return (
            f"Means over seeds. The best that can be earned without knowing the target is {reward['optimal']:.4g}; "
            f"searching the arms earns {reward['search']:.4g}, random pulls {reward['chance']:.4g}."
        )

    def compared(self, results: Mapping[str, Any]) -> Mapping[str, float | None]:
        reward = results["reward_per_episode"]
        low, high = reward["interval95"]
        return {"reward": reward["mean"], "reward_low": low, "reward_high": high}


def search_rewards(task: InformativeArmConfig) -> np.ndarray:
    """Expected reward of each pull, (T,), of an agent that knows the task and tries one target arm after the other.

    The target is found by pull t with probability t / K, and pulled from then on. It is what Thompson sampling does
    with the true prior: it never pulls an arm that cannot be the best.
    """
    found = np.minimum(np.arange(1, task.num_trials + 1) / task.num_targets, 1)
    return found * task.target_reward + (1 - found) * task.other_reward


def optimal_regrets(task: InformativeArmConfig) -> np.ndarray:
    """Expected regret of each pull, (T,), of asking once and then taking the target."""
    regrets = np.zeros(task.num_trials)
    regrets[0] = task.target_reward - task.information_unit * (task.num_targets + 1) / 2
    return regrets


def chance_reward(task: InformativeArmConfig) -> float:
    """Expected reward per episode of random pulls."""
    information = task.information_unit * (task.num_targets + 1) / 2
    arms = task.target_reward + (task.num_targets - 1) * task.other_reward + information
    return task.num_trials * arms / (task.num_targets + 1)


def _share_after(is_target: np.ndarray, asks: np.ndarray) -> float:
    """Share of the later pulls that are the target, in episodes that began by asking; NaN where none did."""
    return float(is_target[asks, 1:].mean()) if asks.any() and is_target.shape[1] > 1 else float("nan")


def _cumulative(played: Played) -> list[float]:
    return np.cumsum(played.regret.mean(axis=0)).tolist()


def _verdicts(
    criteria: InformativeArmCriteria, asking: np.ndarray, using: np.ndarray, reward: np.ndarray
) -> list[dict[str, Any]]:
    least, earned = criteria.least_share, criteria.least_reward
    asked, used, paid = (float(np.mean(values)) for values in (asking, using, reward))
    learned = int(((asking > least) & (using > least) & (reward >= earned)).sum())
    return [
        holds(f"asks first, share above {least:g}", asked, asked > least),
        holds(f"then the target, share above {least:g}", used, used > least),
        holds(f"reward per episode ≥ {earned:g}", paid, paid >= earned, of_task=True),
        holds("seeds that do all three", learned, learned == len(reward), len(reward), of_task=True),
    ]
