"""A training as people run it: many seeds, saved as they go, stopped and gone on with at will."""

import contextlib
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType

import numpy as np

from prefrontal import devices
from prefrontal.agents.base import AbstractAgent
from prefrontal.arrays import named_arrays, with_arrays
from prefrontal.configs import RecurrentConfig, TrainConfig
from prefrontal.learning.group import new_agent, new_state, train_group
from prefrontal.learning.train import Metrics, TrainState
from prefrontal.monitor import Monitor
from prefrontal.runs import RunFolder, SeedFolder
from prefrontal.tasks.base import AbstractTask

SECONDS_BETWEEN_SAVES = 10.0


class Stopped(Exception):
    """Training was asked to stop, and has saved all seeds under way."""

    def __init__(self, signal_number: int):
        super().__init__(signal_number)
        self.signal_number = signal_number


@dataclass
class _Seed:
    """One seed under way."""

    folder: SeedFolder
    state: TrainState
    metrics: list[Mapping[str, np.ndarray]] = field(default_factory=list)

    @property
    def episode(self) -> int:
        return int(self.state.episode)

    @property
    def history(self) -> dict[str, np.ndarray]:
        return {name: np.concatenate([part[name] for part in self.metrics]) for name in Metrics._fields}


def train_seeds(
    run: RunFolder,
    task: AbstractTask,
    agent_config: RecurrentConfig,
    config: TrainConfig,
    seeds: Sequence[int],
    *,
    seconds_between_saves: float = SECONDS_BETWEEN_SAVES,
) -> None:
    """Train what is not trained yet of `seeds`, going on from what is saved.

    Every seed's weights depend on its number and the configuration alone, bit for bit: not on which others are trained
    beside it, nor on stops on the way.

    Arguments:
        run: where to save, for this configuration.
        task: the task.
        agent_config: the network.
        config: the training.
        seeds: which; those finished are left as they are.
        seconds_between_saves: how much a kill may cost, at the least.

    Raises:
        Stopped: after Ctrl-C or SIGTERM, when everything is saved.
        UserError: when something cannot be read or written, or another process trains one of these seeds.
    """
    with contextlib.ExitStack() as stack_:
        stop = stack_.enter_context(_stop_requests())
        folders = [run.seed(seed) for seed in dict.fromkeys(seeds)]
        for folder in folders:
            if folder.status != "finished":
                stack_.enter_context(folder.lock())
        states = [_load(folder, task, agent_config, config) for folder in folders if folder.status != "finished"]
        missing = sum(config.num_episodes - state.episode for state in states)
        monitor = stack_.enter_context(Monitor(missing))
        for group in _groups(states):
            _train(group, task, config, monitor, stop, seconds_between_saves)


def load_agents(
    run: RunFolder, task: AbstractTask, agent_config: RecurrentConfig, seeds: Sequence[int]
) -> dict[int, AbstractAgent]:
    """The trained networks of `seeds`.

    Raises:
        UserError: when one is not trained to its end, or its weights are damaged or of another shape.
    """
    agents = {}
    for seed in seeds:
        arrays, _ = run.seed(seed).load_weights()
        source = f"`{run.seed(seed).path / 'weights.safetensors'}`"
        agents[seed] = with_arrays(new_agent(agent_config, task, seed), arrays, source=source)
    return agents


def _load(folder: SeedFolder, task: AbstractTask, agent_config: RecurrentConfig, config: TrainConfig) -> _Seed:
    state = new_state(agent_config, task, config, folder.seed)
    saved = folder.load_progress()
    if saved is None:
        return _Seed(folder, state)
    parts: dict[str, dict[str, np.ndarray]] = {"state": {}, "metrics": {}}
    for name, array in saved.arrays.items():
        part, _, rest = name.partition("/")
        parts[part][rest] = array
    state = with_arrays(state, parts["state"], source=f"the training state in `{folder.path}`")
    return _Seed(folder, state, [parts["metrics"]])


def _groups(seeds: Sequence[_Seed]) -> Iterator[list[_Seed]]:
    """Seeds to train side by side: as many as there are lanes, all at the same episode."""
    for episode in sorted({seed.episode for seed in seeds}):
        alike = [seed for seed in seeds if seed.episode == episode]
        size = devices.layout(len(alike)).size
        for first in range(0, len(alike), size):
            yield alike[first : first + size]


def _train(
    seeds: list[_Seed],
    task: AbstractTask,
    config: TrainConfig,
    monitor: Monitor,
    stop: "_StopRequest",
    seconds_between_saves: float,
) -> None:
    first, saved_at = seeds[0].episode, time.monotonic()
    writers = [monitor.writer(seed.folder.path, first) for seed in seeds]
    for chunk in train_group([seed.state for seed in seeds], task, config):
        monitor.start()
        num = chunk.metrics["reward"].shape[1]
        for lane, (seed, writer) in enumerate(zip(seeds, writers, strict=True)):
            seed.metrics.append({name: values[lane] for name, values in chunk.metrics.items()})
            writer.write(seed.metrics[-1], chunk.episode - num)
        monitor.advance(chunk.metrics["reward"])
        done = chunk.episode == config.num_episodes
        if done or stop.requested or time.monotonic() - saved_at >= seconds_between_saves:
            for seed, state in zip(seeds, chunk.states(), strict=True):
                seed.state = state
                _save(seed)
            saved_at = time.monotonic()
        if stop.requested and not done:
            raise Stopped(stop.requested)
    for seed, writer in zip(seeds, writers, strict=True):
        seed.folder.save_weights(named_arrays(seed.state.agent), {"episodes": config.num_episodes})
        seed.folder.save_metrics(seed.history)
        seed.folder.finish()
        writer.close()
    if stop.requested:
        raise Stopped(stop.requested)


def _save(seed: _Seed) -> None:
    state = {f"state/{name}": array for name, array in named_arrays(seed.state).items()}
    history = {f"metrics/{name}": array for name, array in seed.history.items()}
    seed.folder.save_progress({**state, **history}, {"episode": seed.episode})


@dataclass
class _StopRequest:
    requested: int = 0
    """The signal that asked to stop; 0 while none has."""


@contextlib.contextmanager
def _stop_requests() -> Iterator[_StopRequest]:
    """Take the first Ctrl-C or SIGTERM as a wish to stop soon; the second ends the process as ever."""
    request = _StopRequest()

    def remember(number: int, frame: FrameType | None) -> None:
        if request.requested:
            raise KeyboardInterrupt
        request.requested = number

    try:
        before = {number: signal.signal(number, remember) for number in (signal.SIGINT, signal.SIGTERM)}
    except ValueError:  # not the main thread: signals go where they went
        before = {}
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
