"""Rescorla-Wagner learners fitted to what agents did on restless arms."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from prefrontal import devices
from prefrontal.experiments.studies.played import Played
from prefrontal.experiments.studies.restless_baselines import VOLATILITIES
from prefrontal.fitting.rescorla_wagner import MODELS, fit_blocks
from prefrontal.progress import progress

FITTED, FIXED = ("ab", "abe"), ("b", "be")
"""The models that fit the learning rate of each block, and those that do not."""
NUM_SHARED = 13
"""Learning rates tried for blocks that have one in common."""

Tested = Mapping[str, Played]
"""What an agent did, by volatility."""


@dataclass(frozen=True)
class AgentFits:
    """Of one agent; blocks by volatility."""

    learning_rate: dict[str, np.ndarray]
    """Fitted by the model "ab", (block,)."""
    bic: dict[str, float]
    """By model, mean over blocks."""
    shared: dict[str, float]
    """The same where the learning rate is one for the agent, or one for each volatility; see `shared_rates`."""

    @property
    def means(self) -> dict[str, float]:
        return {volatility: float(rates.mean()) for volatility, rates in self.learning_rate.items()}

    @property
    def gain(self) -> float:
        """By how much the fixed learning rate's BIC is above that of one fitted to each block."""
        return min(self.bic[name] for name in FIXED) - min(self.bic[name] for name in FITTED)


def fit_agents(tested: Mapping[str, Tested], block_episodes: int) -> dict[str, AgentFits]:
    """Rescorla-Wagner learners fitted to blocks of everybody's episodes, of one volatility each; episodes that make no
    whole block are left out."""
    choice, reward = (
        np.stack(
            [
                np.concatenate([blocks(getattr(played, name), block_episodes) for played in one.values()])
                for one in tested.values()
            ]
        )
        for name in ("choice", "reward")
    )
    with progress("Fitting Rescorla-Wagner learners", len(tested) * (len(MODELS) + NUM_SHARED)) as told:
        return _fit_agents(list(tested), choice, reward, told)


def _fit_agents(
    names: list[str], choice: np.ndarray, reward: np.ndarray, told: Callable[[int], None]
) -> dict[str, AgentFits]:
    """The fits to choices and rewards (agent, block, episode, trial); `told` is how many models are done, an agent."""

    def fit(place: int) -> AgentFits:
        found = fit_blocks(choice[place], reward[place])
        low, high = np.split(found.learning_rate[found.models.index("ab")], len(VOLATILITIES))
        told(len(MODELS))
        shared = shared_rates(choice[place], reward[place], sorted((low.mean(), high.mean())))
        told(NUM_SHARED)
        return AgentFits(
            learning_rate=dict(zip(VOLATILITIES, (low, high), strict=True)),
            bic={model: float(bic.mean()) for model, bic in zip(found.models, found.bic, strict=True)},
            shared=shared,
        )

    return dict(zip(names, devices.by_cores(fit, range(len(names))), strict=True))


def shared_rates(choice: np.ndarray, reward: np.ndarray, between: list[float]) -> dict[str, float]:
    """BIC, a block, where blocks have a learning rate in common, the best of some around those `between`: one
    for all blocks, or one for those of each volatility. The inverse temperature is fitted to each block."""
    tried = np.linspace(0.8 * between[0], min(1.0, 1.2 * between[1]), NUM_SHARED)
    models = {f"{rate:.6f}": MODELS["b"] for rate in tried}
    bic = fit_blocks(choice, reward, models, learning_rate=tried.tolist()).bic
    num = len(choice)

    def least(parts: list[np.ndarray]) -> float:
        return float(sum(part.sum(axis=1).min() + np.log(choice.size / len(parts)) for part in parts) / num)

    return {"agent": least([bic]), "volatility": least(np.split(bic, len(VOLATILITIES), axis=1))}


def blocks(values: np.ndarray, size: int) -> np.ndarray:
    """(block, episode, trial)"""
    size = min(size, len(values))
    num = len(values) // size
    return values[: num * size].reshape(num, size, -1)
