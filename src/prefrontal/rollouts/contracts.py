"""Whether an agent and a task keep their contracts: told in sentences, before a compiler tells it in its own words."""

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import PyTree

from prefrontal.agents.base import AbstractAgent, AgentInput, AgentOutput
from prefrontal.errors import UserError
from prefrontal.tasks.base import AbstractTask


def check_contracts(agent: AbstractAgent, task: AbstractTask) -> None:
    """Refuse an agent and a task that cannot play: shapes are looked at, nothing is computed.

    Arguments:
        agent: the agent.
        task: the task.

    Raises:
        UserError: when the task shows something of another shape than it says or pays more than a number, when a state
            changes its shape on the way, or when the agent's answer does not fit the task.
    """
    key, action = jax.random.key(0), jnp.int32(0)
    called = type(task).__name__
    state = jax.eval_shape(task.init, key)
    _check_shape(
        f"{called}.observe",
        jax.eval_shape(task.observe, state),
        (task.observation_size,),
        "as its `observation_size` says",
    )
    after, reward, _ = jax.eval_shape(task.step, state, action, key)
    _check_shape(f"the reward of {called}.step", reward, ())
    _check_state(f"{called}.step", state, after)
    _check_shape(f"{called}.is_active", jax.eval_shape(task.is_active, state), ())

    called = type(agent).__name__
    inputs = AgentInput(
        observation=jnp.zeros(task.observation_size),
        previous_action=jnp.zeros(task.num_actions),
        previous_reward=jnp.zeros(()),
        step=jnp.int32(0),
    )
    memory = jax.eval_shape(agent.init)
    output, later = jax.eval_shape(agent, inputs, memory)
    if not isinstance(output, AgentOutput):
        raise UserError(f"`{called}` must answer with an AgentOutput, got a {type(output).__name__}. Return one.")
    _check_shape(f"the logits of {called}", output.logits, (task.num_actions,), "as its task's `num_actions` says")
    _check_shape(f"the value of {called}", output.value, ())
    _check_state(called, memory, later)


def _check_shape(name: str, got: Any, shape: tuple[int, ...], because: str = "") -> None:
    there = getattr(got, "shape", "no array")
    if there != shape:
        because = f", {because}" if because else ""
        raise UserError(f"`{name}` must have shape {shape}{because}, got {there}. Change one of them.")


def _check_state(name: str, before: PyTree, after: PyTree) -> None:
    """Refuse a next state that is not made as the state is."""
    one, other = (dict(jax.tree_util.tree_flatten_with_path(state)[0]) for state in (before, after))
    remedy = "A state keeps its shapes and types from step to step: build the next one as `init` builds the first."
    if one.keys() != other.keys():
        names = sorted({jax.tree_util.keystr(path) for path in one.keys() ^ other.keys()})
        raise UserError(
            f"`{name}` must return a state like the one given, got one that differs in {', '.join(names)}. {remedy}"
        )
    for path, leaf in one.items():
        if (leaf.shape, leaf.dtype) != (other[path].shape, other[path].dtype):
            where = f"one in which {jax.tree_util.keystr(path)}" if path else "what"
            raise UserError(
                f"`{name}` must return a state like the one given, got {where} is {_kind(other[path])}, not "
                f"{_kind(leaf)}. {remedy}"
            )


def _kind(leaf: jax.ShapeDtypeStruct) -> str:
    return f"{leaf.dtype}{list(leaf.shape)}"
