"""The algorithms that networks on restless arms are held against, each with its best fixed parameters."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from prefrontal import devices
from prefrontal.agents.bandit_models import BanditAgent, RescorlaWagner, UpperConfidenceBound
from prefrontal.agents.base import AbstractAgent
from prefrontal.agents.restless_observer import RestlessObserver
from prefrontal.configs import RestlessConfig
from prefrontal.configs.bandits import Volatility
from prefrontal.fitting.rescorla_wagner import FIXED
from prefrontal.rollouts.evaluation import evaluate
from prefrontal.tasks.base import AbstractTask

VOLATILITIES: tuple[Volatility, ...] = ("low", "high")
UCB_EXPLORATION = 1.0
"""chi of Wang et al. (2016), section 3.1.4."""
LEARNING_RATES = np.round(np.arange(0.05, 1.001, 0.05), 2)
INVERSE_TEMPERATURES = (2.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 32.0, 48.0, 64.0, 96.0)
FIXED_VOLATILITIES = (0.0025, 0.005, 0.01, 0.015, 0.02, 0.03, 0.04, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3)


@dataclass(frozen=True)
class Baselines:
    """The algorithms, and what was found for them."""

    agents: dict[str, AbstractAgent]
    """By name; the ideal observer knows both volatilities, and not which of them an episode has."""
    control: BanditAgent
    """Rescorla-Wagner with the fixed learning rate of the fits, and the inverse temperature that is best with it."""
    tuned: dict[str, float]
    """The best fixed parameters."""


def baselines(config: RestlessConfig, seed: int, num_episodes: int) -> Baselines:
    """Look for the parameters with the least regret over the same `num_episodes` of each volatility.

    Arguments:
        config: the task.
        seed: of the problems.
        num_episodes: of each volatility.
    """
    tasks = [replace(config, volatility=volatility).make() for volatility in VOLATILITIES]

    def regrets(make: Callable[[Array], AbstractAgent], values: np.ndarray) -> np.ndarray:
        return np.mean([_regrets(make, values, task, seed, num_episodes) for task in tasks], axis=0)

    grid = np.stack(np.meshgrid(LEARNING_RATES, INVERSE_TEMPERATURES, indexing="ij"), axis=-1).reshape(-1, 2)
    learned = regrets(_learner, grid)
    best = grid[learned.argmin()]
    fixed = grid[:, 0] == FIXED[0]
    control = grid[fixed][learned[fixed].argmin()]
    known = np.array(FIXED_VOLATILITIES)
    volatility = known[regrets(_thompson, known).argmin()]
    return Baselines(
        agents={
            "UCB": BanditAgent(UpperConfidenceBound(exploration=UCB_EXPLORATION)),
            "Thompson": _thompson(jnp.float32(volatility)),
            "Rescorla-Wagner": _learner(jnp.asarray(best, jnp.float32)),
            "ideal observer": RestlessObserver((config.low_volatility, config.high_volatility)),
        },
        control=_learner(jnp.asarray(control, jnp.float32)),
        tuned={
            "learning_rate": float(best[0]),
            "inverse_temperature": float(best[1]),
            "control_inverse_temperature": float(control[1]),
            "thompson_volatility": float(volatility),
        },
    )


def _learner(values: Float[Array, "2"]) -> BanditAgent:
    return BanditAgent(RescorlaWagner(learning_rate=values[0], inverse_temperature=values[1]))


def _thompson(volatility: Float[Array, ""]) -> RestlessObserver:
    return RestlessObserver(volatility[None], "thompson")


@eqx.filter_jit
def _regret(
    make: Callable[[Array], AbstractAgent], values: Array, task: AbstractTask, key: Array, num_episodes: int
) -> Float[Array, " value"]:
    def of_value(value: Array) -> Array:
        event = evaluate(make(value), task, key, num_episodes=num_episodes).event
        return jnp.sum(event.best_reward - event.expected_reward) / num_episodes

    return devices.shared_map(of_value, values)


def _regrets(
    make: Callable[[Array], AbstractAgent], values: Sequence | np.ndarray, task: AbstractTask, seed: int, num: int
) -> np.ndarray:
    return np.asarray(_regret(make, jnp.asarray(values, jnp.float32), task, jax.random.key(seed), num))
