"""What a run is known by whose task or agent no config of the package describes: classes, plain fields, shapes."""

import dataclasses
import hashlib
import math
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from prefrontal.agents.base import AbstractAgent
from prefrontal.tasks.base import AbstractTask

MOST_NUMBERS = 64
"""An array of so many is written out; a larger one is told by its shape and a checksum."""


def described_task(task: AbstractTask) -> dict[str, Any]:
    """The class of a task and all its fields, with the numbers of its arrays."""
    sizes = {name: getattr(task, name) for name in ("num_actions", "num_steps")}
    return {**sizes, "observation_shape": list(task.observation_shape), **_described(task, values=True)}


def described_agent(agent: AbstractAgent) -> dict[str, Any]:
    """The class of an agent and all its fields, with the types and shapes of its arrays: their numbers are drawn."""
    return _described(agent, values=False)


def _described(value: Any, *, values: bool) -> Any:
    if isinstance(value, jax.Array) and jnp.issubdtype(value.dtype, jax.dtypes.prng_key):
        value = jax.random.key_data(value)
    if isinstance(value, jax.Array | np.ndarray | np.generic):
        return _array(np.asarray(value), values=values)
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else repr(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: getattr(value, field.name, None) for field in dataclasses.fields(value)}
        return {"class": type(value).__name__} | {n: _described(item, values=values) for n, item in fields.items()}
    if isinstance(value, Mapping):
        return {str(name): _described(item, values=values) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_described(item, values=values) for item in value]
    return getattr(value, "__qualname__", getattr(value, "__name__", type(value).__name__))  # functions, by their name


def _array(array: np.ndarray, *, values: bool) -> Any:
    kind = f"{array.dtype}[{', '.join(map(str, array.shape))}]"
    if not values:
        return kind
    if array.size > MOST_NUMBERS or not np.isfinite(array).all():
        return f"{kind} {hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()[:8]}"
    return array.tolist()
