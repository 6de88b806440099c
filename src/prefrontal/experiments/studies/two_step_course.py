"""How two-step behaviour comes about in training: the weights of each snapshot frozen, tested and drawn."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from prefrontal.agents.base import AbstractAgent
from prefrontal.configs import TwoStepConfig
from prefrontal.configs.two_step import TRIAL_KINDS
from prefrontal.errors import counted
from prefrontal.experiments.presets.base import ExperimentConfig
from prefrontal.experiments.studies.two_step_sessions import behaviour
from prefrontal.learning.jobs import Watch
from prefrontal.learning.monitor import SnapshotView
from prefrontal.learning.trained import load_snapshots
from prefrontal.progress import each
from prefrontal.runs.files import make_folder, write_bytes, write_text
from prefrontal.runs.folder import RunFolder
from prefrontal.runs.provenance import jsonable, parse_json, to_json, versions
from prefrontal.runs.results import COURSE
from prefrontal.runs.seals import is_whole, sealed
from prefrontal.runs.seed_folder import SeedFolder

PLOT_DPI = 100


def watch(config: ExperimentConfig[TwoStepConfig], published: Mapping[str, float]) -> Watch:
    """What to make of every snapshot while training: it is tested, and its stay probabilities are drawn.

    Arguments:
        config: whose test it is.
        published: stay probabilities to draw beside, by kind of trial.
    """

    def look(folder: SeedFolder, episode: int, agent: AbstractAgent) -> SnapshotView:
        tested = _tested(folder, episode, agent, config)
        stay = {
            measure: {
                "mean": tested[measure],
                "per_seed": [tested[measure]],
                "interval95": [None, None],
                "published": published.get(measure),
                "bayes_optimal": None,
            }
            for measure in TRIAL_KINDS
        }
        title = f"Seed {folder.seed} after {counted(episode, 'episode')}: reward {tested['reward']:.1f}"
        png = _png({"stay_probability": stay}, title)
        write_bytes(_path(folder, episode, "png"), png)
        numbers = {"test/reward": tested["reward"], **{f"stay/{measure}": tested[measure] for measure in TRIAL_KINDS}}
        return SnapshotView(
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
    task = config.task.make()
    kept = [run.seed(seed) for seed in seeds if run.seed(seed).kept_episodes()]
    rows = [
        {"seed": of.seed, **_tested(of, episode, agent, config)}
        for of in each(kept, "Testing along the training")
        for episode, agent in load_snapshots(of, task, config.agent)
    ]
    if rows:
        from prefrontal.figures.course import COLUMNS  # Matplotlib is slow to import

        table = pd.DataFrame(rows)[list(COLUMNS)]
        write_text(folder / COURSE, table.to_csv(index=False, float_format="%.6g"))


def _tested(
    folder: SeedFolder, episode: int, agent: AbstractAgent, config: ExperimentConfig[TwoStepConfig]
) -> dict[str, Any]:
    """What the snapshot of `episode` does in the experiment's own test; kept in a file, null for what it never met."""
    path = _path(folder, episode, "json")
    origin = {"test": asdict(config.test), "config": jsonable(config.training), "versions": versions()}
    try:
        record = parse_json(path.read_text(encoding="utf-8"))
        if is_whole(record) and all(record[name] == part for name, part in origin.items()):
            return record
    except (OSError, ValueError, KeyError, TypeError):
        pass  # not tested yet, or not to its end
    reward, stay = behaviour(agent, config, folder.seed)
    measured = {"reward": float(reward.mean()), **{name: float(stay[name].iloc[0]) for name in TRIAL_KINDS}}
    record = sealed({"episode": episode, **measured, **origin})
    make_folder(path.parent)
    write_text(path, to_json(record))
    return record


def _path(folder: SeedFolder, episode: int, suffix: str) -> Path:
    return folder.path / "course" / f"episode-{episode:06d}.{suffix}"


def _png(result: dict[str, Any], title: str) -> bytes:
    from prefrontal.figures.course import moment_figure  # Matplotlib is slow to import
    from prefrontal.figures.style import style

    drawn = io.BytesIO()
    with style():
        moment_figure(result, title).savefig(drawn, format="png", dpi=PLOT_DPI, metadata={"Software": None})
    return drawn.getvalue()
