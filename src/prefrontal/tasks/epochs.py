"""Epochs: problems of which each is met in several episodes, and known by its context."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray


class Epoch(eqx.Module):
    """Which problem this episode has, and which there were before it in its epoch."""

    barcodes: Float[Array, "problem bar"]
    """What each problem is known by: -1 or 1, drawn anew for every epoch."""
    met: Int[Array, " problem"]
    """Episodes of this epoch that each had, this one included."""
    problem: Int[Array, ""]
    """The one of this episode."""

    @property
    def barcode(self) -> Float[Array, " bar"]:
        """Of this episode's problem."""
        return self.barcodes[self.problem]

    @property
    def exposure(self) -> Int[Array, ""]:
        """The how-manieth episode of its epoch this problem has, from 1."""
        return self.met[self.problem]


def next_episode(
    key: PRNGKeyArray,
    previous: Epoch | None,
    was_played: Bool[Array, ""] | bool,
    *,
    num_problems: int,
    exposures: Int[Array, ""],
    num_bars: int,
) -> tuple[Epoch, Bool[Array, ""]]:
    """The next episode of an epoch, in which every problem is met `exposures` times, in random order without
    replacement; of a new epoch where the one before is over, or there was none.

    Arguments:
        key: random key.
        previous: of the episode before. None: there was none.
        was_played: whether anything of that was played; if not it is taken back, for training begins with one.
        num_problems: problems in an epoch.
        exposures: episodes in which each is met.
        num_bars: length of a barcode.

    Returns:
        The episode, and whether it goes on with the epoch of the one before: the problems are then the same.
    """
    to_bars, to_order = jax.random.split(key)
    barcodes = jax.random.rademacher(to_bars, (num_problems, num_bars), jnp.float32)
    met, goes_on = jnp.zeros(num_problems, jnp.int32), jnp.bool_(False)
    if previous is not None:
        taken_back = (jnp.arange(num_problems) == previous.problem) & ~jnp.asarray(was_played)
        before = previous.met - taken_back
        goes_on = jnp.any(before < exposures)
        barcodes = jnp.where(goes_on, previous.barcodes, barcodes)
        met = jnp.where(goes_on, before, met)
    left = (exposures - met).astype(jnp.float32)  # drawing by what is left of each is a shuffled bag
    problem = jax.random.categorical(to_order, jnp.log(left))
    return Epoch(barcodes=barcodes, met=met.at[problem].add(1), problem=problem), goes_on
