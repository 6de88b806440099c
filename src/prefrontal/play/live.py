"""A trained network that plays as if live: what it does, expects and could believe in every trial."""

import zlib
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from prefrontal.agents.bandit_models import BanditAgent, Thompson
from prefrontal.agents.two_step.base import Trial
from prefrontal.agents.two_step.inference import BayesOptimal
from prefrontal.agents.volatility_observer import VolatilityObserver
from prefrontal.analysis.harlow import learning_sets
from prefrontal.configs import BanditConfig, HarlowConfig, TwoStepConfig, VolatilityConfig
from prefrontal.errors import UserError
from prefrontal.play.networks import as_trained, names_for, networks_for, task_of
from prefrontal.play.players import observed
from prefrontal.play.study import Study
from prefrontal.rollouts.episodes import Trajectory, agent_inputs, replay
from prefrontal.rollouts.evaluation import evaluate

MOST_KEPT = 32
"""Episodes that are kept in memory."""
PROBLEMS = 10
"""Problems of Harlow's task in what is watched at once."""


class Told(NamedTuple):
    """What is told of an episode beside the network's name; see docs/play.md."""

    trials: list[dict[str, Any]]
    choices: list[list[int | None]]
    value: Float[np.ndarray, "trial stage"]
    logits: Float[np.ndarray, "trial stage option"]
    belief: Float[np.ndarray, " trial"] | None


class Live:
    """Episodes of a network that comes with the package.

    Arguments:
        study: the study; its `by` names the experiment.

    Raises:
        UserError: when none comes for the experiment, or none that plays the study's task.
    """

    def __init__(self, study: Study):
        if task_of(study.by) != study.task:
            known = names_for(study.task)
            raise UserError(
                f"`by` must be an experiment whose networks play {study.task} as people do, got {study.by}. "
                + (f"Take one of {', '.join(known)}." if known else "None comes with the package. Take another task.")
            )
        network = next(networks_for(study, study.by), None)
        if network is None:
            raise UserError(
                f"`settings` must be of a task that networks of {study.by} know, got {dict(study.settings)}. "
                "Leave them out."
            )
        self.name = study.by
        self._network, trained = network
        # Of a two-step task they play what they were trained on, which differs in more than one number.
        self._config = trained if isinstance(trained, TwoStepConfig) else as_trained(study, trained)
        self._task = self._config.make()
        self.episode = lru_cache(MOST_KEPT)(self._episode)

    def __call__(self, episode: int) -> dict[str, Any]:
        """An episode (of Harlow's task, `PROBLEMS` of them): the schedule as far as it is known (what was not reached
        is told as 0), the choices, the value that the network expected and its policy, and what an observer of the same
        trials would believe: the probability that state 0, or arm 0, is the better one."""
        return self.episode(episode)

    def _episode(self, episode: int) -> dict[str, Any]:
        count = PROBLEMS if isinstance(self._config, HarlowConfig) else 1
        played = evaluate(self._network, self._task, jax.random.key(episode), num_episodes=count)
        told = TELLERS[type(self._config)](jax.tree.map(np.asarray, played), self._config)
        return {
            "name": self.name,
            "schedule": {"practice": [], "trials": told.trials},
            "choices": told.choices,
            "value": np.round(told.value.astype(float), 4).tolist(),
            "policy": np.round(np.asarray(jax.nn.softmax(told.logits, axis=-1), float), 4).tolist(),
            "belief": None if told.belief is None else np.round(told.belief.astype(float), 4).tolist(),
        }


def _two_step(played: Trajectory, config: TwoStepConfig) -> Told:
    by_trial = (config.num_trials, config.steps_per_trial)
    event = {
        leaf: np.asarray(getattr(played.event, leaf)).reshape(by_trial)[:, -1]
        for leaf in ("choice", "state", "common", "rewarded", "missed")
    }
    stages = (
        slice(1, None) if config.encoding == "fixation" else slice(None)
    )  # without the response to the fixation cue
    logits = np.asarray(played.logits).reshape(*by_trial, -1)[:, stages, :2]
    return Told(
        trials=[
            {
                "first": [0, 1] if common else [1, 0],
                "rewards": [[int(paid) if state == reached else 0] for state in (0, 1)],
            }
            for common, reached, paid in zip(event["common"], event["state"], event["rewarded"], strict=True)
        ],
        choices=_choices(event["choice"], event["missed"]),
        value=np.asarray(played.value).reshape(by_trial)[:, stages],
        logits=logits,
        belief=_better_state(config, event),
    )


def _better_state(config: TwoStepConfig, event: Mapping[str, np.ndarray]) -> np.ndarray:
    """By trial, before it: the ideal observer's probability that state 0 is the better one."""
    ideal = BayesOptimal.of_task(config)
    trials = [jnp.asarray(event[leaf], jnp.int32) for leaf in ("choice", "state")]

    def learn(beliefs: Any, at: list[Array]) -> Any:
        choice, state, rewarded = at
        trial = Trial(choice, state, jnp.int32(0), rewarded)
        return ideal.learn(beliefs, trial), beliefs.state_0_better

    _, before = jax.lax.scan(learn, ideal.init(), [*trials, jnp.asarray(event["rewarded"], jnp.float32)])
    return np.asarray(before)


def _arms(played: Trajectory, config: BanditConfig) -> Told:
    """The belief is that of Thompson sampling: how likely it is that arm 0 is the best of independent ones."""
    observer = BanditAgent(Thompson(config.num_arms))
    first = jax.tree.map(lambda leaf: leaf[0], played)
    shown, action, reward = map(jnp.asarray, (first.observation, first.action, first.reward))
    seen = agent_inputs(shown, action, reward, config.num_arms)
    is_best = jax.nn.softmax(replay(observer, seen).logits)[:, 0]
    return _of_arms(first, np.asarray(first.reward), np.asarray(is_best), config.num_arms)


def _reversals(played: Trajectory, config: VolatilityConfig) -> Told:
    """The belief is that of an observer who knows the task's chances: how likely it is that arm 0 is the better one."""
    first = jax.tree.map(lambda leaf: leaf[0], played)
    observer = VolatilityObserver(observed(config))
    winners = jnp.asarray(np.where(first.event.rewarded, first.action, 1 - first.action))

    def learn(belief: Array, winner: Array) -> tuple[Array, Array]:
        return observer.learn(belief, winner), belief.sum(axis=(0, 1))[0]

    _, before = jax.lax.scan(learn, observer.init(), winners)
    return _of_arms(first, first.event.rewarded, np.asarray(before), 2)


def _of_arms(played: Trajectory, rewarded: np.ndarray, belief: np.ndarray, num_arms: int) -> Told:
    choice = np.asarray(played.action)
    return Told(
        trials=[
            {"rewards": [int(paid) if arm == chosen else 0 for arm in range(num_arms)]}
            for chosen, paid in zip(choice, rewarded, strict=True)
        ],
        choices=_choices(choice, np.zeros(len(choice), bool)),
        value=np.asarray(played.value)[:, None],
        logits=np.asarray(played.logits)[:, None],
        belief=belief,
    )


def _objects(played: Trajectory, config: HarlowConfig) -> Told:
    """Pictures are told by what the objects look like to the network. Nothing is believed that is not known."""
    sets = learning_sets(played, config.num_trials)
    looks = np.vectorize(lambda view: zlib.crc32(view.tobytes()), signature="(n)->()")(sets.objects)
    rewards = np.eye(2, dtype=int)[sets.rewarded_side]
    problems = [
        {"objects": looks[problem, trial].tolist(), "rewards": rewards[problem, trial].tolist()}
        | {"problem": problem, "trial": trial}
        for problem in range(len(looks))
        for trial in range(config.num_trials)
    ]
    by_trial = (len(problems), 2)
    return Told(
        trials=problems,
        choices=_choices(sets.choice.ravel(), sets.missed.ravel()),
        value=np.asarray(played.value).reshape(by_trial)[:, 1:],
        logits=np.asarray(played.logits).reshape(*by_trial, -1)[:, 1:, :2],
        belief=None,
    )


def _choices(choice: np.ndarray, missed: np.ndarray) -> list[list[int | None]]:
    return [[None if was_missed else int(one), None] for one, was_missed in zip(choice, missed, strict=True)]


TELLERS: Mapping[type, Callable[[Trajectory, Any], Told]] = {
    TwoStepConfig: _two_step,
    BanditConfig: _arms,
    VolatilityConfig: _reversals,
    HarlowConfig: _objects,
}
"""What is told of an episode, by the config of its task."""
