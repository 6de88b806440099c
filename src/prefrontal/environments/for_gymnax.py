"""The package's tasks in the form of gymnax, which many JAX agents play. Importing this module registers them all:

    import gymnax
    import prefrontal.environments.for_gymnax

    environment, params = gymnax.make("prefrontal/TwoStep-v0", num_trials=50)
    observation, state = environment.reset(key, params)
    observation, state, reward, terminated, truncated, info = environment.step(key, state, action, params)

Agents that take five values a step, as before gymnax 1, play `gymnax.wrappers.LegacyStepAPIWrapper(environment)`.
See docs/environments.md.
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct  # pyright: ignore[reportMissingImports]
from gymnax import registration  # pyright: ignore[reportMissingImports]
from gymnax.environments import environment, spaces  # pyright: ignore[reportMissingImports]
from jaxtyping import Array, PRNGKeyArray

from prefrontal.configs.base import TaskConfig
from prefrontal.environments.episode import (
    OBSERVATION,
    PREVIOUS_ACTION,
    PREVIOUS_REWARD,
    Episode,
    advance,
    begin,
    is_row,
    shown,
)
from prefrontal.environments.known import TASKS, environment_id, make_task
from prefrontal.tasks.base import AbstractTask


@struct.dataclass
class TaskState(environment.EnvState):
    """Where an episode stands."""

    episode: Episode
    time: Array  # pyright: ignore[reportIncompatibleVariableOverride]


@struct.dataclass
class TaskParams(environment.EnvParams):
    """A task, numbers and all: to play many forms of it at once, map over these."""

    task: Any = None
    max_steps_in_episode: Any = 1


class TaskEnvironment(environment.Environment[TaskState, TaskParams]):
    """A task in the form of gymnax 1.

    What is seen has the last reward and action in it, unless told otherwise. An episode ends as `terminated`, never as
    `truncated`; `info["event"]` is the task's record of the step. A problem that outlasts an episode goes on with the
    next one, which `step` begins by itself; `reset` begins anew.

    Example:
        >>> import gymnax, prefrontal.environments.for_gymnax
        >>> environment, params = gymnax.make("prefrontal/TwoStep-v0", num_trials=50)
        >>> observation, state = environment.reset(jax.random.key(0), params)
        >>> observation.shape
        (8,)
        >>> len(environment.step(jax.random.key(1), state, 2, params))
        6
    """

    def __init__(self, task: str | TaskConfig | AbstractTask = "TwoStep", *, past: bool = True, **numbers: Any):
        """
        Arguments:
            task: the task, its config, or its name.
            past: whether the last reward and action are shown beside the observation.
            numbers: fields of the task's config.

        Raises:
            UserError: when there is no such task, or not with such numbers.
        """
        self.task = make_task(task, numbers)
        self.past = past

    @property
    def default_params(self) -> TaskParams:
        return TaskParams(task=self.task, max_steps_in_episode=self.task.num_steps)

    @partial(jax.jit, static_argnames=("self",))
    def step(
        self, key: PRNGKeyArray, state: TaskState, action: Any, params: TaskParams | None = None
    ) -> tuple[Any, TaskState, Array, Array, Array, dict[Any, Any]]:
        """As gymnax' own, but that the task knows the episode before when the next one begins."""
        params = params or self.default_params
        step_key, reset_key = jax.random.split(key)
        last, after, reward, over, info = self.step_env(step_key, state, action, params)
        first, anew = self.reset_env(reset_key, params, after.episode.state)
        observation, state = jax.tree.map(lambda new, old: jnp.where(over, new, old), (first, anew), (last, after))
        truncated = jnp.bool_(False)
        info = {**info, "terminated": over, "truncated": truncated, "final_observation": last}
        return observation, state, reward, over, truncated, info

    def step_env(
        self, key: PRNGKeyArray, state: TaskState, action: Any, params: TaskParams
    ) -> tuple[Any, TaskState, Array, Array, dict[Any, Any]]:
        after, came = advance(params.task, state.episode, jnp.asarray(action, jnp.int32), key)
        info = {"event": came.event, "discount": 1.0 - came.over}
        seen = shown(params.task, after, past=self.past)
        return seen, TaskState(time=after.step, episode=after), came.reward, came.over, info

    def reset_env(self, key: PRNGKeyArray, params: TaskParams, previous: Any = None) -> tuple[Any, TaskState]:
        episode = begin(params.task, key, previous)
        return shown(params.task, episode, past=self.past), TaskState(time=episode.step, episode=episode)

    def observe(self, key: PRNGKeyArray, state: TaskState, action: Any, params: TaskParams) -> Any:
        return shown(params.task, state.episode, past=self.past)

    def is_terminated(self, state: TaskState, params: TaskParams) -> Array:
        return (state.time >= params.task.num_steps) | ~params.task.is_active(state.episode.state)

    def is_truncated(self, state: TaskState, params: TaskParams) -> Array:
        return jnp.bool_(False)

    @property
    def name(self) -> str:
        return type(self.task).__name__

    @property
    def num_actions(self) -> int:
        return self.task.num_actions

    def action_space(self, params: TaskParams | None = None) -> spaces.Discrete:
        return spaces.Discrete(self.num_actions)

    def observation_space(self, params: TaskParams | None = None) -> spaces.Space:
        def numbers(size: int) -> spaces.Box:
            return spaces.Box(-np.inf, np.inf, (size,))

        if is_row(self.task):
            return numbers(self.task.observation_size + (1 + self.num_actions) * self.past)
        kind = jnp.dtype(self.task.observation_type)
        low, high = (0, 255) if kind == np.uint8 else (-np.inf, np.inf)
        seen = spaces.Box(low, high, self.task.observation_shape, kind)
        if not self.past:
            return seen
        before = spaces.Box(0, 1, (self.num_actions,))
        return spaces.Dict({OBSERVATION: seen, PREVIOUS_ACTION: before, PREVIOUS_REWARD: numbers(1)})


def register() -> None:
    """Tell gymnax of every task. Importing this module does it."""
    for name in TASKS:
        if environment_id(name) not in registration.registered_envs:
            registration.register(environment_id(name), partial(TaskEnvironment, name))


register()
