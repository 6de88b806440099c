"""Training some seeds to the end, chunk by chunk: what lies between the compiled program and whoever waits for it."""

import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Array, Float, Integer, PRNGKeyArray

from prefrontal import devices
from prefrontal.agents.base import AbstractAgent
from prefrontal.configs import AgentConfig, TrainConfig
from prefrontal.configs.actor_critic import check_discounts
from prefrontal.configs.base import check_config
from prefrontal.errors import UserError, check_seed
from prefrontal.learning.lanes import Learner, compile_lanes, layout_for, size_in_bytes, train_lanes
from prefrontal.learning.optimiser import Hyperparameters
from prefrontal.learning.train import TrainState, init_training
from prefrontal.tasks.base import AbstractTask

LARGE = 4_096
"""An agent of such numbers is measured before it is made."""
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

    @property
    def before(self) -> int:
        """Episodes that every seed had been trained for before this chunk."""
        return self.episode - self.metrics["reward"].shape[1]

    def of(self, lane: int) -> dict[str, Float[np.ndarray, " episode"]]:
        """The metrics of one seed, by name; copies, which do not hold those of the other lanes."""
        return {name: values[lane].copy() for name, values in self.metrics.items()}

    def states(self) -> list[TrainState]:
        """The seeds' training states."""
        return devices.unstack(self._lanes.state, len(self.metrics["reward"]))


AgentSource = AgentConfig | Callable[[AbstractTask, PRNGKeyArray], AbstractAgent]
"""What says which agent to train: a config, or a function that makes one of the task and a random key."""


def new_learner(task: AbstractTask, agent_config: AgentSource, config: TrainConfig, seed: int) -> Learner:
    """What trains `seed`, before its first episode.

    Raises:
        UserError: when agent and training have discounts that must agree and do not.
    """
    check_discounts(agent_config, config)
    hyperparameters = Hyperparameters(config)
    agent = new_agent(agent_config, task, seed)
    _check_memory(size_in_bytes(jax.eval_shape(agent.init)) * hyperparameters.episodes_per_update)
    return Learner(_first_state(agent, task, hyperparameters, np.uint32(seed)), task, hyperparameters)


def new_agent(config: AgentSource, task: AbstractTask, seed: int) -> AbstractAgent:
    """The untrained agent of `seed`.

    Raises:
        UserError: when the task is no task, the config neither the config of an agent nor a function, or what it makes
            no agent.
    """
    if isinstance(config, AbstractAgent):
        raise UserError(
            f"`agent` must be what makes an agent for each seed, got one that is made, a {type(config).__name__}. Give "
            "its class, or a function of a task and a random key that returns one."
        )
    if not callable(config) or _is_no_agents_class(config):
        check_config("agent", config, AgentConfig)
    if not isinstance(task, AbstractTask):
        raise UserError(
            f"`task` must be an AbstractTask, got a {type(task).__name__}. Give a task, or the config of one whose "
            "`make` returns one: what is to be learned is a subclass of prefrontal.AbstractTask."
        )
    check_seed("seeds", seed)
    if isinstance(config, AgentConfig) and max(_whole_numbers(config), default=0) > LARGE:  # before anything is there
        _check_memory(size_in_bytes(eqx.filter_eval_shape(_made, config, task, np.uint32(seed))))
    makes = _made_at_once if _is_ours(config) else _made
    agent = makes(config, task, np.uint32(seed))
    if not isinstance(agent, AbstractAgent):
        name = (
            f"{type(config).__name__}.make" if isinstance(config, AgentConfig) else getattr(config, "__name__", "make")
        )
        raise UserError(
            f"`{name}` must return an AbstractAgent, got a {type(agent).__name__}. Return a subclass of "
            "prefrontal.AbstractAgent."
        )
    return agent


def agent_to_fill(config: AgentSource, task: AbstractTask) -> AbstractAgent:
    """An agent as `new_agent` makes them, for numbers that are kept elsewhere: where a config of the package says how,
    it has the shapes and types of its arrays in their place, and nothing is computed."""
    if not _is_ours(config):
        return new_agent(config, task, seed=0)
    return eqx.filter_eval_shape(_made, config, task, np.uint32(0))


def compile_ahead(task: AbstractTask, config: AgentSource, training: TrainConfig) -> None:
    """Compile what trains such agents, before there is one, from the shapes of their arrays: while they are made, say.

    Where somebody else's code makes them nothing is known before, and `train_group` compiles when it begins.
    """
    if not _is_ours(config):
        return
    check_discounts(config, training)
    hyperparameters, unroll = Hyperparameters(training), training.unroll_for(task.num_steps)

    def state(seed: Integer[Array, ""] | np.uint32) -> TrainState:
        key = jax.random.fold_in(jax.random.key(seed), 1)
        return init_training(_made(config, task, seed), task, hyperparameters, key)

    learner = Learner(eqx.filter_eval_shape(state, np.uint32(0)), task, hyperparameters)
    compile_lanes(learner, layout=_layout_that_fits(learner, unroll), unroll=unroll, capacity=_capacity(learner))


def train_group(
    learners: Sequence[Learner], *, num_episodes: int, unroll: int, stop_every: int | None = None
) -> Iterator[Chunk]:
    """Train learners side by side, no more than `layout_for` them has room for.

    Arguments:
        learners: all of one signature and at the same episode.
        num_episodes: episodes to train each for, those trained before included.
        unroll: steps of one update; divides the task's steps.
        stop_every: a chunk ends wherever so many episodes are full. None: wherever it likes.

    Yields:
        First a chunk of no episodes, when the program is compiled; then chunk after chunk.

    Raises:
        UserError: when so large an agent does not fit the memory.
    """
    layout, capacity = _layout_that_fits(learners[0], unroll), _capacity(learners[0])
    lanes = devices.spread(devices.stack(learners, lanes=layout.size), layout)
    episode, num = int(learners[0].state.episode), 0
    while True:
        lanes, metrics = train_lanes(
            lanes, num, layout=layout, unroll=unroll, capacity=capacity, num_learners=len(learners)
        )
        episode += num
        by_name = {name: np.asarray(values)[: len(learners), :num] for name, values in metrics._asdict().items()}
        yield Chunk(episode, by_name, lanes)
        num = min(capacity, num_episodes - episode)
        if stop_every:
            num = min(num, stop_every - episode % stop_every)
        if num <= 0:
            return


def _made(config: AgentSource, task: AbstractTask, seed: Integer[Array, ""] | np.uint32) -> Any:
    """What `config` makes, which need not be an agent where somebody else wrote it."""
    makes = config.make if isinstance(config, AgentConfig) else config
    return makes(task, jax.random.fold_in(jax.random.key(seed), 0))


_made_at_once = eqx.filter_jit(_made)
"""In one program: some forty small ones take longer to read from the cache than to run."""


@eqx.filter_jit
def _first_state(
    agent: AbstractAgent, task: AbstractTask, hyperparameters: Hyperparameters, seed: Integer[Array, ""] | np.uint32
) -> TrainState:
    return init_training(agent, task, hyperparameters, jax.random.fold_in(jax.random.key(seed), 1))


def _is_ours(config: AgentSource) -> bool:
    """Whether `config` is the package's own, which can be compiled: what others make an agent of is not known."""
    return isinstance(config, AgentConfig) and type(config).__module__.startswith(f"{__name__.partition('.')[0]}.")


def _is_no_agents_class(config: object) -> bool:
    """An agent's class makes agents, as a function does; a config's class is a config that was forgotten to be made."""
    return inspect.isclass(config) and not issubclass(config, AbstractAgent)


def _capacity(learner: Learner) -> int:
    """Episodes of a chunk at the most: about `STEPS_PER_CHUNK`, in whole updates. Very long ones are one by one, or a
    training could not be stopped for hours."""
    steps = learner.task.num_steps
    capacity = max(50 if steps <= STEPS_PER_CHUNK else 1, STEPS_PER_CHUNK // steps // 50 * 50)
    batch = learner.hyperparameters.episodes_per_update
    return -(-capacity // batch) * batch


def _layout_that_fits(learner: Learner, unroll: int) -> devices.Layout:
    """The layout for learners such as this, once it is known that so many fit the memory."""
    layout = layout_for(learner, unroll)
    _check_memory(2 * layout.size * size_in_bytes(learner.state))  # twice: with its gradient
    remembered = eqx.filter_eval_shape(lambda agent: agent.init(), learner.state.agent)
    vectors = [leaf for leaf in jax.tree.leaves(remembered) if getattr(leaf, "ndim", 0) == 1]
    steps = layout.size * unroll * learner.hyperparameters.episodes_per_update
    _check_memory(steps * size_in_bytes(vectors), "whose every step is kept until the gradient is taken, which")
    return layout


def _check_memory(needed: int, what: str = "whose training") -> None:
    """Refuse what the system would end for lack of memory, without a word."""
    there = devices.memory()
    if there is not None and needed > there:
        raise UserError(
            f"`agent` must fit the memory, {there / 2**30:,.1f} GB, got one {what} needs {needed / 2**30:,.1f} GB. "
            "Make it smaller, or its updates shorter, or train on a larger machine."
        )


def _whole_numbers(config: AgentConfig) -> list[int]:
    return [value for value in vars(config).values() if isinstance(value, int)]
