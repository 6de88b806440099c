"""Choose the best networks on each distribution of arms, and test them on all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from prefrontal.agents.bandit_models import bandit_baselines
from prefrontal.configs import BanditConfig
from prefrontal.experiments.presets.base import Experiment, ExperimentConfig
from prefrontal.experiments.presets.criteria import BanditCriteria
from prefrontal.experiments.studies.base import Agents, Study
from prefrontal.experiments.studies.played import Played, play_test, play_tests
from prefrontal.experiments.studies.subjects import Subjects
from prefrontal.experiments.studies.verdicts import NOT_NEGATIVE, holds, near, over_seeds
from prefrontal.figures.bandits import draw
from prefrontal.tasks.base import AbstractTask

NUM_BASELINE_EPISODES = 3_000
"""Episodes that each algorithm plays on each distribution: its mean regret is then known to about .05."""


@dataclass(frozen=True)
class Network:
    """A trained network, and how it is called."""

    variant: str
    seed: int
    agent: Any
    config: ExperimentConfig[BanditConfig]


class Bandits(Study[BanditConfig, BanditCriteria]):
    """The best networks of each distribution of arms, tested on all."""

    def measure(
        self, agents: Agents, config: ExperimentConfig[BanditConfig], folder: Path, subjects: Subjects
    ) -> dict[str, Any]:
        experiment = self.experiment
        tasks = {arms: replace(config.task, arms=arms).make() for arms in experiment.criteria.settings}
        chosen = {arms: _best(experiment, agents, config, arms, task) for arms, task in tasks.items()}
        tested = {
            trained: {on: _second_halves(networks, task, config) for on, task in tasks.items()}
            for trained, networks in chosen.items()
        }
        baselines = {
            name: {on: play_test(agent, task, config.test.seed, NUM_BASELINE_EPISODES) for on, task in tasks.items()}
            for name, agent in bandit_baselines(config.task.num_trials).items()
        }
        regret = {
            trained: {
                on: over_seeds([one.total_regret.mean() for one in played], NOT_NEGATIVE) for on, played in row.items()
            }
            for trained, row in tested.items()
        }
        of_baselines = {name: {on: _mean(played) for on, played in row.items()} for name, row in baselines.items()}
        return {
            "test_episodes": config.test.num_episodes,
            "chosen": {
                arms: [
                    {
                        "variant": network.variant,
                        "seed": network.seed,
                        "learning_rate": network.config.train.learning_rate,
                        "discount": network.config.train.discount,
                    }
                    for network in networks
                ]
                for arms, networks in chosen.items()
            },
            "regret": regret,
            "baselines": of_baselines,
            "curves": {
                on: {
                    "networks": [np.cumsum(one.regret.mean(axis=0)).tolist() for one in tested[on][on]],
                    **{name: np.cumsum(row[on].regret.mean(axis=0)).tolist() for name, row in baselines.items()},
                }
                for on in tasks
            },
            "suboptimal": {
                on: {
                    "networks": [one.is_suboptimal.mean(axis=0).tolist() for one in tested[on][on]],
                    **{name: row[on].is_suboptimal.mean(axis=0).tolist() for name, row in baselines.items()},
                }
                for on in tasks
            },
            "verdicts": _verdicts(experiment, regret, of_baselines),
        }

    def figures(self, folder: Path, title: str) -> list[Path]:
        networks = {name: number.value for name, number in self.experiment.published.items()}
        return draw(folder, title, arms=list(self.criteria.settings), published=networks)

    def kept(self, config: ExperimentConfig[BanditConfig], results: Mapping[str, Any]) -> tuple[str, ...]:
        return tuple(one["variant"] for chosen in results["chosen"].values() for one in chosen)

    def compared(self, results: Mapping[str, Any]) -> Mapping[str, float | None]:
        return {f"regret_{arms}": results["regret"][arms][arms]["mean"] for arms in results["regret"]}


def _best(
    experiment: Experiment[BanditConfig],
    agents: Agents,
    config: ExperimentConfig[BanditConfig],
    arms: str,
    task: AbstractTask,
) -> list[Network]:
    """The networks trained on `arms` whose regret is least in the first half of its test episodes, the best first."""
    variants = experiment.variants(config)
    networks = [
        Network(name, seed, agent, variants[name])
        for name, of_seeds in agents.items()
        if variants[name].task.arms == arms
        for seed, agent in of_seeds.items()
    ]
    half = config.test.num_episodes // 2
    tested = _play(networks, task, config, f"Testing networks, {arms} arms")
    regrets = [float(played.total_regret[:half].mean()) for played in tested]
    order = sorted(range(len(networks)), key=regrets.__getitem__)
    return [networks[place] for place in order[: experiment.criteria.num_best]]


def _second_halves(
    networks: Sequence[Network], task: AbstractTask, config: ExperimentConfig[BanditConfig]
) -> list[Played]:
    half = config.test.num_episodes // 2
    tested = _play(networks, task, config)
    return [Played(played.choice[half:], played.reward[half:], played.regret[half:]) for played in tested]


def _play(
    networks: Sequence[Network], task: AbstractTask, config: ExperimentConfig[BanditConfig], *told: str
) -> list[Played]:
    return play_tests([network.agent for network in networks], task, config.test.seed, config.test.num_episodes, *told)


def _mean(played: Played) -> dict[str, float]:
    total = played.total_regret
    return {"mean": float(total.mean()), "standard_error": float(total.std(ddof=1) / np.sqrt(len(total)))}


def _verdicts(
    experiment: Experiment[BanditConfig],
    regret: Mapping[str, Mapping[str, Mapping[str, Any]]],
    baselines: Mapping[str, Mapping[str, Mapping[str, float]]],
) -> list[dict[str, Any]]:
    verdicts = []
    if "independent" in regret:
        ours = regret["independent"]["independent"]["mean"]
        for name in ("Thompson", "UCB"):
            theirs = baselines[name]["independent"]["mean"]
            verdicts.append(holds(f"independent: regret below {name}'s {theirs:.2f}", ours, ours < theirs))
        most = 1.3 * baselines["Bayes-optimal"]["independent"]["mean"]
        verdicts.append(holds(f"independent: at most 1.3 times Bayes-optimal, {most:.2f}", ours, ours <= most))
    for arms in regret:
        if arms != "independent":
            ours, theirs = regret[arms][arms]["mean"], baselines["Gittins"][arms]["mean"]
            verdicts.append(holds(f"{arms}: regret below Gittins' {theirs:.2f}", ours, ours < theirs))
    for trained, number in experiment.published.items():
        verdicts.append(near(number, regret[trained]["medium"]["mean"]))
    return verdicts
