"""Whether an agent keeps its contract: told in sentences, after it has played."""

from typing import Any

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Key

from prefrontal.agents.base import AbstractAgent
from prefrontal.errors import UserError, check_count, check_seed
from prefrontal.rollouts.contracts import check_contracts
from prefrontal.rollouts.episodes import rollout
from prefrontal.tasks.base import AbstractTask


def check_agent(agent: AbstractAgent, task: AbstractTask, *, num_episodes: int = 3, seed: int = 0) -> None:
    """Refuse an agent that breaks the contract of `AbstractAgent` on `task`: shapes and types first; then it plays, and
    what it answers is looked at. An agent that passes can be trained, tested, and looked into.

    Arguments:
        agent: the agent; one of your own, say.
        task: a task for it. That is taken to keep its contract: see `check_task`.
        num_episodes: episodes to play, at least 1.
        seed: of problems and actions.

    Raises:
        UserError: when `agent` is no agent; when its answers have other shapes or types than they should, or its state
            changes them; when what it answers is not finite; or when it does not answer the same to the same.

    Example:
        >>> pf.check_agent(agent, task)
        >>> class Endless(pf.AbstractAgent):
        ...     "Counts the rewards, and divides by them."
        ...     def init(self):
        ...         return jnp.zeros(())
        ...     def __call__(self, inputs, state):
        ...         total = state + inputs.previous_reward
        ...         return pf.AgentOutput(jnp.zeros(2) / total, total, total[None]), total
        >>> pf.check_agent(Endless(), task)
        Traceback (most recent call last):
        prefrontal.errors.UserError: `the logits of Endless` must be finite, got nan in step 0 of episode 0...
    """
    check_count("num_episodes", num_episodes)
    check_seed("seed", seed)
    if not isinstance(agent, AbstractAgent):
        made = " A config makes one: `make(task, key)`." if hasattr(agent, "make") else ""
        raise UserError(f"`agent` must be an AbstractAgent, got a {type(agent).__name__}. Give an agent.{made}")
    check_contracts(agent, task)
    called, keys = type(agent).__name__, jax.random.split(jax.random.key(seed), num_episodes)
    played, again = (jax.tree.map(np.asarray, _answers(agent, task, keys)) for _ in range(2))
    for name, values in played.items():
        if values.dtype != np.float32:
            raise UserError(
                f"`the {name} of {called}` must be of type float32, got {values.dtype}. Turn it into that: "
                ".astype(float)."
            )
        good = np.isfinite(values)
        if not good.all():
            episode, step = np.argwhere(~good)[0][:2]
            raise UserError(
                f"`the {name} of {called}` must be finite, got {values[~good][0]} in step {step} of episode {episode}. "
                "Look at what is divided, and of what a root or logarithm is taken."
            )
        if not np.array_equal(values, again[name]):
            raise UserError(
                f"`{called}` must answer the same to the same, got two {name} that differ. Keep nothing outside its "
                "state, and draw nothing: actions are drawn from its logits by whoever plays."
            )
    if played["activity"].ndim != 3:
        raise UserError(
            f"`the activity of {called}` must be a row of numbers, got shape {played['activity'].shape[2:]}. Ravel it."
        )


@eqx.filter_jit
def _answers(agent: AbstractAgent, task: AbstractTask, keys: Key[jax.Array, " episode"]) -> dict[str, Any]:
    """What an agent answers in episodes that it plays; leaves (episode, time, ...)."""

    def episode(key: jax.Array) -> dict[str, Any]:
        played = rollout(agent, task, key)
        return {"logits": played.logits, "value": played.value, "activity": played.activity}

    return jax.vmap(episode)(keys)
