"""Agents as files: plain arrays by name, never code."""

from pathlib import Path
from typing import TypeVar

from prefrontal.agents.base import AbstractAgent
from prefrontal.errors import UserError
from prefrontal.runs.arrays import named_arrays, with_arrays
from prefrontal.runs.files import make_folder, read_arrays, write_arrays

Agent = TypeVar("Agent", bound=AbstractAgent)
FILE = ".safetensors"


def save_agent(agent: AbstractAgent, path: str | Path, *, overwrite: bool = False) -> Path:
    """Keep an agent's weights, and all other arrays that it holds, in one file. It is written whole or not at all.

    Arguments:
        agent: the agent.
        path: the file, whose name ends in .safetensors. Folders on the way are made.
        overwrite: whether a file that is there is replaced.

    Returns:
        The file.

    Raises:
        UserError: when `agent` is no agent, the file has another ending, is there already or cannot be written.

    Example:
        >>> path = pf.save_agent(agent, "agent.safetensors")
        >>> pf.save_agent(agent, path)
        Traceback (most recent call last):
        prefrontal.errors.UserError: `path` must be a new file, got agent.safetensors, which is there...
    """
    if not isinstance(agent, AbstractAgent):
        raise UserError(
            f"`agent` must be an AbstractAgent, got a {type(agent).__name__}. Give one of several at a time."
        )
    path = Path(path)
    if path.suffix != FILE:
        raise UserError(f"`path` must end in {FILE}, got {path.name}. Call it {path.stem}{FILE}.")
    if path.exists() and not overwrite:
        raise UserError(f"`path` must be a new file, got {path}, which is there. Give another, or overwrite=True.")
    make_folder(path.parent)
    write_arrays(path, named_arrays(agent), {"agent": type(agent).__name__})
    return path


def load_agent(path: str | Path, *, like: Agent) -> Agent:
    """The agent that `save_agent` kept. The file has its numbers; `like` says what they are numbers of.

    Arguments:
        path: the file.
        like: an agent of the same kind and sizes, trained or not: what its config makes of the task, say.

    Returns:
        `like` with the numbers of the file.

    Raises:
        UserError: when the file is missing or damaged, or holds an agent of another kind or of other sizes.

    Example:
        >>> config = pf.RecurrentConfig(hidden_size=2)
        >>> path = pf.save_agent(config.make(task, jax.random.key(1)), "first.safetensors")
        >>> loaded = pf.load_agent(path, like=config.make(task, jax.random.key(0)))
        >>> pf.evaluate(loaded, task, jax.random.key(0), num_episodes=4).reward.shape
        (4, 10)
    """
    if not isinstance(like, AbstractAgent):
        raise UserError(f"`like` must be an AbstractAgent, got a {type(like).__name__}. Give an agent of that kind.")
    arrays, facts = read_arrays(Path(path))
    kind = facts.get("agent", type(like).__name__)
    if kind != type(like).__name__:
        raise UserError(
            f"`like` must be a {kind}, as {path} holds one, got a {type(like).__name__}. Give one of these."
        )
    return with_arrays(like, arrays, source=str(path))
