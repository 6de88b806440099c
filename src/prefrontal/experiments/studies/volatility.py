"""Test trained networks under low and high volatility: how fast they learn, and what their units hold."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Array, Float

from prefrontal import devices
from prefrontal.agents.base import AbstractAgent
from prefrontal.agents.volatility_observer import VolatilityObserver
from prefrontal.analysis.decoding import decode
from prefrontal.analysis.volatility import coding_units, windowed_learning_rate
from prefrontal.configs import VolatilityConfig
from prefrontal.configs.volatility import Schedule
from prefrontal.experiments.presets.base import Experiment, ExperimentConfig
from prefrontal.experiments.presets.wang2018_volatility import CODING_SHARE
from prefrontal.experiments.studies.base import Agents, Study
from prefrontal.experiments.studies.subjects import Subjects
from prefrontal.experiments.studies.verdicts import (
    AT_MOST_ONE,
    NOT_NEGATIVE,
    SHARE,
    holds,
    near,
    on_average,
    over_seeds,
)
from prefrontal.figures.volatility import draw
from prefrontal.progress import each, told_start
from prefrontal.rollouts.episodes import Trajectory, agent_inputs, replay
from prefrontal.rollouts.evaluation import evaluate_each

ORDERS: dict[Schedule, tuple[str, str]] = {
    "stable-first": ("stable_1", "volatile_1"),
    "volatile-first": ("volatile_2", "stable_2"),
}
"""The tests, and the names of their halves."""
WIDTH = 10
"""Trials in a window (Wang et al. 2018, Methods, Simulation 2)."""
RATIO = 1.5
"""A network that learns at least so much faster while volatile has the effect."""


@dataclass(frozen=True)
class _Seed:
    """What one agent did and held, by order."""

    rates: dict[str, np.ndarray]
    """Learning rate in each window."""
    halves: dict[str, float]
    """Mean learning rate of each half."""
    reward: float
    """Per trial, as a share of the largest prize."""


class Volatility(Study[VolatilityConfig, None]):
    """Networks learn faster where their world changes often. Half of the test episodes are of each order."""

    def measure(
        self, agents: Agents, config: ExperimentConfig[VolatilityConfig], folder: Path, subjects: Subjects
    ) -> dict[str, Any]:
        experiment = self.experiment
        networks = agents[""]
        observer = VolatilityObserver(config.task)
        played = _test(networks, config)
        with told_start("Learning rates and activity", f"{len(played):,} to do", compiles=False):
            behaved = devices.by_cores(lambda one: _behaviour(one, config.task), list(played.values()))
            held = devices.by_cores(lambda one: _activity(one, observer), list(played.values()))
        ideal = _behaviour(_test({0: observer}, config)[0], config.task)
        halves = {name: np.array([one.halves[name] for one in behaved]) for pair in ORDERS.values() for name in pair}
        results = {
            "test_episodes": config.test.num_episodes,
            "learning_rate": {
                name: {
                    **over_seeds(values, within=SHARE),
                    "published": experiment.published[name].value,
                    "ideal": ideal.halves[name],
                }
                for name, values in halves.items()
            },
            "ratio": {
                order: over_seeds(
                    np.divide(*(halves[name] for name in sorted(pair, reverse=True))), within=NOT_NEGATIVE
                )
                for order, pair in ORDERS.items()
            },
            "by_window": {
                order: {
                    "per_seed": [np.round(one.rates[order], 3).tolist() for one in behaved],
                    "ideal": np.round(ideal.rates[order], 3).tolist(),
                }
                for order in ORDERS
            },
            "reward_per_trial": {**over_seeds([one.reward for one in behaved], within=SHARE), "ideal": ideal.reward},
            "decoded_volatility": {
                "r2": over_seeds([one["r2"] for one in held], within=AT_MOST_ONE),
                "by_trial": {
                    order: {
                        kind: np.round(np.mean([one[kind][order] for one in held], axis=0), 4).tolist()
                        for kind in ("decoded", "inferred")
                    }
                    for order in ORDERS
                },
            },
            "coding_share": {
                "volatility": {**over_seeds([one["share"] for one in held], SHARE), "published": CODING_SHARE},
                "shifted": {**over_seeds([one["shifted"] for one in held], SHARE), "published": None},
            },
        }
        results["verdicts"] = _verdicts(experiment, results)
        return results

    def figures(self, folder: Path, title: str) -> list[Path]:
        return draw(folder, title)


def _test(
    agents: Mapping[int, AbstractAgent], config: ExperimentConfig[VolatilityConfig]
) -> dict[int, dict[Schedule, Trajectory]]:
    """What the agents, by seed, do in each order."""
    keys = [jax.random.fold_in(jax.random.key(config.test.seed), seed) for seed in agents]
    played: dict[int, dict[Schedule, Trajectory]] = {seed: {} for seed in agents}
    for number, order in enumerate(ORDERS):
        playing = evaluate_each(
            list(agents.values()),
            replace(config.task, schedule=order).make(),
            [jax.random.fold_in(key, number) for key in keys],
            num_episodes=max(1, config.test.num_episodes // len(ORDERS)),
        )
        for seed, trajectory in zip(each(agents, f"Testing networks, {order}"), playing, strict=True):
            played[seed][order] = trajectory
    return played


def _behaviour(played: Mapping[Schedule, Trajectory], task: VolatilityConfig) -> _Seed:
    rates: dict[str, np.ndarray] = {}
    halves: dict[str, float] = {}
    for order, names in ORDERS.items():
        choice = np.asarray(played[order].action)
        winner = np.where(np.asarray(played[order].event.rewarded), choice, 1 - choice)
        fit = windowed_learning_rate(
            choice, winner, np.asarray(played[order].observation) / task.prize_scale, width=WIDTH
        )
        rates[order] = fit.learning_rate
        half = task.num_trials // 2
        for name, within in zip(names, (fit.start + WIDTH <= half, fit.start >= half), strict=True):
            halves[name] = float(fit.learning_rate[within].mean())
    reward = np.mean([np.asarray(one.reward).mean() for one in played.values()]) / task.prize_scale
    return _Seed(rates, halves, float(reward))


def _activity(played: Mapping[Schedule, Trajectory], observer: VolatilityObserver) -> dict[str, Any]:
    """The volatility that the ideal observer infers from the same trials, read out of activity; and units that code
    the true one: while the covariates are the last choice and reward, the choice, and the two prizes shown."""
    activity = np.concatenate([np.asarray(one.activity) for one in played.values()])
    inferred = np.concatenate([_inferred(observer, one) for one in played.values()])
    episode = np.repeat(np.arange(len(inferred)), inferred.shape[1])
    read = decode(activity.reshape(len(episode), -1), inferred.ravel(), episode)
    decoded = read.predicted.reshape(inferred.shape)
    true = np.concatenate([np.asarray(one.event.volatile) for one in played.values()]).astype(float)
    covariates = np.concatenate([_covariates(one) for one in played.values()])
    # A quarter of an episode later, a label that changes as often and is told by nothing.
    shifted = np.roll(true, true.shape[1] // 4, axis=1)
    by_order = np.repeat(list(ORDERS), [len(one.action) for one in played.values()])
    return {
        "r2": read.score,
        "decoded": {order: decoded[by_order == order].mean(axis=0) for order in ORDERS},
        "inferred": {order: inferred[by_order == order].mean(axis=0) for order in ORDERS},
        "share": float(coding_units(activity, true, covariates).mean()),
        "shifted": float(coding_units(activity, shifted, covariates).mean()),
    }


@eqx.filter_jit
def _replayed(observer: VolatilityObserver, played: Trajectory) -> Array:
    def one(observation: Array, action: Array, reward: Array) -> Array:
        return replay(observer, agent_inputs(observation, action, reward, 2)).activity

    return jax.vmap(one)(played.observation, played.action, played.reward)


def _inferred(observer: VolatilityObserver, played: Trajectory) -> Float[np.ndarray, "episode trial"]:
    """The probability that the world is volatile, given what was seen before each trial."""
    return np.asarray(_replayed(observer, played))[..., 0]


def _covariates(played: Trajectory) -> Float[np.ndarray, "episode trial covariate"]:
    choice, reward = np.asarray(played.action, float), np.asarray(played.reward, float)
    before = [np.pad(values, ((0, 0), (1, 0)))[:, :-1] for values in (choice, reward)]
    return np.concatenate([np.stack([*before, choice], axis=-1), np.asarray(played.observation)], axis=-1)


def _verdicts(experiment: Experiment[VolatilityConfig], results: Mapping[str, Any]) -> list[dict[str, Any]]:
    rates = results["learning_rate"]
    verdicts = [
        near(number, rates[name]["mean"]) | {"interval95": rates[name]["interval95"]}
        for name, number in experiment.published.items()
    ]
    for order, ratio in results["ratio"].items():
        name = f"ratio over {RATIO:g}, {order}"
        verdicts.append(on_average(name, ratio["per_seed"], bool(ratio["mean"] > RATIO), None, NOT_NEGATIVE))
    both = [min(pair) > RATIO for pair in zip(*(one["per_seed"] for one in results["ratio"].values()), strict=True)]
    verdicts.append(holds("seeds with both ratios", sum(both), all(both), len(both)))
    for name, part, within in (
        ("volatility decoded, r^2", results["decoded_volatility"]["r2"], AT_MOST_ONE),
        ("units that code volatility", results["coding_share"]["volatility"], SHARE),
        ("units, shifted label", results["coding_share"]["shifted"], SHARE),
    ):
        verdicts.append(on_average(name, part["per_seed"], None, part.get("published"), within))
    return verdicts
