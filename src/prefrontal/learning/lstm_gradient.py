"""The gradient of the papers' network, an LSTM with linear heads, by the package's C where that can be had.

It is `unrolled_gradient`, whose equations hold for any agent, written out for one. The network plays in JAX and keeps
its gates; all that comes after the loss, errors backward and products, is one call (`lstm_backward.c`).
"""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.custom_batching import custom_vmap
from jaxtyping import Array, Float, Key

from prefrontal.agents.base import AbstractAgent, AgentInput, AgentOutput
from prefrontal.agents.cells import LSTM, LSTMState
from prefrontal.agents.recurrent import RecurrentAgent
from prefrontal.learning import native
from prefrontal.learning.gradient import Loss, Unrolled, unrolled_gradient
from prefrontal.rollouts.episodes import Situation, advance
from prefrontal.tasks.base import AbstractTask

Weights = tuple[Float[Array, "*networks input_and_unit gate"], Float[Array, "*networks head unit"]]
"""Of the cell, and of the heads: one for each action, then the value."""
Steps = tuple[Array, ...]
"""In a row the hyperbolic tangents of half of what the gates were given, and of what the content was; the cell, the
output, the input and the heads' errors. Each leads with time, (T,)."""
Before = tuple[Float[Array, "*lanes unit"], Float[Array, "*lanes unit"]]
"""The cell and the output that the first step found."""
Gradients = tuple[Array, ...]
"""Of the cell's weights, its bias and the heads' weights; the errors of the output and the cell that were found."""


def fastest_gradient(
    agent: AbstractAgent,
    task: AbstractTask,
    situation: Situation,
    keys: Key[Array, " time"],
    loss: Loss,
    *,
    starts: Any = False,
    time_shift: int = 0,
) -> Unrolled:
    """`unrolled_gradient`, to rounding, in the fastest way for this agent on this machine."""
    if time_shift == 0 and isinstance(agent, RecurrentAgent) and _is_standard(agent):
        size = (agent.encoder.size, agent.cell.num_units)
        if native.lstm_backward(*size) is not None:
            return _lstm_gradient(agent, task, situation, keys, loss, starts)
    return unrolled_gradient(agent, task, situation, keys, loss, starts=starts, time_shift=time_shift)


def _is_standard(agent: RecurrentAgent) -> bool:
    """Whether nothing learns but an LSTM and the heads, all in single precision, and nobody changes how they work."""
    known = (agent.cell, agent.policy, agent.policy_bias, agent.value, agent.value_bias, agent.initial_state)
    parameters = jax.tree.leaves(eqx.filter(agent, eqx.is_inexact_array))
    return (
        type(agent) is RecurrentAgent
        and type(agent.cell) is LSTM
        and len(jax.tree.leaves(eqx.filter(known, eqx.is_inexact_array))) == len(parameters)
        and all(leaf.dtype == jnp.float32 for leaf in parameters)
    )


def _lstm_gradient(
    agent: RecurrentAgent,
    task: AbstractTask,
    situation: Situation,
    keys: Key[Array, " time"],
    loss: Loss,
    starts: Any,
) -> Unrolled:
    cell, start = agent.cell, situation.agent_state
    assert isinstance(cell, LSTM)  # as `_is_standard` has seen
    halves = jnp.repeat(jnp.array([0.5, 0.5, 1.0, 0.5]), cell.num_units)
    # In rows: compilers make vectors of the product with a column of numbers, and a loop of that with a row.
    heads = jnp.concatenate([agent.policy, agent.value[:, None]], axis=1).T

    def act(inputs: AgentInput, state: LSTMState) -> tuple[AgentOutput, LSTMState, tuple[Array, Array, Array]]:
        x = agent.encoder(inputs)
        # The logistic function of z is (1 + tanh(z / 2)) / 2: one function of one row, and one row is kept.
        squashed = jnp.tanh(cell.given(x, state) * halves)
        write, keep, content, read = jnp.split(squashed, 4)
        c = 0.5 * ((1 + keep) * state.c + (1 + write) * content)
        h = 0.5 * (1 + read) * jnp.tanh(c)
        told = heads @ h
        logits, value = told[:-1], told[-1]
        if agent.policy_bias is not None and agent.value_bias is not None:
            logits, value = logits + agent.policy_bias, value + agent.value_bias
        return AgentOutput(logits=logits, value=value, activity=h), LSTMState(h=h, c=c), (squashed, c, x)

    situation, trajectory, (squashed, c, x) = advance(act, task, situation, keys)
    played = (trajectory.logits, trajectory.value)
    (logits_error, value_error), aux = jax.grad(loss, has_aux=True)(played, trajectory, situation)
    errors = jnp.concatenate([logits_error, value_error[:, None]], axis=1)
    kernel, bias, of_heads, h_error, c_error = _carried_back(
        (cell.kernel, heads), (squashed, c, trajectory.activity, x, errors), (start.c, start.h)
    )

    start_errors = LSTMState(h=jnp.where(starts, h_error, 0.0), c=jnp.where(starts, c_error, 0.0))
    parts = {
        "cell": LSTM(kernel, bias),
        "policy": of_heads[:-1].T,
        "policy_bias": jnp.sum(logits_error, axis=0),
        "value": of_heads[-1],
        "value_bias": jnp.sum(value_error),
        "initial_state": start_errors,
    }
    names = [name for name in parts if getattr(agent, name) is not None]
    parameters = eqx.filter(agent, eqx.is_inexact_array)
    gradient = eqx.tree_at(lambda a: [getattr(a, name) for name in names], parameters, [parts[name] for name in names])
    return Unrolled(gradient=gradient, situation=situation, trajectory=trajectory, aux=aux)


def _carried_back(weights: Weights, steps: Steps, before: Before) -> Gradients:
    """Of one sequence, a lane alone. The C reads single precision alone; what an encoder gives may be of another."""
    weights, steps, before = jax.tree.map(lambda leaf: leaf.astype(jnp.float32), (weights, steps, before))
    alone = jax.tree.map(lambda leaf: leaf[None], (weights, before))
    return tuple(one[0] for one in _of_lanes(alone[0], tuple(one[:, None] for one in steps), alone[1]))


@custom_vmap
def _of_lanes(weights: Weights, steps: Steps, before: Before) -> Gradients:
    """Of all lanes: see `_call`. Mapped, there are as many times more."""
    return _call(weights, steps, before)


@_of_lanes.def_vmap
def _(size: int, mapped: Any, weights: Weights, steps: Steps, before: Before) -> tuple[Gradients, Any]:
    """Networks side by side, each with weights of its own, and episodes side by side that share them, however they are
    mapped. JAX leads with what is mapped; a loop over time leaves the time in front, and so the call wants it."""
    steps, before = _all_mapped(size, mapped[1:], (steps, before))
    if any(jax.tree.leaves(mapped[0])) or len(weights[0]) > 1:  # else all share those of one network
        weights = _lanes_joined(_all_mapped(size, mapped[:1], (weights,)))[0]
    time_first = jax.vmap(_lanes_joined, in_axes=1)(steps)
    gradients = _of_lanes(weights, time_first, _lanes_joined(before))
    lanes_each = before[0].shape[1]
    return tuple(one.reshape(size, lanes_each, *one.shape[1:]) for one in gradients), (True,) * len(gradients)


def _all_mapped(size: int, mapped: Any, trees: Any) -> Any:
    """With the same lane before every leaf, where there was none."""
    leaves, structure = jax.tree.flatten(trees)
    return structure.unflatten(
        leaf if has_lane else jnp.broadcast_to(leaf, (size, *leaf.shape))
        for leaf, has_lane in zip(leaves, jax.tree.leaves(mapped), strict=True)
    )


def _lanes_joined(trees: Any) -> Any:
    """The first two axes of every leaf as one."""
    return jax.tree.map(lambda leaf: leaf.reshape(leaf.shape[0] * leaf.shape[1], *leaf.shape[2:]), trees)


def _call(weights: Weights, steps: Steps, before: Before) -> Gradients:
    """Of all lanes. Weights lead with the network, which as many lanes in turn share as there are more of these; steps
    lead with time and lane, and what was before with the lane."""
    (kernel, heads), (_, c, _, x, _) = weights, steps
    num_lanes, num_units = c.shape[1:]
    native_code = native.lstm_backward(x.shape[-1], num_units)
    assert native_code is not None  # as `fastest_gradient` has seen
    shapes = (kernel.shape[1:], kernel.shape[2:], heads.shape[1:], (num_units,), (num_units,))
    results = [jax.ShapeDtypeStruct((num_lanes, *shape), jnp.float32) for shape in shapes]
    room = jax.ShapeDtypeStruct((native_code.space,), jnp.float32)
    *gradients, _ = jax.ffi.ffi_call(native_code.target, (*results, room))(kernel, heads, *steps, *before)
    return tuple(gradients)
