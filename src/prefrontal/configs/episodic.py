"""The parameters of the recurrent actor-critic with a memory for episodes."""

from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

from prefrontal.configs.base import LazyAgentConfig
from prefrontal.configs.recurrent import InitialState, KernelInitialiser, RecurrentConfig
from prefrontal.errors import UserError, check_choice, check_count, check_not_negative, check_number

WriteRule = Literal["episode-end", "rewarded", "every-steps"]
Recall = Literal["plain", "tanh"]


@dataclass(frozen=True)
class EpisodicConfig(LazyAgentConfig):
    """The LSTM actor-critic with a dictionary of past episodes, which a fifth gate brings back.

    The defaults are as others tell of Ritter et al. (2018), ICML: key the context, value the cell, written once at the
    end of every episode, the nearest one read, all of it forgotten after an epoch of 100 episodes.
    """

    makes: ClassVar[str] = "prefrontal.agents.episodic:EpisodicAgent"

    hidden_size: int = 48
    """LSTM units."""
    context_size: int = 20
    """The last so many entries of an observation are the context, which memories are kept and found by. Where all are
    zero none is shown, and nothing is read or written."""
    retrieval: bool = True
    """Whether memories are read. False: the control, the same network without a memory."""
    context_input: bool = True
    """Whether the LSTM is shown the context as well. False: it only serves to find memories, and the LSTM is shown
    zeros in its place."""
    recall: Recall = "plain"
    """What the gate lets in of a memory: the cell as it was kept (plain; Ritter et al. 2018), or its tanh (AlKhamissi
    et al. 2021)."""
    least_similarity: float = -1.0
    """The nearest memory is read when the cosine of its context and the one shown is at least this, -1 to 1. -1:
    always (Ritter et al. 2018)."""
    write: WriteRule = "episode-end"
    """When a memory is written: at the end of every episode (Ritter et al. 2018, ICML), at the end of those that pay
    more than `least_reward` (AlKhamissi et al. 2021), or every `write_every` steps, where a context is shown (as the
    two-step task needs: Ritter, Wang et al. 2018)."""
    least_reward: float = 0.0
    """What an episode has to pay more than, for the rule "rewarded"."""
    write_every: int = 1
    """Steps from one writing to the next, for the rule "every-steps"; counted from the start of an episode."""
    memory_size: int = 100
    """Memories that there is room for. When it is full the oldest goes."""
    memory_episodes: int = 100
    """The memory is emptied after so many episodes, an epoch. 1: every episode starts with an empty one."""
    reinstatement_bias: float = 0.0
    """Initial bias of the gate that lets memories in (not known to us)."""
    initial_state: InitialState = "learned"
    """State of the LSTM at the start of an episode: learned with the weights (Wang et al. 2018), or zero."""
    head_bias: bool = True
    """Whether the policy and the value have a bias (not stated in the papers)."""
    kernel_initialiser: KernelInitialiser = "glorot-uniform"
    """Initial recurrent weights (not stated in the papers)."""
    forget_bias: float = 1.0
    """Initial bias of the forget gate (not stated in the papers)."""
    policy_scale: float = 0.01
    """Norm of each initial column of the policy's weights (not stated in the papers)."""
    value_scale: float = 1.0
    """Norm of the initial value weights (not stated in the papers)."""

    def __post_init__(self) -> None:
        for name in ("hidden_size", "context_size", "write_every", "memory_size", "memory_episodes"):
            check_count(name, getattr(self, name))
        check_choice("recall", self.recall, get_args(Recall))
        check_choice("write", self.write, get_args(WriteRule))
        check_number("least_similarity", self.least_similarity)
        if not -1.0 <= self.least_similarity <= 1.0:
            raise UserError(f"`least_similarity` must be a cosine from -1 to 1, got {self.least_similarity}.")
        for name, rule in (("least_reward", "rewarded"), ("write_every", "every-steps")):
            if self.write != rule and getattr(self, name) != getattr(EpisodicConfig, name):
                raise UserError(
                    f'`{name}` must be left out unless `write` is "{rule}", got {getattr(self, name)}. Leave it out, '
                    "or take that rule."
                )
        check_choice("initial_state", self.initial_state, get_args(InitialState))
        check_choice("kernel_initialiser", self.kernel_initialiser, get_args(KernelInitialiser))
        check_not_negative("policy_scale", self.policy_scale)
        check_not_negative("value_scale", self.value_scale)

    @property
    def network(self) -> RecurrentConfig:
        """The same network without a memory."""
        return RecurrentConfig(
            hidden_size=self.hidden_size,
            initial_state=self.initial_state,
            head_bias=self.head_bias,
            kernel_initialiser=self.kernel_initialiser,
            forget_bias=self.forget_bias,
            policy_scale=self.policy_scale,
            value_scale=self.value_scale,
        )
