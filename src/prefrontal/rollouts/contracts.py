"""Whether an agent and a task keep their contracts: told in sentences, before a compiler tells it in its own words."""

import math
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Key, PyTree

from prefrontal.agents.base import AbstractAgent, AgentInput, AgentOutput
from prefrontal.errors import UserError, check_count, check_seed
from prefrontal.tasks.base import AbstractTask

_TYPES = {jnp.dtype(jnp.bool_): "bool", jnp.dtype(jnp.float32): "float"}
"""What is written to turn an array into a type, where that is shorter than the type's name."""


def check_contracts(agent: AbstractAgent, task: AbstractTask) -> None:
    """Refuse an agent and a task that cannot play: shapes are looked at, nothing is computed.

    Arguments:
        agent: the agent.
        task: the task.

    Raises:
        UserError: when the task shows something of another shape than it says or pays more than a number, when a state
            changes its shape on the way, when the agent cannot read what the task shows, or when its answer does not
            fit the task.
    """
    check_shapes(task)
    called = type(agent).__name__
    inputs = AgentInput(
        observation=jnp.zeros(task.observation_shape, task.observation_type),
        previous_action=jnp.zeros(task.num_actions),
        previous_reward=jnp.zeros(()),
        step=jnp.int32(0),
    )
    memory = jax.eval_shape(agent.init)
    try:
        output, later = jax.eval_shape(agent, inputs, memory)
    except (TypeError, ValueError) as error:
        if "shape" not in str(error):
            raise
        given = inputs.observation.size + task.num_actions + 1
        raise UserError(
            f"`{called}` must be able to read what {type(task).__name__} shows: an observation of shape "
            f"{task.observation_shape}, the last of {task.num_actions} actions, and the last reward, {given} numbers; "
            f"got another shape ({str(error).splitlines()[0]}). Give a task such as it was made for."
        ) from error
    if not isinstance(output, AgentOutput):
        raise UserError(f"`{called}` must answer with an AgentOutput, got a {type(output).__name__}. Return one.")
    _check_shape(f"the logits of {called}", output.logits, (task.num_actions,), "as its task's `num_actions` says")
    _check_shape(f"the value of {called}", output.value, ())
    _check_state(called, memory, later)
    _check_state(f"{called}.restart", memory, jax.eval_shape(agent.restart, later, inputs))


def check_shapes(task: AbstractTask) -> None:
    """Refuse a task that shows something of another shape than it says, pays more than a number, or whose state changes
    its shape on the way.

    Raises:
        UserError: when it does.
    """
    key, action = jax.random.key(0), jnp.int32(0)
    called = type(task).__name__
    state = jax.eval_shape(task.start, key)
    _check_shape(
        f"{called}.observe",
        jax.eval_shape(task.observe, state),
        task.observation_shape,
        f"as its `{_shape_source(task)}` says",
    )
    after, reward, _ = jax.eval_shape(task.step, state, action, key)
    _check_shape(f"the reward of {called}.step", reward, ())
    _check_state(f"{called}.step", state, after)
    _check_shape(f"{called}.is_active", jax.eval_shape(task.is_active, state), ())


def check_task(task: AbstractTask, *, num_episodes: int = 3, seed: int = 0) -> None:
    """Refuse a task that breaks the contract of `AbstractTask`: shapes and types first; then random actions are
    played for twice the steps of an episode. A task that passes can be trained on and tested.

    Arguments:
        task: the task; one of your own, say.
        num_episodes: episodes to play, at least 2.
        seed: of problems, actions and whatever is drawn in a step.

    Raises:
        UserError: when `task` is no task; when what it shows, pays or records has other shapes or types than it says,
            or its state changes them; when an observation or a reward is not finite; when an episode is over as it
            begins, or begins again by itself; or when the same key does not give the same episode.

    Example:
        >>> pf.check_task(pf.Bandit(pf.BanditConfig()))
        >>> class Blank(pf.Bandit):
        ...     def observe(self, state):
        ...         return jnp.zeros(2)
        >>> pf.check_task(Blank(pf.BanditConfig()))
        Traceback (most recent call last):
        prefrontal.errors.UserError: `Blank.observe` must have shape (0,), as its `observation_size` says, got (2,)...
    """
    check_count("num_episodes", num_episodes, least=2)
    check_seed("seed", seed)
    if not isinstance(task, AbstractTask):
        raise UserError(
            f"`task` must be an AbstractTask, got a {type(task).__name__}. Give a task: a config makes one, `make()`."
        )
    for name, least in (("num_actions", 1), ("observation_size", 0), ("num_steps", 1)):
        check_count(f"{type(task).__name__}.{name}", getattr(task, name), least=least)
    if math.prod(task.observation_shape) != task.observation_size:
        raise UserError(
            f"`{type(task).__name__}.observation_size` must be the numbers in its `observation_shape`, "
            f"{math.prod(task.observation_shape)}, got {task.observation_size}. Change one of them."
        )
    check_shapes(task)
    _check_types(task)
    keys = jax.random.split(jax.random.key(seed), num_episodes)
    played = jax.tree.map(np.asarray, _play_at_random(task, keys))
    _check_played(type(task).__name__, played)
    for again, same in ((keys, played), (keys[::-1], jax.tree.map(lambda leaf: leaf[::-1], played))):
        for one, other in zip(jax.tree.leaves(_play_at_random(task, again)), jax.tree.leaves(same), strict=True):
            if not np.array_equal(one, other, equal_nan=True):
                raise UserError(
                    f"`{type(task).__name__}` must give the same episode for the same key, got two that differ. Draw "
                    "all that is random from the keys given, and keep nothing between episodes."
                )


def _check_types(task: AbstractTask) -> None:
    called, key = type(task).__name__, jax.random.key(0)
    state = jax.eval_shape(task.start, key)
    after, reward, event = jax.eval_shape(task.step, state, jnp.int32(0), key)
    _check_state(f"{called}.init, given the state before,", state, jax.eval_shape(task.start, key, after))
    for name, got, expected in (
        (f"{called}.observe", jax.eval_shape(task.observe, state), task.observation_type),
        (f"the reward of {called}.step", reward, jnp.float32),
        (f"{called}.is_active", jax.eval_shape(task.is_active, state), jnp.bool_),
    ):
        if got.dtype != expected:
            raise UserError(
                f"`{name}` must be of type {jnp.dtype(expected).name}, got {got.dtype}. Turn it into that: "
                f".astype({_TYPES.get(jnp.dtype(expected), repr(jnp.dtype(expected).name))})."
            )
    for path, leaf in jax.tree_util.tree_flatten_with_path(event)[0]:
        _check_shape(f"the event of {called}.step{jax.tree_util.keystr(path)}", leaf, ())


def _check_played(called: str, played: dict[str, np.ndarray]) -> None:
    for name, source in (("observation", f"{called}.observe"), ("reward", f"the reward of {called}.step")):
        good = np.isfinite(played[name])
        if not good.all():
            episode, step = np.argwhere(~good)[0][:2]
            raise UserError(
                f"`{source}` must be finite, got {played[name][~good][0]} in step {step} of episode {episode}. Look at "
                "what is divided, and of what a root or logarithm is taken."
            )
    active = played["active"]
    if not active[:, 0].all():
        raise UserError(f"`{called}.is_active` must be true as an episode begins, got false. Mend it, or `init`.")
    if (active[:, 1:] & ~active[:, :-1]).any():
        raise UserError(
            f"`{called}.is_active` must stay false once an episode is over, got true again. Let `step` begin nothing: "
            "whoever plays starts each episode with `init`."
        )


@eqx.filter_jit
def _play_at_random(task: AbstractTask, keys: Key[jax.Array, " episode"]) -> dict[str, Any]:
    """What is seen and paid when random actions are taken, beyond an episode's end; leaves (episode, time)."""

    def episode(key: jax.Array) -> dict[str, Any]:
        init_key, actions_key, steps_key = jax.random.split(key, 3)
        actions = jax.random.randint(actions_key, (2 * task.num_steps,), 0, task.num_actions)

        def step(state: Any, at: tuple[jax.Array, jax.Array]) -> tuple[Any, dict[str, Any]]:
            after, reward, event = task.step(state, *at)
            seen = {"observation": task.observe(state), "active": task.is_active(state)}
            return after, seen | {"reward": reward, "event": event}

        return jax.lax.scan(step, task.start(init_key), (actions, jax.random.split(steps_key, len(actions))))[1]

    return jax.vmap(episode)(keys)


def _shape_source(task: AbstractTask) -> str:
    """Which property says what shape an observation has."""
    return "observation_size" if task.observation_shape == (task.observation_size,) else "observation_shape"


def _check_shape(name: str, got: Any, shape: tuple[int, ...], because: str = "") -> None:
    there = getattr(got, "shape", "no array")
    if there != shape:
        because = f", {because}" if because else ""
        raise UserError(f"`{name}` must have shape {shape}{because}, got {there}. Change one of them.")


def _check_state(name: str, before: PyTree, after: PyTree) -> None:
    """Refuse a next state that is not made as the state is."""
    one, other = (dict(jax.tree_util.tree_flatten_with_path(state)[0]) for state in (before, after))
    remedy = "A state keeps its shapes and types from step to step: build the next one as `init` builds the first."
    if one.keys() != other.keys():
        names = sorted({jax.tree_util.keystr(path) for path in one.keys() ^ other.keys()})
        raise UserError(
            f"`{name}` must return a state like the one given, got one that differs in {', '.join(names)}. {remedy}"
        )
    for path, leaf in one.items():
        if (leaf.shape, leaf.dtype) != (other[path].shape, other[path].dtype):
            where = f"one in which {jax.tree_util.keystr(path)}" if path else "what"
            raise UserError(
                f"`{name}` must return a state like the one given, got {where} is {_kind(other[path])}, not "
                f"{_kind(leaf)}. {remedy}"
            )


def _kind(leaf: jax.ShapeDtypeStruct) -> str:
    return f"{leaf.dtype}{list(leaf.shape)}"
