"""The parameters of the recurrent actor-critic."""

from dataclasses import dataclass, field
from typing import ClassVar, Literal, get_args

from prefrontal.configs.base import LATER, LazyAgentConfig
from prefrontal.errors import UserError, check_choice, check_count, check_not_negative

InitialState = Literal["learned", "zero"]
TimeInput = Literal["none", "raw", "normalised"]
FirstAction = Literal["none", "first"]
CellName = Literal["lstm", "gru", "rnn"]
FittedCellName = Literal["lstm", "gru", "rnn", "sgru"]
"""Those of networks that are fitted to choices: a switching GRU has weights for each kind of trial."""
EncoderName = Literal["none", "mlp", "conv"]
KernelInitialiser = Literal["glorot-uniform", "lecun-normal", "orthogonal"]


@dataclass(frozen=True)
class RecurrentConfig(LazyAgentConfig):
    """The LSTM actor-critic of Wang et al. (2018), Methods. What the papers leave open is an option here."""

    makes: ClassVar[str] = "prefrontal.agents.recurrent:RecurrentAgent"

    hidden_size: int = 48
    """Recurrent units."""
    cell: CellName = field(default="lstm", metadata=LATER)
    """What the units are: an LSTM (Wang et al. 2018), a GRU (Cho et al. 2014), or an RNN without gates (tanh)."""
    encoder: EncoderName = field(default="none", metadata=LATER)
    """What makes features of an observation before the units see it, trained with them: nothing; an mlp (layers of ReLU
    on all its numbers); or a conv (convolutions with ReLU, then such layers), for pictures. Last action and reward join
    after it."""
    encoder_layers: tuple[int, ...] = field(default=(256,), metadata=LATER)
    """Units of each layer of an mlp, which may have none and then shows all numbers in a row, bytes as -1 to 1; or of
    each one after a conv's convolutions. (Wang et al. 2018 do not state theirs;
    mtrazzi/meta_rl has 256.)"""
    conv_channels: tuple[int, ...] = field(default=(16, 32), metadata=LATER)
    """Channels of each convolution (not stated in the papers; mtrazzi/meta_rl: 16, 32)."""
    conv_kernels: tuple[int, ...] = field(default=(8, 4), metadata=LATER)
    """Width of each convolution's window, in pixels or places of the layer before; a multiple of its stride."""
    conv_strides: tuple[int, ...] = field(default=(4, 2), metadata=LATER)
    """Step of each convolution's window, in the same."""
    initial_state: InitialState = "learned"
    """State at the start of an episode: learned with the weights (Wang et al. 2018), or zero."""
    time_input: TimeInput = "none"
    """Whether the step number is an input: none (Wang et al. 2018), raw (0, 1, 2, ...) or normalised (0 to 1)."""
    time_per_step: int = field(default=1, metadata=LATER)
    """What each step adds to the raw time input. (mtrazzi/two-step-task counts two stages a trial, also where a trial
    is one step.)"""
    first_previous_action: FirstAction = field(default="none", metadata=LATER)
    """What the network is shown as its last action on the first step: none (all zeros), or the first action, as if it
    had been taken (mtrazzi/two-step-task)."""
    head_bias: bool = True
    """Whether the policy and the value have a bias (not stated in the papers)."""
    kernel_initialiser: KernelInitialiser = "glorot-uniform"
    """Initial recurrent weights (not stated in the papers)."""
    forget_bias: float = 1.0
    """Initial bias of the gate that keeps what is remembered: an LSTM's forget gate, a GRU's update gate (not stated in
    the papers)."""
    policy_scale: float = 0.01
    """Norm of each initial column of the policy's weights (not stated in the papers)."""
    value_scale: float = 1.0
    """Norm of the initial value weights (not stated in the papers)."""

    def __post_init__(self) -> None:
        check_count("hidden_size", self.hidden_size)
        check_cell(self.cell, self.forget_bias)
        for name in ENCODER_SIZES:
            object.__setattr__(self, name, tuple(getattr(self, name)))  # from a file they come as lists
        check_encoder(self)
        check_choice("initial_state", self.initial_state, get_args(InitialState))
        check_choice("time_input", self.time_input, get_args(TimeInput))
        check_count("time_per_step", self.time_per_step)
        check_choice("first_previous_action", self.first_previous_action, get_args(FirstAction))
        check_choice("kernel_initialiser", self.kernel_initialiser, get_args(KernelInitialiser))
        check_not_negative("policy_scale", self.policy_scale)
        check_not_negative("value_scale", self.value_scale)


ENCODER_SIZES = ("encoder_layers", "conv_channels", "conv_kernels", "conv_strides")
"""The fields of `RecurrentConfig` that say how large an encoder is."""


def check_encoder(config: RecurrentConfig) -> None:
    """Refuse an encoder that there is not, sizes for one that is not there, and sizes that do not fit each other.

    Raises:
        UserError: when there are such.
    """
    check_choice("encoder", config.encoder, get_args(EncoderName))
    of_conv = ENCODER_SIZES[1:]
    unused = {"none": ENCODER_SIZES, "mlp": of_conv, "conv": ()}[config.encoder]
    for name in ENCODER_SIZES:
        sizes = getattr(config, name)
        if name in unused and sizes != getattr(RecurrentConfig, name):
            need = "an mlp or a conv" if name == "encoder_layers" else "a conv"
            raise UserError(
                f"`{name}` must go with {need} as the encoder, got {config.encoder}. Leave one of them out."
            )
        for size in sizes:
            check_count(name, size)
    layers = {name: len(getattr(config, name)) for name in of_conv}
    if len(set(layers.values())) > 1 or not config.conv_channels:
        told = ", ".join(f"{number} in {name}" for name, number in layers.items())
        raise UserError(f"`conv_channels` must have a size for every convolution, as the others do, got {told}.")
    for kernel, stride in zip(config.conv_kernels, config.conv_strides, strict=True):
        if kernel % stride:
            raise UserError(
                f"`conv_kernels` must be multiples of `conv_strides`, got {kernel} with {stride}. Change one of them."
            )


def check_cell(cell: str, forget_bias: float) -> None:
    """Refuse a cell that there is not, or a bias for a gate that it has not.

    Raises:
        UserError: when there is none.
    """
    check_choice("cell", cell, get_args(CellName))
    if cell == "rnn" and forget_bias != RecurrentConfig.forget_bias:
        raise UserError(
            f"`forget_bias` must be left out for an rnn, which has no gates, got {forget_bias}. Leave it out, or take "
            "an lstm or a gru."
        )
