"""Training some seeds to the end, chunk by chunk: what lies between the compiled program and whoever waits for it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import jax
import numpy as np
from jaxtyping import Float

from prefrontal import devices
from prefrontal.agents import AbstractAgent, make_agent
from prefrontal.configs import Config, TrainConfig
from prefrontal.configs.actor_critic import check_discounts
from prefrontal.learning.lanes import Learner, spread, stack, train_lanes, unstack
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
    _lanes: Learner

    def states(self) -> list[TrainState]:
        """The seeds' training states."""
        return unstack(self._lanes.state, len(self.metrics["reward"]))


def new_learner(task: AbstractTask, agent_config: Config, config: TrainConfig, seed: int) -> Learner:
    """What trains `seed`, before its first episode.

    Raises:
        UserError: when agent and training have discounts that must agree and do not.
    """
    check_discounts(agent_config, config)
    hyperparameters = Hyperparameters(config)
    agent = new_agent(agent_config, task, seed)
    state = init_training(agent, task, hyperparameters, jax.random.fold_in(jax.random.key(seed), 1))
    return Learner(state, task, hyperparameters)


def new_agent(config: Config, task: AbstractTask, seed: int) -> AbstractAgent:
    """The untrained agent of `seed`."""
    return make_agent(config, task, key=jax.random.fold_in(jax.random.key(seed), 0))


def train_group(
    learners: Sequence[Learner], *, num_episodes: int, unroll: int, stop_every: int | None = None
) -> Iterator[Chunk]:
    """Train learners side by side, no more than `devices.layout` has room for.

    Arguments:
        learners: all of one signature and at the same episode.
        num_episodes: episodes to train each for, those trained before included.
        unroll: steps of one update; divides the task's steps.
        stop_every: a chunk ends wherever so many episodes are full. None: wherever it likes.

    Yields:
        First a chunk of no episodes, when the program is compiled; then chunk after chunk.
    """
    layout = devices.layout(len(learners))
    capacity = max(50, STEPS_PER_CHUNK // learners[0].task.num_steps // 50 * 50)
    lanes = spread(stack(learners, lanes=layout.size), layout)
    episode, num = int(learners[0].state.episode), 0
    while True:
        lanes, metrics = train_lanes(lanes, num, layout=layout, unroll=unroll, capacity=capacity)
        episode += num
        by_name = {name: np.asarray(values)[: len(learners), :num] for name, values in metrics._asdict().items()}
        yield Chunk(episode, by_name, lanes)
        num = min(capacity, num_episodes - episode)
        if stop_every:
            num = min(num, stop_every - episode % stop_every)
        if num <= 0:
            return


def train_agents(
    task: AbstractTask, agent_config: Config, config: TrainConfig, seeds: Sequence[int]
) -> list[AbstractAgent]:
    """Train an agent for each of `seeds` and keep nothing but the agents.

    `train_run` does the same for an experiment, and saves, resumes and shows what it does.
    """
    devices.configure()
    seeds, agents = list(seeds), []
    size, unroll = devices.layout(len(seeds)).size, config.unroll_for(task.num_steps)
    for first in range(0, len(seeds), size):
        learners = [new_learner(task, agent_config, config, seed) for seed in seeds[first : first + size]]
        *_, last = train_group(learners, num_episodes=config.num_episodes, unroll=unroll)
        agents += [state.agent for state in last.states()]
    return agents
