"""Training some seeds to the end, chunk by chunk: what lies between the compiled program and whoever waits for it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import jax
import numpy as np
from jaxtyping import Float

from prefrontal import devices
from prefrontal.agents.recurrent import RecurrentAgent
from prefrontal.configs import RecurrentConfig, TrainConfig
from prefrontal.learning.lanes import Lanes, spread, stack, train_lanes, unstack
from prefrontal.learning.train import Hyperparameters, TrainState, init_training
from prefrontal.tasks.base import AbstractTask

STEPS_PER_CHUNK = 75_000
"""Steps of one seed in a chunk: about a second on one core."""


@dataclass(frozen=True)
class Chunk:
    """Some episodes of some seeds, trained. It is good until the next chunk is asked for."""

    episode: int
    """Episodes that every seed has been trained for."""
    metrics: dict[str, Float[np.ndarray, "seed episode"]]
    """The metrics of this chunk's episodes, by name."""
    _lanes: Lanes

    def states(self) -> list[TrainState]:
        """The seeds' training states."""
        return unstack(self._lanes.state, len(self.metrics["reward"]))


def new_state(agent_config: RecurrentConfig, task: AbstractTask, config: TrainConfig, seed: int) -> TrainState:
    """The training state of `seed` before its first episode."""
    agent = new_agent(agent_config, task, seed)
    return init_training(agent, task, Hyperparameters(config), jax.random.fold_in(jax.random.key(seed), 1))


def new_agent(config: RecurrentConfig, task: AbstractTask, seed: int) -> RecurrentAgent:
    """The untrained network of `seed`."""
    return RecurrentAgent(config, task, key=jax.random.fold_in(jax.random.key(seed), 0))


def train_group(states: Sequence[TrainState], task: AbstractTask, config: TrainConfig) -> Iterator[Chunk]:
    """Train seeds side by side, as many as `devices.layout` has room for, to the end of `config`.

    Arguments:
        states: the seeds' training states, all at the same episode.
        task: the task.
        config: the training.

    Yields:
        First a chunk of no episodes, when the program is compiled; then chunk after chunk.
    """
    layout = devices.layout(len(states))
    capacity = max(50, STEPS_PER_CHUNK // task.num_steps // 50 * 50)
    unroll = config.unroll_for(task.num_steps)
    hyperparameters = Hyperparameters(config)
    lanes = spread(stack([Lanes(state, task, hyperparameters) for state in states], lanes=layout.size), layout)
    episode, num = int(states[0].episode), 0
    while True:
        lanes, metrics = train_lanes(lanes, num, layout=layout, unroll=unroll, capacity=capacity)
        episode += num
        by_name = {name: np.asarray(values)[: len(states), :num] for name, values in metrics._asdict().items()}
        yield Chunk(episode, by_name, lanes)
        num = min(capacity, config.num_episodes - episode)
        if num <= 0:
            return


def train_agents(
    task: AbstractTask, agent_config: RecurrentConfig, config: TrainConfig, seeds: Sequence[int]
) -> list[RecurrentAgent]:
    """Train a network for each of `seeds` and keep nothing but the networks.

    `train_run` does the same for an experiment, and saves, resumes and shows what it does.
    """
    devices.configure()
    seeds, agents = list(seeds), []
    size = devices.layout(len(seeds)).size
    for first in range(0, len(seeds), size):
        states = [new_state(agent_config, task, config, seed) for seed in seeds[first : first + size]]
        for chunk in train_group(states, task, config):
            states = chunk.states() if chunk.episode == config.num_episodes else states
        agents += [state.agent for state in states]
    return agents
