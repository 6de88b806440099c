"""Trained agents, read from the folders of their runs."""

from collections.abc import Iterator, Sequence

import numpy as np

from prefrontal.agents.base import AbstractAgent
from prefrontal.errors import UserError
from prefrontal.learning.group import AgentSource, agent_to_fill
from prefrontal.runs.arrays import with_arrays
from prefrontal.runs.folder import RunFolder
from prefrontal.runs.moments import Moment, episode_at
from prefrontal.runs.seed_folder import SNAPSHOTS, SeedFolder
from prefrontal.tasks.base import AbstractTask


def load_agents(
    run: RunFolder, task: AbstractTask, agent_config: AgentSource, seeds: Sequence[int], at: Moment = "last"
) -> dict[int, AbstractAgent]:
    """The trained agents of `seeds`.

    Arguments:
        run: whose.
        task: what they were trained on.
        agent_config: what they are.
        seeds: which.
        at: the moment of training that they are taken from.

    Raises:
        UserError: when one is not trained to its end, or its weights were not kept, or are damaged, of another shape or
            not finite.
    """
    agents = {}
    to_fill = agent_to_fill(agent_config, task)
    for seed in seeds:
        folder = run.seed(seed)
        episode = episode_at(folder, at)
        arrays = folder.load_weights()[0] if episode is None else folder.load_snapshot(episode)
        what = "weights.safetensors" if episode is None else f"{SNAPSHOTS}, episode {episode:,}"
        source = f"`{folder.path / what}`"
        if not all(np.isfinite(array).all() for array in arrays.values()):
            raise UserError(
                f"{source} must hold finite weights, got infinite ones or none: the training broke down. "
                "Train again with a lower learning rate, in another folder."
            )
        agents[seed] = with_arrays(to_fill, arrays, source=source)
    return agents


def load_snapshots(
    folder: SeedFolder, task: AbstractTask, agent_config: AgentSource
) -> Iterator[tuple[int, AbstractAgent]]:
    """The episodes at which a seed's weights were kept, ascending, and the agent as it was then.

    Raises:
        UserError: when none were kept, or they are damaged or of another shape.
    """
    agent = agent_to_fill(agent_config, task)
    for episode in folder.snapshots():
        yield episode, with_arrays(agent, folder.load_snapshot(episode), source=f"the snapshot in `{folder.path}`")
