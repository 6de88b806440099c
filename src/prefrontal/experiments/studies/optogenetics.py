"""Test trained actors whose prediction errors are manipulated: how often do they take the risk?"""

from pathlib import Path
from typing import Any

import jax
import numpy as np

from prefrontal.agents.interventions import intervened
from prefrontal.configs import InterventionConfig, RiskConfig
from prefrontal.experiments.presets.base import Experiment, ExperimentConfig
from prefrontal.experiments.studies.base import Agents, Study
from prefrontal.experiments.studies.subjects import Subjects
from prefrontal.experiments.studies.verdicts import PERCENT, PERCENT_POINTS, SHARE, holds, on_average, over_seeds
from prefrontal.figures.optogenetics import draw
from prefrontal.progress import each
from prefrontal.rollouts.evaluation import evaluate

PUBLISHED_PERCENT = {
    "block_risky_reward": {"network": ((28.5, 25.2), (89.8, 43.3)), "rats": ((25.0, 23.2), (75.1, 54.2))},
    "block_safe_reward": {"network": ((29.1, 59.0), (94.0, 98.2)), "rats": ((27.1, 42.5), (64.6, 64.6))},
    "block_risky_loss": {"network": ((28.5, 48.5), (87.6, 87.6)), "rats": ((28.3, 49.9), (66.5, 68.7))},
}
"""Percent risky choices by manipulation, at odds .125 and .5: (without, with) stimulation.
Wang et al. (2018), Figure 7b (network) and 7a (rats; Stopper et al. 2014)."""
ODDS_OF_EFFECT = {"block_risky_reward": 0.5, "block_safe_reward": 0.125, "block_risky_loss": 0.125}
"""The chance of the risky reward at which the paper shows an effect."""


def manipulations(task: RiskConfig) -> dict[str, InterventionConfig]:
    """What is done to the actor's input, as Wang et al. (2018), Methods, Simulation 6, describe it.

    Each takes from the prediction error just what a reward brought, or gives back what its absence cost.
    """
    arms = (0, 1)
    return {
        "block_risky_reward": InterventionConfig(
            shift_prediction_error=-task.risky_reward, when_reward=task.risky_reward, when_action=arms
        ),
        "block_safe_reward": InterventionConfig(
            shift_prediction_error=-task.safe_reward, when_reward=task.safe_reward, when_action=arms
        ),
        "block_risky_loss": InterventionConfig(shift_prediction_error=1.0, when_reward=0.0, when_action=arms),
    }


class Optogenetics(Study[RiskConfig, None]):
    """Actors whose prediction errors are manipulated: how often do they take the risk?"""

    def measure(
        self, agents: Agents, config: ExperimentConfig[RiskConfig], folder: Path, subjects: Subjects
    ) -> dict[str, Any]:
        experiment = self.experiment
        networks = agents[""]
        task, odds = config.task.make(), config.task.risky_probabilities
        percent: dict[str, list[list[float]]] = {}
        reward, missed = [], []
        for seed, agent in each(networks.items(), "Testing networks"):
            key = jax.random.fold_in(jax.random.key(config.test.seed), seed)
            for name, done in ({"control": None} | manipulations(config.task)).items():
                subject = agent if done is None else intervened(agent, task, done)
                played = evaluate(subject, task, key, num_episodes=config.test.num_episodes)
                event = jax.tree.map(np.asarray, played.event)
                percent.setdefault(name, []).append(_risky_percent(event, len(odds)))
                if name == "control":
                    reward.append(float(np.asarray(played.reward).sum(axis=1).mean()))
                    missed.append(float(event.missed[event.complete].mean()))
        values = {name: np.array(rows) for name, rows in percent.items()}
        return {
            "test_episodes": config.test.num_episodes,
            "reward_per_episode": {
                **over_seeds(reward),
                "chance": config.task.chance_reward,
                "oracle": config.task.oracle_reward,
            },
            "missed": over_seeds(missed, within=SHARE),
            "odds": list(odds),
            "risky_percent": {
                name: [over_seeds(column, within=PERCENT) for column in rows.T] for name, rows in values.items()
            },
            "published_percent": PUBLISHED_PERCENT,
            "published_source": next((number.source for number in experiment.published.values()), None),
            "verdicts": _percentages(values, odds) + _verdicts(experiment, values, odds),
        }

    def figures(self, folder: Path, title: str) -> list[Path]:
        return draw(folder, title)


def _risky_percent(event: Any, num_odds: int) -> list[float]:
    """Percent of valid free choices that are risky, at each of the odds; NaN where there is none."""
    free = event.complete & ~event.forced & ~event.missed
    chosen = [event.risky[free & (event.odds == number)] for number in range(num_odds)]
    return [100 * float(risky.mean()) if risky.size else float("nan") for risky in chosen]


def _verdicts(
    experiment: Experiment[RiskConfig], values: dict[str, np.ndarray], odds: tuple[float, ...]
) -> list[dict[str, Any]]:
    """Only for the odds that the paper has: with others there is nothing to compare with."""
    verdicts = []
    for name, number in experiment.published.items():
        if ODDS_OF_EFFECT[name] not in odds:
            continue
        column = odds.index(ODDS_OF_EFFECT[name])
        change = values[name][:, column] - values["control"][:, column]
        enough = change.mean() * np.sign(number.value) >= abs(number.value) / 2
        verdicts.append(on_average(number.name, change, bool(enough), number.value, PERCENT_POINTS))
        same_sign = int(np.sum(np.sign(change) == np.sign(number.value)))
        short = name.replace("_", " ")
        verdicts.append(holds(f"{short}: seeds in that direction", same_sign, same_sign == len(change), len(change)))
    return verdicts


def _percentages(values: dict[str, np.ndarray], odds: tuple[float, ...]) -> list[dict[str, Any]]:
    """The paper's twelve percentages beside ours: measurements, not claims."""
    return [
        on_average(
            f"{name.replace('_', ' ')}, odds {chance:g}: {label}, %", values[row][:, column], None, published, PERCENT
        )
        for name, known in PUBLISHED_PERCENT.items()
        for chance, pair in zip((0.125, 0.5), known["network"], strict=True)
        for (label, row), published in zip((("control", "control"), ("manipulated", name)), pair, strict=True)
        for column in [k for k, here in enumerate(odds) if here == chance]
    ]
