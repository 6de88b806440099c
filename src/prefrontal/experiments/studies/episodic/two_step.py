"""Test trained networks on the two-step task with cues: do they choose by the trial that a cue brings back?"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax
import numpy as np
from jaxtyping import Float

from prefrontal.configs import EpisodicTwoStepConfig
from prefrontal.configs.two_step import TRIAL_KINDS
from prefrontal.experiments.presets.base import ExperimentConfig
from prefrontal.experiments.presets.with_memory import WITH, WITHOUT
from prefrontal.experiments.studies.base import Agents, Study
from prefrontal.experiments.studies.episodic.ideal import play_ideally
from prefrontal.experiments.studies.episodic.played import play_epochs
from prefrontal.experiments.studies.subjects import Subjects
from prefrontal.experiments.studies.verdicts import SHARE, SIGNED, holds, near, on_average, over_seeds
from prefrontal.figures.episodic.two_step import draw
from prefrontal.progress import each
from prefrontal.tasks.episodic_two_step import EpisodicTwoStep, EpisodicTwoStepEvent

BARS = ("incremental_uncued", "incremental_cued", "episodic")
"""Of which earlier trial the choice is compared: the one before, in either half, and the one brought back."""
HALVES = ("uncued", "cued")
LEAST = 0.1
"""Model-based index by the trial brought back that counts as choosing by it."""


class EpisodicTwoStepStudy(Study[EpisodicTwoStepConfig, None]):
    """With a memory, choices follow a single trial of long ago, and by the model of the task."""

    def measure(
        self, agents: Agents, config: ExperimentConfig[EpisodicTwoStepConfig], folder: Path, subjects: Subjects
    ) -> dict[str, Any]:
        stay: dict[str, dict[str, np.ndarray]] = {}
        reward: dict[str, np.ndarray] = {}
        for name, of_seeds in agents.items():
            played = [
                _trials(play_epochs(agent, config).event) for agent in each(of_seeds.values(), f"Testing, {name}")
            ]
            of_each = [stays(event) for event in played]
            stay[name] = {bars: np.stack([seed[bars] for seed in of_each]) for bars in BARS}
            reward[name] = np.stack([_by_half(event) for event in played])
        results: dict[str, Any] = {
            "test_episodes": config.test.num_episodes,
            "stay": {name: self._stay(config, name, values) for name, values in stay.items()},
            "reward": {
                name: {
                    half: over_seeds(values[:, i], within=SHARE) | {"bayes_optimal": float(ideal[i])}
                    for i, half in enumerate(HALVES)
                }
                for name, values in reward.items()
                for ideal in [np.round(_by_half(_ideal(config, remembers=name == WITH)), 4)]
            },
        }
        results["verdicts"] = self._verdicts(stay, reward)
        return results

    def _stay(
        self, config: ExperimentConfig[EpisodicTwoStepConfig], name: str, values: Mapping[str, np.ndarray]
    ) -> dict[str, Any]:
        """By bars and kind of trial: of seeds, of one who plays by Bayes' rule, and as published, of those with a
        memory."""
        ideal, published = stays(_ideal(config, remembers=name == WITH)), self.experiment.published
        return {
            bars: {
                kind: over_seeds(of_bars[:, i], within=SHARE)
                | {
                    "bayes_optimal": float(np.round(ideal[bars][i], 4)),
                    "published": published[f"{bars}_{kind}"].value if name == WITH else None,
                }
                for i, kind in enumerate(TRIAL_KINDS)
            }
            for bars, of_bars in values.items()
        }

    def figures(self, folder: Path, title: str) -> list[Path]:
        return draw(folder, title)

    def _verdicts(
        self, stay: Mapping[str, Mapping[str, np.ndarray]], reward: Mapping[str, np.ndarray]
    ) -> list[dict[str, Any]]:
        """Stay probabilities lead with (seed, kind of trial); rewards with (seed, half)."""
        verdicts = []
        if WITH in stay:
            for key, number in self.experiment.published.items():
                bars, kind = next((bars, key[len(bars) + 1 :]) for bars in BARS if key.startswith(bars))
                values = stay[WITH][bars][:, TRIAL_KINDS.index(kind)]
                interval = over_seeds(values, within=SHARE)["interval95"]
                verdicts.append(near(number, float(values.mean())) | {"interval95": interval})
        for name, values in stay.items():
            index = model_based(values["episodic"])
            claim, passed = f"episodic, model-based, {name}", None
            if name == WITH:
                claim, passed = f"{claim} > {LEAST:g}", bool(index.mean() > LEAST)
            verdicts.append(on_average(claim, index, passed, None, SIGNED))
            if name == WITH:
                verdicts.append(
                    holds("seeds above that", int((index > LEAST).sum()), bool((index > LEAST).all()), len(index))
                )
        if WITH in reward and WITHOUT in reward and len(reward[WITH]) == len(reward[WITHOUT]):
            more = reward[WITH][:, 1] - reward[WITHOUT][:, 1]
            passed = bool(over_seeds(more)["interval95"][0] > 0)
            verdicts.append(on_average("reward of a cued trial, memory less no-memory > 0", more, passed, None, SIGNED))
        return verdicts


def stays(event: EpisodicTwoStepEvent) -> dict[str, Float[np.ndarray, " kind"]]:
    """How often the choice of a trial is that of an earlier one, by what came of the earlier: (kind of `TRIAL_KINDS`).

    Arguments:
        event: leaves (episode, trial).

    Returns:
        By `BARS`; NaN where a kind never occurred.
    """
    choice, cued, rewarded, common = map(np.asarray, (event.choice, event.cued, event.rewarded, event.common))
    kind, source = 2 * ~rewarded + ~common, np.where(cued, event.source, 0)
    stayed, then = choice[:, 1:] == choice[:, :-1], kind[:, :-1]
    now = cued[:, 1:]
    same_half = now == cued[:, :-1]
    brought_back = [np.take_along_axis(of_trial, source, axis=1) for of_trial in (choice, kind)]
    return {
        "incremental_uncued": _share(stayed, then, same_half & ~now),
        "incremental_cued": _share(stayed, then, same_half & now),
        "episodic": _share(choice == brought_back[0], brought_back[1], cued),
    }


def model_based(stay: Float[np.ndarray, "*axes kind"]) -> Float[np.ndarray, "*axes"]:
    """By how much a reward makes a choice likelier to be repeated after a common transition than after an uncommon
    one: half of (CR - UR) - (CU - UU), -1 to 1."""
    common_rewarded, uncommon_rewarded, common, uncommon = np.moveaxis(stay, -1, 0)
    return ((common_rewarded - uncommon_rewarded) - (common - uncommon)) / 2


def _share(stayed: np.ndarray, kind: np.ndarray, counts: np.ndarray) -> Float[np.ndarray, " kind"]:
    shares = [stayed[counts & (kind == number)] for number in range(len(TRIAL_KINDS))]
    return np.array([of_kind.mean() if of_kind.size else np.nan for of_kind in shares])


def _trials(event: EpisodicTwoStepEvent) -> EpisodicTwoStepEvent:
    """One epoch an episode: leaves (episode, trial) of those (epoch, 1, step)."""
    return jax.tree.map(lambda leaf: leaf[:, 0, ::2], event)


def _by_half(event: EpisodicTwoStepEvent) -> Float[np.ndarray, " half"]:
    """Rewards a trial, uncued and cued."""
    return np.array([event.rewarded[event.cued == cued].mean() for cued in (False, True)])


def _ideal(config: ExperimentConfig[EpisodicTwoStepConfig], *, remembers: bool) -> EpisodicTwoStepEvent:
    """4,000 episodes of one who plays by Bayes' rule."""
    task = config.task.make()
    assert isinstance(task, EpisodicTwoStep)
    key = jax.random.key(config.test.seed)
    return jax.tree.map(np.asarray, play_ideally(task, key, num_episodes=4_000, remembers=remembers)[1])
