"""Who else plays the tasks of one choice: networks, and models that learn in other ways."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import jax
import numpy as np

from prefrontal.agents.bandit_models import BanditAgent, RescorlaWagner, Thompson
from prefrontal.agents.base import AbstractAgent
from prefrontal.agents.strategies import StrategyAgent
from prefrontal.agents.volatility_observer import VolatilityObserver
from prefrontal.analysis.harlow import learning_sets
from prefrontal.configs import BanditConfig, HarlowConfig, VolatilityConfig
from prefrontal.play.draws import task_config
from prefrontal.play.networks import EVEN, OF_TASK, as_trained, networks_for
from prefrontal.play.rounds import Rounds
from prefrontal.play.study import Study
from prefrontal.rollouts.episodes import Trajectory
from prefrontal.rollouts.evaluation import evaluate

NUM_PROBLEMS = 40
"""Problems that each of the others meets, all the same ones: how much there is to find is then no matter of luck."""
SEED = 1
LEARNER = RescorlaWagner(learning_rate=0.3, inverse_temperature=5.0)
"""A simulated Rescorla-Wagner learner."""


def others_at(study: Study) -> dict[str, list[Rounds]]:
    """What others do at the study's task, by name, every problem that they met: the networks that come with the
    package, where some were trained on such a task, and two models."""
    models = {name: _played(agent, config) for name, agent, config in _models(task_config(study))}
    networks = [
        rounds
        for agent, trained in networks_for(study, OF_TASK[study.task])
        for rounds in _played(agent, as_trained(study, trained))
    ]
    return {"network": networks, **models} if networks else models


def _models(config: Any) -> Iterator[tuple[str, AbstractAgent, Any]]:
    """Names, agents, and the task as each must see it."""
    if isinstance(config, BanditConfig):
        yield "explorer", BanditAgent(Thompson(config.num_arms)), config
        yield "learner", BanditAgent(replace(LEARNER, num_arms=config.num_arms)), config
    elif isinstance(config, VolatilityConfig):
        even = replace(config, prize_scale=2.0, prize_concentration=EVEN)  # prizes of 1, as people have them
        yield "observer", VolatilityObserver(observed(config)), even
        yield "learner", BanditAgent(LEARNER), even
    else:
        yield "knower", StrategyAgent("ideal learner", config), config
        yield "side", StrategyAgent("side win-stay", config), config


def observed(config: VolatilityConfig) -> VolatilityConfig:
    """What an observer must know who knows the task's chances: those of the test, if it is one."""
    if config.schedule == "drawn":
        return config
    return replace(
        config,
        volatile_probability=1 / config.test_reversal_every,
        stable_reward_probability=config.test_stable_probability,
        volatile_reward_probability=config.test_volatile_probability,
    )


def _played(agent: AbstractAgent, config: Any) -> list[Rounds]:
    """Every problem that an agent meets."""
    played = evaluate(agent, config.make(), jax.random.key(SEED), num_episodes=NUM_PROBLEMS)
    return list(map(Rounds._make, zip(*READ[type(config)](played, config), strict=True)))


def _of_arms(played: Trajectory, _: BanditConfig) -> Rounds:
    event = jax.tree.map(np.asarray, played.event)
    is_best = event.expected_reward >= event.best_reward - 1e-6
    better = np.where(is_best, event.choice, -2)  # of another arm than the best, which one is best is not told
    return Rounds(event.choice, np.asarray(played.reward, float), better, event.trial)


def _of_reversals(played: Trajectory, _: VolatilityConfig) -> Rounds:
    event = jax.tree.map(np.asarray, played.event)
    better = (event.win_probability > 0.5).astype(int)
    return Rounds(event.choice, event.rewarded.astype(float), better, np.cumsum(np.ones_like(event.choice), 1) - 1)


def _of_objects(played: Trajectory, config: HarlowConfig) -> Rounds:
    sets = learning_sets(played, config.num_trials)
    place = np.broadcast_to(np.arange(config.num_trials), sets.choice.shape)
    return Rounds(np.where(sets.missed, -1, sets.choice), sets.rewarded.astype(float), sets.rewarded_side, place)


READ: Mapping[type, Callable[[Trajectory, Any], Rounds]] = {
    BanditConfig: _of_arms,
    VolatilityConfig: _of_reversals,
    HarlowConfig: _of_objects,
}
"""How rollouts of each are read: rounds with leaves (problem, trial)."""
