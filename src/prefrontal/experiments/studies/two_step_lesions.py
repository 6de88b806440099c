"""Silence units of trained networks on the two-step task: one by one, and more and more of them."""

import warnings
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from prefrontal.agents.base import AbstractAgent
from prefrontal.agents.interventions import silenced, tapped_signals
from prefrontal.analysis.behaviour import stay_probability
from prefrontal.configs import TwoStepConfig
from prefrontal.configs.two_step import TRIAL_KINDS
from prefrontal.errors import UserError
from prefrontal.experiments.presets.base import ExperimentConfig
from prefrontal.experiments.studies.base import Agents, Study
from prefrontal.experiments.studies.subjects import Subjects
from prefrontal.experiments.studies.verdicts import ANY, SHARE, on_average, over_seeds
from prefrontal.figures.lesions import draw
from prefrontal.progress import each
from prefrontal.rollouts.evaluation import evaluate
from prefrontal.runs.files import write_text
from prefrontal.tasks import AbstractTask
from prefrontal.tasks.two_step import TwoStepEvent
from prefrontal.trials.table import trial_table

SHARES = (0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0)
"""Of the units that are silenced."""
NUM_DRAWS = 8
"""Random lesions of each share, for each network."""


class TwoStepLesions(Study[TwoStepConfig, None]):
    """What is left of behaviour when units are silenced, one by one, and more and more of them."""

    def measure(
        self, agents: Agents, config: ExperimentConfig[TwoStepConfig], folder: Path, subjects: Subjects
    ) -> dict[str, Any]:
        networks = agents[""]
        task = config.task.make()
        tables = [
            lesion_table(agent, task, config.test.num_episodes, seed=seed, test_seed=config.test.seed).assign(seed=seed)
            for seed, agent in each(networks.items(), "Lesions")
        ]
        table = pd.concat(tables, ignore_index=True)
        write_text(folder / "lesions.csv", table.to_csv(index=False, float_format="%.5g"))
        by_share = {name: _by_share(tables, name) for name in ("reward", *TRIAL_KINDS)}
        intact, chance = by_share["reward"][:, 0], config.task.chance_reward
        alone = np.stack([one.loc[one["unit"] >= 0, "reward"].to_numpy() for one in tables])
        loss = intact[:, None] - alone
        kept = (by_share["reward"] - chance) / np.maximum(intact - chance, 1e-9)[:, None]
        return {
            "test_episodes": config.test.num_episodes,
            "reward_per_episode": {"chance": config.task.chance_reward, "oracle": config.task.oracle_reward},
            "shares": list(SHARES),
            "by_share": {
                name: [over_seeds(column, SHARE if name in TRIAL_KINDS else ANY) for column in values.T]
                for name, values in by_share.items()
            },
            "verdicts": [
                on_average("reward, nothing silenced", intact, None),
                on_average("reward lost with one unit silenced, mean unit", loss.mean(axis=1), None),
                on_average("reward lost with one unit silenced, worst unit", loss.max(axis=1), None),
                *(
                    on_average(f"share of the gain over chance, {100 * share:g} % silenced", column, None)
                    for share, column in zip(SHARES[1:-1], kept.T[1:-1], strict=True)
                ),
                _nothing_left(by_share["reward"][:, -1], config.task),
            ],
        }

    def figures(self, folder: Path, title: str) -> list[Path]:
        return draw(folder, title)


def lesion_table(
    agent: AbstractAgent, task: AbstractTask, num_episodes: int, *, seed: int, test_seed: int = 0
) -> pd.DataFrame:
    """What is left of an agent's behaviour on the two-step task when units are silenced.

    Every lesion is tested on the same random numbers.

    Arguments:
        agent: an agent whose units can be changed.
        task: a form of the two-step task.
        num_episodes: of the test of each lesion.
        seed: of the random lesions.
        test_seed: of the episodes.

    Returns:
        One row a lesion: unit, the one silenced, or -1 for a random lesion; share of the units; reward per episode; and
        the stay probabilities by condition.

    Raises:
        UserError: when the agent lets nobody silence its units.

    Example:
        >>> two_step = pf.TwoStep(pf.TwoStepConfig(num_trials=3))
        >>> config = pf.RecurrentConfig(hidden_size=2)
        >>> lesions = pf.lesion_table(config.make(two_step, jax.random.key(0)), two_step, 1, seed=0)
        >>> lesions["unit"].head(3).tolist()
        [0, 1, -1]
    """
    signals = tapped_signals(agent, task)
    if "activity" not in signals:
        raise UserError(f"`agent` must be one whose units can be changed, got a {type(agent).__name__}.")
    (num_units,) = signals["activity"]
    masks, shares, units = lesions(num_units, seed)
    key = jax.random.fold_in(jax.random.key(test_seed), seed)
    event, reward = jax.tree.map(np.asarray, _test(agent, task, key, jnp.asarray(masks), num_episodes))
    stay = stay_probability(trial_table(event, subjects=range(len(masks))))
    table = pd.DataFrame({"unit": units, "share": shares, "reward": reward})
    return pd.concat([table, stay.reset_index(drop=True)], axis=1)


def _by_share(tables: list[pd.DataFrame], name: str) -> np.ndarray:
    """One measure as means over the random lesions of a share, (seed, share)."""
    random = np.stack([table.loc[table["unit"] < 0, name].to_numpy(float) for table in tables])
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Mean of empty slice")  # of a kind of trial that never occurred: NaN
        return np.nanmean(random.reshape(len(tables), len(SHARES), NUM_DRAWS), axis=2)


def lesions(num_units: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The lesions of one network: which units each silences, (lesion, unit); the share; the unit, or -1."""
    rng = np.random.default_rng(seed)
    random = [
        np.isin(np.arange(num_units), rng.permutation(num_units)[: round(share * num_units)])
        for share in SHARES
        for _ in range(NUM_DRAWS)
    ]
    masks = np.concatenate([np.eye(num_units, dtype=bool), np.stack(random)])
    shares = np.concatenate([np.full(num_units, 1 / num_units), np.repeat(SHARES, NUM_DRAWS)])
    units = np.concatenate([np.arange(num_units), np.full(len(random), -1)])
    return masks, shares, units


@eqx.filter_jit
def _test(
    agent: AbstractAgent, task: AbstractTask, key: jax.Array, masks: jax.Array, num_episodes: int
) -> tuple[TwoStepEvent, jax.Array]:
    """Events, leaves (lesion, episode, time), and mean reward per episode, (lesion,)."""

    def one(mask: jax.Array) -> tuple[TwoStepEvent, jax.Array]:
        played = evaluate(silenced(agent, mask), task, key, num_episodes=num_episodes)
        return played.event, jnp.mean(jnp.sum(played.reward, axis=1))

    return jax.lax.map(one, masks, batch_size=16)


def _nothing_left(reward: np.ndarray, task: TwoStepConfig) -> dict[str, Any]:
    """All units silenced: the policy is its bias, and no bias earns more than chance. (Invalid responses earn less.)

    A test's mean differs from what is expected: the claim fails where the whole interval is above chance. Of one seed
    there is no interval, and no verdict.
    """
    low = over_seeds(reward)["interval95"][0]
    name = f"all units silenced: reward not above chance, {task.chance_reward:g}"
    return on_average(name, reward, None if np.isnan(low) else bool(low <= task.chance_reward))
