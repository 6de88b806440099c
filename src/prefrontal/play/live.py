"""A trained network that plays as if live: what it does, expects and could believe in every trial of an episode."""

from functools import lru_cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from prefrontal.agents.two_step.base import Trial
from prefrontal.agents.two_step.inference import BayesOptimal
from prefrontal.configs import TwoStepConfig
from prefrontal.errors import UserError
from prefrontal.experiments import find_experiment
from prefrontal.experiments.pretrained import load_pretrained
from prefrontal.play.study import Study
from prefrontal.rollouts.episodes import Trajectory, rollout
from prefrontal.runs.shipped import shipped_names

MOST_KEPT = 32
"""Episodes that are kept in memory."""
STAGES = 2
"""What a trial shows of the network: its first-stage choice and the second stage."""


class Live:
    """Episodes of a network that comes with the package.

    Arguments:
        study: the study; its `by` names the experiment.

    Raises:
        UserError: when none comes for the experiment, or it is of another task than the two-step task.
    """

    def __init__(self, study: Study):
        if study.by not in shipped_names():
            raise UserError(
                f"`by` must be an experiment whose networks come with the package, got {study.by}. "
                "`prefrontal list` names them."
            )
        config = find_experiment(study.by).config.task
        if study.task != "two-step" or not isinstance(config, TwoStepConfig) or config.encoding != "fixation":
            raise UserError(
                f"`by` must be of networks that play the two-step task as people do, got {study.by} at {study.task}. "
                "Take wang2018-two-step."
            )
        self.name = study.by
        self._config, self._task = config, config.make()
        self._network = load_pretrained(study.by)
        self.episode = lru_cache(MOST_KEPT)(self._episode)

    def __call__(self, episode: int) -> dict[str, Any]:
        """An episode: the schedule as far as it is known (what was not reached is told as 0), the choices, the value
        that the network expected and its policy at both stages, and what an ideal observer of the same trials would
        believe: the probability that state 0 is the better one."""
        return self.episode(episode)

    def _episode(self, episode: int) -> dict[str, Any]:
        played = rollout(self._network, self._task, jax.random.key(episode))
        return _told(self.name, self._config, jax.tree.map(np.asarray, played))


def _told(name: str, config: TwoStepConfig, played: Trajectory) -> dict[str, Any]:
    by_trial = (config.num_trials, config.steps_per_trial)
    event = played.event
    last = {
        leaf: np.asarray(getattr(event, leaf)).reshape(by_trial)[:, -1]
        for leaf in ("choice", "state", "common", "rewarded")
    }
    first = [[0, 1] if common else [1, 0] for common in last["common"]]
    rewards = [
        [[int(paid) if state == reached else 0] for state in (0, 1)]
        for reached, paid in zip(last["state"], last["rewarded"], strict=True)
    ]
    logits = played.logits.reshape(*by_trial, -1)[:, -STAGES:, :2]  # without the response to the fixation cue
    policy = np.asarray(jax.nn.softmax(logits, axis=-1))
    schedule = [{"first": to, "rewards": pays} for to, pays in zip(first, rewards, strict=True)]
    return {
        "name": name,
        "schedule": {"practice": [], "trials": schedule},
        "choices": [[int(choice), None] for choice in last["choice"]],
        "value": np.round(played.value.reshape(by_trial)[:, -STAGES:], 4).tolist(),
        "policy": np.round(policy, 4).tolist(),
        "belief": _beliefs(config, last),
    }


def _beliefs(config: TwoStepConfig, last: dict[str, np.ndarray]) -> list[float]:
    """By trial, before it: the ideal observer's probability that state 0 is the better one."""
    ideal = BayesOptimal.of_task(config)
    trials = [jnp.asarray(last[leaf], jnp.int32) for leaf in ("choice", "state")]

    def learn(beliefs: Any, at: list[Array]) -> Any:
        choice, state, rewarded = at
        trial = Trial(choice, state, jnp.int32(0), rewarded)
        return ideal.learn(beliefs, trial), beliefs.state_0_better

    _, before = jax.lax.scan(learn, ideal.init(), [*trials, jnp.asarray(last["rewarded"], jnp.float32)])
    return np.round(np.asarray(before, np.float64), 4).tolist()
