"""Recurrent cells: the equations of one step of a network, and how their weights are drawn.

A cell has no batch, no time, and no opinion of what its input means: whoever runs it loops, maps, and assembles inputs.
"""

from abc import abstractmethod
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from prefrontal.configs.recurrent import FittedCellName, KernelInitialiser


class AbstractCellState(eqx.Module):
    """What a cell remembers from one step to the next."""

    h: eqx.AbstractVar[Float[Array, "*axes unit"]]
    """The units' output: what heads read, what is recorded as activity, and where a lesion acts."""


class LSTMState(AbstractCellState):
    """Memory of an LSTM: its output h and its cell c."""

    h: Float[Array, "*axes unit"]
    c: Float[Array, "*axes unit"]


class OutputState(AbstractCellState):
    """Memory of a cell that remembers its output alone."""

    h: Float[Array, "*axes unit"]


class AbstractCell(eqx.Module):
    """The next state of some units, given an input and their state. The gates of all have one matrix and one bias."""

    kernel: eqx.AbstractVar[Float[Array, "input_and_unit gate"]]
    """W: the rows of the inputs, then those of the units; the columns of one gate after the other."""
    bias: eqx.AbstractVar[Float[Array, " gate"]]
    num_gates: ClassVar[int]
    """Columns of the kernel for each unit."""
    keeping_gate: ClassVar[int | None]
    """Which of the gates keeps what the unit remembers; None where there is none."""

    @property
    def num_units(self) -> int:
        """Units."""
        return len(self.bias) // self.num_gates

    @abstractmethod
    def init(self) -> Any:
        """The state in which nothing is remembered: zero."""

    @abstractmethod
    def __call__(self, inputs: Float[Array, " input"], state: Any) -> Any:
        """The state after `inputs`.

        Arguments:
            inputs: what the units are shown, shape (I,).
            state: theirs before, a module with their output as `h`, shape (H,).

        Returns:
            A state of the same structure.
        """


class LSTM(AbstractCell):
    r"""Long short-term memory. With s the logistic function, x the input, h' and c' output and cell before,

        [z_i, z_f, z_g, z_o] = [x, h'] W + b
        c = s(z_f) c' + s(z_i) tanh(z_g)
        h = s(z_o) tanh(c)

    References:
        Hochreiter & Schmidhuber (1997), Neural Comput 9:1735.
        Gers, Schmidhuber & Cummins (2000), Neural Comput 12:2451 (the forget gate f).
    """

    kernel: Float[Array, "input_and_unit gate"]
    bias: Float[Array, " gate"]
    num_gates: ClassVar[int] = 4
    keeping_gate: ClassVar[int | None] = 1

    def init(self) -> LSTMState:
        return LSTMState(h=jnp.zeros(self.num_units), c=jnp.zeros(self.num_units))

    def __call__(self, inputs: Float[Array, " input"], state: LSTMState) -> LSTMState:
        return self.told(*self.remember(inputs, state))

    def given(self, inputs: Float[Array, " input"], state: LSTMState) -> Float[Array, " gate"]:
        """What the gates and the content are given: z_i, z_f, z_g and z_o, in a row."""
        return jnp.concatenate([inputs, state.h]) @ self.kernel + self.bias

    def remember(
        self, inputs: Float[Array, " input"], state: LSTMState
    ) -> tuple[Float[Array, " unit"], Float[Array, " unit"]]:
        """The cell after `inputs`, c, and what opens its output, z_o: between the two, more may come into the cell."""
        write, keep, content, read = jnp.split(self.given(inputs, state), 4)
        return jax.nn.sigmoid(keep) * state.c + jax.nn.sigmoid(write) * jnp.tanh(content), read

    def told(self, c: Float[Array, " unit"], read: Float[Array, " unit"]) -> LSTMState:
        """The state with the cell c, whose output z_o = `read` opens."""
        return LSTMState(h=jax.nn.sigmoid(read) * jnp.tanh(c), c=c)


class GRU(AbstractCell):
    r"""Gated recurrent unit. With s the logistic function, x the input and h' the output before,

        [z_r, z_u] = [x, h'] W_ru + b_ru,    r = s(z_r),    u = s(z_u)
        n = tanh([x, r h'] W_n + b_n)
        h = u h' + (1 - u) n

    Reference:
        Cho et al. (2014), EMNLP 1724, equations 5 to 8.
    """

    kernel: Float[Array, "input_and_unit gate"]
    """W_ru: the columns of r, then those of u."""
    bias: Float[Array, " gate"]
    content_kernel: Float[Array, "input_and_unit unit"]
    """W_n. An array of its own: cut out of one with the gates', it would be copied at every step."""
    content_bias: Float[Array, " unit"]
    num_gates: ClassVar[int] = 2
    keeping_gate: ClassVar[int | None] = 1

    def init(self) -> OutputState:
        return OutputState(h=jnp.zeros(self.num_units))

    def __call__(self, inputs: Float[Array, " input"], state: OutputState) -> OutputState:
        gates = jnp.concatenate([inputs, state.h]) @ self.kernel + self.bias
        reset, keep = jnp.split(jax.nn.sigmoid(gates), 2)
        content = jnp.concatenate([inputs, reset * state.h]) @ self.content_kernel + self.content_bias
        return OutputState(h=keep * state.h + (1 - keep) * jnp.tanh(content))


class SwitchingGRU(AbstractCell):
    r"""Gated recurrent unit that has weights of its own for each kind of input. With s the logistic function, h' the
    output before, and W^x the weights of the kind of x, which is one-hot,

        [z_r, z_u] = [1, h'] W_ru^x + b_ru,    r = s(z_r),    u = s(z_u)
        n = tanh([1, r h'] W_n^x + b_n)
        h = u h' + (1 - u) n

    The first row of W^x is what a GRU's input weights are, a bias for each kind: a GRU is one whose other rows are the
    same for all. Where x is not one-hot, W^x is the sum of all weights, times x.

    Reference:
        Ji-An, Benna & Mattar (2025), Nature 644:993 (switching GRU).
    """

    kernel: Float[Array, "input one_and_unit gate"]
    """W_ru: the columns of r, then those of u."""
    bias: Float[Array, " gate"]
    content_kernel: Float[Array, "input one_and_unit unit"]
    """W_n."""
    content_bias: Float[Array, " unit"]
    num_gates: ClassVar[int] = 2
    keeping_gate: ClassVar[int | None] = 1

    def init(self) -> OutputState:
        return OutputState(h=jnp.zeros(self.num_units))

    def __call__(self, inputs: Float[Array, " input"], state: OutputState) -> OutputState:
        kernel, content_kernel = (jnp.tensordot(inputs, leaf, 1) for leaf in (self.kernel, self.content_kernel))
        gates = kernel[0] + state.h @ kernel[1:] + self.bias
        reset, keep = jnp.split(jax.nn.sigmoid(gates), 2)
        content = content_kernel[0] + (reset * state.h) @ content_kernel[1:] + self.content_bias
        return OutputState(h=keep * state.h + (1 - keep) * jnp.tanh(content))


class VanillaRNN(AbstractCell):
    """The simplest recurrent network, without gates: h = tanh([x, h'] W + b), x the input and h' the output before.

    Reference:
        Elman (1990), Cogn Sci 14:179.
    """

    kernel: Float[Array, "input_and_unit gate"]
    bias: Float[Array, " gate"]
    num_gates: ClassVar[int] = 1
    keeping_gate: ClassVar[int | None] = None

    def init(self) -> OutputState:
        return OutputState(h=jnp.zeros(self.num_units))

    def __call__(self, inputs: Float[Array, " input"], state: OutputState) -> OutputState:
        return OutputState(h=jnp.tanh(jnp.concatenate([inputs, state.h]) @ self.kernel + self.bias))


def make_cell(
    name: FittedCellName,
    num_inputs: int,
    num_units: int,
    *,
    initialiser: KernelInitialiser,
    forget_bias: float,
    key: PRNGKeyArray,
) -> AbstractCell:
    """An untrained cell.

    Arguments:
        name: "lstm", "gru", "rnn" or "sgru", the switching GRU.
        num_inputs: length of its input, I.
        num_units: its units, H.
        initialiser: how its weights are drawn, all at once; those of a switching GRU for each kind of input by itself.
        forget_bias: first bias of the gate that keeps what is remembered; all others are zero.
        key: random key.
    """
    kind = {"lstm": LSTM, "gru": GRU, "rnn": VanillaRNN, "sgru": SwitchingGRU}[name]
    initialise = {
        "glorot-uniform": jax.nn.initializers.glorot_uniform(),
        "lecun-normal": jax.nn.initializers.lecun_normal(),
        "orthogonal": jax.nn.initializers.orthogonal(),
    }[initialiser]
    num_columns = kind.num_gates * num_units
    bias = jnp.zeros(num_columns)
    if kind.keeping_gate is not None:
        first = kind.keeping_gate * num_units
        bias = bias.at[first : first + num_units].set(forget_bias)
    if kind is SwitchingGRU:
        keys, shape = jax.random.split(key, num_inputs), (1 + num_units, num_columns + num_units)
        kernel = jax.vmap(lambda key: initialise(key, shape, jnp.float32))(keys)
        gates, content = jnp.split(kernel, [num_columns], axis=2)
        return SwitchingGRU(gates, bias, content, jnp.zeros(num_units))
    kernel = initialise(key, (num_inputs + num_units, num_columns + (kind is GRU) * num_units), jnp.float32)
    if kind is GRU:
        gates, content = jnp.split(kernel, [num_columns], axis=1)
        return GRU(gates, bias, content, jnp.zeros(num_units))
    return kind(kernel, bias)
