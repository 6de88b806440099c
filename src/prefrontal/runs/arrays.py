"""Agents and training states as named arrays, and back: what is saved is plain numbers, never code."""

from collections.abc import Mapping
from typing import TypeVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import PyTree

from prefrontal.errors import UserError

Tree = TypeVar("Tree", bound=PyTree)


def named_arrays(tree: PyTree) -> dict[str, np.ndarray]:
    """The arrays of `tree` by their place in it, "agent.kernel" for one; random keys as their data."""
    leaves, _ = jax.tree_util.tree_flatten_with_path(eqx.filter(tree, eqx.is_array))
    return {_name(path): np.asarray(_plain(leaf)) for path, leaf in leaves}


def with_arrays(tree: Tree, arrays: Mapping[str, np.ndarray], *, source: str) -> Tree:
    """`tree` with its arrays replaced by those of `named_arrays`.

    Arguments:
        tree: of the structure that was saved.
        arrays: by name.
        source: where they come from, for the error.

    Raises:
        UserError: when a name is missing or left over, or a shape differs.
    """
    dynamic, static = eqx.partition(tree, eqx.is_array)
    leaves, structure = jax.tree_util.tree_flatten_with_path(dynamic)
    expected = {_name(path): leaf for path, leaf in leaves}
    remedy = "Give the file that belongs to this configuration, or the configuration that belongs to this file."
    if set(expected) != set(arrays):
        missing, unknown = sorted(set(expected) - set(arrays)), sorted(set(arrays) - set(expected))
        raise UserError(
            f"{source} must hold {', '.join(sorted(expected))}; "
            + "; ".join(f"{what}: {', '.join(n)}" for what, n in (("missing", missing), ("unknown", unknown)) if n)
            + f". {remedy}"
        )
    for name, leaf in expected.items():
        if arrays[name].shape != _plain(leaf).shape:
            raise UserError(
                f"{source}: `{name}` must have shape {_plain(leaf).shape}, got {arrays[name].shape}. {remedy}"
            )
    filled = [_like(leaf, arrays[name]) for name, leaf in expected.items()]
    return eqx.combine(jax.tree.unflatten(structure, filled), static)


def _is_key(leaf: jax.Array) -> bool:
    return jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)


def _plain(leaf: jax.Array) -> jax.Array:
    return jax.random.key_data(leaf) if _is_key(leaf) else leaf


def _like(leaf: jax.Array, array: np.ndarray) -> jax.Array:
    return jax.random.wrap_key_data(jnp.asarray(array)) if _is_key(leaf) else jnp.asarray(array, leaf.dtype)


def _name(path: tuple) -> str:
    return ".".join(str(getattr(part, "name", getattr(part, "idx", getattr(part, "key", part)))) for part in path)
