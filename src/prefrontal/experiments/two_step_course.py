"""How two-step behaviour comes about in training: the weights of each snapshot frozen, tested and drawn."""

import io
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from prefrontal.agents.base import AbstractAgent
from prefrontal.configs import TwoStepConfig
from prefrontal.errors import UserError
from prefrontal.experiments.base import ExperimentConfig
from prefrontal.experiments.results import heading, read_results
from prefrontal.experiments.two_step_results import MEASURES, behaviour
from prefrontal.figures.course import Course, course_figure, moment_figure
from prefrontal.figures.style import save_figure, style
from prefrontal.learning.jobs import Watch, load_snapshots
from prefrontal.learning.monitor import Sight
from prefrontal.runs.files import make_folder, write_bytes, write_text
from prefrontal.runs.folder import RunFolder
from prefrontal.runs.provenance import jsonable, parse_json, to_json, versions
from prefrontal.runs.seed_folder import SeedFolder
from prefrontal.tasks import make_task

if TYPE_CHECKING:
    from prefrontal.experiments.two_step import TwoStepExperiment

COURSE = "course.csv"
COLUMNS = ("seed", "episode", "reward", *MEASURES)
PLOT_DPI = 100


def watch(experiment: "TwoStepExperiment", config: ExperimentConfig[TwoStepConfig]) -> Watch:
    """See `TwoStepExperiment.watch`."""
    of_this_task = config.task == experiment.config.task
    published = {measure: number.value for measure, number in experiment.published.items() if of_this_task}

    def look(folder: SeedFolder, episode: int, agent: AbstractAgent) -> Sight:
        tested = _tested(folder, episode, agent, config)
        stay = {
            measure: {
                "mean": tested[measure],
                "per_seed": [tested[measure]],
                "interval95": [None, None],
                "published": published.get(measure),
                "bayes_optimal": None,
            }
            for measure in MEASURES
        }
        title = f"Seed {folder.seed} after {episode:,} episodes: reward {tested['reward']:.1f}"
        png = _png({"stay_probability": stay}, title)
        write_bytes(_path(folder, episode, "png"), png)
        numbers = {"test/reward": tested["reward"], **{f"stay/{measure}": tested[measure] for measure in MEASURES}}
        return Sight(
            numbers={tag: number for tag, number in numbers.items() if number is not None},
            pictures={"stay_probability": png},
        )

    return look


def write_course(config: ExperimentConfig[TwoStepConfig], run: RunFolder, seeds: Sequence[int], folder: Path) -> None:
    """Test those snapshots of `run` that are not tested yet, and write `course.csv` into `folder`, a row each.

    Where it kept no snapshots, nothing is written.

    Raises:
        UserError: when a snapshot is damaged or of another shape.
    """
    task = make_task(config.task)
    kept = [run.seed(seed) for seed in seeds if run.seed(seed).has_snapshots]
    rows = [
        {"seed": of.seed, **_tested(of, episode, agent, config)}
        for of in kept
        for episode, agent in load_snapshots(of, task, config.agent)
    ]
    if rows:
        table = pd.DataFrame(rows)[list(COLUMNS)]
        write_text(folder / COURSE, table.to_csv(index=False, float_format="%.6g"))


def read_course(folder: Path) -> Course | None:
    """What `write_course` wrote, at the moments that all its seeds share; None where there is nothing.

    Raises:
        UserError: when `course.csv` cannot be read.
    """
    path = folder / COURSE
    if not path.exists():
        return None
    try:
        table = pd.read_csv(path, index_col=["seed", "episode"])[["reward", *MEASURES]]
    except (OSError, ValueError, KeyError) as error:
        raise UserError(f"`{path}` must be a table of tests, got {error}. Evaluate the run again.") from error
    seeds = table.index.unique("seed")
    shared = [episode for episode, rows in table.groupby(level="episode") if len(rows) == len(seeds)]
    by_seed = {name: table[name].unstack("episode").loc[seeds, shared].to_numpy(np.float64) for name in table}
    return Course(episodes=np.array(shared), reward=by_seed["reward"], stay={name: by_seed[name] for name in MEASURES})


def draw(experiment: "TwoStepExperiment", folder: Path) -> list[Path]:
    """Draw `course` from the files in `folder`, where they are; return the files drawn."""
    curves = read_course(folder)
    if curves is None:
        return []
    results = read_results(folder, ("stay_probability", "reward_per_episode", "test_episodes"))
    published = {name: part["published"] for name, part in results["stay_probability"].items()}
    reward = results["reward_per_episode"]
    figure = course_figure(
        curves,
        f"How behaviour comes about in training: {heading(experiment, results)}",
        references={"oracle": reward["oracle"], "Bayes-optimal": reward["bayes_optimal"], "chance": reward["chance"]},
        published={name: value for name, value in published.items() if value is not None},
        source=results["published_source"] or "",
        test_episodes=results["test_episodes"],
    )
    return save_figure(figure, folder / "course")


def _tested(
    folder: SeedFolder, episode: int, agent: AbstractAgent, config: ExperimentConfig[TwoStepConfig]
) -> dict[str, Any]:
    """What the snapshot of `episode` does in the experiment's own test; kept in a file, null for what it never met."""
    path = _path(folder, episode, "json")
    origin = {"test": asdict(config.test), "config": jsonable(config.training), "versions": versions()}
    try:
        record = parse_json(path.read_text(encoding="utf-8"))
        if all(record[name] == part for name, part in origin.items()):
            return record
    except (OSError, ValueError, KeyError, TypeError):
        pass  # not tested yet, or not to its end
    reward, stay = behaviour(agent, config, folder.seed)
    measured = {"reward": float(reward.mean()), **{name: float(stay[name].iloc[0]) for name in MEASURES}}
    record = jsonable({"episode": episode, **measured, **origin})
    make_folder(path.parent)
    write_text(path, to_json(record))
    return record


def _path(folder: SeedFolder, episode: int, suffix: str) -> Path:
    return folder.path / "course" / f"episode-{episode:06d}.{suffix}"


def _png(result: dict[str, Any], title: str) -> bytes:
    drawn = io.BytesIO()
    with style():
        moment_figure(result, title).savefig(drawn, format="png", dpi=PLOT_DPI, metadata={"Software": None})
    return drawn.getvalue()
