"""Fixed points of an agent's memory while its input is held: where its activity would come to rest, or turn."""

from dataclasses import dataclass
from typing import Any, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Complex, Float

from prefrontal.agents.base import AbstractAgent, AgentInput, AgentState
from prefrontal.errors import UserError, check_count, check_positive

Kind = Literal["attractor", "saddle", "repeller", "marginal"]


@dataclass(frozen=True)
class FixedPoint:
    """A state that its own input leaves where it is."""

    state: Float[np.ndarray, " state"]
    """The agent's state, flattened."""
    speed: float
    """How far one step still carries it, |F(x) - x|."""
    eigenvalues: Complex[np.ndarray, " state"]
    """Of the Jacobian dF/dx, by falling magnitude."""
    starts: int
    """Starting states from which the search ended here."""

    def kind(self, margin: float = 0.02) -> Kind:
        """Attractor when all directions shrink, repeller when all grow, saddle when some do and some do not; marginal
        when the slowest neither shrinks nor grows by more than `margin` and none grows faster: part of a line, or a
        slow point."""
        size = np.abs(self.eigenvalues)
        if (size > 1 + margin).any():
            return "repeller" if (size > 1).all() else "saddle"
        return "marginal" if size.max() >= 1 - margin else "attractor"

    @property
    def num_growing(self) -> int:
        """Directions that grow."""
        return int((np.abs(self.eigenvalues) > 1).sum())

    @property
    def time_constant(self) -> float:
        """Steps in which the slowest direction shrinks to 1/e; infinite when it does not shrink."""
        slowest = np.abs(self.eigenvalues).max()
        return float(-1 / np.log(slowest)) if 0 < slowest < 1 else float("inf") if slowest >= 1 else 0.0


def fixed_points(
    agent: AbstractAgent,
    inputs: AgentInput,
    starts: AgentState,
    *,
    num_steps: int = 300,
    tolerance: float = 1e-4,
    distance: float = 1e-2,
) -> list[FixedPoint]:
    """Search for the fixed points of x -> F(x), the agent's next state under constant `inputs`.

    From each start, q(x) = |F(x) - x|^2 / 2 is lowered by Levenberg and Marquardt's method: with J the Jacobian of the
    change F(x) - x, a step solves (J'J + damping I) step = -J'(F(x) - x), and the damping falls when it helped and
    rises when it did not. (Gradient steps are too short for LSTMs, whose cells rest far from where play takes them.)
    What is not slower than `tolerance` in the end is dropped, and what lies within `distance` of a slower one is
    counted as the same. Nothing says that all were found: more starts find more.

    Arguments:
        agent: the agent; its state must be made of inexact arrays.
        inputs: what it sees at every step.
        starts: states to search from, as met in play; leaves lead with the start.
        num_steps: of the search.
        tolerance: the greatest speed of what is taken as fixed.
        distance: the least distance between two.

    Returns:
        The fixed points, the most often reached first.

    Reference:
        Sussillo & Barak (2013), Neural Comput 25:626 (the question); Marquardt (1963), J SIAM 11:431 (the method).
    """
    check_count("num_steps", num_steps)
    check_positive("tolerance", tolerance)
    check_positive("distance", distance)
    if any(not jnp.issubdtype(leaf.dtype, jnp.inexact) for leaf in jax.tree.leaves(starts)):
        raise UserError("`agent` must have a state of real numbers only, got others. Networks have.")
    flat, speeds, jacobians = map(np.asarray, _search(agent, inputs, starts, num_steps))
    found: list[tuple[int, int]] = []
    for index in np.argsort(speeds, kind="stable"):
        if not speeds[index] <= tolerance:
            break
        near = [n for n, (first, _) in enumerate(found) if np.linalg.norm(flat[index] - flat[first]) < distance]
        if near:
            first, count = found[near[0]]
            found[near[0]] = (first, count + 1)
        else:
            found.append((int(index), 1))

    def point(index: int, count: int) -> FixedPoint:
        values = np.linalg.eigvals(jacobians[index].astype(np.float64)).astype(np.complex128)
        values = values[np.argsort(-np.abs(values), kind="stable")]
        return FixedPoint(flat[index], float(speeds[index]), values, count)

    return [point(*one) for one in sorted(found, key=lambda one: -one[1])]


@eqx.filter_jit
def _search(agent: AbstractAgent, inputs: AgentInput, starts: AgentState, num_steps: int) -> tuple[Array, Array, Array]:
    """Where each start ends, how fast it still is, and the Jacobian there.

    Not `optimistix.LevenbergMarquardt`: from eight states of a trained network of 48 units, in 100 steps, that brought
    four to rest, this six, in a hundredth of its time.
    """
    _, unravel = ravel_pytree(jax.tree.map(lambda leaf: leaf[0], starts))

    def change(x: Array) -> Array:
        return ravel_pytree(agent(inputs, unravel(x))[1])[0] - x

    def step(_: Any, carried: tuple[Array, Array]) -> tuple[Array, Array]:
        x, damping = carried
        residual, slope = change(x), jax.jacfwd(change)(x)
        normal = slope.T @ slope
        move = jnp.linalg.solve(normal + damping * jnp.eye(len(x)), -slope.T @ residual)
        better = jnp.sum(change(x + move) ** 2) < jnp.sum(residual**2)
        x = jnp.where(better, x + move, x)
        return x, jnp.clip(jnp.where(better, damping / 3, damping * 5), 1e-7, 1e7)

    def one(start: AgentState) -> tuple[Array, Array, Array]:
        x, _ = jax.lax.fori_loop(0, num_steps, step, (ravel_pytree(start)[0], jnp.float32(1e-2)))
        return x, jnp.linalg.norm(change(x)), jax.jacfwd(change)(x) + jnp.eye(len(x))

    return jax.lax.map(one, starts, batch_size=64)
