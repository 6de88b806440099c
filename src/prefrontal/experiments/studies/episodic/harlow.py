"""Test trained networks on Harlow's task with pairs met again: is the first choice right?"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from prefrontal.configs import EpisodicHarlowConfig
from prefrontal.experiments.presets.base import ExperimentConfig
from prefrontal.experiments.presets.with_memory import WITH
from prefrontal.experiments.studies.base import Agents, Study
from prefrontal.experiments.studies.episodic.played import by_exposure, num_epochs, play_epochs
from prefrontal.experiments.studies.subjects import Subjects
from prefrontal.experiments.studies.verdicts import SHARE, holds, near, on_average, over_seeds
from prefrontal.figures.episodic.harlow import draw
from prefrontal.progress import each

LEAST = 0.85
"""Accuracy at the first choice of a pair met before that counts as remembering it."""
LEARNED = 0.9
"""Accuracy on the second trial that counts as having learned to learn."""


class EpisodicHarlow(Study[EpisodicHarlowConfig, None]):
    """With a memory, the first choice between two objects that were met before is right."""

    def measure(
        self, agents: Agents, config: ExperimentConfig[EpisodicHarlowConfig], folder: Path, subjects: Subjects
    ) -> dict[str, Any]:
        accuracy = {
            name: np.stack([_accuracy(agent, config) for agent in each(of_seeds.values(), f"Testing, {name}")])
            for name, of_seeds in agents.items()
        }
        again = {name: values[:, 1:].mean(axis=1) for name, values in accuracy.items()}
        results: dict[str, Any] = {
            "test_epochs": num_epochs(config),
            "by_trial": {
                name: {"first": _lists(values[:, 0]), "again": _lists(again[name])} for name, values in accuracy.items()
            },
            "by_exposure": {name: _lists(values[..., 0]) for name, values in accuracy.items()},
            "accuracy": {
                name: {
                    "trial_1_again": over_seeds(again[name][:, 0], within=SHARE),
                    "trial_1_first": over_seeds(values[:, 0, 0], within=SHARE),
                    "trial_2_first": over_seeds(values[:, 0, 1], within=SHARE),
                }
                for name, values in accuracy.items()
                if values.shape[-1] > 1
            },
        }
        results["verdicts"] = self._verdicts(accuracy, again)
        return results

    def figures(self, folder: Path, title: str) -> list[Path]:
        return draw(folder, title)

    def _verdicts(self, accuracy: Mapping[str, np.ndarray], again: Mapping[str, np.ndarray]) -> list[dict[str, Any]]:
        """Accuracy leads with (seed, exposure, trial); of pairs met before, with (seed, trial)."""
        verdicts = []
        for name, values in again.items():
            number = self.experiment.published[name]
            interval = over_seeds(values[:, 0], within=SHARE)["interval95"]
            verdicts.append(near(number, float(values[:, 0].mean())) | {"interval95": interval})
        if WITH in again:
            remember = again[WITH][:, 0] >= LEAST
            claim = f"seeds with trial 1 of at least {LEAST:g}"
            verdicts.append(holds(claim, int(remember.sum()), bool(remember.all()), len(remember)))
        for name, values in accuracy.items():
            if values.shape[-1] > 1:
                second = values[:, 0, 1]
                claim = f"trial 2, first met, {name} > {LEARNED:g}"
                verdicts.append(on_average(claim, second, bool(second.mean() > LEARNED), None, SHARE))
        return verdicts


def _accuracy(agent: Any, config: ExperimentConfig[EpisodicHarlowConfig]) -> np.ndarray:
    """Share of right choices, (exposure, trial)."""
    event = play_epochs(agent, config).event
    shape = (*event.exposure.shape[:2], config.task.num_trials)
    rewarded = event.harlow.rewarded[event.harlow.complete].reshape(shape)
    return by_exposure(rewarded.astype(float), event.exposure[..., 0], config.task.exposures)


def _lists(values: np.ndarray) -> list[list[float]]:
    return np.round(values, 4).tolist()
