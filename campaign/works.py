"""What people do with the package, at the smallest size, to be disturbed: train, evaluate, fit, sweep."""

import contextlib
import gc
import itertools
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest import mock

from prefrontal import devices
from prefrontal.cli import main
from prefrontal.configs import RecurrentConfig, TwoStepConfig
from prefrontal.errors import quietly
from prefrontal.experiments import find_experiment
from prefrontal.experiments.workflow import evaluate_run, train_run
from prefrontal.fitting import search
from prefrontal.fitting.fit import fit_model
from prefrontal.learning import group, jobs
from prefrontal.runs import attempts
from prefrontal.runs.files import write_text
from prefrontal.runs.parts import is_unfinished, keeping
from prefrontal.runs.stores import open_store
from prefrontal.sweeps.handing_in import hand_in
from prefrontal.sweeps.spec import read_spec
from prefrontal.sweeps.work import run_unit
from prefrontal.trials.formats import read_trials

EXPERIMENT = find_experiment("wang2018-two-step")
CONFIG = replace(
    EXPERIMENT.config,
    task=TwoStepConfig(num_trials=5, encoding="trial"),
    agent=RecurrentConfig(hidden_size=3),
    train=replace(EXPERIMENT.config.train, num_episodes=150, unroll=None),
    test=replace(EXPERIMENT.config.test, num_episodes=4),
)
SNAPSHOT_EVERY = 50
SWEEP = """
experiments = ["wang2018-two-step"]
seeds = 1
[task]
num_trials = 5
encoding = "trial"
[agent]
hidden_size = 3
[train]
num_episodes = 150
unroll = "none"
[test]
num_episodes = 4
[grid]
"train.discount" = [0.8, 0.9]
"""


@dataclass(frozen=True)
class Work:
    """Something to be disturbed, and done again."""

    name: str
    go: Callable[[Path], object]
    """Do it, or what is left of it, in a folder."""
    prepared: Callable[[Path], object] = lambda folder: None
    """What lies in the folder before."""


def works() -> tuple[Work, ...]:
    """All of them."""
    return (Work("train", train), Work("evaluate", evaluate, train), Work("fit", fit, people), Work("sweep", sweep))


def train(folder: Path) -> None:
    """Train a seed, keeping three moments; saved in every chunk."""
    train_run(EXPERIMENT, CONFIG, [0], folder, snapshot_every=SNAPSHOT_EVERY)


def evaluate(folder: Path) -> None:
    """Test it."""
    evaluate_run(EXPERIMENT, CONFIG, [0], folder)


def people(folder: Path) -> None:
    """A table of twelve."""
    main(["example", str(folder / "people.csv")])


def fit(folder: Path) -> None:
    """Fit a model to each, four at once, and write what was found; no figures."""
    out, asked = folder / "out", {"models": ["win-stay-lose-shift"]}
    if (out / "fit.csv").exists() and not is_unfinished(out, asked):
        return
    with mock.patch.object(search, "LANES", 4), keeping(out, asked):
        found = fit_model(read_trials(folder / "people.csv"), "win-stay-lose-shift", num_starts=2)
        write_text(out / "fit.csv", found.table.to_csv(index=False))


def sweep(folder: Path) -> None:
    """Two units, trained and tested, and the tables of both."""
    file = folder.with_name(f"{folder.name}-sweep.toml")
    file.write_text(SWEEP)
    spec = read_spec(file, str(folder))
    with quietly():
        for unit in spec.units:
            if run_unit(unit, spec.place).ending == "busy":  # a claim that its owner died in the middle of
                with mock.patch.object(attempts, "DEAD_AFTER", -1.0):  # is free after some minutes
                    run_unit(unit, spec.place)
        hand_in(open_store(spec.place), spec)


@contextlib.contextmanager
def small_steps() -> Iterator[None]:
    """Within it, a training is saved after every fifty episodes, and nothing is told."""
    devices.configure()
    gc.freeze()  # the million objects of the packages stay
    saves: Any = {"seconds_between_saves": 0.0}
    with (
        mock.patch.object(group, "STEPS_PER_CHUNK", CONFIG.task.num_steps),
        mock.patch.dict(jobs.train_jobs.__kwdefaults__, saves),
        quietly(),
    ):
        yield


LIVES = itertools.count()


@contextlib.contextmanager
def life() -> Iterator[None]:
    """Within it, this process passes for another one than before: those before are dead."""
    gc.collect()  # what a dead one had open, and locked
    started = f"life {next(LIVES)}"
    with mock.patch.object(attempts, "_started", return_value=started):
        yield


def prepare(work: Work, folder: Path, ready: dict[str, Path]) -> Path:
    """A new folder in which `work` can begin: `ready` keeps what lies in it before, by the work's name."""
    if work.name not in ready:
        ready[work.name] = folder / f"{work.name}-prepared"
        ready[work.name].mkdir()
        work.prepared(ready[work.name])
    place = folder / f"{work.name}-{next(LIVES)}"
    shutil.copytree(ready[work.name], place)
    return place
