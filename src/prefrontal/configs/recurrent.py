"""The parameters of the recurrent actor-critic."""

from dataclasses import dataclass, field
from typing import Literal, get_args

from prefrontal.configs.base import LATER
from prefrontal.errors import check_choice, check_count, check_not_negative

InitialState = Literal["learned", "zero"]
TimeInput = Literal["none", "raw", "normalised"]
FirstAction = Literal["none", "first"]
KernelInitialiser = Literal["glorot-uniform", "lecun-normal", "orthogonal"]


@dataclass(frozen=True)
class RecurrentConfig:
    """The LSTM actor-critic of Wang et al. (2018), Methods. What the papers leave open is an option here."""

    hidden_size: int = 48
    """LSTM units."""
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
    """Initial LSTM weights (not stated in the papers)."""
    forget_bias: float = 1.0
    """Initial bias of the forget gate (not stated in the papers)."""
    policy_scale: float = 0.01
    """Norm of each initial column of the policy's weights (not stated in the papers)."""
    value_scale: float = 1.0
    """Norm of the initial value weights (not stated in the papers)."""

    def __post_init__(self) -> None:
        check_count("hidden_size", self.hidden_size)
        check_choice("initial_state", self.initial_state, get_args(InitialState))
        check_choice("time_input", self.time_input, get_args(TimeInput))
        check_count("time_per_step", self.time_per_step)
        check_choice("first_previous_action", self.first_previous_action, get_args(FirstAction))
        check_choice("kernel_initialiser", self.kernel_initialiser, get_args(KernelInitialiser))
        check_not_negative("policy_scale", self.policy_scale)
        check_not_negative("value_scale", self.value_scale)
