"""The recurrent actor-critic with a memory for episodes."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.ad_checkpoint import checkpoint_name
from jaxtyping import Array, Float, Int, PRNGKeyArray

from prefrontal.agents.base import AbstractStore, AbstractTappedAgent, AgentInput, AgentOutput, Tap
from prefrontal.agents.cells import LSTM, LSTMState
from prefrontal.agents.memory import Dictionary
from prefrontal.agents.recurrent import RecurrentAgent
from prefrontal.configs.episodic import EpisodicConfig, Recall, WriteRule
from prefrontal.errors import UserError
from prefrontal.runs.arrays import UNNAMED
from prefrontal.tasks.base import AbstractTask


class Past(AbstractStore):
    """What outlasts an episode, and what is noted in this one for it."""

    memory: Dictionary
    """By context, the cell of the LSTM as it was."""
    context: Float[Array, "*axes context"]
    """Last shown in this episode; zero: none was."""
    reward: Float[Array, "*axes"]
    """Of this episode so far."""
    episodes: Int[Array, "*axes"]
    """Since the memory was last emptied, this one not counted."""


class EpisodicState(eqx.Module):
    """Memory of the LSTM, and of the episodes before."""

    network: LSTMState
    past: Past


class EpisodicAgent(AbstractTappedAgent):
    r"""`RecurrentAgent` with a dictionary of cells, kept from episode to episode while the LSTM starts anew. A fifth
    gate, r, lets in what was kept in the context most like the present one. With s the logistic function, x the input,
    h' and c' output and cell before, i, f, o and g the gates and the content of an LSTM, and m the cell read,

        r = s([x, h'] W_r + b_r)
        c = f c' + i g + r m           (plain), or    c = f c' + i g + r tanh(m)    (tanh)
        h = o tanh(c)

    The context is the end of the observation. The cosine decides what is nearest; no gradient reaches what is kept or
    passes through it. What is written when is the `write` of `EpisodicConfig`. With `retrieval` off it is a
    `RecurrentAgent`, to the bit.

    Signals to tap: `"reinstatement"`, the gate r, and `"activity"`, h.

    The papers' full texts are not known to us: their equations are as they are told in later programs.

    References:
        Ritter et al. (2018), ICML, arXiv 1805.09692 (plain).
        AlKhamissi, ElNokrashy & Spranger (2021), arXiv 2104.02959 (tanh; memories of rewarded episodes alone).

    Example:
        >>> cued = pf.CuedBanditConfig(num_trials=5).make()
        >>> agent = pf.EpisodicConfig(hidden_size=4).make(cued, jax.random.key(0))
        >>> pf.evaluate_epochs(agent, cued, jax.random.key(1), num_epochs=2, num_episodes=3).reward.shape
        (2, 3, 5)
    """

    network: RecurrentAgent = eqx.field(metadata=UNNAMED)
    reinstatement_kernel: Float[Array, "input_and_unit unit"]
    """W_r."""
    reinstatement_bias: Float[Array, " unit"]
    context_size: int = eqx.field(static=True)
    context_input: bool = eqx.field(static=True)
    retrieval: bool = eqx.field(static=True)
    recall: Recall = eqx.field(static=True)
    least_similarity: float = eqx.field(static=True)
    write: WriteRule = eqx.field(static=True)
    least_reward: float = eqx.field(static=True)
    write_every: int = eqx.field(static=True)
    memory_size: int = eqx.field(static=True)
    memory_episodes: int = eqx.field(static=True)

    def __init__(self, config: EpisodicConfig, task: AbstractTask, *, key: PRNGKeyArray):
        """
        Arguments:
            config: the agent's numbers.
            task: what it is to play; the last `context_size` entries of what it shows are the context.
            key: random key of its weights. Those of an LSTM are as in a `RecurrentAgent` of this key.

        Raises:
            UserError: when the task shows less than a context, or has too few steps for anything to be written.
        """
        if task.observation_size < config.context_size:
            raise UserError(
                f"`context_size` must be at most the {task.observation_size} entries that the task shows, got "
                f"{config.context_size}. Give the number of entries, at the end of an observation, that tell the "
                "context."
            )
        if config.write == "every-steps" and config.write_every > task.num_steps:
            raise UserError(
                f"`write_every` must be at most the {task.num_steps} steps of an episode, got {config.write_every}: "
                "nothing would be written."
            )
        self.network = RecurrentAgent(config.network, task, key=key)
        units = config.hidden_size
        shape = (self.network.encoder.size + units, units)
        self.reinstatement_kernel = jax.nn.initializers.glorot_uniform()(jax.random.fold_in(key, 4), shape)
        self.reinstatement_bias = jnp.full(units, config.reinstatement_bias)
        self.context_size, self.context_input = config.context_size, config.context_input
        self.retrieval, self.recall, self.least_similarity = config.retrieval, config.recall, config.least_similarity
        self.write, self.least_reward, self.write_every = config.write, config.least_reward, config.write_every
        self.memory_size, self.memory_episodes = config.memory_size, config.memory_episodes

    def init(self) -> EpisodicState:
        network = self.network.init()
        assert isinstance(network, LSTMState)
        memory = Dictionary.empty(self.memory_size, self.context_size, self.reinstatement_bias.shape[0])
        return EpisodicState(network=network, past=self._noted(memory, jnp.zeros((), jnp.int32)))

    def restart(self, state: EpisodicState, inputs: AgentInput) -> EpisodicState:
        if not self.retrieval:
            return self.init()
        past, episodes = state.past, state.past.episodes + 1
        memory = past.memory
        if self.write != "every-steps":
            pays = past.reward + inputs.previous_reward > self.least_reward
            memory = memory.write(past.context, state.network.c, pays if self.write == "rewarded" else jnp.bool_(True))
        is_over = episodes >= self.memory_episodes
        network = self.network.init()
        assert isinstance(network, LSTMState)
        noted = self._noted(memory.emptied(is_over), jnp.where(is_over, 0, episodes))
        return EpisodicState(network=network, past=noted)

    def run(self, inputs: AgentInput, state: EpisodicState, tap: Tap) -> tuple[AgentOutput, EpisodicState]:
        context = inputs.observation[-self.context_size :]
        if not self.context_input:
            blank = inputs.observation.at[-self.context_size :].set(0.0)
            inputs = eqx.tree_at(lambda i: i.observation, inputs, blank)
        if not self.retrieval:
            output, network = self.network.run(inputs, state.network, tap)
            assert isinstance(network, LSTMState)
            return output, EpisodicState(network=network, past=state.past)
        cell = self.network.cell
        assert isinstance(cell, LSTM)
        past = state.past
        recalled = past.memory.read(context, self.least_similarity)
        if self.recall == "tanh":
            recalled = jnp.tanh(recalled)
        # Named, so that what is kept for the gradient of a step is what was read, and not all there was to read.
        recalled = checkpoint_name(jax.lax.stop_gradient(recalled), "recalled")
        seen = self.network.encoder(inputs)
        gate = jnp.concatenate([seen, state.network.h]) @ self.reinstatement_kernel + self.reinstatement_bias
        c, read = cell.remember(seen, state.network)
        c = c + tap("reinstatement", jax.nn.sigmoid(gate)) * recalled
        output, network = self.network.answer(cell.told(c, read), tap)
        assert isinstance(network, LSTMState)

        memory, is_shown = past.memory, jnp.any(context != 0)
        if self.write == "every-steps":
            is_time = (inputs.step + 1) % self.write_every == 0
            memory = memory.write(context, jax.lax.stop_gradient(network.c), is_time)
        past = Past(
            memory=memory,
            context=jnp.where(is_shown, context, past.context),
            reward=past.reward + inputs.previous_reward,
            episodes=past.episodes,
        )
        return output, EpisodicState(network=network, past=past)

    def _noted(self, memory: Dictionary, episodes: Array) -> Past:
        """At the start of an episode."""
        return Past(memory=memory, context=jnp.zeros(self.context_size), reward=jnp.zeros(()), episodes=episodes)
