"""Measure one configuration with one number of seeds."""

import statistics
import sys
import time
from dataclasses import dataclass

import equinox as eqx
import jax

from prefrontal import devices
from prefrontal.bench.arithmetic import count_operations
from prefrontal.experiments.presets.base import ExperimentConfig
from prefrontal.learning import native
from prefrontal.learning.group import new_learner
from prefrontal.learning.lanes import layout_for, train_lanes
from prefrontal.learning.train import train
from prefrontal.rollouts.evaluation import evaluate

SECONDS_PER_MEASUREMENT = 1.0
"""How long one measurement trains, about; one episode of all seeds at the least."""
MOST_EPISODES = 1_000
LEAST_EPISODES_OF_GROUPS = 50
"""Where groups of seeds take turns, a turn lasts so long at the least: real ones last hundreds of episodes."""
NUM_MEASUREMENTS = 5
"""The median of so many is told."""
NUM_TEST_EPISODES = 100


@dataclass(frozen=True)
class Measurement:
    """What training and testing of some seeds cost. Rates are over all seeds together."""

    name: str
    """Which experiment."""
    seeds: int
    hidden_size: int
    trials: int | None
    """Trials in an episode; None where episodes have no fixed number."""
    steps: int
    """Network steps in an episode."""
    unroll: int
    """Steps of one update."""
    lanes: int
    """Seeds that train at once, all devices together."""
    compile_seconds: float
    """To trace and to compile the training program; far less when it is in the cache."""
    episodes_per_second: float
    """Trained."""
    trials_per_second: float | None
    steps_per_second: float
    slowest_and_fastest: tuple[float, float]
    """Episodes a second, of the measurements that the median was taken of."""
    test_steps_per_second: float
    """Played with frozen weights."""
    operations_per_step: float
    """Floating-point operations of the matrix products that one training step of one seed needs."""
    share_of_peak: float
    """Those operations a second, as a share of what the machine reaches in large matrix products."""
    memory_mebibytes: float
    """Peak memory of the process so far, in MiB; on a GPU, of the device."""


def measure(name: str, config: ExperimentConfig, num_seeds: int, peak: float) -> Measurement:
    """Train `num_seeds` seeds for a while, and test one.

    Arguments:
        name: what to call it.
        config: the experiment's numbers.
        num_seeds: as many groups of seeds as it takes train one after the other.
        peak: operations a second the machine can do.
    """
    task = config.task.make()
    trials = getattr(config.task, "num_trials", None)
    unroll = config.train.unroll_for(task.num_steps)
    learners = [new_learner(task, config.agent, config.train, seed) for seed in range(num_seeds)]
    layout = layout_for(learners[0], unroll)
    groups = [
        devices.spread(devices.stack(learners[first : first + layout.size], lanes=layout.size), layout)
        for first in range(0, num_seeds, layout.size)
    ]

    def train_all(num_episodes: int) -> float:
        started = time.perf_counter()
        for number, lanes in enumerate(groups):
            left = num_seeds - number * layout.size
            groups[number], _ = train_lanes(
                lanes,
                num_episodes,
                layout=layout,
                unroll=unroll,
                capacity=MOST_EPISODES,
                num_learners=min(left, layout.size),
            )
        jax.block_until_ready(eqx.filter(groups, eqx.is_array))
        return time.perf_counter() - started

    compile_seconds = train_all(0)
    train_all(1)
    least = 1 if len(groups) == 1 else LEAST_EPISODES_OF_GROUPS
    num_episodes = min(MOST_EPISODES, max(least, round(SECONDS_PER_MEASUREMENT / train_all(1))))
    rates = sorted(num_seeds * num_episodes / train_all(num_episodes) for _ in range(NUM_MEASUREMENTS))
    episodes = statistics.median(rates)

    agent, key = learners[0].state.agent, jax.random.key(0)
    play = lambda: evaluate(agent, task, key, num_episodes=NUM_TEST_EPISODES).reward.block_until_ready()  # noqa: E731
    play()
    started = time.perf_counter()
    play()
    test_steps = NUM_TEST_EPISODES * task.num_steps / (time.perf_counter() - started)

    one = learners[0]
    one_episode = lambda state: train(state, one.task, one.hyperparameters, 1, unroll=unroll, capacity=1)  # noqa: E731
    with native.left_out():  # in JAX alone every product can be seen
        operations = count_operations(lambda: one_episode(one.state)) / task.num_steps
    return Measurement(
        name=name,
        seeds=num_seeds,
        hidden_size=getattr(config.agent, "hidden_size", 0),
        trials=trials,
        steps=task.num_steps,
        unroll=unroll,
        lanes=layout.size,
        compile_seconds=compile_seconds,
        episodes_per_second=episodes,
        trials_per_second=episodes * trials if trials else None,
        steps_per_second=episodes * task.num_steps,
        slowest_and_fastest=(rates[0], rates[-1]),
        test_steps_per_second=test_steps,
        operations_per_step=operations,
        share_of_peak=operations * episodes * task.num_steps / peak,
        memory_mebibytes=_peak_memory() / 2**20,
    )


def _peak_memory() -> float:
    """Bytes; NaN where the system does not tell."""
    statistics_of_device = jax.local_devices()[0].memory_stats()
    if statistics_of_device:
        return float(statistics_of_device["peak_bytes_in_use"])
    try:
        import resource
    except ImportError:  # Windows
        return float("nan")
    unit = 1 if sys.platform == "darwin" else 1024
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit)
