"""A Gymnasium environment as a task: Python plays it, step by step, beside the compiled training, which waits for it.

Environments in JAX are far quicker (docs/environments.md): see `prefrontal.environments.from_gymnax`.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import equinox as eqx
import gymnasium
import jax
import jax.numpy as jnp
import numpy as np
from gymnasium import spaces
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray, Shaped, UInt32

from prefrontal.environments.configs import GymnasiumConfig
from prefrontal.environments.observed import Observed
from prefrontal.errors import UserError
from prefrontal.tasks.base import AbstractTask

MOST_EPISODES = 4096
"""Episodes that are remembered at a time: more than are ever trained side by side."""


@dataclass
class _Episode:
    seed: int
    environment: Any = None
    """Where it stands; None once it is over or was given to another."""
    actions: list[int] = field(default_factory=list)
    came: list[tuple[Any, float, bool, bool]] = field(default_factory=list)
    """Observation, reward, whether it ended, whether it was cut off: at first, and after each action."""


class Host:
    """Episodes of Gymnasium environments, as a function without memory: of a seed, and of what was done since.

    A compiled program may ask for the same step twice, or for steps of many episodes in any order. So every step is
    remembered, and an episode that takes another way than the one remembered is played again up to there.
    """

    def __init__(self, make: Callable[[], Any], num_steps: int):
        """
        Arguments:
            make: makes an environment.
            num_steps: steps after which an episode is cut off.
        """
        self._make, self._num_steps = make, num_steps
        self._episodes: OrderedDict[int, _Episode] = OrderedDict()
        self._idle: list[Any] = []
        self.num_steps_played = 0
        """Steps that environments took."""

    def begin(self, seed: int) -> Any:
        """The first observation of the episode of `seed`."""
        return self._episode(seed).came[0][0]

    def step(self, seed: int, step: int, action: int) -> tuple[Any, float, bool, bool]:
        """What `action` brings as the action number `step`, from 0: observation, reward, whether the episode ended,
        whether it was cut off. Nothing follows an end."""
        episode = self._episode(seed)
        last = episode.came[-1]
        if step >= len(episode.actions) and (last[2] or last[3]):
            return last[0], 0.0, last[2], last[3]
        if step > len(episode.actions):
            raise RuntimeError(f"more than {MOST_EPISODES} episodes were played at once, and one of them is forgotten")
        if step == len(episode.actions) or episode.actions[step] != action:
            self._replay(episode, step)
            self._take(episode, action)
        return episode.came[step + 1]

    def _episode(self, seed: int) -> _Episode:
        if seed in self._episodes:
            self._episodes.move_to_end(seed)
            return self._episodes[seed]
        if len(self._episodes) >= MOST_EPISODES:
            self._release(self._episodes.popitem(last=False)[1])
        episode = self._episodes[seed] = _Episode(seed)
        self._replay(episode, 0)
        return episode

    def _replay(self, episode: _Episode, step: int) -> None:
        """Bring the episode back to where it stood before the action number `step`."""
        if episode.environment is not None and len(episode.actions) == step:
            return
        before = episode.actions[:step]
        if episode.environment is None:
            episode.environment = self._idle.pop() if self._idle else self._make()
        observation, _ = episode.environment.reset(seed=episode.seed)
        episode.actions, episode.came = [], [(observation, 0.0, False, False)]
        for action in before:
            self._take(episode, action)

    def _take(self, episode: _Episode, action: int) -> None:
        observation, reward, terminated, truncated, _ = episode.environment.step(action)
        self.num_steps_played += 1
        truncated = bool(truncated) or len(episode.actions) + 1 >= self._num_steps
        episode.actions.append(action)
        episode.came.append((observation, float(reward), bool(terminated), truncated))
        if terminated or truncated:
            self._release(episode)

    def _release(self, episode: _Episode) -> None:
        if episode.environment is not None:
            self._idle.append(episode.environment)
            episode.environment = None


class GymnasiumState(eqx.Module):
    """What is going on."""

    seed: UInt32[Array, ""]
    step: Int[Array, ""]
    observation: Shaped[Array, "..."]
    over: Bool[Array, ""]


class GymnasiumTask(AbstractTask):
    """An environment of Gymnasium, of one discrete action a step, as a task.

    Observations are shown as `prefrontal.environments.from_gymnax.GymnaxTask` shows them. The environment must do the
    same after `reset(seed=...)` and the same actions. An episode that is cut off counts as ended.

    Example:
        >>> from prefrontal.environments.from_gymnasium import GymnasiumConfig, GymnasiumTask
        >>> task = GymnasiumTask(GymnasiumConfig(name="CartPole-v1", num_steps=50))
        >>> pf.rollout(pf.RecurrentConfig().make(task, jax.random.key(0)), task, jax.random.key(1)).reward.shape
        (50,)
    """

    num_actions: int = eqx.field(static=True)
    observation_size: int = eqx.field(static=True)
    num_steps: int = eqx.field(static=True)
    observed: Observed = eqx.field(static=True)
    host: Host = eqx.field(static=True)
    _raw: Any = eqx.field(static=True)
    """Shape and type of the environment's own observation."""

    def __init__(self, config: GymnasiumConfig | None = None, *, make: Callable[[], Any] | None = None):
        """
        Arguments:
            config: which environment, how long, and what is shown.
            make: makes an environment, in the place of the one that Gymnasium knows by the config's name.

        Raises:
            UserError: when Gymnasium knows no such environment, or it has other actions, or nothing like that is shown.
        """
        config = config or GymnasiumConfig()
        name = config.name

        def by_name() -> Any:
            try:
                return gymnasium.make(name, disable_env_checker=True)
            except (gymnasium.error.Error, ModuleNotFoundError) as error:
                raise UserError(f"`name` must be an environment of Gymnasium, got {name!r} ({error}).") from error

        made = (make or by_name)()
        if not isinstance(made.action_space, spaces.Discrete) or made.action_space.start != 0:
            raise UserError(
                f"`name` must be an environment of one discrete action a step, got {name} with {made.action_space}. "
                "Choose another: the package's agents choose among actions."
            )
        space = made.observation_space
        if isinstance(space, spaces.Discrete):
            self.observed = Observed.categories(int(space.start + space.n), config.shown, config.scale)
        elif isinstance(space, spaces.Box):
            self.observed = Observed.array(space.shape, space.dtype, config.shown, config.scale)
        else:
            raise UserError(f"`name` must be an environment that shows one array, got {name} with {space}.")
        kind = np.uint8 if space.dtype == np.uint8 else np.int32 if isinstance(space, spaces.Discrete) else np.float32
        self._raw = jax.ShapeDtypeStruct(space.shape, kind)
        self.num_actions = int(made.action_space.n)
        self.observation_size = self.observed.size
        self.num_steps = config.num_steps
        self.host = Host(make or by_name, config.num_steps)
        self.host._idle.append(made)

    @property
    def observation_shape(self) -> tuple[int, ...]:
        return self.observed.shape

    @property
    def observation_type(self) -> Any:
        return jnp.dtype(self.observed.kind)

    def init(self, key: PRNGKeyArray, previous: Any = None) -> GymnasiumState:
        seed = jax.random.bits(key, dtype=jnp.uint32)
        observation = self._ask(lambda seed: (self.host.begin(seed),), (self._raw,), seed)[0]
        return GymnasiumState(
            seed=seed, step=jnp.int32(0), observation=self.observed(observation), over=jnp.bool_(False)
        )

    def observe(self, state: GymnasiumState) -> Shaped[Array, "..."]:
        return state.observation

    def step(
        self, state: GymnasiumState, action: Int[Array, ""], key: PRNGKeyArray
    ) -> tuple[GymnasiumState, Float[Array, ""], dict[str, Array]]:
        one = jax.ShapeDtypeStruct((), jnp.float32), *[jax.ShapeDtypeStruct((), jnp.bool_)] * 2
        observation, reward, terminated, truncated = self._ask(
            self.host.step, (self._raw, *one), state.seed, state.step, action
        )
        after = GymnasiumState(
            seed=state.seed,
            step=state.step + 1,
            observation=self.observed(observation),
            over=terminated | truncated,
        )
        return after, reward, {"terminated": terminated, "truncated": truncated & ~terminated}

    def is_active(self, state: GymnasiumState) -> Bool[Array, ""]:
        return ~state.over

    def _ask(self, function: Callable[..., tuple], shapes: tuple, *arguments: Array) -> tuple:
        """What Python says of each of many."""

        def of_all(*arguments: Any) -> tuple:
            arguments = np.broadcast_arrays(*map(np.asarray, arguments))
            batch = arguments[0].shape
            answers = [function(*map(int, one)) for one in zip(*(array.ravel() for array in arguments), strict=True)]
            return tuple(
                np.asarray([answer[i] for answer in answers], shape.dtype).reshape(*batch, *shape.shape)
                for i, shape in enumerate(shapes)
            )

        return jax.pure_callback(of_all, shapes, *arguments, vmap_method="broadcast_all")
