"""Lesions, clamps, noise and false signals: an agent that is an agent with something done to it."""

from collections.abc import Callable, Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from prefrontal.agents.base import AbstractAgent, AbstractTappedAgent, AgentInput, AgentOutput, AgentState, Tap
from prefrontal.configs.intervention import InterventionConfig
from prefrontal.errors import UserError
from prefrontal.tasks.base import AbstractTask

Rule = Callable[[AgentInput], Float[Array, ""]]
"""How much is added to a signal, given what the agent sees (before any of it is changed)."""


class Units(eqx.Module):
    """What is done to the units: those held have the given value, and the noise comes before that."""

    held: Bool[Array, " unit"]
    value: Float[Array, " unit"]
    noise: Float[Array, ""]
    """Standard deviation."""

    def __call__(self, activity: Float[Array, " unit"], key: PRNGKeyArray) -> Float[Array, " unit"]:
        if self.held.shape != activity.shape:
            raise UserError(
                f"`units` must be a truth value for each of the {activity.shape[0]} units, got {self.held.shape[0]}. "
                "Give the numbers of units, [3, 7], or true and false for all."
            )
        noisy = activity + self.noise * jax.random.normal(key, activity.shape)
        return jnp.where(self.held, self.value, noisy)


class Silence(eqx.Module):
    """The units of these numbers are zero."""

    units: tuple[int, ...] = eqx.field(static=True)

    def __call__(self, activity: Float[Array, " unit"], key: PRNGKeyArray) -> Float[Array, " unit"]:
        last = activity.shape[0] - 1
        if not all(0 <= unit <= last for unit in self.units):
            raise UserError(f"`units` must be numbers from 0 to {last}, got {list(self.units)}. Leave the others out.")
        return activity.at[jnp.array(self.units, int)].set(0.0)


class Intervention(eqx.Module):
    """All that is done to an agent. Numbers are arrays: many interventions run in one compiled program."""

    units: Units | Silence | None = None
    reward: Rule | None = None
    """Added to the last reward, as the agent sees it."""
    prediction_error: Rule | None = None
    """Added to the prediction error that the actor sees."""


class ShiftAfter(eqx.Module):
    """The rule that adds `by` after certain outcomes: those of `reward`, if it is a number, that `actions` brought.

    Reward and action are those of the step before; nothing is added at the first step of an episode.
    """

    by: Float[Array, ""]
    reward: Float[Array, ""]
    """NaN: any."""
    actions: Bool[Array, " action"]
    """Which actions count."""

    def __call__(self, inputs: AgentInput) -> Float[Array, ""]:
        acted = jnp.any((inputs.previous_action > 0) & self.actions)
        rewarded = jnp.isnan(self.reward) | jnp.isclose(inputs.previous_reward, self.reward)
        return jnp.where(acted & rewarded, self.by, 0.0)


class IntervenedState(eqx.Module):
    """The agent's memory, and the steps taken, which number the noise."""

    agent: AgentState
    step: Int[Array, ""]


class IntervenedAgent(AbstractTappedAgent):
    """`agent`, with `intervention` applied at every step, before anything is read out of what it changes.

    Held units stay held in the memory too: what an LSTM's other units and its next step get of a silenced unit is
    zero. Its cell goes on. An agent with something done to it is an agent: more can be done to it.
    """

    agent: AbstractAgent
    intervention: Intervention
    key: PRNGKeyArray
    """Of the noise of one episode: `evaluate` gives every episode its own."""

    def init(self) -> IntervenedState:
        return IntervenedState(agent=self.agent.init(), step=jnp.int32(0))

    def restart(self, state: IntervenedState, inputs: AgentInput) -> IntervenedState:
        # The count goes on: other noise in every episode.
        return IntervenedState(agent=self.agent.restart(state.agent, self._seen(inputs)), step=state.step)

    def run(self, inputs: AgentInput, state: IntervenedState, tap: Tap) -> tuple[AgentOutput, IntervenedState]:
        change, key = self.intervention, jax.random.fold_in(self.key, state.step)

        def changed(name: str, signal: Array) -> Array:
            if name == "activity" and change.units is not None:
                signal = change.units(signal, key)
            if name == "prediction_error" and change.prediction_error is not None:
                signal = signal + change.prediction_error(inputs)
            return tap(name, signal)

        seen = self._seen(inputs)
        if isinstance(self.agent, AbstractTappedAgent):
            output, memory = self.agent.run(seen, state.agent, changed)
        else:
            output, memory = self.agent(seen, state.agent)
        return output, IntervenedState(agent=memory, step=state.step + 1)

    def _seen(self, inputs: AgentInput) -> AgentInput:
        """What the agent sees in place of `inputs`."""
        change = self.intervention.reward
        if change is None:
            return inputs
        return eqx.tree_at(lambda i: i.previous_reward, inputs, inputs.previous_reward + change(inputs))

    def with_key(self, key: PRNGKeyArray) -> "IntervenedAgent":
        """The same with other noise, in it and in whatever it contains."""
        own, inner = jax.random.split(key)
        agent = self.agent.with_key(inner) if isinstance(self.agent, IntervenedAgent) else self.agent
        return IntervenedAgent(agent, self.intervention, own)


def intervened(agent: AbstractAgent, task: AbstractTask, config: InterventionConfig) -> IntervenedAgent:
    """`agent`, with what `config` describes done to it whenever it plays `task`.

    Arguments:
        agent: the agent.
        task: what it plays: it says which actions and signals there are.
        config: what is done: units silenced, clamped or made noisy, rewards or prediction errors shifted.

    Returns:
        An agent, which plays, is tested and is replayed as any other.

    Raises:
        UserError: see `make_intervention`.

    Example:
        >>> lesioned = pf.intervened(agent, task, pf.InterventionConfig(silence=(0,)))
        >>> played = pf.evaluate(lesioned, task, jax.random.key(0), num_episodes=2)
        >>> float(jnp.abs(played.activity[..., 0]).max())
        0.0
    """
    return IntervenedAgent(agent, make_intervention(config, agent, task), jax.random.key(0))


def done_alike(agent: AbstractAgent, other: AbstractAgent) -> AbstractAgent:
    """`other`, with what is done to `agent` done to it as well; nothing, where nothing is."""
    if not isinstance(agent, IntervenedAgent):
        return other
    return IntervenedAgent(done_alike(agent.agent, other), agent.intervention, agent.key)


def make_intervention(config: InterventionConfig, agent: AbstractAgent, task: AbstractTask) -> Intervention:
    """The intervention that `config` describes, for agents like `agent` on `task`.

    Raises:
        UserError: when the agent has no such unit or no such signal, or lets nobody change its units, or the task
            has no such action.
    """
    signals, num_actions, kind = tapped_signals(agent, task), task.num_actions, type(agent).__name__
    if config.changes_units and "activity" not in signals:
        raise UserError(f"`agent` must be one whose units can be changed, got a {kind}. Shift its reward instead.")
    if config.shift_prediction_error and "prediction_error" not in signals:
        raise UserError(
            f"`agent` must have a prediction error as an input to shift it, got a {kind}. Shift its reward instead."
        )
    num_units = signals.get("activity", (0,))[0]
    for name in ("silence", "clamp"):
        for unit in getattr(config, name):
            if unit >= num_units:
                raise UserError(f"`{name}` must name units from 0 to {num_units - 1}, got {unit}.")
    for action in config.when_action:
        if action >= num_actions:
            raise UserError(f"`when_action` must name actions from 0 to {num_actions - 1}, got {action}.")

    units = None
    if config.changes_units:
        held = jnp.zeros(num_units, bool).at[jnp.array([*config.silence, *config.clamp], int)].set(True)
        value = jnp.zeros(num_units).at[jnp.array(config.clamp, int)].set(config.clamp_value)
        units = Units(held=held, value=value, noise=jnp.float32(config.noise))

    def shift(by: float) -> ShiftAfter | None:
        if not by:
            return None
        actions = jnp.array([not config.when_action or a in config.when_action for a in range(num_actions)])
        reward = jnp.float32(jnp.nan if config.when_reward is None else config.when_reward)
        return ShiftAfter(by=jnp.float32(by), reward=reward, actions=actions)

    return Intervention(
        units=units, reward=shift(config.shift_reward), prediction_error=shift(config.shift_prediction_error)
    )


def tapped_signals(agent: AbstractAgent, task: AbstractTask) -> dict[str, tuple[int, ...]]:
    """The signals of `agent` that can be changed, and their shapes; none for an agent that lets nobody change them."""
    shapes: dict[str, tuple[int, ...]] = {}
    if not isinstance(agent, AbstractTappedAgent):
        return shapes

    def tap(name: str, signal: Array) -> Array:
        shapes[name] = signal.shape
        return signal

    def first_step(agent: AbstractTappedAgent, key: PRNGKeyArray) -> AgentOutput:
        inputs = AgentInput(
            observation=task.observe(task.start(key)),
            previous_action=jnp.zeros(task.num_actions),
            previous_reward=jnp.zeros(()),
            step=jnp.int32(0),
        )
        return agent.run(inputs, agent.init(), tap)[0]

    eqx.filter_eval_shape(first_step, agent, jax.random.key(0))
    return shapes


def silenced(
    agent: AbstractAgent, units: Bool[Array, " unit"] | Int[Array, " unit"] | np.ndarray | Sequence[int]
) -> IntervenedAgent:
    """`agent` without some of its units. Of truth values, which they are is not compiled in: map over many lesions at
    once.

    Arguments:
        agent: an agent whose units can be changed.
        units: (unit,), true for those that are silenced; or a list of their numbers, from 0.

    Returns:
        An agent, which plays, is tested and is replayed as any other.

    Raises:
        UserError: when the agent lets nobody change its units, or `units` are neither truth values nor numbers; and
            when it plays, if they are not a truth value for each of its units, or it has no unit of such a number.

    Example:
        >>> lesioned = pf.silenced(agent, [0])
        >>> played = pf.evaluate(lesioned, task, jax.random.key(0), num_episodes=2)
        >>> float(jnp.abs(played.activity[..., 0]).max())
        0.0
    """
    if not isinstance(agent, AbstractTappedAgent):
        raise UserError(
            f"`agent` must be one whose units can be changed, an AbstractTappedAgent, got a {type(agent).__name__}. "
            "Write `run(inputs, state, tap)` in place of `__call__`, and pass its activity through `tap`."
        )
    if isinstance(units, jax.Array) and units.dtype == bool:
        return IntervenedAgent(agent, Intervention(units=_nothing_of(units)), jax.random.key(0))
    given = np.asarray(units)
    if given.ndim != 1 or not (given.dtype == bool or np.issubdtype(given.dtype, np.integer) or not given.size):
        raise UserError(
            f"`units` must be numbers of units, or a truth value for each, got {str(units)[:60]}. Give those that are "
            "silenced: [3, 7]."
        )
    lesion = _nothing_of(jnp.asarray(given)) if given.dtype == bool else Silence(tuple(map(int, given)))
    return IntervenedAgent(agent, Intervention(units=lesion), jax.random.key(0))


def _nothing_of(held: Bool[Array, " unit"]) -> Units:
    return Units(held=held, value=jnp.zeros(held.shape), noise=jnp.zeros(()))
