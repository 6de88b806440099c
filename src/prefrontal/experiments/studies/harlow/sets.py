"""Test trained networks on Harlow's task: what one trial teaches them, on objects that they have never met."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from prefrontal.analysis.harlow import LearningSets, good_object_known, learning_sets
from prefrontal.analysis.training_course import change_points
from prefrontal.configs import HarlowConfig
from prefrontal.experiments.presets.base import ExperimentConfig
from prefrontal.experiments.presets.criteria import HarlowCriteria
from prefrontal.experiments.studies.base import Agents, Study
from prefrontal.experiments.studies.harlow.course import quantiles, write_course
from prefrontal.experiments.studies.harlow.tested import best_strategies, by_trial, play, strategies, tasks
from prefrontal.experiments.studies.subjects import Subjects
from prefrontal.experiments.studies.verdicts import NOT_NEGATIVE, SHARE, holds, near, over_seeds
from prefrontal.figures.harlow.sets import draw
from prefrontal.progress import each
from prefrontal.rollouts.episodes import Trajectory
from prefrontal.runs.files import write_text
from prefrontal.runs.results import LEARNING

CEILINGS = {"2018": (14, 50), "2016, two LSTMs": (43, 100), "2016, one LSTM": (26, 100)}
"""Networks of the papers that reached the ceiling, and how many were trained: Wang et al. (2018), Simulation 5; (2016),
Figure 6."""
MOST_DECODED = 1_000
"""Episodes in whose activity the good object is looked for."""
MOST_MOMENTS = 100
"""Of a learning curve, in which change points are looked for."""


class HarlowStudy(Study[HarlowConfig, HarlowCriteria]):
    """Correct choices by trial, on trained and held-out objects; which strategy explains them; what is known when."""

    def measure(
        self, agents: Agents, config: ExperimentConfig[HarlowConfig], folder: Path, subjects: Subjects
    ) -> dict[str, Any]:
        networks, num_trials = agents[""], config.task.num_trials
        played = {
            which: [play(agent, task, config) for agent in each(networks.values(), f"Testing on {which} objects")]
            for which, task in tasks(config)
        }
        sets = {which: [learning_sets(one, num_trials) for one in those] for which, those in played.items()}
        held_out = sets["held-out"]
        fits = (
            pd.concat([strategies(one, config.task) for one in held_out], keys=list(networks), names=["seed", "row"])
            .reset_index("seed")
            .reset_index(drop=True)
        )
        write_text(folder / "strategies.csv", fits.to_csv(index=False, float_format="%.6g"))
        results: dict[str, Any] = {
            "test_episodes": config.test.num_episodes,
            "accuracy": {which: by_trial(those) for which, those in sets.items()},
            "missed": over_seeds([one.missed.mean() for one in held_out], SHARE),
            "second_trial": {
                name: over_seeds([one.second_after(correct=correct) for one in held_out], SHARE)
                for name, correct in (("after a correct first", True), ("after an error", False))
            },
            "explained": {
                str(name): over_seeds(part["explained"].to_numpy(), SHARE)
                for name, part in fits.groupby("strategy", sort=False)
            },
            "best_strategies": best_strategies(fits),
            "good_object_known": _known(played["held-out"], held_out),
            "learning": _learning(folder),
        }
        if subjects.run is not None and subjects.intervention is None:
            course = write_course(networks, config, subjects.run, folder)
            results["quantiles"] = None if course is None else quantiles(course)
        second = np.array([accuracy[1] for accuracy in results["accuracy"]["held-out"]["per_seed"]])
        learned = second >= self.criteria.least_second
        results["ceiling"] = share_of(int(learned.sum()), len(learned))
        results["published_ceilings"] = {name: share_of(*counts) for name, counts in CEILINGS.items()}
        results["verdicts"] = self._verdicts(results, learned)
        return results

    def _verdicts(self, results: Mapping[str, Any], learned: np.ndarray) -> list[dict[str, Any]]:
        accuracy, least = results["accuracy"]["held-out"], self.criteria.least_second
        verdicts = [
            near(number, accuracy["mean"][trial]) | {"interval95": accuracy["interval95"][trial]}
            for trial, number in enumerate(self.experiment.published.values())
        ]
        first = results["accuracy"]["held-out"]["interval95"][0]
        num = len(learned)
        claim = f"seeds with trial 2 ≥ {least:g}, held-out objects"
        verdicts.append(holds(claim, int(learned.sum()), bool(learned.all()), num))
        if np.isfinite(first).all():
            at_chance = accuracy["mean"][0]
            verdicts.append(holds("trial 1 within .02 of chance", at_chance, abs(at_chance - 0.5) <= 0.02))
        return verdicts

    def figures(self, folder: Path, title: str) -> list[Path]:
        return draw(folder, title)


def share_of(reached: int, num: int) -> dict[str, Any]:
    """How many of some networks reached it, with the exact binomial interval of their share."""
    from scipy.stats import binomtest  # slow to import

    interval = binomtest(reached, num).proportion_ci()
    return {"reached": reached, "of": num, "share": reached / num, "interval95": [interval.low, interval.high]}


def _known(played: list[Trajectory], sets: list[LearningSets]) -> dict[str, Any] | None:
    """How well the activity at the fixation of each trial tells which object is good. None: no vectors are shown."""
    num_trials = sets[0].choice.shape[1]
    if np.shape(played[0].observation)[1] != 2 * num_trials or np.ndim(played[0].observation) != 3:
        return None
    found = []
    for one, those in zip(played, sets, strict=True):
        episode = np.arange(min(MOST_DECODED, len(those.choice)))
        activity, side = np.asarray(one.activity)[episode, ::2], those.rewarded_side[episode]
        found.append(
            [
                good_object_known(
                    activity[:, trial],
                    those.objects[episode, trial, side[:, trial]],
                    those.objects[episode, trial, 1 - side[:, trial]],
                )
                for trial in range(num_trials)
            ]
        )
    over = [over_seeds(column, SHARE) for column in np.array(found).T]
    return {"per_seed": found, "mean": [part["mean"] for part in over], "interval95": [p["interval95"] for p in over]}


def _learning(folder: Path) -> dict[str, Any] | None:
    """When reward in training leaves its first level and comes to rest, by seed. None: it is not known."""
    if not (folder / LEARNING).exists():
        return None
    table = pd.read_csv(folder / LEARNING)
    courses = []
    for _, part in table.groupby("seed"):
        every = -(-len(part) // MOST_MOMENTS)
        blocks = part[["episode", "reward"]].rolling(every).mean().iloc[every - 1 :: every]
        courses.append(change_points(blocks["episode"].to_numpy(), blocks["reward"].to_numpy()))
    return {
        "onset": over_seeds([course.onset for course in courses], NOT_NEGATIVE),
        "rise": over_seeds([course.rise for course in courses], NOT_NEGATIVE),
    }
