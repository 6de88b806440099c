"""A gymnax environment as a task: our agents play it inside the compiled training."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from gymnax import registration  # pyright: ignore[reportMissingImports]
from gymnax.environments import spaces  # pyright: ignore[reportMissingImports]
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray, Shaped

from prefrontal.environments.configs import GymnaxConfig
from prefrontal.environments.observed import Observed
from prefrontal.errors import UserError
from prefrontal.tasks.base import AbstractTask


class GymnaxState(eqx.Module):
    """What is going on."""

    inner: Any
    """The environment's own state."""
    observation: Shaped[Array, "..."]
    """What is seen of it."""
    over: Bool[Array, ""]


class GymnaxTask(AbstractTask):
    """An environment of gymnax 1, of one discrete action a step, as a task.

    Observations become a row of numbers: categories one-hot, arrays of any shape one number after the other; pictures
    of bytes stay as they are. Of a row, some numbers only may be shown (`shown`), which makes an environment one that
    needs memory. Past action and reward are what every agent of the package is shown besides, zero at first.

    An episode that is cut off counts as ended. The record of a step has `terminated` and `truncated`, and the single
    numbers of the environment's `info`.

    Example:
        >>> from prefrontal.environments.from_gymnax import GymnaxConfig, GymnaxTask
        >>> task = GymnaxTask(GymnaxConfig(name="CartPole-v1", num_steps=200, shown=(0, 2)))  # no velocities
        >>> task.num_actions, task.observation_size, task.num_steps
        (2, 2, 200)
        >>> pf.check_task(task)
    """

    num_actions: int = eqx.field(static=True)
    observation_size: int = eqx.field(static=True)
    num_steps: int = eqx.field(static=True)
    environment: Any = eqx.field(static=True)
    params: Any
    """Its numbers, as arrays."""
    observed: Observed = eqx.field(static=True)

    def __init__(self, config: GymnaxConfig | None = None, *, environment: Any = None, params: Any = None):
        """
        Arguments:
            config: which environment, how long, and what is shown.
            environment: an environment, in the place of the one that gymnax knows by the config's name.
            params: its numbers. None: its defaults.

        Raises:
            UserError: when gymnax knows no such environment, or it has other actions, or nothing like that is shown.
        """
        config = config or GymnaxConfig()
        if environment is None:
            names = registration.registered_envs
            if config.name not in names:
                raise UserError(f"`name` must be an environment of gymnax ({', '.join(names)}), got {config.name!r}.")
            environment, defaults = registration.make(config.name)
            params = defaults if params is None else params
        params = environment.default_params if params is None else params
        params = params.replace(max_steps_in_episode=type(params.max_steps_in_episode)(config.num_steps))
        actions = environment.action_space(params)
        if not isinstance(actions, spaces.Discrete):
            raise UserError(
                f"`name` must be an environment of one discrete action a step, got {config.name} with {actions}. "
                "Choose another: the package's agents choose among actions."
            )
        self.num_actions = int(actions.n)
        self.num_steps = config.num_steps
        self.environment = environment
        self.params = jax.tree.map(jnp.asarray, params)
        space = environment.observation_space(params)
        if isinstance(space, spaces.Discrete):
            self.observed = Observed.categories(int(space.n), config.shown, config.scale)
        else:
            first = jax.eval_shape(environment.reset_env, jax.random.key(0), self.params)[0]
            if not hasattr(first, "shape"):
                raise UserError(f"`name` must be an environment that shows one array, got {config.name}: {first}.")
            self.observed = Observed.array(first.shape, first.dtype, config.shown, config.scale)
        self.observation_size = self.observed.size

    @property
    def observation_shape(self) -> tuple[int, ...]:
        return self.observed.shape

    @property
    def observation_type(self) -> Any:
        return jnp.dtype(self.observed.kind)

    def init(self, key: PRNGKeyArray, previous: Any = None) -> GymnaxState:
        observation, inner = self.environment.reset_env(key, self.params)
        return GymnaxState(inner=self._alike(inner), observation=self.observed(observation), over=jnp.bool_(False))

    def observe(self, state: GymnaxState) -> Shaped[Array, "..."]:
        return state.observation

    def step(
        self, state: GymnaxState, action: Int[Array, ""], key: PRNGKeyArray
    ) -> tuple[GymnaxState, Float[Array, ""], dict[str, Array]]:
        observation, inner, reward, terminated, info = self.environment.step_env(key, state.inner, action, self.params)
        terminated = jnp.asarray(terminated, bool)
        truncated = jnp.asarray(self.environment.is_truncated(inner, self.params), bool)
        numbers = {name: jnp.asarray(value) for name, value in info.items() if np.ndim(value) == 0}
        after = GymnaxState(
            inner=self._alike(inner), observation=self.observed(observation), over=state.over | terminated | truncated
        )
        event = {**numbers, "terminated": terminated, "truncated": truncated & ~terminated}
        return after, jnp.asarray(reward, jnp.float32), event

    def is_active(self, state: GymnaxState) -> Bool[Array, ""]:
        return ~state.over

    def _alike(self, inner: Any) -> Any:
        """The environment's state in the types that it has after a step: at first it may have others."""

        def stepped(key: PRNGKeyArray, params: Any) -> Any:
            _, state = self.environment.reset_env(key, params)
            return self.environment.step_env(key, state, jnp.int32(0), params)[1]

        after = jax.eval_shape(stepped, jax.random.key(0), self.params)
        return jax.tree.map(lambda leaf, like: jnp.asarray(leaf, like.dtype), inner, after)
