"""A study of one's own in a function: what was played becomes numbers, and on some of them there are claims."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from prefrontal.analysis.statistics import mean_interval
from prefrontal.configs import TaskConfig
from prefrontal.errors import UserError
from prefrontal.experiments.presets.base import ExperimentConfig
from prefrontal.experiments.studies.base import Agents, Study
from prefrontal.experiments.studies.subjects import Subjects
from prefrontal.experiments.studies.verdicts import ANY, SHARE, Range, on_average, over_seeds
from prefrontal.figures.plots.measured import draw
from prefrontal.rollouts.episodes import Trajectory
from prefrontal.rollouts.evaluation import evaluate_each
from prefrontal.runs.files import write_text

REWARD = "reward per episode"
MEASURES = "measures.csv"


@dataclass(frozen=True)
class Measures:
    """What a study of one's own has to know."""

    measure: Callable[[Trajectory], Mapping[str, Any]]
    """Makes numbers, by name, of the test episodes of one agent."""
    claims: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """For some of them, the range that the mean over seeds is claimed to lie in."""


class Measured(Study[TaskConfig, Measures]):
    """Every agent plays; what it played is measured; means over seeds are held against what is claimed."""

    def measure(
        self, agents: Agents, config: ExperimentConfig[TaskConfig], folder: Path, subjects: Subjects
    ) -> dict[str, Any]:
        task, key = config.task.make(), jax.random.key(config.test.seed)
        rows = []
        networks = agents[""]
        keys = [jax.random.fold_in(key, seed) for seed in networks]
        playing = evaluate_each(list(networks.values()), task, keys, num_episodes=config.test.num_episodes)
        for seed, played in zip(networks, playing, strict=True):
            reward = float(np.asarray(played.reward).sum(axis=1).mean())
            measured = self.criteria.measure(jax.tree.map(jnp.asarray, played))
            rows.append({"seed": seed, **_numbers(measured), REWARD: reward})
        table = pd.DataFrame(rows)
        claims = self.criteria.claims
        if unknown := set(claims) - set(table):
            raise UserError(
                f"`claims` must be on what is measured, {', '.join(table.columns[1:])}, got {min(unknown)}. Mend its "
                "name, or measure it."
            )
        write_text(folder / MEASURES, table.to_csv(index=False, float_format="%.6g"))
        measured = {name: table[name].to_numpy(float) for name in table.columns[1:]}
        return {
            "test_episodes": config.test.num_episodes,
            "measures": {name: over_seeds(values, _range(name, values)) for name, values in measured.items()},
            "verdicts": [_verdict(name, values, claims.get(name)) for name, values in measured.items()],
        }

    def figures(self, folder: Path, title: str) -> list[Path]:
        return draw(folder, title)

    def compared(self, results: Mapping[str, Any]) -> Mapping[str, float | None]:
        return {name: part["mean"] for name, part in results["measures"].items()}


def _numbers(measured: Any) -> dict[str, float]:
    """What a function measured, as numbers."""
    try:
        found = {str(name): float(value) for name, value in measured.items()}
    except (AttributeError, TypeError, ValueError) as error:
        raise UserError(
            f"`measure` must return a number for each name, got {type(measured).__name__}: {error}. Return, say, "
            '{"right": played.event.right.mean()}.'
        ) from error
    if taken := {"seed", REWARD} & set(found):
        raise UserError(f"`measure` must leave the name {min(taken)} to the package, got it. Call it otherwise.")
    return found


def _verdict(name: str, values: np.ndarray, claim: tuple[float, float] | None) -> dict[str, Any]:
    if claim is None:
        return on_average(name, values, None, within=_range(name, values))
    low, high = claim
    words = f"≥ {low:g}" if np.isinf(high) else f"≤ {high:g}" if np.isinf(low) else f"from {low:g} to {high:g}"
    return on_average(
        f"{name} {words}", values, bool(low <= mean_interval(values).mean <= high), within=_range(name, values)
    )


def _range(name: str, values: np.ndarray) -> Range:
    """Of a measure that is from 0 to 1 in every seed, that: it is taken for a share, and so is its interval."""
    return SHARE if name != REWARD and ((values >= 0) & (values <= 1)).all() else ANY
