"""Trainings to be stopped: a tiny one, and ways to stop it in the middle."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from prefrontal.configs import RecurrentConfig, TrainConfig, TwoStepConfig
from prefrontal.learning.jobs import Job, train_jobs
from prefrontal.learning.monitor import Monitor
from prefrontal.runs.folder import RunFolder
from prefrontal.runs.seed_folder import SeedFolder

STEPS_PER_CHUNK = 500
"""Put in the place of `prefrontal.learning.group.STEPS_PER_CHUNK`: fifty episodes, of four hundred, a chunk."""
# The problem outlasts an episode, an episode has two updates, and the schedules need to know it: a resume keeps it all.
TASK = TwoStepConfig(num_trials=10, encoding="trial", better_state="carried").make()
AGENT = RecurrentConfig(hidden_size=4)
TRAIN = TrainConfig(num_episodes=400, unroll=5, learning_rate=2e-3, final_learning_rate=0.0, final_entropy_cost=0.01)


def train(folder: Path, *seeds: int, seconds_between_saves: float = 1e9) -> None:
    """Train `seeds` to the end, in `folder`; nothing is saved on the way unless asked for."""
    run = RunFolder.open(folder, "tiny", {})
    jobs = [Job(run.seed(seed), TASK, AGENT, TRAIN) for seed in seeds]
    train_jobs(jobs, seconds_between_saves=seconds_between_saves)


def seed_of(folder: Path, seed: int = 0) -> SeedFolder:
    """What the run in `folder` holds of `seed`."""
    return RunFolder.read(folder).seed(seed)


def saved_episode(folder: Path, seed: int = 0) -> int:
    """Episodes of the training state saved last, having checked that it has as many metrics."""
    progress = seed_of(folder, seed).load_progress()
    assert progress is not None
    assert len(progress.arrays["metrics/reward"]) == progress.facts["episode"]
    return progress.facts["episode"]


@contextmanager
def when(method: str, act: Callable[[], None], *, call: int = 1) -> Iterator[None]:
    """`act` after the given call of a method of the monitor, of those that tell of episodes."""
    original, calls = getattr(Monitor, method), [0]

    def acting(self, *arguments):
        result = original(self, *arguments)
        calls[0] += method != "advance" or arguments[0].size > 0
        if calls[0] == call:
            calls[0] += 1
            act()
        return result

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Monitor, method, acting)
        yield


def send(*numbers: int) -> Callable[[], None]:
    """Send this process signals, one after the other."""

    def act() -> None:
        for number in numbers:
            os.kill(os.getpid(), number)

    return act


def wait_for(condition: Callable[[], bool], process: subprocess.Popen) -> None:
    """Wait until `condition` holds, which it must while `process` still runs."""
    deadline = time.monotonic() + 300
    while not condition():
        assert process.poll() is None, "it ended before it was to be ended"
        assert time.monotonic() < deadline
        time.sleep(0.02)
