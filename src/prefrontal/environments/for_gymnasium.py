"""The package's tasks as Gymnasium environments. Importing this module registers them all:

    import gymnasium
    import prefrontal.environments.for_gymnasium

    environment = gymnasium.make("prefrontal/TwoStep-v0", num_trials=50)
    environments = gymnasium.make_vec("prefrontal/TwoStep-v0", num_envs=64)

See docs/environments.md.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import gymnasium
import jax
import numpy as np
from gymnasium import spaces
from gymnasium.error import ResetNeeded
from jaxtyping import Array, PRNGKeyArray, UInt32

from prefrontal import devices
from prefrontal.configs.base import TaskConfig
from prefrontal.environments.episode import (
    OBSERVATION,
    PREVIOUS_ACTION,
    PREVIOUS_REWARD,
    advance,
    begin,
    draws,
    is_row,
    shown,
)
from prefrontal.environments.known import TASKS, config_of, environment_id, make_task
from prefrontal.tasks.base import AbstractTask

EVENT = "event"
"""The task's own record of a step, in `info`: the fields that `prefrontal.trial_table` reads, among others."""
Observation = np.ndarray | dict[str, np.ndarray]


class Programs(NamedTuple):
    """What an environment runs, not compiled yet."""

    task: AbstractTask
    begin: Callable[..., Any]
    """(entropy, state before or None) -> episode, keys of its steps, observation."""
    advance: Callable[..., Any]
    """(episode, action, keys of its steps) -> episode, step, observation."""


def programs(task: AbstractTask, *, past: bool) -> Programs:
    """What an environment of `task` runs."""

    def first(entropy: UInt32[Array, "2"], previous: Any = None) -> Any:
        begin_key, keys = draws(task, episode_key(entropy))
        episode = begin(task, begin_key, previous)
        return episode, keys, shown(task, episode, past=past)

    def following(episode: Any, action: Array, keys: Array) -> Any:
        after, step = advance(task, episode, action, keys[episode.step])
        return after, step, shown(task, after, past=past)

    return Programs(task, first, following)


def episode_key(entropy: UInt32[Array, "2"]) -> PRNGKeyArray:
    """The random key of an episode, from two random numbers: the one that `prefrontal.rollout` would be given."""
    return jax.random.fold_in(jax.random.key(entropy[0]), entropy[1])


def draw_entropy(random: np.random.Generator) -> np.ndarray:
    """Two random numbers, for `episode_key`."""
    return random.integers(0, 2**32, 2, dtype=np.uint32)


def observation_space(task: AbstractTask, *, past: bool) -> spaces.Space:
    """What is seen: a row of numbers, or pictures and the past by name. Numbers have no bounds: tasks state none."""

    def numbers(size: int) -> spaces.Box:
        return spaces.Box(-np.inf, np.inf, (size,), np.float32)

    if is_row(task):
        return numbers(task.observation_size + (1 + task.num_actions) * past)
    kind, shape = np.dtype(task.observation_type), task.observation_shape
    low, high = (0, 255) if kind == np.uint8 else (-np.inf, np.inf)
    seen = spaces.Box(low, high, shape, kind.type)  # pyright: ignore[reportArgumentType]
    if not past:
        return seen
    before = spaces.Box(0, 1, (task.num_actions,), np.float32)
    return spaces.Dict({OBSERVATION: seen, PREVIOUS_ACTION: before, PREVIOUS_REWARD: numbers(1)})


@lru_cache(maxsize=32)
def _compiled_once(config: TaskConfig, past: bool) -> Programs:
    return _compiled(config.make(), past)


def _compiled(task: AbstractTask, past: bool) -> Programs:
    made = programs(task, past=past)
    return Programs(task, jax.jit(made.begin), jax.jit(made.advance))


class TaskEnv(gymnasium.Env):
    """A task as a Gymnasium environment: one episode at a time.

    An episode ends as `terminated`: it is over, and nothing would have come after it. `truncated` is always False.
    What is seen has the last reward and action in it, for agents that are not given them otherwise: it is these that
    make meta-reinforcement learning. `info["event"]` is the task's record of the step; `info["draws"]`, after `reset`,
    are the two numbers from which `episode_key` makes the key of the episode.

    A task whose problem outlasts an episode goes on with it at `reset()`, and begins anew at `reset(seed=...)`.

    Example:
        >>> import gymnasium, prefrontal.environments.for_gymnasium
        >>> environment = gymnasium.make("prefrontal/TwoStep-v0", num_trials=50)
        >>> observation, info = environment.reset(seed=0)
        >>> observation.shape  # four numbers shown, the last reward, the last of three actions
        (8,)
        >>> observation, reward, terminated, truncated, info = environment.step(2)
        >>> sorted(info["event"])
        ['better_state', 'choice', 'common', 'complete', 'missed', 'rewarded', 'state', 'trial']
    """

    metadata = {"render_modes": []}  # noqa: RUF012

    def __init__(
        self,
        task: str | TaskConfig | AbstractTask = "TwoStep",
        *,
        past: bool = True,
        render_mode: None = None,
        **numbers: Any,
    ):
        """
        Arguments:
            task: the task, its config, or its name.
            past: whether the last reward and action are shown beside the observation.
            render_mode: there are none.
            numbers: fields of the task's config.

        Raises:
            UserError: when there is no such task, or not with such numbers.
        """
        devices.configure()
        if isinstance(task, AbstractTask):
            self._programs = _compiled(make_task(task, numbers), past)
        else:
            self._programs = _compiled_once(config_of(task, numbers), past)
        self.task = self._programs.task
        self.render_mode = render_mode
        self.observation_space = observation_space(self.task, past=past)
        self.action_space = spaces.Discrete(self.task.num_actions)
        self._episode, self._keys, self._is_over = None, None, True

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Begin an episode.

        Arguments:
            seed: of all that is drawn from now on. None: go on drawing.
            options: there are none.
        """
        super().reset(seed=seed)
        previous = None if seed is not None or self._episode is None else self._episode.state
        entropy = draw_entropy(self.np_random)
        self._episode, self._keys, observation = self._programs.begin(entropy, previous)
        self._is_over = False
        return as_numpy(observation), {"draws": entropy}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Take `action`.

        Raises:
            ResetNeeded: when no episode runs.
        """
        if self._is_over:
            raise ResetNeeded("`reset` must be called before `step`: no episode runs. Call it first.")
        self._episode, *came = self._programs.advance(self._episode, np.int32(action), self._keys)
        step, observation = jax.device_get(came)
        self._is_over = bool(step.over)
        return as_numpy(observation), float(step.reward), self._is_over, False, {EVENT: as_dict(step.event)}


def as_numpy(observation: Any) -> Any:
    """An observation in arrays that whoever is given them may write to."""
    return jax.tree.map(np.array, observation)


def as_dict(event: Any) -> dict[str, Any]:
    """A task's record by the names of its fields."""
    return dict(event) if isinstance(event, dict) else vars(event)


def register() -> None:
    """Tell Gymnasium of every task. Importing this module does it."""
    here = "prefrontal.environments"
    for name in TASKS:
        gymnasium.register(
            environment_id(name),
            entry_point=f"{here}.for_gymnasium:TaskEnv",
            vector_entry_point=f"{here}.for_gymnasium_vector:TaskVectorEnv",
            kwargs={"task": name},
        )


register()
