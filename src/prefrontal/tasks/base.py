"""The contract that every task keeps."""

import inspect
from abc import abstractmethod
from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray, Shaped

State = Any
Event = Any


class AbstractTask(eqx.Module):
    """A distribution over problems. One draw of a problem lasts one episode of `num_steps` steps.

    A task has no batch axis, keeps no count for analysis, and never resets itself: whoever runs it maps over
    episodes and starts each with `init`. Its state and its `Event` are immutable modules of fixed shapes.

    Example:
        >>> class Lever(pf.AbstractTask):
        ...     "The lever pays 1 when it is pulled, action 1."
        ...     num_actions: int = 2
        ...     observation_size: int = 1
        ...     num_steps: int = 5
        ...     def init(self, key):
        ...         return jnp.int32(0)
        ...     def observe(self, state):
        ...         return jnp.ones(1)
        ...     def step(self, state, action, key):
        ...         reward = (action == 1).astype(float)
        ...         return state + 1, reward, {"pulled": action == 1}
        >>> pf.check_task(Lever())
    """

    num_actions: eqx.AbstractVar[int]
    """Actions an agent chooses from, A."""
    observation_size: eqx.AbstractVar[int]
    """Numbers in an observation, O."""
    num_steps: eqx.AbstractVar[int]
    """Steps in an episode, T: an upper bound for tasks whose episodes vary in length (see `is_active`)."""

    @property
    def observation_shape(self) -> tuple[int, ...]:
        """Shape of an observation: a row of numbers, (O,), unless a task that shows pictures says otherwise."""
        return (self.observation_size,)

    @property
    def observation_type(self) -> Any:
        """Type of an observation's numbers: float32, unless a task that shows bytes says uint8."""
        return jnp.float32

    @abstractmethod
    def init(self, key: PRNGKeyArray, previous: State | None = None) -> State:
        """Draw a problem and return the state that an episode starts in.

        Arguments:
            key: random key.
            previous: the state in which the episode before ended, for tasks whose problem outlasts an episode.
                Others ignore it, and need not take it: `init(self, key)` will do.
        """

    def start(self, key: PRNGKeyArray, previous: State | None = None) -> State:
        """The state that an episode starts in, for whoever plays: `init`, which is given the state before if it takes
        one."""
        takes_it = len(inspect.signature(type(self).init).parameters) > len(("self", "key"))
        return self.init(key, previous) if takes_it else self.init(key)

    @abstractmethod
    def observe(self, state: State) -> Shaped[Array, "..."]:
        """What an agent sees in `state`, before it acts: of `observation_shape`, (O,) in most tasks."""

    @abstractmethod
    def step(self, state: State, action: Int[Array, ""], key: PRNGKeyArray) -> tuple[State, Float[Array, ""], Event]:
        """Take `action`.

        Arguments:
            state: the state acted in.
            action: the action, 0 to A - 1.
            key: random key.

        Returns:
            The next state; the reward paid for `action`; and a typed record of what happened, for analysis.
        """

    def is_active(self, state: State) -> Bool[Array, ""]:
        """Whether the episode still runs in `state`. Steps taken in an inactive state count for nothing. Tasks whose
        episodes all last `num_steps` steps need not write it."""
        return jnp.bool_(True)
