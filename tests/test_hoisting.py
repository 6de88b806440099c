"""`hoisted_scan` is `jax.lax.scan`, and leaves in the loop only what depends on the carry."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prefrontal.agents.recurrent import RecurrentAgent
from prefrontal.configs import RecurrentConfig, TwoStepConfig
from prefrontal.rollouts.episodes import rollout
from prefrontal.rollouts.hoisting import depends_on_inputs, hoisted_scan
from prefrontal.tasks import TwoStep

LENGTH = 5
OPERATIONS = {
    "add": jnp.add,
    "multiply": jnp.multiply,
    "larger": jnp.maximum,
    "where": lambda a, b: jnp.where(a > b, a, -b),
    "sine": lambda a, b: jnp.sin(a + 0.5),
    "nested": jax.jit(lambda a, b: (a - b, a * 0.25)[1] + b),
    "matrix": lambda a, b: jnp.outer(a, b) @ jnp.array([0.5, -0.5]),
    "literal": lambda a, b: jnp.full(2, 1.5),
    "early table": lambda a, b: jnp.arange(2.0) + a,
}
"""Each makes a new pair of numbers from two."""

pool_index = st.integers(0, 20)
programs = st.lists(st.tuples(st.sampled_from(list(OPERATIONS)), pool_index, pool_index), max_size=6)


def assert_same(one, other):
    """To the rounding of the last bit or so: the compiler may fuse a product and a sum in one and not in the other."""
    assert jax.tree.structure(one) == jax.tree.structure(other)
    for left, right in zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True):
        assert jax.typeof(left) == jax.typeof(right)
        np.testing.assert_allclose(plain(left), plain(right), rtol=2e-6, atol=1e-6)


def plain(leaf):
    return jax.random.key_data(leaf) if jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key) else leaf


@pytest.mark.thorough
@settings(max_examples=10)
@given(program=programs, outputs=st.tuples(*[pool_index] * 4), mapped=st.booleans(), keeps=st.booleans())
def test_is_scan_for_random_bodies(program, outputs, mapped, keeps):
    """Carries and outputs are taken at random from all there is: what is given, drawn, computed, or constant."""
    table = jnp.array([0.25, -2.0])

    def body(carry, at):
        key, x = at["key"], at["x"]
        pool = [carry["a"], carry["b"], x, table, jnp.array([1.0, 3.0]), jax.random.uniform(key, (2,))]
        for operation, first, second in program:
            pool.append(OPERATIONS[operation](pool[first % len(pool)], pool[second % len(pool)]))
        take = lambda number: pool[number % len(pool)]  # noqa: E731
        after = {
            "a": carry["a"] if keeps else jnp.tanh(take(outputs[0])),
            "b": jnp.tanh(take(outputs[1])),
            "count": carry["count"] + 1,
        }
        return after, {"y": take(outputs[2]), "z": take(outputs[3]), "x": x, "key": key, "constant": 7}

    def run(scan, x):
        init = {"a": jnp.array([0.1, 0.2]), "b": jnp.array([-0.3, 0.4]), "count": jnp.int32(0)}
        return scan(body, init, {"key": jax.random.split(jax.random.key(0), LENGTH), "x": x})

    x = jax.random.normal(jax.random.key(1), (3, LENGTH, 2))
    run_all = lambda scan: jax.jit(jax.vmap(lambda x: run(scan, x)))(x) if mapped else run(scan, x[0])  # noqa: E731
    assert_same(run_all(hoisted_scan), run_all(jax.lax.scan))


@pytest.mark.parametrize("mapped", [False, True])
def test_has_the_gradient_of_scan(mapped):
    """With respect to the first carry, the inputs of the loop, and what the body closes over, traced or not."""

    def total(scan, init, xs, closed_over):
        def body(carry, x):
            early = jnp.sin(x @ closed_over)
            after = jnp.tanh(carry @ closed_over + early)
            return after, carry * early

        last, ys = scan(body, init, xs)
        return jnp.sum(last**2) + jnp.sum(jnp.cos(ys))

    def gradient(scan):
        function = jax.grad(lambda *arguments: total(scan, *arguments), argnums=(0, 1, 2))
        return jax.jit(jax.vmap(function) if mapped else function)

    key = jax.random.key(0)
    shapes = ((2,), (LENGTH, 2), (2, 2))
    arguments = [jax.random.normal(key, (3, *shape) if mapped else shape) for shape in shapes]
    one, other = gradient(hoisted_scan)(*arguments), gradient(jax.lax.scan)(*arguments)
    for left, right in zip(one, other, strict=True):
        np.testing.assert_allclose(left, right, rtol=1e-5, atol=1e-6)
        assert np.abs(left).max() > 0.01


def test_body_that_needs_nothing_from_the_loop_or_everything():
    xs = jnp.arange(3.0)
    for body in (lambda carry, x: (carry, x * 2), lambda carry, x: (carry + 1, carry), lambda carry, x: (carry, None)):
        assert_same(hoisted_scan(body, jnp.float32(1), xs), jax.lax.scan(body, jnp.float32(1), xs))


def test_body_may_print(capfd):
    """As people do when they look for a mistake in their task."""

    def body(carry, x):
        jax.debug.print("carry {}", carry)
        return carry + x, None

    total, _ = jax.jit(lambda xs: hoisted_scan(body, jnp.float32(0), xs))(jnp.ones(3))
    jax.effects_barrier()
    assert float(total) == 3
    assert sorted(capfd.readouterr().out.split("\n"))[1:] == ["carry 0.0", "carry 1.0", "carry 2.0"]


def primitives(jaxpr, *, inside_loops: bool, inside: bool = False) -> set[str]:
    """Names of the operations of `jaxpr`, nested ones too, that are inside (or outside) a loop."""
    names = set()
    for equation in jaxpr.eqns:
        if inside == inside_loops:
            names.add(equation.primitive.name)
        loops = inside or equation.primitive.name == "scan"
        for inner in jax.tree.leaves(equation.params, is_leaf=lambda leaf: hasattr(leaf, "eqns")):
            inner = getattr(inner, "jaxpr", inner)
            if hasattr(inner, "eqns"):
                names |= primitives(inner, inside_loops=inside_loops, inside=loops)
    return names


def is_random(name: str) -> bool:
    return name.startswith("random_") or "threefry" in name


@pytest.mark.parametrize("encoding", ["trial", "stage", "fixation"])
def test_no_random_number_is_drawn_in_the_loop_of_a_rollout(encoding):
    task = TwoStep(TwoStepConfig(num_trials=2, encoding=encoding))
    agent = RecurrentAgent(RecurrentConfig(hidden_size=2), task, key=jax.random.key(0))
    traced = jax.make_jaxpr(lambda key: rollout(agent, task, key))(jax.random.key(0)).jaxpr
    in_the_loop = primitives(traced, inside_loops=True)
    assert "dot_general" in in_the_loop
    assert not {name for name in in_the_loop if is_random(name)}
    assert "random_bits" in primitives(traced, inside_loops=False)


def test_a_plain_scan_would_draw_in_the_loop():
    """So that the test before this one can fail."""

    def body(carry, key):
        return carry + jax.random.uniform(key), None

    keys = jax.random.split(jax.random.key(0), 3)
    for scan, drawn_inside in ((jax.lax.scan, True), (hoisted_scan, False)):
        traced = jax.make_jaxpr(lambda keys, scan=scan: scan(body, 0.0, keys))(keys).jaxpr
        assert ("random_bits" in primitives(traced, inside_loops=True)) is drawn_inside


def test_dependence_is_seen_through_every_step():
    constant = jnp.array([1.0, 2.0])

    def function(x):
        early = constant * 3
        return x, x + early, early, jnp.sin(jnp.sum(x)) + 1, 5.0

    assert depends_on_inputs(jax.make_jaxpr(function)(constant)) == [True, True, False, True, False]
