"""From an experiment and a config to files: train, then test."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from prefrontal import devices
from prefrontal.agents.interventions import intervened
from prefrontal.analysis.falls import fall
from prefrontal.arrays import with_arrays
from prefrontal.configs import InterventionConfig
from prefrontal.errors import UserError
from prefrontal.experiments import Experiment, ExperimentConfig, find_experiment
from prefrontal.experiments.base import Watched
from prefrontal.experiments.results import RESULTS, read_results, write_learning, write_results
from prefrontal.files import folder_names, make_folder, read_arrays, read_bytes, write_text
from prefrontal.learning.group import new_agent
from prefrontal.provenance import config_hash, to_json
from prefrontal.runs import RunFolder
from prefrontal.session import Job, load_agents, train_jobs
from prefrontal.shipped import shipped_folder
from prefrontal.tasks import make_task

MOST_VALUES_OF_FALLS = 10_000
"""Falls last some tens of episodes: in blocks of more they cannot be seen."""


def train_run(
    experiment: Experiment,
    config: ExperimentConfig,
    seeds: Sequence[int],
    out: Path | None = None,
    *,
    snapshot_every: int | None = None,
    plot_every: int | None = None,
) -> Path:
    """Train what is missing of `seeds`; return the folder that holds them.

    Arguments:
        experiment: the experiment.
        config: its numbers.
        seeds: one network each.
        out: the folder. None: runs/EXPERIMENT/HASH OF THE CONFIG.
        snapshot_every: keep the weights of every so many episodes. None: as the experiment needs.
        plot_every: the same, and test them and draw what they do, as files and TensorBoard images. None: never.

    Raises:
        Stopped: after Ctrl-C or SIGTERM, when everything is saved.
        UserError: when the experiment has no such drawing; see `train_jobs` and `RunFolder.open`.
    """
    every = {"snapshot_every": snapshot_every, "plot_every": plot_every}
    (folder,) = train_runs(experiment, [config], seeds, [out], **every)
    return folder


def train_runs(
    experiment: Experiment,
    configs: Sequence[ExperimentConfig],
    seeds: Sequence[int],
    outs: Sequence[Path | None],
    *,
    snapshot_every: int | None = None,
    plot_every: int | None = None,
) -> list[Path]:
    """`train_run` for several configs, each in its folder of `outs`.

    Those that differ in numbers only, not in shapes, train side by side in one compiled program.
    """
    devices.configure()
    jobs, folders = [], []
    snapshot_every = snapshot_every or plot_every or experiment.snapshot_every
    if plot_every not in (None, snapshot_every):
        raise UserError(
            f"`plot_every` must be as `snapshot_every`, {snapshot_every}, got {plot_every}. Leave one of them out."
        )
    if plot_every and not isinstance(experiment, Watched):
        raise UserError(
            f"`plot_every` must go with an experiment that can be drawn in training, got {experiment.name}. "
            "Leave it out; --snapshot-every keeps the weights."
        )
    for config, out in zip(configs, outs, strict=True):
        trainer, folder = _training(experiment, config, out)
        folders.append(folder)
        for name, variant in experiment.variants(config).items():
            run = RunFolder.open(folder / name, trainer, variant.training)
            task = make_task(variant.task)
            watch = experiment.watch(variant) if plot_every and isinstance(experiment, Watched) else None
            jobs += [
                Job(run.seed(seed), task, variant.agent, variant.train, snapshot_every, watch)
                for seed in dict.fromkeys(seeds)
            ]
    train_jobs(jobs)
    return folders


def evaluate_run(
    experiment: Experiment,
    config: ExperimentConfig,
    seeds: Sequence[int],
    out: Path | None = None,
    *,
    pretrained: bool = False,
    intervention: InterventionConfig | None = None,
) -> tuple[Path, dict[str, Any]]:
    """Test trained seeds; return the folder of the results and what `results.json` holds.

    Arguments:
        experiment: the experiment.
        config: its numbers.
        seeds: whose networks to test.
        out: the folder of the run and of its results. None: runs/EXPERIMENT/HASH OF THE CONFIG.
        pretrained: test the networks that come with the package, not those of a run; results then go to `out`, or
            runs/EXPERIMENT/pretrained.
        intervention: what is done to the agents while they are tested; results then go to a folder of their own within,
            with `intervention.json`.

    Raises:
        UserError: when a seed is not trained, or its weights do not fit, or the intervention does not fit the agents.
    """
    devices.configure()
    if pretrained:
        trainer = experiment.networks or experiment.name
        networks = shipped_folder(trainer)
        folder = results_folder(experiment, config, out, pretrained=True)
    else:
        trainer, networks = _training(experiment, config, out)
        folder = results_folder(experiment, config, out)
    variants = experiment.variants(config)
    if pretrained:  # only those that were worth it come with the package: see `Experiment.kept`
        variants = {name: variant for name, variant in variants.items() if (networks / name).exists()}
    runs: dict[str, RunFolder] = {}
    agents: dict[str, Mapping[int, Any]] = {}
    for name, variant in variants.items():
        path = networks / name
        if not path.exists():
            raise UserError(f"`{path}` must be a run to test, got none there. Train it first, with the same options.")
        runs[name] = RunFolder.open(path, trainer, variant.training)
        task = make_task(variant.task)
        agents[name] = load_agents(runs[name], task, variant.agent, seeds)
        if intervention is not None:
            agents[name] = {seed: intervened(agent, task, intervention) for seed, agent in agents[name].items()}
    if intervention is not None:
        folder = folder / f"intervened-{config_hash('intervention', asdict(intervention))}"
    make_folder(folder)
    if intervention is not None:
        write_text(folder / "intervention.json", to_json(asdict(intervention)))
    write_learning(folder, runs, seeds)
    return folder, experiment.analyse(agents, config, folder)


def evaluate_weights(
    experiment: Experiment, config: ExperimentConfig, weights: Path, out: Path | None = None
) -> tuple[Path, dict[str, Any]]:
    """Test the network in a file, such as one of another program (see `prefrontal.interop`), as seed 0.

    Arguments:
        experiment: the experiment, one that trains a single set of networks.
        config: its numbers.
        weights: the file, `weights.safetensors`.
        out: the folder of the results. None: runs/EXPERIMENT/NAME OF THE FILE.

    Returns:
        The folder of the results and what `results.json` holds, in which `weights` says where the network is from.

    Raises:
        UserError: when the file is missing, damaged or of another network; or `out` holds anything but earlier results
            of this file.
    """
    devices.configure()
    if list(experiment.variants(config)) != [""]:
        raise UserError(
            f"`--weights` must go with an experiment on one set of networks, got {experiment.name}. "
            "Choose another: `prefrontal list` tells about each."
        )
    arrays, facts = read_arrays(weights)
    agent = with_arrays(new_agent(config.agent, make_task(config.task), seed=0), arrays, source=f"`{weights}`")
    source = {"file": weights.name, "sha256": hashlib.sha256(read_bytes(weights)).hexdigest(), "facts": facts}
    folder = out or Path("runs") / experiment.name / weights.stem
    make_folder(folder)
    names = {name for name in folder_names(folder) if not name.startswith(".")}
    if names and (RESULTS not in names or read_results(folder).get("weights") != source):
        raise UserError(
            f"`{folder}` must be a new folder, an empty one or hold results of `{weights}`, got one that holds "
            f"{min(names)}. Give another --out."
        )
    results = experiment.analyse({"": {0: agent}}, config, folder)
    return folder, write_results(folder, {**results, "weights": source})


def falls(experiment: Experiment, config: ExperimentConfig, seeds: Sequence[int], out: Path | None = None) -> list[str]:
    """A sentence for each trained seed that was caught in a fall when its training ended.

    Arguments: as for `evaluate_run`.
    """
    _, folder = _training(experiment, config, out)
    sentences = []
    for name in experiment.variants(config):
        run = RunFolder.read(folder / name)
        for seed in seeds:
            found = fall(run.seed(seed).learning_curve(most_values=MOST_VALUES_OF_FALLS).reward)
            if found is not None:
                of = f"seed {seed} of {name}" if name else f"seed {seed}"
                sentences.append(
                    f"Caught in a fall: {of} earned {found.best:.1f} an episode at its best, "
                    f"{found.last:.1f} when training ended."
                )
    return sentences


def results_folder(
    experiment: Experiment, config: ExperimentConfig, out: Path | None, *, pretrained: bool = False
) -> Path:
    """Where the results of a test go."""
    return Path("runs") / experiment.name / "pretrained" if pretrained and not out else experiment.folder(config, out)


def _training(experiment: Experiment, config: ExperimentConfig, out: Path | None) -> tuple[str, Path]:
    """The experiment that trains the networks, and the folder that they are kept in."""
    if not experiment.networks:
        return experiment.name, experiment.folder(config, out)
    trainer = find_experiment(experiment.networks)
    return trainer.name, trainer.folder(config)
