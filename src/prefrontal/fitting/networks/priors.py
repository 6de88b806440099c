"""What is believed of a network's weights before the choices: penalties in nats, the axis of networks last."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from prefrontal.fitting.networks.fitted import Network
from prefrontal.fitting.networks.recipe import NetworkRecipe

Numbers = np.ndarray | Array
READOUT = 0.1
"""How strongly the weights from units to choices are held to zero, as a share of how strongly the cell's are: units lie
between -1 and 1, and log odds of 5 are usual."""
NUM_DIRECTIONS = 5
"""In which subjects' networks may lie further from the group's: cognitive models have about as many parameters."""


class Prior(eqx.Module):
    """How networks are pulled to the group's."""

    strength: Float[Numbers, "*axes"]
    """Penalty on the square of how far each weight is from the group's; a tenth of it on those to the choices."""
    along: Float[Numbers, "*axes direction weight"]
    """Directions in which they are pulled less: of length 1, not at all."""


def penalty(network: Network, recipe: NetworkRecipe) -> Float[Array, " network"]:
    """That of networks that begin at random weights."""
    cell = [leaf for leaf in jax.tree.leaves(network.cell) if leaf.ndim > 2]
    return _size(cell, recipe) + READOUT * _size(network.readout, recipe)


def _size(weights: list[Array], recipe: NetworkRecipe) -> Float[Array, " network"]:
    return sum((recipe.l2 * _sums(leaf**2) + recipe.l1 * _sums(jnp.abs(leaf)) for leaf in weights), jnp.zeros(()))


def pull(network: Network, group: Network, prior: Prior) -> Float[Array, " network"]:
    """The penalty of networks that begin at the group's; leaves of `prior` (network, ...)."""
    apart = _apart(network, group)
    free = jnp.einsum("ndw,wn->dn", prior.along, apart)
    return jnp.asarray(prior.strength) * (_sums(apart**2) - _sums(free**2))


def _apart(network: Network, group: Network) -> Float[Array, "weight network"]:
    """How far weights are from the group's, those to the choices on a scale on which they lie as near as the others."""
    apart = jax.tree.map(lambda one, other: (one - other).reshape(-1, one.shape[-1]), network, group)
    readout = jax.tree.leaves(eqx.tree_at(lambda one: one.cell, apart, None))
    return jnp.concatenate([*jax.tree.leaves(apart.cell), *(READOUT**0.5 * leaf for leaf in readout)])


def first_prior(group: Network, strength: float) -> Prior:
    """The same in all directions; leaves of `group` (subject, outer, ...)."""
    axes = group.cell.bias.shape[:2]
    num_weights = sum(np.prod(leaf.shape[2:], dtype=int) for leaf in jax.tree.leaves(group))
    return Prior(np.full(axes, strength), np.zeros((*axes, min(NUM_DIRECTIONS, axes[0], num_weights), num_weights)))


def second_prior(networks: Network, group: Network, strength: float) -> Prior:
    """For a second fit, in which subjects' networks are held to the group's where they hardly differ.

    They are told to come from a normal distribution around the group's network: of the variance that `strength` stands
    for, v = 1 / (2 strength), in all directions, and of s more along each of a few. These are at right angles, and the
    first is that in which the subjects' networks were found furthest from the group's: s is the mean square distance
    from the group's along each, not the variance around their own mean. Its log density is that of the pull without a
    share s / (s + v) of it along each.

    Arguments:
        networks: each fitted without the outer fold, by the first prior; leaves (subject, outer, ...).
        group: leaves (subject, outer, ...).
        strength: of the pull.

    Returns:
        The same for every subject, leaves (subject, outer, ...).
    """
    num_people, num_outer = networks.cell.bias.shape[:2]
    flat, center = (
        jax.tree.map(lambda leaf: np.moveaxis(np.reshape(leaf, (-1, *leaf.shape[2:])), 0, -1), one)
        for one in (networks, group)
    )
    apart = np.asarray(_apart(flat, center)).reshape(-1, num_people, num_outer)
    _, spread, components = np.linalg.svd(apart.T / num_people**0.5, full_matrices=False)
    spread = spread[:, :NUM_DIRECTIONS, None] ** 2
    along = components[:, :NUM_DIRECTIONS] * np.sqrt(spread / (spread + 1 / (2 * strength)))
    return Prior(np.full((num_people, num_outer), strength), np.broadcast_to(along, (num_people, *along.shape)))


def _sums(leaf: Float[Array, "... network"]) -> Float[Array, " network"]:
    return jnp.sum(leaf, range(leaf.ndim - 1))
