"""The recurrent actor-critic of the papers."""

from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from prefrontal.agents.base import AbstractTappedAgent, AgentInput, AgentOutput, Tap
from prefrontal.agents.cells import AbstractCell, AbstractCellState, make_cell
from prefrontal.agents.encoders import AbstractEncoder, make_encoder
from prefrontal.configs.recurrent import RecurrentConfig
from prefrontal.runs.arrays import UNNAMED
from prefrontal.tasks.base import AbstractTask


class RecurrentAgent(AbstractTappedAgent):
    r"""One recurrent cell, an LSTM unless told otherwise, with a linear policy and a linear value on its output.

        x      = encoder(observation, previous reward, previous action, time if wanted)
        state  = cell(x, state'),     h the output in it (see `prefrontal.agents.cells`)
        logits = h P + p,     value = h v + q

    The activity is h.

    Reference:
        Wang et al. (2018), Nat Neurosci 21:860, Methods, "Architecture".

    Example:
        >>> network = pf.RecurrentAgent(pf.RecurrentConfig(hidden_size=2), task, key=jax.random.key(0))
        >>> pf.rollout(network, task, jax.random.key(1)).activity.shape
        (10, 2)
    """

    cell: AbstractCell = eqx.field(metadata=UNNAMED)
    policy: Float[Array, "unit action"]
    policy_bias: Float[Array, " action"] | None
    value: Float[Array, " unit"]
    value_bias: Float[Array, ""] | None
    initial_state: AbstractCellState | None
    """Learned, or None for zero."""
    encoder: AbstractEncoder

    def __init__(
        self,
        config: RecurrentConfig,
        task: AbstractTask,
        *,
        key: PRNGKeyArray,
        encoder: AbstractEncoder | None = None,
    ):
        """
        Arguments:
            config: the network's numbers.
            task: what it is to play.
            key: random key of its weights.
            encoder: what makes its input of what it sees. None: the one of `config`.

        Raises:
            UserError: when the encoder is none for what `task` shows.
        """
        kernel_key, policy_key, value_key, encoder_key = jax.random.split(key, 4)
        units = config.hidden_size
        self.encoder = encoder or make_encoder(config, task, encoder_key)
        self.cell = make_cell(
            config.cell,
            self.encoder.size,
            units,
            initialiser=config.kernel_initialiser,
            forget_bias=config.forget_bias,
            key=kernel_key,
        )
        self.policy = columns_of_norm(config.policy_scale, policy_key, (units, task.num_actions))
        self.value = columns_of_norm(config.value_scale, value_key, (units,))
        self.policy_bias = jnp.zeros(task.num_actions) if config.head_bias else None
        self.value_bias = jnp.zeros(()) if config.head_bias else None
        self.initial_state = self.cell.init() if config.initial_state == "learned" else None

    def init(self) -> AbstractCellState:
        return self.initial_state or self.cell.init()

    def run(self, inputs: AgentInput, state: AbstractCellState, tap: Tap) -> tuple[AgentOutput, AbstractCellState]:
        return self.answer(self.cell(self.encoder(inputs), state), tap)

    def answer(self, state: AbstractCellState, tap: Tap) -> tuple[AgentOutput, AbstractCellState]:
        """What is made of the cell's state after an input: the output, and the state to go on from; see `run`."""
        h = tap("activity", state.h)
        logits, value = h @ self.policy, h @ self.value
        if self.policy_bias is not None and self.value_bias is not None:
            logits, value = logits + self.policy_bias, value + self.value_bias
        return AgentOutput(logits=logits, value=value, activity=h), replace(state, h=h)


def columns_of_norm(norm: float, key: PRNGKeyArray, shape: tuple[int, ...]) -> Array:
    """Gaussian weights, each column scaled to `norm`.

    The barriers keep the three from becoming one, which rounds otherwise: compiled or not, an agent has the same bits.
    """
    weights = jax.lax.optimization_barrier(jax.random.normal(key, shape))
    length = jax.lax.optimization_barrier(jnp.linalg.norm(weights, axis=0))
    return jax.lax.optimization_barrier(norm * weights) / length
