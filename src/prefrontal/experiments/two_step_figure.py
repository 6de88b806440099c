"""Draw a tested run from its files."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from prefrontal.errors import UserError
from prefrontal.figures.panels import LearningCurves, two_step_figure
from prefrontal.figures.style import save_figure
from prefrontal.runs import RunFolder

if TYPE_CHECKING:
    from prefrontal.experiments.two_step import TwoStepExperiment


def draw(experiment: "TwoStepExperiment", folder: Path) -> list[Path]:
    """See `Experiment.draw`."""
    run = RunFolder.read(folder)
    results = read_results(folder)
    rewards = [run.seed(seed).load_metrics()["reward"] for seed in results["seeds"]]
    reference = results["reward_per_episode"]
    curves = LearningCurves(
        episodes=np.arange(1, len(rewards[0]) + 1),
        reward=np.stack(rewards),
        **{name: reference[name] for name in ("chance", "bayes_optimal", "oracle")},
    )
    figure = two_step_figure(results, curves, experiment.title, source=results["published_source"] or "")
    return save_figure(figure, folder / "figure")


def read_results(folder: Path) -> dict[str, Any]:
    """The `results.json` of an evaluated run.

    Raises:
        UserError: when there is none, or it cannot be read.
    """
    path = folder / "results.json"
    try:
        results = json.loads(path.read_text(encoding="utf-8"))
        missing = {"seeds", "stay_probability", "reward_per_episode"}.difference(results)
    except FileNotFoundError as error:
        raise UserError(f"`{path}` must be there, got a run not evaluated yet. Evaluate it first.") from error
    except (OSError, ValueError) as error:
        raise UserError(f"`{path}` must be readable JSON, got {error}. Evaluate the run again.") from error
    if missing:
        raise UserError(f"`{path}` must hold {', '.join(sorted(missing))}, got other contents. Evaluate the run again.")
    return results
