"""Small recurrent networks that think in trials, to be fitted to the choices of people, animals and agents."""

from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray

from prefrontal.agents.base import AbstractTappedAgent, AgentInput, AgentOutput, Tap
from prefrontal.agents.cells import AbstractCell, AbstractCellState, make_cell
from prefrontal.agents.two_step.agent import TwoStepAgent, TwoStepMemory
from prefrontal.agents.two_step.base import AbstractTwoStepModel, Trial, one_hot
from prefrontal.configs.recurrent import FittedCellName
from prefrontal.configs.two_step import Encoding


class TwoStepNetwork(AbstractTwoStepModel):
    r"""A recurrent network of a few units in a cognitive model's place. With h the units' output, x the kind of the
    last trial, and a trial's first choice a, state s, second choice b,

        h <- cell(x, h),     h = 0 before the first trial
        log P(a = 1) / P(a = 0)         = h v + v0
        log P(b = 1 | s) / P(b = 0 | s) = h m_s + n_s

    x is one-hot: which of the kinds of trial it was, by first choice, state, second choice where there is one, and
    reward. A linear code of the four would leave the units to find their products, which is what the task is about.

    Reference:
        Ji-An, Benna & Mattar (2025), Nature 644:993 (networks of one to four units fitted to choices).

    Example:
        >>> network = pf.TwoStepNetwork("gru", 2, key=jax.random.key(0))
        >>> config = pf.TwoStepConfig(num_trials=10, encoding="trial")
        >>> player = pf.TwoStepNetworkAgent(network, config.encoding)
        >>> pf.rollout(player, config.make(), jax.random.key(1)).activity.shape
        (10, 2)
    """

    cell: AbstractCell
    first: Float[Array, " unit"]
    first_bias: Float[Array, ""]
    second: Float[Array, "unit state"] | None
    second_bias: Float[Array, " state"] | None
    second_options: int = eqx.field(static=True)

    def __init__(self, cell: FittedCellName, num_units: int, *, second_options: int = 1, key: PRNGKeyArray):
        """
        Arguments:
            cell: "gru", "lstm", "rnn" or "sgru", a switching GRU.
            num_units: recurrent units.
            second_options: options in a second-stage state, 1 or 2.
            key: random key of its weights.
        """
        cell_key, first_key, second_key = jax.random.split(key, 3)
        self.cell = make_cell(
            cell, 8 * second_options, num_units, initialiser="glorot-uniform", forget_bias=1.0, key=cell_key
        )
        deviation = num_units**-0.5
        self.first = deviation * jax.random.normal(first_key, (num_units,))
        self.first_bias = jnp.zeros(())
        self.second = deviation * jax.random.normal(second_key, (num_units, 2)) if second_options > 1 else None
        self.second_bias = jnp.zeros(2) if second_options > 1 else None
        self.second_options = second_options

    @property
    def readout(self) -> list[Array]:
        """The weights from units to choices."""
        return [self.first] if self.second is None else [self.first, self.second]

    def init(self) -> AbstractCellState:
        return self.cell.init()

    def choose(self, beliefs: AbstractCellState) -> tuple[Float[Array, "2"], Float[Array, ""]]:
        return _both(beliefs.h @ self.first + self.first_bias), jnp.zeros(())

    def choose_second(self, beliefs: AbstractCellState, state: Int[Array, ""]) -> Float[Array, " option"]:
        if self.second is None or self.second_bias is None:
            return jnp.zeros(1)
        return _both((beliefs.h @ self.second + self.second_bias) @ one_hot(state, 2))

    def learn(self, beliefs: AbstractCellState, trial: Trial) -> AbstractCellState:
        return self.cell(self.kind(trial), beliefs)

    def kind(self, trial: Trial) -> Float[Array, " kind"]:
        """x: 1 at the kind of `trial`, counted by first choice, then state, second choice and reward."""
        parts = [one_hot(trial.choice, 2), one_hot(trial.state, 2)]
        parts += [one_hot(trial.second_choice, 2)] if self.second_options > 1 else []
        parts += [jnp.stack([1 - trial.reward, trial.reward])]
        code = jnp.ones(1)
        for part in parts:
            code = jnp.outer(code, part).ravel()
        return code


def _both(log_odds: Float[Array, ""]) -> Float[Array, "2"]:
    return jnp.stack([-log_odds / 2, log_odds / 2])


class TwoStepNetworkAgent(AbstractTappedAgent):
    """A `TwoStepNetwork` that plays the two-step task in any encoding, as `TwoStepAgent` lets a cognitive model play.
    Activity: the units' output, which can be changed from outside.

    Example:
        >>> network = pf.TwoStepNetwork("gru", 2, key=jax.random.key(0))
        >>> config = pf.TwoStepConfig(num_trials=10)
        >>> lesioned = pf.silenced(pf.TwoStepNetworkAgent(network, config.encoding), [1])
        >>> float(jnp.abs(pf.rollout(lesioned, config.make(), jax.random.key(1)).activity[:, 1]).max())
        0.0
    """

    network: TwoStepNetwork
    encoding: Encoding = eqx.field(static=True)

    def init(self) -> TwoStepMemory:
        return self._player.init()

    def run(self, inputs: AgentInput, state: TwoStepMemory, tap: Tap) -> tuple[AgentOutput, TwoStepMemory]:
        output, state = self._player.answer(
            inputs, state, lambda beliefs: replace(beliefs, h=tap("activity", beliefs.h))
        )
        return replace(output, activity=state.beliefs.h), state

    @property
    def _player(self) -> TwoStepAgent:
        return TwoStepAgent(self.network, self.encoding)
