"""Agents trained by one call from Python: in memory, or in a folder that is gone on with."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import overload

import numpy as np
from jaxtyping import Float

from prefrontal import devices
from prefrontal.agents.base import AbstractAgent
from prefrontal.configs import AgentConfig, TrainConfig, recipe
from prefrontal.configs.base import recorded
from prefrontal.errors import UserError, is_quiet
from prefrontal.learning.breakdown import breakdown, refusal
from prefrontal.learning.described import described_agent, described_task
from prefrontal.learning.group import AgentSource, compile_ahead, new_agent, new_learner, train_group
from prefrontal.learning.jobs import Job, train_jobs
from prefrontal.learning.lanes import layout_for
from prefrontal.learning.meanwhile import meanwhile
from prefrontal.learning.monitor import Monitor
from prefrontal.learning.train import Metrics, TrainState
from prefrontal.learning.trained import load_agents
from prefrontal.progress import Line
from prefrontal.runs.folder import RunFolder
from prefrontal.runs.inventory import goes_on, seed_state
from prefrontal.runs.results import write_learning
from prefrontal.tasks.base import AbstractTask

Curves = dict[str, Float[np.ndarray, "seed episode"]]


@dataclass(frozen=True, repr=False)
class TrainedAgents(Sequence[AbstractAgent]):
    """Trained agents in the order of their seeds, and how their training went. Iterate over it, or take one by its
    place: it is a sequence of agents. Made by `train_agents`.

    Example:
        >>> trained = pf.train_agents(task, pf.RecurrentConfig(hidden_size=2), pf.recipe("robust", num_episodes=50))
        >>> len(trained), trained.seeds, trained.metrics["reward"].shape
        (1, (0,), (1, 50))
    """

    agents: tuple[AbstractAgent, ...]
    """One a seed."""
    seeds: tuple[int, ...]
    """Theirs."""
    metrics: dict[str, Float[np.ndarray, "seed episode"]]
    """The learning curves: of every training episode its reward, and the losses and other numbers that training goes
    by, by name."""

    @overload
    def __getitem__(self, index: int) -> AbstractAgent: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[AbstractAgent, ...]: ...
    def __getitem__(self, index: int | slice) -> AbstractAgent | tuple[AbstractAgent, ...]:
        return self.agents[index]

    def __len__(self) -> int:
        return len(self.agents)

    def __repr__(self) -> str:
        return f"TrainedAgents(seeds={self.seeds}, metrics={list(self.metrics)})"


def train_agents(
    task: AbstractTask,
    agent_config: AgentSource,
    config: TrainConfig | None = None,
    seeds: Sequence[int] = (0,),
    *,
    out: str | os.PathLike[str] | None = None,
) -> TrainedAgents:
    """Train an agent for each of `seeds`, and keep the agents and their learning curves.

    With `out`, what is trained is kept in that folder as it goes: a folder a seed with weights, metrics and TensorBoard
    events, and `learning.csv`. The same call goes on from there, after Ctrl-C, a crash or a day, and ends with the same
    weights, bit for bit; once all is trained, it reads it. More seeds may be asked for; any other setting is refused.

    A folder knows a task by the name of its class and its fields; an agent by the fields of its config or, if a
    function or class of your own makes it, by the names and shapes of its arrays and its other fields; a training by
    all its numbers. What your code does with them it cannot see: after a change there, give another folder.

    Progress is shown, unless `prefrontal.quietly` silences it. `train_run` does the same for an experiment.

    Arguments:
        task: what to learn.
        agent_config: the agent, such as `RecurrentConfig`; or a function that makes one of your own, given the task and
            a random key, or its class.
        config: the training. None: the recipe to rely on, `recipe("robust")`.
        seeds: one agent each.
        out: the folder to keep all in. None: nothing is written.

    Returns:
        The trained agents, in the order of `seeds`, a sequence; its `metrics` are the learning curves.

    Raises:
        UserError: when numbers do not fit the task, or a training breaks down: its weights become infinite; or when the
            folder is of another task, agent or training, or cannot be written.
        Stopped: after Ctrl-C, with `out`, when everything is saved.

    Example:
        >>> trained = pf.train_agents(task, pf.RecurrentConfig(hidden_size=2), pf.recipe("robust", num_episodes=50))
        >>> [type(agent).__name__ for agent in trained]
        ['RecurrentAgent']
        >>> def make(task, key):
        ...     return pf.RecurrentAgent(pf.RecurrentConfig(hidden_size=3, cell="gru"), task, key=key)
        >>> pf.train_agents(task, make, pf.recipe("robust", num_episodes=50), seeds=[0, 1], out="mine")
        TrainedAgents(seeds=(0, 1), metrics=['reward', ...])
        >>> pf.train_agents(task, make, pf.recipe("robust", num_episodes=60), out="mine")
        Traceback (most recent call last):
        prefrontal.errors.UserError: `mine` must hold the same experiment and config, got another: `train.num_episodes`
        is 50 there, 60 asked for...
    """
    devices.configure()
    config = recipe("robust") if config is None else config
    if not isinstance(config, TrainConfig):
        raise UserError(
            f"`config` must be a TrainConfig, got a {type(config).__name__}. Give one: recipe('robust', "
            "num_episodes=10_000), say."
        )
    if not isinstance(seeds, Iterable) or not list(seeds):
        raise UserError(f"`seeds` must name one or more, got {seeds}. Give one for each agent, such as range(4).")
    kept = {} if out is None else {"out": Path(out)}
    train = _train_in_memory if out is None else _train_in_folder
    return train(task, agent_config, config, list(seeds), **kept)


def _train_in_memory(
    task: AbstractTask, agent_config: AgentSource, config: TrainConfig, seeds: list[int]
) -> TrainedAgents:
    agents: list[AbstractAgent] = []
    curves: list[Curves] = []
    unroll = config.unroll_for(task.num_steps)
    with meanwhile(lambda: compile_ahead(task, agent_config, config)) as begin:
        begin()
        first_learner = new_learner(task, agent_config, config, seeds[0])
    size = layout_for(first_learner, unroll).size
    with Monitor(len(seeds) * config.num_episodes) as monitor:
        for first in range(0, len(seeds), size):
            group = seeds[first : first + size]
            made = [first_learner] if first == 0 else []
            learners = made + [new_learner(task, agent_config, config, seed) for seed in group[len(made) :]]
            states: list[TrainState] = []
            parts: list[Curves] = []
            for chunk in train_group(learners, num_episodes=config.num_episodes, unroll=unroll):
                monitor.start()
                found = [
                    breakdown(seed, config, task.num_steps, chunk.before, chunk.of(lane))
                    for lane, seed in enumerate(group)
                ]
                if broken := [one for one in found if one]:
                    raise refusal(broken, kept=False)
                monitor.advance(chunk.metrics["reward"])
                states = chunk.states()
                parts.append(chunk.metrics)
            agents += [state.trained_agent for state in states]
            curves.append({name: np.concatenate([part[name] for part in parts], axis=1) for name in parts[0]})
    metrics = {name: np.concatenate([curve[name] for curve in curves]) for name in curves[0]} if curves else {}
    return TrainedAgents(tuple(agents), tuple(seeds), metrics)


def _train_in_folder(
    task: AbstractTask, agent_config: AgentSource, config: TrainConfig, seeds: list[int], *, out: Path
) -> TrainedAgents:
    agent = new_agent(agent_config, task, seeds[0])  # which refuses what cannot be trained, before anything is written
    is_known = isinstance(agent_config, AgentConfig)
    record = {
        "task": described_task(task),
        "agent": recorded(agent_config) if is_known else described_agent(agent),
        "train": recorded(config),
    }
    run = RunFolder.open(out, type(task).__name__, record)
    jobs = [Job(run.seed(seed), task, agent_config, config) for seed in dict.fromkeys(seeds)]
    if (line := goes_on([seed_state(job.folder) for job in jobs])) and not is_quiet():
        Line().tell(line)
    train_jobs(jobs)
    write_learning(out, {"": run}, [seed for seed in run.seeds() if run.seed(seed).status == "finished"])
    agents, metrics = load_agents(run, task, agent_config, seeds), [run.seed(seed).load_metrics() for seed in seeds]
    by_name = {name: np.stack([one[name] for one in metrics]) for name in Metrics._fields}
    return TrainedAgents(tuple(agents[seed] for seed in seeds), tuple(seeds), by_name)
