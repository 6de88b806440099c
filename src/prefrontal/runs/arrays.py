"""Agents and training states as named arrays, and back: what is saved is plain numbers, never code."""

from collections.abc import Mapping
from typing import Any, TypeVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import PyTree

from prefrontal.errors import UserError

Tree = TypeVar("Tree", bound=PyTree)

UNNAMED = {"unnamed": True}
"""Metadata of a module's field whose arrays are called as if they were the module's own: `agent.cell.kernel` is kept as
"kernel", as it was before networks could have another cell than an LSTM."""


def named_arrays(tree: PyTree) -> dict[str, np.ndarray]:
    """The arrays of `tree` by their place in it, "agent.kernel" for one; random keys as their data."""
    return {name: plain(leaf) for name, leaf in _named(tree)[0].items()}


def with_arrays(tree: Tree, arrays: Mapping[str, np.ndarray], *, source: str) -> Tree:
    """`tree` with its arrays replaced by those of `named_arrays`.

    Arguments:
        tree: of the structure that was saved; in place of arrays it may have their shapes and types, as
            `equinox.filter_eval_shape` gives them.
        arrays: by name.
        source: where they come from, for the error.

    Raises:
        UserError: when a name is missing or left over, or a shape differs.
    """
    static = eqx.filter(tree, _is_array, inverse=True)
    expected, structure = _named(tree)
    remedy = "Give the file that belongs to this configuration, or the configuration that belongs to this file."
    if set(expected) != set(arrays):
        missing, unknown = sorted(set(expected) - set(arrays)), sorted(set(arrays) - set(expected))
        raise UserError(
            f"{source} must hold {', '.join(sorted(expected))}; "
            + "; ".join(f"{what}: {', '.join(n)}" for what, n in (("missing", missing), ("unknown", unknown)) if n)
            + f". {remedy}"
        )
    for name, leaf in expected.items():
        if arrays[name].shape != (shape := _plain_shape(leaf)):
            raise UserError(f"{source}: `{name}` must have shape {shape}, got {arrays[name].shape}. {remedy}")
    filled = [like(leaf, arrays[name]) for name, leaf in expected.items()]
    return eqx.combine(jax.tree.unflatten(structure, filled), static)


def plain(leaf: jax.Array | np.ndarray) -> np.ndarray:
    """The numbers of an array, or of a random key, on the host."""
    return np.asarray(jax.random.key_data(leaf) if _is_key(leaf) else leaf)


def like(leaf: jax.Array | np.ndarray | jax.ShapeDtypeStruct, values: np.ndarray | jax.Array) -> jax.Array:
    """The array, or the random key, that `values` are the numbers of; `leaf` says which of the two, and of what type.
    From the host nothing has to be compiled for it."""
    if _is_key(leaf):
        return jax.random.wrap_key_data(jax.device_put(values))
    return jax.device_put(values.astype(leaf.dtype, copy=False) if isinstance(values, np.ndarray) else values)


def _is_key(leaf: jax.Array | np.ndarray | jax.ShapeDtypeStruct) -> bool:
    return jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)


def _is_array(leaf: Any) -> bool:
    return eqx.is_array(leaf) or isinstance(leaf, jax.ShapeDtypeStruct)


def _plain_shape(leaf: jax.Array | jax.ShapeDtypeStruct) -> tuple[int, ...]:
    return jax.eval_shape(jax.random.key_data, leaf).shape if _is_key(leaf) else leaf.shape


def _named(tree: PyTree) -> tuple[dict[str, Any], Any]:
    """The arrays of `tree` by name, in its order, and how it is made of them."""
    leaves, structure = jax.tree_util.tree_flatten_with_path(eqx.filter(tree, _is_array))
    named: dict[str, Any] = {}
    for path, leaf in leaves:
        name = _name(tree, path)
        if name in named:
            raise UserError(f"`{type(tree).__name__}` must give each array a name, got two called {name}. Rename one.")
        named[name] = leaf
    return named, structure


def _name(tree: PyTree, path: tuple) -> str:
    """What the leaf at `path` of `tree` is called: its place, but for fields that are `UNNAMED`."""
    parts = []
    for part in path:
        name = getattr(part, "name", getattr(part, "idx", getattr(part, "key", part)))
        if isinstance(part, jax.tree_util.GetAttrKey):
            field = getattr(tree, "__dataclass_fields__", {}).get(name)
            parts += [] if field is not None and field.metadata.get("unnamed") else [name]
            tree = getattr(tree, name)
        else:
            parts.append(name)
            tree = tree[name]
    return ".".join(map(str, parts))
