"""Agents: networks, cognitive models and ideal observers, all with the same contract."""

from collections.abc import Callable

from jaxtyping import PRNGKeyArray

from prefrontal.agents.actor_critic import ActorCriticAgent
from prefrontal.agents.base import AbstractAgent
from prefrontal.agents.recurrent import RecurrentAgent
from prefrontal.configs import ActorCriticConfig, Config, RecurrentConfig
from prefrontal.errors import UserError
from prefrontal.tasks.base import AbstractTask

AGENTS: dict[type, Callable[..., AbstractAgent]] = {
    ActorCriticConfig: ActorCriticAgent,
    RecurrentConfig: RecurrentAgent,
}
"""The trainable agent that each config describes."""


def make_agent(config: Config, task: AbstractTask, *, key: PRNGKeyArray) -> AbstractAgent:
    """The untrained agent that `config` describes, for `task`; `key` draws its weights.

    Raises:
        UserError: when there is no agent of such a config.
    """
    if type(config) not in AGENTS:
        name = type(config).__name__
        raise UserError(
            f"`config` must be of an agent that is known ({', '.join(kind.__name__ for kind in AGENTS)}), got {name}. "
            f"Make an agent of your own known first: prefrontal.agents.AGENTS[{name}] = YourAgent, which is then made "
            "by YourAgent(config, task, key=key)."
        )
    return AGENTS[type(config)](config, task, key=key)


__all__ = ["AGENTS", "AbstractAgent", "make_agent"]
