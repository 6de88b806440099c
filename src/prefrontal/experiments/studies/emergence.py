"""Test networks with the weights of every snapshot, and say when they became model-based."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from prefrontal.agents.base import AbstractAgent
from prefrontal.agents.interventions import done_alike
from prefrontal.analysis.behaviour import stay_probability
from prefrontal.analysis.logistic import FALLBACK_RIDGE
from prefrontal.analysis.regression import INDICES, indices, regress
from prefrontal.analysis.regressors import multi_back
from prefrontal.configs import TwoStepConfig
from prefrontal.configs.two_step import TRIAL_KINDS
from prefrontal.errors import UserError
from prefrontal.experiments.presets.base import ExperimentConfig
from prefrontal.experiments.presets.criteria import EmergenceCriteria
from prefrontal.experiments.studies.base import Agents, Study
from prefrontal.experiments.studies.emergence_models import best_models
from prefrontal.experiments.studies.subjects import Subjects
from prefrontal.experiments.studies.two_step_sessions import play_sessions
from prefrontal.experiments.studies.verdicts import ANY, NOT_NEGATIVE, SHARE, holds, over_seeds
from prefrontal.figures.strategies import EMERGENCE, draw
from prefrontal.learning.group import new_agent
from prefrontal.learning.trained import load_snapshots
from prefrontal.progress import each
from prefrontal.runs.files import write_text
from prefrontal.runs.folder import RunFolder

MOST_FITS = 10
"""Models are fitted to the last snapshot and about so many before it, evenly spaced: fits take longer than all else."""
LEAST_TRIALS = 500
"""A network that leaves fewer valid trials than this in its test, as untrained ones do, has no indices."""


class Emergence(Study[TwoStepConfig, EmergenceCriteria]):
    """When, in the course of its training, does a network come to behave model-based?"""

    def measure(
        self, agents: Agents, config: ExperimentConfig[TwoStepConfig], folder: Path, subjects: Subjects
    ) -> dict[str, Any]:
        networks = agents[""]
        parts = []
        snapshots = _moments(networks, config, subjects.run)
        moments = list(snapshots)
        fitted_at = set(moments[:: max(1, -(-(len(moments) - 1) // MOST_FITS))]) | {moments[-1]}
        for episode, then in each(snapshots.items(), "Testing along the training"):
            table, reward = play_sessions(then, config)
            measures = _measures(table).assign(reward=reward, episode=episode)
            if episode in fitted_at:
                measures = measures.join(best_models(table, config.task))
            parts.append(measures.reset_index(names="seed"))
        course = pd.concat(parts, ignore_index=True)
        since = _since(course, self.criteria.least_model_based)
        last = course.loc[(course["episode"] == moments[-1]).to_numpy()]
        results = {
            "test_episodes": config.test.num_episodes,
            "last": {
                name: over_seeds(_wide(course, name)[-1], SHARE if name in TRIAL_KINDS else ANY)
                for name in ("reward", *TRIAL_KINDS, *INDICES)
            },
            "model_based_since": over_seeds(since, NOT_NEGATIVE),
            "weight_of_hybrid": over_seeds(last["weight"].to_numpy(np.float64), SHARE),
            "best_models": {str(row.seed): row.best_model for row in last.itertuples()},
            "verdicts": _verdicts(self.criteria, course, since),
        }
        write_text(folder / EMERGENCE, course.to_csv(index=False, float_format="%.6g"))
        return results

    def figures(self, folder: Path, title: str) -> list[Path]:
        return draw(folder, title)

    def compared(self, results: Mapping[str, Any]) -> Mapping[str, float | None]:
        return {name: part["mean"] for name, part in results["last"].items()}


def _moments(
    agents: Mapping[int, AbstractAgent], config: ExperimentConfig[TwoStepConfig], run: RunFolder | None
) -> dict[int, dict[int, AbstractAgent]]:
    """Agents by episode and seed: before training, at the episodes at which all seeds have a snapshot, and after it.

    What is done to `agents` is done to all of them.
    """
    if run is None:
        raise UserError("`agents` must be of a run, got others. Train one: it keeps the weights along the training.")
    task, last = config.task.make(), config.train.num_episodes
    by_seed = {seed: dict(load_snapshots(run.seed(seed), task, config.agent)) for seed in agents}
    shared = sorted(set.intersection(*(set(kept) for kept in by_seed.values())) - {0, last})
    moments = [0, *shared, last]
    steps = np.diff(moments)
    # The last may be shorter: where the interval does not divide the training.
    if len(steps) > 1 and (np.ptp(steps[:-1]) or steps[-1] > steps[0]):
        hole = int(steps.argmax())
        raise UserError(
            f"`{run.path}` must hold snapshots of every seed all along its training, got none between episodes "
            f"{moments[hole]:,} and {moments[hole + 1]:,}. Train in another folder, and keep them from the start."
        )
    ends = {0: {seed: new_agent(config.agent, task, seed) for seed in agents}, last: agents}
    return {
        episode: ends[episode]
        if episode == last
        else {
            seed: done_alike(trained, ends[0][seed] if episode == 0 else by_seed[seed][episode])
            for seed, trained in agents.items()
        }
        for episode in moments
    }


def _measures(table: pd.DataFrame) -> pd.DataFrame:
    """One row a seed: stay probabilities and Miller's indices."""
    stay = stay_probability(table)
    subject, _ = pd.factorize(table["subject"])
    valid = np.bincount(subject, weights=~table["missed"].to_numpy())
    kept = table.loc[valid[subject] >= LEAST_TRIALS]
    if kept.empty:
        return stay.assign(**dict.fromkeys(INDICES, np.nan))
    # A ridge for all, not for some: so that no moment of training is fitted otherwise than another.
    found = indices(regress(multi_back(kept), ridge=FALLBACK_RIDGE).weights)
    return stay.join(found.reindex(stay.index))


def _wide(course: pd.DataFrame, name: str) -> np.ndarray:
    """One measure, (episode, seed), both ascending."""
    return course.pivot(index="episode", columns="seed", values=name).to_numpy(np.float64)


def _since(course: pd.DataFrame, least: float) -> np.ndarray:
    """The training episode from which on each seed's model-based index is never below `least`; NaN if there is none."""
    above = np.logical_and.accumulate((_wide(course, "model_based") >= least)[::-1], axis=0)[::-1]
    episodes = np.unique(course["episode"]).astype(np.float64)
    return np.where(above.any(axis=0), episodes[above.argmax(axis=0)], np.nan)


def _verdicts(criteria: EmergenceCriteria, course: pd.DataFrame, since: np.ndarray) -> list[dict[str, Any]]:
    least, reached, num = criteria.least_model_based, int(np.isfinite(since).sum()), len(since)
    weight = over_seeds(_wide(course, "weight")[-1], SHARE)
    model_based, model_free = _wide(course, "model_based"), _wide(course, "model_free")
    before = np.abs(model_based[0])
    at_first = float(np.nanmax(before)) if np.isfinite(before).any() else float("nan")
    gap = float(np.min(model_based[-1] - np.abs(model_free[-1])))
    when = over_seeds(since, NOT_NEGATIVE)
    return [
        holds(f"seeds with index ≥ {least:g} at the end", reached, reached == num, num),
        holds("|index| < 1 before training (most)", at_first, at_first < 1),
        holds("index above |model-free| at the end (least)", gap, gap > 0),
        holds(f"index ≥ {least:g} from episode", when["mean"], reached == num) | {"interval95": when["interval95"]},
        holds("weight w > .5 at the end", weight["mean"], weight["mean"] > 0.5) | {"interval95": weight["interval95"]},
    ]
