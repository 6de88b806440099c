"""Many episodes of a task at once, as a vector environment of Gymnasium: one compiled step for all."""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from gymnasium import spaces
from gymnasium.error import ResetNeeded
from gymnasium.utils import seeding
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from prefrontal import devices
from prefrontal.configs.base import TaskConfig
from prefrontal.environments.for_gymnasium import EVENT, as_dict, as_numpy, draw_entropy, observation_space, programs
from prefrontal.environments.known import make_task
from prefrontal.errors import UserError, check_count
from prefrontal.tasks.base import AbstractTask


class TaskVectorEnv(VectorEnv):
    """As many episodes of a task as wanted, side by side; each draws as a `TaskEnv` of its own seed does.

    Autoreset is SAME_STEP unless told otherwise: as an episode ends the next one begins, so that every row is a step of
    some episode; the last observation is in `info["final_obs"]`, the last record in `info["final_info"]["event"]`. With
    NEXT_STEP, Gymnasium's own default, the step after an end takes no action, which an agent with a memory must be told
    of; with DISABLED the caller resets, `reset(options={"reset_mask": ...})`.

    Example:
        >>> import gymnasium, prefrontal.environments.for_gymnasium
        >>> environments = gymnasium.make_vec("prefrontal/Bandit-v0", num_envs=3, num_trials=5)
        >>> environments.metadata["autoreset_mode"]
        <AutoresetMode.SAME_STEP: 'SameStep'>
        >>> observations, _ = environments.reset(seed=0)
        >>> observations.shape
        (3, 3)
    """

    def __init__(
        self,
        task: str | TaskConfig | AbstractTask = "TwoStep",
        num_envs: int = 1,
        *,
        past: bool = True,
        autoreset_mode: str | AutoresetMode = AutoresetMode.SAME_STEP,
        render_mode: None = None,
        **numbers: Any,
    ):
        """
        Arguments:
            task: the task, its config, or its name.
            num_envs: episodes side by side.
            past: whether the last reward and action are shown beside the observation.
            autoreset_mode: what follows the end of an episode.
            render_mode: there are none.
            numbers: fields of the task's config.

        Raises:
            UserError: when there is no such task, or not with such numbers, or no such mode.
        """
        devices.configure()
        check_count("num_envs", num_envs)
        try:
            self._mode = AutoresetMode(autoreset_mode)
        except ValueError:
            modes = ", ".join(mode.value for mode in AutoresetMode)
            raise UserError(f"`autoreset_mode` must be one of {modes}, got {autoreset_mode!r}.") from None
        self.task = make_task(task, numbers)
        self.num_envs = num_envs
        self.metadata = {"render_modes": [], "autoreset_mode": self._mode}
        self.render_mode = render_mode
        self.single_observation_space = observation_space(self.task, past=past)
        self.single_action_space = spaces.Discrete(self.task.num_actions)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        made = programs(self.task, past=past)
        self._first, self._begin, self._advance = (_of_all(of) for of in (made.begin, made.begin, made.advance))
        self._replace = _of_all(_chosen)
        self._random = [seeding.np_random(None)[0] for _ in range(num_envs)]
        self._playing: Any = None  # episodes and the keys of their steps
        self._shown: Any = None
        self._over = np.ones(num_envs, bool)

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Begin episodes.

        Arguments:
            seed: of all that is drawn from now on: one for each environment, or one number, which the first has, and
                those after it numbers that count on from it. None: go on drawing.
            options: "reset_mask", which environments begin an episode, (E,); all, unless it is there.

        Raises:
            UserError: when there are not as many seeds as environments, or the mask has another shape.
        """
        seeds = [seed + i for i in range(self.num_envs)] if isinstance(seed, int | np.integer) else seed
        seeds = [None] * self.num_envs if seeds is None else list(seeds)
        mask = np.asarray((options or {}).get("reset_mask", np.ones(self.num_envs, bool)))
        if len(seeds) != self.num_envs or mask.shape != (self.num_envs,) or mask.dtype != bool:
            raise UserError(
                f"`seed` and `reset_mask` must be one number and one truth for each of {self.num_envs} environments, "
                f"got {len(seeds)} and {mask.dtype} of shape {mask.shape}."
            )
        for place in np.flatnonzero(mask):
            if seeds[place] is not None:
                self._random[place] = seeding.np_random(seeds[place])[0]
        if self._playing is None and not mask.all():
            raise ResetNeeded("`reset` must be called without `reset_mask` first: no episodes run.")
        seeded = np.array([seed is not None for seed in seeds])
        infos = self._start(mask, seeded)
        return as_numpy(self._shown), infos

    def step(self, actions: Any) -> tuple[Any, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        """Take `actions`, (E,).

        Raises:
            ResetNeeded: when no episodes run; or, if autoreset is DISABLED, one is over.
        """
        idle = self._over
        if self._playing is None or (self._mode is AutoresetMode.DISABLED and idle.any()):
            raise ResetNeeded("`reset` must be called before `step`: an episode is over, or none has begun.")
        (episodes, keys), actions = self._playing, np.asarray(actions, np.int32)
        if idle.any():
            actions = np.where(idle, 0, actions)  # taken by nobody: these begin anew below
        after, step, observation = self._advance(episodes, actions, keys)
        if idle.any():
            after = self._replace(idle, episodes, after)
        self._playing, self._shown = (after, keys), observation
        step = jax.device_get(step)
        rewards, self._over = np.where(idle, 0.0, step.reward).astype(np.float64), step.over & ~idle
        terminated, infos = self._over.copy(), {}
        event, last = as_dict(step.event), as_numpy(observation)
        if idle.any():
            infos = self._start(idle, np.zeros(self.num_envs, bool))
        elif self._mode is AutoresetMode.SAME_STEP and terminated.any():
            infos = {"final_obs": _listed(last, terminated), "_final_obs": terminated}
            infos |= {"final_info": {EVENT: event, f"_{EVENT}": terminated}, "_final_info": terminated}
            infos |= self._start(terminated, np.zeros(self.num_envs, bool))
        infos |= {EVENT: event, f"_{EVENT}": ~idle}
        return as_numpy(self._shown), rewards, terminated, np.zeros(self.num_envs, bool), infos

    def _start(self, mask: np.ndarray, anew: np.ndarray) -> dict[str, Any]:
        """Begin an episode where `mask` says; where `anew` says, without a thought of the one before."""
        entropy = np.zeros((self.num_envs, 2), np.uint32)
        for place in np.flatnonzero(mask):
            entropy[place] = draw_entropy(self._random[place])
        if self._playing is None:
            begun = self._first(entropy)
        else:
            begun = self._begin(entropy, self._playing[0].state)
            if anew[mask].any():
                begun = self._replace(anew, self._first(entropy), begun)
            begun = self._replace(mask, begun, (*self._playing, self._shown))
        episodes, keys, self._shown = begun
        self._playing = (episodes, keys)
        self._over = self._over & ~mask
        return {"draws": entropy, "_draws": mask}


def _of_all(function: Any) -> Any:
    return jax.jit(jax.vmap(function))


def _chosen(first: Any, one: Any, other: Any) -> Any:
    return jax.tree.map(lambda left, right: jnp.where(first, left, right), one, other)


def _listed(observations: Any, where: np.ndarray) -> np.ndarray:
    """Observations one by one, where there are some, as Gymnasium keeps those of an episode's end."""
    listed = np.full(len(where), None, dtype=object)
    for place in np.flatnonzero(where):
        listed[place] = jax.tree.map(lambda leaf, place=place: leaf[place], observations)
    return listed
