"""Objects made of numbers: which of them there are, and what each looks like."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray

MANY = 2**29
"""As many objects as there are where their number has no limit."""


def draw_pair(key: PRNGKeyArray, num_objects: int | None, *, held_out: bool) -> Int[Array, "2"]:
    """Two objects that differ, by number.

    Arguments:
        key: random key.
        num_objects: objects to draw from. None: so many that none is met again.
        held_out: whether they are of those that nobody trains on: trained ones have even numbers, these have odd ones.
    """
    first_key, second_key = jax.random.split(key)
    most = num_objects or MANY
    first = jax.random.randint(first_key, (), 0, most)
    second = (first + jax.random.randint(second_key, (), 1, most)) % most
    return 2 * jnp.stack([first, second]) + held_out


def draw_other(
    key: PRNGKeyArray, kept: Int[Array, ""], last: Int[Array, ""], num_objects: int | None
) -> Int[Array, ""]:
    """An object of the same pool, of at least three, that is neither `kept` nor the one shown beside it `last`."""
    most = num_objects or MANY
    kept_place, last_place, held_out = kept // 2, last // 2, kept % 2
    step = (last_place - kept_place) % most
    step = 1 + (step - 1 + jax.random.randint(key, (), 1, most - 1)) % (most - 1)
    return 2 * ((kept_place + step) % most) + held_out


def vectors(objects: Int[Array, " object"], size: int) -> Float[Array, "object feature"]:
    """What each of `objects` looks like: a Gaussian vector of `size` numbers, of length 1; the same at all times."""

    def one(number: Int[Array, ""]) -> Float[Array, " feature"]:
        vector = jax.random.normal(jax.random.fold_in(jax.random.key(0), number), (size,))
        return vector / jnp.linalg.norm(vector)

    return jax.vmap(one)(objects)
