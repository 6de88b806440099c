"""The parameters of training and of the test that follows it."""

import math
from dataclasses import dataclass, field
from typing import Literal, get_args

from prefrontal.configs.base import LATER, short_repr
from prefrontal.errors import (
    UserError,
    check_choice,
    check_count,
    check_not_negative,
    check_positive,
    check_probability,
    check_seed,
)

Optimiser = Literal["rmsprop-tf1", "rmsprop-a3c", "adam"]


@dataclass(frozen=True)
class TrainConfig:
    """Advantage actor-critic. Defaults: Wang et al. (2018), Methods, where they state a value."""

    num_episodes: int = 10_000
    """Training episodes of each seed."""
    unroll: int | None = None
    """Steps of one update (t_max), at whose end the return is bootstrapped; a divisor of the episode's steps.
    None: one update an episode."""
    learning_rate: float = 7e-4
    """Step size at the start of training."""
    final_learning_rate: float | None = None
    """Step size at the end, reached linearly. None: constant."""
    discount: float = 0.9
    """Discount of future reward, gamma, 0 to 1."""
    value_cost: float = 0.05
    """Weight of the value loss, which is half the squared error: the paper's beta_v."""
    entropy_cost: float = 0.05
    """Weight of the policy's entropy, beta_e, at the start of training."""
    final_entropy_cost: float | None = None
    """Weight of the entropy at the end, reached linearly. None: constant."""
    optimiser: Optimiser = "rmsprop-tf1"
    """RMSProp, with epsilon under the root, or Adam.
    As in TensorFlow 1: mean square starts at one, decay .9, epsilon 1e-10.
    As in A3C (Mnih et al. 2016): mean square starts at zero, decay .99, epsilon .1.
    Adam (Kingma & Ba 2015): decay .9 of the mean, .999 of the mean square, epsilon 1e-8, outside the root."""
    rms_decay: float | None = None
    """Decay of the gradient's mean square, 0 to 1. None: the optimiser's own."""
    rms_epsilon: float | None = None
    """The optimiser's epsilon. None: the optimiser's own."""
    max_gradient_norm: float | None = None
    """The gradient is scaled down to this global norm. None: never."""
    episodes_per_update: int = field(default=1, metadata=LATER)
    """Episodes played with the same weights, over which the gradient of an update is averaged; divides the episodes."""
    average_last: float = field(default=0.0, metadata=LATER)
    """The trained weights are the mean of those after each episode of the last share of training, 0 to 1. 0: the
    weights at the end."""
    log_epsilon: float = field(default=0.0, metadata=LATER)
    """Added to the probabilities within the logarithms of the loss (mtrazzi/two-step-task: 1e-7)."""
    time_shift: int = field(default=0, metadata=LATER)
    """Steps by which the time input is ahead, when the gradient is taken, of what it was when acting
    (mtrazzi/two-step-task: 1). Other than 0 it costs a second pass through the network."""

    def __repr__(self) -> str:
        return short_repr(self)

    def __post_init__(self) -> None:
        check_count("num_episodes", self.num_episodes)
        if self.unroll is not None:
            check_count("unroll", self.unroll)
        check_count("episodes_per_update", self.episodes_per_update)
        if self.num_episodes % self.episodes_per_update:
            raise UserError(
                f"`num_episodes` must be a multiple of `episodes_per_update`, {self.episodes_per_update}, "
                f"got {self.num_episodes}. Change one of them."
            )
        check_probability("average_last", self.average_last)
        check_probability("discount", self.discount)
        check_choice("optimiser", self.optimiser, get_args(Optimiser))
        check_count("time_shift", self.time_shift, least=0)
        for name in ("learning_rate", "value_cost", "entropy_cost", "log_epsilon"):
            check_not_negative(name, getattr(self, name))
        for name in ("final_learning_rate", "final_entropy_cost"):
            if getattr(self, name) is not None:
                check_not_negative(name, getattr(self, name))
        if self.rms_decay is not None:
            check_probability("rms_decay", self.rms_decay)
        for name in ("rms_epsilon", "max_gradient_norm"):
            if getattr(self, name) is not None:
                check_positive(name, getattr(self, name))

    def unroll_for(self, num_steps: int) -> int:
        """Steps of one update in episodes of `num_steps` steps.

        Raises:
            UserError: when `unroll` does not divide the episode.
        """
        check_count("num_steps", num_steps)
        unroll = self.unroll or num_steps
        if num_steps % unroll:
            small = [d for d in range(1, math.isqrt(num_steps) + 1) if num_steps % d == 0]
            divisors = sorted({*small, *(num_steps // d for d in small)})
            near = sorted(sorted(divisors, key=lambda d: abs(d - unroll))[:3])
            raise UserError(
                f"`unroll` must divide the {num_steps} steps of an episode, got {unroll}. "
                f"Near it are {', '.join(map(str, near))}."
            )
        return unroll


@dataclass(frozen=True)
class TestConfig:
    """The test after training, with frozen weights."""

    __test__ = False  # not a pytest class

    num_episodes: int = 300
    """Test episodes of each seed (Wang et al. 2018, Simulation 4: 300)."""
    seed: int = 0
    """Seed of the test's own random numbers."""

    def __repr__(self) -> str:
        return short_repr(self)

    def __post_init__(self) -> None:
        check_count("num_episodes", self.num_episodes)
        check_seed("test.seed", self.seed)
