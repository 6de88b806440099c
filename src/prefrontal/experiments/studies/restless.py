"""Test trained networks on restless arms: what it costs them, and how fast they learn from a reward."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import jax
import numpy as np

from prefrontal.agents.base import AbstractAgent
from prefrontal.configs import RestlessConfig
from prefrontal.errors import counted
from prefrontal.experiments.presets.base import ExperimentConfig
from prefrontal.experiments.presets.criteria import RestlessCriteria
from prefrontal.experiments.studies.base import Agents, Study
from prefrontal.experiments.studies.played import Played, play_test, play_tests
from prefrontal.experiments.studies.restless_baselines import VOLATILITIES, baselines
from prefrontal.experiments.studies.restless_fits import AgentFits, Tested, fit_agents
from prefrontal.experiments.studies.subjects import Subjects
from prefrontal.experiments.studies.verdicts import NOT_NEGATIVE, SHARE, SIGNED, holds, on_average, over_seeds
from prefrontal.figures.restless import draw
from prefrontal.fitting.rescorla_wagner import MODELS
from prefrontal.progress import each
from prefrontal.rollouts.evaluation import evaluate

NUM_TUNING_EPISODES = 1_000
"""Of each volatility, on which the algorithms' fixed parameters are chosen: others than those of the test."""
RIVALS = ("UCB", "Thompson", "Rescorla-Wagner")
"""The algorithms of the paper."""


class Restless(Study[RestlessConfig, RestlessCriteria]):
    """Networks against algorithms that learn at one rate; half of the test episodes are of each volatility."""

    def measure(
        self, agents: Agents, config: ExperimentConfig[RestlessConfig], folder: Path, subjects: Subjects
    ) -> dict[str, Any]:
        algorithms = baselines(config.task, config.test.seed + 1, NUM_TUNING_EPISODES)
        networks = _test_all({str(seed): agent for seed, agent in agents[""].items()}, config)
        others = {name: _test(agent, config) for name, agent in each(algorithms.agents.items(), "Testing algorithms")}
        control, ideal = "control", "ideal observer"
        fits = fit_agents(
            networks | {control: _test(algorithms.control, config), ideal: others[ideal]}, self.criteria.block_episodes
        )
        of_networks = [fits[name] for name in networks]
        results = {
            "test_episodes": config.test.num_episodes,
            "regret": {
                kind: over_seeds([_regret(one)[kind] for one in networks.values()], within=NOT_NEGATIVE)
                for kind in (*VOLATILITIES, "both")
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
                    **over_seeds([one.means[volatility] for one in of_networks], within=SHARE),
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
            "bic_shared_rate": {
                "networks": {by: over_seeds([one.shared[by] for one in of_networks]) for by in ("agent", "volatility")},
                control: fits[control].shared,
            },
            "examples": {name: _example(next(iter(agents[""].values())), config, name) for name in VOLATILITIES},
        }
        results["verdicts"] = _verdicts(results, of_networks, fits[control])
        return results

    def figures(self, folder: Path, title: str) -> list[Path]:
        return draw(folder, title, block_episodes=self.criteria.block_episodes)

    def note(self, results: Mapping[str, Any]) -> str:
        tuned, rates = results["tuned"], results["learning_rate"]
        ideal = _told(results["baselines"]["ideal observer"]["both"])
        low, high = (_told(rates[volatility]["ideal"]) for volatility in ("low", "high"))
        fixed, rate, temperature = (
            _told(tuned[name]) for name in ("thompson_volatility", "learning_rate", "inverse_temperature")
        )
        return (
            f"Regret of an episode, mean of both volatilities; the ideal observer's is {ideal}. Other episodes chose "
            f"Thompson's fixed volatility ({fixed}) and Rescorla-Wagner's rate ({rate}) and inverse temperature "
            f"({temperature}). Learning rates: fitted to blocks of {counted(self.criteria.block_episodes, 'episode')}; "
            f"the ideal observer's are {low} and {high}. BIC: mean over blocks. Control: Rescorla-Wagner with a rate "
            "of .5. Intervals are over seeds."
        )

    def compared(self, results: Mapping[str, Any]) -> Mapping[str, float | None]:
        regret, baselines = results["regret"]["both"], {**results["baselines"]}
        low, high = regret["interval95"]
        ideal = baselines.pop("ideal observer")["both"]
        return {
            "regret": regret["mean"],
            "regret_low": low,
            "regret_high": high,
            "best algorithm": min(one["both"] for one in baselines.values()),
            "ideal observer": ideal,
            **{f"rate, {name}": results["learning_rate"][name]["mean"] for name in ("low", "high")},
        }


def _told(value: float | None) -> str:
    return "not known" if value is None else f"{value:.3g}"


def _tasks(config: ExperimentConfig[RestlessConfig]) -> dict[str, Any]:
    return {volatility: replace(config.task, volatility=volatility).make() for volatility in VOLATILITIES}


def _episodes(config: ExperimentConfig[RestlessConfig]) -> int:
    """Test episodes of each volatility."""
    return max(1, config.test.num_episodes // len(VOLATILITIES))


def _test(agent: AbstractAgent, config: ExperimentConfig[RestlessConfig]) -> Tested:
    """All agents meet the same walks."""
    return {
        volatility: play_test(agent, task, config.test.seed, _episodes(config))
        for volatility, task in _tasks(config).items()
    }


def _test_all(agents: Mapping[str, AbstractAgent], config: ExperimentConfig[RestlessConfig]) -> dict[str, Tested]:
    """`_test` for agents that are alike, side by side."""
    played = {
        volatility: play_tests(
            agents.values(), task, config.test.seed, _episodes(config), f"Testing networks, {volatility} volatility"
        )
        for volatility, task in _tasks(config).items()
    }
    return {name: {volatility: all_[place] for volatility, all_ in played.items()} for place, name in enumerate(agents)}


def _regret(tested: Tested) -> dict[str, float]:
    by_volatility = {name: float(played.total_regret.mean()) for name, played in tested.items()}
    return by_volatility | {"both": float(np.mean(list(by_volatility.values())))}


def _curve(played: Played) -> list[float]:
    return np.round(np.cumsum(played.regret.mean(axis=0)), 4).tolist()


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


def _verdicts(results: Mapping[str, Any], networks: list[AgentFits], control: AgentFits) -> list[dict[str, Any]]:
    regret, num = results["regret"]["both"], len(networks)
    verdicts = []
    for name in RIVALS:
        theirs = results["baselines"][name]["both"]
        claim, passed = f"regret < {name}, {theirs:.2f}", bool(regret["mean"] < theirs)
        verdicts.append(on_average(claim, regret["per_seed"], passed, None, NOT_NEGATIVE))
    least = min(results["baselines"][name]["both"] for name in RIVALS)
    below = int((np.array(regret["per_seed"]) < least).sum())
    verdicts.append(holds("seeds below all three", below, below == num, num))
    for name in VOLATILITIES:
        rates = [one.means[name] for one in networks]
        verdicts.append(on_average(f"learning rate, {name}", rates, None, None, SHARE))
    rises = np.array([one.means["high"] - one.means["low"] for one in networks])
    verdicts.append(on_average("rate, high less low > 0", rises, bool(rises.mean() > 0), None, SIGNED))
    verdicts.append(holds("seeds whose rate rises", int((rises > 0).sum()), bool((rises > 0).all()), num))
    gains = np.array([one.gain for one in networks])
    verdicts.append(on_average("BIC, rate .5 less by block > 0", gains, bool(gains.mean() > 0)))
    verdicts.append(holds("seeds with that sign", int((gains > 0).sum()), bool((gains > 0).all()), num))
    verdicts.append(holds("the same of the control < 0", control.gain, control.gain < 0))
    per_network = np.array([one.shared["agent"] for one in networks])
    per_volatility = np.array([one.shared["volatility"] for one in networks])
    per_block = np.array([one.bic["ab"] for one in networks])
    verdicts.append(on_average("BIC, one rate less low, high", per_network - per_volatility, None))
    verdicts.append(on_average("BIC, one rate less by block", per_network - per_block, None))
    return verdicts
