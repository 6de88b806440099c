"""The gradient of a loss with respect to an agent's parameters, with nothing in the loop that can be outside.

Backpropagation through time multiplies, at every step, an input by an error and adds the product to the gradient of
every weight. Here the loop over time carries only the error of the agent's state; the products are taken afterwards,
all steps in one, which is one matrix product for every weight matrix. It works for any agent:

    forward     (o_t, s_t) = f(w, x_t, s_{t-1}), linearised where it acts: the play and the linearisation are one loop
    backward    e_{t-1} = (df_t/ds)' (dL/do_t, e_t), a loop that carries one state's error
    gradient    dL/dw = sum_t (df_t/dw)' (dL/do_t, e_t), all steps at once

The errors e are the adjoint (or costate) of the agent's state. `plain_gradient` is what this must equal.
"""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key, PyTree

from prefrontal.agents.base import AbstractAgent, AbstractStore, AgentInput, AgentOutput, AgentState
from prefrontal.rollouts.episodes import Act, Situation, Trajectory, advance
from prefrontal.rollouts.hoisting import depends_on_inputs, time_scan
from prefrontal.tasks.base import AbstractTask

Parameters = PyTree
Heads = tuple[Float[Array, "time action"], Float[Array, " time"]]
Loss = Callable[[Heads, Trajectory, Situation], tuple[Float[Array, ""], Any]]
"""(logits, value), the trajectory and the situation at its end -> the loss and what else is wanted of it."""


class Unrolled(NamedTuple):
    """Some steps of play and what was learned from them."""

    gradient: Parameters
    """Of the loss, with respect to the agent's inexact arrays; an agent with None elsewhere."""
    situation: Situation
    """After the last step."""
    trajectory: Trajectory
    aux: Any
    """What else the loss gave."""


def unrolled_gradient(
    agent: AbstractAgent,
    task: AbstractTask,
    situation: Situation,
    keys: Key[Array, " time"],
    loss: Loss,
    *,
    starts: Any = False,
    time_shift: int = 0,
) -> Unrolled:
    """Play one step for each of `keys` and differentiate `loss`.

    Arguments:
        agent: the agent. What is not inexact in its state (a count of steps, say), or in an `AbstractStore`, takes no
            part in the gradient.
        task: the task.
        situation: where to go on from. The gradient does not reach back beyond it.
        keys: one random key a step, shape (T,).
        loss: of the steps' logits and values.
        starts: whether `situation` begins an episode (a bool, or a traced one). The agent's initial state then takes
            part in the gradient.
        time_shift: steps by which the time that the agent is told is ahead of what it was when acting. Other than 0,
            the steps are shown to the agent once more, and its answers then are what is differentiated.
    """
    parameters, rest = eqx.partition(agent, eqx.is_inexact_array)
    step = _LinearStep(parameters, rest, situation)

    if time_shift:
        start = situation.agent_state
        situation, trajectory, inputs = _play(agent, task, situation, keys)
        heads, residuals = _look_back(step.act, start, _later(inputs, time_shift))
    else:
        situation, trajectory, residuals = advance(step.act, task, situation, keys)
        heads = (trajectory.logits, trajectory.value)
    head_errors, aux = jax.grad(loss, has_aux=True)(heads, trajectory, situation)

    def backward(error: AgentState, at: tuple) -> tuple[AgentState, AgentState]:
        residuals, head_error = at
        return step.pull_state(residuals, head_error, error), error

    end = jax.tree.map(jnp.zeros_like, _inexact(situation.agent_state))
    initial_error, state_errors = time_scan(backward, end, (residuals, head_errors), reverse=True)
    gradient = step.pull_parameters(residuals, head_errors, state_errors)

    _, pull_initial = jax.vjp(lambda p: _inexact(eqx.combine(p, rest).init()), parameters)
    (initial_gradient,) = pull_initial(jax.tree.map(lambda e: jnp.where(starts, e, 0.0), initial_error))
    gradient = jax.tree.map(jnp.add, gradient, initial_gradient)
    return Unrolled(gradient=gradient, situation=situation, trajectory=trajectory, aux=aux)


class _LinearStep:
    """An agent's step and, beside it, its linearisation in the parameters and in the state."""

    def __init__(self, parameters: Parameters, rest: PyTree, situation: Situation):
        self._parameters = parameters
        self._rest = rest
        self._zero_parameters = jax.tree.map(jnp.zeros_like, parameters)
        self._zero_state = jax.tree.map(jnp.zeros_like, _inexact(situation.agent_state))
        example = jax.tree.map(jnp.zeros_like, (situation.inputs, situation.agent_state))
        traced = jax.make_jaxpr(lambda *at: self._linearise(*at)[2])(*example)
        self._varies: Sequence[bool] = depends_on_inputs(traced)
        *_, residuals, self._structure = self._linearise(*example)
        self._fixed = [None if varies else r for varies, r in zip(self._varies, residuals, strict=True)]

    def act(self, inputs: AgentInput, state: AgentState) -> tuple[AgentOutput, AgentState, list[Array]]:
        """Act, and keep what the linearisation at this step needs and does not have anyway."""
        output, state, residuals, _ = self._linearise(inputs, state)
        return output, state, [r for varies, r in zip(self._varies, residuals, strict=True) if varies]

    def pull_state(self, residuals: list[Array], head_error: Any, state_error: AgentState) -> AgentState:
        """Carry errors back through one step to the state before it."""
        transpose = jax.linear_transpose(
            lambda state: self._linear(residuals)(self._zero_parameters, state), self._zero_state
        )
        return transpose((head_error, state_error))[0]

    def pull_parameters(self, residuals: list[Array], head_errors: Any, state_errors: Any) -> Parameters:
        """Carry the errors of all steps to the parameters at once; arguments lead with time, (T,)."""

        def all_steps(parameters: Parameters) -> Any:
            return jax.vmap(lambda r: self._linear(r)(parameters, self._zero_state))(residuals)

        transpose = jax.linear_transpose(all_steps, self._parameters)
        return transpose((head_errors, state_errors))[0]

    def _linearise(self, inputs: AgentInput, state: AgentState) -> tuple[AgentOutput, AgentState, list[Array], Any]:
        state, exact = _divided(state)

        def step(parameters: Parameters, state: AgentState) -> tuple[Any, tuple[AgentOutput, AgentState]]:
            output, state = eqx.combine(parameters, self._rest)(inputs, eqx.combine(state, exact))
            state, exact_next = _divided(state)
            return ((output.logits, output.value), state), (output, exact_next)

        step = jax.checkpoint(step, prevent_cse=False, policy=_is_costly)
        (_, state), linear, (output, exact) = jax.linearize(step, self._parameters, state, has_aux=True)
        residuals, structure = jax.tree.flatten(linear)
        return output, eqx.combine(state, exact), residuals, structure

    def _linear(self, residuals: list[Array]) -> Callable[[Parameters, AgentState], Any]:
        varying = iter(residuals)
        leaves = [next(varying) if v else f for v, f in zip(self._varies, self._fixed, strict=True)]
        return jax.tree.unflatten(self._structure, leaves)


def _inexact(state: AgentState) -> AgentState:
    """What of a state errors can be carried back to; None elsewhere."""
    return _divided(state)[0]


def _divided(state: AgentState) -> tuple[AgentState, AgentState]:
    """A state in two: what errors can be carried back to, and the rest; None elsewhere."""

    def is_store(part: Any) -> bool:
        return isinstance(part, AbstractStore)

    wanted = jax.tree.map(lambda part: not is_store(part) and eqx.is_inexact_array(part), state, is_leaf=is_store)
    return eqx.partition(state, wanted)


def _is_costly(primitive: Any, *_: Any, **__: Any) -> bool:
    """What a step keeps for its linearisation: what takes long to compute, and what its agent names (see
    `jax.ad_checkpoint.checkpoint_name`).

    The rest is computed again from that and from the step's input, which costs less than to write it to memory and read
    it back.
    """
    return primitive.name in ("logistic", "tanh", "exp", "log", "name")


def plain_gradient(
    agent: AbstractAgent,
    task: AbstractTask,
    situation: Situation,
    keys: Key[Array, " time"],
    loss: Loss,
    *,
    starts: Any = False,
    time_shift: int = 0,
) -> Unrolled:
    """`unrolled_gradient` by ordinary automatic differentiation through time: slower, and the reference for it.

    The steps are played first and then shown to the agent again as recorded, so that actions and rewards are data.
    """
    start = situation
    situation, trajectory, inputs = _play(agent, task, situation, keys)
    inputs = _later(inputs, time_shift)
    parameters, rest = eqx.partition(agent, eqx.is_inexact_array)

    def loss_of(parameters: Parameters) -> tuple[Float[Array, ""], Any]:
        agent = eqx.combine(parameters, rest)
        state, rest_of_state = _divided(start.agent_state)
        state = jax.tree.map(lambda a, b: jnp.where(starts, a, b), _inexact(agent.init()), state)
        state = eqx.combine(state, rest_of_state)

        heads, _ = _look_back(lambda inputs, state: (*agent(inputs, state), None), state, inputs)
        return loss(heads, trajectory, situation)

    gradient, aux = jax.grad(loss_of, has_aux=True)(parameters)
    return Unrolled(gradient=gradient, situation=situation, trajectory=trajectory, aux=aux)


def _play(
    agent: AbstractAgent, task: AbstractTask, situation: Situation, keys: Key[Array, " time"]
) -> tuple[Situation, Trajectory, AgentInput]:
    """Play, and keep what the agent saw."""
    return advance(lambda inputs, state: (*agent(inputs, state), inputs), task, situation, keys)


def _look_back(act: Act, state: AgentState, inputs: AgentInput) -> tuple[Heads, Any]:
    """Show recorded `inputs`, (T,), once more; returns logits and values, and what else `act` gave."""

    def step(state: AgentState, inputs: AgentInput) -> tuple[AgentState, Any]:
        output, state, extra = act(inputs, state)
        return state, ((output.logits, output.value), extra)

    return jax.lax.scan(step, state, inputs)[1]


def _later(inputs: AgentInput, time_shift: int) -> AgentInput:
    return dataclasses.replace(inputs, step=inputs.step + time_shift)
