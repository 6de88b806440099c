"""A critic, and an actor that is taught by the critic's prediction error alone."""

from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from prefrontal.agents.base import AbstractTappedAgent, AgentInput, AgentOutput, Tap
from prefrontal.agents.cells import AbstractCell, AbstractCellState, make_cell
from prefrontal.agents.encoders import AbstractEncoder, PlainEncoder
from prefrontal.agents.recurrent import columns_of_norm
from prefrontal.configs.actor_critic import ActorCriticConfig
from prefrontal.runs.arrays import UNNAMED
from prefrontal.tasks.base import AbstractTask


class Network(eqx.Module):
    """One recurrent cell and the state it starts an episode in."""

    cell: AbstractCell = eqx.field(metadata=UNNAMED)
    initial_state: AbstractCellState | None
    """Learned, or None for zero."""

    def __init__(self, config: ActorCriticConfig, num_inputs: int, num_units: int, key: PRNGKeyArray):
        self.cell = make_cell(
            config.cell,
            num_inputs,
            num_units,
            initialiser=config.kernel_initialiser,
            forget_bias=config.forget_bias,
            key=key,
        )
        self.initial_state = self.cell.init() if config.initial_state == "learned" else None

    def init(self) -> AbstractCellState:
        """The state that every episode starts in."""
        return self.initial_state or self.cell.init()


class ActorCriticState(eqx.Module):
    """Memory of both networks, and what the critic expected a step ago."""

    actor: AbstractCellState
    critic: AbstractCellState
    value: Float[Array, "*axes"]


class ActorCriticAgent(AbstractTappedAgent):
    r"""Two recurrent networks, LSTMs unless told otherwise. The critic sees the observation o_t, the last reward and
    the last action, and values the state; the actor sees the observation, the last action, and in place of the reward
    the critic's prediction error:

        V_t     = critic(o_t, r_{t-1}, a_{t-1})
        delta_t = r_{t-1} + gamma V_t - V_{t-1},     delta_0 = 0
        pi_t    = actor(o_t, delta_t, a_{t-1})

    The prediction error is to the actor what a dopamine signal would be: an input, which can be manipulated without
    touching the critic. No gradient of the policy reaches the critic through it.

    Signals to tap: `"prediction_error"`, shape (), and `"activity"`, the units of the actor and then of the critic.

    Differs from the paper: the paper does not say whether the policy's gradient reaches the critic.

    Reference:
        Wang et al. (2018), Nat Neurosci 21:860, Methods, Simulation 6.

    Example:
        >>> config = pf.ActorCriticConfig(actor_size=2, critic_size=2)
        >>> type(config.make(task, jax.random.key(0))).__name__
        'ActorCriticAgent'
    """

    actor: Network
    critic: Network
    policy: Float[Array, "unit action"]
    policy_bias: Float[Array, " action"] | None
    value: Float[Array, " unit"]
    value_bias: Float[Array, ""] | None
    encoder: AbstractEncoder
    """Makes the input of both networks, each of what it sees."""
    discount: float = eqx.field(static=True)

    def __init__(self, config: ActorCriticConfig, task: AbstractTask, *, key: PRNGKeyArray):
        actor_key, critic_key, policy_key, value_key = jax.random.split(key, 4)
        self.encoder = PlainEncoder(task)
        self.actor = Network(config, self.encoder.size, config.actor_size, actor_key)
        self.critic = Network(config, self.encoder.size, config.critic_size, critic_key)
        self.policy = columns_of_norm(config.policy_scale, policy_key, (config.actor_size, task.num_actions))
        self.value = columns_of_norm(config.value_scale, value_key, (config.critic_size,))
        self.policy_bias = jnp.zeros(task.num_actions) if config.head_bias else None
        self.value_bias = jnp.zeros(()) if config.head_bias else None
        self.discount = config.discount

    def init(self) -> ActorCriticState:
        return ActorCriticState(actor=self.actor.init(), critic=self.critic.init(), value=jnp.zeros(()))

    def run(self, inputs: AgentInput, state: ActorCriticState, tap: Tap) -> tuple[AgentOutput, ActorCriticState]:
        num_actor, num_critic = len(state.actor.h), len(state.critic.h)
        critic = self.critic.cell(self.encoder(inputs), state.critic)
        # The critic answers before the actor does, so that the activity is tapped once for each.
        critic_h = tap("activity", jnp.concatenate([jnp.zeros(num_actor), critic.h]))[num_actor:]
        value = critic_h @ self.value
        if self.value_bias is not None:
            value = value + self.value_bias

        error = inputs.previous_reward + self.discount * value - state.value
        error = jax.lax.stop_gradient(jnp.where(inputs.step == 0, 0.0, error))
        error = tap("prediction_error", error)
        actor = self.actor.cell(self.encoder(replace(inputs, previous_reward=error)), state.actor)
        actor_h = tap("activity", jnp.concatenate([actor.h, jnp.zeros(num_critic)]))[:num_actor]
        logits = actor_h @ self.policy
        if self.policy_bias is not None:
            logits = logits + self.policy_bias

        output = AgentOutput(logits=logits, value=value, activity=jnp.concatenate([actor_h, critic_h]))
        memory = ActorCriticState(actor=replace(actor, h=actor_h), critic=replace(critic, h=critic_h), value=value)
        return output, memory
