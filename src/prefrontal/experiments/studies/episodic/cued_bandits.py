"""Test trained networks on bandits that come back with a cue: what they earn, by how often each was met."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from prefrontal.configs import CuedBanditConfig
from prefrontal.experiments.presets.base import ExperimentConfig
from prefrontal.experiments.presets.with_memory import WITH, WITHOUT
from prefrontal.experiments.studies.base import Agents, Study
from prefrontal.experiments.studies.episodic.forgetful import best_without_memory
from prefrontal.experiments.studies.episodic.played import by_exposure, num_epochs, play_epochs
from prefrontal.experiments.studies.subjects import Subjects
from prefrontal.experiments.studies.verdicts import SHARE, SIGNED, holds, on_average, over_seeds
from prefrontal.figures.episodic.cued_bandits import draw
from prefrontal.progress import each


class CuedBandits(Study[CuedBanditConfig, None]):
    """With a memory, a bandit that was met before is known from its first pull on."""

    def measure(
        self, agents: Agents, config: ExperimentConfig[CuedBanditConfig], folder: Path, subjects: Subjects
    ) -> dict[str, Any]:
        task = config.task
        reward = {
            name: np.stack([_reward(agent, config) for agent in each(of_seeds.values(), f"Testing, {name}")])
            for name, of_seeds in agents.items()
        }
        best = best_without_memory(task)
        results: dict[str, Any] = {
            "test_epochs": num_epochs(config),
            "bounds": {
                "known": task.good_probability,
                "blind": task.blind_reward,
                "best_without_memory": None if best is None else float(best.mean()),
            },
            "by_exposure": {
                name: {
                    "per_seed": np.round(values.mean(axis=-1), 4).tolist(),
                    "first_pull": np.round(values[..., 0], 4).tolist(),
                }
                for name, values in reward.items()
            },
            "by_pull": {
                name: {
                    "first": np.round(values[:, 0].mean(axis=0), 4).tolist(),
                    "last": np.round(values[:, -1].mean(axis=0), 4).tolist(),
                }
                for name, values in reward.items()
            },
            "best_by_pull": None if best is None else np.round(best, 4).tolist(),
            "reward_per_pull": {
                name: {
                    "first": over_seeds(values[:, 0].mean(axis=-1), within=SHARE),
                    "last": over_seeds(values[:, -1].mean(axis=-1), within=SHARE),
                }
                for name, values in reward.items()
            },
        }
        results["verdicts"] = _verdicts(task, reward, results["bounds"]["best_without_memory"])
        return results

    def figures(self, folder: Path, title: str) -> list[Path]:
        return draw(folder, title)


def _reward(agent: Any, config: ExperimentConfig[CuedBanditConfig]) -> np.ndarray:
    """Expected reward of the arms pulled, (exposure, pull)."""
    event = play_epochs(agent, config).event
    return by_exposure(event.expected_reward.astype(float), event.exposure[..., 0], config.task.exposures)


def _verdicts(task: CuedBanditConfig, reward: Mapping[str, np.ndarray], best: float | None) -> list[dict[str, Any]]:
    """Rewards lead with (seed, exposure, pull)."""
    verdicts = []
    half = (task.good_probability + task.blind_reward) / 2
    if WITH in reward:
        first = reward[WITH][:, -1, 0]
        name = f"first pull, last time met, memory > {half:.2f}"
        verdicts.append(on_average(name, first, bool(first.mean() > half), task.good_probability, SHARE))
        last = reward[WITH][:, -1].mean(axis=-1)
        if best is None:
            verdicts.append(on_average("reward, last time met, memory", last, None, None, SHARE))
        else:
            name = f"reward, last time met, memory > {best:.3f}"
            verdicts.append(on_average(name, last, bool(last.mean() > best), None, SHARE))
            verdicts.append(holds("seeds above that", int((last > best).sum()), bool((last > best).all()), len(last)))
    for name, values in reward.items():
        rise = values[:, -1].mean(axis=-1) - values[:, 0].mean(axis=-1)
        claim, passed = f"rise from first to last, {name}", None
        if name == WITH:
            claim, passed = f"{claim} > 0", bool(rise.mean() > 0)
        verdicts.append(on_average(claim, rise, passed, None, SIGNED))
    if WITHOUT in reward:
        first = reward[WITHOUT][:, -1, 0]
        blind = bool(abs(first.mean() - task.blind_reward) < 0.05)
        name = f"first pull, no-memory, within .05 of {task.blind_reward:.2f}"
        verdicts.append(on_average(name, first, blind, task.blind_reward, SHARE))
    return verdicts
