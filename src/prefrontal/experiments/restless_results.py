"""Test trained networks on restless arms: what it costs them, and how fast they learn from a reward."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from prefrontal.agents.base import AbstractAgent
from prefrontal.configs import RestlessConfig
from prefrontal.evaluation import evaluate
from prefrontal.experiments.bandit_test import Played, play_test
from prefrontal.experiments.base import ExperimentConfig
from prefrontal.experiments.restless_baselines import VOLATILITIES, baselines
from prefrontal.experiments.results import holds, on_average, over_seeds, write_results
from prefrontal.fitting.rescorla_wagner import MODELS, fit_blocks
from prefrontal.provenance import versions
from prefrontal.tasks import make_task

if TYPE_CHECKING:
    from prefrontal.experiments.restless import RestlessExperiment

NUM_TUNING_EPISODES = 1_000
"""Of each volatility, on which the algorithms' fixed parameters are chosen: others than those of the test."""
RIVALS = ("UCB", "Thompson", "Rescorla-Wagner")
"""The algorithms of the paper."""
FITTED, FIXED = ("ab", "abe"), ("b", "be")
"""The models that fit the learning rate of each block, and those that do not."""
NUM_SHARED = 9
"""Learning rates tried for the model with one of them for all blocks of an agent."""

Tested = Mapping[str, Played]
"""What an agent did, by volatility."""


@dataclass(frozen=True)
class _Fits:
    """Of one agent; blocks by volatility."""

    learning_rate: dict[str, np.ndarray]
    """Fitted by the model "ab", (block,)."""
    bic: dict[str, float]
    """By model, mean over blocks."""
    one_rate: float
    """The same of the model "b" with the best learning rate for all of the agent's blocks."""

    @property
    def means(self) -> dict[str, float]:
        return {volatility: float(rates.mean()) for volatility, rates in self.learning_rate.items()}

    @property
    def gain(self) -> float:
        """By how much the fixed learning rate's BIC is above that of one fitted to each block."""
        return min(self.bic[name] for name in FIXED) - min(self.bic[name] for name in FITTED)


def analyse(
    experiment: "RestlessExperiment",
    agents: Mapping[int, AbstractAgent],
    config: ExperimentConfig[RestlessConfig],
    folder: Path,
) -> dict[str, Any]:
    """See `Experiment.analyse`; `agents` by seed."""
    algorithms = baselines(config.task, config.test.seed + 1, NUM_TUNING_EPISODES)
    networks = {str(seed): _test(agent, config) for seed, agent in agents.items()}
    others = {name: _test(agent, config) for name, agent in algorithms.agents.items()}
    control, ideal = "control", "ideal observer"
    fits = _fit(networks | {control: _test(algorithms.control, config), ideal: others[ideal]}, experiment)
    of_networks = [fits[name] for name in networks]
    results = {
        "experiment": experiment.name,
        "seeds": list(agents),
        "test_episodes": config.test.num_episodes,
        "regret": {
            kind: over_seeds([_regret(one)[kind] for one in networks.values()]) for kind in (*VOLATILITIES, "both")
        },
        "baselines": {name: _regret(one) for name, one in others.items()},
        "tuned": algorithms.tuned,
        "curves": {
            volatility: {
                "networks": [_curve(one[volatility]) for one in networks.values()],
                **{name: _curve(one[volatility]) for name, one in others.items()},
            }
            for volatility in VOLATILITIES
        },
        "learning_rate": {
            volatility: {
                **over_seeds([one.means[volatility] for one in of_networks]),
                control: fits[control].means[volatility],
                "ideal": fits[ideal].means[volatility],
            }
            for volatility in VOLATILITIES
        },
        "block_learning_rate": {
            volatility: {name: np.round(one.learning_rate[volatility], 3).tolist() for name, one in fits.items()}
            for volatility in VOLATILITIES
        },
        "bic": {
            "networks": {model: over_seeds([one.bic[model] for one in of_networks]) for model in MODELS},
            control: fits[control].bic,
        },
        "one_rate": {
            "networks": over_seeds([one.one_rate for one in of_networks]),
            control: fits[control].one_rate,
        },
        "examples": {name: _example(next(iter(agents.values())), config, name) for name in VOLATILITIES},
        "config": {**config.training, "test": asdict(config.test)},
        "versions": versions(),
    }
    results["verdicts"] = _verdicts(results, of_networks, fits[control])
    return write_results(folder, results)


def _tasks(config: ExperimentConfig[RestlessConfig]) -> dict[str, Any]:
    return {volatility: make_task(replace(config.task, volatility=volatility)) for volatility in VOLATILITIES}


def _episodes(config: ExperimentConfig[RestlessConfig]) -> int:
    """Test episodes of each volatility."""
    return max(1, config.test.num_episodes // len(VOLATILITIES))


def _test(agent: AbstractAgent, config: ExperimentConfig[RestlessConfig]) -> Tested:
    """All agents meet the same walks."""
    return {
        volatility: play_test(agent, task, config.test.seed, _episodes(config))
        for volatility, task in _tasks(config).items()
    }


def _regret(tested: Tested) -> dict[str, float]:
    by_volatility = {name: float(played.total_regret.mean()) for name, played in tested.items()}
    return by_volatility | {"both": float(np.mean(list(by_volatility.values())))}


def _curve(played: Played) -> list[float]:
    return np.round(np.cumsum(played.regret.mean(axis=0)), 4).tolist()


def _fit(tested: Mapping[str, Tested], experiment: "RestlessExperiment") -> dict[str, _Fits]:
    """Rescorla-Wagner learners fitted to blocks of everybody's episodes, of one volatility each; episodes that make no
    whole block are left out."""
    choice, reward = (
        np.stack(
            [
                np.concatenate([_blocks(getattr(played, name), experiment.block_episodes) for played in one.values()])
                for one in tested.values()
            ]
        )
        for name in ("choice", "reward")
    )
    num_agents, num_blocks = choice.shape[:2]
    found = fit_blocks(choice.reshape(-1, *choice.shape[2:]), reward.reshape(-1, *reward.shape[2:]))
    rates, bic = (part.reshape(len(MODELS), num_agents, num_blocks) for part in (found.learning_rate, found.bic))
    fits = {}
    for place, name in enumerate(tested):
        low, high = np.split(rates[found.models.index("ab"), place], len(VOLATILITIES))
        fits[name] = _Fits(
            learning_rate=dict(zip(VOLATILITIES, (low, high), strict=True)),
            bic={model: float(bic[number, place].mean()) for number, model in enumerate(found.models)},
            one_rate=_one_rate(choice[place], reward[place], sorted((low.mean(), high.mean()))),
        )
    return fits


def _one_rate(choice: np.ndarray, reward: np.ndarray, between: list[float]) -> float:
    """BIC, a block, of the best of some learning rates around those `between` for all blocks of an agent."""
    tried = np.linspace(0.8 * between[0], min(1.0, 1.2 * between[1]), NUM_SHARED)
    models = {f"{rate:.6f}": MODELS["b"] for rate in tried}
    bic = fit_blocks(choice, reward, models, learning_rate=tried.tolist()).bic.mean(axis=1).min()
    return float(bic + np.log(choice.size) / len(choice))


def _blocks(values: np.ndarray, size: int) -> np.ndarray:
    """(block, episode, trial)"""
    size = min(size, len(values))
    num = len(values) // size
    return values[: num * size].reshape(num, size, -1)


def _example(agent: AbstractAgent, config: ExperimentConfig[RestlessConfig], volatility: str) -> dict[str, Any]:
    """The first test episode, whatever it is: where p was, what was pulled and paid."""
    key, num = jax.random.key(config.test.seed), _episodes(config)
    played = evaluate(agent, _tasks(config)[volatility], key, num_episodes=num)
    choice, expected = np.asarray(played.event.choice)[0], np.asarray(played.event.expected_reward, float)[0]
    return {
        "p": np.round(np.where(choice == 0, expected, 1 - expected), 4).tolist(),
        "choice": choice.tolist(),
        "reward": np.asarray(played.reward)[0].astype(int).tolist(),
    }


def _verdicts(results: Mapping[str, Any], networks: list[_Fits], control: _Fits) -> list[dict[str, Any]]:
    regret, num = results["regret"]["both"], len(networks)
    verdicts = []
    for name in RIVALS:
        theirs = results["baselines"][name]["both"]
        verdicts.append(on_average(f"regret < {name}, {theirs:.2f}", regret["per_seed"], bool(regret["mean"] < theirs)))
    least = min(results["baselines"][name]["both"] for name in RIVALS)
    below = int((np.array(regret["per_seed"]) < least).sum())
    verdicts.append(holds("seeds below all three", below, below == num, num))
    for name in VOLATILITIES:
        verdicts.append(on_average(f"learning rate, {name}", [one.means[name] for one in networks], None))
    rises = np.array([one.means["high"] - one.means["low"] for one in networks])
    verdicts.append(on_average("rate, high less low > 0", rises, bool(rises.mean() > 0)))
    verdicts.append(holds("seeds whose rate is higher so", int((rises > 0).sum()), bool((rises > 0).all()), num))
    gains = np.array([one.gain for one in networks])
    verdicts.append(on_average("BIC, rate .5 less by block > 0", gains, bool(gains.mean() > 0)))
    verdicts.append(holds("seeds with that sign", int((gains > 0).sum()), bool((gains > 0).all()), num))
    verdicts.append(holds("the same of the control < 0", control.gain, control.gain < 0))
    shared = [one.one_rate - one.bic["ab"] for one in networks]
    verdicts.append(on_average("BIC, one rate less by block", shared, None))
    return verdicts
