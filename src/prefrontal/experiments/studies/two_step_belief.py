"""The ideal observer's belief in the activity of networks on the two-step task: before, during and after training."""

from collections.abc import Mapping
from typing import Any

import equinox as eqx
import jax
import numpy as np

from prefrontal.agents.base import AbstractAgent
from prefrontal.agents.interventions import done_alike
from prefrontal.analysis.decoding import decode
from prefrontal.analysis.prediction_errors import TwoStepTrials, belief, two_step_trials
from prefrontal.analysis.projections import principal_components
from prefrontal.analysis.units import coding_share, permuted, unit_regression
from prefrontal.configs import TwoStepConfig
from prefrontal.experiments.presets.base import ExperimentConfig
from prefrontal.experiments.studies.verdicts import AT_MOST_ONE, SHARE, over_seeds
from prefrontal.learning.group import new_agent
from prefrontal.learning.trained import load_snapshots
from prefrontal.progress import each
from prefrontal.rollouts.episodes import Trajectory, agent_inputs, replay
from prefrontal.rollouts.evaluation import evaluate
from prefrontal.runs.folder import RunFolder

NUM_SHOWN = 10
"""Episodes of each seed that are drawn in the plane of its first components."""


def play(agent: AbstractAgent, config: ExperimentConfig[TwoStepConfig], seed: int) -> Trajectory:
    """The test episodes of one network; leaves (episode, time)."""
    key = jax.random.fold_in(jax.random.key(config.test.seed), seed)
    return evaluate(agent, config.task.make(), key, num_episodes=config.test.num_episodes)


def belief_results(
    agents: Mapping[int, AbstractAgent],
    played: Mapping[int, Trajectory],
    config: ExperimentConfig[TwoStepConfig],
    run: RunFolder | None,
) -> dict[str, Any]:
    """What `results.json` holds about belief; along the training where `run` kept the weights.

    Activity is taken at the first step of each trial, when the last outcome is known and the next choice is not made.
    Decoded: r^2 of ridge regression on left-out episodes, of the network in its own sessions (trained), of the network
    that training began with in its own (untrained), and of the latter when shown the trained one's sessions, where
    every network's activity echoes the last trials (untrained_shown); from all units, and from the first two principal
    components alone.
    """
    task, size = config.task.make(), config.task.steps_per_trial
    decoded: dict[str, list[float]] = {}
    shares, planes = [], []
    for seed, trajectory in each(played.items(), "Decoding belief", compiles=False):
        before = done_alike(agents[seed], new_agent(config.agent, task, seed))
        own = play(before, config, seed)
        shown = np.asarray(_shown(before, trajectory, task.num_actions))
        for name, activity, sessions in (
            ("trained", np.asarray(trajectory.activity), trajectory),
            ("untrained", np.asarray(own.activity), own),
            ("untrained_shown", shown, trajectory),
        ):
            first = activity[:, ::size]
            trials = two_step_trials(sessions.event, size)
            plane = principal_components(first, 2).project(first)
            decoded.setdefault(name, []).append(_decoded(first, trials, config.task))
            decoded.setdefault(f"{name}_two_components", []).append(_decoded(plane, trials, config.task))
        first, trials = np.asarray(trajectory.activity)[:, ::size], two_step_trials(trajectory.event, size)
        shares.append(_unit_shares(first, trials, config.task))
        planes.append(_plane(first, trials, config.task))
    return {
        "decoded": {name: over_seeds(values, within=AT_MOST_ONE) for name, values in decoded.items()},
        "over_training": _over_training(run, agents, config),
        "unit_shares": {name: over_seeds([share[name] for share in shares], within=SHARE) for name in shares[0]},
        "planes": planes,
    }


def _decoded(activity: np.ndarray, trials: TwoStepTrials, task: TwoStepConfig) -> float:
    """Cross-validated r^2 of the belief before each trial, from (episode, trial, unit)."""
    episode = np.repeat(np.arange(len(activity)), activity.shape[1])
    folds = min(5, len(activity))
    variable = belief(task, trials).ravel()
    return decode(activity.reshape(len(episode), -1), variable, episode, num_folds=folds).score


def _unit_shares(activity: np.ndarray, trials: TwoStepTrials, task: TwoStepConfig) -> dict[str, float]:
    """The share of units that code belief and the last trial's events; and belief of other episodes, for chance."""
    believed, valid = belief(task, trials), trials.valid[:, :-1]

    def shares(beliefs: np.ndarray) -> dict[str, float]:
        variables = {
            "belief": beliefs[:, 1:],
            "last choice": trials.choice[:, :-1],
            "last transition": trials.choice[:, :-1] == trials.state[:, :-1],
            "last reward": trials.rewarded[:, :-1],
        }
        here = {name: values[valid].astype(float) for name, values in variables.items()}
        return coding_share(unit_regression(activity[:, 1:][valid], here))

    return shares(believed) | {"belief of another episode": shares(permuted(believed))["belief"]}


def _plane(activity: np.ndarray, trials: TwoStepTrials, task: TwoStepConfig) -> dict[str, Any]:
    """Where some episodes lie in the plane of the first two components, from their second trial on."""
    components = principal_components(activity, 2)
    shown = slice(min(NUM_SHOWN, len(activity)))
    return {
        "variance_share": components.variance_share.tolist(),
        "projected": np.round(components.project(activity[shown, 1:]), 4).reshape(-1, 2).tolist(),
        "belief": np.round(belief(task, trials)[shown, 1:], 4).ravel().tolist(),
        "last_reward": trials.rewarded[shown, :-1].astype(int).ravel().tolist(),
        "last_state": trials.state[shown, :-1].astype(int).ravel().tolist(),
    }


def _over_training(
    run: RunFolder | None, agents: Mapping[int, AbstractAgent], config: ExperimentConfig[TwoStepConfig]
) -> dict[str, Any] | None:
    """Belief decoded, and reward, along the training of each seed; None where no weights were kept on the way."""
    if run is None or not all(run.seed(seed).kept_episodes() for seed in agents):
        return None
    shared = sorted(set.intersection(*(set(run.seed(seed).kept_episodes()) for seed in agents)))
    if not shared:
        return None
    task, size = config.task.make(), config.task.steps_per_trial
    curves: dict[str, list[list[float]]] = {"decoded": [], "reward": []}
    for seed, trained in each(agents.items(), "Belief over training"):
        along = [
            play(done_alike(trained, agent), config, seed)
            for episode, agent in load_snapshots(run.seed(seed), task, config.agent)
            if episode in shared
        ]
        curves["decoded"].append(
            [
                _decoded(np.asarray(one.activity)[:, ::size], two_step_trials(one.event, size), config.task)
                for one in along
            ]
        )
        curves["reward"].append([float(np.asarray(one.reward).sum(axis=1).mean()) for one in along])
    return {"episode": shared, "chance": config.task.chance_reward, **curves}


@eqx.filter_jit
def _shown(agent: AbstractAgent, trajectory: Trajectory, num_actions: int) -> jax.Array:
    """The activity of `agent` when it is shown another's sessions."""

    def one(*record: jax.Array) -> jax.Array:
        observation, action, reward = record
        return replay(agent, agent_inputs(observation, action, reward, num_actions)).activity

    return jax.vmap(one)(trajectory.observation, trajectory.action, trajectory.reward)
