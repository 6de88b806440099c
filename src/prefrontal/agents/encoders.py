"""What a network is shown: an encoder makes one vector of all that an agent sees."""

from abc import abstractmethod
from dataclasses import replace

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from prefrontal.agents.base import AgentInput
from prefrontal.agents.features import AbstractFeatures, make_features
from prefrontal.configs.recurrent import FirstAction, RecurrentConfig, TimeInput
from prefrontal.errors import UserError, argument
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
        num_features: int | None = None,
    ):
        """
        Arguments:
            task: what is seen is that task's.
            time_input, time_per_step, first_previous_action: as in `RecurrentConfig`.
            num_features: length of what it is given in the observation's place. None: it is given the observation.

        Raises:
            UserError: when the observation it is given is no row of numbers.
        """
        if num_features is None:
            check_is_row(task)
            num_features = task.observation_size
        self.size = num_features + 1 + task.num_actions + (time_input != "none")
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


class FeatureEncoder(AbstractEncoder):
    """Features of the observation in its place, the rest as it is, beside them."""

    features: AbstractFeatures
    beside: PlainEncoder
    size: int = eqx.field(static=True)

    def __init__(self, features: AbstractFeatures, beside: PlainEncoder):
        """
        Arguments:
            features: what stands in the observation's place.
            beside: puts it beside the rest; made for as many features.
        """
        self.features, self.beside, self.size = features, beside, beside.size

    def __call__(self, inputs: AgentInput) -> Float[Array, " input"]:
        return self.beside(replace(inputs, observation=self.features(inputs.observation)))


def make_encoder(config: RecurrentConfig, task: AbstractTask, key: PRNGKeyArray) -> AbstractEncoder:
    """The untrained encoder that `config` describes, of what `task` shows.

    Arguments:
        config: a network's numbers.
        task: what it is to play.
        key: random key of its weights.

    Raises:
        UserError: when it is none for such observations.
    """
    features = make_features(config, task, key)
    beside = PlainEncoder(
        task,
        time_input=config.time_input,
        time_per_step=config.time_per_step,
        first_previous_action=config.first_previous_action,
        num_features=None if features is None else features.size,
    )
    return beside if features is None else FeatureEncoder(features, beside)


def check_is_row(task: AbstractTask) -> None:
    """Refuse a task whose observations are no rows of numbers, which need an encoder.

    Raises:
        UserError: when they are none.
    """
    shape, kind = task.observation_shape, jnp.dtype(task.observation_type)
    if len(shape) != 1 or kind != jnp.float32:
        raise UserError(
            f"`{type(task).__name__}` must show a row of numbers to an agent without an encoder, got {kind.name} of "
            f"shape {shape}. Take a recurrent agent with an encoder: {argument('agent.encoder')} conv, or mlp."
        )
