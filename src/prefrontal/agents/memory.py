"""A dictionary of fixed size, of what there was in which context."""

from dataclasses import replace

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

SAME = 0.99
"""Two contexts of a larger cosine are one: the later memory takes the earlier one's place (AlKhamissi et al. 2021)."""


class Dictionary(eqx.Module):
    """Keys and values in the order of writing. The nearest key is that of the largest cosine; the first of equals.

    Reading and writing have no weights and learn nothing. No shape depends on what is written.

    References:
        Pritzel et al. (2017), ICML (neural episodic control: the differentiable dictionary).
        Ritter et al. (2018), ICML (the nearest neighbour alone is read).
    """

    keys: Float[Array, "entry context"]
    """Each of length one."""
    values: Float[Array, "entry value"]
    written: Int[Array, " entry"]
    """When each entry was last written, counted in writings from 1; 0: it is empty."""

    @classmethod
    def empty(cls, num_entries: int, key_size: int, value_size: int) -> "Dictionary":
        """A dictionary in which nothing is written."""
        return cls(
            keys=jnp.zeros((num_entries, key_size)),
            values=jnp.zeros((num_entries, value_size)),
            written=jnp.zeros(num_entries, jnp.int32),
        )

    def nearest(self, key: Float[Array, " context"]) -> tuple[Int[Array, ""], Float[Array, ""]]:
        """The entry nearest to `key`, and the cosine of the two: -inf where nothing is written or `key` is zero."""
        unit, is_shown = _unit(key)
        cosine = jnp.where((self.written > 0) & is_shown, self.keys @ unit, -jnp.inf)
        entry = jnp.argmax(cosine)
        return entry, cosine[entry]

    def read(self, key: Float[Array, " context"], least: float = -1.0) -> Float[Array, " value"]:
        """The value of the nearest entry; zero where its cosine is below `least`, or there is none."""
        entry, cosine = self.nearest(key)
        found = (cosine >= least) if least > -1.0 else jnp.isfinite(cosine)  # a cosine of -1 may be rounded below that
        return jnp.where(found, self.values[entry], 0.0)

    def write(
        self, key: Float[Array, " context"], value: Float[Array, " value"], when: Bool[Array, ""]
    ) -> "Dictionary":
        """With `value` written under `key` where `when` holds and `key` is not zero: in place of what is written under
        the same key, else in an empty entry, else in the one that was written longest ago."""
        unit, is_shown = _unit(key)
        nearest, cosine = self.nearest(key)
        entry = jnp.where(cosine > SAME, nearest, jnp.argmin(self.written))
        when = when & is_shown

        def put(array: Array, row: Array) -> Array:  # one row is touched, whether it changes or not
            return array.at[entry].set(jnp.where(when, row, array[entry]))

        return Dictionary(put(self.keys, unit), put(self.values, value), put(self.written, jnp.max(self.written) + 1))

    def emptied(self, when: Bool[Array, ""]) -> "Dictionary":
        """Without what is written in it, where `when` holds."""
        return replace(self, written=jnp.where(when, 0, self.written))


def _unit(key: Float[Array, " context"]) -> tuple[Float[Array, " context"], Bool[Array, ""]]:
    """`key` at length one, and whether it has a direction."""
    length = jnp.linalg.norm(key)
    return key / jnp.where(length > 0, length, 1.0), length > 0
