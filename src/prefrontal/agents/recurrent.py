"""The LSTM actor-critic of the papers."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from prefrontal.agents.base import AbstractTappedAgent, AgentInput, AgentOutput, Tap
from prefrontal.configs.recurrent import FirstAction, KernelInitialiser, RecurrentConfig, TimeInput
from prefrontal.tasks.base import AbstractTask


class LSTMState(eqx.Module):
    """Memory of an LSTM: its output h and its cell c."""

    h: Float[Array, "*axes unit"]
    c: Float[Array, "*axes unit"]


class RecurrentAgent(AbstractTappedAgent):
    r"""One LSTM with a linear policy and a linear value on its output.

    With the input x = [observation, previous reward, previous action, time if wanted], s the logistic function, and
    the pre-activations [z_i, z_f, z_g, z_o] = [x, h'] W + b of the previous output h' and cell c':

        c = s(z_f) c' + s(z_i) tanh(z_g)
        h = s(z_o) tanh(c)
        logits = h P + p,     value = h v + q

    The activity is h.

    Reference:
        Wang et al. (2018), Nat Neurosci 21:860, Methods, "Architecture".
    """

    kernel: Float[Array, "input_and_unit gate"]
    """W: the rows of the inputs, then those of the units; the columns of the gates i, f, g, o."""
    bias: Float[Array, " gate"]
    policy: Float[Array, "unit action"]
    policy_bias: Float[Array, " action"] | None
    value: Float[Array, " unit"]
    value_bias: Float[Array, ""] | None
    initial_state: LSTMState | None
    """Learned, or None for zero."""
    time_input: TimeInput = eqx.field(static=True)
    time_per_step: int = eqx.field(static=True)
    first_previous_action: FirstAction = eqx.field(static=True)
    num_steps: int = eqx.field(static=True)

    def __init__(self, config: RecurrentConfig, task: AbstractTask, *, key: PRNGKeyArray):
        kernel_key, policy_key, value_key = jax.random.split(key, 3)
        units = config.hidden_size
        inputs = task.observation_size + 1 + task.num_actions + (config.time_input != "none")
        self.kernel, self.bias = initial_lstm(config.kernel_initialiser, config.forget_bias, inputs, units, kernel_key)
        self.policy = columns_of_norm(config.policy_scale, policy_key, (units, task.num_actions))
        self.value = columns_of_norm(config.value_scale, value_key, (units,))
        self.policy_bias = jnp.zeros(task.num_actions) if config.head_bias else None
        self.value_bias = jnp.zeros(()) if config.head_bias else None
        learned = config.initial_state == "learned"
        self.initial_state = LSTMState(h=jnp.zeros(units), c=jnp.zeros(units)) if learned else None
        self.time_input = config.time_input
        self.time_per_step = config.time_per_step
        self.first_previous_action = config.first_previous_action
        self.num_steps = task.num_steps

    def init(self) -> LSTMState:
        zero = jnp.zeros(self.value.shape)
        return self.initial_state or LSTMState(h=zero, c=zero)

    def run(self, inputs: AgentInput, state: LSTMState, tap: Tap) -> tuple[AgentOutput, LSTMState]:
        previous_action = inputs.previous_action
        if self.first_previous_action == "first":
            previous_action = previous_action.at[0].add(1 - jnp.sum(previous_action))
        parts = [inputs.observation, inputs.previous_reward[None], previous_action]
        if self.time_input == "normalised":
            parts.append((inputs.step / self.num_steps)[None])
        elif self.time_input == "raw":
            parts.append(jnp.float32(self.time_per_step * inputs.step)[None])
        h, c = lstm_step(self.kernel, self.bias, parts, state)
        h = tap("activity", h)
        logits, value = h @ self.policy, h @ self.value
        if self.policy_bias is not None and self.value_bias is not None:
            logits, value = logits + self.policy_bias, value + self.value_bias
        return AgentOutput(logits=logits, value=value, activity=h), LSTMState(h=h, c=c)


def lstm_step(
    kernel: Float[Array, "input_and_unit gate"], bias: Float[Array, " gate"], inputs: list[Array], state: LSTMState
) -> tuple[Float[Array, " unit"], Float[Array, " unit"]]:
    """The output h and the cell c that follow `state` and `inputs`; see `RecurrentAgent`."""
    write, keep, content, read = jnp.split(jnp.concatenate([*inputs, state.h]) @ kernel + bias, 4)
    c = jax.nn.sigmoid(keep) * state.c + jax.nn.sigmoid(write) * jnp.tanh(content)
    return jax.nn.sigmoid(read) * jnp.tanh(c), c


def initial_lstm(
    initialiser: KernelInitialiser, forget_bias: float, num_inputs: int, num_units: int, key: PRNGKeyArray
) -> tuple[Float[Array, "input_and_unit gate"], Float[Array, " gate"]]:
    """Kernel and bias of an untrained LSTM."""
    initialise = {
        "glorot-uniform": jax.nn.initializers.glorot_uniform(),
        "lecun-normal": jax.nn.initializers.lecun_normal(),
        "orthogonal": jax.nn.initializers.orthogonal(),
    }[initialiser]
    kernel = initialise(key, (num_inputs + num_units, 4 * num_units), jnp.float32)
    return kernel, jnp.zeros(4 * num_units).at[num_units : 2 * num_units].set(forget_bias)


def columns_of_norm(norm: float, key: PRNGKeyArray, shape: tuple[int, ...]) -> Array:
    """Gaussian weights, each column scaled to `norm`."""
    weights = jax.random.normal(key, shape)
    return norm * weights / jnp.linalg.norm(weights, axis=0)
