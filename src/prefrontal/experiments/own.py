"""An experiment of one's own: run folders, sweeps, figures and verdicts for any task and any network."""

import math
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from prefrontal.errors import UserError, is_quiet
from prefrontal.experiments.drawing import draw_results
from prefrontal.experiments.places import as_asked, check_results_folder
from prefrontal.experiments.presets import EXPERIMENTS
from prefrontal.experiments.presets.base import Experiment, ExperimentConfig
from prefrontal.experiments.studies import study_of
from prefrontal.experiments.studies.measured import Measured, Measures
from prefrontal.experiments.workflow import evaluate_run, train_run
from prefrontal.rollouts.episodes import Trajectory


def own_experiment(
    name: str,
    config: ExperimentConfig,
    measure: Callable[[Trajectory], Mapping[str, Any]],
    *,
    claims: Mapping[str, tuple[float, float]] | None = None,
    seeds: Sequence[int] = (0, 1, 2, 3),
    draws: str = "",
) -> Experiment:
    """An experiment of your own, for `reproduce`, `sweep`, `train_run`, `evaluate_run` and `load_run`.

    Every network is trained, then plays the test episodes with frozen weights; `measure` makes numbers of what it
    played. What else a test may do, a subclass of `Study` says: give it to `Experiment`.

    Arguments:
        name: the experiment's name, that of its folder in runs/.
        config: every number of it: task, agent, training and test.
        measure: given what one network played, a trajectory whose leaves lead with (episode, time), returns numbers by
            name. The reward per episode is measured anyway. What is from 0 to 1 in every seed is taken for a share,
            and its interval ends there.
        claims: for some of these, the range that the mean over seeds is claimed to lie in, such as (0.9, 1.0); use
            math.inf for none.
        seeds: one network each.
        draws: what its figure shows, for the heading.

    Returns:
        The experiment.

    Raises:
        UserError: when the name is one of the package's, or no name of a folder; or a claim is no range.

    Example:
        >>> experiment = pf.own_experiment(
        ...     "arms",
        ...     pf.ExperimentConfig(
        ...         task=pf.BanditConfig(num_trials=10),
        ...         agent=pf.RecurrentConfig(hidden_size=2),
        ...         train=pf.TrainConfig(num_episodes=20),
        ...         test=pf.TestConfig(num_episodes=5),
        ...     ),
        ...     lambda played: {"right at last": played.reward[:, -1].mean()},
        ...     claims={"right at last": (0.0, 1.0)},
        ...     seeds=[0, 1],
        ... )
        >>> folder, results = pf.reproduce(experiment, report=False)
        >>> [verdict["passed"] for verdict in results["verdicts"]]
        [True, None]
        >>> sorted(path.name for path in folder.glob("*.png"))
        ['figure.png']
    """
    if name in EXPERIMENTS or not name or "/" in name or name.startswith("."):
        raise UserError(f"`name` must be a name of a folder, and none of the package's experiments, got {name!r}.")
    for measured, claim in (claims or {}).items():
        low, high = claim if isinstance(claim, Sequence) and len(claim) == 2 else (math.nan, math.nan)
        if not low <= high:
            raise UserError(
                f"`claims` must be ranges, lowest and highest, got {claim!r} for {measured}. Write "
                f'{{"{measured}": (0.9, 1.0)}}; math.inf is no bound.'
            )
    return Experiment(
        name=name,
        config=config,
        study=Measured,
        seeds=tuple(seeds),
        criteria=Measures(measure, dict(claims or {})),
        draws=draws or "how its networks learned, and what was measured",
        is_published=False,
    )


def reproduce(
    experiment: Experiment | str,
    config: ExperimentConfig | None = None,
    seeds: Sequence[int] | None = None,
    out: str | os.PathLike[str] | None = None,
    *,
    report: bool = True,
) -> tuple[Path, dict[str, Any]]:
    """Train what is missing, test, analyse and draw, as `prefrontal reproduce` does.

    Arguments:
        experiment: the experiment, or its name.
        config: its numbers. None: its own.
        seeds: one network each. None: the experiment's.
        out: the folder of the run. None: runs/EXPERIMENT/HASH OF THE CONFIG.
        report: whether to print the table of verdicts; `prefrontal.quietly` silences it too.

    Returns:
        The folder, which holds the figures, and what its `results.json` holds.

    Raises:
        Stopped: after Ctrl-C or SIGTERM, when everything is saved.
        UserError: as `train_run` and `evaluate_run` do.

    Example:
        >>> config = pf.find_experiment("wang2018-two-step").config
        >>> small = pf.replace(config, {"task.num_trials": 10, "train.unroll": None, "agent.hidden_size": 2})
        >>> small = pf.replace(small, {"train.num_episodes": 20, "test.num_episodes": 2})
        >>> folder, results = pf.reproduce("wang2018-two-step", small, seeds=[0], report=False)
        >>> (folder / "figure.png").exists()
        True
    """
    experiment, config, seeds = as_asked(experiment, config, seeds)
    path = None if out is None else Path(out)
    check_results_folder(experiment, config, path)
    train_run(experiment, config, seeds, path)
    folder, results = evaluate_run(experiment, config, seeds, path)
    draw_results(experiment, folder)
    if report and not is_quiet():
        study_of(experiment).report(results, Console())
    return folder, results
