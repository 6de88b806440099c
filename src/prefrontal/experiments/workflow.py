"""From an experiment and a config to files: train, then test."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from prefrontal import devices
from prefrontal.analysis.falls import fall
from prefrontal.configs import InterventionConfig
from prefrontal.errors import UserError, argument
from prefrontal.experiments import Experiment, ExperimentConfig
from prefrontal.experiments.pictures import check_pictures, keep_checksum
from prefrontal.experiments.places import as_asked, claim_results, networks_of, results_folder
from prefrontal.experiments.studies import study_of
from prefrontal.experiments.studies.subjects import Subjects
from prefrontal.experiments.tested import done_to, load_tested
from prefrontal.learning.group import new_agent, new_learner
from prefrontal.learning.jobs import Job, train_jobs
from prefrontal.runs.arrays import with_arrays
from prefrontal.runs.files import read_arrays, read_bytes, write_text
from prefrontal.runs.folder import RunFolder
from prefrontal.runs.moments import Moment
from prefrontal.runs.provenance import to_json
from prefrontal.runs.results import INTERVENTION, write_learning

MOST_VALUES_OF_FALLS = 10_000
"""Falls last some tens of episodes: in blocks of more they cannot be seen."""


def train_run(
    experiment: Experiment | str,
    config: ExperimentConfig | None = None,
    seeds: Sequence[int] | None = None,
    out: Path | None = None,
    *,
    snapshot_every: int | None = None,
    plot_every: int | None = None,
    test_follows: bool = False,
) -> Path:
    """Train what is missing of `seeds`; return the folder that holds them.

    Arguments:
        experiment: the experiment, or its name.
        config: its numbers. None: its own.
        seeds: one network each. None: the experiment's.
        out: the folder. None: runs/EXPERIMENT/HASH OF THE CONFIG.
        snapshot_every: keep the weights of every so many episodes. None: as the experiment needs.
        plot_every: the same, and test them and draw what they do, as files and TensorBoard images. None: never.
        test_follows: get ready for `evaluate_run` and `draw_results` while they train.

    Returns:
        The folder of the run: a folder a seed, with weights and learning curve.

    Raises:
        Stopped: after Ctrl-C or SIGTERM, when everything is saved.
        UserError: when the experiment has no such drawing, or weights are to be kept along a training that is over;
            see `train_jobs` and `RunFolder.open`.

    Example:
        >>> from dataclasses import replace
        >>> experiment = pf.find_experiment("wang2018-two-step")
        >>> config = replace(experiment.config, train=pf.TrainConfig(num_episodes=20))
        >>> small = replace(config, task=pf.TwoStepConfig(num_trials=10), agent=pf.RecurrentConfig(hidden_size=2))
        >>> folder = pf.train_run(experiment, small, seeds=[0])
        >>> pf.RunFolder.read(folder).seeds()
        [0]
    """
    experiment, config, seeds = as_asked(experiment, config, seeds)
    wishes: dict[str, Any] = {"snapshot_every": snapshot_every, "plot_every": plot_every, "test_follows": test_follows}
    (folder,) = train_runs(experiment, [config], seeds, [out], **wishes)
    return folder


def train_runs(
    experiment: Experiment,
    configs: Sequence[ExperimentConfig],
    seeds: Sequence[int],
    outs: Sequence[Path | None],
    *,
    snapshot_every: int | None = None,
    plot_every: int | None = None,
    test_follows: bool = False,
) -> list[Path]:
    """`train_run` for several configs, each in its folder of `outs`: side by side, in one compiled program, where they
    differ in numbers only, not in shapes."""
    devices.configure()
    jobs: dict[Path, Job] = {}
    folders = []
    asked_for = "plot_every" if plot_every else "snapshot_every" if snapshot_every else ""
    snapshot_every = snapshot_every or plot_every or experiment.snapshot_every
    if plot_every not in (None, snapshot_every):
        raise UserError(
            f"`plot_every` must be as `snapshot_every`, {snapshot_every}, got {plot_every}. Leave one of them out."
        )
    study = study_of(experiment)
    if plot_every and study.watch(configs[0]) is None:
        raise UserError(
            f"`plot_every` must go with an experiment that can be drawn in training, got {experiment.name}. "
            f"Leave it out; {argument('snapshot_every')} keeps the weights."
        )
    for config, out in zip(configs, outs, strict=True):
        check_settings(experiment, config, snapshot_every)
        trainer, folder = networks_of(experiment, config, out)
        folders.append(folder)
        for name, variant in experiment.variants(config).items():
            run = RunFolder.open(folder / name, trainer, variant.training)
            task = variant.task.make()
            keep_checksum(run.path, variant.task)
            watch = study.watch(variant) if plot_every else None
            for seed in dict.fromkeys(seeds):
                job = Job(run.seed(seed), task, variant.agent, variant.train, snapshot_every, watch)
                jobs.setdefault(job.folder.path, job)  # equal configs are one training
    if asked_for:
        _check_kept(jobs.values(), asked_for)
    train_jobs(list(jobs.values()), beside=(lambda: study.get_ready(configs[0])) if test_follows else None)
    return folders


def evaluate_run(
    experiment: Experiment | str,
    config: ExperimentConfig | None = None,
    seeds: Sequence[int] | None = None,
    out: Path | None = None,
    *,
    pretrained: bool = False,
    intervention: InterventionConfig | None = None,
    at: Moment = "last",
) -> tuple[Path, dict[str, Any]]:
    """Test trained seeds; return the folder of the results and what `results.json` holds.

    Arguments:
        experiment: the experiment, or its name.
        config: its numbers. None: its own.
        seeds: whose networks to test. None: the experiment's.
        out: the folder of the run and of its results. None: runs/EXPERIMENT/HASH OF THE CONFIG. Networks of another
            experiment are looked for in its own folder of runs/: `out` is for the results alone then.
        pretrained: test the networks that come with the package, not those of a run; results then go to `out`, or
            runs/EXPERIMENT/pretrained.
        intervention: what is done to the agents while they are tested; results then go to a folder of their own within,
            with `intervention.json`.
        at: the moment of training that the networks are taken from, of those that were kept: episodes trained, "best"
            or "last". For other moments than the last, results go to a folder of their own within, too.

    Returns:
        The folder of the results, and what its `results.json` holds.

    Raises:
        UserError: when a seed is not trained, or its weights do not fit; when the intervention does not fit the agents,
            or cannot act; or when the folder of the results holds anything else than earlier ones.

    Example:
        >>> from dataclasses import replace
        >>> experiment = pf.find_experiment("wang2018-two-step")
        >>> config = replace(experiment.config, test=pf.TestConfig(num_episodes=2))
        >>> folder, results = pf.evaluate_run("wang2018-two-step", config, [0], pretrained=True)
        >>> str(folder), results["seeds"]
        ('runs/wang2018-two-step/pretrained', [0])
    """
    devices.configure()
    experiment, config, seeds = as_asked(experiment, config, seeds)
    _check_task(experiment, config)
    if intervention is not None:
        _check_intervention(experiment, intervention)
    trainer, runs, agents = load_tested(experiment, config, seeds, out, pretrained=pretrained, at=at)
    for run in runs.values():
        check_pictures(run.path, config.task)
    if intervention is not None:
        agents = done_to(agents, experiment.variants(config), intervention)
    subjects = Subjects("package" if pretrained else "run", trainer, runs)
    folder = results_folder(experiment, config, out, pretrained=pretrained)
    claim_results(experiment, config, folder, subjects)
    subjects = replace(subjects, intervention=intervention, at=at)
    if not subjects.is_plain:
        folder = folder / subjects.folder_name
        claim_results(experiment, config, folder, subjects)
    if intervention is not None:
        write_text(folder / INTERVENTION, to_json(asdict(intervention)))
    write_learning(folder, runs, seeds)
    return folder, study_of(experiment).analyse(agents, config, folder, subjects)


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
        UserError: when the file is missing, damaged or of another network; or `out` holds anything but results of this
            file.
    """
    devices.configure()
    _check_task(experiment, config)
    if list(experiment.variants(config)) != [""]:
        raise UserError(
            f"`weights` must go with an experiment on one set of networks, got {experiment.name}. "
            "Choose another: `prefrontal list` tells about each."
        )
    arrays, facts = read_arrays(weights)
    agent = with_arrays(new_agent(config.agent, config.task.make(), seed=0), arrays, source=f"`{weights}`")
    source = {"file": weights.name, "sha256": hashlib.sha256(read_bytes(weights)).hexdigest(), "facts": facts}
    folder = out or Path("runs") / experiment.name / weights.stem
    subjects = Subjects("file", weights=source)
    claim_results(experiment, config, folder, subjects, may=f"hold results of `{weights}`")
    return folder, study_of(experiment).analyse({"": {0: agent}}, config, folder, subjects)


def falls(experiment: Experiment, config: ExperimentConfig, seeds: Sequence[int], out: Path | None = None) -> list[str]:
    """A sentence for each trained seed that was caught in a fall when its training ended.

    Arguments: as for `evaluate_run`.
    """
    _, folder = networks_of(experiment, config, out)
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


def _check_kept(jobs: Iterable[Job], asked_for: str) -> None:
    """Refuse to keep weights along a training that is over and was done without."""
    for job in jobs:
        every = job.snapshot_every
        if every is None or job.folder.status != "finished":
            continue
        if missing := set(range(0, job.train.num_episodes + 1, every)) - set(job.folder.kept_episodes()):
            raise UserError(
                f"`{asked_for}` must go with a training that is still to be done, got `{job.folder.path}`, which is "
                f"finished and kept no weights of episode {min(missing):,}. Leave it out, or give another "
                f"{argument('out')} to train there."
            )


def check_training(experiment: Experiment, config: ExperimentConfig, snapshot_every: int | None = None) -> None:
    """Refuse what `train_run` would refuse before it trains: tasks and agents are made, and nothing is written.

    Raises:
        UserError: when numbers do not fit each other.
    """
    check_settings(experiment, config, snapshot_every)
    for variant in experiment.variants(config).values():
        task = variant.task.make()
        variant.train.unroll_for(task.num_steps)
        new_learner(task, variant.agent, variant.train, seed=0)


def check_settings(experiment: Experiment, config: ExperimentConfig, snapshot_every: int | None = None) -> None:
    """Refuse with a `UserError` what cannot be tested: a task of another kind, too short a training."""
    _check_task(experiment, config)
    every = snapshot_every or experiment.snapshot_every
    num, least = config.train.num_episodes, experiment.least_moments
    if every and -(-num // every) + 1 < least:
        raise UserError(
            f"`train.num_episodes` must be more than {(least - 2) * every:,}, since {experiment.name} looks at {least} "
            f"moments of a training and keeps the weights of every {every:,} episodes, got {num:,}. Train longer, or "
            f"give a smaller {argument('snapshot_every')}."
        )


def _check_task(experiment: Experiment, config: ExperimentConfig) -> None:
    """Refuse a task of another kind than the experiment can test: it reads what happens in its own."""
    kind = type(experiment.config.task)
    if not isinstance(config.task, kind):
        raise UserError(
            f"`task` must be a {kind.__name__}, the kind of task that {experiment.name} tests, got a "
            f"{type(config.task).__name__}. Make it a subclass of that with a `make` of its own, or write an "
            "experiment of your own."
        )


def _check_intervention(experiment: Experiment, intervention: InterventionConfig) -> None:
    if not experiment.tests_agents:
        raise UserError(
            f"`intervene` must go with an experiment that tests its networks, got {experiment.name}, which reads how "
            "their training went. Choose another."
        )
    if not intervention.acts:
        raise UserError(
            f"`intervene` must be told what to do, got {intervention.words or 'nothing'}. "
            f"Give, say, {argument('silence')} 0 1, {argument('noise')} 0.1 or {argument('shift_reward')} -1."
        )
