"""How much arithmetic a function asks for, and how much the machine can do."""

import math
import time
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend import core
from jax.sharding import NamedSharding, PartitionSpec


def count_operations(function: Callable[..., Any], *arguments: Any) -> float:
    """Floating-point operations of the matrix products in `function(*arguments)`, loops included.

    A product of an (m, k) and a (k, n) matrix counts as 2 m k n. Elementwise work is not counted: of a
    network's work it is a few per cent. Loops without a fixed number of turns count as one turn.
    """
    return _count(jax.make_jaxpr(function)(*arguments).jaxpr)


def peak_rate(seconds: float = 1.0, size: int = 1024) -> float:
    """Floating-point operations a second that all local devices together reach in large matrix products, float32.

    Arguments:
        seconds: how long to measure, about.
        size: rows and columns of the matrices.
    """
    devices = jax.local_devices()
    mesh = jax.make_mesh((len(devices),), ("device",), devices=devices)
    spread = NamedSharding(mesh, PartitionSpec("device"))
    matrices = jax.device_put(np.ones((len(devices), size, size), np.float32), spread)
    turns = 8

    @jax.jit
    def multiply(matrices: jax.Array) -> jax.Array:
        one_device = lambda m: jax.lax.fori_loop(0, turns, lambda _, x: x @ m / size, m)  # noqa: E731
        by_device = PartitionSpec("device")
        return jax.shard_map(jax.vmap(one_device), mesh=mesh, in_specs=by_device, out_specs=by_device)(matrices)

    jnp.asarray(multiply(matrices)).block_until_ready()
    fastest, started = math.inf, time.perf_counter()
    while time.perf_counter() - started < seconds:
        before = time.perf_counter()
        multiply(matrices).block_until_ready()
        fastest = min(fastest, time.perf_counter() - before)
    return len(devices) * turns * 2 * size**3 / fastest


def _count(jaxpr: core.Jaxpr) -> float:
    total, needed = 0.0, set(filter(_is_variable, jaxpr.outvars))
    for equation in reversed(jaxpr.eqns):
        if not needed.intersection(equation.outvars) and not equation.effects:
            continue  # the compiler leaves it out, too
        needed.update(filter(_is_variable, equation.invars))
        if equation.primitive.name == "dot_general":
            (contracted, _), _ = equation.params["dimension_numbers"]
            left = _shape(equation.invars[0])
            total += 2 * math.prod(_shape(equation.outvars[0])) * math.prod(left[axis] for axis in contracted)
        turns = equation.params["length"] if equation.primitive.name == "scan" else 1
        total += turns * sum(map(_count, _inner(equation.params)))
    return total


def _is_variable(variable: Any) -> bool:
    return not isinstance(variable, core.Literal)


def _shape(variable: Any) -> tuple[int, ...]:
    return variable.aval.shape


def _inner(parameters: dict[str, Any]) -> list[core.Jaxpr]:
    found = []
    for value in parameters.values():
        for item in value if isinstance(value, tuple | list) else (value,):
            if isinstance(item, core.ClosedJaxpr):
                found.append(item.jaxpr)
            elif isinstance(item, core.Jaxpr):
                found.append(item)
    return found
