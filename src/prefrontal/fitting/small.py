"""Small symmetric matrices, factored by arithmetic that is written out.

LAPACK's routines, called by JAX for many small matrices at once from programs on every core, hand parts of the work to
the very threads that wait for them: a sampler of 100 people's parameters stood still for good.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float


def factored(
    matrix: Float[Array, "row row"], least: float | Float[Array, ""] = 0.0
) -> tuple[Float[Array, "row row"], Float[Array, " row"]]:
    """L and d such that L diag(d) Lᵀ is `matrix`, L lower triangular with ones on its diagonal.

    Arguments:
        matrix: symmetric.
        least: a pivot that is smaller in size than this is set to it, and a negative one turned round: what is factored
            is then another matrix, which is positive definite. 0: the matrix has to be.
    """
    size = len(matrix)
    lower = jnp.eye(size, dtype=matrix.dtype)
    pivots: list[Array] = []
    for place in range(size):
        scaled = lower[place:, :place] * jnp.stack(pivots) if pivots else lower[place:, :0]
        column = matrix[place:, place] - scaled @ lower[place, :place]
        pivots.append(jnp.maximum(jnp.abs(column[0]), least))
        lower = lower.at[place + 1 :, place].set(column[1:] / pivots[-1])
    return lower, jnp.stack(pivots)


def solved_lower(lower: Float[Array, "row row"], right: Float[Array, " row"]) -> Float[Array, " row"]:
    """x of L x = `right`."""
    found = right
    for place in range(len(right) - 1):
        found = found.at[place + 1 :].add(-lower[place + 1 :, place] * found[place])
    return found


def solved_upper(lower: Float[Array, "row row"], right: Float[Array, " row"]) -> Float[Array, " row"]:
    """x of Lᵀ x = `right`."""
    found = right
    for place in range(len(right) - 1, 0, -1):
        found = found.at[:place].add(-lower[place, :place] * found[place])
    return found
