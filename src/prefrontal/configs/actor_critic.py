"""The parameters of the agent with a separate actor and critic."""

from dataclasses import dataclass, field
from typing import ClassVar, get_args

from prefrontal.configs.base import LATER, LazyAgentConfig
from prefrontal.configs.recurrent import CellName, InitialState, KernelInitialiser, check_cell
from prefrontal.configs.training import TrainConfig
from prefrontal.errors import UserError, check_choice, check_count, check_not_negative, check_probability


@dataclass(frozen=True)
class ActorCriticConfig(LazyAgentConfig):
    """Two LSTMs: a critic, and an actor that is told the critic's prediction error in place of the reward.

    Wang et al. (2018), Methods, Simulation 6. What the paper leaves open is an option here.
    """

    makes: ClassVar[str] = "prefrontal.agents.actor_critic:ActorCriticAgent"

    actor_size: int = 48
    """Recurrent units of the actor."""
    critic_size: int = 48
    """Recurrent units of the critic."""
    cell: CellName = field(default="lstm", metadata=LATER)
    """What the units of both are: an LSTM (Wang et al. 2018), a GRU (Cho et al. 2014), or an RNN without gates
    (tanh)."""
    discount: float = 0.9
    """Discount in the prediction error, 0 to 1. It must be that of training, --train.discount, and is unless given."""
    initial_state: InitialState = "learned"
    """State at the start of an episode: learned with the weights (Wang et al. 2018), or zero."""
    head_bias: bool = True
    """Whether the policy and the value have a bias (not stated in the paper)."""
    kernel_initialiser: KernelInitialiser = "glorot-uniform"
    """Initial recurrent weights (not stated in the paper)."""
    forget_bias: float = 1.0
    """Initial bias of the gates that keep what is remembered: an LSTM's forget gate, a GRU's update gate (not stated in
    the paper)."""
    policy_scale: float = 0.01
    """Norm of each initial column of the policy's weights (not stated in the paper)."""
    value_scale: float = 1.0
    """Norm of the initial value weights (not stated in the paper)."""

    def __post_init__(self) -> None:
        check_count("actor_size", self.actor_size)
        check_count("critic_size", self.critic_size)
        check_probability("discount", self.discount)
        check_cell(self.cell, self.forget_bias)
        check_choice("initial_state", self.initial_state, get_args(InitialState))
        check_choice("kernel_initialiser", self.kernel_initialiser, get_args(KernelInitialiser))
        check_not_negative("policy_scale", self.policy_scale)
        check_not_negative("value_scale", self.value_scale)


def check_discounts(agent: object, train: TrainConfig) -> None:
    """Refuse an actor and critic whose prediction error has another discount than the returns that teach them.

    Raises:
        UserError: when it has.
    """
    if isinstance(agent, ActorCriticConfig) and agent.discount != train.discount:
        raise UserError(
            f"`agent.discount` must be that of training, {train.discount:g}, got {agent.discount:g}. Leave it out, or "
            "give both the same."
        )
