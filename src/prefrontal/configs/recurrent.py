"""The parameters of the recurrent actor-critic."""

from dataclasses import dataclass, field
from typing import ClassVar, Literal, get_args

from prefrontal.configs.base import LATER, LazyAgentConfig
from prefrontal.errors import UserError, check_choice, check_count, check_not_negative

InitialState = Literal["learned", "zero"]
TimeInput = Literal["none", "raw", "normalised"]
FirstAction = Literal["none", "first"]
CellName = Literal["lstm", "gru", "rnn"]
KernelInitialiser = Literal["glorot-uniform", "lecun-normal", "orthogonal"]


@dataclass(frozen=True)
class RecurrentConfig(LazyAgentConfig):
    """The LSTM actor-critic of Wang et al. (2018), Methods. What the papers leave open is an option here."""

    makes: ClassVar[str] = "prefrontal.agents.recurrent:RecurrentAgent"

    hidden_size: int = 48
    """Recurrent units."""
    cell: CellName = field(default="lstm", metadata=LATER)
    """What the units are: an LSTM (Wang et al. 2018), a GRU (Cho et al. 2014), or an RNN without gates (tanh)."""
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
        check_choice("initial_state", self.initial_state, get_args(InitialState))
        check_choice("time_input", self.time_input, get_args(TimeInput))
        check_count("time_per_step", self.time_per_step)
        check_choice("first_previous_action", self.first_previous_action, get_args(FirstAction))
        check_choice("kernel_initialiser", self.kernel_initialiser, get_args(KernelInitialiser))
        check_not_negative("policy_scale", self.policy_scale)
        check_not_negative("value_scale", self.value_scale)


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
