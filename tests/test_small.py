"""Small matrices that are factored by arithmetic, against NumPy; and what is approximated with them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from prefrontal.fitting.group_search import Modes
from prefrontal.fitting.nuts import _most_probable_group, _quadratic
from prefrontal.fitting.search import double_precision
from prefrontal.fitting.small import factored, solved_lower, solved_upper


@pytest.mark.parametrize("size", [1, 4])
def test_a_system_is_solved(size: int) -> None:
    rng = np.random.default_rng(size)
    root = rng.normal(size=(size, size))
    matrix, right = root @ root.T + np.eye(size), rng.normal(size=size)

    @jax.jit
    def solve(matrix: jax.Array, right: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
        lower, pivots = factored(matrix)
        return lower, pivots, solved_upper(lower, solved_lower(lower, right) / pivots)

    with double_precision():
        lower, pivots, found = (np.asarray(part) for part in solve(jnp.asarray(matrix), jnp.asarray(right)))
    np.testing.assert_allclose(lower * pivots @ lower.T, matrix, atol=1e-10)
    np.testing.assert_allclose(found, np.linalg.solve(matrix, right), atol=1e-10)


def test_what_is_not_positive_definite_becomes_so() -> None:
    matrix = jnp.array([[1.0, 3.0, 0.0], [3.0, 1.0, 0.0], [0.0, 0.0, 1e-9]])
    lower, pivots = (np.asarray(part) for part in jax.jit(factored)(matrix, 0.1))
    assert np.linalg.eigvalsh(lower * pivots @ lower.T).min() > 0
    np.testing.assert_allclose(pivots, [1.0, 8.0, 0.1], rtol=1e-6)


def test_likelihoods_that_curve_upwards_leave_the_approximate_group_where_it_can_be() -> None:
    """Carried on as straight lines they would be worth more the wider the group, without end."""
    ends = np.array([[3.0]] * 4 + [[-2.5]] * 4)
    modes = Modes(ends, np.full((8, 1, 1), -1.0), np.zeros(8), np.ones(8, bool))
    with double_precision():
        information, linear = _quadratic(modes, np.zeros(1), np.full((1, 1), 4.0))
        mean, log_deviation = _most_probable_group(np.array([0.0, np.log(0.5)]), information, linear, spread=0.5)
    assert (information > 0).all()
    assert abs(mean) < 1
    assert abs(log_deviation) < 3
