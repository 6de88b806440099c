"""Agents: networks, cognitive models and ideal observers, all with the same contract."""

from collections.abc import Callable

from jaxtyping import PRNGKeyArray

from prefrontal.agents.actor_critic import ActorCriticAgent
from prefrontal.agents.base import AbstractAgent
from prefrontal.agents.recurrent import RecurrentAgent
from prefrontal.configs import ActorCriticConfig, Config, RecurrentConfig
from prefrontal.tasks.base import AbstractTask

AGENTS: dict[type, Callable[..., AbstractAgent]] = {
    ActorCriticConfig: ActorCriticAgent,
    RecurrentConfig: RecurrentAgent,
}
"""The trainable agent that each config describes."""


def make_agent(config: Config, task: AbstractTask, *, key: PRNGKeyArray) -> AbstractAgent:
    """The untrained agent that `config` describes, for `task`; `key` draws its weights."""
    return AGENTS[type(config)](config, task, key=key)


__all__ = ["AGENTS", "AbstractAgent", "make_agent"]
