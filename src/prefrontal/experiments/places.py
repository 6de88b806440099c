"""Where an experiment's networks are and where its results go, and whose a folder is."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from prefrontal.errors import UserError
from prefrontal.experiments.presets import find_experiment
from prefrontal.experiments.presets.base import Experiment, ExperimentConfig
from prefrontal.experiments.studies.subjects import Subjects
from prefrontal.runs.claims import claim_folder
from prefrontal.runs.folder import RunFolder
from prefrontal.runs.provenance import differences
from prefrontal.runs.results import RESULTS, read_results
from prefrontal.runs.seed_folder import CONFIG
from prefrontal.runs.shipped import shipped_folder


def as_asked(
    experiment: Experiment | str, config: ExperimentConfig | None, seeds: Sequence[int] | None
) -> tuple[Experiment, ExperimentConfig, Sequence[int]]:
    """The experiment, by itself or by its name; its config and its seeds, where no others are given.

    Raises:
        UserError: when there is no experiment of that name.
    """
    found = find_experiment(experiment) if isinstance(experiment, str) else experiment
    return found, found.config if config is None else config, found.seeds if seeds is None else seeds


def results_folder(
    experiment: Experiment, config: ExperimentConfig, out: Path | None, *, pretrained: bool = False
) -> Path:
    """Where the results of a test go."""
    return Path("runs") / experiment.name / "pretrained" if pretrained and not out else experiment.folder(config, out)


def networks_of(
    experiment: Experiment, config: ExperimentConfig, out: Path | None, *, pretrained: bool = False
) -> tuple[str, Path]:
    """The experiment that trains the networks, and the folder that they are kept in."""
    trainer = find_experiment(experiment.networks) if experiment.networks else experiment
    if pretrained:
        return trainer.name, shipped_folder(trainer.name)
    if not experiment.networks:
        return trainer.name, trainer.folder(config, out)
    folder = trainer.folder(config)
    return trainer.name, folder if folder.exists() else _of_a_name(trainer, config) or folder


def _of_a_name(trainer: Experiment, config: ExperimentConfig) -> Path | None:
    """The run of these settings in runs/EXPERIMENT that was given a name of its own; the first, where several were."""
    asked = {"experiment": trainer.name, "config": config.training}
    for path in sorted(Path("runs").glob(f"{trainer.name}/*/{CONFIG}")):
        try:
            run = RunFolder.read(path.parent)
        except UserError:
            continue
        if not differences({"experiment": run.experiment, "config": run.config}, asked):
            return path.parent
    return None


def check_results_folder(experiment: Experiment, config: ExperimentConfig, out: Path | None) -> None:
    """Refuse before training what `evaluate_run` would refuse after it: a folder for results that holds other things.

    Raises:
        UserError: when it does.
    """
    folder = results_folder(experiment, config, out)
    if experiment.networks or "" not in experiment.variants(config):  # otherwise the run itself is refused
        claim_results(experiment, config, folder, Subjects("run", networks_of(experiment, config, out)[0]))


def claim_results(
    experiment: Experiment, config: ExperimentConfig, folder: Path, subjects: Subjects, *, may: str = ""
) -> None:
    """Make `folder` the place of results of `experiment` with this `config`, tested on `subjects`. See `claim_folder`.

    Raises:
        UserError: when it holds anything else.
    """
    origin = {"experiment": experiment.name, "config": config.training, **subjects.entries}
    is_own = subjects.source == "run" and not experiment.networks and subjects.is_plain

    def earlier(folder: Path) -> dict[str, Any] | None:
        if is_own and (folder / CONFIG).exists():
            return {**origin, **{name: getattr(RunFolder.read(folder), name) for name in ("experiment", "config")}}
        if (folder / CONFIG).exists() or not (folder / RESULTS).exists():
            return None
        try:
            results = read_results(folder, ("experiment", "config"))
        except UserError:
            return None  # somebody's file of that name
        trained = {name: part for name, part in results["config"].items() if name != "test"}
        told = {name: results[name] for name in ("weights", "intervention", "at") if name in results}
        return {"networks": origin["networks"], **told, "experiment": results["experiment"], "config": trained}

    claim_folder(
        folder,
        origin,
        may=may or f"hold results of {experiment.name} with the same settings",
        earlier=earlier,
        parts=[name for name in experiment.variants(config) if (folder / name / CONFIG).exists()] if is_own else [],
    )
