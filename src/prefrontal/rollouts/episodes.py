"""Agents playing tasks: one episode, on its own or replayed."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Key, PRNGKeyArray, Shaped

from prefrontal.agents.base import AbstractAgent, AgentInput, AgentOutput, AgentState
from prefrontal.errors import UserError
from prefrontal.rollouts.contracts import check_contracts
from prefrontal.rollouts.hoisting import hoisted_scan
from prefrontal.tasks.base import AbstractTask, Event, State


class Trajectory(eqx.Module):
    """What happened, step by step. Leaves lead with *axes: (T,) after `rollout`, (B, T) when mapped over episodes,
    (S, B, T) over seeds. `reward[t]` is paid for `action[t]`, and `logits[t]` and `value[t]` come before both.

    Example:
        >>> played = pf.evaluate(agent, task, jax.random.key(0), num_episodes=2)
        >>> played.reward.shape, played.logits.shape
        ((2, 10), (2, 10, 2))
    """

    observation: Shaped[Array, "..."]
    """What the task showed before each action, (*axes, O); of a task that shows pictures, (*axes, *shape)."""
    action: Int[Array, "*axes"]
    """What the agent did, 0 to A - 1."""
    reward: Float[Array, "*axes"]
    """What the task paid for it; 0 once the episode is over."""
    logits: Float[Array, "*axes action"]
    """The policy that the action was drawn from, as unnormalised log-probabilities: their softmax is the policy."""
    value: Float[Array, "*axes"]
    """The discounted reward that the agent expected before the action."""
    activity: Float[Array, "*axes unit"]
    """What could be recorded in the agent: the units' output of a network, the variables of a model."""
    event: Event
    """The task's own record of each step, for analysis: the third thing that its `step` returns. `trial_table` makes a
    trial table of that of the two-step task."""
    active: Bool[Array, "*axes"]
    """Whether the episode still ran. Steps after its end are there, for all episodes to be of one length, and count for
    nothing: leave them out, as in `reward[active]`."""

    def __repr__(self) -> str:
        shape = getattr(self.active, "shape", ())
        axes = ("time",) if len(shape) == 1 else ("episode", "time")[-len(shape) :] if len(shape) == 2 else ()
        steps = " x ".join(map(str, shape)) + " steps" + (f" ({' x '.join(axes)})" if axes else "")
        parts = [f"{name} {_shape(getattr(self, name))}" for name in type(self).__dataclass_fields__ if name != "event"]
        event = self.event
        names = list(event) if isinstance(event, dict) else list(getattr(type(event), "__dataclass_fields__", {}))
        return f"Trajectory of {steps}: {', '.join(parts)}\n  event: {', '.join(names) or _shape(event)}"


def _shape(value: Any) -> str:
    return str(tuple(getattr(value, "shape", ())))


class Situation(eqx.Module):
    """Where an episode stands between two steps."""

    task_state: State
    agent_state: AgentState
    inputs: AgentInput
    """What the agent sees next."""


Act = Callable[[AgentInput, AgentState], tuple[AgentOutput, AgentState, Any]]
"""An agent, and whatever else is wanted of each step."""


def begin(
    agent: AbstractAgent,
    task: AbstractTask,
    key: PRNGKeyArray,
    previous: State | None = None,
    agent_state: AgentState | None = None,
) -> Situation:
    """The situation at the start of an episode.

    Arguments:
        agent: the agent.
        task: the task.
        key: random key, of the problem.
        previous: the task's state at the end of the episode before. None: there was none.
        agent_state: what the agent starts in, see `AbstractAgent.restart`. None: its `init`.

    Raises:
        UserError: when the two do not fit each other (see `check_contracts`), or the task's episodes are longer than
            those that the agent is made for.
    """
    _check_length(agent, task.num_steps)
    check_contracts(agent, task)
    task_state = task.start(key, previous)
    inputs = AgentInput(
        observation=task.observe(task_state),
        previous_action=jnp.zeros(task.num_actions),
        previous_reward=jnp.zeros(()),
        step=jnp.zeros((), jnp.int32),
    )
    agent_state = agent.init() if agent_state is None else agent_state
    return Situation(task_state=task_state, agent_state=agent_state, inputs=inputs)


def remembers_episodes(agent: AbstractAgent) -> bool:
    """Whether an episode of `agent` may start otherwise than the first: known before anything runs, so that others pay
    nothing."""
    return type(agent).restart is not AbstractAgent.restart


def advance(
    act: Act, task: AbstractTask, situation: Situation, keys: Key[Array, " time"]
) -> tuple[Situation, Trajectory, Any]:
    """Play one step for each of `keys`.

    Arguments:
        act: the agent.
        task: the task.
        situation: where to go on from.
        keys: one random key a step, shape (T,).

    Returns:
        The situation after the last step; the steps' trajectory, (T,); and what else `act` gave, stacked over time.
    """

    def step(situation: Situation, key: PRNGKeyArray) -> tuple[Situation, tuple[Trajectory, Any]]:
        action_key, task_key = jax.random.split(key)
        output, agent_state, extra = act(situation.inputs, situation.agent_state)
        action = jax.random.categorical(action_key, output.logits)
        active = task.is_active(situation.task_state)
        task_state, reward, event = task.step(situation.task_state, action, task_key)
        task_state = jax.tree.map(lambda new, old: jnp.where(active, new, old), task_state, situation.task_state)
        reward = jnp.where(active, reward, 0.0)
        inputs = AgentInput(
            observation=task.observe(task_state),
            previous_action=jax.nn.one_hot(action, task.num_actions),
            previous_reward=reward,
            step=situation.inputs.step + 1,
        )
        record = Trajectory(
            observation=situation.inputs.observation,
            action=action,
            reward=reward,
            logits=output.logits,
            value=output.value,
            activity=output.activity,
            event=event,
            active=active,
        )
        return Situation(task_state=task_state, agent_state=agent_state, inputs=inputs), (record, extra)

    situation, (trajectory, extra) = hoisted_scan(step, situation, keys)
    return situation, trajectory, extra


def rollout(agent: AbstractAgent, task: AbstractTask, key: "PRNGKeyArray") -> Trajectory:
    """Let `agent` play one episode of `task`.

    Arguments:
        agent: the agent.
        task: the task.
        key: random key, of problem, actions and whatever is drawn in a step.

    Returns:
        The episode's trajectory; its leaves lead with time, (T,).

    Raises:
        UserError: when agent and task do not fit each other.

    Example:
        >>> pf.rollout(agent, task, jax.random.key(0)).reward.shape
        (10,)
    """
    begin_key, steps_key = jax.random.split(key)
    situation = begin(agent, task, begin_key)
    keys = jax.random.split(steps_key, task.num_steps)
    _, trajectory, _ = advance(lambda inputs, state: (*agent(inputs, state), None), task, situation, keys)
    return trajectory


def agent_inputs(
    observation: Shaped[Array, "time *observation"],
    action: Int[Array, " time"],
    reward: Float[Array, " time"],
    num_actions: int,
) -> AgentInput:
    """What an agent saw in one recorded episode, whoever played it; leaves lead with time, (T,).

    Arguments:
        observation: what was shown before each choice, (T, O), or (T, *shape) where pictures are.
        action: what was chosen, (T,).
        reward: what was paid for it, (T,).
        num_actions: actions to choose from, A.

    Returns:
        The inputs, for `replay`: past action and reward are shifted by a step, and zero at the first.

    Example:
        >>> inputs = pf.agent_inputs(jnp.ones((3, 1)), jnp.array([1, 0, 1]), jnp.array([0.0, 1.0, 1.0]), 2)
        >>> inputs.previous_reward.tolist()
        [0.0, 0.0, 1.0]
    """
    previous_action = jax.nn.one_hot(action, num_actions)
    return AgentInput(
        observation=observation,
        previous_action=jnp.concatenate([jnp.zeros((1, num_actions)), previous_action[:-1]]),
        previous_reward=jnp.concatenate([jnp.zeros(1), reward[:-1]]),
        step=jnp.arange(action.shape[0]),
    )


def replay(agent: AbstractAgent, inputs: AgentInput) -> AgentOutput:
    """Show `agent` a recorded episode step by step, as if the recorded choices had been its own.

    Arguments:
        agent: the agent.
        inputs: leaves lead with time, (T,); see `agent_inputs`.

    Returns:
        The agent's output at every step, (T,). The log-softmax of its logits at the recorded actions is the
        log-likelihood of these choices.

    Raises:
        UserError: when the episode is longer than those that the agent is made for.

    Example:
        >>> played = pf.rollout(agent, task, jax.random.key(0))
        >>> inputs = pf.agent_inputs(played.observation, played.action, played.reward, task.num_actions)
        >>> bool(jnp.allclose(pf.replay(agent, inputs).logits, played.logits, atol=1e-5))
        True
    """
    _check_length(agent, inputs.step.shape[0])

    def step(state: AgentState, step_inputs: AgentInput) -> tuple[AgentState, AgentOutput]:
        output, state = agent(step_inputs, state)
        return state, output

    _, outputs = jax.lax.scan(step, agent.init(), inputs)
    return outputs


def _check_length(agent: AbstractAgent, num_steps: int) -> None:
    """Agents that look their answers up know the episodes they were made for: `most_steps`."""
    most = getattr(agent, "most_steps", None)
    if most is not None and num_steps > most:
        raise UserError(
            f"`agent` must be made for episodes of {num_steps} steps, got one made for {most}. "
            f"Make it with num_trials={num_steps}."
        )
