"""Test trained networks on reversals: their prediction errors, and the latent state in their activity."""

from pathlib import Path
from typing import Any

import jax
import numpy as np

from prefrontal.analysis.decoding import classify
from prefrontal.analysis.inferred_value import CONDITIONS, inferred_ratio, responses, reversal_trials
from prefrontal.analysis.projections import coding_axes, principal_components
from prefrontal.analysis.recordings import recording, write_recording
from prefrontal.configs import ReversalConfig
from prefrontal.configs.reversal import STEPS_PER_TRIAL
from prefrontal.experiments.presets.base import Experiment, ExperimentConfig
from prefrontal.experiments.studies.base import Agents, Study
from prefrontal.experiments.studies.subjects import Subjects
from prefrontal.experiments.studies.verdicts import SHARE, holds, near, on_average, over_seeds
from prefrontal.figures.inferred_value import draw
from prefrontal.progress import each
from prefrontal.rollouts.evaluation import evaluate
from prefrontal.tasks.reversal import OUTCOME, STIMULUS

NUM_SHOWN = 30
"""Episodes of each seed whose activity is kept and drawn."""
AROUND = range(-3, 4)
"""Trials around a reversal; 0 is the first trial after it."""
LEARNED = 0.5
"""A network has learned the values when its response before a reversal is at least this share of the published one."""


class InferredValue(Study[ReversalConfig, None]):
    """Prediction errors around reversals, and the latent state in activity."""

    def measure(
        self, agents: Agents, config: ExperimentConfig[ReversalConfig], folder: Path, subjects: Subjects
    ) -> dict[str, Any]:
        experiment = self.experiment
        networks = agents[""]
        task, block = config.task.make(), config.task.trials_per_block
        played = {
            seed: evaluate(
                agent,
                task,
                jax.random.fold_in(jax.random.key(config.test.seed), seed),
                num_episodes=config.test.num_episodes,
            )
            for seed, agent in each(networks.items(), "Testing networks")
        }
        trials = {seed: reversal_trials(one, config.train.discount) for seed, one in played.items()}
        by_step = [responses(one, block) for one in trials.values()]
        at_stimulus = {name: np.array([seed[name][STIMULUS] for seed in by_step]) for name in CONDITIONS}
        per_seed = [{name: float(at_stimulus[name][k]) for name in CONDITIONS} for k in range(len(networks))]
        ratios = np.array([inferred_ratio(seed) for seed in per_seed])
        states = [
            _latent_state(np.asarray(one.activity), trials[seed].rewarded_cue, block)
            for seed, one in each(played.items(), "Decoding activity", compiles=False)
        ]

        shown = [jax.tree.map(lambda leaf: np.asarray(leaf[:NUM_SHOWN]), one) for one in played.values()]
        write_recording(folder / "activity.nc", recording(shown, list(networks), {"experiment": experiment.name}))
        return {
            "test_blocks": config.test.num_episodes * config.task.num_blocks,
            "prediction_error": {
                name: {
                    **over_seeds(at_stimulus[name]),
                    "by_step": np.array([seed[name] for seed in by_step]).tolist(),
                    "published": experiment.published[name].value if name in experiment.published else None,
                }
                for name in CONDITIONS
            },
            "inferred_ratio": over_seeds(ratios),
            "latent_state": {
                "balanced_accuracy": over_seeds([state["accuracy"] for state in states], within=SHARE),
                "trial": list(AROUND),
                "position": [state["position"] for state in states],
                "components": [state["components"] for state in states],
            },
            "published_source": next((number.source for number in experiment.published.values()), None),
            "verdicts": _verdicts(experiment, at_stimulus, per_seed, ratios, states),
        }

    def figures(self, folder: Path, title: str) -> list[Path]:
        return draw(folder, title)


def _latent_state(activity: np.ndarray, rewarded_cue: np.ndarray, block: int) -> dict[str, Any]:
    """Where activity lies at the outcome, by which cue is rewarded: decoded, and along the coding axis at reversals."""
    outcome = activity[:, OUTCOME::STEPS_PER_TRIAL]
    episode = np.repeat(np.arange(len(outcome)), outcome.shape[1])
    accuracy = classify(outcome.reshape(len(episode), -1), rewarded_cue.ravel(), episode).score
    components = principal_components(outcome, 2)
    # The axis is found on one half of the episodes and looked along on the other.
    half = len(outcome) // 2
    axis = coding_axes(outcome[:half], {"state": rewarded_cue[:half].astype(float)})["state"]
    position = outcome[half:] @ axis
    sides = [position[rewarded_cue[half:] == cue].mean() for cue in (0, 1)]
    position = (position - np.mean(sides)) / (sides[1] - sides[0]) * 2
    shown = min(NUM_SHOWN, len(outcome))
    return {
        "accuracy": accuracy,
        "position": _around_reversals(position, rewarded_cue[half:], block).tolist(),
        "components": {
            "variance_share": components.variance_share.tolist(),
            "projected": np.round(components.project(outcome[:shown]), 4).tolist(),
            "rewarded_cue": rewarded_cue[:shown].tolist(),
        },
    }


def _around_reversals(position: np.ndarray, rewarded_cue: np.ndarray, block: int) -> np.ndarray:
    """The mean position toward the new state at the trials `AROUND` a reversal, from both (episode, trial).

    NaN for trials that a block does not have: another reversal may lie between.
    """
    first = np.arange(block, position.shape[1], block)
    turn = np.where(rewarded_cue[:, first] == 1, 1, -1)
    turned = rewarded_cue[:, first] != rewarded_cue[:, first - 1]
    means = np.full(len(AROUND), np.nan)
    for place, trial in enumerate(AROUND):
        if -block <= trial < block and turned.any():
            means[place] = (turn * position[:, first + trial])[turned].mean()
    return means


def _verdicts(
    experiment: Experiment[ReversalConfig],
    at_stimulus: dict[str, np.ndarray],
    per_seed: list[dict[str, float]],
    ratios: np.ndarray,
    states: list[dict[str, Any]],
) -> list[dict[str, Any]]:
    published = {name: number.value for name, number in experiment.published.items()}
    verdicts = [
        near(number, float(at_stimulus[name].mean())) | {"interval95": over_seeds(at_stimulus[name])["interval95"]}
        for name, number in experiment.published.items()
    ]
    least = LEARNED * (published["before_rewarded"] - published["before_unrewarded"])
    learned = [seed for seed in per_seed if seed["before_rewarded"] - seed["before_unrewarded"] >= least]
    signed = [seed for seed in learned if all(seed[name] * published[name] > 0 for name in CONDITIONS)]
    num, accuracy = len(per_seed), np.array([state["accuracy"] for state in states])
    return [
        *verdicts,
        holds("seeds that learned the cues' values", len(learned), len(learned) == num, num),
        holds("of these, all six signs as published", len(signed), len(signed) == len(learned) > 0, len(learned)),
        on_average("ratio inferred / experienced at least .7", ratios, bool(ratios.mean() >= 0.7)),
        holds("seeds with that ratio", int((ratios >= 0.7).sum()), bool((ratios >= 0.7).all()), num),
        on_average("latent state decoded, accuracy at least .8", accuracy, bool(accuracy.mean() >= 0.8), None, SHARE),
    ]
