"""What a network is shown: an encoder makes one vector of all that an agent sees."""

from abc import abstractmethod

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from prefrontal.agents.base import AgentInput
from prefrontal.configs.recurrent import FirstAction, TimeInput
from prefrontal.tasks.base import AbstractTask


class AbstractEncoder(eqx.Module):
    """What stands between the world and a network's units. It may have weights of its own, which are then trained."""

    size: eqx.AbstractVar[int]
    """Length of the vector, I."""

    @abstractmethod
    def __call__(self, inputs: AgentInput) -> Float[Array, " input"]:
        """The vector that the units are shown, shape (I,)."""


class PlainEncoder(AbstractEncoder):
    """Everything as it is, in a row: observation, previous reward, previous action, and the time if wanted."""

    size: int = eqx.field(static=True)
    time_input: TimeInput = eqx.field(static=True)
    time_per_step: int = eqx.field(static=True)
    first_previous_action: FirstAction = eqx.field(static=True)
    num_steps: int = eqx.field(static=True)

    def __init__(
        self,
        task: AbstractTask,
        *,
        time_input: TimeInput = "none",
        time_per_step: int = 1,
        first_previous_action: FirstAction = "none",
    ):
        """
        Arguments:
            task: what is seen is that task's.
            time_input, time_per_step, first_previous_action: as in `RecurrentConfig`.
        """
        self.size = task.observation_size + 1 + task.num_actions + (time_input != "none")
        self.time_input = time_input
        self.time_per_step = time_per_step
        self.first_previous_action = first_previous_action
        self.num_steps = task.num_steps

    def __call__(self, inputs: AgentInput) -> Float[Array, " input"]:
        previous_action = inputs.previous_action
        if self.first_previous_action == "first":
            previous_action = previous_action.at[0].add(1 - jnp.sum(previous_action))
        parts = [inputs.observation, inputs.previous_reward[None], previous_action]
        if self.time_input == "normalised":
            parts.append((inputs.step / self.num_steps)[None])
        elif self.time_input == "raw":
            parts.append(jnp.float32(self.time_per_step * inputs.step)[None])
        return jnp.concatenate(parts)
