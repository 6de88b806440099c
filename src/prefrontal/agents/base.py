"""The contract that every agent keeps: networks, cognitive models and ideal observers alike."""

from abc import abstractmethod
from collections.abc import Callable
from typing import Any

import equinox as eqx
from jaxtyping import Array, Float, Int, Shaped

AgentState = Any
GREEDY = 1e6
"""Inverse temperature that leaves only exact ties to chance."""
Tap = Callable[[str, Array], Array]
"""Given a signal's name and its value: the value to go on with."""


class AgentInput(eqx.Module):
    """All that an agent sees at one step. Past action and reward are what makes learning *within* the activity
    possible (Wang et al. 2018, Methods).

    Example:
        >>> sizes = task.observation_size, task.num_actions
        >>> first = pf.AgentInput(*map(jnp.zeros, sizes), jnp.zeros(()), jnp.int32(0))
        >>> output, memory = agent(first, agent.init())
        >>> output.logits.shape
        (2,)
    """

    observation: Shaped[Array, "..."]
    """What the task shows now, (*axes, O); of a task that shows pictures, (*axes, *shape)."""
    previous_action: Float[Array, "*axes action"]
    """The last action, one-hot; all zero on the first step of an episode."""
    previous_reward: Float[Array, "*axes"]
    """The last reward; zero on the first step."""
    step: Int[Array, "*axes"]
    """Steps taken in this episode so far, for agents that take time as an input."""


class AgentOutput(eqx.Module):
    """What an agent answers at one step.

    Example:
        >>> uniform = pf.AgentOutput(logits=jnp.zeros(2), value=jnp.zeros(()), activity=jnp.zeros(1))
        >>> jax.nn.softmax(uniform.logits).tolist()
        [0.5, 0.5]
    """

    logits: Float[Array, "*axes action"]
    """Unnormalised log-probability of each action."""
    value: Float[Array, "*axes"]
    """Expected discounted return from here."""
    activity: Float[Array, "*axes unit"]
    """What an experimenter could record: the units' output of a network, the variables of a model."""


class AbstractStore(eqx.Module):
    """A part of an agent's state that gradients neither reach nor pass: what it holds is data.

    Training carries no errors for it, which makes large ones cheap. Whoever reads out of it stops the gradient there:
    `jax.lax.stop_gradient`.
    """


class AbstractAgent(eqx.Module):
    """A policy with memory. It has no batch axis; whoever runs it maps over episodes and over agents.

    Example:
        >>> class Sticky(pf.AbstractAgent):
        ...     "Does again what it did before."
        ...     def init(self):
        ...         return ()
        ...     def __call__(self, inputs, state):
        ...         return pf.AgentOutput(inputs.previous_action, jnp.zeros(()), jnp.zeros(1)), state
        >>> pf.rollout(Sticky(), task, jax.random.key(0)).action.shape
        (10,)
    """

    @abstractmethod
    def init(self) -> AgentState:
        """The state that every episode starts in. It may depend on learned parameters."""

    def restart(self, state: AgentState, inputs: AgentInput) -> AgentState:
        """The state that an episode starts in after another, for agents that remember more than one; that of `init`
        for all others.

        Only what is in an `AbstractStore` may differ from `init`, if the agent is to be trained: gradients know no
        other start than that.

        Arguments:
            state: the one in which the episode before ended.
            inputs: what the agent would have seen next in it: its last action, and what that brought.
        """
        return self.init()

    @abstractmethod
    def __call__(self, inputs: AgentInput, state: AgentState) -> tuple[AgentOutput, AgentState]:
        """Answer one input.

        Arguments:
            inputs: what the agent sees at this step.
            state: its memory of the steps before.

        Returns:
            The output for this step and the memory for the next.
        """


class AbstractTappedAgent(AbstractAgent):
    """An agent whose inner signals can be changed from outside while it runs; see `prefrontal.agents.interventions`.

    Every agent taps `"activity"`, what its `AgentOutput` will show. Some tap signals of their own.

    Example:
        >>> class Leaky(pf.AbstractTappedAgent):
        ...     "A unit for each action, which rewards excite, and which forgets."
        ...     def init(self):
        ...         return jnp.zeros(2)
        ...     def run(self, inputs, state, tap):
        ...         units = tap("activity", 0.9 * state + inputs.previous_reward * inputs.previous_action)
        ...         return pf.AgentOutput(units, units.sum(), units), units
        >>> lesioned = pf.silenced(Leaky(), jnp.array([True, False]))
        >>> float(pf.rollout(lesioned, task, jax.random.key(0)).activity[:, 0].max())
        0.0
    """

    @abstractmethod
    def run(self, inputs: AgentInput, state: AgentState, tap: Tap) -> tuple[AgentOutput, AgentState]:
        """Answer one input, with every inner signal passed through `tap` before anything is made of it.

        Arguments:
            inputs: what the agent sees at this step.
            state: its memory of the steps before.
            tap: what changes the signals. Activity has one shape at every call, that of `AgentOutput.activity`.

        Returns:
            The output for this step and the memory for the next.
        """

    def __call__(self, inputs: AgentInput, state: AgentState) -> tuple[AgentOutput, AgentState]:
        return self.run(inputs, state, lambda _, signal: signal)
